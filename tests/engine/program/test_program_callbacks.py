"""Modules, losses and optimizers that have numpy code alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from small_networks import CLASSIFIER, assert_follows_numpy, chain, data, graph, make, sgd

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Family, Module, Parameter, ParameterShape, Shape, parameter
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer, State
from convnet_studio.engine.program import CompiledProgram, ModuleFailure, ReferenceProgram


@pytest.fixture(scope="module")
def kinds() -> Iterator[dict[str, Any]]:
    """Module and loss classes that only this file has; taken from the registries afterwards."""

    class GainForTest(Module):
        """y = g x for each map, plus a second input; raises when told to."""

        family: ClassVar = Family.WIRING
        word: ClassVar = "gain"
        formula: ClassVar = "y = g x + z"
        input_count: ClassVar = 2
        broken: ClassVar = False
        gain: Parameter = parameter()

        def output_shape(self, shape: Shape, other: Shape) -> Shape:
            return shape

        def parameter_shapes(self, shape: Shape, other: Shape) -> dict[str, ParameterShape]:
            return {"gain": ParameterShape((shape[0], 1, 1), 1)}

        def forward(self, x: Array, z: Array) -> Array:
            if self.broken:
                raise ArithmeticError("the gain is broken")
            self._x = x
            return self.gain.value * x + z

        def backward(self, grad: Array) -> tuple[Array, Array]:
            self.gain.grad[...] += (grad * self._x).sum(axis=(0, 2, 3), keepdims=True)[0]
            return self.gain.value * grad, grad

    class CubeLossForTest(Loss):
        """Sum of |y - t|³ / 3."""

        family: ClassVar = Family.LOSS
        word: ClassVar = "cube"
        formula: ClassVar = "L"

        def check_shape(self, prediction: Shape, classes: int) -> None:
            pass

        def target(self, labels: Array, prediction: Shape) -> Array:
            return np.eye(prediction[0], dtype=np.float32)[labels]

        def forward(self, prediction: Array, target: Array) -> Array:
            self._difference = prediction - target
            return np.asarray((np.abs(self._difference) ** 3).sum(axis=1) / 3)

        def backward(self) -> Array:
            return self._difference * np.abs(self._difference)

    yield {"gain": GainForTest, "cube": CubeLossForTest}
    Module.registry._items.pop("GainForTest")
    Loss.registry._items.pop("CubeLossForTest")


def network(kinds: dict[str, Any]) -> Network:
    modules = {
        "input": make("Input"), "a": make("Conv2d", out_channels=3, kernel_size=3), "b": make("Tanh"),
        "gain": kinds["gain"](), "pool": make("AvgPool2d"), "flat": make("Flatten"),
        "scores": make("Linear", out_features=4), "loss": kinds["cube"](),
    }  # fmt: skip
    links = [
        ("input", "a", 0), ("a", "b", 0), ("a", "gain", 0), ("b", "gain", 1), ("gain", "pool", 0), ("pool", "flat", 0),
        ("flat", "scores", 0), ("scores", "loss", 0),
    ]  # fmt: skip
    built = Network(modules, links, (2, 9, 8), 4)
    assert not built.graph.problems
    initialize(built, 1)
    return built


@pytest.mark.parametrize("count", [1, 5, 21])
def test_numpy_code_runs_as_part_of_a_program(kinds: dict[str, Any], count: int) -> None:
    assert_follows_numpy(network(kinds), network(kinds), count, threads=2)


def test_numpy_code_trains(kinds: dict[str, Any]) -> None:
    built, reference = network(kinds), network(kinds)
    for program in (CompiledProgram(built, 8), ReferenceProgram(reference, 8)):
        program.set_data(*data(built))
        optimizer = sgd()
        for start in range(6):
            program.step(range(start, start + 8), optimizer)
    np.testing.assert_allclose(built.parameters, reference.parameters, atol=1e-5)


def test_what_a_module_raises_comes_with_its_id_and_does_not_last(kinds: dict[str, Any]) -> None:
    built = network(kinds)
    program = CompiledProgram(built, 8)
    program.set_data(*data(built))
    kinds["gain"].broken = True
    try:
        with pytest.raises(ModuleFailure, match=r"gain.*broken") as caught:
            program.step(range(8), sgd())
    finally:
        kinds["gain"].broken = False
    assert caught.value.module_id == "gain"
    assert isinstance(caught.value.__cause__, ArithmeticError)
    assert np.isfinite(program.step(range(8), sgd()).loss)


def test_a_failed_step_updates_nothing(kinds: dict[str, Any]) -> None:
    built = network(kinds)
    program = CompiledProgram(built, 8)
    program.set_data(*data(built))
    optimizer = sgd()
    program.step(range(8), optimizer)
    before = built.parameters.copy()
    kinds["gain"].broken = True
    try:
        with pytest.raises(ModuleFailure):
            program.step(range(8), optimizer)
    finally:
        kinds["gain"].broken = False
    np.testing.assert_array_equal(built.parameters, before)


def test_an_optimizer_without_a_leaf_runs_its_numpy_code() -> None:
    class SignForTest(Optimizer):
        """w -= rate sign(g)."""

        word: ClassVar = "sign"
        formula: ClassVar = "w"

        def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
            return np.sign(gradients)

    try:
        built = chain(CLASSIFIER, (1, 4, 4), 4)
        program = CompiledProgram(built, 4)
        program.set_data(*data(built))
        before, optimizer = built.parameters.copy(), SignForTest()
        optimizer.rate = 0.25
        program.step(range(4), optimizer)
        moved = np.abs(built.parameters - before)[built.gradients != 0]
        np.testing.assert_allclose(moved, 0.25, rtol=1e-5)
    finally:
        Optimizer.registry._items.pop("SignForTest")


def test_graph_helper_builds_what_it_is_told() -> None:
    built = graph({"input": ("Input", {}), "tanh": ("Tanh", {})}, [("input", "tanh", 0)], (3,), 2)
    assert list(built.nodes) == ["input", "tanh"]
