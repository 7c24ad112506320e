"""The picture or the numbers that are shown to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.engine.nn.module import Array
from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class InputProbe(Probe):
    """``{of = "input", index = [0, 0, 0]}``."""

    of: ClassVar = "input"

    def measure(self, desk: Desk) -> Array:
        """Of the data's shape."""
        return desk.moment.picture
