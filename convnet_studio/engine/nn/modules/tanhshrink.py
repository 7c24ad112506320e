"""Tanhshrink: the identity without its middle."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Tanhshrink(Module):
    """A smooth shrinkage without threshold: y = x - tanh x, flat at 0, with slope tanh² x.

    As Tanhshrink of PyTorch and TanhShrink of Torch7, where it served as encoder of predictive sparse decomposition.
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "tanh shrinkage"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = x - \tanh x"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._tanh = np.tanh(x)
        y: Array = np.where(np.abs(x) < 1, _near_zero(np.clip(x, -1, 1)), x - self._tanh)
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = tanh² x ∂y."""
        return self._tanh**2 * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: signs are kept."""
        return input_is


def _near_zero(x: Array) -> Array:
    """x - tanh x for |x| up to 1, where the difference of the two would lose the digits that they share.

    It is x t / (1 + t) with t = x² / (3 + x² / (5 + ...)), Lambert's continued fraction of tanh x = x / (1 + t); up to
    19 it is exact to the last digits of float64.
    """
    square, t = x * x, np.zeros_like(x)
    for odd in range(19, 1, -2):
        t = square / (odd + t)
    y: Array = x * (t / (1 + t))
    return y
