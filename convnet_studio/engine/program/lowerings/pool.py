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
from convnet_studio.engine.program import convolution
from convnet_studio.engine.program.builder import Builder, Switched
from convnet_studio.engine.program.callback import lower_callback
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import window_shape


@lowers(AvgPool2d)
def lower_average(node: Node, to: Builder) -> None:
    """The mean of each window."""
    _lower(node, to, pool.average_forward, pool.average_backward)


@lowers(MaxPool2d)
def lower_max(node: Node, to: Builder) -> None:
    """The largest of each window; behind a convolution that can follow single gradients, also where it stood."""
    assert isinstance(node.module, MaxPool2d)
    if node.module.stride >= 3:
        to.send_few(node)
        if to.output_gradient(node) and node.sources[0] in to.trained and _sends_switched(node, to):
            _lower_with_switches(node, to)
            return
    _lower(node, to, pool.max_forward, pool.max_backward)


def _sends_switched(node: Node, to: Builder) -> bool:
    """Whether a convolution takes the gradients one by one, so that nobody needs those that are zero."""
    return to.is_only_taker(node) and convolution.follows_few(to.network.nodes[node.sources[0]])


def _lower_with_switches(node: Node, to: Builder) -> None:
    x, y, dy, shape = to.input(node), to.output(node), to.output_gradient(node), _window(node)
    assert dy is not None
    before = to.network.nodes[node.sources[0]]
    down, across = convolution.corner_steps(convolution.sizes_of(before))
    switches = to.scratch(y.size, f"switches of {node.id}")
    to.forward(
        pool.max_forward_with_switches,
        x=x,
        y=y,
        switches=switches,
        **shape,
        switch_down=down,
        switch_across=across,
    )
    to.switched[before.id] = Switched(dy, switches, shape["rows"], shape["columns"])
    dx = to.input_gradient(node) if to.keeps_all else None
    if dx is not None:  # a view looks at it
        to.backward(pool.max_backward, x_gradient=dx, y_gradient=dy, x=x, y=y, size=dx.size, **shape)


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
    x, y, shape = to.input(node), to.output(node), _window(node)
    to.forward(forward, x=x, y=y, **shape, **extra)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, x=x, y=y, size=dx.size, **shape, **extra)


def _window(node: Node) -> dict[str, Any]:
    assert isinstance(node.module, Pool2d)
    return window_shape(node.input_shapes[0], node.shape, node.module.kernel_size, node.module.stride)
