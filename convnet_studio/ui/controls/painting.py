"""Painting: the few strokes that all controls share, so that they look alike."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.theme import theme

FIELD_RADIUS = 6.0
FIELD_HEIGHT = 28


def blend(over: QColor, under: QColor, amount: float) -> QColor:
    """`over` laid on `under` with opacity `amount`."""
    rest = 1 - amount
    return QColor(
        round(over.red() * amount + under.red() * rest),
        round(over.green() * amount + under.green() * rest),
        round(over.blue() * amount + under.blue() * rest),
    )


def paint_field(painter: QPainter, widget: QWidget, refused: bool = False) -> None:
    """The ground and hairline of a field; accent while it has the focus, red while its value is refused."""
    focused = widget.hasFocus()
    token = "bad" if refused else "accent" if focused else "strong_line" if widget.underMouse() else "line"
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color(token), 2.0 if focused else 1.0))
    painter.setBrush(theme().color("surface"))
    inset = 1.0 if focused else 0.5
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset), FIELD_RADIUS, FIELD_RADIUS)


def paint_focus_ring(painter: QPainter, rect: QRectF, radius: float = FIELD_RADIUS) -> None:
    """The ring around what the keyboard acts on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color("accent"), 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius)


def paint_chevron(painter: QPainter, center: QPointF, half_width: float, points_down: bool, color: QColor) -> None:
    """A small open arrow."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(color, 1.5)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    rise = half_width / 2 if points_down else -half_width / 2
    tip = QPointF(center.x(), center.y() + rise)
    wings = center.y() - rise
    painter.drawPolyline(
        QPolygonF([QPointF(center.x() - half_width, wings), tip, QPointF(center.x() + half_width, wings)])
    )
