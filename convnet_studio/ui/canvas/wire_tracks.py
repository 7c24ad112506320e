"""Wire tracks: wires that would run along one and the same line get a line each; pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from convnet_studio.ui.canvas.routing import (
    SHORT_STUB,
    Cards,
    Way,
    corners_of,
    find_way,
    is_way_free,
    loose_way,
    rounded,
)

TRACKS = (12.0, 6.0)
"""Pixels from one wire to the next: as much as the widest needs, or half of it in a narrow band."""
MOST = 4
"""Tracks to each side of the line at which a wire would run alone."""


@dataclass
class Guided:
    """A way of straight stretches, first and last of them across.

    Attributes:
        way: its corners with both ends. `cards`: what it leads around. `own`: which of them it touches at its ends.
    """

    way: Way
    cards: Cards
    own: NDArray[np.bool_]


@dataclass(frozen=True)
class _Stretch:
    """The stretch behind corner `index` of wire number `wire`: `at` its line, from `low` to `high` along it."""

    wire: int
    index: int
    at: float
    low: float
    high: float


def lead(wires: Sequence[tuple[QPointF, QPointF, Cards | None]]) -> list[QPainterPath]:
    """The ways of all wires, each from an output to an input around cards; None: straight over them."""
    found: list[QPainterPath | Way] = []
    guided: dict[int, Guided] = {}
    for number, (start, end, cards) in enumerate(wires):
        found.append(find_way(start, end, cards) if cards else loose_way(start, end))
        way = found[-1]
        if cards and not isinstance(way, QPainterPath):
            guided[number] = Guided(way, cards, cards.own(start, end))
    tracks = dict(zip(guided, give_tracks(list(guided.values())), strict=True))
    return [each if isinstance(each, QPainterPath) else rounded(tracks[number]) for number, each in enumerate(found)]


def give_tracks(wires: Sequence[Guided]) -> list[Way]:
    """The ways, moved aside where two shared a line: to where they pass all cards, and cross each other least."""
    ways = [corners_of(each.way) for each in wires]
    for is_across in (True, False):
        taken: list[_Stretch] = []
        stretches = [each for wire, way in enumerate(ways) for each in _stretches_of(wire, way, is_across)]
        for stretch in sorted(stretches, key=lambda each: (each.high - each.low, each.wire)):
            shift = _shift(stretch, taken, ways, wires, is_across)
            ways[stretch.wire] = _moved(ways[stretch.wire], stretch.index, shift, is_across)
            taken.append(_stretch(stretch.wire, ways[stretch.wire], stretch.index, is_across))
    return ways


def _stretches_of(wire: int, way: Way, is_across: bool) -> list[_Stretch]:
    """The stretches of a way in one direction, without those at its ports."""
    inner = range(1, len(way) - 2)
    return [_stretch(wire, way, each, is_across) for each in inner if (way[each][1] == way[each + 1][1]) is is_across]


def _stretch(wire: int, way: Way, index: int, is_across: bool) -> _Stretch:
    along, aside = (0, 1) if is_across else (1, 0)
    low, high = sorted((way[index][along], way[index + 1][along]))
    return _Stretch(wire, index, way[index][aside], low, high)


def _moved(way: Way, index: int, shift: float, is_across: bool) -> Way:
    """A way whose stretch behind corner `index` is moved aside."""
    dx, dy = (0.0, shift) if is_across else (shift, 0.0)
    ends = (index, index + 1)
    return [(x + dx, y + dy) if each in ends else (x, y) for each, (x, y) in enumerate(way)]


def _shift(
    stretch: _Stretch, taken: Sequence[_Stretch], ways: Sequence[Way], wires: Sequence[Guided], is_across: bool
) -> float:
    """How far a stretch goes aside: 0 where its line is free, or where there is no room at all."""
    beside = [each for each in taken if _shares(each, stretch, ways, is_across)]
    if all(abs(each.at - stretch.at) >= TRACKS[-1] for each in beside):
        return 0.0
    way, guide = ways[stretch.wire], wires[stretch.wire]
    outwards = 1.0 if stretch.at > way[0][0 if not is_across else 1] else -1.0
    others = [ways[each] for each in {each.wire for each in beside}]
    for track in TRACKS:
        found = []
        for shift in (sign * step * track for step in range(1, MOST + 1) for sign in (outwards, -outwards)):
            tried = _moved(way, stretch.index, shift, is_across)
            has_room = all(abs(each.at - stretch.at - shift) >= track for each in beside)
            if has_room and _has_stubs(tried) and is_way_free(tried, guide.cards, guide.own):
                found.append((sum(_crossings(tried, each) for each in others), abs(shift), shift))
        if found:
            return min(found, key=lambda each: each[:2])[2]  # of equal ones the first: outwards
    return 0.0


def _shares(one: _Stretch, other: _Stretch, ways: Sequence[Way], is_across: bool) -> bool:
    """Whether two stretches lie side by side; wires that leave one port together may do so along one line."""
    if one.wire == other.wire or one.high <= other.low or other.high <= one.low:
        return False
    leave_together = not is_across and one.index == other.index == 1 and ways[one.wire][0] == ways[other.wire][0]
    return not leave_together


def _has_stubs(way: Way) -> bool:
    """Whether a way still leaves and enters to the right."""
    return way[1][0] >= way[0][0] + SHORT_STUB and way[-2][0] <= way[-1][0] - SHORT_STUB


def _crossings(one: Way, other: Way) -> int:
    """How often two ways cross."""
    return _crossed(one, other) + _crossed(other, one)


def _crossed(across: Way, down: Way) -> int:
    """How often stretches along x of one way cross those along y of another."""
    count = 0
    for (x0, y), (x1, y1) in pairwise(across):
        for (x, top), (x2, bottom) in pairwise(down):
            if y == y1 and x == x2 and min(x0, x1) < x < max(x0, x1) and min(top, bottom) < y < max(top, bottom):
                count += 1
    return count
