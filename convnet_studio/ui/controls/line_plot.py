"""LinePlot: a small curve with its ends written out; pointing at it, or arrow keys, read its points exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_TOP, _BOTTOM, _LEFT, _RIGHT = 20.0, 18.0, 46.0, 10.0


class LinePlot(QWidget):
    """One curve over x; the y axis runs from 0, or the lowest value if that is below, to the highest.

    Args:
        name: heading, and for people who do not see it.
        x_word: of x in the reading, such as ``step``. `unit`: behind its numbers.
    """

    def __init__(self, name: str, x_word: str = "", unit: str = "") -> None:
        super().__init__()
        self._name, self._x_word, self._unit = name, x_word, unit
        self._x: Array = np.zeros(0)
        self._y: Array = np.zeros(0)
        self._ticks: Sequence[float] = ()
        self._level: tuple[float, str] | None = None
        self._note = ""
        self._pointed = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 84)
        theme_switch().changed.connect(self.update)

    def show_curve(
        self, x: Array, y: Array, ticks: Sequence[float], note: str = "", level: tuple[float, str] | None = None
    ) -> None:
        """Show a curve.

        Args:
            x: ascending. `y`: as many.
            ticks: of x.
            note: what it comes to, beside the heading while nothing is pointed at.
            level: a value to compare with, drawn as a dashed line, and its name.
        """
        self._x, self._y, self._ticks, self._note, self._level = x, y, ticks, note, level
        if self._pointed >= len(x):
            self._pointed = -1
        self.setAccessibleDescription(note)
        self.update()

    def clear(self) -> None:
        """Show nothing but the frame."""
        self.show_curve(np.zeros(0), np.zeros(0), ())

    @property
    def reading(self) -> str:
        """The point read, or the note."""
        if self._pointed < 0:
            return self._note
        at = f"{self._x_word} {short(float(self._x[self._pointed]))}{self._unit}".strip()
        return f"{at}: {exact(self._y[self._pointed])}"

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(220, 120)

    def _room(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(1.0, self.width() - _LEFT - _RIGHT), max(1.0, self.height() - _TOP - _BOTTOM))

    def _range(self) -> tuple[float, float]:
        values = self._y[np.isfinite(self._y)]
        level = [self._level[0]] if self._level else []
        low = min([0.0, *level, *(values[[values.argmin()]] if len(values) else [])])
        high = max([*level, *(values[[values.argmax()]] if len(values) else [])], default=1.0)
        high = max(high, 0.0)
        return (low, high) if high > low else (low, low + 1.0)

    def _points(self) -> list[QPointF]:
        room, (low, high) = self._room(), self._range()
        first, last = float(self._x[0]), float(self._x[-1])
        across = (last - first) or 1.0
        return [
            QPointF(
                room.left() + room.width() * (float(x) - first) / across,
                room.bottom() - room.height() * (float(y) - low) / (high - low),
            )
            for x, y in zip(self._x, self._y, strict=True)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heading, axes, curve, and the point read."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_heading(painter)
        room = self._room()
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        painter.drawLine(room.topLeft(), room.bottomLeft())
        if len(self._x):
            self._paint_axes(painter, room)
            self._paint_curve(painter, room)

    def _paint_heading(self, painter: QPainter) -> None:
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        painter.drawText(QRectF(0, 0, self.width(), 16), Qt.AlignmentFlag.AlignLeft, self._name)
        taken = painter.fontMetrics().horizontalAdvance(self._name) + 8
        painter.setFont(number_font(11))
        painter.setPen(theme().color("text"))
        words = painter.fontMetrics().elidedText(
            self.reading, Qt.TextElideMode.ElideRight, max(0, self.width() - taken - int(_RIGHT))
        )
        painter.drawText(QRectF(taken, 0, self.width() - taken - _RIGHT, 16), Qt.AlignmentFlag.AlignRight, words)

    def _paint_axes(self, painter: QPainter, room: QRectF) -> None:
        low, high = self._range()
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, room.top() - 6, _LEFT - 4, 14), right, short(high))
        painter.drawText(QRectF(0, room.bottom() - 8, _LEFT - 4, 14), right, short(low))
        first, last = float(self._x[0]), float(self._x[-1])
        free = 0.0
        for tick in self._ticks:
            if first <= tick <= last and last > first:
                at = room.left() + room.width() * (tick - first) / (last - first)
                words = f"{tick:g}{self._unit}"
                width = painter.fontMetrics().horizontalAdvance(words)
                left = min(max(0.0, at - width / 2), self.width() - width)
                if left >= free:  # where numbers would touch, every other one will do
                    painter.drawText(QPointF(left, room.bottom() + 13), words)
                    free = left + width + 4
        if low < 0 < high:
            painter.setPen(QPen(theme().color("line"), 1))
            at = room.bottom() - room.height() * -low / (high - low)
            painter.drawLine(QPointF(room.left(), at), QPointF(room.right(), at))

    def _paint_curve(self, painter: QPainter, room: QRectF) -> None:
        points = [each for each in self._points() if np.isfinite(each.y())]
        if self._level is not None:
            low, high = self._range()
            at = room.bottom() - room.height() * (self._level[0] - low) / (high - low)
            painter.setPen(QPen(theme().color("test"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(room.left(), at), QPointF(room.right(), at))
            painter.setFont(text_font(10))
            painter.drawText(
                QRectF(room.left(), at + 2, room.width() - 2, 14), Qt.AlignmentFlag.AlignRight, self._level[1]
            )
        painter.setPen(QPen(theme().color("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("accent"))
        if len(points) == 1:
            painter.drawEllipse(points[0], 2.5, 2.5)
        if 0 <= self._pointed < len(points):
            painter.drawEllipse(points[self._pointed], 4, 4)

    # ---------------------------------------------------------------- pointing

    def _point_at(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the nearest point."""
        if len(self._x):
            distances = [abs(point.x() - event.position().x()) for point in self._points()]
            self._point_at(int(np.argmin(distances)))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self._point_at(-1)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The highest point is read at first: that is how the focus is seen."""
        super().focusInEvent(event)
        if len(self._y) and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._point_at(int(np.nan_to_num(self._y, nan=-np.inf).argmax()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has moved on."""
        self._point_at(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move from point to point."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step and len(self._x):
            self._point_at(min(max(self._pointed + step, 0), len(self._x) - 1))
        else:
            super().keyPressEvent(event)
