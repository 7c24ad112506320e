"""Marks: numbered bubbles that show a newcomer where to begin; each goes when it was followed, or at a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.theme import SMALL_RADIUS, icon_pixmap, text_font, theme

PADDING = 10
ARROW = 8
CROSS = 12
EDGE = 4
"""Between a bubble and the edge of the window."""


@dataclass(frozen=True)
class Spot:
    """Where the arrow of a bubble touches, in window coordinates: the bubble lies below it, or to its right.

    Words break where they are wider than `widest` pixels.
    """

    tip: QPoint
    below: bool = True
    widest: int = 400


@dataclass(frozen=True)
class Mark:
    """A bubble with `text` at the first of `spots()` where it is allowed to lie; without such it is not seen."""

    name: str
    text: str
    spots: Callable[[], Sequence[Spot]]


class Marks(QObject):
    """Shows the bubbles over `window` and keeps them in place; a click on one closes it.

    Args:
        may_lie: whether a bubble may cover a rectangle of the window.
    """

    all_closed = Signal()
    """The last of them is gone."""

    def __init__(self, window: QWidget, marks: Sequence[Mark], may_lie: Callable[[QRect], bool]) -> None:
        super().__init__(window)
        self._may_lie = may_lie
        self.bubbles = {mark.name: Bubble(window, number, mark) for number, mark in enumerate(marks, 1)}
        for name, bubble in self.bubbles.items():
            bubble.dismissed.connect(lambda name=name: self.close(name))
        window.installEventFilter(self)
        self.place()

    def close(self, name: str) -> None:
        """Take a bubble away for good."""
        if bubble := self.bubbles.pop(name, None):
            bubble.hide()
            bubble.deleteLater()
            if not self.bubbles:
                self.all_closed.emit()

    def close_all(self) -> None:
        """Take all bubbles away for good."""
        for name in list(self.bubbles):
            self.close(name)

    def place(self) -> None:
        """Bring all bubbles to where they belong now."""
        for bubble in self.bubbles.values():
            bubble.place(self._may_lie)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.place()
        return False


class Bubble(QWidget):
    """One numbered sentence with an arrow, and a cross that says that a click takes it away."""

    dismissed = Signal()

    def __init__(self, window: QWidget, number: int, mark: Mark) -> None:
        super().__init__(window)
        self._text = f"{number}  {mark.text}"
        self._mark = mark
        self._spot = Spot(QPoint())
        self.setAccessibleName(self._text)
        self.setToolTip("Click to close")
        self.setFont(text_font(13, QFont.Weight.Medium))
        self.hide()

    def place(self, may_lie: Callable[[QRect], bool]) -> None:
        """Move to the first spot where it may lie, inside the window; hide where there is none."""
        fitting = ((spot, self._geometry_at(spot)) for spot in self._mark.spots())
        found = next(((spot, place) for spot, place in fitting if may_lie(place)), None)
        if found is not None:
            self._spot = found[0]
            self.setGeometry(found[1])
            self.raise_()
            self.update()
        self.setVisible(found is not None)

    def _geometry_at(self, spot: Spot) -> QRect:
        size = self._words_size(spot) + QSize(2 * PADDING + CROSS + PADDING // 2, 2 * PADDING)
        size += QSize(0, ARROW) if spot.below else QSize(ARROW, 0)
        at = spot.tip - (QPoint(size.width() // 2, 0) if spot.below else QPoint(0, size.height() // 2))
        room = self.window().width() - size.width() - EDGE
        return QRect(QPoint(max(EDGE, min(at.x(), room)) if spot.below else at.x(), at.y()), size)

    def _words_size(self, spot: Spot) -> QSize:
        room = QRect(0, 0, spot.widest - 2 * PADDING - CROSS - PADDING // 2 - ARROW, 1000)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self._text).size()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bubble."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        below = self._spot.below
        box = QRectF(self.rect()).adjusted(*((0, ARROW, 0, 0) if below else (ARROW, 0, 0, 0)))
        tip = self._spot.tip - self.pos()
        path = QPainterPath()
        path.addRoundedRect(box, SMALL_RADIUS, SMALL_RADIUS)
        arrow = QPainterPath(tip.toPointF())
        for dx, dy in ((-ARROW, ARROW), (ARROW, ARROW)) if below else ((ARROW, -ARROW), (ARROW, ARROW)):
            arrow.lineTo(tip.x() + dx, tip.y() + dy)
        painter.fillPath(path.united(arrow), theme().color("text"))
        painter.setPen(theme().color("surface"))
        words = box.adjusted(PADDING, 0, -PADDING - CROSS, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(words, int(flags), self._text)
        cross = icon_pixmap("x", theme().color("surface"), CROSS, self.devicePixelRatioF())
        painter.drawPixmap(round(box.right() - PADDING / 2 - CROSS), round(box.top() + PADDING / 2), cross)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click closes the bubble."""
        self.dismissed.emit()
