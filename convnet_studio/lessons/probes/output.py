"""What a module puts out for the shown picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.engine.nn.module import Array
from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class OutputProbe(Probe):
    """``{of = "output", module = "hidden", index = [1]}``; `module` by id, name or kind."""

    of: ClassVar = "output"

    module: str = ""

    def measure(self, desk: Desk) -> Array:
        """In float64, with the weights of now."""
        module_id = desk.module(self.module)
        if module_id not in desk.outputs:
            raise ValueError(f"{self.module} does not compute: give it all its inputs.")
        return desk.outputs[module_id]
