"""pedestrians_synth: people in the street and what is none, composed by a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convnet_studio.assets import asset_path
from convnet_studio.engine.data.dataset import Array, DatasetFile, head_and_tail

HELD_OUT = 360


class PedestriansSynth(DatasetFile):
    """Rendered people over photographs, in the manner of the INRIA pedestrians, Dalal and Triggs (2005)."""

    name: ClassVar = "pedestrians_synth"
    title: ClassVar = "Synthetic pedestrians"
    description: ClassVar = (
        "1,800 synthetic colour windows, 64 pixels high and 32 wide, with a person or none: the last 360 are held out. "
        "They share meshes and backgrounds, so errors say nothing of the real benchmarks."
    )
    synthetic: ClassVar = True

    def split(self, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
        """The last 360 windows are held out."""
        count = len(arrays["labels"])
        return head_and_tail(count, count - HELD_OUT)

    def credits(self, arrays: Mapping[str, Array]) -> list[str]:
        """The photographs behind the people, which lie in no data set of the program."""
        text = asset_path(f"datasets/{self.name}-backgrounds.txt").read_text(encoding="utf-8")
        return [f"Background {line}" for line in text.splitlines() if line]
