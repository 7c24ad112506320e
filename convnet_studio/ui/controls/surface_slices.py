"""Surface slices: which part of a height field is seen through each pixel, without polygons and without a z-buffer.

Seen in parallel projection with its vertical upright, every column of pixels looks along one vertical slice of the
field. Along a slice, from the viewer on, a point is seen if it stands higher on the screen than all before it: the
floating horizon (Wright, A two-space solution to the hidden line problem (1973)). A slice is sampled where it crosses
the rows of the grid (or the columns, whichever it crosses more steeply) and is straight in between; all columns are
done at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array

LOWEST, HIGHEST = 8.0, 90.0
"""Degrees above the horizon from which a field can be looked at: its underside is never seen."""
_NOWHERE = np.float32(-1e9)


@dataclass(frozen=True)
class Camera:
    """From where the field is seen.

    The field lies in -1 .. 1 both ways, its heights from 0 to `relief`.

    Attributes:
        azimuth: degrees by which it is turned. `elevation`: degrees from which it is looked down at.
        zoom: how large, 1 fits. `relief`: height of the largest value.
    """

    azimuth: float = 32.0
    elevation: float = 40.0
    zoom: float = 1.0
    relief: float = 0.85

    def unit(self, width: float, height: float) -> float:
        """Pixels of a length of 1 in a picture of this size."""
        tall = 2 * math.sqrt(2) * self._sine + self.relief * self._cosine
        return self.zoom * min(width / 3.3, height / (tall + 0.1))

    @property
    def _sine(self) -> float:
        return math.sin(math.radians(self.elevation))

    @property
    def _cosine(self) -> float:
        return math.cos(math.radians(self.elevation))

    def project(self, x: Array, y: Array, h: Array, width: float, height: float) -> tuple[Array, Array]:
        """Places in the picture, in pixels from its upper left, of points of the field (heights 0 .. 1)."""
        turn, unit = math.radians(self.azimuth), self.unit(width, height)
        right = x * math.cos(turn) - y * math.sin(turn)
        deep = x * math.sin(turn) + y * math.cos(turn)
        up = deep * self._sine + (h - 0.5) * self.relief * self._cosine
        return width / 2 + unit * right, height / 2 - unit * up


class Slices:
    """A field ``(rows, columns)`` of heights 0 .. 1 as a camera sees it in a picture of `width` x `height` pixels.

    Row 0 lies at y = -1, column 0 at x = -1. Under its edges walls go down to height 0.

    Attributes:
        pixels: flat indices of the pixels that show the surface, ``(count,)``.
        rows, columns: which part of the field they show, ``(count,)`` float32, in cells from the first.
        walls: flat indices of the pixels that show a wall. `wall_sides`: whether each belongs to a side, ``(count,)``.
    """

    def __init__(self, heights: Array, camera: Camera, width: int, height: int) -> None:
        self.camera, self.width, self.height = camera, width, height
        turn, unit = math.radians(camera.azimuth), camera.unit(width, height)
        sine, cosine = math.sin(turn), math.cos(turn)
        self._along_rows = abs(cosine) >= abs(sin_ := sine)
        lead = cosine if self._along_rows else sin_
        field = np.asarray(heights if self._along_rows else heights.T, np.float32)
        self._is_flipped = lead < 0
        field = field[::-1] if self._is_flipped else field
        self._steps, self._across = field.shape
        right = (np.arange(width) + 0.5 - width / 2) / unit
        self._find_ways(right, sine, cosine, lead)
        self._sample(np.ascontiguousarray(field), right, sine, cosine, lead, unit)
        self._see()

    def _find_ways(self, right: Array, sine: float, cosine: float, lead: float) -> None:
        """Of each slice: where across it is at step 0, how far it moves across in a step, where it enters and leaves.

        With (a, b) the coordinates along and across: b = (right + a sine) / cosine along rows, else
        b = (a cosine - right) / sine.
        """
        steps, across = self._steps - 1, self._across - 1
        sign = -1.0 if self._is_flipped else 1.0  # a = sign (2 step / steps - 1)
        slope, offset = (sine / cosine, right / cosine) if self._along_rows else (cosine / sine, -right / sine)
        self._start = ((offset - slope * sign + 1) / 2 * across).astype(np.float32)
        self._drift = np.float32(slope * sign * across / steps)
        if abs(self._drift) > 1e-6:
            ends = np.sort([(0 - self._start) / self._drift, (across - self._start) / self._drift], axis=0)
            self._first = np.clip(ends[0], 0, None).astype(np.float32)
            self._last = np.clip(ends[1], None, steps).astype(np.float32)
        else:
            inside = (self._start >= 0) & (self._start <= across)
            self._first = np.where(inside, 0, 1).astype(np.float32)
            self._last = np.where(inside, steps, 0).astype(np.float32)

    def _sample(self, field: Array, right: Array, sine: float, cosine: float, lead: float, unit: float) -> None:
        """Where on the screen the samples of each slice stand, in pixels above the middle: ``(steps, width)``."""
        numbers = np.arange(self._steps, dtype=np.float32)[:, None]
        first, last = self._first, np.maximum(self._first, self._last)
        self._at = np.clip(numbers, first, last)
        across = np.clip(self._start + self._drift * self._at, 0, self._across - 1)
        left = np.minimum(across.astype(np.int32), self._across - 2)
        place = left + np.arange(self._steps, dtype=np.int32)[:, None] * self._across
        flat = field.reshape(-1)
        low = flat[place]
        h = low + (across - left) * (flat[place + 1] - low)
        h = np.where(numbers < first, bilinear(field, first, across[0]), h)  # before it enters and after it leaves
        h = np.where(numbers > last, bilinear(field, last, across[-1]), h)
        deep_start = right * (sine / cosine if self._along_rows else -cosine / sine) - 1 / abs(lead)
        camera = self.camera
        rise = math.sin(math.radians(camera.elevation)) * unit
        self._climb = camera.relief * math.cos(math.radians(camera.elevation)) * unit
        base = (deep_start * rise - self._climb / 2).astype(np.float32)
        step = np.float32(2 / (self._steps - 1) / abs(lead) * rise)
        self._up = base + step * self._at + np.float32(self._climb) * h
        self._base = base + step * self._at[0]
        self._horizon = np.maximum.accumulate(self._up, axis=0)
        is_empty = self._first > self._last
        self._horizon[:, is_empty] = _NOWHERE
        self._base[is_empty] = -_NOWHERE

    def _see(self) -> None:
        """Through each pixel, the first sample that stands as high; the surface is seen just before it."""
        width, height = self.width, self.height
        bottom = 0.5 - height / 2  # of the middle of the lowest pixel, above the middle of the picture
        passed = np.clip(np.floor(self._horizon - bottom) + 1, 0, height).astype(np.int32)
        flat_passed = passed * np.int32(width) + np.arange(width, dtype=np.int32)
        counts = np.bincount(flat_passed.reshape(-1), minlength=(height + 1) * width)[: height * width]
        self._number = np.cumsum(counts.astype(np.int16).reshape(height, width), axis=0, dtype=np.int16)
        flat = self._number.reshape(-1)
        seen = np.flatnonzero((flat > 0) & (flat < self._steps)).astype(np.int32)
        row, column = np.divmod(seen, np.int32(width))
        self.rows, self.columns = self._places(flat[seen], column, row.astype(np.float32) + np.float32(bottom))
        self.pixels = (height - 1 - row) * np.int32(width) + column
        lowest = np.clip(np.ceil(self._base - bottom), 0, height).astype(np.int32)
        tall = np.maximum(passed[0] - lowest, 0)  # pixels of the wall in each column, from its lowest one on
        column = np.repeat(np.arange(width, dtype=np.int32), tall)
        row = np.arange(len(column)) + np.repeat(lowest + tall - np.cumsum(tall), tall)
        self.walls = (height - 1 - row) * width + column
        self.wall_sides = (self._first > 0)[column] ^ (not self._along_rows)

    def _places(self, number: Array, column: Array, up: Array) -> tuple[Array, Array]:
        """(row, column) in the field of what is seen at height `up` of a column of pixels, before sample `number`."""
        after = number.astype(np.int32) * np.int32(self.width) + column
        before = after - np.int32(self.width)
        ups, ats = self._up.reshape(-1), self._at.reshape(-1)
        low = ups[before]
        part = (up - low) / np.maximum(ups[after] - low, np.float32(1e-6))
        begin = ats[before]
        along = begin + part * (ats[after] - begin)
        across = np.clip(self._start[column] + self._drift * along, 0, self._across - 1)
        along = self._steps - 1 - along if self._is_flipped else along
        return (along, across) if self._along_rows else (across, along)

    def at(self, x: float, y: float) -> tuple[float, float] | None:
        """(row, column) in the field of what is seen at a place of the picture; None beside the surface."""
        column, row = math.floor(x), self.height - 1 - math.floor(y)
        if not (0 <= column < self.width and 0 <= row < self.height):
            return None
        number = self._number[row, column]
        if not 0 < number < self._steps:
            return None
        up = np.array([self.height / 2 - y], np.float32)
        found = self._places(np.array([number]), np.array([column]), up)
        return float(found[0][0]), float(found[1][0])

    def is_seen(self, x: Array, y: Array, px: Array, py: Array, slack: float = 1.5) -> Array:
        """Whether points on the surface are in sight.

        Args:
            x, y: where in the field, -1 .. 1. `px`, `py`: where in the picture, from `Camera.project`.
            slack: pixels by which the surface in front may stand higher.
        """
        along = y if self._along_rows else x
        along = (1 - along if self._is_flipped else 1 + along) / 2 * (self._steps - 1)
        before = np.ceil(along - 0.5).astype(int) - 1
        number = np.clip(before, 0, self._steps - 1)
        middle = np.clip(px - 0.5, 0, self.width - 1.001)
        left = middle.astype(int)
        part = middle - left
        horizon = self._horizon[number, left] * (1 - part) + self._horizon[number, left + 1] * part
        up = self.height / 2 - py
        hidden = horizon > up + slack
        inside = (px >= 0) & (px < self.width)
        seen: Array = ~(hidden & (before >= 0) & inside)
        return seen


def bilinear(field: Array, rows: Array, columns: Array) -> Array:
    """Values of `field` between its grid points; places outside take the value at its edge."""
    rows = np.clip(rows, 0, field.shape[0] - 1)
    columns = np.clip(columns, 0, field.shape[1] - 1)
    r = np.minimum(rows.astype(np.int32), field.shape[0] - 2)
    c = np.minimum(columns.astype(np.int32), field.shape[1] - 2)
    down, right = rows - r, columns - c
    upper = field[r, c] * (1 - right) + field[r, c + 1] * right
    lower = field[r + 1, c] * (1 - right) + field[r + 1, c + 1] * right
    result: Array = upper * (1 - down) + lower * down
    return result
