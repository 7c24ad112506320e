"""Local contrast normalisation of the shown picture as a value: what it leaves of it, of light, and of white noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, number, reading, switch, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.analysis.lcn_bench import (
    LcnSteps,
    Light,
    NoiseSpread,
    correlation,
    evenly_lit,
    lcn_steps,
    mean_correlation,
    neighbour_correlation,
    neighbourhoods,
    noise_spread,
    ramp,
    relative_change,
)
from convnet_studio.engine.nn.local_statistics import BORDERS, THRESHOLDS, gaussian_taps
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.nn.whitening import fit_whitening
from convnet_studio.engine.training.inquiry import Moment

LARGEST_WINDOW, LARGEST_WIDTH = 31, 8.0
QUIET = 0.1
"""Of the pixels, those that count as quiet."""
_WHITE = 1e-4
"""Regularisation of the whitening, in parts of the mean variance."""


@dataclass(frozen=True)
class LcnBench(Bench):
    """v = x - w∗x, σ = √(w∗v²), y = v / max(c, σ) (Jarrett et al., 2009), in the light that the dials make."""

    name: ClassVar = "lcn_bench"
    title: ClassVar = "Local contrast normalisation"
    summary: ClassVar = "The shown picture normalised step by step; paint light and shadow on it and see what is left."
    has_own_view: ClassVar = True

    kernel_size: int = whole(9, 3, LARGEST_WINDOW, "Side of the window", "px")
    width: float = number(2.0, 0.5, LARGEST_WIDTH, "Width σ of its Gaussian", "px")
    threshold: str = choice("mean", THRESHOLDS, "Smallest divisor")
    smallest: float = number(1.0, 1e-4, 10.0, "c where it is fixed", is_log=True)
    border: str = choice("exact", BORDERS, "Border")
    across_maps: bool = switch(True, "Mean and spread over all maps")
    added: float = number(0.0, 0.0, 2.0, "Light, rising to the right")
    taken: float = number(0.0, 0.0, 0.95, "Shadow, deepening to the left")
    gain: float = number(1.0, 0.1, 10.0, "Gain of the whole picture", is_log=True)
    offset: float = number(0.0, -10.0, 10.0, "Offset of the whole picture")
    map: int = whole(0, 0, 1023, "Map that is looked at")
    row: int = whole(14, 0, 4095, "Row of the marked pixel")
    column: int = whole(14, 0, 4095, "Column of the marked pixel")

    def __post_init__(self) -> None:
        if self.kernel_size % 2 == 0:
            raise ValueError(f"The side of the window is {self.kernel_size}: it must be odd, so that it has a middle.")

    @property
    def norm(self) -> LocalContrastNorm:
        """The module with these settings."""
        return LocalContrastNorm(
            kernel_size=self.kernel_size,
            width=self.width,
            border=self.border,
            across_maps=self.across_maps,
            threshold=self.threshold,
            threshold_value=self.smallest,
        )

    def light(self, height: int, width: int) -> Light:
        """What falls on a picture of this size: the ramps, and on all of it gain and offset."""
        return ramp(height, width, self.added, self.taken).and_(evenly_lit(height, width, self.gain, self.offset))

    def steps(self, moment: Moment, is_lit: bool = True) -> LcnSteps:
        """All steps for the shown picture in double precision, in the light or without it.

        Raises:
            ValueError: one sentence, where no picture is shown.
        """
        picture = moment.picture
        if picture.ndim != 3 or not np.isfinite(picture).all():
            raise ValueError("There is no picture of finite numbers to normalise: choose another one.")
        plain = replace(self, map=0, row=0, column=0)
        if not is_lit:
            plain = replace(plain, added=0.0, taken=0.0, gain=1.0, offset=0.0)
        return _steps(plain, _Shown(picture))

    def _place(self, steps: LcnSteps) -> tuple[int, int, int]:
        """The marked pixel, within the picture."""
        last = [each - 1 for each in steps.x.shape]
        return min(self.map, last[0]), min(self.row, last[1]), min(self.column, last[2])

    def _look(self, maps: Array) -> Array:
        """The map that is looked at, ``(1, height, width)``: maps differ in their means."""
        at = min(self.map, len(maps) - 1)
        return maps[at : at + 1]

    # ---------------------------------------------------------------- one picture

    @reading
    def mean_inside(self, moment: Moment) -> float:
        """Mean of v over the pixels whose window lies inside the picture; not a number where there is none."""
        reach, v = self.kernel_size // 2, self.steps(moment).subtracted
        inside = v[:, reach : v.shape[1] - reach, reach : v.shape[2] - reach]
        return float(inside.mean()) if inside.size else math.nan

    @reading
    def sigma(self, moment: Moment) -> float:
        """σ at the marked pixel."""
        steps = self.steps(moment)
        index, row, column = self._place(steps)
        return float(steps.deviation[0 if self.across_maps else index, row, column])

    @reading
    def divisor(self, moment: Moment) -> float:
        """max(c, σ) at the marked pixel."""
        steps = self.steps(moment)
        index, row, column = self._place(steps)
        return float(steps.divisor[0 if self.across_maps else index, row, column])

    @reading
    def y(self, moment: Moment) -> float:
        """What comes out at the marked pixel."""
        steps = self.steps(moment)
        return float(steps.y[self._place(steps)])

    @reading
    def quiet_noise(self, moment: Moment) -> float:
        """Standard deviation of y over the quietest tenth of the pixels: those with the smallest σ."""
        steps = self.steps(moment)
        sigma = np.broadcast_to(steps.deviation, steps.y.shape)
        return float(steps.y[sigma <= np.quantile(sigma, QUIET)].std())

    @reading
    def sigma_of_constant(self, moment: Moment) -> float:
        """The largest σ in a picture of this size that is the same grey everywhere."""
        return float(lcn_steps(self.norm, np.full(moment.picture.shape, 0.5)).deviation.max())

    # ---------------------------------------------------------------- light

    @reading
    def change_raw(self, moment: Moment) -> float:
        """Change of the picture by the light, in its standard deviations; not a number for a constant picture."""
        return relative_change(self.steps(moment, False).x, self.steps(moment).x)

    @reading
    def change_y(self, moment: Moment) -> float:
        """Change of y by the light, in its standard deviations; not a number for a constant picture."""
        return relative_change(self.steps(moment, False).y, self.steps(moment).y)

    @reading
    def largest_difference_y(self, moment: Moment) -> float:
        """The largest difference that the light makes in y."""
        return float(np.abs(self.steps(moment, False).y - self.steps(moment).y).max())

    @reading
    def kept_raw(self, moment: Moment) -> float:
        """Correlation of the picture with itself in the light; not a number for a constant picture."""
        return correlation(self.steps(moment, False).x, self.steps(moment).x)

    @reading
    def kept_y(self, moment: Moment) -> float:
        """Correlation of y with y in the light; not a number for a constant picture."""
        return correlation(self.steps(moment, False).y, self.steps(moment).y)

    # ---------------------------------------------------------------- neighbours

    @reading
    def neighbours_raw(self, moment: Moment) -> float:
        """Mean |correlation| of 7×7 neighbours in the picture; not a number for a constant or smaller one."""
        return neighbour_correlation(self._look(self.steps(moment).x))

    @reading
    def neighbours_subtracted(self, moment: Moment) -> float:
        """Of v; not a number for a constant or smaller picture."""
        return neighbour_correlation(self._look(self.steps(moment).subtracted))

    @reading
    def neighbours_y(self, moment: Moment) -> float:
        """Of y; not a number for a constant or smaller picture."""
        return neighbour_correlation(self._look(self.steps(moment).y))

    @reading
    def neighbours_zca(self, moment: Moment) -> float:
        """Of 7×7 neighbourhoods whitened by a ZCA of their own; not a number for a constant or small picture."""
        samples = neighbourhoods(self._look(self.steps(moment).x))
        variance = float(samples.var(axis=0).mean()) if len(samples) else 0.0
        if len(samples) <= samples.shape[1] or not variance:  # too few to know 49 axes by
            return math.nan
        return mean_correlation(fit_whitening(samples, _WHITE * variance).apply(samples))

    # ---------------------------------------------------------------- white noise

    @property
    def _noise(self) -> NoiseSpread:
        return _noise_spread(self.kernel_size, self.width, self.border, self.threshold, self.smallest)

    @reading
    def coverage_edge(self, moment: Moment | None = None) -> float:
        """The weights that are left of the window in the middle of an edge: their sum is 1 inside."""
        taps = gaussian_taps(self.kernel_size, self.width)
        return float(taps[self.kernel_size // 2 :].sum())

    @reading
    def noise_inside(self, moment: Moment | None = None) -> float:
        """Standard deviation of y in the middle of pictures of white noise."""
        return self._noise.inside

    @reading
    def noise_edge(self, moment: Moment | None = None) -> float:
        """Of the pixels along the edges, away from the corners, of pictures of white noise."""
        return self._noise.edge

    @reading
    def noise_corner(self, moment: Moment | None = None) -> float:
        """Of the four corners of pictures of white noise."""
        return self._noise.corner

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """None: its view draws it."""
        yield from ()


@dataclass(frozen=True, eq=False)
class _Shown:
    """A picture under the name of the array that it is, so that work on it need not be done twice."""

    picture: Array

    def __hash__(self) -> int:
        return id(self.picture)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shown) and other.picture is self.picture


@lru_cache(maxsize=8)
def _steps(bench: LcnBench, shown: _Shown) -> LcnSteps:
    picture = shown.picture.astype(np.float64)
    return lcn_steps(bench.norm, bench.light(*picture.shape[1:]).on(picture))


@lru_cache(maxsize=16)
def _noise_spread(kernel_size: int, width: float, border: str, threshold: str, smallest: float) -> NoiseSpread:
    return noise_spread(
        LocalContrastNorm(
            kernel_size=kernel_size,
            width=width,
            border=border,
            across_maps=True,
            threshold=threshold,
            threshold_value=smallest,
        )
    )
