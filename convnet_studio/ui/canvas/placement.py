"""Placement: where cards go: free places for new ones, alignment with neighbours while one is moved. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

from convnet_studio.engine.project.edits import ROW_HEIGHT
from convnet_studio.engine.project.spec import Position
from convnet_studio.ui.canvas.card_layout import CARD_GAP

MAGNET = 20.0
"""How near an edge or the other end of a wire must be to draw a card to it, in pixels of the screen."""
GUIDE_OVERHANG = 12.0
NEIGHBOURS = 12
"""Cards beside which a free place is looked for."""


Wire = tuple[QPointF, QPointF]
"""(port of what is moved, port where its wire ends): both where they are now."""


@dataclass(frozen=True)
class Alignment:
    """The shift that brings a moved card into line, and the lines to draw."""

    shift: QPointF
    guides: tuple[QLineF, ...]


def is_one_row(first: Position, second: Position) -> bool:
    """Whether the second card stands right of the first, in its row."""
    return abs(first[1] - second[1]) < ROW_HEIGHT and second[0] > first[0]


def free_place(wanted: QRectF, cards: Sequence[QRectF], sight: QRectF | None = None) -> QPointF:
    """The place nearest to `wanted` where a card of its size covers no other; rather below or right than above or left.

    Of all free places the nearest one lies at `wanted`, or touches neighbours (but for the gap) at its sides. Where
    there are some within `sight`, it is one of them.
    """
    if is_free(wanted, cards):
        return wanted.topLeft()
    x, y, width, height = wanted.x(), wanted.y(), wanted.width(), wanted.height()
    near = sorted(cards, key=lambda card: (card.center() - wanted.center()).manhattanLength())[:NEIGHBOURS]
    columns = {x, *(card.right() + CARD_GAP for card in near), *(card.left() - CARD_GAP - width for card in near)}
    rows = {y, *(card.bottom() + CARD_GAP for card in near), *(card.top() - CARD_GAP - height for card in near)}
    places = [QPointF(column, row) for column in columns for row in rows]
    places.sort(key=lambda place: _way(place.x() - x) + 0.9 * _way(place.y() - y))
    places.append(QPointF(x, max(card.bottom() for card in cards) + CARD_GAP))
    free = [place for place in places if is_free(QRectF(place, wanted.size()), cards)]
    seen = (place for place in free if sight is not None and sight.contains(QRectF(place, wanted.size())))
    return next(seen, free[0])


def is_free(place: QRectF, cards: Iterable[QRectF]) -> bool:
    """Whether a card at `place` covers and touches none of `cards`."""
    grown = place.adjusted(-4, -4, 4, 4)
    return not any(card.intersects(grown) for card in cards)


def _way(step: float) -> float:
    """How long a step is: against the direction of reading it counts more."""
    return step if step >= 0 else -1.5 * step


def align(
    moved: QRectF,
    others: Iterable[QRectF],
    magnet: float = MAGNET,
    wires: Iterable[Wire] = (),
    usual_gap: float = CARD_GAP,
) -> Alignment:
    """Draw the top and one side of `moved` to those of its neighbours, or its gap to the usual one.

    A wire that is nearly horizontal comes first: it becomes so.
    """
    others = list(others)
    level_wire = min(wires, key=lambda wire: abs(wire[1].y() - wire[0].y()), default=None)
    if level_wire and abs(level_wire[1].y() - level_wire[0].y()) > magnet:
        level_wire = None
    top = None if level_wire else _nearest([(card.top() - moved.top(), card) for card in others], magnet)
    dy = level_wire[1].y() - level_wire[0].y() if level_wire else top[0] if top else 0.0
    level = moved.translated(0, dy)
    sides = [(card.left() - moved.left(), card) for card in others]
    for card in others:
        if card.top() < level.bottom() and card.bottom() > level.top():
            sides.append((card.right() + usual_gap - moved.left(), card))
            sides.append((card.left() - usual_gap - moved.right(), card))
    side = _nearest(sides, magnet)
    dx = side[0] if side else 0.0
    placed = moved.translated(dx, dy)
    guides = []
    if level_wire:
        ends = sorted((level_wire[0].x() + dx, level_wire[1].x()))
        guides.append(QLineF(ends[0] - GUIDE_OVERHANG, level_wire[1].y(), ends[1] + GUIDE_OVERHANG, level_wire[1].y()))
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
