"""Softplus: a ReLU with a round corner."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class Softplus(Module):
    """A smooth ReLU: y = log(1 + e^βx) / β, with the logistic function of βx as slope; the larger β, the nearer.

    As Softplus of PyTorch (which is exact only where βx is below a threshold); Dugas et al., Incorporating second-order
    functional knowledge for better option pricing (2001).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "smooth rectifier"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \frac{1}{\beta} \log(1 + e^{\beta x})"

    beta: float = setting(1.0, "β", "How sharp the corner is.", minimum=0.01, maximum=1000)

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def caption(self) -> str:
        """The sharpness, where it is not 1."""
        return f"β {self.beta:g}" if self.beta != 1 else ""

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._small = np.exp(-self.beta * np.abs(x))  # never overflows
        self._is_negative = x < 0
        y: Array = np.maximum(x, 0) + np.log1p(self._small) / self.beta
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = 1 / (1 + e^-βx) ∂y."""
        slope: Array = np.where(self._is_negative, self._small, 1) / (1 + self._small)
        return slope * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """Always."""
        return True
