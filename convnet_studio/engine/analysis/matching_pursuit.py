"""Matching pursuit: a picture as the sum of a few filters, each at some place, the largest coefficient first.

Each pick takes the filter and place that agree most with what is left of the picture, in absolute value, and subtracts
it. Mallat & Zhang, Matching pursuits with time-frequency dictionaries (1993). A pick may fall on a coefficient that was
picked before, which then becomes better without one more being active.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array

_PICKS_FOR_ONE = 3
"""Picks at most, for each coefficient that may be active."""
_PICKS_IN_A_PIECE = 16
_ROWS_IN_A_PIECE = 16
_NOTHING_LEFT = 1e-7
"""Of the picture's length: what agrees less with the rest is rounding."""


@dataclass(frozen=True, eq=False)
class Code:
    """A picture in terms of filters, pick by pick.

    Attributes:
        shape: of the picture, ``(maps, height, width)``.
        filters, rows, columns: int ``(picks,)``, which filter, and where its first pixel lies.
        amounts: ``(picks,)``, by how much of it.
        active: int ``(picks,)``, how many different coefficients there are after each pick; it never falls.
    """

    shape: tuple[int, int, int]
    filters: Array
    rows: Array
    columns: Array
    amounts: Array
    active: Array

    def coefficients(self, count: int) -> tuple[Array, Array, Array, Array]:
        """(filter, row, column, amount) of at most the first `count` different coefficients, all picks added up."""
        picks = int(np.searchsorted(self.active, count, side="right"))
        _, height, width = self.shape
        places = (self.filters[:picks] * height + self.rows[:picks]) * width + self.columns[:picks]
        found, which = np.unique(places, return_inverse=True)
        amounts = np.bincount(which, self.amounts[:picks], len(found))
        return found // (height * width), found // width % height, found % width, amounts

    def rebuilt(self, atoms: Array, count: int) -> Array:
        """The picture from its first `count` coefficients, float64, shaped as it was."""
        filters, rows, columns, amounts = self.coefficients(count)
        maps, height, width = self.shape
        side = atoms.shape[-1]
        corners = rows * width + columns
        inner = (np.arange(maps)[:, None, None] * height + np.arange(side)[:, None]) * width + np.arange(side)
        places = corners[:, None, None, None] + inner
        values = amounts[:, None, None, None] * atoms[filters]
        sums = np.bincount(places.reshape(-1), values.reshape(-1), maps * height * width)
        return np.asarray(sums, np.float64).reshape(self.shape)  # without any coefficient they are whole numbers


def pursue(picture: Array, atoms: Array, most: int) -> Iterator[Code | None]:
    """Pick until `most` different coefficients are active, or nothing is left.

    Args:
        picture: ``(maps, height, width)``.
        atoms: ``(count, maps, side, side)``, each of length 1; side at most that of the picture.
        most: different coefficients.

    Yields:
        None after each piece of work, and at the end the Code.
    """
    side = atoms.shape[-1]
    height, width = (each - side + 1 for each in picture.shape[1:])
    agreement = np.empty((len(atoms), height, width))
    for first in range(0, height, _ROWS_IN_A_PIECE):
        rows = slice(first, first + _ROWS_IN_A_PIECE)
        agreement[:, rows] = _agreement(picture[:, first : first + _ROWS_IN_A_PIECE + side - 1], atoms)
        yield None
    largest = np.abs(agreement).max(axis=0)
    end = _NOTHING_LEFT * float(np.linalg.norm(picture))
    overlaps: dict[int, Array] = {}
    picks: list[tuple[int, int, int, float, int]] = []
    seen: set[tuple[int, int, int]] = set()
    while len(picks) < _PICKS_FOR_ONE * most:
        row, column = divmod(int(largest.argmax()), width)
        if largest[row, column] <= end:
            break
        chosen = int(np.abs(agreement[:, row, column]).argmax())
        place = (chosen, row, column)
        if place not in seen and len(seen) == most:
            break
        seen.add(place)
        amount = float(agreement[place])
        picks.append((*place, amount, len(seen)))
        if chosen not in overlaps:
            overlaps[chosen] = _overlap(atoms, chosen)
        rows, columns = slice(max(0, row - side + 1), row + side), slice(max(0, column - side + 1), column + side)
        near = agreement[:, rows, columns]
        top, left = rows.start - row + side - 1, columns.start - column + side - 1
        near -= amount * overlaps[chosen][:, top : top + near.shape[1], left : left + near.shape[2]]
        largest[rows, columns] = np.abs(near).max(axis=0)
        if len(picks) % _PICKS_IN_A_PIECE == 0:
            yield None
    table = np.array(picks, np.float64).reshape(-1, 5)
    filters, rows_, columns_, active = (table[:, each].astype(np.int64) for each in (0, 1, 2, 4))
    maps, *space = picture.shape
    yield Code((maps, space[0], space[1]), filters, rows_, columns_, table[:, 3], active)


def _agreement(picture: Array, atoms: Array) -> Array:
    """The inner product of each atom with what lies under it at each place, ``(count, rows, columns)``."""
    side = atoms.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(picture.astype(np.float64), (side, side), axis=(1, 2))
    maps, rows, columns = windows.shape[:3]
    patches = windows.transpose(1, 2, 0, 3, 4).reshape(rows * columns, maps * side * side)
    products = atoms.reshape(len(atoms), -1) @ patches.T
    return products.reshape(len(atoms), rows, columns)


def _overlap(atoms: Array, chosen: int) -> Array:
    """The inner product of one atom with each atom, shifted by -(side - 1) .. side - 1 along both axes."""
    reach = atoms.shape[-1] - 1
    return _agreement(np.pad(atoms[chosen], ((0, 0), (reach, reach), (reach, reach))), atoms)
