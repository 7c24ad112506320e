"""Routing: the way of a wire from port to port around all cards; pure geometry.

Most wires are one soft curve to the right. Where a card lies in its way, or the wire goes back (to the next row), it
leaves to the right, runs through a free band above or below what lies between, and enters from the left. Where even
that is barred it takes the shortest way with few corners along the lines between the cards.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

STUB = 26.0
"""How far a wire that goes around runs on before it turns, where there is room."""
SHORT_STUB = 10.0
"""The same in the gap between two cards of a row."""
CLEARANCE = 6.0
"""Between a wire and a card that it passes."""
CORNER = 22.0
NEAR = 40.0
"""Ports of cards that touch are simply joined."""
OVERLAP = 130.0
"""Cards of a row that overlap by up to so much are joined by a curve through both, not by a way around all rows."""
BEND = 30.0
"""A corner counts like so many pixels of way."""
LINES = 24
"""Cards along which the shortest way is looked for."""
_SAMPLES = np.linspace(0, 1, 33)

Way = list[tuple[float, float]]
_Place = tuple[int, int, bool]
"""On the grid of `_shortest`: numbers of two lines, and whether the way goes along x."""
Boxes = NDArray[np.float64]
"""``(count, 4)``: left, top, right, bottom of each card."""


class Cards:
    """The cards that wires lead around.

    Args:
        rects: where they lie; frames around several count as one.
        inside: how far in from the edge of a frame the ports may lie that its wires start from and end at.
        clearance: between them and a wire that passes.
    """

    def __init__(self, rects: Iterable[QRectF] = (), inside: float = 0.0, clearance: float = CLEARANCE) -> None:
        self._inside, self._clearance = inside + 2, clearance
        found = [(each.left(), each.top(), each.right(), each.bottom()) for each in rects]
        self.boxes: Boxes = np.array(found, np.float64).reshape(-1, 4)
        self._grown = self.boxes + np.array([-clearance, -clearance, clearance, clearance])

    def amid(self, place: QRectF, more: Iterable[QRectF]) -> Cards:
        """Those that meet `place`, and `more` beside them."""
        left, top, right, bottom = self.boxes.T
        meets = (left < place.right()) & (right > place.left()) & (top < place.bottom()) & (bottom > place.top())
        found = Cards(more, self._inside - 2, self._clearance)
        found.boxes = np.vstack([found.boxes, self.boxes[meets]])
        found._grown = np.vstack([found._grown, self._grown[meets]])
        return found

    def own(self, start: QPointF, end: QPointF) -> NDArray[np.bool_]:
        """Those at whose right edge a wire starts, or at whose left edge it ends."""
        left, top, right, bottom = self.boxes.T
        before, behind = right - start.x(), end.x() - left
        is_source = (before > -2) & (before < self._inside) & (top <= start.y()) & (start.y() <= bottom)
        is_target = (behind > -2) & (behind < self._inside) & (top <= end.y()) & (end.y() <= bottom)
        own: NDArray[np.bool_] = is_source | is_target
        return own

    def are_free(self, way: Boxes, spared: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Whether each stretch of `way` ``(..., 4)`` (left, top, right, bottom) passes all cards but those `spared`."""
        grown = self._grown if spared is None else self._grown[~spared]
        low, high = way[..., None, :2], way[..., None, 2:]
        met = (low < grown[:, 2:]).all(axis=-1) & (high > grown[:, :2]).all(axis=-1)
        free: NDArray[np.bool_] = ~met.any(axis=-1)
        return free

    def bands(self, left: float, right: float, top: float, bottom: float) -> list[float]:
        """Heights at which a wire from `left` to `right` meets no card: in the middle of each free band, and beyond.

        `top` and `bottom` are those of what it joins; without any card between, it may run in their middle.
        """
        met = self._grown[(self._grown[:, 2] > left) & (self._grown[:, 0] < right)]
        if not len(met):
            return [(top + bottom) / 2]
        spans = sorted(met[:, [1, 3]].tolist())
        found, reach = [spans[0][0] - STUB + self._clearance], spans[0][1]
        for upper, lower in spans[1:]:
            if upper > reach:
                found.append((reach + upper) / 2)
            reach = max(reach, lower)
        return [*found, reach + STUB - self._clearance]


