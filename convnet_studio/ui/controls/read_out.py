"""ReadOut: one line of fixed height that says what lies under the pointer, so that nothing moves while it changes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

HEIGHT = 24


class ReadOut(QWidget):
    """A place in words at the left, its exact value at the right; a hint while the pointer is elsewhere."""

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hint = hint
        self.place = ""
        self.value = ""
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Value under the pointer")
        theme_switch().changed.connect(self.update)

    def show_value(self, place: str, value: str) -> None:
        """Show a place and its value; both empty: the hint."""
        if (place, value) != (self.place, self.value):
            self.place, self.value = place, value
            self.setAccessibleDescription(f"{place}: {value}" if place else self._hint)
            self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(120, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The place left, the value right."""
        painter = QPainter(self)
        value_font = number_font(12, QFont.Weight.DemiBold)
        value_width = QFontMetrics(value_font).horizontalAdvance(self.value)
        painter.setFont(text_font(12))
        painter.setPen(theme().color("second_text"))
        room = self.rect().adjusted(0, 0, -value_width - 8 if self.value else 0, 0)
        words = painter.fontMetrics().elidedText(self.place or self._hint, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.setFont(value_font)
        painter.setPen(theme().color("text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.value)
