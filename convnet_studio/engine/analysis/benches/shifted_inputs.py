"""Inputs that are all positive: why the weights of a unit can then move together only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment

INPUTS = 12
SEED = 5


@dataclass(frozen=True)
class ShiftedInputs(Bench):
    """One unit with 12 inputs: its weights' gradients are δ x, so they have the signs of the inputs.

    LeCun et al., Efficient BackProp (1998), section 4.3: with inputs of one sign, all weights of a unit can only grow
    or shrink together for one sample, and descent has to zigzag.
    """

    name: ClassVar = "shifted_inputs"
    title: ClassVar = "Shifted inputs"
    summary: ClassVar = "The signs of a unit's weight gradients when its inputs have a mean that is not 0."

    shift: float = number(0.0, -6.0, 6.0, "Mean of the inputs")
    sample: int = whole(0, 0, 9, "Sample")

    @reading
    def same_sign(self, moment: Moment | None = None) -> float:
        """Part of the weights whose gradients have the more frequent sign."""
        positive = float((self._gradient > 0).mean())
        return max(positive, 1 - positive)

    @property
    def _inputs(self) -> Array:
        return np.random.default_rng([SEED, self.sample]).normal(size=INPUTS) + self.shift

    @property
    def _gradient(self) -> Array:
        x = self._inputs
        weights = np.random.default_rng(SEED).normal(size=INPUTS) / np.sqrt(INPUTS)
        error = float(weights @ x) - 1.0  # of a linear unit whose target is 1: ∂L/∂w = (y - 1) x
        return error * x

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Inputs and gradients as bars."""
        inputs = {f"x{number + 1}": float(each) for number, each in enumerate(self._inputs)}
        gradients = {f"w{number + 1}": float(each) for number, each in enumerate(self._gradient)}
        yield Bars("Inputs of the unit", inputs), Bars("Gradients of its weights", gradients)
