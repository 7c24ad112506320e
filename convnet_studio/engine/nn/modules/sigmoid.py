"""Sigmoid: the logistic function."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Sigmoid(Module):
    """Squashes every value into 0 .. 1, like a probability: y = 1 / (1 + e^-x), with slope y (1 - y).

    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "logistic function"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \frac{1}{1 + e^{-x}}"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        # Only e to powers that are not above 0 is taken, so that nothing overflows and small values stay exact.
        small = np.exp(-np.abs(x))
        y: Array = np.where(x < 0, small, 1) / (1 + small)
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = y (1 - y) ∂y."""
        grad: Array = self._output * (1 - self._output) * grad_output
        return grad

    def is_non_negative(self, input_is: bool) -> bool:
        """Always."""
        return True
