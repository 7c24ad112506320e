"""How far training has come: steps, passes over the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class StepProbe(Probe):
    """``{of = "step"}``: updates since the first weights."""

    of: ClassVar = "step"

    def measure(self, desk: Desk) -> float:
        """Updates of this run."""
        return desk.moment.run.course.step


@dataclass(frozen=True)
class EpochProbe(Probe):
    """``{of = "epoch"}``: passes over the training set, with their fraction."""

    of: ClassVar = "epoch"

    def measure(self, desk: Desk) -> float:
        """Passes of this run."""
        return desk.moment.run.course.passes
