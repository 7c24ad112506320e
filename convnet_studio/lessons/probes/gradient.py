"""The gradient of the loss by what a module puts out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.engine.nn.module import Array
from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class GradientProbe(Probe):
    """``{of = "gradient", module = "hidden", index = [1]}``: ∂loss/∂output; `module` by id, name or kind."""

    of: ClassVar = "gradient"

    module: str = ""

    def measure(self, desk: Desk) -> Array:
        """By back-propagation in float64."""
        module_id = desk.module(self.module)
        if module_id not in desk.gradients:
            raise ValueError(f"{self.module} reaches no loss, so there is no gradient by its output.")
        return desk.gradients[module_id]
