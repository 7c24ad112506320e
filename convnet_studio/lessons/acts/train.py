"""Train the network that is on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.lessons.act import Act
from convnet_studio.lessons.scene import Scene

MOST_STEPS = 50_000


@dataclass(frozen=True)
class Train(Act):
    """``{do = "train", steps = 200, seconds = 5}``.

    Attributes:
        steps: updates at most.
        until: an expression of the lesson's probes: training rests as soon as it holds; empty: after `steps`.
        seconds: that it takes about, which the page says; 0: no time worth telling.
    """

    do: ClassVar = "train"

    steps: int
    until: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"steps is {self.steps}: train for 1 to {MOST_STEPS:,} steps.")

    def apply(self, scene: Scene) -> Scene:
        """The scene as it is: whoever plays the lesson trains."""
        return scene


@dataclass(frozen=True)
class Restart(Act):
    """``{do = "restart"}``: back to the first weights of the scene."""

    do: ClassVar = "restart"

    def apply(self, scene: Scene) -> Scene:
        """The scene as it is: whoever plays the lesson begins a new run."""
        return scene
