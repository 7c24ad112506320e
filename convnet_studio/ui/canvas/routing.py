"""Routing: the way of a wire from port to port; pure geometry.

A wire to the right is one soft curve. One that goes back (to the next row) leaves to the right, runs through the free
band between the rows and enters from the left, so that it crosses no card's text.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def route(start: QPointF, end: QPointF, cards: Iterable[QRectF] = ()) -> QPainterPath:
    """The way from an output at `start` to an input at `end` around `cards`."""
    if end.x() >= start.x() + 2 or (end - start).manhattanLength() < NEAR:
        return _curve(start, end)
    if start.x() - end.x() < OVERLAP and abs(start.y() - end.y()) < OVERLAP / 2:
        return loose_way(start, end)
    left, right = end.x() - STUB, start.x() + STUB
    return _rounded_way(start, end, left, right, free_band(start.y(), end.y(), left, right, cards))


def loose_way(start: QPointF, end: QPointF) -> QPainterPath:
    """The way of a wire that is being drawn: one curve in any direction."""
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
    reach = max(24.0, min(140.0, (end.x() - start.x()) * 0.5))
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


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
