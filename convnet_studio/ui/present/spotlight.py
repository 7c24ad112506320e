"""Spotlight: a bright circle about the pointer; the rest of the screen is dimmed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QCursor, QPainter, QPainterPath, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.theme import theme

RADIUS = 0.16
"""Of the screen's height."""
_DIM = 0.62
_TICK_MILLISECONDS = 25


class Spotlight(QWidget):
    """Lies over all of `parent` and lets every click through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Spotlight")
        self._at = QPoint(-1000, -1000)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MILLISECONDS)
        self._timer.timeout.connect(self.follow)
        self.hide()

    def toggle(self) -> None:
        """Switch it on or off."""
        if self.isVisible():
            self.stop()
        else:
            self.follow()
            self.show()
            self.raise_()
            self._timer.start()

    def stop(self) -> None:
        """Switch it off."""
        self._timer.stop()
        self.hide()

    def follow(self) -> None:
        """Go to where the pointer is."""
        at = self.mapFromGlobal(QCursor.pos())
        if at != self._at:
            region = QRegion(self._box(self._at)) + QRegion(self._box(at))
            self._at = at
            self.update(region)

    @property
    def radius(self) -> int:
        """Pixels."""
        return round(RADIUS * self.height())

    def _box(self, at: QPoint) -> QRect:
        reach = self.radius + 2
        return QRect(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The veil with its hole."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme().color("dim")
        veil.setAlphaF(_DIM)
        shape = QPainterPath()
        shape.addRect(event.rect().adjusted(-1, -1, 1, 1).toRectF())
        hole = QPainterPath()
        hole.addEllipse(QPointF(self._at), self.radius, self.radius)
        painter.fillPath(shape.subtracted(hole), veil)
