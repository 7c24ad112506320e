"""Networks and data for tests of programs, and the comparison with numpy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fill the registries
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, SettingValue, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.program import CompiledProgram, ReferenceProgram

Drawn = tuple[str, dict[str, SettingValue]]
EXAMPLES = 48

LENET: list[Drawn] = [
    ("Conv2d", {"out_channels": 6}), ("Tanh", {}), ("AvgPool2d", {}),
    ("Conv2d", {"out_channels": 16}), ("Tanh", {}), ("AvgPool2d", {}), ("Flatten", {}),
    ("Linear", {"out_features": 30}), ("Tanh", {}), ("Linear", {"out_features": 10}), ("LogSoftmax", {}),
    ("NLLLoss", {}),
]  # fmt: skip
TWO_STAGES: list[Drawn] = [
    ("LocalContrastNorm", {}), ("Conv2d", {"out_channels": 8}), ("Tanh", {}), ("Abs", {}), ("LPPool2d", {}),
    ("Conv2d", {"out_channels": 16}), ("Tanh", {}), ("LPPool2d", {}), ("Flatten", {}),
    ("Linear", {"out_features": 10}), ("LogSoftmax", {}), ("NLLLoss", {}),
]  # fmt: skip
CLASSIFIER: list[Drawn] = [("Flatten", {}), ("Linear", {"out_features": 4}), ("LogSoftmax", {}), ("NLLLoss", {})]


def make(kind: str, /, **settings: SettingValue) -> Module | Loss:
    registry = Module.registry if kind in Module.registry else Loss.registry
    return registry[kind](**settings)


def graph(
    modules: dict[str, Drawn],
    links: Iterable[tuple[str, str, int]],
    shape: Shape,
    classes: int,
    dtype: type = np.float32,
) -> Network:
    made = {module_id: make(kind, **settings) for module_id, (kind, settings) in modules.items()}
    network = Network(made, links, shape, classes, dtype)
    assert not network.graph.problems, network.graph.problems
    initialize(network, seed=1)
    return network


def chain(drawn: Iterable[Drawn], shape: Shape, classes: int = 10, dtype: type = np.float32) -> Network:
    """Modules one after the other, ids as ``3 Tanh``."""
    modules: dict[str, Drawn] = {"input": ("Input", {})}
    modules |= {f"{number} {each[0]}": each for number, each in enumerate(drawn, 1)}
    ids = list(modules)
    return graph(modules, [(a, b, 0) for a, b in itertools.pairwise(ids)], shape, classes, dtype)


def data(network: Network, examples: int = EXAMPLES, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    images = random.standard_normal((examples, *network.input_shape)).astype(np.float32)
    return images, random.integers(0, network.classes, examples)


def sgd(rate: float = 0.05, momentum: float = 0.9) -> SGD:
    optimizer = SGD(momentum=momentum)
    optimizer.rate = rate
    return optimizer


def assert_close(found: np.ndarray, expected: np.ndarray, what: str, tolerance: float = 1e-5) -> None:
    """Equal within `tolerance` of the largest expected number."""
    assert found.shape == expected.shape, what
    scale = max(float(np.abs(expected).max(initial=0)), 1e-6)
    assert float(np.abs(found - expected).max(initial=0)) <= tolerance * scale, what


def assert_follows_numpy(
    compiled: Network, reference: Network, count: int, threads: int = 1, tolerance: float = 1e-5
) -> None:
    """Outputs, gradients by outputs and by parameters, losses and errors of one pass are those of the numpy code."""
    own, other = CompiledProgram(compiled, count, threads), ReferenceProgram(reference, count)
    indices = np.random.default_rng(1).permutation(EXAMPLES)[:count]
    try:
        for program in (own, other):
            program.set_data(*data(compiled))
        found, expected = own.gradient(indices), other.gradient(indices)
        assert abs(found.loss - expected.loss) <= tolerance * max(1, abs(expected.loss))
        assert (found.errors, found.count) == (expected.errors, expected.count)
        for node in reference.graph.nodes:
            if isinstance(node.module, Module):
                assert_close(own.output(node.id), other.output(node.id), f"output of {node.id}", tolerance)
                expected_gradient = other.output_gradient(node.id)
                assert_close(own.output_gradient(node.id), expected_gradient, f"gradient of {node.id}", tolerance)
        for module_id, span in reference.slices.items():
            found_gradient = compiled.gradients[span].copy()
            assert_close(found_gradient, reference.gradients[span], f"weights of {module_id}", tolerance)
        whole, optimizer = compiled.gradients.copy(), sgd(rate=0.0)
        own.step(indices, optimizer)  # training has listings of its own; velocity begins as the gradient
        assert_close(optimizer.state["velocity"], whole, "gradient of a step", tolerance)
    finally:
        own.close()
