"""Gain, TrainableAvgPool2d and SmoothShrink as operations: what each map has becomes a pattern along a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from convnet_studio.engine.kernels import per_map, pool
from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.gain import Gain
from convnet_studio.engine.nn.modules.smooth_shrink import SmoothShrink
from convnet_studio.engine.nn.modules.trainable_avg_pool2d import TrainableAvgPool2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.patterns import collect_pattern, pattern_of, period_of
from convnet_studio.engine.program.shapes import window_shape


@lowers(Gain, forgets_output=True)
def lower_gain(node: Node, to: Builder) -> None:
    """y = g x + b."""
    assert isinstance(node.module, Gain)
    _lower_gain(node, to, to.input(node), to.input_gradient(node), node.module.has_bias)


@lowers(TrainableAvgPool2d, forgets_output=True)
def lower_trainable_average(node: Node, to: Builder) -> None:
    """The mean of each window, then g x + b."""
    assert isinstance(node.module, TrainableAvgPool2d)
    window = window_shape(node.input_shapes[0], node.shape, node.module.kernel_size, node.module.stride)
    x, dx = to.input(node), to.input_gradient(node)
    means, by_means = (to.scratch(to.output(node).size, f"{name} of {node.id}") for name in ("means", "gradient"))
    to.forward(pool.average_forward, x=x, y=means, **window)
    _lower_gain(node, to, means, None if dx is None else by_means, has_bias=True)
    if dx is not None:
        to.backward(pool.average_backward, x_gradient=dx, y_gradient=by_means, x=x, y=means, size=dx.size, **window)


def _lower_gain(node: Node, to: Builder, x: Buffer, dx: Buffer | None, has_bias: bool) -> None:
    """From `x` to the output of `node`, and back to `dx`."""
    y, period = to.output(node), period_of(node)
    gain, zeros = pattern_of(node, to, "gain"), to.table(period)
    bias = pattern_of(node, to, "bias") if has_bias else zeros
    shape: dict[str, Any] = {"size": y.size, "period": period}
    to.forward(per_map.gain_forward, x=x, y=y, gain=gain, bias=bias, **shape)
    dy = to.output_gradient(node)
    if dy is None:
        return
    by_gain, by_bias = to.gradient(period), to.gradient(period)
    to.backward(per_map.gain_gradient, x=x, y_gradient=dy, gain_gradient=by_gain, bias_gradient=by_bias, **shape)
    collect_pattern(node, to, "gain", by_gain)
    if has_bias:
        collect_pattern(node, to, "bias", by_bias)
    if dx is not None:
        to.backward(per_map.gain_forward, x=dy, y=dx, gain=gain, bias=zeros, **shape)


@lowers(SmoothShrink)
def lower_smooth_shrink(node: Node, to: Builder) -> None:
    """With learned numbers of each map, or the same for all."""
    module = node.module
    assert isinstance(module, SmoothShrink)
    x, y, period = to.input(node), to.output(node), period_of(node)
    if module.learns:
        beta, threshold, least = pattern_of(node, to, "beta"), pattern_of(node, to, "b"), module.LEAST
    else:
        beta, threshold, least = (
            to.table(np.full(period, module.sharpness)), to.table(np.full(period, module.threshold)), 0.0
        )  # fmt: skip
    shape: dict[str, Any] = {"beta": beta, "threshold": threshold, "least": least, "size": y.size, "period": period}
    to.forward(per_map.smooth_shrink_forward, x=x, y=y, **shape)
    dy = to.output_gradient(node)
    if dy is None:
        return
    by_beta, by_threshold = to.gradient(period), to.gradient(period)
    to.backward(
        per_map.smooth_shrink_backward,
        x_gradient=to.input_gradient(node) or to.scratch(x.size, f"gradient of {x.name}, which nobody needs"),
        y_gradient=dy,
        x=x,
        y=y,
        beta_gradient=by_beta,
        threshold_gradient=by_threshold,
        **shape,
    )
    if module.learns:
        collect_pattern(node, to, "beta", by_beta)
        collect_pattern(node, to, "b", by_threshold)
