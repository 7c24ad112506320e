"""Wire labels: the shape that a wire carries, where that covers no card, no other wire or label, no edge of a frame.

Between two cards of a row there is room only for a turned label, between two rows of frames only for one on the wire;
where there is none at all, the wire has no label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.routing import Boxes, Cards
from convnet_studio.ui.canvas.stage_layout import JOINT_HEIGHT
from convnet_studio.ui.theme import number_font, theme

SMALLEST, LARGEST = 10, 12
"""Pixels of the letters in the scene: the larger, the smaller the canvas is drawn."""
LEGIBLE = 7.5
"""Pixels on the screen; smaller labels are left out."""
THICKNESS = 13.0
BESIDE = 10.0
"""From the wire to its label: clear of ports, arrows and problems."""
PAST_JOINT = JOINT_HEIGHT / 2 + 4
"""The same where two cards of a stage interlock."""
SEAM_REACH = 24.0
"""Shorter wires leave no room to see how wide they are, and tell it in the seam between their cards."""
CURVE = 4
"""Points of a wire that is one curve; one that goes around cards has more."""
MARGIN = 2.0
EDGE = 0.5
"""Half the line of a frame, on which no label lies."""
_PLACES = (0.5, 0.35, 0.65, 0.31, 0.69, 0.2, 0.8)
"""Along the wire, by preference; at 0.31 and 0.69 one lies amid the gap between a frame and a card in none."""
LONG = 4.0
"""A label lies on a wire where this is so many times as long, and across one only where it is not."""
_FLAT = 0.35
"""Only where a wire rises less than this has a label room along it."""


@dataclass(frozen=True)
class LabelPlace:
    """Where a label lies in the scene; `is_turned`: it is read from below upwards."""

    rect: QRectF
    is_turned: bool


def seam_of(way: QPainterPath) -> QRectF:
    """The seam between two cards that a short straight wire joins, as high as a joint; empty for all other wires."""
    if way.elementCount() != 2:
        return QRectF()
    start, end = way.pointAtPercent(0), way.pointAtPercent(1)
    if not 0 < end.x() - start.x() <= SEAM_REACH or abs(end.y() - start.y()) > 1:
        return QRectF()
    return QRectF(start.x(), start.y() - JOINT_HEIGHT / 2, end.x() - start.x(), JOINT_HEIGHT)


def place_labels(
    ways: Mapping[Link, QPainterPath],
    words: Mapping[Link, str],
    cards: Sequence[QRectF],
    frames: Sequence[QRectF] = (),
) -> dict[Link, LabelPlace]:
    """A place for the words of each wire that has room for them.

    It is off all `cards`, off the edges of `frames`, and off other wires that go around.
    """
    around = np.array([-MARGIN, -MARGIN, MARGIN, MARGIN])
    taken = np.vstack([Cards(cards).boxes + around, *(_edges(each) for each in frames)])
    parts = {wire: _parts(way) for wire, way in ways.items() if way.elementCount() > CURVE}
    lines: Boxes = np.vstack([np.empty((0, 4)), *parts.values()])
    owners = np.repeat(np.arange(len(parts)), [len(each) for each in parts.values()])
    numbers = {wire: number for number, wire in enumerate(parts)}
    metrics = QFontMetricsF(number_font(LARGEST))
    lengths = {text: metrics.horizontalAdvance(text) + 4 for text in set(words.values())}
    found: dict[Link, LabelPlace] = {}
    for wire, way in ways.items():
        if not words.get(wire):
            continue
        tried = _tried(way, lengths[words[wire]])
        boxes = np.array([[r.left(), r.top(), r.right(), r.bottom()] for r in (each.rect for each in tried)])
        others = lines[owners != numbers[wire]] if wire in numbers else lines
        free = np.flatnonzero(_are_free(boxes, taken) & _are_free(boxes, others))
        if len(free):
            found[wire] = tried[free[0]]
            taken = np.vstack([taken, boxes[free[0]]])
    return found


def _are_free(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """Whether each of `boxes` meets none of `others`."""
    across = (boxes[:, None, 0] < others[:, 2]) & (boxes[:, None, 2] > others[:, 0])
    down = (boxes[:, None, 1] < others[:, 3]) & (boxes[:, None, 3] > others[:, 1])
    free: NDArray[np.bool_] = ~np.logical_or.reduce(across & down, axis=1)
    return free


def _parts(way: QPainterPath) -> Boxes:
    """The stretches and corners of a wire as boxes ``(count, 4)``, as wide as its line."""
    elements = [way.elementAt(each) for each in range(way.elementCount())]
    points = np.array([(each.x, each.y) for each in elements])
    before, after = points[:-1], points[1:]
    boxes: Boxes = np.hstack([np.minimum(before, after) - 1, np.maximum(before, after) + 1])
    return boxes


def _edges(frame: QRectF) -> Boxes:
    """The four lines of a frame as boxes."""
    left, top, right, bottom = frame.left(), frame.top(), frame.right(), frame.bottom()
    lines = [(left, top, right, top), (left, bottom, right, bottom), (left, top, left, bottom)]
    edges: Boxes = np.array([*lines, (right, top, right, bottom)])
    edges += np.array([-EDGE, -EDGE, EDGE, EDGE])
    return edges


def _tried(way: QPainterPath, length: float) -> list[LabelPlace]:
    """The places beside a wire, the best first; last those on it, for a band with room for nothing else."""
    along: list[LabelPlace] = []
    turned: list[LabelPlace] = []
    on: list[LabelPlace] = []
    distances = (BESIDE, PAST_JOINT) if seam_of(way).isEmpty() else (PAST_JOINT,)
    for part in _PLACES:
        at = way.pointAtPercent(part)
        is_flat = abs(way.slopeAtPercent(part)) <= _FLAT
        if is_flat:
            left = at.x() - length / 2
            tops = (at.y() - BESIDE - THICKNESS + 4, at.y() + BESIDE - 4)
            along += [LabelPlace(QRectF(left, top, length, THICKNESS), False) for top in tops]
            if way.length() > LONG * length:
                on.append(LabelPlace(QRectF(left, at.y() - THICKNESS / 2, length, THICKNESS), False))
        if is_flat and way.length() > LONG * length:
            continue
        left = at.x() - THICKNESS / 2
        for away in distances:
            tops = (at.y() - away - length, at.y() + away)
            turned += [LabelPlace(QRectF(left, top, THICKNESS, length), True) for top in tops]
    if way.elementCount() > CURVE:  # beyond the end of a stretch a turned label would stand alone
        parts = _parts(way)
        turned = [each for each in turned if _is_amid(each.rect.center(), parts)]
    return [*along, *turned, *on]


def _is_amid(at: QPointF, parts: Boxes) -> bool:
    """Whether a stretch or corner runs through `at`."""
    return bool(((parts[:, :2] <= (at.x(), at.y())) & (parts[:, 2:] >= (at.x(), at.y()))).all(axis=1).any())


class LabelItem(QGraphicsItem):
    """A label on the canvas, kept as a picture: turned letters take long to draw."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._words = ""
        self._place: LabelPlace | None = None
        self._token = ""
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_label(self, words: str, place: LabelPlace | None, is_wrong: bool) -> None:
        """Write `words` at `place`; `is_wrong`: what they say does not fit where the wire ends."""
        token = "warn_text" if is_wrong else "second_text"
        if (words, place, token) != (self._words, self._place, self._token):
            self.prepareGeometryChange()
            self._words, self._place, self._token = words, place, token
            self.setVisible(place is not None)
            self.update()

    def set_in_sight(self, is_in_sight: bool) -> None:
        """Whether it can be read now; else Qt need not even ask where it lies."""
        if is_in_sight is bool(self.flags() & QGraphicsItem.GraphicsItemFlag.ItemHasNoContents):
            self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents, not is_in_sight)
            self.update()

    def boundingRect(self) -> QRectF:
        """Of the words."""
        return self._place.rect.adjusted(-2, -2, 2, 2) if self._place else QRectF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The words, where they can be read."""
        font = label_font(option.levelOfDetailFromTransform(painter.worldTransform()))
        if self._place and font:
            paint_label(painter, self._place, self._words, font, theme().color(self._token))


def label_font(scale: float) -> QFont | None:
    """The font of labels on a canvas drawn `scale` times as large; None where it could not be read."""
    pixels = min(LARGEST, max(SMALLEST, round(SMALLEST / scale)))
    return number_font(pixels) if pixels * scale >= LEGIBLE else None


def paint_label(painter: QPainter, place: LabelPlace, words: str, font: QFont, color: QColor) -> None:
    """The words on the ground of the canvas, so that dots and wires do not run through them."""
    rect = place.rect
    painter.save()
    if place.is_turned:
        painter.translate(rect.center())
        painter.rotate(-90)
        rect = QRectF(-rect.height() / 2, -rect.width() / 2, rect.height(), rect.width())
    width = QFontMetricsF(font).horizontalAdvance(words) + 4
    ground = QRectF(rect.center() - QPointF(width / 2, font.pixelSize() * 0.6), rect.center())
    ground.setBottomRight(rect.center() + QPointF(width / 2, font.pixelSize() * 0.6))
    painter.fillRect(ground, theme().color("canvas"))
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect.adjusted(-8, 0, 8, 0), Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
