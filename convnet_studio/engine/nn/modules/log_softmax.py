"""LogSoftmax: from scores to the logarithms of class probabilities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Windows
from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class LogSoftmax(Module):
    """The log-probability of each class: the probabilities e^y are positive and sum to 1.

    Over maps, the channels are the classes, at every place on its own.
    """

    family: ClassVar = Family.OUTPUT
    word: ClassVar = "class log-probabilities"
    formula: ClassVar = r"y_o = x_o - \log \sum_j e^{x_j}"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def windows(self, shape: Shape) -> Windows | None:
        """All classes; over maps, those of the same place."""
        return WHOLE if len(shape) == 1 else POINTWISE

    def forward(self, x: Array) -> Array:
        """``(batch, class)`` or ``(batch, class, height, width)`` in, the same out."""
        # Scores are shifted so that the largest is 0: the exponentials can't overflow.
        shifted = x - x.max(axis=1, keepdims=True)
        y: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = ∂y - e^y Σ ∂y."""
        grad: Array = grad_output - np.exp(self._output) * grad_output.sum(axis=1, keepdims=True)
        return grad
