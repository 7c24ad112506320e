"""Placement: where cards go: free places for new ones, alignment with neighbours while one is moved. Pure geometry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

from convnet_studio.engine.project.edits import ROW_HEIGHT
from convnet_studio.engine.project.spec import Position
from convnet_studio.ui.canvas.card_layout import CARD_GAP

MAGNET = 8.0
"""How near an edge must be to draw a card to it, in pixels."""
GUIDE_OVERHANG = 12.0
REACH = 900.0
"""How far around a card's wanted place others are looked at, in pixels."""


@dataclass(frozen=True)
class Alignment:
    """The shift that brings a moved card into line, and the lines to draw."""

    shift: QPointF
    guides: tuple[QLineF, ...]


def is_one_row(first: Position, second: Position) -> bool:
    """Whether the second card stands right of the first, in its row."""
    return abs(first[1] - second[1]) < ROW_HEIGHT and second[0] > first[0]


def free_place(wanted: QRectF, cards: Sequence[QRectF]) -> QPointF:
    """The place nearest to `wanted` where a card of its size covers no other; rather below or beside than above."""
    near = [card for card in cards if card.adjusted(-REACH, -REACH, REACH, REACH).intersects(wanted)]
    lefts = [wanted.left(), *(card.right() + CARD_GAP for card in near)]
    lefts += [card.left() - CARD_GAP - wanted.width() for card in near]
    tops = [wanted.top(), *(card.bottom() + CARD_GAP for card in near)]
    tops += [card.top() - CARD_GAP - wanted.height() for card in near]
    places = sorted((QPointF(left, top) for left in set(lefts) for top in set(tops)), key=_distance_from(wanted))
    return next((place for place in places if _is_free(QRectF(place, wanted.size()), cards)), wanted.topLeft())


def _distance_from(wanted: QRectF) -> Callable[[QPointF], float]:
    def distance(place: QPointF) -> float:
        shift = place - wanted.topLeft()
        return abs(shift.x()) + abs(shift.y()) * (1.0 if shift.y() > 0 else 2.0)

    return distance


def _is_free(place: QRectF, cards: Sequence[QRectF]) -> bool:
    return not any(card.adjusted(-4, -4, 4, 4).intersects(place) for card in cards)


def align(moved: QRectF, others: Iterable[QRectF], magnet: float = MAGNET) -> Alignment:
    """Draw the top and one side of `moved` to those of its neighbours, or its gap to the usual one."""
    others = list(others)
    top = _nearest([(card.top() - moved.top(), card) for card in others], magnet)
    dy = top[0] if top else 0.0
    level = moved.translated(0, dy)
    sides = [(card.left() - moved.left(), card) for card in others]
    for card in others:
        if card.top() < level.bottom() and card.bottom() > level.top():
            sides.append((card.right() + CARD_GAP - moved.left(), card))
            sides.append((card.left() - CARD_GAP - moved.right(), card))
    side = _nearest(sides, magnet)
    dx = side[0] if side else 0.0
    placed = moved.translated(dx, dy)
    guides = []
    if top:
        left = min(placed.left(), top[1].left()) - GUIDE_OVERHANG
        right = max(placed.right(), top[1].right()) + GUIDE_OVERHANG
        guides.append(QLineF(left, placed.top(), right, placed.top()))
    if side and abs(side[1].left() - placed.left()) < 0.5:
        upper = min(placed.top(), side[1].top()) - GUIDE_OVERHANG
        lower = max(placed.bottom(), side[1].bottom()) + GUIDE_OVERHANG
        guides.append(QLineF(placed.left(), upper, placed.left(), lower))
    return Alignment(QPointF(dx, dy), tuple(guides))


def _nearest(shifts: list[tuple[float, QRectF]], magnet: float) -> tuple[float, QRectF] | None:
    near = [each for each in shifts if abs(each[0]) <= magnet]
    return min(near, key=lambda each: abs(each[0]), default=None)
