"""LossPanel: the loss of one picture as a number, and whether the answer was right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.theme import icon_pixmap, number_font, text_font, theme, theme_switch

_NUMBER_HEIGHT = 44


class LossPanel(QWidget):
    """A large number; beneath it the answer, the target, and a tick or a cross."""

    pointed = Signal(bool)
    """Whether the pointer is over it now."""
    picked = Signal()
    """It was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = ""
        self._words = ""
        self._is_right: bool | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Loss of this picture")
        theme_switch().changed.connect(self.update)

    def show_loss(self, loss: float, answer: str, target: str) -> None:
        """Show a loss; `answer` and `target` are names of classes, empty where unknown."""
        self.number = exact(loss)
        known = [f"answer {answer}" if answer else "", f"target {target}" if target else ""]
        self._words = " · ".join(each for each in known if each)
        self._is_right = answer == target if answer and target else None
        verdict = {True: ", right", False: ", wrong", None: ""}[self._is_right]
        self.setAccessibleDescription(f"{self.number} {self._words}{verdict}")
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines."""
        return QSize(240, _NUMBER_HEIGHT + 28)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is at the one number that there is."""
        self.pointed.emit(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """It has left."""
        self.pointed.emit(False)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click picks it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.picked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Number above, words below."""
        painter = QPainter(self)
        painter.setFont(number_font(32, QFont.Weight.DemiBold))
        painter.setPen(theme().color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(0, 0, self.width(), _NUMBER_HEIGHT, middle, self.number)
        painter.setFont(text_font(13))
        left = 0
        if self._is_right is not None:
            name, token = ("check", "good") if self._is_right else ("x", "bad")
            pixmap = icon_pixmap(name, theme().color(token), 16, self.devicePixelRatioF())
            painter.drawPixmap(0, _NUMBER_HEIGHT + 6, pixmap)
            left = 22
        painter.drawText(left, _NUMBER_HEIGHT, self.width() - left, 28, middle, self._words)
