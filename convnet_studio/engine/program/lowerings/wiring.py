"""Input and Flatten as operations: between the data's order of numbers and the program's."""

from __future__ import annotations

from convnet_studio.engine.kernels import move
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.flatten import Flatten
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(Input)
def lower_input(node: Node, to: Builder) -> None:
    """Fetch the picture that the sample's index names."""
    channels, positions = channels_and_positions(node.shape)
    to.forward(
        move.gather,
        images=to.feed.images,
        indices=to.feed.indices,
        y=to.output(node),
        size=channels * positions,
        channels=channels,
        positions=positions,
    )


@lowers(Flatten)
def lower_flatten(node: Node, to: Builder) -> None:
    """Flatten lists map by map, as PyTorch does; the program keeps the channels of a pixel together."""
    channels, positions = channels_and_positions(node.input_shapes[0])
    to.forward(move.transpose, x=to.input(node), y=to.output(node), rows=positions, columns=channels)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(move.transpose, x=dy, y=dx, rows=channels, columns=positions)
