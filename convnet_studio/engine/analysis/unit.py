"""Unit: one output of a network, and the part of the network that it is computed from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.receptive_field import Field, receptive_fields
from convnet_studio.engine.training.run import Run

Box = tuple[slice, ...]
"""Which pixels of a picture, along each axis of its space."""

Rule = Callable[[Module, Array], Array | tuple[Array, ...]]
"""(module, what arrives at its output) to what it sends to its inputs."""

_TYPICAL = 256
"""Pictures over which a typical norm is averaged."""


@dataclass(frozen=True)
class Unit:
    """One number of a module's output.

    Attributes:
        module: its id. `channel`: the map, or the value of a list.
        place: along each axis of the map; empty: the middle.
    """

    module: str
    channel: int
    place: tuple[int, ...] = ()

    def index(self, shape: Shape) -> tuple[int, ...]:
        """Where it stands in an output of this shape.

        Raises:
            ValueError: if it is outside.
        """
        index = (self.channel, *(self.place or middle(shape)))
        if len(index) != len(shape) or any(not 0 <= i < n for i, n in zip(index, shape, strict=True)):
            raise ValueError(f"There is no unit {index} in an output of {'×'.join(map(str, shape))}.")
        return index


def middle(shape: Shape) -> tuple[int, ...]:
    """The place in the middle of maps ``(channel, *space)``."""
    return tuple((size - 1) // 2 for size in shape[1:])


class UnitPath:
    """Computes one module of a network, and goes back from it to the picture.

    Args:
        network: one that may be run: its modules keep what they need to go back, and gradients are added to.
        module_id: whose output is wanted.

    Raises:
        ValueError: if the module does not compute, or is a loss.
    """

    def __init__(self, network: Network, module_id: str) -> None:
        node = network.nodes.get(module_id)
        if node is None or isinstance(node.module, Loss):
            raise ValueError("Select a module that computes: a loss has no units.")
        needed = {module_id}
        for each in reversed(network.graph.nodes):
            if each.id in needed:
                needed.update(each.sources)
        self.network = network
        self.node = node
        self.nodes = tuple(each for each in network.graph.nodes if each.id in needed)

    @property
    def shape(self) -> Shape:
        """Of the module's output, batch left out."""
        return self.node.shape

    @property
    def field(self) -> Field:
        """What of the picture a unit of the module sees."""
        return receptive_fields(self.nodes, self.network.input_shape)[self.node.id]

    def box(self, unit: Unit) -> Box:
        """The pixels that a unit of the module sees."""
        return seen_box(self.field, unit.index(self.shape)[1:], self.network.input_shape)

    def forward(self, pictures: Array) -> Array:
        """The module's output ``(batch, *shape)`` for pictures ``(batch, *input_shape)``; each is its own partner."""
        self.network.clock.is_training = False
        outputs: dict[str, Array] = {}
        for node in self.nodes:
            assert isinstance(node.module, Module)
            outputs[node.id] = node.module.forward(*([outputs[source] for source in node.sources] or [pictures]))
        return outputs[self.node.id]

    def backward(self, arriving: Array, rule: Rule | None = None) -> Array:
        """After `forward`: what comes back at the pictures ``(batch, *input_shape)``.

        Args:
            arriving: at the module's output, ``(batch, *shape)``; with 1 at a unit and 0 elsewhere, what comes back is
                that unit's gradient.
            rule: how a module hands back what arrives; None: as the gradient says.
        """
        at: dict[str, Array] = {self.node.id: arriving}
        total = np.zeros((len(arriving), *self.network.input_shape), arriving.dtype)
        for node in reversed(self.nodes):
            if node.id not in at:
                continue
            assert isinstance(node.module, Module)
            sent = rule(node.module, at[node.id]) if rule else node.module.backward(at[node.id])
            if not node.sources:
                assert not isinstance(sent, tuple)
                total += sent
                continue
            parts = sent if isinstance(sent, tuple) else (sent,)
            for source, part in zip(node.sources, parts, strict=True):
                at[source] = at[source] + part if source in at else part
        return total

    def values_and_slopes(self, pictures: Array, units: Sequence[Unit]) -> tuple[Array, Array]:
        """What each unit answers to its own picture, ``(len(units),)``, and the gradient of that by the picture.

        Args:
            pictures: ``(len(units), *input_shape)``, of the network's dtype.
        """
        outputs = self.forward(pictures)
        arriving = one_hot(units, self.shape, self.network.parameters.dtype)
        values: Array = (outputs * arriving).reshape(len(units), -1).sum(axis=1)
        return values, self.backward(arriving)


def seen_box(field: Field, place: Sequence[int], input_shape: Shape) -> Box:
    """The pixels of a picture ``(channel, *space)`` that the output at `place` sees; all where that is unknown."""
    space = input_shape[1:]
    places = tuple(place) if len(place) == len(space) else (0,) * len(space)
    if len(field) != len(space):
        return tuple(slice(0, size) for size in space)
    box = []
    for span, at, size in zip(field, places, space, strict=True):
        first = math.floor(span.first + at * span.jump)
        last = math.ceil(span.last + at * span.jump)
        box.append(slice(min(max(first, 0), size - 1), max(min(last + 1, size), 1)))
    return tuple(box)


def one_hot(units: Sequence[Unit], shape: Shape, dtype: np.dtype[np.float32] | type) -> Array:
    """``(len(units), *shape)``: for each unit 1 at its own place, 0 elsewhere."""
    arriving = np.zeros((len(units), *shape), dtype)
    for row, unit in enumerate(units):
        arriving[(row, *unit.index(shape))] = 1
    return arriving


def typical_norm(run: Run, box: Box) -> float:
    """The mean Euclidean norm of what the training pictures have in `box`; 1 where they have nothing there."""
    if not run.material.train_count:
        return 1.0
    pictures = run.material.pictures[: min(run.material.train_count, _TYPICAL)]
    seen = np.asarray(pictures[(slice(None), slice(None), *box)], np.float64).reshape(len(pictures), -1)
    norm = float(np.sqrt(np.square(seen).sum(axis=1)).mean())
    return norm if norm > 0 else 1.0
