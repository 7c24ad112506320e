"""Sigmoid, ScaledTanh, Tanhshrink, Softplus, Softshrink and Hardshrink as operations, however the samples lie."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import curves
from convnet_studio.engine.kernels.curves import CURVE
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.modules.hardshrink import Hardshrink
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.nn.modules.sigmoid import Sigmoid
from convnet_studio.engine.nn.modules.softplus import Softplus
from convnet_studio.engine.nn.modules.softshrink import Softshrink
from convnet_studio.engine.nn.modules.tanhshrink import Tanhshrink
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.interpreter import LANES, SINGLE
from convnet_studio.engine.program.lowering import lowers, lowers_in_lanes


def _curve(module: Module) -> tuple[int, float, float]:
    """Which curve a module is, and its numbers a and b."""
    match module:
        case Sigmoid():
            return CURVE.sigmoid, 1.0, 1.0
        case ScaledTanh():
            return CURVE.scaled_tanh, module.AMPLITUDE, module.STEEPNESS
        case Softshrink():
            return CURVE.softshrink, module.lambd, 1.0
        case Hardshrink():
            return CURVE.hardshrink, module.lambd, 1.0
        case Softplus():
            return CURVE.softplus, module.beta, 1.0
    return CURVE.tanhshrink, 1.0, 1.0


@lowers(Sigmoid, ScaledTanh, Softshrink, Hardshrink)
def lower_by_output(node: Node, to: Builder) -> None:
    """The slope follows from the output."""
    to.work_in_place(node)
    _lower(node, to, SINGLE, keeps_input=False)


@lowers(Tanhshrink, Softplus, forgets_output=True)
def lower_by_input(node: Node, to: Builder) -> None:
    """The slope follows from the input."""
    _lower(node, to, SINGLE, keeps_input=True)


@lowers_in_lanes(Sigmoid)
@lowers_in_lanes(ScaledTanh)
@lowers_in_lanes(Softshrink)
@lowers_in_lanes(Hardshrink)
def lower_by_output_in_lanes(node: Node, to: Builder) -> None:
    """The same for all samples of a chunk at once."""
    to.work_in_place(node)
    _lower(node, to, LANES, keeps_input=False)


@lowers_in_lanes(Tanhshrink)
@lowers_in_lanes(Softplus)
def lower_by_input_in_lanes(node: Node, to: Builder) -> None:
    """The same for all samples of a chunk at once."""
    _lower(node, to, LANES, keeps_input=True)


def _lower(node: Node, to: Builder, kind: int, keeps_input: bool) -> None:
    assert isinstance(node.module, Module)
    curve, a, b = _curve(node.module)
    x, y = to.input(node), to.output(node)
    size = y.size * (to.chunk if kind == LANES else 1)
    numbers: dict[str, Any] = {"size": size, "curve": curve, "a": a, "b": b}
    to.forward(curves.curve_forward, kind=kind, x=x, y=y, **numbers)
    if kind == SINGLE and to.receives_few(node):
        to.send_few(node)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        kept = x if keeps_input else y
        to.backward(curves.curve_backward, kind=kind, x_gradient=dx, y_gradient=dy, kept=kept, **numbers)
