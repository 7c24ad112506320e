"""Conv1d and Conv2d as operations: weights rearranged once a step, pictures padded where the module pads."""

from __future__ import annotations

import math

from convnet_studio.engine.kernels import bank, conv
from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.conv1d import Conv1d
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.program import convolution
from convnet_studio.engine.program.builder import Builder, Switched
from convnet_studio.engine.program.convolution import Sizes
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.rearrange import Four, arrange, collect


@lowers(Conv1d, Conv2d, forgets_output=True)
def lower_filter_bank(node: Node, to: Builder) -> None:
    """Forward: pad, convolve. Backward: the gradients by weight, bias and input, then crop."""
    module, sizes, weight = node.module, convolution.sizes_of(node), to.parameter(node, "weight")
    assert isinstance(module, FilterBank)
    x, y = convolution.pad(to.forward, to, sizes, to.input(node), f"padded input of {node.id}"), to.output(node)
    of_maps = module.biases == "each map"
    bias = convolution.bias_table(to, to.parameter(node, "bias")) if of_maps else to.table(sizes.filters_padded)
    convolution.convolve(to.forward, to, sizes, x, y, weight, bias)
    if module.biases == "each unit":
        _add_unit_biases(node, to, y)
    dy, switched = to.output_gradient(node), to.switched.get(node.id)
    if switched:
        _lower_sparse(node, to, sizes, x, switched)
        return
    if dy is None:
        return
    if to.receives_few(node) and convolution.follows_few(node):
        _lower_sparse(node, to, sizes, x, dy)
        return
    convolution.weight_gradient(to, sizes, x, dy, weight)
    if of_maps:
        convolution.bias_gradient(to, dy, to.parameter(node, "bias"), sizes.rows * sizes.columns)
    elif module.biases == "each unit":
        _collect_unit_biases(node, to, dy)
    dx = to.input_gradient(node)
    if dx is not None:
        convolution.input_gradient(to.backward, to, sizes, dx, dy, weight, f"padded gradient of {node.id}")


def _lower_sparse(node: Node, to: Builder, sizes: Sizes, x: Buffer, dy: Buffer | Switched) -> None:
    dx = to.input_gradient(node)
    target = convolution.uncropped(to, sizes, dx, f"padded gradient of {node.id}") if dx else None
    weight, bias = to.parameter(node, "weight"), to.parameter(node, "bias")
    convolution.sparse_gradients(to, sizes, x, dy, target, weight, bias, node.id)
    if dx is not None and target is not None and sizes.is_padded:
        convolution.crop(to.backward, sizes, target, dx)


def _unit_order(node: Node) -> tuple[Four, Four, Four]:
    """Shape and strides between the biases of units, map by map, and the program's order, place by place."""
    outputs, *places = node.shape
    count = math.prod(places)
    return (1, 1, count, outputs), (0, 0, 1, count), (0, 0, outputs, 1)


def _add_unit_biases(node: Node, to: Builder, y: Buffer) -> None:
    table = to.table(y.size)
    shape, own, others = _unit_order(node)
    arrange(to, to.parameter(node, "bias"), table, shape, own, others)
    to.forward(bank.add_constants, y=y, values=table, size=y.size, period=y.size)


def _collect_unit_biases(node: Node, to: Builder, dy: Buffer) -> None:
    gradient = to.gradient(dy.size)
    to.backward(conv.bias_gradient, y_gradient=dy, bias_gradient=gradient, positions=1, channels=dy.size)
    shape, own, others = _unit_order(node)
    collect(to, to.parameter(node, "bias"), gradient, shape, others, own)
