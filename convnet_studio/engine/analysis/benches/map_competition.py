"""Local contrast normalisation across maps: what one loud map does to the quiet ones at the same place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench, number, reading, switch
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Maps
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.training.inquiry import Moment

ANGLES = (0, 60, 120)
"""Of the stripes that the three maps hold, in degrees."""
SIDE = 32
SEED = 3


@dataclass(frozen=True)
class MapCompetition(Bench):
    """Three maps through one LocalContrastNorm, with one deviation for all maps or one for each.

    Divided by one common deviation, features at the same place compete (Jarrett, Kavukcuoglu, Ranzato and LeCun, What
    is the best multi-stage architecture for object recognition?, 2009, section 2).
    """

    name: ClassVar = "map_competition"
    title: ClassVar = "Maps that compete"
    summary: ClassVar = "Three maps normalised together or each by itself, while one of them grows louder."

    gain: float = number(1.0, 0.25, 8.0, "Gain of the first map", is_log=True)
    across_maps: bool = switch(True, "One deviation for all maps")

    @reading
    def weak_energy(self, moment: Moment | None = None) -> float:
        """Mean square of the second and third map after the normalisation."""
        return float(np.square(self._after[1:]).mean())

    @reading
    def loud_energy(self, moment: Moment | None = None) -> float:
        """Mean square of the first map after the normalisation."""
        return float(np.square(self._after[0]).mean())

    @property
    def _before(self) -> Array:
        y, x = np.mgrid[:SIDE, :SIDE]
        random = np.random.default_rng(SEED)
        maps = []
        for angle in np.deg2rad(ANGLES):
            stripes = np.sin(0.8 * (x * np.cos(angle) + y * np.sin(angle)))
            maps.append(stripes + 0.1 * random.normal(size=stripes.shape))
        made: Array = np.array(maps)
        made[0] *= self.gain
        return made

    @property
    def _after(self) -> Array:
        norm = Module.registry["LocalContrastNorm"](across_maps=self.across_maps)  # type: ignore[call-arg]
        y: Array = norm.forward(self._before[None])[0]
        return y

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The maps before and after, and their energies."""
        names = ("first map", "second map", "third map")
        before, after = self._before, self._after
        energies = {name: float(np.square(each).mean()) for name, each in zip(names, after, strict=True)}
        yield (
            Maps("Before", dict(zip(names, before, strict=True))),
            Maps("After the normalisation", dict(zip(names, after, strict=True))),
            Bars("Mean square after it", energies, texts=tuple(f"{each:.3f}" for each in energies.values())),
        )
