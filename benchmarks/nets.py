"""The networks that are timed: A to E, and every preset, as own networks with seeded weights and made-up examples."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

import convnet_studio.engine.data.datasets
import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules
import convnet_studio.engine.nn.optimizers  # noqa: F401 - fill the registries
from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.presets import load_preset, preset_names

EXAMPLES = 512
Layer = tuple[str, dict[str, float | str]]
_LCN: Layer = ("LocalContrastNorm", {"kernel_size": 9, "width": 2.0})
_L2: Layer = ("LPPool2d", {"kernel_size": 2, "stride": 2, "inside": "sum"})
_AVG: Layer = ("AvgPool2d", {"kernel_size": 2, "stride": 2})
_TANH: Layer = ("Tanh", {})


def _linear(*sizes: int) -> list[Layer]:
    """Linear layers on flat input with tanh between them."""
    layers = [[("Linear", {"out_features": size}), _TANH] for size in sizes]
    return [("Flatten", {}), *itertools.chain.from_iterable(layers)][:-1]


NETS: dict[str, tuple[str, tuple[int, ...], list[Layer]]] = {
    "A": ("LeNet-like, 28x28", (1, 28, 28), [
        ("Conv2d", {"out_channels": 6, "kernel_size": 5}), _TANH, _AVG,
        ("Conv2d", {"out_channels": 16, "kernel_size": 5}), _TANH, _AVG, *_linear(120, 84, 10),
    ]),
    "B": ("LeCun's two stages with LCN, 32x32x3", (3, 32, 32), [
        _LCN, ("Conv2d", {"out_channels": 16, "kernel_size": 5}), _TANH, _L2,
        _LCN, ("Conv2d", {"out_channels": 32, "kernel_size": 5}), _TANH, _L2, *_linear(128, 10),
    ]),
    "C": ("NORB-like, 96x96x2", (2, 96, 96), [
        ("Conv2d", {"out_channels": 16, "kernel_size": 7}), ("MaxPool2d", {"kernel_size": 4, "stride": 4}),
        ("Conv2d", {"out_channels": 64, "kernel_size": 7}), ("MaxPool2d", {"kernel_size": 4, "stride": 4}),
        *_linear(10),
    ]),
    "D": ("tiny, 8x8", (1, 8, 8), [
        ("Conv2d", {"out_channels": 8, "kernel_size": 3}), ("MaxPool2d", {"kernel_size": 2, "stride": 2}), *_linear(10),
    ]),
    "E": ("MLP 3072-1500-10", (3072,), _linear(1500, 10)[1:]),
}  # fmt: skip
"""Name, what it is, the shape of its input, its layers; LogSoftmax and NLLLoss follow. A, C and D as drawn here."""


def all_names() -> list[str]:
    """A to E, then the presets."""
    return [*NETS, *preset_names()]


def network(name: str) -> Network:
    """The network called `name`, with initial weights drawn from a fixed seed."""
    if name in NETS:
        _, shape, layers = NETS[name]
        chain: dict[str, Module | Loss] = {"input": Module.registry["Input"]()}
        for number, (kind, settings) in enumerate([*layers, ("LogSoftmax", {})], start=1):
            chain[f"{number} {kind}"] = Module.registry[kind](**settings)
        chain["loss"] = Loss.registry["NLLLoss"]()
        made = Network(chain, [(a, b, 0) for a, b in itertools.pairwise(chain)], shape, 10)
    else:
        project = load_preset(name)
        dataset = load_dataset(project.data.dataset)
        made = build_network(project, dataset.input_shape, dataset.classes)
    initialize(made, seed=1)
    return made


def examples(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Random pictures and labels, the same in every process."""
    random = np.random.default_rng(0)
    images = random.random((EXAMPLES, *net.input_shape), dtype=np.float32)
    return images, random.integers(0, net.classes, EXAMPLES)


@dataclass(frozen=True)
class Work:
    """Floating-point operations of one sample in a full step, of one module (two for each multiply-accumulate)."""

    module_id: str
    forward: int
    backward: int


def filter_bank_work(net: Network) -> list[Work]:
    """Of the modules with weights; backward by the weights, and by the input where something before it learns."""
    learning: set[str] = set()
    work = []
    for node in net.graph.nodes:
        behind = any(source in learning for source in node.sources)
        if node.id in net.slices or behind:
            learning.add(node.id)
        if node.id in net.slices and isinstance(node.module, Module):
            forward = 2 * node.module.multiply_accumulates(*node.input_shapes)
            work.append(Work(node.id, forward, forward * (1 + behind)))
    return work


def step_flops(net: Network) -> float:
    """Floating-point operations of one sample in a full step, filter banks only."""
    return math.fsum(each.forward + each.backward for each in filter_bank_work(net))
