"""Abs: the full-wave rectifier."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Abs(Module):
    """Drops the sign: y = |x|, so that an edge and its negative answer alike; slope 0 at x = 0.

    R_abs of Jarrett et al., What is the best multi-stage architecture for object recognition? (2009).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "rectification"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = |x|"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._input = x
        return np.abs(x)

    def backward(self, grad_output: Array) -> Array:
        """∂x = sign(x) ∂y."""
        return np.sign(self._input) * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """Always."""
        return True
