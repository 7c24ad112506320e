"""Adam: momentum, in units of the gradient's recent size."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer, State


class Adam(Optimizer):
    """The mean gradient over the root of the mean square, both freed of their start at 0.

    t counts the steps that a parameter has seen, so that a module that is added later starts as one at the beginning.
    Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1.
    """

    word: ClassVar = "momentum in units of the gradient's size"
    formula: ClassVar = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad s \leftarrow \beta_2 s + (1 - \beta_2) g^2, \quad"
        r"w \leftarrow w - \eta \, \frac{m / (1 - \beta_1^t)}{\epsilon + \sqrt{s / (1 - \beta_2^t)}}"
    )

    beta1: float = setting(
        0.9, "Memory β₁", "How much of the mean gradient is kept in a step.", minimum=0, maximum=0.9999
    )
    beta2: float = setting(
        0.999, "Memory β₂", "How much of the mean square is kept in a step.", minimum=0, maximum=0.99999
    )
    epsilon: float = setting(1e-8, "Epsilon ε", "Keeps the division finite.", minimum=1e-12, maximum=1)

    @property
    def state_names(self) -> tuple[str, ...]:
        """Mean gradient, mean square, and how many steps each parameter has seen."""
        return ("mean", "mean_square", "age")

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """The mean over the root of the mean square, each divided by 1 - βᵗ."""
        mean, mean_square, age = (state[name] for name in self.state_names)
        age += 1
        mean *= self.beta1
        mean += (1 - self.beta1) * gradients
        mean_square *= self.beta2
        mean_square += (1 - self.beta2) * (gradients * gradients)
        started = age.astype(np.float64)
        root = np.sqrt(mean_square) / np.sqrt(1 - self.beta2**started).astype(mean.dtype)
        direction: Array = mean / (1 - self.beta1**started).astype(mean.dtype) / (root + self.epsilon)
        return direction
