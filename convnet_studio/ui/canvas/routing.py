"""Routing: the way of a wire from port to port; pure geometry.

A wire to the right is one soft curve; where cards stand in its way, it passes above or below them. One that goes back
(to the next row) leaves to the right, runs through the free band between the rows and enters from the left, so that it
crosses no card's text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

STUB = 26.0
"""How far a wire that goes back runs on before it turns."""
CORNER = 22.0
NARROWEST_BAND = 12.0
NEAR = 40.0
"""Ports of cards that touch are simply joined."""
OVERLAP = 130.0
"""Cards of a row that overlap by up to so much are joined by a curve through both, not by a way around all rows."""
PASSING = 12.0
"""How far from the cards a wire passes them, and how far wires that pass side by side are apart."""
PASSING_STUB = 10.0
"""How far a wire that passes cards runs on before it turns: half the gap between cards."""
SAMPLES = 16
"""Pieces of a curve that are looked at for cards in their way."""


@dataclass(frozen=True)
class Band:
    """The level part of a wire that passes cards."""

    left: float
    right: float
    y: float

    def is_beside(self, left: float, right: float, y: float) -> bool:
        """Whether a wire there could be taken for this one."""
        return self.left < right and left < self.right and abs(self.y - y) < PASSING - 1


def route(start: QPointF, end: QPointF, cards: Iterable[QRectF] = (), bands: list[Band] | None = None) -> QPainterPath:
    """The way from an output at `start` to an input at `end` around `cards`.

    `bands` are where other wires pass cards already; this one is added if it does so too.
    """
    if end.x() >= start.x() + 2:
        if end.x() - start.x() <= 2 * PASSING_STUB:
            return _curve(start, end)
        cards = list(cards)
        if not _is_crossed(start, end, cards):
            return _curve(start, end)
        return _passing_way(start, end, cards, bands if bands is not None else [])
    if (end - start).manhattanLength() < NEAR:
        return _curve(start, end)
    if start.x() - end.x() < OVERLAP and abs(start.y() - end.y()) < OVERLAP / 2:
        return loose_way(start, end)
    left, right = end.x() - STUB, start.x() + STUB
    return _rounded_way(start, end, left, right, free_band(start.y(), end.y(), left, right, cards))


def loose_way(start: QPointF, end: QPointF) -> QPainterPath:
    """The way of a wire that is being drawn, or joins cards that overlap: one curve in any direction."""
    path = QPainterPath(start)
    reach = QPointF(max(32.0, min(160.0, abs(end.x() - start.x()) / 2)), 0)
    path.cubicTo(start + reach, end - reach, end)
    return path


def free_band(from_y: float, to_y: float, left: float, right: float, cards: Iterable[QRectF]) -> float:
    """The height at which a wire can run from `right` to `left` without crossing a card."""
    met = sorted((card.top(), card.bottom()) for card in cards if card.right() > left and card.left() < right)
    low, high = min(from_y, to_y), max(from_y, to_y)
    bands, reach = [], met[0][1] if met else low
    for (_, _), (top, bottom) in pairwise(met):
        if top - reach >= NARROWEST_BAND:
            bands.append((reach + top) / 2)
        reach = max(reach, bottom)
    between = [y for y in bands if low < y < high]
    if between:
        return min(between, key=lambda y: abs(y - (low + high) / 2))
    return max(reach, high) + STUB if met else (low + high) / 2


def _curve(start: QPointF, end: QPointF) -> QPainterPath:
    path = QPainterPath(start)
    if abs(start.y() - end.y()) < 0.5:
        path.lineTo(end)
        return path
    reach = _reach(start, end)
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def _reach(start: QPointF, end: QPointF) -> float:
    """How far a curve runs on level at its ends."""
    return max(24.0, min(140.0, (end.x() - start.x()) * 0.5))


def _is_crossed(start: QPointF, end: QPointF, cards: Iterable[QRectF]) -> bool:
    """Whether a card lies between the ends of a wire, and on its curve."""
    between = QRectF(start, end).normalized().adjusted(PASSING_STUB, -2, -PASSING_STUB, 2)
    near = [(c.left() + 2, c.right() - 2, c.top() + 2, c.bottom() - 2) for c in cards if c.intersects(between)]
    if not near:
        return False
    reach = _reach(start, end)
    xs = [_bezier(start.x(), start.x() + reach, end.x() - reach, end.x(), at / SAMPLES) for at in range(SAMPLES + 1)]
    ys = [_bezier(start.y(), start.y(), end.y(), end.y(), at / SAMPLES) for at in range(SAMPLES + 1)]
    for (x, next_x), (y, next_y) in zip(pairwise(xs), pairwise(ys), strict=True):  # x grows all along
        high, low = min(y, next_y), max(y, next_y)
        if any(x < right and next_x > left and high < bottom and low > top for left, right, top, bottom in near):
            return True
    return False


def _bezier(one: float, two: float, three: float, four: float, at: float) -> float:
    back = 1 - at
    return back**3 * one + 3 * back * back * at * two + 3 * back * at * at * three + at**3 * four


def _passing_way(start: QPointF, end: QPointF, cards: Iterable[QRectF], bands: list[Band]) -> QPainterPath:
    """Above or below the cards in between, whichever is nearer, and beside the wires that pass there already."""
    left, right = start.x() + PASSING_STUB, end.x() - PASSING_STUB
    spans: list[list[float]] = []
    for top, bottom in sorted(
        (card.top(), card.bottom()) for card in cards if card.right() > left and card.left() < right
    ):
        if spans and top - spans[-1][1] < 2 * PASSING:
            spans[-1][1] = max(spans[-1][1], bottom)
        else:
            spans.append([top, bottom])
    levels = [(top - PASSING, -PASSING) for top, _ in spans] + [(bottom + PASSING, PASSING) for _, bottom in spans]
    level, away = min(levels, key=lambda each: abs(each[0] - start.y()) + abs(each[0] - end.y()))
    while any(each.is_beside(left, right, level) for each in bands):
        level += away
    bands.append(Band(left, right, level))
    return _rounded_way(start, end, right, left, level)


def _rounded_way(start: QPointF, end: QPointF, left: float, right: float, band: float) -> QPainterPath:
    corners = [
        start,
        QPointF(right, start.y()),
        QPointF(right, band),
        QPointF(left, band),
        QPointF(left, end.y()),
        end,
    ]
    path = QPainterPath(start)
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        path.lineTo(_towards(corner, before))
        path.quadTo(corner, _towards(corner, after))
    path.lineTo(end)
    return path


def _towards(corner: QPointF, other: QPointF) -> QPointF:
    """Where the rounding of `corner` begins on the side of `other`."""
    way = other - corner
    length = (way.x() ** 2 + way.y() ** 2) ** 0.5
    return corner if length == 0 else corner + way * (min(CORNER, length / 2) / length)
