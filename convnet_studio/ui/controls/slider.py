"""Slider: one of a row of numbers, chosen by dragging; its name stands at the left and the number at the right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_HEIGHT = 44
_INSET = 8.0
_GROOVE = 31.0
_BARE = 22
"""Height without words."""
_KNOB = 7.0


class Slider(QSlider):
    """Drag, click, arrow keys, Home and End; the wheel only while it has the focus.

    Args:
        name: of what is chosen.
        stops: the numbers there are, rising.
        text: how a number is written.
        help: one sentence.
        has_words: whether name and number stand above the groove; else somebody else shows them.
    """

    entered = Signal(float)
    """The number that the user chose (not sent by `show_number`)."""

    def __init__(
        self,
        name: str,
        stops: Iterable[float],
        text: Callable[[float], str],
        help: str = "",
        parent: QWidget | None = None,
        has_words: bool = True,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._has_words = has_words
        self._name = name
        self._stops = [float(each) for each in stops]
        self._text = text
        self._is_told = False
        self.setRange(0, len(self._stops) - 1)
        self.setPageStep(max(1, len(self._stops) // 10))
        self.setAccessibleName(name)
        self.setToolTip(help)
        self.setFixedHeight(_HEIGHT if has_words else _BARE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.valueChanged.connect(self._on_value)
        theme_switch().changed.connect(self.update)
        self._describe()

    @property
    def number(self) -> float:
        """The number chosen."""
        return self._stops[self.value()]

    @property
    def number_text(self) -> str:
        """The number as it is written."""
        return self._text(self.number)

    def show_number(self, number: float) -> None:
        """Go to the stop nearest to `number`, without telling anybody."""
        self._is_told = True
        self.setValue(int(np.argmin(np.abs(np.array(self._stops) - number))))
        self._is_told = False

    def show_exactly(self, number: float) -> None:
        """Go to `number` itself, which becomes one of the stops, without telling anybody."""
        self.set_stops(sorted({*self._stops, float(number)}))
        self.show_number(number)

    def set_stops(self, stops: Iterable[float]) -> None:
        """Offer other numbers; the one nearest to the number in force is shown, and nobody is told."""
        number = self.number
        self._is_told = True
        self._stops = [float(each) for each in stops]
        self.setRange(0, len(self._stops) - 1)
        self.setPageStep(max(1, len(self._stops) // 10))
        self._is_told = False
        self.show_number(number)
        self._describe()

    def _on_value(self, _place: int) -> None:
        self._describe()
        if not self._is_told:
            self.entered.emit(self.number)

    def _describe(self) -> None:
        self.setAccessibleDescription(self.number_text)
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(200, self.maximumHeight())

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(96, self.maximumHeight())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only while it has the focus: nobody changes a value by scrolling over it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _go_to(self, x: float) -> None:
        part = (x - _INSET) / max(1.0, self.width() - 2 * _INSET)
        self.setValue(round(min(max(part, 0.0), 1.0) * self.maximum()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words, groove and knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_on = self.isEnabled()
        if self._has_words:
            self._paint_words(painter)
        middle = _GROOVE if self._has_words else _BARE / 2
        start, end = _INSET, self.width() - _INSET
        at = start + (end - start) * self.value() / max(1, self.maximum())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(QRectF(start, middle - 2, end - start, 4), 2, 2)
        painter.setBrush(theme().color("accent" if is_on else "strong_line"))
        painter.drawRoundedRect(QRectF(start, middle - 2, at - start, 4), 2, 2)
        painter.setPen(QPen(theme().color("surface"), 2))
        painter.drawEllipse(QPointF(at, middle), _KNOB, _KNOB)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_words(self, painter: QPainter) -> None:
        line = QRectF(0, 2, self.width(), 18)
        painter.setFont(number_font(12, QFont.Weight.DemiBold))
        painter.setPen(theme().color("text" if self.isEnabled() else "strong_line"))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.number_text)
        room = line.width() - painter.fontMetrics().horizontalAdvance(self.number_text) - 8
        painter.setFont(text_font(12))
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