def route(start: QPointF, end: QPointF, cards: Cards) -> QPainterPath:
    """The way from an output at `start` to an input at `end` around `cards`."""
    found = find_way(start, end, cards)
    return found if isinstance(found, QPainterPath) else rounded(found)


def find_way(start: QPointF, end: QPointF, cards: Cards) -> QPainterPath | Way:
    """The way as a curve, or where it needs corners, these with both ends; the first stretch goes along x."""
    own = cards.own(start, end)
    is_back = end.x() < start.x() + 2
    if (end - start).manhattanLength() < NEAR:
        return _curve(start, end)
    if not is_back and _is_clear(_curve(start, end), cards, own):
        return _curve(start, end)
    beside = start.x() - end.x() < OVERLAP and abs(start.y() - end.y()) < OVERLAP / 2
    if is_back and beside and _is_clear(loose_way(start, end), cards, own):
        return loose_way(start, end)
    return _through_a_band(start, end, cards, own) or _along_cards(start, end, cards, own) or loose_way(start, end)


def is_way_free(way: Way, cards: Cards, own: NDArray[np.bool_]) -> bool:
    """Whether a way passes all cards; at its ends those that are its `own` do not count."""
    stretches = _stretches(np.array(way))
    return bool(cards.are_free(stretches[1:-1]).all() and cards.are_free(stretches[[0, -1]], own).all())


def loose_way(start: QPointF, end: QPointF) -> QPainterPath:
    """The way of a wire that is being drawn, or joins cards that overlap: one curve in any direction."""
    path = QPainterPath(start)
    reach = QPointF(max(32.0, min(160.0, abs(end.x() - start.x()) / 2)), 0)
    path.cubicTo(start + reach, end - reach, end)
    return path


def _curve(start: QPointF, end: QPointF) -> QPainterPath:
    path = QPainterPath(start)
    if abs(start.y() - end.y()) < 0.5:
        path.lineTo(end)
        return path
    reach = max(24.0, min(140.0, (end.x() - start.x()) * 0.5))
    path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    return path


def _is_clear(path: QPainterPath, cards: Cards, own: NDArray[np.bool_]) -> bool:
    """Whether a curve passes all cards but its own."""
    points = np.array([[path.elementAt(i).x, path.elementAt(i).y] for i in range(path.elementCount())])
    if len(points) == 2:
        along = points
    else:
        t = _SAMPLES[:, None]
        a, b, c, d = points
        along = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return bool(cards.are_free(_stretches(along), own).all())


def _stretches(points: NDArray[np.float64]) -> Boxes:
    """The boxes around each stretch between neighbouring points ``(..., n, 2)``."""
    before, after = points[..., :-1, :], points[..., 1:, :]
    return np.concatenate([np.minimum(before, after), np.maximum(before, after)], axis=-1)


def _through_a_band(start: QPointF, end: QPointF, cards: Cards, own: NDArray[np.bool_]) -> Way | None:
    """To the right, up or down, along a free band, up or down, to the right; None where all such ways are barred."""
    middle = (start.y() + end.y()) / 2
    found: list[tuple[float, Way]] = []
    for out in (STUB, SHORT_STUB):
        for back in (STUB, SHORT_STUB):
            right, left = start.x() + out, end.x() - back
            low, high = sorted((left, right))
            for y in cards.bands(low, high, start.y(), end.y()):
                length = abs(y - start.y()) + abs(y - end.y()) + 0.1 * abs(y - middle)
                way = [(start.x(), start.y()), (right, start.y()), (right, y), (left, y), (left, end.y())]
                found.append((length + 2 * STUB - out - back, [*way, (end.x(), end.y())]))
    stretches = _stretches(np.array([way for _, way in found]))
    is_free = np.hstack([cards.are_free(stretches[:, 1:-1]), cards.are_free(stretches[:, [0, -1]], own)]).all(axis=1)
    free = [found[index] for index in np.flatnonzero(is_free)]
    return min(free)[1] if free else None


