"""Tanh: the smooth squashing function."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Tanh(Module):
    """Squashes every value into -1 .. 1: y = tanh(x), with slope 1 - y².

    LeCun et al., Efficient BackProp (1998), sec. 4.4.
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "hyperbolic tangent"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \tanh x"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._output = np.tanh(x)
        return self._output

    def backward(self, grad_output: Array) -> Array:
        """∂x = (1 - y²) ∂y."""
        return (1 - self._output**2) * grad_output
