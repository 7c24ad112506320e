"""Gain, TrainableAvgPool2d and SmoothShrink as operations: what each map has becomes a pattern along a sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from convnet_studio.engine.kernels import per_map, pool
from convnet_studio.engine.kernels.fields import Buffer, Place, Span
from convnet_studio.engine.kernels.simd import LANES
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.gain import Gain
from convnet_studio.engine.nn.modules.smooth_shrink import SmoothShrink
from convnet_studio.engine.nn.modules.trainable_avg_pool2d import TrainableAvgPool2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.rearrange import arrange, collect
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
    y, period = to.output(node), _period(node)
    gain, zeros = _pattern(node, to, "gain"), to.table(period)
    bias = _pattern(node, to, "bias") if has_bias else zeros
    shape: dict[str, Any] = {"size": y.size, "period": period}
    to.forward(per_map.gain_forward, x=x, y=y, gain=gain, bias=bias, **shape)
    dy = to.output_gradient(node)
    if dy is None:
        return
    by_gain, by_bias = to.gradient(period), to.gradient(period)
    to.backward(per_map.gain_gradient, x=x, y_gradient=dy, gain_gradient=by_gain, bias_gradient=by_bias, **shape)
    _collect(node, to, "gain", by_gain)
    if has_bias:
        _collect(node, to, "bias", by_bias)
    if dx is not None:
        to.backward(per_map.gain_forward, x=dy, y=dx, gain=gain, bias=zeros, **shape)


@lowers(SmoothShrink)
def lower_smooth_shrink(node: Node, to: Builder) -> None:
    """With learned numbers of each map, or the same for all."""
    module = node.module
    assert isinstance(module, SmoothShrink)
    x, y, period = to.input(node), to.output(node), _period(node)
    if module.learns:
        beta, threshold, least = _pattern(node, to, "beta"), _pattern(node, to, "b"), module.LEAST
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
        _collect(node, to, "beta", by_beta)
        _collect(node, to, "b", by_threshold)


def _period(node: Node) -> int:
    """Floats after which a pattern of this module's maps repeats."""
    return math.lcm(node.shape[0], LANES)


def _pattern(node: Node, to: Builder, name: str) -> Place:
    """A parameter of each map, repeated over a period, copied once a step."""
    maps, period = node.shape[0], _period(node)
    pattern, times = to.table(period), period // maps
    arrange(to, to.parameter(node, name), pattern, (1, 1, times, maps), (0, 0, 0, 1), (0, 0, maps, 1))
    return pattern


def _collect(node: Node, to: Builder, name: str, pattern: Span) -> None:
    """Add up what a pattern of gradients holds of each map."""
    maps, period = node.shape[0], _period(node)
    collect(to, to.parameter(node, name), pattern, (1, 1, period // maps, maps), (0, 0, maps, 1), (0, 0, 0, 1))
