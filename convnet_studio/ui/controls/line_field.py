"""LineField: what every field for a line of text has: a look from the theme, its beginning in sight, a hairline."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from convnet_studio.ui.theme import theme, theme_switch


class LineField(QLineEdit):
    """A line of text without a frame; who derives from it paints the ground.

    Args:
        name: what screen readers call it.
        height: in pixels.
        padding: in pixels, left and right.
    """

    def __init__(self, name: str, height: int, padding: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._padding = padding
        self.setAccessibleName(name)
        self.setFixedHeight(height)
        self.setFrame(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has moved on: the beginning is in sight again."""
        super().focusOutEvent(event)
        self.setCursorPosition(0)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """The hairline answers the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        super().leaveEvent(event)
        self.update()

    def _recolor(self) -> None:
        colors = theme().colors
        height = f"min-height: {self.height()}px; max-height: {self.height()}px;"
        self.setStyleSheet(
            f"QLineEdit {{ background: transparent; border: none; padding: 0 {self._padding}px; {height}"
            f" color: {colors['text']};"
            f" selection-background-color: {colors['accent']}; selection-color: {colors['on_accent']}; }}"
        )
        self.update()
