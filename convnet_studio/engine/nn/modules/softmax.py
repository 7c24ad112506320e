"""Softmax: from scores to class probabilities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Family, Module, Shape


class Softmax(Module):
    """The probability of each class: positive numbers that sum to 1.

    Over maps, the channels are the classes, at every place on its own. Bridle, Probabilistic interpretation of
    feedforward classification network outputs (1990).
    """

    family: ClassVar = Family.OUTPUT
    word: ClassVar = "class probabilities"
    formula: ClassVar = r"y_o = \frac{e^{x_o}}{\sum_j e^{x_j}}"

    def output_shape(self, shape: Shape) -> Shape:
        """As the input."""
        return shape

    def forward(self, x: Array) -> Array:
        """``(batch, class, *space)`` in, the same out."""
        # Scores are shifted so that the largest is 0: the exponentials can't overflow.
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        y: Array = powers / powers.sum(axis=1, keepdims=True)
        self._output = y
        return y

    def backward(self, grad_output: Array) -> Array:
        """∂x = y (∂y - Σ y ∂y)."""
        mean = (self._output * grad_output).sum(axis=1, keepdims=True)
        grad: Array = self._output * (grad_output - mean)
        return grad

    def is_non_negative(self, input_is: bool) -> bool:
        """Always."""
        return True
