"""Points: non-linearities that make each value of the one at its own place."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.analysis.explanation import Column, Group, Step, single
from convnet_studio.engine.analysis.rule import Case, Made, at_most, rule
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.formula import Formula
from convnet_studio.engine.nn.modules.smooth_shrink import SmoothShrink

FUNCTION_ROUNDINGS = 8
"""Allowed to one exponential or tanh of float32, compiled or of numpy, with what stands around it."""


@rule("Abs")
def absolute(case: Case) -> Made:
    """|x|."""
    x, column = _input(case)
    return _one(single("|x|", abs(x), column), "y = |x|", 0)


@rule("ReLU")
def rectified(case: Case) -> Made:
    """x where it is positive."""
    x, column = _input(case)
    return _one(single("x > 0: it passes" if x > 0 else "x ≤ 0: silent", max(x, 0.0), column), "y = max(x, 0)", 0)


@rule("Tanh")
def tanh(case: Case) -> Made:
    """tanh x."""
    x, column = _input(case)
    return _one(single("tanh x", math.tanh(x), column), "y = tanh x", FUNCTION_ROUNDINGS)


@rule("ScaledTanh")
def scaled_tanh(case: Case) -> Made:
    """1.7159 tanh(2x/3)."""
    x, column = _input(case)
    return _one(
        single("1.7159 tanh(2x/3)", 1.7159 * math.tanh(2 * x / 3), column), "y = 1.7159 tanh(2x/3)", FUNCTION_ROUNDINGS
    )


@rule("Sigmoid")
def sigmoid(case: Case) -> Made:
    """1 / (1 + e^-x); e to a large power is as uncertain as the power is large."""
    x, column = _input(case)
    power = math.exp(-abs(x))
    value = (1 if x >= 0 else power) / (1 + power)
    return _one(single("1 / (1 + e^−x)", value, column), "y = 1 / (1 + e^−x)", _of_power(x))


@rule("Softplus")
def softplus(case: Case) -> Made:
    """What max(x, 0) is, and what rounds its corner."""
    x, column = _input(case)
    beta = float(case.node.module.settings()["beta"])
    corner = math.log1p(math.exp(-beta * abs(x))) / beta
    groups = (single("max(x, 0)", max(x, 0.0), column), single("log(1 + e^−β|x|) / β", corner, column))
    return Made((Step("y", groups, "y = max(x, 0) + log(1 + e^−β|x|) / β"),), _of_power(beta * x))


@rule("Softshrink")
def softly_shrunk(case: Case) -> Made:
    """x, less λ towards 0."""
    x, column = _input(case)
    lambd = float(np.float32(case.node.module.settings()["lambd"]))
    if not abs(x) > lambd:
        return _one(single("|x| ≤ λ: silent", 0.0, column), "y = sign(x) max(|x| − λ, 0)", 0)
    groups = (single("x", x, column), single("−sign(x) λ", -math.copysign(lambd, x)))
    return Made((Step("y", groups, "y = x − sign(x) λ"),), 2)


@rule("Hardshrink")
def hardly_shrunk(case: Case) -> Made:
    """x, where it is large enough."""
    x, column = _input(case)
    passes = not abs(x) <= float(np.float32(case.node.module.settings()["lambd"]))
    y = x if passes else 0.0
    return _one(
        single("|x| > λ: it passes" if passes else "|x| ≤ λ: silent", y, column), "y = x where |x| > λ, else 0", 0
    )


@rule("Tanhshrink")
def tanh_shrunk(case: Case) -> Made:
    """x less its tanh."""
    x, column = _input(case)
    groups = (single("x", x, column), single("−tanh x", -math.tanh(x), column))
    return Made((Step("y", groups, "y = x − tanh x"),), FUNCTION_ROUNDINGS)


@rule("SmoothShrink")
def smoothly_shrunk(case: Case) -> Made:
    """What a sharp corner would leave, and what rounds it."""
    module, (x, column) = case.double(), _input(case)
    assert isinstance(module, SmoothShrink)
    beta, b = (float(each.reshape(-1)[case.index[0] if module.learns else 0]) for each in _beta_and_b(module, x))
    nearer, farther = min(abs(x), b), max(abs(x), b)
    corner = math.log1p(math.exp(-beta * (farther - nearer)) * -math.expm1(-beta * nearer)) / beta
    groups = [single("corner", math.copysign(corner, x), column)]
    if abs(x) > b:
        groups = [single("x", x, column), single("−sign(x) b", -math.copysign(b, x)), *groups]
    formula = "y = sign(x) (log(e^βb + e^β|x| − 1) / β − b)"
    return Made((Step("y", tuple(groups), formula),), _of_power(beta * max(abs(x), b)))


@rule("Formula")
def formula(case: Case) -> Made:
    """What the formula gives in float64; each of its operations may have been rounded."""
    module, (x, column) = case.node.module, _input(case)
    assert isinstance(module, Formula)
    expression = module.read()
    made = _one(single("f(x)", float(expression.value(x=np.float64(x))), column), f"y = {expression.text}", 16)
    remark = "The formula is computed in float64; where it takes a difference of near numbers, float32 loses digits."
    return Made(made.steps, made.roundings, remark, slack=expression.sensitivity(x=np.float64(x)))


def _input(case: Case) -> tuple[float, Column]:
    column = case.input(case.index)
    return float(column.values[0]), column


def _one(group: Group, formula: str, roundings: int) -> Made:
    return Made((Step("y", (group,), formula),), roundings)


def _of_power(exponent: float) -> int:
    return FUNCTION_ROUNDINGS + at_most(abs(exponent), 1000)


def _beta_and_b(module: SmoothShrink, x: float) -> tuple[Array, Array]:
    if not module.learns:
        return np.full(1, module.sharpness), np.full(1, module.threshold)
    return np.abs(module.beta.value) + module.LEAST, np.abs(module.b.value)
