"""Marks: the three numbered bubbles that show a newcomer where to begin; they go with the first Play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.theme import SMALL_RADIUS, text_font, theme

PADDING = 10
ARROW = 8


@dataclass(frozen=True)
class Mark:
    """A bubble with `text` whose arrow touches `place()` (window coordinates), below it or to its right."""

    text: str
    place: Callable[[], QPoint]
    below: bool = True


class Marks(QObject):
    """Shows the bubbles over `window` and keeps them in place; a click on one closes it."""

    def __init__(self, window: QWidget, marks: list[Mark]) -> None:
        super().__init__(window)
        self._bubbles = [_Bubble(window, number, mark) for number, mark in enumerate(marks, 1)]
        window.installEventFilter(self)
        self._place()
        for bubble in self._bubbles:
            bubble.show()

    def close(self) -> None:
        """Take all bubbles away for good."""
        for bubble in self._bubbles:
            bubble.deleteLater()
        self._bubbles = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._place()
        return False

    def _place(self) -> None:
        for bubble in self._bubbles:
            bubble.place()


class _Bubble(QWidget):
    """One numbered sentence with an arrow."""

    def __init__(self, window: QWidget, number: int, mark: Mark) -> None:
        super().__init__(window)
        self._text = f"{number}  {mark.text}"
        self._mark = mark
        self.setAccessibleName(self._text)
        self.setFont(text_font(13, QFont.Weight.Medium))
        size = self.fontMetrics().size(0, self._text)
        across, along = (0, ARROW) if mark.below else (ARROW, 0)
        self.setFixedSize(size.width() + 2 * PADDING + across, size.height() + 2 * PADDING + along)

    def place(self) -> None:
        """Move to where the arrow touches, inside the window."""
        tip = self._mark.place()
        x = tip.x() - self.width() // 2 if self._mark.below else tip.x()
        y = tip.y() if self._mark.below else tip.y() - self.height() // 2
        room = self.window().width() - self.width() - 4
        self.move(max(4, min(x, room)), y)
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bubble."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(*((0, ARROW, 0, 0) if self._mark.below else (ARROW, 0, 0, 0)))
        tip = self._mark.place() - self.pos()
        path = QPainterPath()
        path.addRoundedRect(box, SMALL_RADIUS, SMALL_RADIUS)
        arrow = QPainterPath(tip.toPointF())
        sides = ((-ARROW, ARROW), (ARROW, ARROW)) if self._mark.below else ((ARROW, -ARROW), (ARROW, ARROW))
        for dx, dy in sides:
            arrow.lineTo(tip.x() + dx, tip.y() + dy)
        painter.fillPath(path.united(arrow), theme().color("text"))
        painter.setPen(QPen(theme().color("surface")))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click closes the bubble."""
        self.hide()
