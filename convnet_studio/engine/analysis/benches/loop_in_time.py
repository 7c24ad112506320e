"""A loop unfolded in time: what of a gradient reaches the first step, when the way back multiplies by one weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Curves, Words
from convnet_studio.engine.nn.module import Array, Parameter
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.project.kinds import make
from convnet_studio.engine.training.inquiry import Moment


@dataclass(frozen=True)
class LoopInTime(Bench):
    """One linear unit that feeds itself: h_t = V h_{t-1}. All copies of its Linear share the one weight V."""

    name: ClassVar = "loop_in_time"
    title: ClassVar = "A loop, unfolded in time"
    summary: ClassVar = "What is left of a gradient of 1 on its way back through the steps of a loop."

    weight: float = number(0.5, -2.0, 2.0, "Weight V of the loop")
    steps: int = whole(20, 2, 50, "Steps T")

    @reading
    def arriving(self, moment: Moment | None = None) -> Array:
        """The gradient at each step from the first to the last, where it begins as 1."""
        copies = [_copy(self.weight) for _ in range(self.steps - 1)]
        state = np.ones((1, 1))
        for each in copies:
            state = each.forward(state)
        gradients = [np.ones((1, 1))]
        for each in reversed(copies):
            gradients.append(each.backward(gradients[-1]))
        return np.array(gradients[::-1]).reshape(-1)

    @reading
    def first(self, moment: Moment | None = None) -> float:
        """The gradient that reaches step 1."""
        return float(self.arriving()[0])

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """A bar for each step, the same over a scale of factors, and the first in words."""
        arriving = self.arriving()
        bars = {str(step): float(each) for step, each in enumerate(arriving, 1)}
        sizes = np.where(arriving != 0, np.abs(arriving), np.nan)
        lines = {"size of the gradient": (np.arange(1.0, self.steps + 1), sizes)}
        told = f"{self.weight:g} multiplied {self.steps - 1} times with itself: {arriving[0]:.4g} reaches step 1."
        yield (
            Words("", told),
            Bars(f"Gradient at each step, 1 at the last ({self.steps})", bars),
            Curves("The same, each line of the scale ten times the one below", lines, "step", "size", is_log_y=True),
        )


def _copy(weight: float) -> Linear:
    made = make(Linear, {"out_features": 1, "has_bias": False})
    assert isinstance(made, Linear)
    made.weight = Parameter("weight", np.array([[weight]]), np.zeros((1, 1)), 1)
    return made
