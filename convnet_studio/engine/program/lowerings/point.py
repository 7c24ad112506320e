"""Tanh, ReLU and Abs as operations."""

from __future__ import annotations

from convnet_studio.engine.kernels import point
from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.abs import Abs
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers


@lowers(Tanh)
def lower_tanh(node: Node, to: Builder) -> None:
    """The slope follows from the output."""
    to.work_in_place(node)
    _lower(node, to, point.tanh_forward, point.tanh_backward, to.output(node))


@lowers(ReLU)
def lower_relu(node: Node, to: Builder) -> None:
    """The slope follows from the output."""
    to.work_in_place(node)
    _lower(node, to, point.relu_forward, point.relu_backward, to.output(node))


@lowers(Abs)
def lower_abs(node: Node, to: Builder) -> None:
    """The slope follows from the input."""
    _lower(node, to, point.abs_forward, point.abs_backward, to.input(node))


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf, kept: Buffer) -> None:
    y = to.output(node)
    to.forward(forward, x=to.input(node), y=y, size=y.size)
    if to.receives_few(node):
        to.send_few(node)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, kept=kept, size=y.size)
