"""Formula: a non-linearity that people write themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.expression import Expression, parse
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting
from convnet_studio.engine.slope_check import SlopeCheck, check_slope

_LONGEST_CAPTION = 18


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[Expression, SlopeCheck]:
    """Read a formula of x and measure its slope; ValueError in one sentence if it is none, or nowhere finite."""
    expression = parse(text)
    return expression, check_slope(expression, "x")


class Formula(Module):
    """Any function of one number that can be written: y = f(x), the same for every value of every map.

    The slope is exact, by the chain rule; it is measured too as soon as the formula is typed. At a kink of abs, max or
    min it is the middle of both sides' slopes; see engine/expression.py. Where the formula has no value, as the
    logarithm of a number below 0, training stops and says so.
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "your own formula"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = f(x)"

    expression: str = setting(
        "x * sigmoid(x)",
        "Formula",
        "What y is for an input x: numbers, x, pi, e, + - * / ^ < >, brackets, and abs, exp, log, sqrt, tanh, sigmoid,"
        " sin, cos, sign, max, min, where(condition, then, else).",
        syntax=_read,
        examples=(
            "x * sigmoid(x)",
            "max(x, 0.1 * x)",
            "where(x > 0, x, exp(x) - 1)",
            "sign(x) * max(abs(x) - 0.5, 0)",
            "x - tanh(x)",
            "exp(-x^2)",
            "sin(2 * x)",
            "log(1 + x^2)",
        ),
    )

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def caption(self) -> str:
        """The formula, cut where it is long."""
        text = self.expression.strip()
        return text if len(text) <= _LONGEST_CAPTION else text[: _LONGEST_CAPTION - 1] + "…"

    def remark(self) -> str:
        """What was measured of its slope."""
        return _read(self.expression)[1].sentence()

    def read(self) -> Expression:
        """The formula as steps, of the name x."""
        return _read(self.expression)[0]

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._input = x
        return self._like_input(self.read().value(x=x))

    def backward(self, grad_output: Array) -> Array:
        """∂x = f'(x) ∂y."""
        _, slope = self.read().value_and_slope("x", x=self._input)
        return self._like_input(slope) * grad_output

    def _like_input(self, value: float | Array) -> Array:
        """A number or an array, in the shape and precision of the input."""
        made: Array = np.empty_like(self._input)
        made[...] = value
        return made
