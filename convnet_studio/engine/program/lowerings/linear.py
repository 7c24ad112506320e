"""Linear as operations on all samples of a chunk."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import conv, linear, linear_finish, move
from convnet_studio.engine.kernels.fields import Buffer, Place
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.chunks import pays_to_keep_samples
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.matrix import MOST_WEIGHTS, times_matrix, times_transpose


@lowers(Linear, forgets_output=True)
def lower_linear(node: Node, to: Builder) -> None:
    """Forward and the gradients by weight, bias (where there is one) and input."""
    assert isinstance(node.module, Linear)
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    x, y = to.input(node), to.output(node)
    weight = to.parameter(node, "weight")
    times_matrix(to, x, y, weight, _bias_of(node.module, node, to))
    dy = to.output_gradient(node)
    if dy is None:
        return
    if not to.is_shared(node) and node.module.has_bias and pays_to_keep_samples(to.batch_size, inputs, outputs):
        _lower_finish(node, to, x, dy)
    else:
        _lower_weight_gradient(node, to, x, dy)
    dx = to.input_gradient(node)
    if dx is not None:
        times_transpose(to, dy, dx, weight)


def _bias_of(module: Linear, node: Node, to: Builder) -> Place:
    """Where the biases lie; zeros where there are none."""
    if not module.has_bias:
        return to.table(module.out_features)
    bias = to.parameter(node, "bias")
    return Place(to.network.parameters, bias.size, bias.offset)


def _lower_weight_gradient(node: Node, to: Builder, x: Buffer, dy: Buffer) -> None:
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    padded = -(-inputs // 16) * 16
    weight_gradient = to.gradient(outputs * padded)
    tiling = product(
        to.address_of, outputs, inputs, a_inner=dy.stride, b_inner=x.stride, a_row=1, c_row=padded, d_row=padded
    )
    to.backward(
        linear.linear_weight_gradient,
        whole=True,
        x=x,
        y_gradient=dy,
        weight_gradient=weight_gradient,
        outputs=outputs,
        tiling=tiling,
    )
    to.collect(
        move.collect_rows,
        target=to.parameter(node, "weight"),
        source=weight_gradient,
        rows=outputs,
        columns=inputs,
        row_stride=padded,
    )
    assert isinstance(node.module, Linear)
    if not node.module.has_bias:
        return
    bias_gradient = to.gradient(outputs)
    to.backward(
        conv.bias_gradient, whole=True, y_gradient=dy, bias_gradient=bias_gradient, positions=1, channels=outputs
    )
    to.collect(
        move.collect_rows,
        target=to.parameter(node, "bias"),
        source=bias_gradient,
        rows=1,
        columns=outputs,
        row_stride=0,
    )


_FEWEST_WEIGHTS = 1 << 12
"""Weights that are finished at a time, so that both threads get some; at most `MOST_WEIGHTS`."""


def _lower_finish(node: Node, to: Builder, x: Buffer, dy: Buffer) -> None:
    """Keep what each sample brings; when all have been seen, gradient and update in one go."""
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    whole, capacity = inputs // 16 * 16, to.batch_size
    most = min(MOST_WEIGHTS, max(_FEWEST_WEIGHTS, inputs * outputs // 2))
    share = min(outputs, -(-most // inputs))
    strides: dict[str, Any] = {"a_inner": 1, "a_row": capacity, "c_row": inputs, "d_row": inputs}
    tiling = product(to.address_of, share, whole, **strides)
    width = tiling.width
    kept: dict[str, Any] = {
        "kept_x": to.table(-(-whole // width) * width * capacity),
        "kept_edge": to.table(capacity * 16),
        "kept_gradient": to.table(outputs * capacity),
    }
    to.backward(
        linear_finish.linear_keep,
        whole=True,
        x=x,
        y_gradient=dy,
        **kept,
        inputs=inputs,
        outputs=outputs,
        width=width,
        capacity=capacity,
    )
    to.finish(
        linear_finish.linear_finish,
        outputs,
        share,
        **kept,
        weight=to.parameter(node, "weight"),
        bias=to.parameter(node, "bias"),
        inputs=inputs,
        capacity=capacity,
        width=width,
        tiling=product(to.address_of, share, whole, **strides, b_inner=width, b_block=capacity * width),
        edge=product(to.address_of, share, 16, **strides, b_inner=16),
    )
