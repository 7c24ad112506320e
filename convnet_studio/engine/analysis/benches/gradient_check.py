"""One module and one number: the slope that it computes against slopes measured on either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Rows, Words
from convnet_studio.engine.nn.gradient_check import STEP
from convnet_studio.engine.nn.module import Array, Module, SettingValue
from convnet_studio.engine.project.kinds import kind_named, make
from convnet_studio.engine.training.inquiry import Moment

POOL = "L2 pool"
MODULES = ("Tanh", "Sigmoid", "ReLU", "Abs", "Softshrink", POOL)
REACH = 2.0
"""Inputs go from minus this to this."""
POINTS = 201
TOLERANCE, BEND = 1e-4, 1e-3
"""How far slopes may lie apart: the computed one from the measured one, and those of both sides from each other."""


@dataclass(frozen=True)
class GradientCheck(Bench):
    """A module with one number going in; an L2 pool has a window of four, of which the other three are alike."""

    name: ClassVar = "gradient_check"
    title: ClassVar = "One module, checked"
    summary: ClassVar = "Output and slope of one module at one number, and whether the slope is what is measured."

    module: str = choice("Tanh", MODULES, "Module")
    x: float = number(1.0, -REACH, REACH, "Input x")
    others: float = number(0.0, 0.0, REACH, "Other three pixels (L2 pool)")

    @reading
    def value(self, moment: Moment | None = None) -> float:
        """What the module puts out for x."""
        return self._value(self.x)

    @reading
    def slope(self, moment: Moment | None = None) -> float:
        """What its backward says the slope is at x."""
        module, given = self._module(), self._given(np.array([self.x]))
        by_input = module.backward(np.ones_like(module.forward(given)))
        return float(np.reshape(by_input, -1)[0])

    @reading
    def left(self, moment: Moment | None = None) -> float:
        """Slope measured by a small step down from x."""
        return (self._value(self.x) - self._value(self.x - STEP)) / STEP

    @reading
    def right(self, moment: Moment | None = None) -> float:
        """Slope measured by a small step up from x."""
        return (self._value(self.x + STEP) - self._value(self.x)) / STEP

    @reading
    def is_kink(self, moment: Moment | None = None) -> float:
        """1 where both sides have different slopes, so that there is no one slope at x; else 0."""
        return float(abs(self.left() - self.right()) > BEND)

    @reading
    def passes(self, moment: Moment | None = None) -> float:
        """1 where there is one slope and it is what backward says, else 0."""
        measured = (self.left() + self.right()) / 2
        return float(not self.is_kink() and abs(measured - self.slope()) <= TOLERANCE)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Badge, curve with the tangent at x, and the slopes."""
        x = np.linspace(-REACH, REACH, POINTS)
        value, slope = self.value(), self.slope()
        lines = {f"y = {self.module}(x)": (x, self._values(x))}
        around = np.array([self.x - 0.6, self.x + 0.6])
        lines["slope that backward says"] = (around, value + slope * (around - self.x))
        mark = Mark(f"({self.x:.3g}, {value:.4g})", self.x, value)
        table = [
            ("output", f"{value:.6g}"),
            ("slope from below, measured", f"{self.left():.6g}"),
            ("slope from above, measured", f"{self.right():.6g}"),
            ("slope that backward says", f"{slope:.6g}"),
        ]
        if self.module == POOL:
            with np.errstate(invalid="ignore"):
                by_formula = float(np.divide(self.x, value))
            table.append(("formula x / y", "0 / 0, no number" if np.isnan(by_formula) else f"{by_formula:.6g}"))
        yield (
            Words("Badge", self._badge()),
            Curves("The module", lines, "x", "y", (mark,)),
            Rows("Slopes at x", ("", ""), tuple(table)),
        )

    def _badge(self) -> str:
        if self.passes():
            return "✓ passes: backward says what is measured on both sides."
        if self.is_kink():
            return "△ at a kink: the two sides have different slopes, so no single number is the slope here."
        return "✗ fails: backward says something else than is measured."

    def _module(self) -> Module:
        is_pool = self.module == POOL
        settings: dict[str, SettingValue] = {"kernel_size": 2, "stride": 2, "inside": "sum"} if is_pool else {}
        module = make(kind_named("LPPool2d" if is_pool else self.module), settings)
        assert isinstance(module, Module)
        return module

    def _given(self, x: Array) -> Array:
        """A batch of inputs for these numbers, float64: lists of one number, or windows with the others beside it."""
        if self.module != POOL:
            return x[:, None]
        windows = np.full((len(x), 1, 2, 2), self.others)
        windows[:, 0, 0, 0] = x
        return windows

    def _values(self, x: Array) -> Array:
        put_out: Array = self._module().forward(self._given(x)).reshape(-1)
        return put_out

    def _value(self, x: float) -> float:
        return float(self._values(np.array([x]))[0])
