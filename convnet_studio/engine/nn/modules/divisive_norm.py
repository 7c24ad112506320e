"""DivisiveNorm: divides by the local spread."""

from __future__ import annotations

import math
from typing import ClassVar

from convnet_studio.engine.nn.local_norm import DividingNorm
from convnet_studio.engine.nn.local_statistics import Division
from convnet_studio.engine.nn.module import Array, Family, Shape


class DivisiveNorm(DividingNorm):
    """Every pixel divided by the root mean square of its neighbourhood: strong and weak contrast become alike.

    Jarrett et al. (2009), sec. 2; Torch7's SpatialDivisiveNormalization.
    """

    family: ClassVar = Family.NORMALIZATION
    word: ClassVar = "local spread divided out"
    formula: ClassVar = (
        r"y_{ijk} = \frac{x_{ijk}}{\max(c, \sigma_{jk})}, \quad"
        r"\sigma_{jk}^2 = \sum_{lpq} w_{pq} \, x_{l,\, j+p,\, k+q}^2"
    )

    def multiply_accumulates(self, shape: Shape) -> int:
        """Of the squares and their weighted mean."""
        return self.smoothing_cost(shape) + math.prod(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` in, the same out."""
        self._division = Division(self.neighbourhood(), self.fixed_threshold())
        return self._division.forward(x)

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y over the divisor, and what comes through the divisor, σ and its mean."""
        return self._division.backward(grad_output)

    def tangent(self, direction: Array) -> Array:
        """As the divisive step."""
        return self._division.tangent(direction)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
