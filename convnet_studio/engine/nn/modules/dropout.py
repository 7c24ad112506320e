"""Dropout: units fall silent by chance while the network learns."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.chance import BITS, RandomModule
from convnet_studio.engine.nn.module import Array, Family, Shape, setting


class Dropout(RandomModule):
    """Silences each unit with probability p at every step of training, so that none relies on another; later none is.

    The others are scaled by 1/(1 - p), so that sums keep their mean, as in PyTorch. Hinton et al., Improving neural
    networks by preventing co-adaptation of feature detectors (2012); Srivastava et al. (2014). Which units are silent
    follows from the seed of the run, the step, the place in the mini-batch and the unit.
    """

    family: ClassVar = Family.WIRING
    word: ClassVar = "silent units"
    is_pointwise: ClassVar = True
    formula: ClassVar = r"y_i = \frac{m_i x_i}{1 - p}, \quad P(m_i = 0) = p"

    p: float = setting(0.5, "Probability", "Of each unit to be silenced in a step.", minimum=0, maximum=0.95)

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def caption(self) -> str:
        """The probability."""
        return f"p = {self.p:g}"

    @property
    def threshold(self) -> int:
        """Units whose number drawn lies below are silent."""
        return round(self.p * (1 << BITS))

    def mask(self, samples: int, shape: Shape) -> Array:
        """1 for the units that speak in this step of training, 0 for the silent, ``(samples, *shape)``, bool."""
        drawn = self.chance.draw(samples, math.prod(shape))
        mask: Array = (drawn >= self.threshold).reshape(samples, *shape)
        return mask

    def forward(self, x: Array) -> Array:
        """Any shape in, the same out; as it is where the network does not learn."""
        self._factor: Array | None = None
        if not self.chance.clock.is_training:
            return x
        self._factor = (self.mask(len(x), x.shape[1:]) * (1 / (1 - self.p))).astype(x.dtype)
        return x * self._factor

    def backward(self, grad_output: Array) -> Array:
        """∂x = m ∂y / (1 - p)."""
        return grad_output if self._factor is None else np.multiply(grad_output, self._factor)

    def is_non_negative(self, input_is: bool) -> bool:
        """As the input."""
        return input_is
