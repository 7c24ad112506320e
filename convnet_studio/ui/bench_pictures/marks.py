"""Marks of a plot: named places, and dashed lines where only one of x and y is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from convnet_studio.engine.analysis.bench_pictures import Mark
from convnet_studio.ui.bench_pictures.axes import Axes
from convnet_studio.ui.theme import text_font, theme

_HEIGHT, _PADDING = 16.0, 4.0


def paint_marks(painter: QPainter, axes: Axes, marks: Sequence[Mark]) -> None:
    """Paint the marks; a name that would lie on another one moves down by a line."""
    room, taken = axes.room, list[QRectF]()
    for mark in marks:
        place = axes.point(
            axes.x.low if mark.x is None else mark.x,
            axes.y.low if mark.y is None else mark.y,
        )
        seen = room.adjusted(-1, -1, 1, 1)
        if not (np.isfinite(place.x()) and np.isfinite(place.y())) or not seen.contains(place):
            continue
        painter.setPen(QPen(theme().color("text"), 1.2, Qt.PenStyle.DashLine))
        if mark.x is None and mark.y is not None:
            painter.drawLine(QPointF(room.left(), place.y()), QPointF(room.right(), place.y()))
            corner = QPointF(room.right() - _width(mark.text) - 2, place.y() - _HEIGHT - 1)
        elif mark.y is None:
            painter.drawLine(QPointF(place.x(), room.top()), QPointF(place.x(), room.bottom()))
            corner = QPointF(place.x() + 3, room.top() + 2)
        else:
            painter.setPen(QPen(theme().color("surface"), 1.5))
            painter.setBrush(theme().color("text"))
            painter.drawEllipse(place, 4.5, 4.5)
            corner = QPointF(place.x() + 7, place.y() - _HEIGHT / 2)
        if mark.text:
            taken.append(_paint_name(painter, mark.text, corner, room, taken))


def _width(text: str) -> float:
    return QFontMetricsF(text_font(11)).horizontalAdvance(text) + 2 * _PADDING


def _paint_name(painter: QPainter, text: str, corner: QPointF, room: QRectF, taken: Sequence[QRectF]) -> QRectF:
    """The name on a ground of its own, within the room."""
    wide = min(_width(text), room.width())
    left = min(max(corner.x(), room.left()), room.right() - wide)
    box = QRectF(left, min(max(corner.y(), room.top()), room.bottom() - _HEIGHT), wide, _HEIGHT)
    while any(box.intersects(each) for each in taken) and box.bottom() + _HEIGHT < room.bottom():
        box.translate(0, _HEIGHT + 1)
    ground = theme().color("surface")
    ground.setAlphaF(0.85)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(text_font(11))
    painter.setPen(theme().color("text"))
    words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(wide - _PADDING) + 1)
    painter.drawText(box.adjusted(_PADDING, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
    return box
