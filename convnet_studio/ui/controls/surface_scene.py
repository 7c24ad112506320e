"""Surface scene: what a surface and its contour map show: a function on a rectangle, ways over it, curves, spots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPainterPath

from convnet_studio.engine.analysis.level_lines import even_levels, level_lines, log_levels
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.surface_slices import bilinear
from convnet_studio.ui.map_images import Scale

LOG_FLOOR = 1e-4
"""Below this all heights of a logarithmic surface are alike."""
_MOST_POINTS = 600
"""Of a way that are drawn: more are not told apart."""


@dataclass(frozen=True, eq=False)
class Field:
    """A function on a grid.

    Attributes:
        values: ``(rows, columns)``, row 0 at the lower end of `y`, column 0 at that of `x`.
        x, y: ends of the rectangle. `names`: of the two coordinates.
        is_log: whether heights are logarithms. `ceiling`: values above are drawn as high as it.
        unit: what a value is, such as "loss".
    """

    values: Array
    x: tuple[float, float]
    y: tuple[float, float]
    names: tuple[str, str] = ("w0", "w1")
    is_log: bool = False
    ceiling: float = math.inf
    unit: str = "loss"

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The values at height 0 and 1."""
        finite = self.values[np.isfinite(self.values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        high = min(high, self.ceiling)
        if self.is_log:
            low = max(low, LOG_FLOOR)
            return low, max(high, low * 1.5)
        low = 0.0 if 0 <= low < high / 4 else low
        return low, high if high > low else low + 1.0

    @cached_property
    def heights(self) -> Array:
        """Heights 0 .. 1; what is not finite stands as high as the ceiling."""
        return self.height_of(np.where(np.isfinite(self.values), self.values, np.inf))

    def height_of(self, values: Array) -> Array:
        """The height 0 .. 1 at which values are drawn."""
        low, high = self.ends
        values = np.clip(values, low, high)
        heights = np.log(values / low) / math.log(high / low) if self.is_log else (values - low) / (high - low)
        result: Array = np.asarray(heights, np.float32)
        return result

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """Values worth a line."""
        return log_levels(*self.ends) if self.is_log else even_levels(*self.ends)

    @cached_property
    def scale(self) -> Scale:
        """Of the colours, which follow the heights."""
        return Scale("non_negative", 0.0, 1.0)

    def lines(self, level: float) -> Array:
        """Where it has the value `level`: segments ``(count, 2, 2)`` in cells."""
        return level_lines(self.heights.astype(np.float64), float(self.height_of(np.array(level))))

    def cells(self, points: Array) -> tuple[Array, Array]:
        """(column, row) in cells of points ``(n, 2)`` of the rectangle."""
        rows, columns = self.values.shape
        x = (points[:, 0] - self.x[0]) / (self.x[1] - self.x[0]) * (columns - 1)
        y = (points[:, 1] - self.y[0]) / (self.y[1] - self.y[0]) * (rows - 1)
        return x, y

    def point(self, row: float, column: float) -> tuple[float, float]:
        """(x, y) of a place in cells."""
        rows, columns = self.values.shape
        return (
            self.x[0] + column / (columns - 1) * (self.x[1] - self.x[0]),
            self.y[0] + row / (rows - 1) * (self.y[1] - self.y[0]),
        )

    def has(self, points: Array) -> Array:
        """Which of the points ``(n, 2)`` lie in the rectangle."""
        with np.errstate(invalid="ignore"):
            inside: Array = (
                (points[:, 0] >= self.x[0])
                & (points[:, 0] <= self.x[1])
                & (points[:, 1] >= self.y[0])
                & (points[:, 1] <= self.y[1])
            )
        return inside

    def height_at(self, points: Array) -> Array:
        """Height of the drawn surface at points ``(n, 2)``."""
        columns, rows = self.cells(points)
        return bilinear(self.heights, rows, columns)


@dataclass(frozen=True, eq=False)
class Way:
    """A line over the surface.

    Attributes:
        points: ``(n, 2)``; what is not a number interrupts it. `color`: of the line.
        label: beside its end, one or two letters; empty: no ball at its end. `is_dashed`: a curve, not a path.
        shows_steps: whether each of its points has a dot, as long as they are few.
    """

    points: Array
    color: QColor
    label: str = ""
    is_dashed: bool = False
    shows_steps: bool = False

    @cached_property
    def drawn(self) -> Array:
        """The points, thinned where there are too many to tell apart, the last one among them."""
        step = -(-len(self.points) // _MOST_POINTS)
        return self.points if step <= 1 else np.concatenate([self.points[:-1:step], self.points[-1:]])


@dataclass(frozen=True)
class Spot:
    """A place with a name, such as a saddle."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Arrow:
    """From a place into a direction, both of the rectangle."""

    x: float
    y: float
    dx: float
    dy: float


@dataclass(frozen=True, eq=False)
class Scene:
    """All that lies on a field; both pictures of it show the same."""

    ways: Sequence[Way] = ()
    curves: Sequence[Way] = ()
    spots: Sequence[Spot] = ()
    pointer: tuple[float, float] | None = None
    arrow: Arrow | None = field(default=None)


def subdivided(points: Array, longest: float) -> Array:
    """The same line with no piece longer than `longest`, at most some thousand points."""
    if len(points) < 2:
        return points
    lengths = np.hypot(*np.diff(points, axis=0).T)
    pieces = np.maximum(1, np.ceil(np.where(np.isfinite(lengths), lengths, 0) / longest)).astype(int)
    pieces = np.minimum(pieces, max(1, 4000 // len(pieces)))
    starts = np.repeat(np.arange(len(pieces)), pieces)
    within = np.arange(len(starts)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    part = (within / pieces[starts])[:, None]
    between = points[starts] + part * (points[starts + 1] - points[starts])
    whole: Array = np.concatenate([between, points[-1:]])
    return whole


def path_through(x: Array, y: Array, is_drawn: Array) -> QPainterPath:
    """A path whose piece from point i to i + 1 is there where `is_drawn[i]`."""
    finite = np.isfinite(x) & np.isfinite(y)
    joined = is_drawn & finite
    joined[:-1] &= finite[1:]
    x, y = np.where(finite, x, 0.0), np.where(finite, y, 0.0)
    path: QPainterPath = pg.arrayToQPath(x.astype(np.float64), y.astype(np.float64), connect=joined.astype(np.int32))
    return path
