"""Schedule: the learning rate in the course of training, as a factor on its initial value."""

from __future__ import annotations

import inspect
import itertools
import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Configured, setting
from convnet_studio.engine.registry import Registry

Points = tuple[tuple[float, float], ...]
MOST_POINTS = 200


@dataclass(frozen=True)
class Moment:
    """Where training stands in its plan.

    Attributes:
        progress: fraction of the planned steps that is done, 0 .. 1.
        epochs: passes over the data since the plan began, with their fraction.
        steps: updates since the plan began.
    """

    progress: float
    epochs: float
    steps: int


class Schedule(Configured):
    """A factor over time. A subclass is registered under its `name`, the word in forms and files."""

    registry: ClassVar[Registry[type[Schedule]]] = Registry("schedule")

    name: ClassVar[str]
    formula: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Schedule.registry.add(cls.name, cls)

    @abstractmethod
    def factor(self, at: Moment) -> float:
        """What the initial learning rate is multiplied by."""


class Constant(Schedule):
    """Always the initial rate."""

    name: ClassVar = "constant"
    formula: ClassVar = r"\eta_t = \eta_0"

    def factor(self, at: Moment) -> float:
        """1."""
        return 1.0


class LinearToZero(Schedule):
    """In a straight line, 0 where the plan ends."""

    name: ClassVar = "linear to 0"
    formula: ClassVar = r"\eta_t = \eta_0 \, (1 - t / T)"

    def factor(self, at: Moment) -> float:
        """1 at the beginning, 0 at the end."""
        return max(0.0, 1.0 - at.progress)


class Steps(Schedule):
    """Multiplied by a factor every so many epochs, as in AlexNet's training."""

    name: ClassVar = "step"
    formula: ClassVar = r"\eta_t = \eta_0 \, \gamma^{\lfloor t / n \rfloor}"

    gamma: float = setting(0.1, "Factor γ", "What the rate is multiplied by at each step.", minimum=0, maximum=1)
    every: float = setting(2.0, "Every, in epochs", "How many epochs pass between.", minimum=0.01, maximum=10_000)

    def factor(self, at: Moment) -> float:
        """A power of γ."""
        return float(self.gamma ** math.floor(at.epochs / self.every + 1e-9))


class Inverse(Schedule):
    """Torch7's learningRateDecay: after t updates 1 / (1 + t d); Robbins and Monro (1951) ask for such a fall."""

    name: ClassVar = "1/(1 + t d)"
    formula: ClassVar = r"\eta_t = \frac{\eta_0}{1 + t d}"

    decay: float = setting(1e-3, "Decay d", "How fast the rate falls, for each update.", minimum=0, maximum=100)

    def factor(self, at: Moment) -> float:
        """Half after 1/d updates."""
        return 1.0 / (1.0 + at.steps * self.decay)


class InverseRoot(Schedule):
    """With the root of the updates: slower than 1/t, so that there is movement for longer."""

    name: ClassVar = "1/√(1 + t d)"
    formula: ClassVar = r"\eta_t = \frac{\eta_0}{\sqrt{1 + t d}}"

    decay: float = setting(1e-2, "Decay d", "How fast the rate falls, for each update.", minimum=0, maximum=100)

    def factor(self, at: Moment) -> float:
        """Half after 3/d updates."""
        return 1.0 / math.sqrt(1.0 + at.steps * self.decay)


def points_from_text(text: str) -> Points:
    """The points of a drawn schedule, ``progress factor`` separated by commas: ``0 1, 0.5 0.3, 1 0``.

    Raises:
        ValueError: one sentence, if there are too few or too many, they do not rise in progress from 0 .. 1, or a
            factor is not within 0 .. 10.
    """
    points = []
    for part in text.split(","):
        try:
            progress, factor = (float(each) for each in part.split())
        except ValueError:
            raise ValueError(f"{part.strip()[:40]!r} is no point: it must be two numbers, such as '0.5 0.3'.") from None
        if not (0 <= progress <= 1 and 0 <= factor <= 10):
            raise ValueError(f"The point {part.strip()!r} is outside: progress is 0 to 1, the factor 0 to 10.")
        points.append((progress, factor))
    if not 2 <= len(points) <= MOST_POINTS:
        raise ValueError(f"A curve has 2 to {MOST_POINTS} points, not {len(points)}.")
    if any(later[0] <= earlier[0] for earlier, later in itertools.pairwise(points)):
        raise ValueError("The points of a curve must rise in progress.")
    return tuple(points)


def text_of_points(points: Points) -> str:
    """What `points_from_text` reads back, to four digits."""
    return ", ".join(f"{progress:.4g} {factor:.4g}" for progress, factor in points)


class Drawn(Schedule):
    """Drawn by hand: a factor for each part of the plan, straight lines between the points."""

    name: ClassVar = "drawn by hand"
    formula: ClassVar = r"\eta_t = \eta_0 \, f(t / T)"

    points: str = setting(
        "0 1, 0.5 1, 1 0",
        "Curve",
        "The rate in the course of the plan, as a part of the initial rate: drag in the picture.",
        syntax=points_from_text,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._points = points_from_text(self.points)

    def factor(self, at: Moment) -> float:
        """Between the points on a straight line, before the first and after the last as they are."""
        progress, factors = zip(*self._points, strict=True)
        return float(np.interp(at.progress, progress, factors))
