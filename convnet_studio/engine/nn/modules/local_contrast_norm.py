"""LocalContrastNorm: takes away the local mean, then divides by the local spread."""

from __future__ import annotations

import math
from typing import ClassVar

from convnet_studio.engine.nn.footprint import Window, Windows
from convnet_studio.engine.nn.local_norm import DividingNorm
from convnet_studio.engine.nn.local_statistics import Division, Subtraction
from convnet_studio.engine.nn.module import Array, Family, Shape


class LocalContrastNorm(DividingNorm):
    """Local contrast in units of its own spread: the same answer to a dark and a bright, a faint and a strong edge.

    With c the mean of σ: LCN(x + a) = LCN(x) and LCN(a x) = LCN(x) for a > 0, and a constant picture gives 0.
    Jarrett et al., What is the best multi-stage architecture for object recognition? (2009), sec. 2; after Pinto et
    al., Why is real-world visual object recognition hard? (2008).
    """

    family: ClassVar = Family.NORMALIZATION
    word: ClassVar = "local contrast"
    formula: ClassVar = (
        r"v_{ijk} = x_{ijk} - \sum_{lpq} w_{pq} \, x_{l,\, j+p,\, k+q}, \quad"
        r"\sigma_{jk}^2 = \sum_{lpq} w_{pq} \, v_{l,\, j+p,\, k+q}^2, \quad"
        r"y_{ijk} = \frac{v_{ijk}}{\max(c, \sigma_{jk})}"
    )

    def windows(self, shape: Shape) -> Windows:
        """The neighbourhood of the neighbourhood: σ is that of what the first step left."""
        return (Window(2 * self.kernel_size - 1, padding=self.kernel_size - 1),) * 2

    def multiply_accumulates(self, shape: Shape) -> int:
        """Of the two weighted means and the squares."""
        return 2 * self.smoothing_cost(shape) + math.prod(shape)

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` in, the same out."""
        self._subtraction = Subtraction(self.neighbourhood())
        self._division = Division(self.neighbourhood(), self.fixed_threshold())
        return self._division.forward(self._subtraction.forward(x))

    def backward(self, grad_output: Array) -> Array:
        """First back through the division, then through the subtraction."""
        return self._subtraction.backward(self._division.backward(grad_output))

    def tangent(self, direction: Array) -> Array:
        """One step after the other."""
        return self._division.tangent(self._subtraction.tangent(direction))
