"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer, State


class SGD(Optimizer):
    """Downhill by `rate` times a velocity, in which past gradients fade by the factor `momentum` a step.

    PyTorch's order: v = μ v + g, then w = w - rate v. Torch7's optim.sgd by its default weighs the new gradient by
    1 - μ: v = μ v + (1 - μ) g, but v = g in a parameter's first step; the same path needs a rate 1/(1 - μ) times as
    large there. Nesterov's looks ahead: w = w - rate (g + μ v), in both orders with v = μ v + g (Torch7 demands it).
    Polyak, Some methods of speeding up the convergence of iteration methods (1964); Sutskever et al., On the
    importance of initialization and momentum in deep learning (2013).
    """

    word: ClassVar = "gradient descent with momentum"
    formula: ClassVar = r"v \leftarrow \mu v + g, \quad w \leftarrow w - \eta v"

    momentum: float = setting(
        0.9, "Momentum μ", "How much of the last velocity is kept; 0 is plain descent.", minimum=0, maximum=0.999
    )
    nesterov: bool = setting(False, "Nesterov", "Take the gradient's share twice, as if from one velocity ahead.")
    order: str = setting(
        "PyTorch",
        "Order",
        "PyTorch: v = μ v + g. Torch7: v = μ v + (1 - μ) g, which at the same rate takes steps 1 - μ times as large.",
        choices=("PyTorch", "Torch7"),
    )

    @property
    def damps(self) -> bool:
        """Whether a new gradient is weighed by 1 - μ, except in a parameter's first step."""
        return self.order == "Torch7" and not self.nesterov and self.momentum > 0

    @property
    def state_names(self) -> tuple[str, ...]:
        """With momentum the velocity; in Torch7's order also how many steps each parameter has seen."""
        if not self.momentum:
            return ()
        return ("velocity", "age") if self.damps else ("velocity",)

    def make_state(self, parameters: Array) -> None:
        """Without momentum nothing is remembered."""
        if not self.momentum:
            self.state.clear()
        super().make_state(parameters)

    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """The gradient; with momentum the velocity, or with Nesterov g + μ v."""
        if not self.momentum:
            return gradients
        velocity = state["velocity"]
        velocity *= self.momentum
        if self.damps:
            velocity += np.where(state["age"] == 0, gradients, (1 - self.momentum) * gradients)
            state["age"] += 1
        else:
            velocity += gradients
        return gradients + self.momentum * velocity if self.nesterov else velocity
