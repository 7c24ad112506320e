"""From full to local to shared: how many weights a layer of the tutorial's example has, and what they take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, reading, switch, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Maps, Rows
from convnet_studio.engine.training.inquiry import Moment

FULL, LOCAL, SHARED = "full", "local", "shared"
BYTES = 4
"""Of a weight in float32."""
MOST_DRAWN = 60
"""Side of a picture whose weights are drawn; of a larger one this much is."""


@dataclass(frozen=True)
class Connections(Bench):
    """A picture, a layer of hidden units over it, and how they are connected (LeCun and Ranzato, 2013, "Why
    convolution")."""

    name: ClassVar = "connections"
    title: ClassVar = "Full, local, shared"
    summary: ClassVar = "How many weights a layer has when it is fully connected, connected locally, and shared."

    connection: str = choice(FULL, (FULL, LOCAL, SHARED), "Connections")
    side: int = whole(200, 8, 400, "Side of the picture", "px")
    maps: int = whole(10, 1, 64, "Hidden maps")
    kernel: int = whole(10, 1, 32, "Side of a window", "px")
    valid: bool = switch(False, "Valid borders")

    @reading
    def units(self, moment: Moment | None = None) -> float:
        """Hidden units: one for each pixel and map, or for each place where the window fits."""
        side = self.side - self.kernel + 1 if self.valid and self.connection != FULL else self.side
        return self.maps * max(side, 0) ** 2

    @reading
    def weights(self, moment: Moment | None = None) -> float:
        """Weights without biases: of every unit, or of every map where they are shared."""
        if self.connection == FULL:
            return self.units() * self.side**2
        owners = self.maps if self.connection == SHARED else self.units()
        return owners * self.kernel**2

    @reading
    def gigabytes(self, moment: Moment | None = None) -> float:
        """Memory of the weights in float32, in units of 10^9 bytes."""
        return self.weights() * BYTES / 1e9

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """Weights of the three ways, as bars, and the counting."""
        ways = {each: self.turned(connection=each) for each in (FULL, LOCAL, SHARED)}
        counts = {each: way.weights() for each, way in ways.items()}
        rows = tuple(
            (each, f"{way.units():,.0f}", f"{way.weights():,.0f}", _memory(way.gigabytes()))
            for each, way in ways.items()
        )
        bars = Bars("Weights", counts, texts=tuple(f"{each:,.0f}" for each in counts.values()), is_log=True)
        table = Rows(
            "Counting",
            ("connections", "units", "weights", "memory"),
            rows,
            (FULL, LOCAL, SHARED).index(self.connection),
        )
        yield (self._looks(), bars, table)

    def _looks(self) -> Maps:
        """The weights of four units of one map, where they lie on the picture; not a number where there is none."""
        side = min(self.side, MOST_DRAWN)
        kernel = side if self.connection == FULL else min(self.kernel, side)
        random = np.random.default_rng(7)
        same = random.normal(size=(kernel, kernel))
        maps = {}
        for number, (row, column) in enumerate(((0.1, 0.15), (0.1, 0.8), (0.5, 0.45), (0.9, 0.75)), 1):
            own = same if self.connection == SHARED else random.normal(size=(kernel, kernel))
            looks = np.full((side, side), np.nan)
            top, left = round(row * (side - kernel)), round(column * (side - kernel))
            looks[top : top + kernel, left : left + kernel] = own
            maps[f"unit {number}"] = looks
        return Maps("The weights of four units, where they look", maps, "weight")


def _memory(gigabytes: float) -> str:
    """In the largest unit of which there is at least one."""
    for unit, size in (("GB", 1.0), ("MB", 1e-3), ("kB", 1e-6)):
        if gigabytes >= size:
            return f"{gigabytes / size:.3g} {unit}"
    return f"{gigabytes * 1e9:.0f} bytes"
