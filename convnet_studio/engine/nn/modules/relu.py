"""ReLU: the half-wave rectifier."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class ReLU(Module):
    """Keeps what is positive, silences the rest: y = max(x, 0), with slope 0 at x = 0.

    Jarrett et al., What is the best multi-stage architecture for object recognition? (2009); Nair and Hinton (2010).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "half-wave rectifier"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \max(x, 0)"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._output = np.maximum(x, 0)
        return self._output

    def backward(self, grad_output: Array) -> Array:
        """∂x = [y > 0] ∂y."""
        return (self._output > 0) * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """Always."""
        return True