def _along_cards(start: QPointF, end: QPointF, cards: Cards, own: NDArray[np.bool_]) -> Way | None:
    """The shortest way with few corners on lines beside the cards that lie nearest; None where there is none."""
    first, last = (start.x() + SHORT_STUB, start.y()), (end.x() - SHORT_STUB, end.y())
    middle = (np.array(first) + last) / 2
    distance = abs((cards.boxes[:, :2] + cards.boxes[:, 2:]) / 2 - middle).sum(axis=1)
    near = cards.boxes[np.argsort(distance)[:LINES]]
    xs = np.unique([first[0], last[0], *(near[:, 0] - SHORT_STUB), *(near[:, 2] + SHORT_STUB)])
    ys = np.unique([first[1], last[1], *(near[:, 1] - SHORT_STUB), *(near[:, 3] + SHORT_STUB)])
    grid = np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1)
    across = cards.are_free(_stretches(grid.transpose(1, 0, 2))).T
    down = cards.are_free(_stretches(grid))
    ends = _stretches(np.array([[(start.x(), start.y()), first], [last, (end.x(), end.y())]]))
    if not cards.are_free(ends, own).all():
        return None
    places = [(int(np.searchsorted(xs, x)), int(np.searchsorted(ys, y))) for x, y in (first, last)]
    corners = _shortest(xs, ys, across, down, *places)
    if corners is None:
        return None
    return [(start.x(), start.y()), *((float(xs[i]), float(ys[j])) for i, j in corners), (end.x(), end.y())]


def _shortest(
    xs: NDArray[np.float64],
    ys: NDArray[np.float64],
    across: NDArray[np.bool_],
    down: NDArray[np.bool_],
    begin: tuple[int, int],
    goal: tuple[int, int],
) -> list[tuple[int, int]] | None:
    """Dijkstra's way through a grid of lines from place to place, by length and number of corners.

    Args:
        xs, ys: of the lines. `across` ``(len(xs) - 1, len(ys))``, `down` ``(len(xs), len(ys) - 1)``: whether the
            stretch behind a crossing is free.
        begin, goal: numbers of the lines; the way starts and ends in the direction of x.
    """
    first: _Place = (*begin, True)
    best: dict[_Place, float] = {first: 0.0}
    came: dict[_Place, _Place] = {}
    waiting: list[tuple[float, _Place]] = [(0.0, first)]
    while waiting:
        cost, state = heapq.heappop(waiting)
        if cost > best[state]:
            continue
        i, j, is_across = state
        if (i, j) == goal and is_across:
            way = [state]
            while way[-1] in came:
                way.append(came[way[-1]])
            return [(x, y) for x, y, _ in reversed(way)]
        steps: list[tuple[_Place, float]] = [((i, j, not is_across), BEND)]
        for step in (-1, 1):
            k, line, free = (i, xs, across[:, j]) if is_across else (j, ys, down[i])
            if 0 <= k + step < len(line) and free[min(k, k + step)]:
                to: _Place = (i + step, j, True) if is_across else (i, j + step, False)
                steps.append((to, abs(float(line[k + step] - line[k]))))
        for to, length in steps:
            if cost + length < best.get(to, np.inf):
                best[to] = cost + length
                came[to] = state
                heapq.heappush(waiting, (cost + length, to))
    return None


def rounded(way: Way) -> QPainterPath:
    """A way of straight stretches with soft corners."""
    points = [QPointF(*each) for each in corners_of(way)]
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before))
        path.quadTo(corner, _towards(corner, after))
    path.lineTo(points[-1])
    return path


def corners_of(way: Sequence[tuple[float, float]]) -> Way:
    """A way without the points at which it goes straight on."""
    kept = [way[0]]
    for at, after in zip(way[1:], [*way[2:], None], strict=True):
        before = kept[-1]
        is_straight = after is not None and (before[0] == at[0] == after[0] or before[1] == at[1] == after[1])
        if at != before and not is_straight:
            kept.append(at)
    return kept


def _towards(corner: QPointF, other: QPointF) -> QPointF:
    """Where the rounding of `corner` begins on the side of `other`."""
    way = other - corner
    length = (way.x() ** 2 + way.y() ** 2) ** 0.5
    return corner if length == 0 else corner + way * (min(CORNER, length / 2) / length)
