"""SearchField: a line with a magnifying glass; Escape clears it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from convnet_studio.ui.controls.undo_keys import is_undo_for_window
from convnet_studio.ui.theme import icon, text_font, theme_switch


class SearchField(QLineEdit):
    """What is looked for."""

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self.setFont(text_font(12))
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder.rstrip("…"))
        self.setClearButtonEnabled(True)
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._recolor()
        theme_switch().changed.connect(self._recolor)

    def event(self, event: QEvent) -> bool:
        """Undo is the window's while nothing is typed."""
        if is_undo_for_window(event, bool(self.text())):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape clears; in an empty field it is left to the window."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)

    def _recolor(self) -> None:
        self._glass.setIcon(icon("search", "second_text"))
