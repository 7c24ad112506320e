"""ConvTranspose2d as operations: those of a convolution from its output to its input, forward and back exchanged."""

from __future__ import annotations

from convnet_studio.engine.kernels import bank
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.conv_transpose2d import ConvTranspose2d
from convnet_studio.engine.program import convolution
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.convolution import Sizes
from convnet_studio.engine.program.lowering import lowers


@lowers(ConvTranspose2d)
def lower_conv_transpose2d(node: Node, to: Builder) -> None:
    """Forward: what the convolution sends back, cropped. Backward: the convolution itself."""
    sizes, weight, bias = _sizes(node), to.parameter(node, "weight"), to.parameter(node, "bias")
    x, y = to.input(node), to.output(node)
    convolution.input_gradient(to.forward, to, sizes, y, x, weight, f"uncropped output of {node.id}")
    values = convolution.bias_table(to, bias)
    to.forward(bank.add_constants, y=y, values=values, size=y.size, period=bias.size)
    dy = to.output_gradient(node)
    if dy is None:
        return
    around = convolution.pad(to.backward, to, sizes, dy, f"padded gradient of {node.id}")
    convolution.weight_gradient(to, sizes, around, x, weight)
    convolution.bias_gradient(to, dy, bias, y.size // bias.size)
    dx = to.input_gradient(node)
    if dx is not None:
        convolution.convolve(to.backward, to, sizes, around, dx, weight, to.table(sizes.filters_padded))


def _sizes(node: Node) -> Sizes:
    """Of the convolution whose picture is this module's output."""
    module = node.module
    assert isinstance(module, ConvTranspose2d)
    outputs, height, width = node.shape
    inputs, rows, columns = node.input_shapes[0]
    pad, kernel = module.padding, module.kernel_size
    return Sizes(
        maps=outputs,
        height=height + 2 * pad,
        width=width + 2 * pad,
        kernel_rows=kernel,
        kernel=kernel,
        stride=module.stride,
        row_padding=pad,
        padding=pad,
        filters=inputs,
        rows=rows,
        columns=columns,
    )
