"""Wire labels: the shape that a wire carries, written beside it where that covers neither a card nor another label.

Between two cards of a row there is room only for a turned label; where there is none at all, the wire has no label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.routing import Cards
from convnet_studio.ui.canvas.stage_layout import JOINT_HEIGHT
from convnet_studio.ui.theme import number_font, theme

SMALLEST, LARGEST = 10, 12
"""Pixels of the letters in the scene: the larger, the smaller the canvas is drawn."""
LEGIBLE = 7.5
"""Pixels on the screen; smaller labels are left out."""
THICKNESS = 15.0
BESIDE = 10.0
"""From the wire to its label: clear of ports, arrows and problems."""
PAST_JOINT = JOINT_HEIGHT / 2 + 4
"""The same where two cards of a stage interlock."""
MARGIN = 2.0
_PLACES = (0.5, 0.35, 0.65, 0.2, 0.8)
_FLAT = 0.35
"""Only where a wire rises less than this has a label room along it."""


@dataclass(frozen=True)
class LabelPlace:
    """Where a label lies in the scene; `is_turned`: it is read from below upwards."""

    rect: QRectF
    is_turned: bool


def place_labels(
    ways: Mapping[Link, QPainterPath], words: Mapping[Link, str], cards: Sequence[QRectF]
) -> dict[Link, LabelPlace]:
    """A place for the words of each wire that has room for them."""
    taken = Cards(cards).boxes + np.array([-MARGIN, -MARGIN, MARGIN, MARGIN])
    metrics = QFontMetricsF(number_font(LARGEST))
    lengths = {text: metrics.horizontalAdvance(text) + 4 for text in set(words.values())}
    found: dict[Link, LabelPlace] = {}
    for wire, way in ways.items():
        if not words.get(wire):
            continue
        tried = _tried(way, lengths[words[wire]])
        boxes = np.array([[r.left(), r.top(), r.right(), r.bottom()] for r in (each.rect for each in tried)])
        met = (boxes[:, None, :2] < taken[:, 2:]).all(axis=-1) & (boxes[:, None, 2:] > taken[:, :2]).all(axis=-1)
        free = np.flatnonzero(~met.any(axis=1))
        if len(free):
            found[wire] = tried[free[0]]
            taken = np.vstack([taken, boxes[free[0]]])
    return found


def _tried(way: QPainterPath, length: float) -> list[LabelPlace]:
    """The places beside a wire, the best first."""
    along: list[LabelPlace] = []
    turned: list[LabelPlace] = []
    for part in _PLACES:
        at = way.pointAtPercent(part)
        if abs(way.slopeAtPercent(part)) <= _FLAT:
            left = at.x() - length / 2
            tops = (at.y() - BESIDE - THICKNESS + 4, at.y() + BESIDE - 4)
            along += [LabelPlace(QRectF(left, top, length, THICKNESS), False) for top in tops]
        left = at.x() - THICKNESS / 2
        for away in (BESIDE, PAST_JOINT):
            tops = (at.y() - away - length, at.y() + away)
            turned += [LabelPlace(QRectF(left, top, THICKNESS, length), True) for top in tops]
    return [*along, *turned]


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
