"""Surface marks: balls, spots, arrows and lines as a surface and its contour map both draw them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from convnet_studio.ui.controls.surface_scene import Way
from convnet_studio.ui.theme import number_font, text_font, theme

BALL = 8.0
_SHORTEST_ARROW = 6.0
"""Pixels: what is shorter lies within the ring of the pointer."""


def way_pen(way: Way) -> tuple[QPen, ...]:
    """The strokes of a way, one over the other: a halo that sets it off from every ground, then its colour."""
    halo = QColor(theme().color("surface"))
    halo.setAlphaF(0.75)
    style = Qt.PenStyle.DashLine if way.is_dashed else Qt.PenStyle.SolidLine
    pens = (QPen(halo, 3.6), QPen(way.color, 1.8, style))
    for pen in pens:
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if way.is_dashed else Qt.PenCapStyle.RoundCap)
    return pens


def round_pen(color: QColor, width: float) -> QPen:
    """A pen with round ends and corners."""
    pen = QPen(color, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def paint_ball(painter: QPainter, place: QPointF, color: QColor, label: str, faint: bool = False) -> None:
    """A ball with its number; one that is out of sight is a ring."""
    ring = theme().color("surface")
    painter.setPen(QPen(color if faint else ring, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush if faint else color)
    painter.drawEllipse(place, BALL, BALL)
    painter.setFont(number_font(10, QFont.Weight.Bold))
    painter.setPen(color if faint else ring)
    painter.drawText(QRectF(place.x() - 10, place.y() - 8, 20, 16), Qt.AlignmentFlag.AlignCenter, label)


def kept_within(place: QPointF, area: QRectF) -> QPointF:
    """Where a ball at `place` is drawn: there, or at the border next to it if it lies beyond."""
    if area.contains(place):
        return place
    reach = 2 * BALL
    x = min(max(place.x(), area.left() + reach), area.right() - reach)
    return QPointF(x, min(max(place.y(), area.top() + reach), area.bottom() - reach))


def paint_outside(painter: QPainter, at: QPointF, place: QPointF, color: QColor) -> None:
    """An arrow head beside a ball at the border, towards the place where it is."""
    angle = math.atan2(place.y() - at.y(), place.x() - at.x())

    def around(radius: float, turn: float) -> QPointF:
        return at + QPointF(radius * math.cos(angle + turn), radius * math.sin(angle + turn))

    painter.setPen(QPen(theme().color("surface"), 1.5))
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([around(BALL + 7, 0), around(BALL + 1, 0.7), around(BALL + 1, -0.7)]))


def paint_spot(painter: QPainter, place: QPointF, label: str, faint: bool = False) -> None:
    """A diamond, and its name on a small ground."""
    painter.setOpacity(0.45 if faint else 1.0)
    painter.setPen(QPen(theme().color("surface"), 1.5))
    painter.setBrush(theme().color("text"))
    corners = [place + QPointF(*each) for each in ((0, -6), (6, 0), (0, 6), (-6, 0))]
    painter.drawPolygon(QPolygonF(corners))
    painter.setOpacity(0.45 if faint else 1.0)
    paint_note(painter, place + QPointF(9, 0), label)
    painter.setOpacity(1.0)


def paint_note(painter: QPainter, place: QPointF, text: str) -> None:
    """A word to the right of a place, on a ground of its own."""
    font = text_font(11)
    width = QFontMetrics(font).horizontalAdvance(text)
    room = QRectF(place.x(), place.y() - 9, width + 10, 18)
    ground = QColor(theme().color("surface"))
    ground.setAlphaF(0.85)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(room, 4, 4)
    painter.setFont(font)
    painter.setPen(theme().color("text"))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


def paint_pointer(painter: QPainter, place: QPointF) -> None:
    """A small ring with a halo."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for token, width in (("surface", 4.0), ("text", 1.6)):
        painter.setPen(QPen(theme().color(token), width))
        painter.drawEllipse(place, 5, 5)


def paint_arrow(painter: QPainter, line: Sequence[QPointF]) -> None:
    """A line with a head at its end, with a halo."""
    before, end = line[max(0, len(line) - 3)], line[-1]
    length = math.hypot(end.x() - line[0].x(), end.y() - line[0].y())
    if length < _SHORTEST_ARROW:
        return
    wing = min(9.0, length / 2)
    angle = math.atan2(end.y() - before.y(), end.x() - before.x())
    wings = [end - QPointF(wing * math.cos(angle + side), wing * math.sin(angle + side)) for side in (0.45, -0.45)]
    head = QPolygonF([wings[0], end, wings[1]])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for token, width in (("surface", 4.5), ("text", 2.0)):
        painter.setPen(round_pen(theme().color(token), width))
        painter.drawPolyline(QPolygonF(list(line)))
        painter.drawPolyline(head)
