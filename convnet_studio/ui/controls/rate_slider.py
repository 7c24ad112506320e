"""RateSlider: a learning rate on a logarithmic scale, with the rate above which plain descent is not stable."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import blend, paint_focus_ring
from convnet_studio.ui.theme import number_font, theme, theme_switch

LOWEST, HIGHEST = 0.01, 100.0
_HEIGHT = 44
_INSET = 9.0
_GROOVE = 14.0
_STEPS = 80
"""Presses of an arrow key from one end to the other."""


class RateSlider(QWidget):
    """Drag, or arrow keys; the groove is red above the limit, which stands below it in words."""

    entered = Signal(float)
    """The rate that the user chose (not sent by `show_rate`)."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rate = 1.0
        self.limit: float | None = None
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("The limit is 2 / λ max at the pointer, or else where the first ball is")
        theme_switch().changed.connect(self.update)

    def show_rate(self, rate: float) -> None:
        """Show the rate in force."""
        self.rate = rate
        self._tell()

    def show_limit(self, limit: float | None) -> None:
        """Mark the largest stable rate; infinite: there is none here; None: it is not known."""
        if limit != self.limit:
            self.limit = limit
            self._tell()

    def _tell(self) -> None:
        self.setAccessibleDescription(f"{short(self.rate)}, {self.limit_text}")
        self.update()

    @property
    def limit_text(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return ""
        return "no limit here" if math.isinf(self.limit) else f"limit {short(self.limit)}"

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(200, _HEIGHT)

    def _x_of(self, rate: float) -> float:
        part = math.log(min(max(rate, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
        return _INSET + part * (self.width() - 2 * _INSET)

    def _choose(self, part: float) -> None:
        part = min(max(part, 0.0), 1.0)
        rate = LOWEST * (HIGHEST / LOWEST) ** part
        self.rate = float(f"{rate:.2g}")
        self._tell()
        self.entered.emit(self.rate)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose((event.position().x() - _INSET) / max(1.0, self.width() - 2 * _INSET))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose((event.position().x() - _INSET) / max(1.0, self.width() - 2 * _INSET))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right, Home and End."""
        key = Qt.Key(event.key())
        here = (self._x_of(self.rate) - _INSET) / max(1.0, self.width() - 2 * _INSET)
        aims = {
            Qt.Key.Key_Left: here - 1 / _STEPS,
            Qt.Key.Key_Down: here - 1 / _STEPS,
            Qt.Key.Key_Right: here + 1 / _STEPS,
            Qt.Key.Key_Up: here + 1 / _STEPS,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        if key in aims:
            self._choose(aims[key])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Groove, limit, handle, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        end = self.width() - _INSET
        limit = self._x_of(self.limit) if self.limit is not None else end
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(QRectF(_INSET, _GROOVE - 2, end - _INSET, 4), 2, 2)
        if limit < end:
            painter.setBrush(blend(theme().color("bad"), theme().color("surface"), 0.55))
            painter.drawRoundedRect(QRectF(limit, _GROOVE - 2, end - limit, 4), 2, 2)
        at = self._x_of(self.rate)
        painter.setBrush(theme().color("accent"))
        painter.drawRoundedRect(QRectF(_INSET, _GROOVE - 2, at - _INSET, 4), 2, 2)
        if self.limit is not None and math.isfinite(self.limit) and LOWEST <= self.limit <= HIGHEST:
            painter.setPen(QPen(theme().color("bad"), 2))
            painter.drawLine(QPointF(limit, _GROOVE - 7), QPointF(limit, _GROOVE + 9))
        painter.setPen(QPen(theme().color("surface"), 2))
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(QPointF(at, _GROOVE), 7, 7)
        self._paint_words(painter, limit, end)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_words(self, painter: QPainter, limit: float, end: float) -> None:
        painter.setFont(number_font(11))
        painter.setPen(theme().color("second_text"))
        line = QRectF(_INSET, _GROOVE + 12, end - _INSET, 16)
        text = self.limit_text
        width = painter.fontMetrics().horizontalAdvance(text)
        x = min(max(limit - width / 2, _INSET + 34), end - 34 - width)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, f"{LOWEST:g}")
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{HIGHEST:g}")
        painter.setPen(theme().color("bad" if math.isfinite(self.limit or math.inf) else "second_text"))
        painter.drawText(QRectF(x, line.top(), width + 4, 16), Qt.AlignmentFlag.AlignLeft, text)
