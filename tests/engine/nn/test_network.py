"""The network: one flat vector, gradients where wires fork and join, and what initial weights depend on."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from drawings import TWO_STAGE_DIGITS, chain, chain_network, make

from convnet_studio.engine.nn.gradient_check import check_module, check_network
from convnet_studio.engine.nn.initializers import initialize, initialize_module
from convnet_studio.engine.nn.module import Array, Family, Module, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.registry import Registry

SMALL = (
    ("LocalContrastNorm", {"kernel_size": 3}),
    ("Conv2d", {"out_channels": 3, "kernel_size": 3}),
    ("Tanh", {}),
    ("Abs", {}),
    ("LPPool2d", {}),
    ("Flatten", {}),
    ("Linear", {"out_features": 4}),
    ("LogSoftmax", {}),
    ("NLLLoss", {}),
)


def batch(shape: Shape, classes: int, count: int = 3) -> tuple[Array, Array]:
    random = np.random.default_rng(5)
    return random.random((count, *shape)), random.integers(0, classes, count)


def small_network() -> Network:
    network = chain_network(*SMALL, shape=(1, 8, 8), classes=4)
    initialize(network, 1)
    return network


def two_ports() -> Module:
    """A module with two inputs, kept out of the registry, whose contents other tests go through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Module, "registry", Registry("module"))

        class Product(Module):
            family: ClassVar = Family.WIRING
            input_count: ClassVar = 2

            def output_shape(self, left: Shape, right: Shape) -> Shape:
                assert left == right
                return left

            def forward(self, left: Array, right: Array) -> Array:
                self._inputs = left, right
                return left * right

            def backward(self, grad_output: Array) -> tuple[Array, Array]:
                left, right = self._inputs
                return grad_output * right, grad_output * left

        return Product()


def test_all_parameters_are_views_of_one_vector() -> None:
    network = small_network()
    network.parameters[:] = np.arange(network.parameters.size)
    flat = [each.value.ravel() for node in network.slices for each in network.parameters_of(node).values()]
    np.testing.assert_array_equal(np.concatenate(flat), network.parameters)
    network.gradients[:] = 3
    assert (network.parameters_of("linear-7")["bias"].grad == 3).all()
    assert network.parameters_of("nllloss-9") == {}


def test_two_stage_digits_has_5994_parameters() -> None:
    assert chain_network(*TWO_STAGE_DIGITS, shape=(1, 28, 28)).parameters.size == 5994


def test_the_gradient_of_a_whole_network_is_the_slope_of_its_mean_loss() -> None:
    assert check_network(small_network(), *batch((1, 8, 8), 4)).relative_error < 1e-6


def test_gradients_are_added_and_samples_weigh_alike() -> None:
    network = small_network()
    pictures, labels = batch((1, 8, 8), 4)
    for sample in range(3):
        network.forward(pictures[sample : sample + 1])
        network.loss(labels[sample : sample + 1])
        network.backward()
    one_by_one = network.gradients / 3
    network.gradients[:] = 0
    network.forward(pictures)
    network.loss(labels)
    network.backward()
    np.testing.assert_allclose(network.gradients, one_by_one, rtol=1e-10, atol=1e-15)


def test_gradients_add_where_a_wire_forks() -> None:
    """A diamond: one Linear feeds both ports of a product, once directly and once through a Tanh."""
    modules, _ = chain(
        ("Flatten", {}), ("Linear", {"out_features": 4}), ("Tanh", {}), ("LogSoftmax", {}), ("NLLLoss", {})
    )
    modules["product"] = two_ports()
    links = [
        ("input", "flatten-1", 0),
        ("flatten-1", "linear-2", 0),
        ("linear-2", "tanh-3", 0),
        ("linear-2", "product", 0),
        ("tanh-3", "product", 1),
        ("product", "logsoftmax-4", 0),
        ("logsoftmax-4", "nllloss-5", 0),
    ]
    network = Network(modules, links, (1, 3, 3), 4, np.float64)
    initialize(network, 2)
    assert not network.graph.problems
    assert check_network(network, *batch((1, 3, 3), 4)).relative_error < 1e-6


def test_two_losses_are_summed_and_their_gradients_too() -> None:
    modules, links = chain(("Flatten", {}), ("Linear", {"out_features": 4}), ("LogSoftmax", {}), ("NLLLoss", {}))
    modules["mse"] = make("MSELoss")
    network = Network(modules, [*links, ("linear-2", "mse", 0)], (1, 3, 3), 4, np.float64)
    initialize(network, 3)
    pictures, labels = batch((1, 3, 3), 4)
    outputs = network.forward(pictures)
    expected = -outputs["logsoftmax-3"][np.arange(3), labels] + np.mean(
        (outputs["linear-2"] - np.eye(4)[labels]) ** 2, 1
    )
    np.testing.assert_allclose(network.loss(labels), expected, rtol=1e-12)
    assert check_network(network, pictures, labels).relative_error < 1e-6


def test_backward_tells_the_gradient_at_every_module_that_reaches_a_loss() -> None:
    modules, links = chain(("Flatten", {}), ("Linear", {"out_features": 4}), ("MSELoss", {}))
    modules["aside"] = make("Tanh")
    network = Network(modules, [*links, ("linear-2", "aside", 0)], (1, 3, 3), 4, np.float64)
    pictures, labels = batch((1, 3, 3), 4)
    network.forward(pictures)
    network.loss(labels)
    gradients = network.backward()
    assert set(gradients) == {"input", "flatten-1", "linear-2"}
    np.testing.assert_allclose(gradients["linear-2"], -2 / 4 / 3 * np.eye(4)[labels])


def test_errors_count_wrong_answers() -> None:
    network = chain_network(("Flatten", {}), ("MSELoss", {}), shape=(1, 2, 2), classes=4)
    network.forward(np.eye(4).reshape(4, 1, 2, 2))
    assert network.errors(np.array([0, 1, 2, 0])) == 1


def test_initial_weights_follow_seed_and_name_and_stay_within_the_bound() -> None:
    network, again = small_network(), small_network()
    np.testing.assert_array_equal(network.parameters, again.parameters)
    weight = network.parameters_of("conv2d-2")["weight"]
    assert np.abs(network.parameters[network.slices["conv2d-2"]]).max() <= 1 / np.sqrt(weight.fan_in)
    initialize(again, 2)
    assert not np.array_equal(network.parameters, again.parameters)


def test_a_change_elsewhere_leaves_a_modules_initial_weights_alone() -> None:
    network = small_network()
    modules, links = chain(*SMALL)
    modules["linear-7"] = make("Linear", out_features=7)
    other = Network(modules, links, (1, 8, 8), 7, np.float64)
    initialize_module(other, "conv2d-2", 1)
    np.testing.assert_array_equal(
        network.parameters[network.slices["conv2d-2"]], other.parameters[other.slices["conv2d-2"]]
    )


def test_the_check_finds_a_wrong_gradient_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    tanh = make("Tanh")
    x = np.random.default_rng(0).standard_normal((2, 5))
    assert check_module(tanh, x).relative_error < 1e-9

    def wrong(grad_output: Array) -> Array:
        grad = type(tanh).backward(tanh, grad_output)
        grad[1, 3] *= 1.01
        return grad

    monkeypatch.setattr(tanh, "backward", wrong)
    check = check_module(tanh, x)
    assert check.where == "input 0[1, 3]"
    assert 1e-4 < check.relative_error <= 0.011


def test_the_check_insists_on_float64() -> None:
    with pytest.raises(ValueError, match="needs float64, but input 0 is float32"):
        check_module(make("Tanh"), np.zeros((1, 2), np.float32))
