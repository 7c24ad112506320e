"""The pooling modules as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import pool
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.windows import Pool2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.callback import lower_callback
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import window_shape


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


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf, **extra: Any) -> None:
    x, y = to.input(node), to.output(node)
    module = node.module
    assert isinstance(module, Pool2d)
    shape = window_shape(node.input_shapes[0], node.shape, module.kernel_size, module.stride)
    to.forward(forward, x=x, y=y, **shape, **extra)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, x=x, y=y, size=dx.size, **shape, **extra)
