"""Softshrink: pulls every value towards zero by λ."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class Softshrink(Module):
    """Silences what is small and pulls the rest towards 0: y = sign(x) max(|x| - λ, 0); slope 0 at |x| = λ.

    The solution of the lasso with one number, and so the step of every sparse coder. As Softshrink of PyTorch and
    SoftShrink of Torch7; Donoho, De-noising by soft-thresholding (1995).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "soft shrinkage"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = \operatorname{sign}(x) \, \max(|x| - \lambda, 0)"

    lambd: float = setting(0.5, "λ", "What is smaller than λ becomes 0.", minimum=0.01, maximum=1000)

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def caption(self) -> str:
        """The threshold."""
        return f"λ {self.lambd:g}"

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out."""
        self._passes = np.abs(x) > self.lambd
        y: Array = self._passes * (x - np.sign(x) * x.dtype.type(self.lambd))
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = [|x| > λ] ∂y."""
        return self._passes * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: signs are kept."""
        return input_is
