"""TextField: a text setting that is typed freely."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from convnet_studio.ui.controls.painting import FIELD_HEIGHT, paint_field
from convnet_studio.ui.theme import number_font, theme, theme_switch


class TextField(QLineEdit):
    """One line; Enter or leaving it hands it on as it is, right or wrong, Escape gives the old text back."""

    entered = Signal(object)

    def __init__(self, name: str, example: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self._refused = False
        self.setAccessibleName(name)
        self.setPlaceholderText(example)
        self.setFont(number_font(12))
        self.setFixedHeight(FIELD_HEIGHT)
        self.setMinimumWidth(72)
        self.setFrame(False)
        self.editingFinished.connect(self._hand_on)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    @property
    def value(self) -> str:
        """The text last shown."""
        return self._shown

    def show_value(self, value: object) -> None:
        """Show the text in force; a refused entry is replaced by it."""
        self._shown = str(value)
        self.set_refused(False)
        if self.text() != self._shown:
            self.setText(self._shown)
            self.setCursorPosition(0)

    def set_refused(self, refused: bool) -> None:
        """Mark the entry as one that was not taken."""
        self._refused = refused
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the old text back."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._shown)
            self.set_refused(False)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A field like the others, then the text."""
        paint_field(QPainter(self), self, self._refused)
        super().paintEvent(event)

    def _hand_on(self) -> None:
        if self.text() != self._shown:
            self.entered.emit(self.text())

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            "QLineEdit { background: transparent; border: none; padding: 0 6px;"
            f" color: {colors['text']};"
            f" selection-background-color: {colors['accent']}; selection-color: {colors['on_accent']}; }}"
        )
