"""Curve: a growing row of points that stays cheap to draw, however many there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


class Curve:
    """Points in the order of x (0 or more), in pieces between which no line is drawn.

    Drawn and stored curves are thinned by x: the axis is divided into equal buckets, from 0 on, whose width is a power
    of two. So each wide bucket consists of whole narrow ones, and what was thinned once looks the same when it is
    thinned again.
    """

    def __init__(self) -> None:
        self._x = np.empty(1024)
        self._y = np.empty(1024)
        self._count = 0
        self._starts: list[int] = []  # where pieces behind the first begin
        self._breaks: list[float] = []  # the x of the same

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

    @property
    def pieces(self) -> list[slice]:
        """Where the points of each piece lie; a piece may have none yet."""
        edges = [0, *self._starts, self._count]
        return [slice(start, end) for start, end in pairwise(edges)]

    def extend(self, xs: Sequence[float] | NDArray[np.float64], ys: Sequence[float] | NDArray[np.float64]) -> None:
        """Add points behind the last one."""
        end = self._count + len(xs)
        if end > len(self._x):
            self._x = _grown(self._x, self._count, 2 * end)
            self._y = _grown(self._y, self._count, 2 * end)
        self._x[self._count : end] = xs
        self._y[self._count : end] = ys
        self._count = end

    def clear(self) -> None:
        """Begin again with nothing."""
        self._count = 0
        self._starts, self._breaks = [], []

    def break_off(self, x: float) -> None:
        """Begin a new piece at `x`: what comes is of something else."""
        self._starts.append(self._count)
        self._breaks.append(x)

    def take_back_piece(self) -> None:
        """Forget the last piece and the break before it."""
        self._count = self._starts.pop()
        self._breaks.pop()

    def cut_after(self, x: float) -> None:
        """Drop all points beyond `x`: training went back. What comes still belongs to the last piece."""
        self._count = int(np.searchsorted(self.x, x, side="right"))
        self._starts = [min(each, self._count) for each in self._starts]
        self._breaks = [min(each, x) for each in self._breaks]

    def finite(self) -> Curve:
        """The same pieces without the points that are not finite."""
        made = Curve()
        for number, piece in enumerate(self.pieces):
            if number:
                made.break_off(self._breaks[number - 1])
            kept = np.isfinite(self.y[piece])
            made.extend(self.x[piece][kept], self.y[piece][kept])
        return made

    def nearest(self, x: float) -> int:
        """Index of the point nearest to `x`, the last of several at one place; -1 where there is none."""
        if not self._count:
            return -1
        right = min(int(np.searchsorted(self.x, x, side="right")), self._count - 1)
        left = max(0, right - 1)
        return left if abs(self.x[left] - x) < abs(self.x[right] - x) else right

    def thinned(self, most: int) -> Points:
        """At most about `most` points that look the same: of each bucket the lowest and the highest, so that no spike
        and no best value is ever hidden; between two pieces one that is not a number."""
        return self._picked(most // 2, _extremes)

    def every(self, most: int) -> Points:
        """At most about `most` points, of each bucket the last: for curves that are smooth. Pieces as in `thinned`."""
        return self._picked(most, _last)

    def _picked(
        self, buckets: int, pick: Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.int64]]
    ) -> Points:
        """Of each piece what `pick` takes of (y, index of the first point of each bucket), and its two ends."""
        width = _width(float(self._x[self._count - 1]) if self._count else 0.0, buckets)
        xs, ys = [], []
        for number, piece in enumerate(self.pieces):
            x, y = self.x[piece], self.y[piece]
            if number:
                xs.append(np.array([self._breaks[number - 1]]))
                ys.append(np.array([np.nan]))
            if len(x):
                edges = width * np.arange(math.floor(x[0] / width) + 1, math.floor(x[-1] / width) + 1)
                starts = np.unique(np.concatenate([[0], np.searchsorted(x, edges)]))
                kept = np.unique(np.concatenate([[0], pick(y, starts), [len(x) - 1]]))
                xs.append(x[kept])
                ys.append(y[kept])
        return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.empty(0), np.empty(0))


def curve_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> Curve:
    """The curve whose points these are; one that is not a number begins a new piece."""
    curve = Curve()
    edges = [-1, *np.flatnonzero(np.isnan(y)).tolist(), len(y)]
    for start, end in pairwise(edges):
        if start >= 0:
            curve.break_off(float(x[start]))
        curve.extend(x[start + 1 : end], y[start + 1 : end])
    return curve


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


def _width(last: float, most: int) -> float:
    """The narrowest power of two of which at most `most` reach from 0 to `last`."""
    return 2.0 ** math.ceil(math.log2(last / max(1, most))) if last > 0 else 1.0


def _extremes(y: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the first lowest and the first highest finite value of each bucket stand."""
    finite = np.isfinite(y)
    low, high = (y, y) if finite.all() else (np.where(finite, y, np.inf), np.where(finite, y, -np.inf))
    stretches = list(zip(starts.tolist(), [*starts[1:].tolist(), len(y)], strict=True))
    lowest = [start + int(low[start:end].argmin()) for start, end in stretches]
    return np.array(lowest + [start + int(high[start:end].argmax()) for start, end in stretches], np.int64)


def _last(y: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last point of each bucket."""
    return np.append(starts[1:], len(y)) - 1


def _grown(array: NDArray[np.float64], used: int, size: int) -> NDArray[np.float64]:
    larger = np.empty(size)
    larger[:used] = array[:used]
    return larger
