"""Hardshrink: zero what is small, keep the rest as it is."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class Hardshrink(Module):
    """Silences what is small and leaves the rest alone: y = x where |x| > λ, else 0.

    It jumps at |x| = λ, where value and slope are 0. The step of a coder that counts active units instead of adding up
    their sizes. As Hardshrink of PyTorch and HardShrink of Torch7; Donoho and Johnstone, Ideal spatial adaptation by
    wavelet shrinkage (1994).
    """

    family: ClassVar = Family.NON_LINEARITY
    word: ClassVar = "hard shrinkage"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y = x \; [\, |x| > \lambda \,]"

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
        return self._passes * x

    def backward(self, grad_output: Array) -> Array:
        """∂x = [|x| > λ] ∂y."""
        return self._passes * grad_output

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input: signs are kept."""
        return input_is
