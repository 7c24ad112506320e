"""Linear as operations on all samples of a chunk."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import conv, linear, linear_finish, move
from convnet_studio.engine.kernels.fields import Buffer, Place
from convnet_studio.engine.kernels.tiles import lane_product, product
from convnet_studio.engine.nn.chunks import SLOTS
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.interpreter import APART, WHOLE
from convnet_studio.engine.program.lowering import lowers


@lowers(Linear, forgets_output=True)
def lower_linear(node: Node, to: Builder) -> None:
    """Forward and the gradients by weight, bias and input."""
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    x, y = to.input(node), to.output(node)
    _lower_forward(node, to, x, y)
    dy = to.output_gradient(node)
    if dy is None:
        return
    if not to.is_shared(node) and _pays_to_finish(to, inputs, outputs):
        _lower_finish(node, to, x, dy)
    else:
        _lower_weight_gradient(node, to, x, dy)
    dx = to.input_gradient(node)
    if dx is not None:
        _lower_input_gradient(node, to, dx, dy)


def _lower_forward(node: Node, to: Builder, x: Buffer, y: Buffer) -> None:
    """All outputs at once; those of a large module, where single samples leave a thread idle, in some operations."""
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    weight, bias = to.parameter(node, "weight"), to.parameter(node, "bias")
    apart = to.batch_size == 1 and inputs * outputs >= 8 * _MOST_WEIGHTS
    share = -(-_MOST_WEIGHTS // inputs) if apart else outputs
    for first in range(0, outputs, share):
        count = min(share, outputs - first)
        to.forward(
            linear.linear_forward,
            kind=APART if apart else WHOLE,
            x=x,
            y=y,
            weight=Place(to.network.parameters, count * inputs, weight.offset + first * inputs),
            bias=Place(to.network.parameters, count, bias.offset + first),
            first=first,
            inputs=inputs,
            tiling=lane_product(
                to.address_of, to.chunk, count, b_inner=inputs, a_row=x.stride, c_row=y.stride, d_row=0
            ),
        )


def _lower_weight_gradient(node: Node, to: Builder, x: Buffer, dy: Buffer) -> None:
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    padded = -(-inputs // 16) * 16
    weight_gradient, bias_gradient = to.gradient(outputs * padded), to.gradient(outputs)
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
    to.backward(
        conv.bias_gradient, whole=True, y_gradient=dy, bias_gradient=bias_gradient, positions=1, channels=outputs
    )
    to.collect(
        move.collect_rows,
        target=to.parameter(node, "weight"),
        source=weight_gradient,
        rows=outputs,
        columns=inputs,
        row_stride=padded,
    )
    to.collect(
        move.collect_rows,
        target=to.parameter(node, "bias"),
        source=bias_gradient,
        rows=1,
        columns=outputs,
        row_stride=0,
    )


_FEWEST_WEIGHTS, _MOST_WEIGHTS = 1 << 12, 1 << 16
"""Weights that are finished at a time: they fit the second-level cache, and both threads get some."""
_MOST_SAMPLES = 1024
"""Samples of a step that are kept at most, so that memory stays within bounds."""


def _pays_to_finish(to: Builder, inputs: int, outputs: int) -> bool:
    """Whether passing over a gradient of all weights a few times costs more than keeping all samples once.

    What is kept takes no more memory than the slots of gradients that it replaces.
    """
    samples = to.batch_size
    return inputs >= 16 and samples <= _MOST_SAMPLES and samples * (inputs + outputs) <= SLOTS * inputs * outputs


def _lower_finish(node: Node, to: Builder, x: Buffer, dy: Buffer) -> None:
    """Keep what each sample brings; when all have been seen, gradient and update in one go."""
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    whole, capacity = inputs // 16 * 16, to.batch_size
    most = min(_MOST_WEIGHTS, max(_FEWEST_WEIGHTS, inputs * outputs // 2))
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


def _lower_input_gradient(node: Node, to: Builder, dx: Buffer, dy: Buffer) -> None:
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    tiling = product(
        to.address_of, to.chunk, inputs, d_whole=False,
        a_inner=1, b_inner=inputs, a_row=dy.stride, c_row=dx.stride, d_row=0,
    )  # fmt: skip
    to.backward(
        linear.linear_input_gradient,
        whole=True,
        x_gradient=dx,
        y_gradient=dy,
        weight=_readable_weight(node, to),
        zeros=to.table(128),
        outputs=outputs,
        tiling=tiling,
    )


def _readable_weight(node: Node, to: Builder) -> Place:
    """The weights where they lie, or, where too little lies behind them for vectors to run over, a copy."""
    weight = to.parameter(node, "weight")
    if weight.offset + weight.size + 16 <= to.network.parameters.size:
        return Place(to.network.parameters, weight.size + 16, weight.offset)
    copy = to.table(weight.size)
    ones = {"n0": 1, "n1": 1, "n2": 1, "s0": 0, "s1": 0, "s2": 0, "t0": 0, "t1": 0, "t2": 0}
    to.prepare(move.arrange, source=weight, target=copy, n3=weight.size, s3=1, t3=1, **ones)
    return copy
