"""Put numbers into parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.lessons.act import Act
from convnet_studio.lessons.scene import Scene, module_called


@dataclass(frozen=True)
class SetWeights(Act):
    """``{do = "weights", module = "hidden", name = "weight", to = [[0.5, -1.0]]}``: all numbers of one parameter."""

    do: ClassVar = "weights"

    module: str
    to: tuple[object, ...]
    name: str = "weight"

    def __post_init__(self) -> None:
        try:
            array = np.array(self.to, np.float32)
        except (ValueError, TypeError, OverflowError):
            raise ValueError("to must be rows of numbers, all of one length.") from None
        if not np.isfinite(array).all():
            raise ValueError("to must hold finite numbers.")

    def apply(self, scene: Scene) -> Scene:
        """With these numbers; shapes that do not fit are told when the scene is built."""
        module_id = module_called(scene.project, self.module).id
        return scene.with_weights(module_id, self.name, np.array(self.to, np.float32))


@dataclass(frozen=True)
class Nudge(Act):
    """``{do = "nudge", module = "hidden", name = "weight", index = [1, 0], by = 0.001}``: one number moved a little."""

    do: ClassVar = "nudge"
    needs_weights: ClassVar = True

    module: str
    index: tuple[int, ...]
    by: float
    name: str = "weight"

    def apply(self, scene: Scene) -> Scene:
        """With that number larger by `by`."""
        module_id = module_called(scene.project, self.module).id
        values = scene.weights.get(module_id, {}).get(self.name)
        if values is None:
            raise ValueError(f"{self.module} has no parameter {self.name!r}.")
        moved = np.array(values, np.float64)
        if len(self.index) != moved.ndim or any(i >= n for i, n in zip(self.index, moved.shape, strict=True)):
            raise ValueError(f"There is no number at index {list(self.index)} of {list(moved.shape)}.")
        moved[self.index] += self.by
        return scene.with_weights(module_id, self.name, moved)
