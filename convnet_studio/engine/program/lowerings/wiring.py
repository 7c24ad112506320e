"""Input, the modules that join wires and those that change shapes, as operations.

Numbers lie channel last in programs; modules speak of them channel first.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from convnet_studio.engine.kernels import chance, move, wiring
from convnet_studio.engine.kernels.fields import Buffer, Place
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.nn.modules.add import Add
from convnet_studio.engine.nn.modules.concat import Concat
from convnet_studio.engine.nn.modules.dropout import Dropout
from convnet_studio.engine.nn.modules.flatten import Flatten
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.modules.multiply import Multiply
from convnet_studio.engine.nn.modules.reshape import Reshape
from convnet_studio.engine.nn.modules.upsample import Upsample
from convnet_studio.engine.program.builder import Append, Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(Input)
def lower_input(node: Node, to: Builder) -> None:
    """Fetch the picture that the sample's index names, or that of its partner."""
    assert isinstance(node.module, Input)
    channels, positions = channels_and_positions(node.shape)
    values: dict[str, Any] = {"images": to.feed.images, "indices": to.feed.indices, "y": to.output(node)}
    sizes: dict[str, Any] = {"size": channels * positions, "channels": channels, "positions": positions}
    if node.module.shows_partner():
        to.forward(move.gather_partner, partners=to.feed.partners, **values, **sizes)
    else:
        to.forward(move.gather, **values, **sizes)


@lowers(Flatten, Reshape)
def lower_reshape(node: Node, to: Builder) -> None:
    """The numbers in the order channel, height, width, in and out."""
    _deal_out(to, to.forward, to.input(node), to.output(node), node.input_shapes[0], node.shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        _deal_out(to, to.backward, dy, dx, node.shape, node.input_shapes[0])


def _deal_out(to: Builder, append: Append, x: Buffer, y: Buffer, old: Shape, new: Shape) -> None:
    """From maps of shape `old` through the plain list to maps of shape `new`."""
    (old_channels, old_positions), (channels, positions) = channels_and_positions(old), channels_and_positions(new)
    if (old_channels, old_positions) == (channels, positions):
        append(wiring.copy, x=x, y=y, size=y.size)
        return
    if old_positions > 1:  # otherwise it is the plain list already
        plain = to.scratch(x.size, f"list of {x.name}") if positions > 1 else y
        append(move.transpose, x=x, y=plain, rows=old_positions, columns=old_channels)
        x = plain
    if positions > 1:
        append(move.transpose, x=x, y=y, rows=channels, columns=positions)


@lowers(Add)
def lower_add(node: Node, to: Builder) -> None:
    """One input after the other."""
    _fold(to.forward, wiring.sum_of_two, [to.input(node, port) for port in range(len(node.sources))], to.output(node))
    dy = to.output_gradient(node)
    for port in range(len(node.sources)):
        dx = to.input_gradient(node, port)
        if dx is not None and dy is not None:
            to.backward(wiring.copy, x=dy, y=dx, size=dx.size)


@lowers(Multiply)
def lower_multiply(node: Node, to: Builder) -> None:
    """One input after the other; back to each what arrives times all others."""
    inputs = [to.input(node, port) for port in range(len(node.sources))]
    _fold(to.forward, wiring.product_of_two, inputs, to.output(node))
    dy = to.output_gradient(node)
    for port in range(len(inputs)):
        dx = to.input_gradient(node, port)
        if dx is not None and dy is not None:
            _fold(to.backward, wiring.product_of_two, [dy, *inputs[:port], *inputs[port + 1 :]], dx)


def _fold(append: Append, leaf: Leaf, inputs: list[Buffer], y: Buffer) -> None:
    """y = what `leaf` makes of the first two inputs, of that and the third, and so on."""
    if len(inputs) == 1:
        append(wiring.copy, x=inputs[0], y=y, size=y.size)
    for number, each in enumerate(inputs[1:]):
        append(leaf, a=y if number else inputs[0], b=each, y=y, size=y.size)


@lowers(Concat)
def lower_concat(node: Node, to: Builder) -> None:
    """At each position the channels of one input behind those of the other."""
    total, positions = channels_and_positions(node.shape)
    dy, start = to.output_gradient(node), 0
    for port, shape in enumerate(node.input_shapes):
        channels = shape[0]
        piled = {"start": start, "row": total}
        alone = {"start": 0, "row": channels}
        _copy_rows(to.forward, to.input(node, port), alone, to.output(node), piled, positions, channels)
        dx = to.input_gradient(node, port)
        if dx is not None and dy is not None:
            _copy_rows(to.backward, dy, piled, dx, alone, positions, channels)
        start += channels


def _copy_rows(
    append: Append, x: Buffer, x_at: dict[str, int], y: Buffer, y_at: dict[str, int], rows: int, length: int
) -> None:
    append(
        move.copy_rows, x=x, y=y, rows=rows, length=length,
        x_start=x_at["start"], x_row=x_at["row"], y_start=y_at["start"], y_row=y_at["row"],
    )  # fmt: skip


@lowers(Upsample)
def lower_upsample(node: Node, to: Builder) -> None:
    """Forward one repetition after the other, backward the last first."""
    assert isinstance(node.module, Upsample)
    steps = _repetitions(node.input_shapes[0], node.module.scale_factor)
    sizes = [step["rows"] * step["columns"] * step["channels"] for step in steps[1:]]
    buffers = [to.input(node), *(to.scratch(size, f"layers of {node.id}") for size in sizes), to.output(node)]
    for step, (x, y) in zip(steps, itertools.pairwise(buffers), strict=True):
        to.forward(wiring.repeat_forward, x=x, y=y, **step)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        buffers = [dy, *(to.scratch(size, f"gradient of layers of {node.id}") for size in reversed(sizes)), dx]
        for step, (x, y) in zip(reversed(steps), itertools.pairwise(buffers), strict=True):
            to.backward(wiring.repeat_backward, x=x, y=y, **step)


def _repetitions(shape: Shape, factor: int) -> list[dict[str, Any]]:
    """Rows and columns of a picture, or the numbers of a sequence; in a volume whole layers first, then within them."""
    channels, *space = shape
    if len(space) == 1:
        return [{"rows": space[0], "columns": 1, "channels": channels, "down": factor, "across": 1}]
    *layers, rows, columns = space
    count = math.prod(layers)
    layer = {"rows": count, "columns": 1, "channels": rows * columns * channels, "down": factor, "across": 1}
    plane = {"rows": rows, "columns": columns, "channels": channels, "down": factor, "across": factor}
    return [layer, {**plane, "rows": count * factor * rows}] if layers else [plane]


@lowers(Dropout)
def lower_dropout(node: Node, to: Builder) -> None:
    """x times a factor for each unit, which is kept for the way back."""
    module = node.module
    assert isinstance(module, Dropout)
    channels, positions = channels_and_positions(node.shape)
    factors = to.scratch(channels * positions, f"factors of {node.id}")
    numbers = module.chance.clock.numbers
    to.forward(
        chance.dropout_forward, x=to.input(node), y=to.output(node), factors=factors,
        clock=Place(numbers, numbers.size), key=module.chance.key, threshold=module.threshold,
        scale=1 / (1 - module.p), positions=positions, channels=channels,
    )  # fmt: skip
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(wiring.product_of_two, a=dy, b=factors, y=dx, size=dx.size)
