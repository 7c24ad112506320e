"""Every compiled module in a small network computes what its numpy code does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import (
    CLASSIFIER,
    LENET,
    TWO_STAGES,
    Drawn,
    assert_close,
    assert_follows_numpy,
    chain,
    data,
    graph,
    sgd,
)

from convnet_studio.engine.nn.module import SettingValue, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram
from convnet_studio.engine.program.lowering import RULES

SHAPES: list[Shape] = [(1, 12, 13), (5, 9, 11), (17, 10, 9)]
BORDERS = ["exact", "torch", "reflect"]
FIRST: Drawn = ("Conv2d", {"kernel_size": 3, "padding": 1})


def check(middle: list[Drawn], shape: Shape, count: int = 5) -> None:
    """Between a convolution, so that gradients go through, and a classifier."""
    first = ("Conv2d", {"kernel_size": 3, "padding": 1, "out_channels": shape[0]})
    networks = [chain([first, *middle, *CLASSIFIER], shape, 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["Tanh", "ReLU", "Abs"])
def test_point_wise(kind: str, shape: Shape) -> None:
    check([(kind, {})], shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(2, 2), (3, 2), (3, 1), (2, 3), (1, 1)])
@pytest.mark.parametrize("kind", ["AvgPool2d", "MaxPool2d", "TrainableAvgPool2d"])
def test_pooling(kind: str, window: tuple[int, int], shape: Shape) -> None:
    assert kind in RULES
    check([(kind, {"kernel_size": window[0], "stride": window[1]})], shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(2, 2), (3, 2)])
@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("inside", ["mean", "sum"])
def test_p_norm_pooling(inside: str, p: float, window: tuple[int, int], shape: Shape) -> None:
    check([("LPPool2d", {"kernel_size": window[0], "stride": window[1], "p": p, "inside": inside})], shape)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
def test_p_norm_pooling_of_nothing_sends_nothing_back(p: float) -> None:
    networks = [chain([("ReLU", {}), ("LPPool2d", {"p": p}), *CLASSIFIER], (2, 4, 4), 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("filters", [1, 6, 8, 17, 33, 100])
@pytest.mark.parametrize("window", [(3, 1, 0), (1, 1, 0), (5, 2, 2), (4, 3, 1), (9, 1, 0), (9, 1, 4)])
def test_convolution(window: tuple[int, int, int], filters: int, shape: Shape) -> None:
    kernel, stride, padding = window
    check([("Conv2d", {"out_channels": filters, "kernel_size": kernel, "stride": stride, "padding": padding})], shape)


@pytest.mark.parametrize("shape", [(1, 12, 13), (3, 11, 14), (17, 10, 9)])
@pytest.mark.parametrize("filters", [1, 8, 33])
@pytest.mark.parametrize("window", [(3, 1, 0), (5, 1, 2), (3, 2, 1)])
@pytest.mark.parametrize("pooled", [3, 5])
@pytest.mark.parametrize("between", [[], ["Tanh"], ["Abs", "ReLU"]], ids=len)
def test_few_gradients_through_a_convolution(
    between: list[str], pooled: int, window: tuple[int, int, int], filters: int, shape: Shape
) -> None:
    kernel, stride, padding = window
    conv = ("Conv2d", {"out_channels": filters, "kernel_size": kernel, "stride": stride, "padding": padding})
    pool: Drawn = ("MaxPool2d", {"kernel_size": pooled, "stride": 3})
    drawn: list[Drawn] = [conv, *((kind, {}) for kind in between), pool]
    names = leaves_of(chain([*drawn, *CLASSIFIER], shape, 4))
    if between:
        assert "list_gradients" in names
    else:  # nobody makes the zeros, nobody looks for the maxima again
        assert "list_switched_gradients" in names
        assert not names & {"list_gradients", "max_backward"}
    check(drawn, shape, count=3)  # too few for the samples to lie innermost


def leaves_of(network: Network, batch_size: int = 2) -> set[str]:
    """Names of the operations that train it."""
    return {each.leaf.name for each in CompiledProgram(network, batch_size)._lean.listing.operations}


@pytest.mark.parametrize("settings", [{"table": "groups 2"}, {"biases": "each unit"}, {"biases": "none"}], ids=str)
def test_convolutions_that_cannot_follow_single_gradients_get_all(settings: dict[str, SettingValue]) -> None:
    drawn: list[Drawn] = [("Conv2d", {"out_channels": 6} | settings), ("MaxPool2d", {"kernel_size": 3, "stride": 3})]
    assert "max_backward" in leaves_of(chain([*drawn, *CLASSIFIER], (4, 13, 12), 4))
    check(drawn, (4, 13, 12), count=3)


def test_pictures_in_bands_of_rows() -> None:
    conv: Drawn = ("Conv2d", {"out_channels": 5, "kernel_size": 7, "padding": 1})
    drawn: list[Drawn] = [conv, ("ReLU", {}), ("MaxPool2d", {"kernel_size": 4, "stride": 4})]
    shape = (3, 70, 61)
    networks = [chain([*drawn, *CLASSIFIER], shape, 4) for _ in range(2)]
    listing = CompiledProgram(networks[0], 2)._lean.listing
    assert max(each.values.get("bands", 0) for each in listing.operations) > 2
    check(drawn, shape, count=3)
    check([drawn[0], drawn[2]], shape, count=3)


@pytest.mark.parametrize("pooled", [3, 4])
def test_of_equal_maxima_the_first_gets_the_gradient(pooled: int) -> None:
    drawn: list[Drawn] = [("Conv2d", {"out_channels": 5, "kernel_size": 3}), ("MaxPool2d", {"kernel_size": pooled,
        "stride": 3})]  # fmt: skip
    networks = [chain([*drawn, *CLASSIFIER], (1, 13, 15), 4) for _ in range(2)]
    images, targets = data(networks[0])
    images = np.sign(images) * (np.abs(images) > 0.7)  # filters of whole numbers: many sums are equal
    for network in networks:
        weights = network.parameters_of("1 Conv2d")["weight"].value
        weights[...] = np.sign(weights)
    own, other = CompiledProgram(networks[0], 3), ReferenceProgram(networks[1], 3)
    for program in (own, other):
        program.set_data(images, targets)
        program.gradient(np.arange(3))
    whole = networks[0].gradients.copy()
    assert_close(whole, networks[1].gradients, "gradient")
    assert_close(own.output_gradient("1 Conv2d"), other.output_gradient("1 Conv2d"), "gradient by the output")
    optimizer = sgd(rate=0.0)
    own.step(np.arange(3), optimizer)
    assert_close(optimizer.state["velocity"], whole, "gradient of a step")


def test_two_threads_follow_single_gradients_to_the_same_bits() -> None:
    drawn: list[Drawn] = [("Conv2d", {"out_channels": 6, "kernel_size": 7}), ("MaxPool2d", {"kernel_size": 4,
        "stride": 3}), ("Conv2d", {"out_channels": 9}), ("MaxPool2d", {"kernel_size": 3, "stride": 3})]  # fmt: skip
    found = []
    for threads in (1, 2):
        network = chain([*drawn, *CLASSIFIER], (2, 60, 61), 4)  # too large for the samples to lie innermost
        program = CompiledProgram(network, 32, threads)
        names = [each.leaf.name for each in program._lean.listing.operations]
        assert names.count("list_switched_gradients") == 2
        assert program._lean.slots_for(32) == 2
        program.set_data(*data(network))
        optimizer = sgd(rate=0.001)
        for _ in range(40):  # the second thread may need some of them to wake
            program.step(np.arange(32), optimizer)
        program.close()
        found.append(network.parameters.copy())
    np.testing.assert_array_equal(found[0], found[1])


def test_a_map_that_others_take_too_gets_many_gradients() -> None:
    modules: dict[str, Drawn] = {
        "input": ("Input", {}), "conv": ("Conv2d", {"out_channels": 5}), "pool": ("MaxPool2d", {"kernel_size": 3,
        "stride": 3}), "flat": ("Flatten", {}), "other flat": ("Flatten", {}), "scores": ("Linear", {}),
        "other scores": ("Linear", {}), "loss": ("MSELoss", {}), "other loss": ("MSELoss", {}),
    }  # fmt: skip
    links = [
        ("input", "conv", 0), ("conv", "pool", 0), ("pool", "flat", 0), ("conv", "other flat", 0),
        ("flat", "scores", 0), ("other flat", "other scores", 0), ("scores", "loss", 0),
        ("other scores", "other loss", 0),
    ]  # fmt: skip
    networks = [graph(modules, links, (2, 13, 12), 10) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("threshold", ["mean", "fixed"])
@pytest.mark.parametrize("kind", ["DivisiveNorm", "LocalContrastNorm"])
def test_divisive_normalisation(kind: str, threshold: str, across: bool, border: str, shape: Shape) -> None:
    chosen: dict[str, SettingValue] = {"kernel_size": 7, "border": border, "across_maps": across}
    check([(kind, chosen | {"threshold": threshold, "threshold_value": 0.5})], shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("across", [True, False])
def test_subtractive_normalisation(across: bool, border: str, shape: Shape) -> None:
    check([("SubtractiveNorm", {"kernel_size": 7, "border": border, "across_maps": across})], shape)


@pytest.mark.parametrize("border", BORDERS)
def test_a_window_larger_than_the_picture(border: str) -> None:
    check([("LocalContrastNorm", {"kernel_size": 13, "border": border})], (2, 5, 4))


def test_a_constant_picture_has_no_contrast() -> None:
    network = chain([("LocalContrastNorm", {}), *CLASSIFIER], (3, 11, 12), 4)
    program = CompiledProgram(network, 2)
    program.forward(np.full((2, 3, 11, 12), 0.3, np.float32))
    assert not program.output("1 LocalContrastNorm").any()


@pytest.mark.parametrize("count", [1, 3, 16, 23])
@pytest.mark.parametrize("drawn", [LENET, TWO_STAGES], ids=["lenet", "two stages"])
def test_whole_networks(drawn: list[Drawn], count: int) -> None:
    assert_follows_numpy(chain(drawn, (1, 28, 28)), chain(drawn, (1, 28, 28)), count)


@pytest.mark.parametrize("count", [1, 3, 11])
@pytest.mark.parametrize("features", [1, 3, 16, 65])
@pytest.mark.parametrize("inputs", [1, 7, 16, 100, 333])
def test_perceptron_with_squared_error(inputs: int, features: int, count: int) -> None:
    last: list[Drawn] = [("Tanh", {}), ("Linear", {"out_features": 3}), ("MSELoss", {})]
    drawn = [("Linear", {"out_features": features}), *last]
    assert_follows_numpy(chain(drawn, (inputs,), 3), chain(drawn, (inputs,), 3), count)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_random_networks(draw: st.DataObject) -> None:
    shape = (draw.draw(st.integers(1, 4)), draw.draw(st.integers(6, 14)), draw.draw(st.integers(6, 14)))
    kinds = ["Conv2d", "Tanh", "Abs", "AvgPool2d", "LPPool2d", "LocalContrastNorm"]
    drawn: list[Drawn] = [("Conv2d", {"out_channels": draw.draw(st.integers(1, 20)), "kernel_size": 3})]
    for kind in draw.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
        chosen: dict[str, SettingValue] = {}
        if kind == "Conv2d":
            largest = {"out_channels": 20, "kernel_size": 3, "stride": 2, "padding": 2}
            chosen = {name: draw.draw(st.integers(1, most), name) for name, most in largest.items()}
        elif "Pool" in kind:
            chosen = {"kernel_size": 1 if len(drawn) > 2 else 2, "stride": 1}
        drawn.append((kind, chosen))
    networks = [chain([*drawn, *CLASSIFIER], shape, 4) for _ in range(2)]
    # Chains of divisions by small spreads multiply the rounding of float32, which differs with the order of sums.
    tolerance = 1e-4 if [kind for kind, _ in drawn].count("LocalContrastNorm") > 1 else 2e-5
    assert_follows_numpy(networks[0], networks[1], draw.draw(st.integers(1, 20)), tolerance=tolerance)


@pytest.mark.parametrize("threads", [1, 2])
def test_large_modules_in_a_row_wait_for_each_other(threads: int) -> None:
    """At batch 1 threads share the rows of each; those of the next begin when all are there."""
    drawn: list[Drawn] = [("Flatten", {}), *[("Linear", {"out_features": 1200})] * 3, *CLASSIFIER[1:]]
    networks = [chain(drawn, (1, 30, 40), 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 1, threads)


def test_every_module_of_the_first_issue_has_a_rule() -> None:
    wanted = {
        "Abs", "AvgPool2d", "Conv2d", "DivisiveNorm", "Flatten", "Input", "LPPool2d", "Linear", "LocalContrastNorm",
        "LogSoftmax", "MSELoss", "MaxPool2d", "NLLLoss", "ReLU", "SubtractiveNorm", "Tanh",
    }  # fmt: skip
    assert wanted <= set(RULES)
