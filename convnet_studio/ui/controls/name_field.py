"""NameField: a heading that can be typed over."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.controls.line_field import LineField
from convnet_studio.ui.controls.painting import paint_field
from convnet_studio.ui.controls.undo_keys import is_undo_for_window
from convnet_studio.ui.theme import text_font, theme

_PADDING = 4


class NameField(LineField):
    """A name that looks like a heading until the pointer or the keyboard comes to it; Enter takes, Escape gives up."""

    entered = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self._shown = ""  # asked for by events while Qt still makes the field
        super().__init__(name, 28, _PADDING, parent)
        self._help = f"{name}: click to change"
        self.setToolTip(self._help)
        self.setFont(text_font(15, QFont.Weight.DemiBold))
        self.setMinimumWidth(64)
        self.editingFinished.connect(self._hand_on)

    def show_name(self, text: str, placeholder: str = "") -> None:
        """Show the name in force; `placeholder` is what it falls back to when it is empty."""
        self._shown = text
        self.setToolTip(f"{text}\n{self._help}" if text else self._help)
        self.setPlaceholderText(placeholder)
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)

    def _hand_on(self) -> None:
        if self.text() != self._shown:
            self._shown = self.text()
            self.entered.emit(self.text())

    def event(self, event: QEvent) -> bool:
        """Undo is the window's once the name is entered."""
        if is_undo_for_window(event, self.text() != self._shown):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the old name back."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._shown)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Like a heading until it is pointed at; of a name that is too long the middle is left out until then."""
        if self.hasFocus() or self.underMouse():
            paint_field(QPainter(self), self)
        room = self.contentsRect().adjusted(_PADDING + 2, 0, -_PADDING, 0)
        if self.hasFocus() or self.fontMetrics().horizontalAdvance(self.text()) <= room.width():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(theme().color("text"))
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
