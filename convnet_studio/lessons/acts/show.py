"""Show another picture, or numbers, to the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from convnet_studio.lessons.act import Act
from convnet_studio.lessons.scene import Scene


@dataclass(frozen=True)
class ShowSample(Act):
    """``{do = "show_sample", sample = 3}``: the fourth test picture."""

    do: ClassVar = "show_sample"

    sample: int

    def apply(self, scene: Scene) -> Scene:
        """With that picture."""
        return replace(scene, sample=self.sample, numbers=None)


@dataclass(frozen=True)
class ShowNumbers(Act):
    """``{do = "show_numbers", numbers = [0.5, -1.0]}``: as many as the data has, row by row."""

    do: ClassVar = "show_numbers"

    numbers: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", tuple(float(each) for each in self.numbers))

    def apply(self, scene: Scene) -> Scene:
        """With these numbers in place of a picture."""
        return replace(scene, numbers=self.numbers)
