"""ASGD: plain descent, and the mean of the path it took."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer, State


class ASGD(Optimizer):
    """Stochastic gradient descent whose answer is the mean of all parameters it has passed through since step t₀.

    The mean is what is tested: the noise of single steps averages out. PyTorch's and Torch7's order: the weights
    decay by λ, the rate falls as η / (1 + λ η t)^α by itself (beside the schedule), and the mean begins after t₀.
    Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992); Xu (2011).
    """

    word: ClassVar = "descent, and the mean of its path"
    formula: ClassVar = (
        r"w \leftarrow (1 - \lambda \eta_t) w - \eta_t g, \quad \eta_t = \frac{\eta}{(1 + \lambda \eta t)^\alpha},"
        r"\quad a \leftarrow a + \frac{w - a}{\max(1, t - t_0)}"
    )

    decay: float = setting(1e-4, "Decay λ", "How strongly weights and rate decay.", minimum=0, maximum=1)
    alpha: float = setting(0.75, "Power α", "How fast the rate falls.", minimum=0, maximum=2)
    start: int = setting(1000, "Mean from step t₀", "Steps before the mean begins.", minimum=0, maximum=1_000_000_000)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The mean of the path, and how many steps each parameter has seen."""
        return ("average", "age")

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """(λ w + g) / (1 + λ η t)^α."""
        slowed = (1 + self.decay * self.rate * state["age"].astype(np.float64)) ** -self.alpha
        direction: Array = (self.decay * parameters + gradients) * slowed.astype(gradients.dtype)
        return direction

    def after(self, parameters: Array, state: State) -> None:
        """Take the parameters into the mean."""
        average, age = state["average"], state["age"]
        average += (parameters - average) / np.maximum(1, age - self.start)
        age += 1

    def answer(self, parameters: Array) -> Array:
        """The mean of the path; the parameters themselves where they have not moved yet."""
        if "average" not in self.state:
            return parameters
        return np.where(self.state["age"] > 0, self.state["average"], parameters)
