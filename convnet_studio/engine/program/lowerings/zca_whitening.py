"""ZCAWhitening as operations: the mean taken away, then the products of a Linear, for which maps become plain lists."""

from __future__ import annotations

from convnet_studio.engine.kernels import move, whitening
from convnet_studio.engine.kernels.fields import Buffer, Place
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.zca_whitening import ZCAWhitening
from convnet_studio.engine.program.builder import Append, Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.matrix import times_matrix, times_transpose
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(ZCAWhitening, forgets_output=True)
def lower_zca_whitening(node: Node, to: Builder) -> None:
    """Forward, and the gradient by the input; what is fitted has none."""
    matrix, mean = to.parameter(node, "matrix"), to.parameter(node, "mean")
    x, y, size = _as_list(node, to, to.forward, to.input(node)), to.output(node), to.output(node).size
    centred = to.scratch(size, f"centred input of {node.id}")
    whitened = y if _is_list(node) else to.scratch(size, f"list of {y.name}")
    # the matrix lies behind the mean, so that vectors may run over its end
    to.forward(whitening.centre, x=x, y=centred, mean=Place(to.network.parameters, size, mean.offset), size=size)
    times_matrix(to, centred, whitened, matrix, to.table(size))
    _as_maps(node, to.forward, whitened, y)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        gradient = dx if _is_list(node) else to.scratch(size, f"list of {dx.name}")
        times_transpose(to, _as_list(node, to, to.backward, dy), gradient, matrix)
        _as_maps(node, to.backward, gradient, dx)


def _is_list(node: Node) -> bool:
    """Whether the order channel first is the order channel last."""
    return 1 in channels_and_positions(node.shape)


def _as_list(node: Node, to: Builder, append: Append, maps: Buffer) -> Buffer:
    """Maps in the order channel, height, width."""
    if _is_list(node):
        return maps
    channels, positions = channels_and_positions(node.shape)
    numbers = to.scratch(maps.size, f"list of {maps.name}")
    append(move.transpose, x=maps, y=numbers, rows=positions, columns=channels)
    return numbers


def _as_maps(node: Node, append: Append, numbers: Buffer, maps: Buffer) -> None:
    """Back to the order height, width, channel."""
    if not _is_list(node):
        channels, positions = channels_and_positions(node.shape)
        append(move.transpose, x=numbers, y=maps, rows=channels, columns=positions)
