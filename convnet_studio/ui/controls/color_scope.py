"""Colour scope: over which numbers a colour map is stretched."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.map_images import Scale


class ColorScope(enum.Enum):
    """Whose largest value stands at the end of the colour map; the value is the word that people choose."""

    UNIT = "each map"
    MODULE = "module"
    NETWORK = "network"
    RUN = "whole run"


def largest(values: Array) -> float:
    """The largest finite magnitude in `values`, 0 where there is none."""
    sizes = np.abs(values)
    result = float(np.max(sizes, initial=0.0))
    return result if np.isfinite(result) else float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))


def scale_up_to(high: float, map_name: str) -> Scale:
    """The scale that ends at `high`: symmetric about 0 if signed, from 0 if not, always 0 .. 1 for pictures."""
    if map_name == "picture":
        return Scale(map_name, 0.0, 1.0)
    end = high if high > 0 else 1.0
    return Scale(map_name, 0.0 if map_name == "non_negative" else -end, end)


class RunMaxima:
    """The largest magnitude that each module has shown since the run began."""

    def __init__(self) -> None:
        self._run_id: int | None = None
        self._largest: dict[str, float] = {}

    def take(self, run_id: int, module_id: str, values: Array) -> float:
        """Note what is shown now; the largest so far."""
        if run_id != self._run_id:
            self._run_id = run_id
            self._largest.clear()
        self._largest[module_id] = max(self._largest.get(module_id, 0.0), largest(values))
        return self._largest[module_id]


def largest_of_all(arrays: Iterable[Array]) -> float:
    """The largest finite magnitude in any of `arrays`."""
    return max((largest(each) for each in arrays), default=0.0)


def stretched_to_own_end(maps: Array) -> Array:
    """Each map ``(count, ...)`` divided by its own largest magnitude, for a scale that ends at 1."""
    sizes = np.array([largest(each) or 1.0 for each in maps], maps.dtype)
    stretched: Array = maps / sizes.reshape(-1, *[1] * (maps.ndim - 1))
    return stretched
