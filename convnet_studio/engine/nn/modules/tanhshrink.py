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
        y: Array = x - self._tanh
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = tanh² x ∂y."""
        return self._tanh**2 * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: signs are kept."""
        return input_is
