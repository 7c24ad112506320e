"""Compiled curves, gains, competitions, formulas and losses of scores compute what their numpy code does."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import CLASSIFIER, Drawn, assert_follows_numpy, chain

from convnet_studio.engine.nn.module import Module, SettingValue, Shape, settings_of
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram
from convnet_studio.engine.program.lowering import RULES

SHAPES: list[Shape] = [(1, 12, 13), (5, 9, 11), (17, 10, 9)]
EXAMPLES = next(each.examples for each in settings_of(Module.registry["Formula"]) if each.name == "expression")
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def check(middle: list[Drawn], shape: Shape, count: int = 5, tolerance: float = 1e-5) -> None:
    """Between a convolution, so that gradients go through, and a classifier."""
    first = ("Conv2d", {"kernel_size": 3, "padding": 1, "out_channels": shape[0]})
    networks = [chain([first, *middle, *CLASSIFIER], shape, 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count, tolerance=tolerance)
    assert all(type(node.module).__name__ in RULES for node in networks[0].graph.nodes)


@each_shape
@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("Sigmoid", {}), ("ScaledTanh", {}), ("Tanhshrink", {}), ("Softplus", {}), ("Softplus", {"beta": 7.0}),
        ("Softshrink", {}), ("Softshrink", {"lambd": 0.1}), ("Hardshrink", {"lambd": 0.2}), ("Softmax", {}),
    ],
)  # fmt: skip
def test_curves(kind: str, chosen: dict[str, SettingValue], shape: Shape) -> None:
    check([(kind, chosen)], shape)


@each_shape
@pytest.mark.parametrize("learns", [True, False])
@pytest.mark.parametrize(
    ("sharpness", "threshold"), [(10.0, 0.5), (1.0, 0.2), (200.0, 0.3), (0.5, 0.0), (900.0, 1000.0)]
)
def test_smooth_shrinkage(sharpness: float, threshold: float, learns: bool, shape: Shape) -> None:
    tolerance = 1e-7 * max(100, sharpness)  # near the threshold the slope turns a rounded input into so much more
    drawn: Drawn = ("SmoothShrink", {"sharpness": sharpness, "threshold": threshold, "learns": learns})
    check([drawn], shape, tolerance=tolerance)


def test_what_smooth_shrinkage_learns_may_change_its_sign() -> None:
    drawn: list[Drawn] = [("Conv2d", {"kernel_size": 3, "out_channels": 3}), ("SmoothShrink", {}), *CLASSIFIER]
    networks = [chain(drawn, (2, 8, 8), 4) for _ in range(2)]
    for network in networks:
        for each in network.parameters_of("2 SmoothShrink").values():
            each.value[...] *= [1, -1, -0.5]
    assert_follows_numpy(networks[0], networks[1], 5)


def with_inhibition(drawn: list[Drawn], shape: Shape, name: str) -> list[Network]:
    """Twice the same network, what maps take from each other drawn at random, thresholds of either sign and one 0."""
    networks = [chain(drawn, shape, 4) for _ in range(2)]
    for network in networks:
        random, own = np.random.default_rng(3), network.parameters_of(name)
        own["weight"].value[...] = random.uniform(-0.4, 0.4, own["weight"].value.shape)
        own["theta"].value[...] = random.uniform(-0.2, 0.2, own["theta"].value.shape)
        own["theta"].value[-1] = 0
    return networks


@pytest.mark.parametrize("count", [1, 7, 19])
@pytest.mark.parametrize("shape", [*SHAPES, (8, 6, 5), (33, 5, 4)], ids=str)
def test_lateral_inhibition(shape: Shape, count: int) -> None:
    first: Drawn = ("Conv2d", {"kernel_size": 3, "padding": 1, "out_channels": shape[0]})
    drawn: list[Drawn] = [first, ("LateralInhibition", {}), ("Tanh", {}), *CLASSIFIER]
    networks = with_inhibition(drawn, shape, "2 LateralInhibition")
    assert_follows_numpy(networks[0], networks[1], count, threads=1 + count % 2)
    assert "LateralInhibition" in RULES
    diagonal = np.diagonal(networks[0].parameters_of("2 LateralInhibition")["weight"].grad)
    assert not diagonal.any()


@pytest.mark.parametrize("features", [1, 15, 33])
def test_lateral_inhibition_of_the_input_and_of_lists(features: int) -> None:
    shrink: Drawn = ("LateralInhibition", {})
    networks = with_inhibition(
        [shrink, ("Linear", {"out_features": 4}), ("CrossEntropyLoss", {})], (features,), "1 LateralInhibition"
    )
    assert_follows_numpy(networks[0], networks[1], 23)
    drawn: list[Drawn] = [("Linear", {"out_features": features}), shrink, *CLASSIFIER[1:]]
    networks = with_inhibition(drawn, (9,), "2 LateralInhibition")
    assert_follows_numpy(networks[0], networks[1], 23)


@pytest.mark.parametrize(("inputs", "outputs", "count"), [(1, 1, 2), (2, 3, 1), (33, 17, 23), (1024, 512, 8)])
def test_linear_without_biases(inputs: int, outputs: int, count: int) -> None:
    """The last of a size whose weights are finished at the end of a step where there are biases."""
    bare: dict[str, SettingValue] = {"has_bias": False}
    first, last = {"out_features": outputs, **bare}, {"out_features": 4, **bare}
    drawn: list[Drawn] = [("Linear", first), ("Tanh", {}), ("Linear", last), ("CrossEntropyLoss", {})]
    networks = [chain(drawn, (inputs,), 4) for _ in range(2)]
    assert networks[0].parameters.size == outputs * (inputs + 4)
    assert_follows_numpy(networks[0], networks[1], count)


@each_shape
@pytest.mark.parametrize("has_bias", [True, False])
def test_gain(has_bias: bool, shape: Shape) -> None:
    drawn: list[Drawn] = [("Gain", {"has_bias": has_bias}), ("Tanh", {}), ("Gain", {})]
    check(drawn, shape)


@pytest.mark.parametrize("features", [1, 15, 16, 33])
def test_gain_of_the_input_and_of_lists(features: int) -> None:
    drawn: list[Drawn] = [("Gain", {}), ("Linear", {"out_features": 4}), ("Gain", {}), ("CrossEntropyLoss", {})]
    networks = [chain(drawn, (features,), 4) for _ in range(2)]
    for network in networks:
        network.parameters += np.linspace(-0.5, 0.5, network.parameters.size, dtype=np.float32)
    assert_follows_numpy(networks[0], networks[1], 23)


@each_shape
@pytest.mark.parametrize("over", ["maps", "space"])
@pytest.mark.parametrize("winners", [1, 3, 4096])
def test_winners(winners: int, over: str, shape: Shape) -> None:
    check([("WinnerTakesAll", {"winners": winners, "over": over})], shape)


@pytest.mark.parametrize("over", ["maps", "space"])
def test_of_equal_values_the_first_win(over: str) -> None:
    drawn: list[Drawn] = [
        ("Conv2d", {"kernel_size": 3}),
        ("ReLU", {}),
        ("WinnerTakesAll", {"winners": 5, "over": over}),
    ]
    networks = [chain([*drawn, *CLASSIFIER], (1, 7, 8), 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], 9)  # many zeros among the equals


FORMULAS = (
    *EXAMPLES,
    "x", "3", "0 * x + 2", "max(x, 0, x - 1, 0.3)", "min(x, 2 * x)", "x^3 - x^2", "(1 + x^2)^-1", "(1 + abs(x))^0.7",
    "2^x", "sqrt(1 + x^2)", "sqrt(max(x, 0.01))", "x / (1 + abs(x))", "sign(x)", "x * (x > -0.2) * (x <= 0.4)",
    "where(x >= 0, x, where(x < -1, -1, sin(3 * x)))", "cos(pi * x) * exp(-abs(x))", "log(1 + exp(x))",
    "sigmoid(-x) - tanh(x)", "(1.5 + sin(x))^cos(x)",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas(text: str) -> None:
    check([("Formula", {"expression": text})], (5, 9, 11))


@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[2]], ids=str)
def test_formulas_of_other_shapes(shape: Shape) -> None:
    check([("Formula", {"expression": "where(x > 0, x, exp(x) - 1)"})], shape)


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("CrossEntropyLoss", {}), ("BCEWithLogitsLoss", {}), ("MultiMarginLoss", {}), ("MultiMarginLoss", {"p": 2}),
        ("MultiMarginLoss", {"margin": 0.1}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_losses_of_scores(kind: str, chosen: dict[str, SettingValue], scale: float) -> None:
    drawn: list[Drawn] = [
        ("Linear", {"out_features": 7}),
        ("Tanh", {}),
        ("Linear", {"out_features": 6}),
        (kind, chosen),
    ]
    networks = [chain(drawn, (19,), 6) for _ in range(2)]
    for network in networks:
        for each in network.parameters_of("3 Linear").values():
            each.value[...] *= scale
    assert_follows_numpy(networks[0], networks[1], 17)


def test_shrinking_does_not_hide_what_is_not_a_number() -> None:
    program = CompiledProgram(chain([("LateralInhibition", {}), *CLASSIFIER], (1, 1, 4), 4), 1)
    program.forward(np.array([np.nan, -2, 0, 1], np.float32).reshape(1, 1, 1, 4))
    np.testing.assert_allclose(program.output("1 LateralInhibition").ravel(), [np.nan, -1.9, 0, 0.9], rtol=1e-6)


def test_what_is_not_finite_is_handed_on() -> None:
    drawn: list[Drawn] = [("Formula", {"expression": "log(x)"}), *CLASSIFIER]
    program = CompiledProgram(chain(drawn, (1, 1, 4), 4), 1)
    program.forward(np.array([-1, 0, 1, np.inf], np.float32).reshape(1, 1, 1, 4))
    np.testing.assert_array_equal(program.output("1 Formula").ravel(), [np.nan, -np.inf, 0, np.inf])
