"""RMSProp: gradients in units of their own recent size."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer, State


class RMSProp(Optimizer):
    """As AdaGrad, but old gradients fade, so that steps do not shrink for ever.

    PyTorch's order, ε added after the root. Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning
    (2012).
    """

    word: ClassVar = "gradients in units of their size"
    formula: ClassVar = (
        r"s \leftarrow \alpha s + (1 - \alpha) g^2, \quad w \leftarrow w - \eta \, \frac{g}{\epsilon + \sqrt{s}}"
    )

    alpha: float = setting(
        0.99, "Memory α", "How much of the mean square is kept in a step.", minimum=0, maximum=0.99999
    )
    epsilon: float = setting(1e-8, "Epsilon ε", "Keeps the division finite.", minimum=1e-12, maximum=1)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The mean square of the gradient."""
        return ("mean_square",)

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """g / (√s + ε)."""
        mean_square = state["mean_square"]
        mean_square *= self.alpha
        mean_square += (1 - self.alpha) * (gradients * gradients)
        return gradients / (np.sqrt(mean_square) + self.epsilon)
