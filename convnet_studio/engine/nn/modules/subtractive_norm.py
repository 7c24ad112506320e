"""SubtractiveNorm: takes away the local mean."""

from __future__ import annotations

from typing import ClassVar

from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.local_statistics import Subtraction
from convnet_studio.engine.nn.module import Array, Family, Shape


class SubtractiveNorm(LocalNorm):
    """Every pixel minus the weighted mean of its neighbourhood: what is left is local contrast.

    Jarrett et al. (2009), sec. 2; Torch7's SpatialSubtractiveNormalization.
    """

    family: ClassVar = Family.NORMALIZATION
    word: ClassVar = "local mean removed"
    formula: ClassVar = r"v_{ijk} = x_{ijk} - \sum_{lpq} w_{pq} \, x_{l,\, j+p,\, k+q}"

    def multiply_accumulates(self, shape: Shape) -> int:
        """Of the weighted mean."""
        return self.smoothing_cost(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` in, the same out."""
        self._subtraction = Subtraction(self.neighbourhood())
        return self._subtraction.forward(x)

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂v minus the adjoint of the mean, applied to ∂v."""
        return self._subtraction.backward(grad_output)

    def tangent(self, direction: Array) -> Array:
        """As the subtractive step."""
        return self._subtraction.tangent(direction)
