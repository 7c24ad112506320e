"""NameEditor: a line over a card's header in which its name is edited."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from convnet_studio.ui.theme import text_font, theme

SMALLEST_WIDTH = 110
LONGEST_NAME = 80


class NameEditor(QLineEdit):
    """Enter or leaving it takes the name, Escape does not."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("name_editor")
        self.setAccessibleName("Name of the module")
        self.setMaxLength(LONGEST_NAME)
        self._take: Callable[[str], object] | None = None
        self.editingFinished.connect(self._finish)
        self.hide()

    def ask(self, name: str, place: QRect, scale: float, take: Callable[[str], object]) -> None:
        """Edit `name` at `place` of the host; `take` gets the answer."""
        self._take = None
        self.setText(name)
        self.setFont(text_font(max(10, round(13 * scale)), QFont.Weight.DemiBold))
        colors = theme().colors
        self.setStyleSheet(
            f"#name_editor {{ background: {colors['surface']}; color: {colors['text']}; padding: 0 2px; margin: 0;"
            f" border: 1px solid {colors['accent']}; border-radius: 4px; min-height: 0; }}"
        )
        room = place.adjusted(-4, -2, 4, 2)
        room.setWidth(max(room.width(), SMALLEST_WIDTH))
        self.setGeometry(room)
        self._take = take
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the name as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self._take = None
            self._close()
        else:
            super().keyPressEvent(event)

    def _finish(self) -> None:
        take, self._take = self._take, None
        if take is not None:
            take(self.text())
            self._close()

    def _close(self) -> None:
        if view := self._host.parentWidget():
            view.setFocus()  # first, or hiding would pass the focus on to the next card
        self.hide()
