"""LeCun's tanh, 1.7159 tanh(2x/3): its value, slope and bend at a point, by the program's own module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, number, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Curves, Mark, Rows
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.training.inquiry import Moment

REACH = 3.0
_STEP = 1e-4


@dataclass(frozen=True)
class Squash(Bench):
    """f(x) = 1.7159 tanh(2x/3) (LeCun et al., Efficient BackProp, 1998, section 4.4)."""

    name: ClassVar = "squash"
    title: ClassVar = "LeCun's tanh"
    summary: ClassVar = "Value, slope and bend of 1.7159 tanh(2x/3) wherever you point."

    x: float = number(0.0, -REACH, REACH, "Input x")

    @reading
    def value(self, moment: Moment | None = None) -> float:
        """The value f(x)."""
        return float(_value(np.array([self.x]))[0])

    @reading
    def slope(self, moment: Moment | None = None) -> float:
        """f'(x), by the module's own backward."""
        return float(_slope(np.array([self.x]))[0])

    @reading
    def bend(self, moment: Moment | None = None) -> float:
        """f''(x), the change of the slope over a short way."""
        return float(_bend(np.array([self.x]))[0])

    @reading
    def most_bent(self, moment: Moment | None = None) -> float:
        """The x > 0 where |f''| is largest."""
        return _most_bent()

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The three curves with the point on each, and its numbers."""
        x = np.linspace(-REACH, REACH, 301)
        here = Mark(f"x = {self.x:.3g}", self.x)
        value = Curves("f(x), value", {"f": (x, _value(x))}, "x", "f(x)", (Mark("", self.x, self.value()), here))
        slopes = {"slope f′": (x, _slope(x)), "bend f″": (x, _bend(x))}
        marks = (Mark("", self.x, self.slope()), Mark("", self.x, self.bend()), here)
        row = tuple(f"{each:.4f}" for each in (self.x, self.value(), self.slope(), self.bend()))
        yield (
            value,
            Curves("Slope and bend", slopes, "x", "", marks),
            Rows("At this point", ("x", "f(x)", "f′(x)", "f″(x)"), (row,)),
        )


def _value(x: Array) -> Array:
    return ScaledTanh().forward(x)


def _slope(x: Array) -> Array:
    module = ScaledTanh()
    module.forward(x)
    return module.backward(np.ones_like(x))


def _bend(x: Array) -> Array:
    return (_slope(x + _STEP) - _slope(x - _STEP)) / (2 * _STEP)


@cache
def _most_bent() -> float:
    x = np.linspace(0, REACH, 30_001)
    return float(x[np.abs(_bend(x)).argmax()])
