"""Deconvnet, gradient and guided backpropagation: held against PyTorch's autograd with hooks, and their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from runs import answers_of, chain, moment_of

from convnet_studio.engine.analysis.deconvnet import (
    DECONVNET,
    GRADIENT,
    GUIDED,
    WAYS,
    Attribute,
    Attribution,
    attribute,
    has_rule,
)
from convnet_studio.engine.analysis.unit import Unit, UnitPath
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.flatten import Flatten
from convnet_studio.engine.nn.modules.global_pool2d import GlobalPool2d
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.nn.modules.local_response_norm import LocalResponseNorm
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.nn.network import Network

PICTURE = np.random.default_rng(1).normal(size=(2, 20, 20))


def rectifying() -> Network:
    """Two stages of filters, ReLU and max pooling, and a linear layer with a ReLU."""
    return chain(
        (2, 20, 20),
        Conv2d(out_channels=6, kernel_size=5, padding=1), ReLU(), MaxPool2d(kernel_size=3, stride=2),
        Conv2d(out_channels=7, kernel_size=3), ReLU(), MaxPool2d(kernel_size=2, stride=2),
        Flatten(), Linear(out_features=5), ReLU(), Linear(out_features=4),
    )  # fmt: skip


def attributed(network: Network, unit: Unit, picture: Array = PICTURE) -> Attribution:
    steps = attribute(UnitPath(network, unit.module), unit, picture)
    return next(each for each in steps if each is not None)


@pytest.mark.parametrize("unit", [Unit("m2", 3, (9, 9)), Unit("m5", 1, (2, 4)), Unit("m6", 6, (1, 1)), Unit("m10", 2)])
@pytest.mark.parametrize("way", WAYS)
def test_agrees_with_pytorch(way: str, unit: Unit) -> None:
    torch = pytest.importorskip("torch")
    network = rectifying()
    layers = []
    for node in network.graph.nodes[1:]:
        made = torch_layer(torch, node.module)
        if parameters := network.parameters_of(node.id):
            made.weight.data = torch.tensor(parameters["weight"].value)
            made.bias.data = torch.tensor(parameters["bias"].value)
        layers.append(made)
        if node.id == unit.module:
            break

    def rectified(module: object, below: tuple[object], above: tuple[object]) -> tuple[object]:
        """`above` arrives, `below` is what the gradient would hand on."""
        return (torch.clamp((above if way == DECONVNET else below)[0], min=0),)

    chain_of_layers = torch.nn.Sequential(*layers).double()
    if way != GRADIENT:
        for layer in chain_of_layers:
            if isinstance(layer, torch.nn.ReLU):
                layer.register_full_backward_hook(rectified)
    picture = torch.tensor(PICTURE[None], requires_grad=True)
    output = chain_of_layers(picture)[0]
    value = output[unit.index(tuple(output.shape))]
    value.backward()
    found = attributed(network, unit)
    assert found.value == pytest.approx(float(value.detach()))
    assert found.has_relu
    assert not found.without_rule
    np.testing.assert_allclose(found.maps[way], picture.grad[0].numpy(), rtol=1e-5, atol=1e-7)


def torch_layer(torch: object, module: object) -> object:
    nn = torch.nn  # type: ignore[attr-defined]
    match module:
        case Conv2d():
            return nn.Conv2d(1, 1, module.kernel_size, padding=module.padding)
        case ReLU():
            return nn.ReLU()
        case MaxPool2d():
            return nn.MaxPool2d(module.kernel_size, module.stride)
        case Flatten():
            return nn.Flatten()
        case Linear():
            return nn.Linear(1, 1)
    raise TypeError(module)


def test_the_three_differ_where_there_are_rectifiers() -> None:
    maps = attributed(rectifying(), Unit("m10", 2)).maps
    for first, second in ((GRADIENT, DECONVNET), (GRADIENT, GUIDED), (DECONVNET, GUIDED)):
        assert not np.allclose(maps[first], maps[second])


@pytest.mark.parametrize("squashed", [False, True])
def test_without_a_rectifier_the_three_are_the_same(squashed: bool) -> None:
    between = [Tanh()] if squashed else []
    network = chain(
        (2, 20, 20), Conv2d(out_channels=3, kernel_size=5), *between, MaxPool2d(kernel_size=2, stride=2),
        Conv2d(out_channels=4, kernel_size=3), AvgPool2d(kernel_size=2, stride=2), GlobalPool2d(kind="max"),
    )  # fmt: skip
    found = attributed(network, Unit(network.graph.nodes[-1].id, 1))
    np.testing.assert_array_equal(found.maps[GRADIENT], found.maps[DECONVNET])
    np.testing.assert_array_equal(found.maps[GRADIENT], found.maps[GUIDED])
    assert not found.has_relu
    assert found.without_rule == (("m2",) if squashed else ())


def test_unpooling_puts_values_at_the_switches_and_pooling_gives_them_back() -> None:
    pool = MaxPool2d(kernel_size=2, stride=2)
    maps = np.abs(np.random.default_rng(2).normal(size=(1, 3, 8, 8)))
    pooled = pool.forward(maps)
    unpooled = pool.backward(pooled)
    np.testing.assert_array_equal(unpooled[unpooled != 0], maps[unpooled != 0])
    np.testing.assert_array_equal(MaxPool2d(kernel_size=2, stride=2).forward(unpooled), pooled)


def test_response_normalization_is_passed_over_by_the_deconvnet_alone() -> None:
    filters = Conv2d(out_channels=6, kernel_size=5)
    bare = attributed(chain((2, 20, 20), filters), Unit("m1", 2))
    normed = attributed(
        chain((2, 20, 20), Conv2d(out_channels=6, kernel_size=5), LocalResponseNorm(alpha=1.0)), Unit("m2", 2)
    )
    np.testing.assert_allclose(normed.maps[DECONVNET], bare.maps[DECONVNET])
    assert not np.allclose(normed.maps[GRADIENT], bare.maps[GRADIENT])


@pytest.mark.parametrize("kind", sorted(Module.registry))
def test_every_kind_with_a_rule_is_linear_or_hands_single_values_on(kind: str) -> None:
    made = Module.registry[kind]()
    assert isinstance(has_rule(made), bool)
    if kind in {"Tanh", "Abs", "Sigmoid", "LPPool2d", "LocalContrastNorm", "Softmax", "Multiply", "EuclideanRBF"}:
        assert not has_rule(made)
    if kind in {"ReLU", "MaxPool2d", "Conv2d", "Linear", "Concat", "Upsample", "AvgPool2d"}:
        assert has_rule(made)


def test_gradients_are_those_of_finite_differences() -> None:
    network = chain((2, 20, 20), Conv2d(out_channels=3, kernel_size=5), Tanh(), AvgPool2d(kernel_size=2, stride=2))
    path, unit = UnitPath(network, "m3"), Unit("m3", 1, (3, 5))
    gradient = attributed(network, unit).maps[GRADIENT]
    direction = np.random.default_rng(3).normal(size=PICTURE.shape)
    index = (0, *unit.index(path.shape))
    up, down = (path.forward((PICTURE + sign * 1e-5 * direction)[None])[index] for sign in (1, -1))
    assert (up - down) / 2e-5 == pytest.approx(float((gradient * direction).sum()), rel=1e-5)


def test_an_inquiry_leaves_the_run_as_it_was() -> None:
    moment = moment_of("lenet-5")
    before = moment.run.network.parameters.copy(), moment.run.network.gradients.copy()
    found = answers_of(Attribute(Unit("m8", 4)), moment)[-1]
    assert isinstance(found, Attribution)
    moment.run.program.forward(moment.picture[None])
    assert moment.run.program.output("m8")[(0, *Unit("m8", 4).index((16, 5, 5)))] == pytest.approx(found.value)
    assert found.maps[GRADIENT].shape == moment.picture.shape
    np.testing.assert_array_equal(moment.run.network.parameters, before[0])
    np.testing.assert_array_equal(moment.run.network.gradients, before[1])
