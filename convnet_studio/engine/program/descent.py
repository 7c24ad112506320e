"""Descent: plain gradient descent, with or without momentum, which the interpreter does by itself.

It needs no row of an update and no gradient of the whole vector: what is finished after all samples updates its weights
in the same go (interpreter.py). Every other rule gets the flat gradient and comes afterwards (update.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.kernels.step import DESCEND, MOVE
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.nn.step_plan import Regularization, StepPlan


@dataclass(frozen=True)
class Descent:
    """w = w - rate g, or, with a velocity, v = momentum v + g and w = w - rate v."""

    momentum: float = 0.0
    velocity: Array | None = None

    @property
    def mode(self) -> int:
        """DESCEND or MOVE."""
        return DESCEND if self.velocity is None else MOVE


def descent_of(optimizer: Optimizer, network: Network) -> Descent | None:
    """What the optimizer asks for, if it is this and nothing more.

    Raises:
        ValueError: if its velocity is of another network.
    """
    if not isinstance(optimizer, SGD) or optimizer.nesterov or optimizer.damps:
        return None
    if not _is_plain(optimizer.plan, network):
        return None
    optimizer.make_state(network.parameters)
    if not optimizer.momentum:
        return Descent()
    velocity, size = optimizer.state["velocity"], network.parameters.size
    if velocity.shape != (size,) or velocity.dtype != np.float32 or not velocity.flags.c_contiguous:
        raise ValueError(f"The velocity must be {size} float32, not {velocity.shape} {velocity.dtype}.")
    return Descent(optimizer.momentum, velocity)


def _is_plain(plan: StepPlan | None, network: Network) -> bool:
    """Whether all that is not fitted learns alike and nothing holds it back."""
    if plan is None:
        return True
    learning = sum(run.end - run.start for run in plan.runs)
    fitted = sum(part.stop - part.start for each, part in network.slices.items() if network.is_fitted(each))
    return (
        plan.limits == Regularization()
        and learning + fitted == network.parameters.size
        and all(run.factor == 1 for run in plan.runs)
    )
