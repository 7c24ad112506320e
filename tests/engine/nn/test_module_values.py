"""A few values worked out by hand, and the words in which modules say what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import make
from scipy import signal

import convnet_studio.engine.nn.optimizers  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.module import Array, Module, SettingValue, Shape, ShapeProblem
from convnet_studio.engine.nn.optimizer import Optimizer

X = np.array([[3.0, -4.0, 0.0, 9.0], [0.0, 0.0, 1.0, 9.0]]).reshape(1, 1, 2, 4)


def test_conv2d_is_a_cross_correlation() -> None:
    conv = make("Conv2d", out_channels=1, kernel_size=2)
    give_parameters(conv, (1, 2, 4))
    conv.weight.value[...] = [[1, 2], [3, 4]]
    conv.bias.value[...] = 0.5
    np.testing.assert_array_equal(conv.forward(X), [[[[-4.5, 0.5, 57.5]]]])


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (2, 3, 2), (5, 1, 4)])
def test_conv2d_sums_scipys_correlations(kernel: int, stride: int, padding: int) -> None:
    random = np.random.default_rng(1)
    x = random.standard_normal((2, 3, 7, 8))
    conv = make("Conv2d", out_channels=4, kernel_size=kernel, stride=stride, padding=padding)
    give_parameters(conv, x.shape[1:])
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    sums = [
        [sum(map(correlate_valid, sample, filters)) for filters in conv.weight.value] for sample in np.pad(x, sides)
    ]
    full = np.array(sums) + conv.bias.value[:, None, None]
    np.testing.assert_allclose(conv.forward(x), full[:, :, ::stride, ::stride], atol=1e-13)


def correlate_valid(maps: Array, kernel: Array) -> Array:
    return signal.correlate2d(maps, kernel, mode="valid")


def test_incomplete_windows_are_dropped() -> None:
    x = np.arange(5.0).reshape(1, 1, 1, 5).repeat(3, axis=2)
    np.testing.assert_array_equal(make("MaxPool2d").forward(x), [[[[1, 3]]]])


def test_max_pool2d_sends_back_to_the_first_of_equals() -> None:
    pool = make("MaxPool2d")
    pool.forward(np.array([[[[1.0, 2.0, 5.0, 4.0], [2.0, 2.0, 4.0, 5.0]]]]))
    np.testing.assert_array_equal(pool.backward(np.array([[[[3.0, 7.0]]]])), [[[[0, 3, 7, 0], [0, 0, 0, 0]]]])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [2.5, np.sqrt(163 / 4)]),
        ({"inside": "sum"}, [5.0, np.sqrt(163)]),
        ({"p": 1.0}, [7 / 4, 19 / 4]),
        ({"p": 64.0, "inside": "sum"}, [4.0, 9 * 2 ** (1 / 64)]),
    ],
)
def test_lp_pool2d_lies_between_mean_and_maximum(settings: dict[str, SettingValue], expected: list[float]) -> None:
    np.testing.assert_allclose(make("LPPool2d", **settings).forward(X).ravel(), expected, rtol=1e-8)


@pytest.mark.parametrize("inside", ["mean", "sum"])
@pytest.mark.parametrize("p", [1.0, 2.0, 5.0])
def test_lp_pool2d_sends_nothing_back_to_a_silent_window(p: float, inside: str) -> None:
    pool = make("LPPool2d", p=p, inside=inside)
    np.testing.assert_array_equal(pool.forward(np.zeros((1, 1, 2, 2))), 0)
    np.testing.assert_array_equal(pool.backward(np.ones((1, 1, 1, 1))), 0)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_lp_pool2d_survives_large_powers_in_float32(scale: float) -> None:
    x = (X * scale).astype(np.float32)
    y = make("LPPool2d", p=16.0).forward(x)
    np.testing.assert_allclose(y, make("LPPool2d", p=16.0).forward(X) * scale, rtol=1e-5)


def test_rectifiers_have_no_slope_at_zero() -> None:
    zeros = np.zeros((1, 3))
    for kind in ("ReLU", "Abs"):
        module = make(kind)
        module.forward(zeros)
        np.testing.assert_array_equal(module.backward(np.ones((1, 3))), 0)


def test_log_softmax_does_not_overflow() -> None:
    y = make("LogSoftmax").forward(np.array([[1e4, 0.0, -1e4]], np.float32))
    np.testing.assert_array_equal(y, [[0, -1e4, -2e4]])


def test_flatten_goes_channel_by_channel_row_by_row() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(make("Flatten").forward(x), [np.arange(24)])


@pytest.mark.parametrize(
    ("kind", "settings", "shape", "what", "fix", "change"),
    [
        ("Conv2d", {"kernel_size": 9}, (1, 6, 6), "Kernel 9 is larger than the 6×6 map", "use 5 or less", 5),
        ("Conv2d", {"kernel_size": 9}, (1, 7, 2), "Kernel 9 is larger than the 7×2 map", "use 1", 1),
        (
            "Conv2d",
            {"kernel_size": 9, "padding": 1},
            (1, 6, 6),
            "Kernel 9 is larger than the 6×6 map with padding 1",
            "use 7 or less",
            7,
        ),
        ("MaxPool2d", {}, (4, 1, 1), "Window 2 is larger than the 1×1 map", "use 1", 1),
        ("LPPool2d", {"kernel_size": 7}, (4, 6, 8), "Window 7 is larger than the 6×8 map", "use 6 or less", 6),
        ("Conv2d", {}, (64,), "Conv2d needs maps, not a list of numbers", "connect it before the Flatten", None),
        ("AvgPool2d", {}, (64,), "AvgPool2d needs maps, not a list of numbers", "connect it before the Flatten", None),
        (
            "LocalContrastNorm",
            {},
            (64,),
            "LocalContrastNorm needs maps, not a list of numbers",
            "connect it before the Flatten",
            None,
        ),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    kind: str, settings: dict[str, SettingValue], shape: Shape, what: str, fix: str, change: int | None
) -> None:
    with pytest.raises(ShapeProblem) as problem:
        make(kind, **settings).output_shape(shape)
    assert (problem.value.what, problem.value.fix) == (what, fix)
    assert problem.value.change == ({} if change is None else {"kernel_size": change})


@pytest.mark.parametrize(
    ("kind", "settings", "caption"),
    [
        ("Conv2d", {}, "8 · 5×5"),
        ("Conv2d", {"out_channels": 16, "kernel_size": 7, "stride": 2}, "16 · 7×7 / 2"),
        ("LocalContrastNorm", {}, "9×9 σ 2"),
        ("SubtractiveNorm", {"kernel_size": 7, "width": 1.5}, "7×7 σ 1.5"),
        ("LPPool2d", {}, "2×2 / 2"),
        ("MaxPool2d", {"kernel_size": 3}, "3×3 / 2"),
        ("Linear", {}, "10"),
        ("Tanh", {}, ""),
    ],
)
def test_captions(kind: str, settings: dict[str, SettingValue], caption: str) -> None:
    module = make(kind, **settings)
    assert isinstance(module, Module)
    assert module.caption() == caption


def test_sgd_adds_the_whole_gradient_to_the_fading_velocity() -> None:
    sgd = Optimizer.registry["SGD"](momentum=0.5)
    sgd.rate = 0.1
    parameters = np.array([1.0])
    for gradient, expected in ((2.0, 0.8), (2.0, 0.5), (0.0, 0.35)):
        sgd.update(parameters, np.array([gradient]))
        assert parameters[0] == pytest.approx(expected)
    assert sgd.state["velocity"][0] == pytest.approx(1.5)
