"""ScaledTanh: LeCun's squashing function, 1.7159 tanh(2x/3)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class ScaledTanh(Module):
    """A tanh stretched so that ±1 stays ±1, where its curvature is largest: y = 1.7159 tanh(2x/3).

    Inputs of variance 1 then give outputs of variance near 1, and targets of ±1 lie off the flat ends. Its slope is
    a b (1 - (y/a)²) with a = 1.7159 and b = 2/3; the paper's value f(1) = 1 is 0.999997.
    LeCun, Generalization and network design strategies (1989); LeCun et al., Efficient BackProp (1998), sec. 4.4.
    """

    AMPLITUDE: ClassVar = 1.7159
    STEEPNESS: ClassVar = 2 / 3

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "LeCun's tanh"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = 1.7159 \, \tanh \frac{2 x}{3}"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._tanh = np.tanh(x * self.STEEPNESS)
        y: Array = self._tanh * self.AMPLITUDE
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = a b (1 - tanh²) ∂y."""
        return (1 - self._tanh**2) * (self.AMPLITUDE * self.STEEPNESS) * grad_output
