"""LocalResponseNorm: each value divided by the strength of its neighbours in the same place of other maps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, setting


class LocalResponseNorm(Module):
    """Brightness normalisation across neighbouring maps: y = x / (k + α/n · Σ x²)^β over n maps around its own.

    As PyTorch has it: α is divided by n, and maps beyond the first and last count as 0. Krizhevsky, Sutskever and
    Hinton, ImageNet classification with deep convolutional neural networks (2012), sec. 3.3, write α Σ x²: their α of
    1e-4 with n = 5 is 5e-4 here, with k = 2 and β = 0.75.
    """

    family: ClassVar = Family.NORMALIZATION
    word: ClassVar = "response normalization"
    formula: ClassVar = r"y_i = x_i \left( k + \frac{\alpha}{n} \sum_{|m-i| \le n/2} x_m^2 \right)^{-\beta}"

    size: int = setting(5, "Neighbouring maps", "How many maps around each, itself included.", minimum=1, maximum=64)
    alpha: float = setting(1e-4, "Strength α", "How much the neighbours' squares weigh.", minimum=0, maximum=100)
    beta: float = setting(0.75, "Exponent β", "How strongly it divides.", minimum=0, maximum=4)
    k: float = setting(1.0, "Offset k", "What the sum begins with.", minimum=0.01, maximum=100)

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def windows(self, shape: Shape) -> Windows | None:
        """The same place of the neighbouring maps; of lists, all."""
        return POINTWISE if len(shape) > 1 else WHOLE

    def multiply_accumulates(self, shape: Shape) -> int:
        """One for each square and one for the division, of each value."""
        return 2 * int(np.prod(shape))

    def caption(self) -> str:
        """Maps and strength, ``5 maps``."""
        return f"{self.size} maps"

    def maps_seen(self, shape: Shape, output: Shape) -> NDArray[np.bool_] | None:
        """Its neighbours."""
        distance = np.arange(shape[0])[None] - np.arange(output[0])[:, None]
        near: NDArray[np.bool_] = (distance >= -(self.size // 2)) & (distance <= self.size - 1 - self.size // 2)
        return near

    def forward(self, x: Array) -> Array:
        """``(batch, c, *space)``, shape kept."""
        self._input = x
        self._base: Array = self.k + self.alpha / self.size * self._around(x * x, self.size // 2)
        self._scale: Array = self._base**-self.beta
        y: Array = x * self._scale
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y s - 2 (α/n) β x · Σ over those that saw it of ∂y x s / base, where s = base^-β."""
        sent = grad_output * self._input * self._scale / self._base
        seen_by = self._around(sent, (self.size - 1) // 2)
        grad: Array = grad_output * self._scale - (2 * self.alpha / self.size * self.beta) * self._input * seen_by
        return grad

    def _around(self, values: Array, before: int) -> Array:
        """At each map the sum over `size` maps, of which `before` come before it."""
        channels, sides = values.shape[1], [(0, 0)] * values.ndim
        sides[1] = (before, self.size - 1 - before)
        padded = np.pad(values, sides)
        neighbours = [padded[:, start : start + channels] for start in range(self.size)]
        return np.sum(neighbours, axis=0, dtype=values.dtype)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
