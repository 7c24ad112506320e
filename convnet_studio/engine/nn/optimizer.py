"""Optimizer: how a gradient moves the parameters, the contract that every file in ``optimizers/`` fulfils."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array, Configured
from convnet_studio.engine.nn.step_plan import StepPlan, plain_plan
from convnet_studio.engine.registry import Registry

State = dict[str, Array]


@dataclass(frozen=True)
class MiniBatch:
    """The samples of the present step, for a rule that asks for more than one gradient.

    Attributes:
        loss: mean at the parameters with which the step began.
        evaluate: the mean loss at the parameters as they are now; its gradient replaces the contents of the gradient
            vector that the step was given.
    """

    loss: float
    evaluate: Callable[[], float]


class Optimizer(Configured):
    """An update rule over the flat parameter vector.

    A rule says in which direction to go, `direction`; the base class goes there, run by run of the `plan`:
    w = w - rate d. What it remembers between steps is named by `state_names`: flat vectors shaped like the parameters,
    which begin at 0, so that a checkpoint or an edit of the network carries them along.

    Attributes:
        rate: the learning rate of the next step; the trainer sets it from the schedule.
        plan: who learns how fast, and what holds the weights back; None: everyone alike, nothing.
        state: the vectors by name. A rule that keeps others (L-BFGS) begins anew when the network is edited.
    """

    registry: ClassVar[Registry[type[Optimizer]]] = Registry("optimizer")

    word: ClassVar[str]
    formula: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Optimizer.registry.add(cls.__name__, cls)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rate = 0.0
        self.plan: StepPlan | None = None
        self.state: State = {}

    @property
    def state_names(self) -> tuple[str, ...]:
        """What the rule remembers of each parameter, with these settings."""
        return ()

    @abstractmethod
    def direction(self, parameters: Array, gradients: Array, state: State) -> Array:
        """What the learning rate is multiplied by: d in w = w - rate d.

        Args:
            parameters: of one run, left as they are.
            gradients: of the same, left as they are.
            state: the same part of each vector of the state, brought up to date in place.
        """

    def after(self, parameters: Array, state: State) -> None:
        """Take note of the parameters of one run after they were moved; most rules need not."""

    def answer(self, parameters: Array) -> Array:
        """The parameters that training has come to, to be tested and used: for most rules those at hand."""
        return parameters

    def update(self, parameters: Array, gradients: Array, batch: MiniBatch | None = None) -> None:
        """Move `parameters` (flat) in place against `gradients` (flat, left as they are).

        Args:
            parameters: all of the network.
            gradients: of the mean loss.
            batch: what a rule with a line search asks for loss and gradient at other points; it then overwrites
                `gradients`.
        """
        plan = self.plan or plain_plan(parameters.size)
        self.make_state(parameters)
        gradients = plan.prepared(parameters, gradients)
        for run in plan.runs:
            state = {name: self.state[name][run.part] for name in self.state_names}
            moved = parameters[run.part]
            moved -= self.rate * run.factor * self.direction(moved, gradients[run.part], state)
            self.after(moved, state)
        plan.finish(parameters, self.rate)

    def make_state(self, parameters: Array) -> None:
        """Begin the vectors of the state that are not there.

        Raises:
            ValueError: if one that is there belongs to a network of another size.
        """
        for name in self.state_names:
            if name not in self.state:
                self.state[name] = np.zeros_like(parameters)
            elif self.state[name].shape != parameters.shape:
                raise ValueError(f"The {name} must be {parameters.size} numbers, not {self.state[name].shape}.")
