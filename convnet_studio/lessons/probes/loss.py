"""The loss of the shown picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class LossProbe(Probe):
    """``{of = "loss"}``, over all losses of the network."""

    of: ClassVar = "loss"

    def measure(self, desk: Desk) -> float:
        """In float64, with the weights of now."""
        return desk.loss
