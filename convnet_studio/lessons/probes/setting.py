"""A setting of a module, or of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from convnet_studio.engine.nn.module import settings_of
from convnet_studio.engine.project.build import build_module
from convnet_studio.lessons.probe import Desk, Probe


@dataclass(frozen=True)
class SettingProbe(Probe):
    """``{of = "setting", module = "conv", name = "kernel_size"}``; without `module` of training, such as ``rate``."""

    of: ClassVar = "setting"

    module: str = ""
    name: str = ""

    def measure(self, desk: Desk) -> float:
        """A number; true and false as 1 and 0.

        Raises:
            ValueError: where there is no such setting, or it is no number.
        """
        if self.module:
            spec = desk.project.network.module(desk.module(self.module))
            built = build_module(spec)
            declared = [each.name for each in settings_of(type(built))] if built is not None else []
            value: object = getattr(built, self.name) if self.name in declared else spec.settings.get(self.name)
        else:
            value = getattr(desk.project.training, self.name, None)
        if not isinstance(value, int | float):
            raise ValueError(f"There is no setting {self.name!r} that is a number.")
        return float(value)
