"""Momentum under a constant gradient: the first steps of Torch7's order and of PyTorch's, by the program's own SGD."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Rows
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.optimizers.sgd import SGD
from convnet_studio.engine.training.inquiry import Moment

TORCH7, PYTORCH = "Torch7", "PyTorch"
MOST = 40
"""Steps."""


@dataclass(frozen=True)
class MomentumSteps(Bench):
    """One weight, a gradient that stays the same, and a velocity.

    Torch7's optim.sgd: v = g at the first step, then v = μ v + (1 - μ) g. PyTorch: v = μ v + g.
    """

    name: ClassVar = "momentum_steps"
    title: ClassVar = "Momentum, step by step"
    summary: ClassVar = "The velocity under a constant gradient, in Torch7's order and in PyTorch's."

    steps: int = whole(0, 0, MOST, "Steps made")
    momentum: float = number(0.9, 0.0, 0.99, "Momentum μ")
    order: str = choice(TORCH7, (TORCH7, PYTORCH), "Order")
    gradient: float = number(0.5, -2.0, 2.0, "Gradient g")
    rate: float = number(0.1, 0.001, 1.0, "Rate η", is_log=True)

    @reading
    def velocity(self, moment: Moment | None = None) -> float:
        """After the last step made; 0 before the first."""
        return float(self._trace()[0][self.steps])

    @reading
    def in_gradients(self, moment: Moment | None = None) -> float:
        """The velocity in units of the gradient; 0 before the first step, not a number where the gradient is 0."""
        return self.velocity() / self.gradient if self.gradient else float("nan")

    @reading
    def weight(self, moment: Moment | None = None) -> float:
        """The weight after the last step made; it began at 0."""
        return float(self._trace()[1][self.steps])

    def _trace(self) -> tuple[Array, Array]:
        """(velocity, weight) after 0, 1, ... `MOST` steps."""
        rule = SGD(momentum=self.momentum, order=self.order)  # type: ignore[call-arg]
        rule.rate = self.rate
        weight, gradient = np.zeros(1), np.array([self.gradient])
        velocities, weights = [0.0], [0.0]
        for _ in range(MOST):
            before = weight[0]
            rule.update(weight, gradient)
            velocities.append((before - weight[0]) / self.rate)
            weights.append(weight[0])
        return np.array(velocities), np.array(weights)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The velocities of the first steps in numbers, and those of both orders as curves."""
        velocities, weights = self._trace()
        first = max(1, self.steps - 5)
        rows = tuple(
            (str(step), self._sum(step, velocities), f"{velocities[step]:.5g}", f"{weights[step]:.5g}")
            for step in range(first, self.steps + 1)
        )
        table = Rows(
            "The last steps",
            ("step", "velocity v", "is", "weight"),
            rows or (("none yet", "", "", "0"),),
            len(rows) - 1,
        )
        lines = {}
        for order in (TORCH7, PYTORCH):
            trace = replace(self, order=order)._trace()[0]
            lines[order] = (np.arange(1.0, MOST + 1), trace[1:])
        here = (Mark("", float(self.steps), self.velocity()),) if self.steps else ()
        yield table, Curves("Velocity, step by step", lines, "step", "v", here)

    def _sum(self, step: int, velocities: Array) -> str:
        """How the velocity of a step comes about."""
        if step == 1:
            return f"g = {self.gradient:.4g}"
        share = 1 - self.momentum if self.order == TORCH7 and self.momentum else 1.0
        return f"{self.momentum:.4g} · {velocities[step - 1]:.4g} + {share:.4g} · {self.gradient:.4g}"
