"""The pooling dial as a value: one window of numbers, pooled with any sharpness from the mean to the maximum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, numbers, reading
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.analysis.pooling_dial import FAMILIES, P_NORM, gradient, pooled
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Moment

SIZES = ("2×2", "3×3", "4×4")
SIDE = 6
"""Of the numbers: the largest window, and one more on every side."""
_START = (
    *(0.0, 0.1, 0.0, 0.0, 0.2, 0.1),
    *(0.1, 0.3, -0.2, 0.1, 0.0, 0.0),
    *(0.0, -0.4, 0.9, 0.2, 0.1, 0.0),
    *(0.0, 0.1, 0.5, -0.1, 0.0, 0.1),
    *(0.1, 0.0, 0.2, 0.0, -0.3, 0.0),
    *(0.0, 0.0, 0.1, 0.0, 0.1, 0.0),
)
_LARGEST = 1e6


@dataclass(frozen=True)
class PoolingDialBench(Bench):
    """((1/n²) Σ |x|^p)^(1/p) and (1/b) log((1/n²) Σ e^bx), which go from the mean to the maximum."""

    name: ClassVar = "pooling_dial"
    title: ClassVar = "Pooling dial"
    summary: ClassVar = "One window pooled from mean to maximum: value, change under a shift, shares of the gradient."
    has_own_view: ClassVar = True

    family: str = choice(P_NORM, FAMILIES, "Kind of pooling")
    p: float = number(2.0, 1.0, math.inf, "p of the p-norm", is_log=True)
    b: float = number(1.0, 0.0, math.inf, "b of log-sum-exp", is_log=True)
    size: str = choice(SIZES[1], SIZES, "Size of the window")
    numbers: tuple[float, ...] = numbers(_START, -_LARGEST, _LARGEST, "Numbers, row by row, of 6 × 6")

    @property
    def side(self) -> int:
        """Of the window, whose first number is in row and column 1, counted from 0."""
        return SIZES.index(self.size) + 2

    @property
    def amount(self) -> float:
        """p or b."""
        return self.p if self.family == P_NORM else self.b

    @property
    def patch(self) -> Array:
        """The window and one number around it, ``(side + 2, side + 2)``."""
        end = self.side + 2
        return np.array(self.numbers, np.float64).reshape(SIDE, SIDE)[:end, :end]

    @property
    def window(self) -> Array:
        """``(side, side)``."""
        return self.patch[1:-1, 1:-1]

    @property
    def _seen(self) -> Array:
        return np.abs(self.window) if self.family == P_NORM else self.window

    @reading
    def value(self, moment: Moment | None = None) -> float:
        """What the window is pooled to."""
        return float(pooled(self.family, self.amount, self.window, self.side)[0, 0])

    @reading
    def mean(self, moment: Moment | None = None) -> float:
        """The mean of the numbers, of a p-norm that of their sizes."""
        return float(self._seen.mean())

    @reading
    def maximum(self, moment: Moment | None = None) -> float:
        """The largest number, of a p-norm the largest size."""
        return float(self._seen.max())

    @reading
    def sum_form(self, moment: Moment | None = None) -> float:
        """With the sum in place of the mean, as on the tutorial's slide; infinite for b = 0."""
        value, count = self.value(), self.side**2
        if math.isinf(self.amount):
            return value
        if self.family == P_NORM:
            return float(value * count ** (1 / self.amount))
        return float(value + math.log(count) / self.b) if self.b else math.inf

    @reading
    def change_under_shift(self, moment: Moment | None = None) -> float:
        """The largest change when the window moves by 1 number, over the value; not a number where that is 0."""
        near, value = pooled(self.family, self.amount, self.patch, self.side), self.value()
        return float(np.abs(near - value).max()) / abs(value) if value else math.nan

    @reading
    def gradient(self, moment: Moment | None = None) -> Array:
        """∂y/∂x of each number of the window, row by row."""
        return gradient(self.family, self.amount, self.window).ravel()

    @reading
    def shares(self, moment: Moment | None = None) -> Array:
        """Of each number in the sum of |∂y/∂x|, row by row; 0 where there is no gradient."""
        sizes = np.abs(self.gradient())
        return sizes / (sizes.sum() or 1.0)

    @reading
    def largest_share(self, moment: Moment | None = None) -> float:
        """The largest of the shares."""
        return float(self.shares().max())

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """None: its view draws it."""
        yield from ()
