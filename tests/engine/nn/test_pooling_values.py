"""The pooling family and response normalisation beside PyTorch, closed forms and the tutorial's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.network import Network

SLIDE = np.array([0.1, 0.7, -0.3, 0.5]).reshape(1, 1, 2, 2)
"""Four numbers to pool."""


def value(kind: str, x: Array = SLIDE, /, **chosen: object) -> float:
    return float(Module.registry[kind](**chosen).forward(x).item())


@pytest.mark.parametrize(
    ("b", "inside", "expected"),
    [
        (1.0, "sum", 1.706), (1.0, "mean", 0.320), (100.0, "sum", 0.7000), (100.0, "mean", 0.6861),
        (0.001, "sum", 1386.5), (0.001, "mean", 0.25007),
    ],
)  # fmt: skip
def test_log_sum_exp_of_four_numbers(b: float, inside: str, expected: float) -> None:
    assert value("LogSumExpPool2d", b=b, inside=inside) == pytest.approx(expected, rel=2e-4)


def test_soft_maxima_run_from_average_to_maximum() -> None:
    assert value("LogSumExpPool2d", b=1e-3) == pytest.approx(SLIDE.mean(), abs=1e-3)
    assert value("LogSumExpPool2d", b=1e3) == pytest.approx(SLIDE.max(), abs=2e-3)
    sizes = np.abs(SLIDE)
    assert value("LPPool2d", p=1.0) == pytest.approx(sizes.mean())
    assert value("LPPool2d", p=64.0, inside="sum") == pytest.approx(sizes.max(), abs=1e-3)


def test_a_gaussian_window_weighs_the_middle_more() -> None:
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1.0
    middle = value("LPPool2d", x, kernel_size=3, inside="gaussian", p=1.0)
    x[...] = 0.0
    x[0, 0, 0, 0] = 1.0
    corner = value("LPPool2d", x, kernel_size=3, inside="gaussian", p=1.0)
    assert corner / middle == pytest.approx(np.exp(-0.5 * 2 / 0.75**2))
    assert value("LPPool2d", np.full((1, 1, 4, 4), 3.0), kernel_size=4, inside="gaussian") == pytest.approx(3.0)


@pytest.mark.parametrize("p", [1.2, 2.0, 7.0, 40.0])
def test_a_learned_power_begins_where_it_is_set(p: float) -> None:
    network = Network({"in": Module.registry["Input"](), "pool": LPPool2d(p=p, learns_p=True)}, [("in", "pool", 0)],
                      (3, 4, 4), 2, np.float64)  # fmt: skip
    initialize(network, seed=1)
    pool = network.nodes["pool"].module
    assert isinstance(pool, LPPool2d)
    np.testing.assert_allclose(pool.powers(), p)
    x = np.random.default_rng(1).standard_normal((2, 3, 4, 4))
    np.testing.assert_allclose(pool.forward(x), LPPool2d(p=p).forward(x))


def test_the_sub_sampling_layer_begins_as_the_average() -> None:
    pool = Module.registry["TrainableAvgPool2d"]()
    shapes = pool.parameter_shapes((3, 4, 4))
    assert {name: (each.shape, each.start) for name, each in shapes.items()} == {
        "gain": ((3,), 1.0),
        "bias": ((3,), 0.0),
    }


def test_pooling_across_maps_is_maxout_of_neighbours() -> None:
    x = np.arange(24.0).reshape(1, 6, 2, 2) * [[[1, -1], [-1, 1]]]
    y = Module.registry["MapPool"](group=3, kind="max").forward(x)
    np.testing.assert_array_equal(y, np.stack([x[:, :3].max(axis=1), x[:, 3:].max(axis=1)], axis=1))


def test_a_pyramid_of_one_level_is_a_global_pool() -> None:
    x = np.random.default_rng(2).standard_normal((2, 3, 5, 4))
    for kind in ("average", "max", "L2"):
        one = Module.registry["PyramidPool2d"](levels="1", kind=kind).forward(x)
        np.testing.assert_allclose(one, Module.registry["GlobalPool2d"](kind=kind).forward(x)[:, :, 0, 0])


@pytest.mark.parametrize("text", ["", "0", "1 x", "1 2 3 4 5 6 7", "33", "1.5", "-1", "٣"])
def test_grids_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Grids: .*cells along a side|Grids: write 1 to 6 whole numbers"):
        Module.registry["PyramidPool2d"](levels=text)


often = settings(max_examples=25, deadline=None, derandomize=True)
sides = st.integers(6, 12)
maps = st.tuples(st.integers(1, 3), st.integers(1, 6), sides, sides)


@pytest.mark.parity
class TestBesidePyTorch:
    """Float32, forward and backward, on random shapes."""

    @often
    @given(maps, st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 4))
    def test_switches(self, shape: tuple[int, ...], seed: int, kernel: int, stride: int) -> None:
        torch = pytest.importorskip("torch")
        x = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
        ours = MaxPool2d(kernel_size=kernel, stride=stride)
        ours.forward(x)
        _, theirs = torch.nn.functional.max_pool2d(torch.from_numpy(x), kernel, stride, return_indices=True)
        np.testing.assert_array_equal(ours.switches(), theirs.numpy())

    @often
    @given(maps, st.integers(0, 2**31), st.integers(1, 6), st.floats(0.1, 2), st.floats(0.2, 1))
    def test_local_response_norm(self, shape: tuple[int, ...], seed: int, size: int, alpha: float, beta: float) -> None:
        torch = pytest.importorskip("torch")
        ours = Module.registry["LocalResponseNorm"](size=size, alpha=alpha, beta=beta, k=1.5)
        self._compare(ours, torch.nn.LocalResponseNorm(size, alpha, beta, 1.5), shape, seed)

    @pytest.mark.parametrize("kind", ["average", "max"])
    @often
    @given(shape=maps, seed=st.integers(0, 2**31), side=st.integers(1, 5))
    def test_one_grid(self, kind: str, shape: tuple[int, ...], seed: int, side: int) -> None:
        torch = pytest.importorskip("torch")
        pool = torch.nn.AdaptiveAvgPool2d(side) if kind == "average" else torch.nn.AdaptiveMaxPool2d(side)
        ours = Module.registry["PyramidPool2d"](levels=str(side), kind=kind)
        self._compare(ours, torch.nn.Sequential(pool, torch.nn.Flatten()), shape, seed)

    @often
    @given(maps, st.integers(0, 2**31), st.integers(1, 3), st.floats(0.1, 20))
    def test_log_sum_exp(self, shape: tuple[int, ...], seed: int, kernel: int, b: float) -> None:
        torch = pytest.importorskip("torch")

        def theirs(x: Any) -> Any:
            batch, channels, height, width = x.shape
            windows = torch.nn.functional.unfold(x, kernel, stride=kernel).reshape(batch, channels, kernel**2, -1)
            pooled = torch.logsumexp(b * windows, dim=2) / b
            return pooled.reshape(batch, channels, height // kernel, width // kernel)

        ours = Module.registry["LogSumExpPool2d"](kernel_size=kernel, stride=kernel, b=b, inside="sum")
        self._compare(ours, theirs, shape, seed)

    @often
    @given(maps, st.integers(0, 2**31), st.integers(1, 3))
    def test_trainable_average(self, shape: tuple[int, ...], seed: int, kernel: int) -> None:
        torch = pytest.importorskip("torch")
        ours = Module.registry["TrainableAvgPool2d"](kernel_size=kernel, stride=kernel)
        give_parameters(ours, shape[1:], dtype=np.float32, seed=seed)
        gain, bias = (torch.from_numpy(each.value.copy()).requires_grad_() for each in ours.parameters().values())

        def theirs(x: Any) -> Any:
            return torch.nn.functional.avg_pool2d(x, kernel) * gain[:, None, None] + bias[:, None, None]

        self._compare(ours, theirs, shape, seed)
        for each, other in zip(ours.parameters().values(), (gain, bias), strict=True):
            np.testing.assert_allclose(each.grad, other.grad.numpy(), rtol=1e-4, atol=1e-4)

    @staticmethod
    def _compare(ours: Module, theirs: Any, shape: tuple[int, ...], seed: int) -> None:
        torch = pytest.importorskip("torch")
        random = np.random.default_rng(seed)
        x = random.standard_normal(shape).astype(np.float32)
        x_theirs = torch.from_numpy(x.copy()).requires_grad_()
        y, y_theirs = ours.forward(x), theirs(x_theirs)
        grad_output = random.standard_normal(y.shape).astype(np.float32)
        y_theirs.backward(torch.from_numpy(grad_output))
        for own, other in ((y, y_theirs.detach()), (ours.backward(grad_output), x_theirs.grad)):
            expected = other.numpy()
            np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max(initial=1e-30))
