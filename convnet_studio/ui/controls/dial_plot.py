"""DialPlot: a curve over the places of a dial; clicking, dragging or arrow keys turn it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_LEFT, _RIGHT, _TOP, _FOOT = 48.0, 16.0, 24.0, 20.0


class DialPlot(QWidget):
    """One value for each place of the dial, places evenly apart.

    Args:
        name: heading, and for people who do not see it.
        percent: whether values are shares, written in per cent.
    """

    turned = Signal(int)
    """Place that the user chose."""

    def __init__(self, name: str, percent: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._percent = name, percent
        self._amounts: tuple[float, ...] = ()
        self._values: Array = np.zeros(0)
        self._levels: tuple[tuple[float, str], ...] = ()
        self._place = 0
        self.setAccessibleName(name)
        self.setToolTip("Drag, or arrow keys, to turn the dial")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_curve(
        self, amounts: Sequence[float], values: Array, place: int, levels: Sequence[tuple[float, str]] = ()
    ) -> None:
        """Show a curve, where the dial stands, and `levels` to compare with, as dashed lines with names."""
        self._amounts, self._values, self._place, self._levels = tuple(amounts), values, place, tuple(levels)
        self.setAccessibleDescription(f"{amount_text(amounts[place])}: {self._text(float(values[place]))}")
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(420, 180)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(180, 104)

    def _text(self, value: float) -> str:
        if not math.isfinite(value):
            return "–"
        return f"{100 * value:.1f} %" if self._percent else short(value)

    def _room(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(1.0, self.width() - _LEFT - _RIGHT), max(1.0, self.height() - _TOP - _FOOT))

    def _range(self) -> tuple[float, float]:
        shown = [*self._values[np.isfinite(self._values)].tolist(), *(each for each, _ in self._levels), 0.0]
        return min(shown), max(shown) if max(shown) > min(shown) else min(shown) + 1

    def _at(self, place: int, value: float) -> QPointF:
        room, (low, high) = self._room(), self._range()
        share = place / max(1, len(self._amounts) - 1)
        return QPointF(room.left() + share * room.width(), room.bottom() - (value - low) / (high - low) * room.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heading, axes, levels, curve, and where the dial stands."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(12))
        painter.setPen(theme().color("second_text"))
        room = max(0, self.width() - 96)  # the value stands at its right
        painter.drawText(
            QPointF(0, 14), painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        )
        if self._amounts:
            self._paint_axes(painter)
            self._paint_curve(painter)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_axes(self, painter: QPainter) -> None:
        room, (low, high) = self._room(), self._range()
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(room.topLeft(), room.bottomLeft())
        painter.drawLine(self._at(0, 0), self._at(len(self._amounts) - 1, 0))
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in {low, high}:
            painter.drawText(QRectF(0, self._at(0, value).y() - 7, _LEFT - 6, 14), right, self._text(value))
        free = -1.0
        last = len(self._amounts) - 1
        for place in (0, *range(1, last), last):
            words, x = amount_text(self._amounts[place]), self._at(place, 0).x()
            width = painter.fontMetrics().horizontalAdvance(words)
            is_round = place in (0, last) or math.log10(self._amounts[place]).is_integer() or _is_power_of_2(words)
            if is_round and x - width / 2 > free and (place == last or x + width < self._at(last, 0).x() - 12):
                painter.drawText(QPointF(x - width / 2, room.bottom() + 14), words)
                free = x + width / 2 + 8

    def _paint_curve(self, painter: QPainter) -> None:
        room, last = self._room(), len(self._amounts) - 1
        painter.setFont(text_font(10))
        for value, words in self._levels:
            painter.setPen(QPen(theme().color("test"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(self._at(0, value), self._at(last, value))
            at = self._at(0, value).y()
            painter.drawText(QRectF(room.left() + 8, at + 2, room.width() - 16, 14), Qt.AlignmentFlag.AlignLeft, words)
        points = [self._at(i, float(each)) for i, each in enumerate(self._values) if math.isfinite(each)]
        painter.setPen(QPen(theme().color("accent"), 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        x, value = self._at(self._place, 0).x(), float(self._values[self._place])
        painter.setPen(QPen(theme().color("accent"), 1))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        if math.isfinite(value):
            painter.setPen(QPen(theme().color("surface"), 2))
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(self._at(self._place, value), 6, 6)
        painter.setFont(number_font(13))
        painter.setPen(theme().color("text"))
        painter.drawText(QRectF(0, 0, self.width() - _RIGHT, 18), Qt.AlignmentFlag.AlignRight, self._text(value))

    # ---------------------------------------------------------------- turning

    def _turn_to(self, x: float) -> None:
        if self._amounts:
            room, last = self._room(), len(self._amounts) - 1
            self.turned.emit(min(max(round((x - room.left()) / room.width() * last), 0), last))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._turn_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._turn_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right, Home and End."""
        last = len(self._amounts) - 1
        aims = {
            Qt.Key.Key_Left: self._place - 1,
            Qt.Key.Key_Right: self._place + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        aim = aims.get(Qt.Key(event.key()))
        if aim is None or last < 0:
            super().keyPressEvent(event)
        else:
            self.turned.emit(min(max(aim, 0), last))


def amount_text(amount: float) -> str:
    """A place of the dial in words."""
    return "∞" if math.isinf(amount) else f"{amount:g}"


def _is_power_of_2(words: str) -> bool:
    return words in {"2", "4", "8", "16", "32", "64"}
