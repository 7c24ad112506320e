"""Curve: a growing row of points that stays cheap to draw, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


class Curve:
    """Points in the order of x."""

    def __init__(self) -> None:
        self._x = np.empty(1024)
        self._y = np.empty(1024)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> NDArray[np.float64]:
        """All x, a view."""
        return self._x[: self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        """All y, a view."""
        return self._y[: self._count]

    def extend(self, xs: Sequence[float] | NDArray[np.float64], ys: Sequence[float] | NDArray[np.float64]) -> None:
        """Add points behind the last one."""
        end = self._count + len(xs)
        if end > len(self._x):
            self._x = _grown(self._x, self._count, 2 * end)
            self._y = _grown(self._y, self._count, 2 * end)
        self._x[self._count : end] = xs
        self._y[self._count : end] = ys
        self._count = end

    def cut_after(self, x: float) -> None:
        """Drop all points beyond `x`: training went back to a checkpoint."""
        self._count = int(np.searchsorted(self.x, x, side="right"))

    def nearest(self, x: float) -> int:
        """Index of the point nearest to `x`, the last of several at one place; -1 where there is none."""
        if not self._count:
            return -1
        right = min(int(np.searchsorted(self.x, x, side="right")), self._count - 1)
        left = max(0, right - 1)
        return left if abs(self.x[left] - x) < abs(self.x[right] - x) else right

    def thinned(self, most: int) -> Points:
        """At most about `most` points that look the same: of every stretch its lowest and its highest, so that no
        spike and no best value is ever hidden."""
        size = -(-2 * self._count // max(2, most))
        if size <= 2:
            return self.x, self.y
        whole = self._count // size * size
        kept = _extremes(self.y[:whole].reshape(-1, size))
        if whole < self._count:
            rest = _extremes(self.y[whole:].reshape(1, -1)) + whole
            kept = np.concatenate([kept, rest, [self._count - 1]])
        return self.x[kept], self.y[kept]

    def every(self, most: int) -> Points:
        """At most about `most` points, evenly picked, the last one among them: for curves that are smooth."""
        step = max(1, -(-self._count // max(1, most)))
        first = (self._count - 1) % step if self._count else 0
        return self.x[first::step], self.y[first::step]


class RunningMean:
    """A mean that forgets: the last `memory` values or so count. The first ones are averaged plainly."""

    def __init__(self, memory: float) -> None:
        self._keep = 1.0 - 1.0 / max(1.0, memory)
        self._sum = 0.0
        self._weight = 0.0

    def take(self, values: Sequence[float]) -> list[float]:
        """The mean after each of `values`; one that is not finite leaves it as it is."""
        means = []
        for value in values:
            if np.isfinite(value):
                self._sum = self._keep * self._sum + value
                self._weight = self._keep * self._weight + 1.0
            means.append(self._sum / self._weight if self._weight else float("nan"))
        return means


def _extremes(blocks: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where in the blocks, written one behind the other, the lowest and highest finite values stand, in order."""
    starts = np.arange(len(blocks)) * blocks.shape[1]
    finite = np.isfinite(blocks)
    lowest = starts + np.argmin(np.where(finite, blocks, np.inf), axis=1)
    highest = starts + np.argmax(np.where(finite, blocks, -np.inf), axis=1)
    return np.stack([np.minimum(lowest, highest), np.maximum(lowest, highest)], 1).ravel()


def _grown(array: NDArray[np.float64], used: int, size: int) -> NDArray[np.float64]:
    larger = np.empty(size)
    larger[:used] = array[:used]
    return larger
