"""Sigmoid, ScaledTanh, Tanhshrink, Softplus, Softshrink and Hardshrink as operations."""

from __future__ import annotations

from convnet_studio.engine.kernels import curves
from convnet_studio.engine.kernels.curves import CURVE
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.hardshrink import Hardshrink
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.nn.modules.sigmoid import Sigmoid
from convnet_studio.engine.nn.modules.softplus import Softplus
from convnet_studio.engine.nn.modules.softshrink import Softshrink
from convnet_studio.engine.nn.modules.tanhshrink import Tanhshrink
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers


@lowers(Sigmoid)
def lower_sigmoid(node: Node, to: Builder) -> None:
    """The logistic function."""
    _lower(node, to, CURVE.sigmoid)


@lowers(ScaledTanh)
def lower_scaled_tanh(node: Node, to: Builder) -> None:
    """Amplitude and steepness are those of the module."""
    _lower(node, to, CURVE.scaled_tanh, ScaledTanh.AMPLITUDE, ScaledTanh.STEEPNESS)


@lowers(Tanhshrink)
def lower_tanhshrink(node: Node, to: Builder) -> None:
    """x - tanh x."""
    _lower(node, to, CURVE.tanhshrink)


@lowers(Softplus)
def lower_softplus(node: Node, to: Builder) -> None:
    """With its beta."""
    assert isinstance(node.module, Softplus)
    _lower(node, to, CURVE.softplus, node.module.beta)


@lowers(Softshrink)
def lower_softshrink(node: Node, to: Builder) -> None:
    """With its threshold."""
    assert isinstance(node.module, Softshrink)
    _lower(node, to, CURVE.softshrink, node.module.lambd)


@lowers(Hardshrink)
def lower_hardshrink(node: Node, to: Builder) -> None:
    """With its threshold."""
    assert isinstance(node.module, Hardshrink)
    _lower(node, to, CURVE.hardshrink, node.module.lambd)


def _lower(node: Node, to: Builder, curve: int, a: float = 1.0, b: float = 1.0) -> None:
    x, y = to.input(node), to.output(node)
    to.forward(curves.curve_forward, x=x, y=y, size=y.size, curve=curve, a=a, b=b)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(curves.curve_backward, x_gradient=dx, y_gradient=dy, x=x, size=y.size, curve=curve, a=a, b=b)
