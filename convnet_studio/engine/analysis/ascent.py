"""Ascent: the picture of a given norm that excites a unit most, climbed to along the gradient, from noise.

Maximises R(x) over ‖x‖ = r (Erhan et al., Visualizing higher-layer features of a deep network, 2009):

    x ← r · u / ‖u‖,   u = x / r + η g / ‖g‖,   g = ∂R/∂x

A step that would lower R is not made, and the next is a third as long; after every other η grows by three tenths. For a
norm of linear responses, R = ‖C x‖, long steps are power iteration on CᵀC.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convnet_studio.engine.analysis.unit import Box, Unit, UnitPath
from convnet_studio.engine.nn.module import Array

MOST_ITERATIONS = 400
FIRST_STEP = 0.1
_SHORTEST, _LONGEST = 1e-5, 100.0
_LOOK_BACK = 15
"""Iterations over which the gain is measured."""
_LEAST_GAIN = 1e-3
"""Climbs end where the last `_LOOK_BACK` iterations brought less than this part of the whole."""
_LEAST_SLOPE = 1e-4
"""... or where so little of the gradient lies along the sphere."""
_NEW_NOISE = 20
"""How often a start on which a unit is silent is drawn anew."""


class Ascent:
    """Climbs for several units of one module side by side, each with a picture of its own.

    Args:
        path: to the module.
        units: what is to be excited.
        norm: r, of every picture.
        seed: of the noise; a unit's noise depends on its channel and this alone.
        jitter: pixels by which the picture is shifted at random before each gradient; with it, steps are all made and
            as long as the first, and the climb ends after `MOST_ITERATIONS`.
        starts: pictures ``(len(units), *input_shape)`` to begin from in place of noise.

    Attributes:
        pictures: ``(len(units), *input_shape)``, 0 where a unit sees nothing. `values`: R of each, ``(len(units),)``.
        traces: the values so far, a list for each unit, the first that of the noise.
        has_converged: of each unit. `is_silent`: whether no noise moved a unit, so that it could not climb.
    """

    def __init__(
        self,
        path: UnitPath,
        units: Sequence[Unit],
        norm: float,
        seed: int = 0,
        jitter: int = 0,
        starts: Array | None = None,
    ) -> None:
        self._path = path
        self.units = tuple(units)
        self.norm = norm
        self._jitter = jitter
        self._random = np.random.default_rng(seed)
        self._dtype = path.network.parameters.dtype
        self.boxes: tuple[Box, ...] = tuple(path.box(unit) for unit in units)
        count = len(self.units)
        self._steps = np.full(count, FIRST_STEP)
        self.has_converged = np.zeros(count, bool)
        self.is_silent = np.zeros(count, bool)
        if starts is None:
            self.pictures, self.values, self._slopes = self._from_noise(seed)
        else:
            self.pictures = self._on_sphere(np.asarray(starts, self._dtype), range(count))
            self.values, self._slopes = self._climb_from(self.pictures, range(count))
        self.traces: list[list[float]] = [[float(value)] for value in self.values]

    @property
    def is_over(self) -> bool:
        """Whether all have converged, or climbed as long as they may."""
        return bool(self.has_converged.all())

    def advance(self) -> None:
        """One iteration for every unit that has not converged."""
        rows = np.flatnonzero(~self.has_converged)
        if not len(rows):
            return
        if self._jitter:
            self._slopes[rows] = self._jittered(rows)
        steps = self._steps[rows].reshape(-1, *[1] * (self.pictures.ndim - 1))
        tried = self.pictures[rows] / self.norm + steps * _unit_length(self._slopes[rows])
        tried = self._on_sphere(tried.astype(self._dtype), rows)
        values, slopes = self._climb_from(tried, rows)
        is_better = (values >= self.values[rows]) | bool(self._jitter)
        better = rows[is_better]
        self.pictures[better], self.values[better] = tried[is_better], values[is_better]
        self._slopes[better] = slopes[is_better]
        if not self._jitter:
            self._steps[rows] = np.clip(self._steps[rows] * np.where(is_better, 1.3, 1 / 3), None, _LONGEST)
        for row in rows.tolist():
            self.traces[row].append(float(self.values[row]))
            self.has_converged[row] = self._is_at_top(row)

    def _is_at_top(self, row: int) -> bool:
        trace = self.traces[row]
        if self.is_silent[row] or len(trace) > MOST_ITERATIONS or not np.isfinite(trace[-1]):
            return True
        if self._jitter:
            return False
        slope, picture = self._slopes[row].ravel(), self.pictures[row].ravel() / self.norm
        size = float(np.linalg.norm(slope))
        along = float(np.linalg.norm(slope - (slope @ picture) * picture))
        if size == 0 or along < _LEAST_SLOPE * size or self._steps[row] < _SHORTEST:
            return True
        if len(trace) <= _LOOK_BACK:
            return False
        return trace[-1] - trace[-1 - _LOOK_BACK] < _LEAST_GAIN * max(abs(trace[-1]), trace[-1] - trace[0])

    def _from_noise(self, seed: int) -> tuple[Array, Array, Array]:
        """Normal noise where each unit sees something; other noise for those that it leaves silent."""
        count = len(self.units)
        pictures = np.zeros((count, *self._path.network.input_shape), self._dtype)
        values = np.zeros(count, self._dtype)
        slopes = np.zeros_like(pictures)
        draws = [np.random.default_rng([seed, unit.channel]) for unit in self.units]
        waiting = np.arange(count)
        for _ in range(_NEW_NOISE):
            for row in waiting:
                pictures[row] = draws[row].normal(size=pictures.shape[1:])
            pictures[waiting] = self._on_sphere(pictures[waiting], waiting)
            values[waiting], slopes[waiting] = self._climb_from(pictures[waiting], waiting)
            waiting = waiting[~np.any(slopes[waiting].reshape(len(waiting), -1), axis=1)]
            if not len(waiting):
                break
        self.is_silent[waiting] = True
        self.has_converged[waiting] = True
        return pictures, values, slopes

    def _on_sphere(self, pictures: Array, rows: Sequence[int] | Array) -> Array:
        """`pictures`, of the norm asked for, and 0 where the unit of each row sees nothing."""
        placed = np.zeros_like(pictures)
        for number, row in enumerate(rows):
            seen = (number, slice(None), *self.boxes[row])
            placed[seen] = pictures[seen]
        return self.norm * _unit_length(placed)

    def _climb_from(self, pictures: Array, rows: Sequence[int] | Array) -> tuple[Array, Array]:
        """R and its gradient at `pictures`, one for each row."""
        return self._path.values_and_slopes(pictures, [self.units[row] for row in rows])

    def _jittered(self, rows: Array) -> Array:
        """The gradient at pictures shifted at random, shifted back."""
        axes = tuple(range(2, self.pictures.ndim))
        shift = tuple(int(each) for each in self._random.integers(-self._jitter, self._jitter + 1, len(axes)))
        _, slopes = self._climb_from(np.roll(self.pictures[rows], shift, axes), rows)
        back: Array = np.roll(slopes, tuple(-each for each in shift), axes)
        return back


def _unit_length(arrays: Array) -> Array:
    """Each array ``(count, ...)`` divided by its Euclidean norm; 0 stays 0."""
    norms = np.sqrt(np.square(arrays.reshape(len(arrays), -1), dtype=np.float64).sum(axis=1))
    scaled: Array = (arrays / np.where(norms > 0, norms, 1).reshape(-1, *[1] * (arrays.ndim - 1))).astype(arrays.dtype)
    return scaled
