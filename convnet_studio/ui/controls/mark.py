"""Marks: when a change takes effect. Each control that changes the project bears one."""

from __future__ import annotations

import enum

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.theme import icon_pixmap, theme, theme_switch

SIZE = 16


class Mark(enum.Enum):
    """When a change takes effect; the value is the sentence that says so."""

    NOW = "Applies now."
    NEXT_STEP = "Applies from the next step; all weights are kept."
    NEW_WEIGHTS = "Needs new weights."


_ICONS = {Mark.NOW: "check", Mark.NEXT_STEP: "step-forward", Mark.NEW_WEIGHTS: "dices"}


class MarkIcon(QWidget):
    """The mark as a small icon; the tooltip and the accessible name have its sentence."""

    def __init__(self, mark: Mark = Mark.NOW, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIZE, SIZE)
        self._mark = mark
        self.show_mark(mark)
        theme_switch().changed.connect(self.update)

    @property
    def mark(self) -> Mark:
        """The mark shown."""
        return self._mark

    def show_mark(self, mark: Mark, more: str = "") -> None:
        """Show `mark`; `more` is a further sentence for the tooltip, such as whose weights are drawn anew."""
        self._mark = mark
        sentence = f"{mark.value} {more}".strip()
        self.setToolTip(sentence)
        self.setAccessibleName(sentence)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The icon."""
        color = theme().color("warn_text" if self._mark is Mark.NEW_WEIGHTS else "strong_line")
        QPainter(self).drawPixmap(0, 0, icon_pixmap(_ICONS[self._mark], color, SIZE, self.devicePixelRatioF()))
