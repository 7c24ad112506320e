"""The pooling modules as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import conv, gain, move, pool
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.modules.trainable_avg_pool2d import TrainableAvgPool2d
from convnet_studio.engine.nn.windows import Pool2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.callback import lower_callback
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions, window_shape


@lowers(AvgPool2d)
def lower_average(node: Node, to: Builder) -> None:
    """The mean of each window."""
    _lower(node, to, pool.average_forward, pool.average_backward)


@lowers(MaxPool2d)
def lower_max(node: Node, to: Builder) -> None:
    """The largest of each window."""
    assert isinstance(node.module, MaxPool2d)
    if node.module.stride >= 3:
        to.send_few(node)
    _lower(node, to, pool.max_forward, pool.max_backward)


@lowers(LPPool2d)
def lower_norm(node: Node, to: Builder) -> None:
    """The p-norm of each window, with leaves of their own for p = 1 and p = 2."""
    module = node.module
    assert isinstance(module, LPPool2d)
    if module.learns_p or module.inside == "gaussian":
        lower_callback(node, to)
        return
    scale = 1 / module.kernel_size**2 if module.inside == "mean" else 1.0
    leaves = {
        1.0: (pool.sum_forward, pool.sum_backward),
        2.0: (pool.euclidean_forward, pool.euclidean_backward),
    }.get(module.p, (pool.power_forward, pool.power_backward))
    _lower(node, to, *leaves, scale=scale, p=module.p)


@lowers(TrainableAvgPool2d)
def lower_trainable_average(node: Node, to: Builder) -> None:
    """The mean of each window, then gain and bias."""
    channels, positions = channels_and_positions(node.shape)
    shape: dict[str, Any] = {"channels": channels, "positions": positions}
    parameters: dict[str, Any] = {name: to.parameter(node, name) for name in ("gain", "bias")}
    window, x, y = _window(node), to.input(node), to.output(node)
    means = to.scratch(y.size, f"means of {node.id}")
    to.forward(pool.average_forward, x=x, y=means, **window)
    to.forward(gain.gain_forward, x=means, y=y, **parameters, **shape)
    dy = to.output_gradient(node)
    if dy is None:
        return
    gradients = {name: to.gradient(channels) for name in parameters}
    to.backward(gain.gain_gradient, x=means, y_gradient=dy, gain_gradient=gradients["gain"], **shape)
    to.backward(conv.bias_gradient, y_gradient=dy, bias_gradient=gradients["bias"], **shape)
    for name, source in gradients.items():
        to.collect(move.collect_rows, target=parameters[name], source=source, rows=1, columns=channels, row_stride=0)
    dx = to.input_gradient(node)
    if dx is not None:
        dm = to.scratch(y.size, f"gradient of means of {node.id}")
        to.backward(gain.gain_backward, x_gradient=dm, y_gradient=dy, gain=parameters["gain"], **shape)
        to.backward(pool.average_backward, x_gradient=dx, y_gradient=dm, x=x, y=means, size=dx.size, **window)


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf, **extra: Any) -> None:
    x, y, shape = to.input(node), to.output(node), _window(node)
    to.forward(forward, x=x, y=y, **shape, **extra)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, x=x, y=y, size=dx.size, **shape, **extra)


def _window(node: Node) -> dict[str, Any]:
    assert isinstance(node.module, Pool2d)
    return window_shape(node.input_shapes[0], node.shape, node.module.kernel_size, node.module.stride)
