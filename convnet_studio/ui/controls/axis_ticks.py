"""Axis ticks: round numbers along an axis."""

from __future__ import annotations

import math


def even_ticks(end: float, most: int = 4) -> list[float]:
    """0 and further round numbers up to `end`, at most `most` of them beside 0."""
    step = round_up(end / most)
    return [round(index * step, 12) for index in range(math.floor(end / step * (1 + 1e-9)) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between `low` and `high`, with their double and fivefold where there are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(decades) <= 3 else (1,)
    return [factor * 10.0**power for power in decades for factor in factors if low <= factor * 10.0**power <= high]


def round_up(epochs: float) -> float:
    """The end of an axis for so many epochs: 1, 2 or 5 times a power of ten, so that it rarely moves."""
    power = 10.0 ** math.floor(math.log10(epochs))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if epochs <= step * power * (1 + 1e-9))
