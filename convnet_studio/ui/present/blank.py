"""Blank: nothing on the screen, so that all look at the teacher."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget


class Blank(QWidget):
    """Black over all of `parent`; any key or click takes it away."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Blank screen")
        self.setCursor(Qt.CursorShape.BlankCursor)
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Back to what was shown."""
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Black in every theme."""
        QPainter(self).fillRect(self.rect(), Qt.GlobalColor.black)
