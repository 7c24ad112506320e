"""A parameter of a module, its gradient, or the slope of the loss by it as measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.lessons.probe import Desk, Probe

VALUE, GRADIENT, SLOPE, CHANGE = "value", "gradient", "slope", "change"
STEP = 1e-5
"""Of a central difference in float64, relative to the number or 1."""


@dataclass(frozen=True)
class ParameterProbe(Probe):
    """``{of = "parameter", module = "hidden", name = "weight", index = [1, 0], what = "gradient"}``.

    Attributes:
        module: by id, name or kind. `name`: of the parameter.
        what: "value"; "gradient", by back-propagation; "slope", the loss's central difference by the one number at
            `index`; "change", by how much the loss changes when that number grows by `by`.
    """

    of: ClassVar = "parameter"

    module: str = ""
    name: str = "weight"
    what: str = VALUE
    by: float = 0.001

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.what not in (VALUE, GRADIENT, SLOPE, CHANGE):
            raise ValueError(f"what is {self.what!r}: choose one of value, gradient, slope, change.")
        if self.what in (SLOPE, CHANGE) and (self.reduce or not self.index):
            raise ValueError(f"what = {self.what!r} is of one number: give its index, and no reduce.")

    def measure(self, desk: Desk) -> Array:
        """The number at `index` alone where the loss had to be moved for it, in an array that is else not a number."""
        module_id = desk.module(self.module)
        if self.what == GRADIENT:
            assert desk.gradients is not None  # it fills those of the parameters
        parameters = desk.twin.parameters_of(module_id)
        if self.name not in parameters:
            raise ValueError(f"{self.module} has no parameter {self.name!r}: it has {', '.join(parameters) or 'none'}.")
        found = parameters[self.name]
        if self.what == VALUE:
            return found.value
        if self.what == GRADIENT:
            return found.grad
        if len(self.index) != found.value.ndim:
            raise ValueError(f"{self.name} has {found.value.ndim} axes: give as many numbers as its index.")
        if any(i >= n for i, n in zip(self.index, found.value.shape, strict=True)):
            raise ValueError(f"There is no number at index {list(self.index)} of {list(found.value.shape)}.")
        moved = np.full(found.value.shape, np.nan)
        moved[self.index] = self._moved(desk, found.value)
        return moved

    def _moved(self, desk: Desk, values: Array) -> float:
        before = float(values[self.index])

        def loss_at(value: float) -> float:
            values[self.index] = value
            desk.twin.forward(desk.moment.picture[None].astype(np.float64))
            return float(desk.twin.loss(np.array([desk.moment.label]))[0])

        try:
            if self.what == CHANGE:
                return loss_at(before + self.by) - loss_at(before)
            step = STEP * max(1.0, abs(before))
            return (loss_at(before + step) - loss_at(before - step)) / (2 * step)
        finally:
            values[self.index] = before
