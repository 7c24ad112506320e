"""Turn dials of a bench."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.lessons.act import Act
from convnet_studio.lessons.scene import Scene


@dataclass(frozen=True)
class Turn(Act):
    """``{do = "turn", bench = "connections", to = {connection = "local"}}``."""

    do: ClassVar = "turn"

    bench: str
    to: Mapping[str, object]

    def apply(self, scene: Scene) -> Scene:
        """The dials stand as told; all others stay."""
        return scene.with_bench(self.bench, **self.to)
