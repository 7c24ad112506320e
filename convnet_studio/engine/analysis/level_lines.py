"""Level lines: where a function on a grid has a given value, and which values are worth a line."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.nn.module import Array

_EDGES = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 6: ((0, 2),), 7: ((3, 2),),
    8: ((2, 3),), 9: ((0, 2),), 11: ((1, 2),), 12: ((1, 3),), 13: ((0, 1),), 14: ((3, 0),),
}  # fmt: skip
"""The edges of a cell that a line joins, by which corners lie above: bits 1, 2, 4, 8 for corners
(0, 0), (0, 1), (1, 1), (1, 0) of (row, column); edge 0 joins the first two, and so on around."""
_BETWEEN = {(5, True): ((3, 2), (0, 1)), (5, False): ((3, 0), (1, 2)),
            (10, True): ((3, 0), (1, 2)), (10, False): ((0, 1), (2, 3))}  # fmt: skip
"""Where opposite corners lie above: by whether the middle of the cell does too."""


def level_lines(values: Array, level: float) -> Array:
    """Where `values` pass through `level`, linear in between: marching squares.

    Args:
        values: ``(rows, columns)``; cells with a corner that is not finite have no line.

    Returns:
        Segments ``(count, 2, 2)``: two ends, each (column, row) in cells from the first corner.
    """
    corners = np.stack([values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]])
    above = corners >= level
    with np.errstate(invalid="ignore"):
        case = (above * np.array([1, 2, 4, 8])[:, None, None]).sum(axis=0)
        case[~np.isfinite(corners).all(axis=0)] = 0
        middle = corners.mean(axis=0) >= level
    found = [
        _segments(corners, level, np.nonzero(case == number), edges)
        for number, joined in _EDGES.items()
        for edges in joined
    ]
    for (number, is_above), joined in _BETWEEN.items():
        cells = np.nonzero((case == number) & (middle == is_above))
        found += [_segments(corners, level, cells, edges) for edges in joined]
    return np.concatenate(found)


def _segments(corners: Array, level: float, cells: tuple[Array, ...], edges: tuple[int, int]) -> Array:
    """The line that joins two edges of each of `cells`, ``(count, 2, 2)``."""
    row, column = cells
    ends = np.empty((len(row), 2, 2))
    for number, edge in enumerate(edges):
        first, second = corners[edge][cells], corners[(edge + 1) % 4][cells]
        along = (level - first) / (second - first)
        (x0, y0), (x1, y1) = _CORNERS[edge], _CORNERS[(edge + 1) % 4]
        ends[:, number, 0] = column + x0 + along * (x1 - x0)
        ends[:, number, 1] = row + y0 + along * (y1 - y0)
    return ends


_CORNERS = ((0, 0), (1, 0), (1, 1), (0, 1))


def even_levels(low: float, high: float, most: int = 12) -> tuple[float, ...]:
    """Round values between two, evenly apart, at most `most`: multiples of 1, 2 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return ()
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step) + 1, math.ceil(high / step)
    return tuple(round(number * step, 12) for number in range(first, last) if low < number * step < high)


def log_levels(low: float, high: float) -> tuple[float, ...]:
    """1, 2 and 5 times the powers of ten between two positive values; the powers alone where they are many."""
    if not (0 < low < high < math.inf):
        return ()
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 5 else (1,)
    return tuple(level for power in powers for level in (f * 10.0**power for f in factors) if low < level < high)
