"""AdaGrad: a learning rate of its own for each parameter, by all the gradients it has seen."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer, State


class AdaGrad(Optimizer):
    """Steps shrink where gradients have been large: rare features learn as much as common ones.

    PyTorch's order, ε added after the root. Duchi, Hazan and Singer, Adaptive subgradient methods (2011).
    """

    word: ClassVar = "a rate for each parameter"
    formula: ClassVar = r"s \leftarrow s + g^2, \quad w \leftarrow w - \eta \, \frac{g}{\epsilon + \sqrt{s}}"

    epsilon: float = setting(1e-10, "Epsilon ε", "Keeps the division finite.", minimum=1e-12, maximum=1)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The sum of squared gradients."""
        return ("squares",)

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """g / (√s + ε)."""
        squares = state["squares"]
        squares += gradients * gradients
        return gradients / (np.sqrt(squares) + self.epsilon)
