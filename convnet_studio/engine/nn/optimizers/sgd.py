"""SGD: stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, setting
from convnet_studio.engine.nn.optimizer import Optimizer


class SGD(Optimizer):
    """Downhill by `rate` times a velocity, in which past gradients fade by the factor `momentum` a step.

    PyTorch's order: v = μ v + g, then w = w - rate v. Torch7's optim.sgd is the same only with ``dampening = 0``: by
    its default it weighs the new gradient by 1 - μ (v = μ v + (1 - μ) g), so that the same path needs a rate 1/(1 - μ)
    times as large there. Polyak, Some methods of speeding up the convergence of iteration methods (1964).
    """

    word: ClassVar = "gradient descent with momentum"
    formula: ClassVar = r"v \leftarrow \mu v + g, \quad w \leftarrow w - \eta v"

    momentum: float = setting(
        0.9, "Momentum μ", "How much of the last velocity is kept; 0 is plain descent.", minimum=0, maximum=0.999
    )

    def update(self, parameters: Array, gradients: Array) -> None:
        """One step, in place; the state is ``velocity``. Without momentum nothing is remembered."""
        if not self.momentum:
            self.state.pop("velocity", None)
            parameters -= self.rate * gradients
            return
        if "velocity" not in self.state:
            self.state["velocity"] = np.zeros_like(parameters)
        velocity = self.state["velocity"]
        velocity *= self.momentum
        velocity += gradients
        parameters -= self.rate * velocity
