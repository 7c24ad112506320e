"""DrawPad: a small picture to draw on with the mouse, pixel by pixel of the data's own size."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.map_images import rgb_image
from convnet_studio.ui.theme import text_font, theme, theme_switch

_TELL_MILLISECONDS = 30
_BRUSH = 0.045
"""Radius of the brush, as a part of the picture's larger side: the strokes of handwritten digits."""


class DrawPad(QWidget):
    """The left button draws white, the right one, or Shift, black. Arrow keys move a point, Space draws there."""

    drawn = Signal()
    """`picture` has changed; told at most some 30 times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture: Array = np.zeros((1, 28, 28), np.float32)
        self._last: QPointF | None = None
        self._point: QPointF | None = None
        self._tell = QTimer(self, singleShot=True, interval=_TELL_MILLISECONDS)
        self._tell.timeout.connect(self.drawn)
        self.setAccessibleName("Draw a picture")
        self.setToolTip("Draw with the left button, rub out with the right one. Arrow keys and Space draw too.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def set_shape(self, shape: Shape) -> None:
        """Begin with an empty picture ``(channel, height, width)``, all black."""
        if shape != self.picture.shape:
            self.picture = np.zeros(shape, np.float32)
            self._point = None
            self.update()

    def show_picture(self, picture: Array) -> None:
        """Draw on a copy of this picture in 0 .. 1."""
        self.picture = np.clip(np.array(picture, np.float32), 0, 1)
        self._changed()

    def clear(self) -> None:
        """All black."""
        self.picture[...] = 0
        self._changed()

    def stroke(self, start: QPointF, end: QPointF, ink: float) -> None:
        """Draw a line of the brush, in pixels of the picture, softly: each pixel by how much of it is covered."""
        _, height, width = self.picture.shape
        y, x = np.mgrid[0:height, 0:width] + 0.5
        along = np.array([end.x() - start.x(), end.y() - start.y()])
        from_start = np.stack([x - start.x(), y - start.y()])
        share = np.clip(np.tensordot(along, from_start, 1) / max(float(along @ along), 1e-9), 0, 1)
        distance = np.hypot(*(from_start - along[:, None, None] * share))
        covered = np.clip(_BRUSH * max(height, width) + 0.5 - distance, 0, 1).astype(np.float32)
        self.picture = self.picture + covered * (ink - self.picture)
        self._changed()

    def _changed(self) -> None:
        self.update()
        if not self._tell.isActive():
            self._tell.start()

    # ---------------------------------------------------------------- places

    def _box(self) -> QRectF:
        _, height, width = self.picture.shape
        scale = min((self.width() - 4) / width, (self.height() - 4) / height)
        box = QRectF(0, 0, width * scale, height * scale)
        box.moveCenter(QRectF(self.rect()).center())
        return box

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the widget in pixels of the picture."""
        box = self._box()
        scale = self.picture.shape[2] / box.width()
        return QPointF((point.x() - box.left()) * scale, (point.y() - box.top()) * scale)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(220, 220)

    def minimumSizeHint(self) -> QSize:
        """Where one can still draw."""
        return QSize(96, 96)

    # ---------------------------------------------------------------- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke with a dot."""
        self._last = self.to_picture(event.position())
        self.stroke(self._last, self._last, self._ink(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        if self._last is not None:
            now = self.to_picture(event.position())
            self.stroke(self._last, now, self._ink(event))
            self._last = now

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it."""
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the point; draw with Space, rub out with Backspace."""
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        key = Qt.Key(event.key())
        _, height, width = self.picture.shape
        self._point = self._point or QPointF(width / 2, height / 2)
        if key in steps:
            x, y = steps[key]
            moved = QPointF(min(max(self._point.x() + x, 0), width), min(max(self._point.y() + y, 0), height))
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.stroke(self._point, moved, 1.0)
            self._point = moved
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Backspace):
            self.stroke(self._point, self._point, 1.0 if key == Qt.Key.Key_Space else 0.0)
        else:
            super().keyPressEvent(event)

    @staticmethod
    def _ink(event: QMouseEvent) -> float:
        rubs = event.buttons() & Qt.MouseButton.RightButton or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        return 0.0 if rubs else 1.0

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, a hairline around it, and the keyboard's point."""
        painter = QPainter(self)
        box = self._box()
        painter.drawImage(box, rgb_image(self.picture))
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawRect(box)
        if not self.picture.any():
            painter.setFont(text_font(13))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "Draw here")
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(-2, -2, 2, 2), 2)
            if self._point is not None:
                scale = box.width() / self.picture.shape[2]
                painter.setPen(QPen(theme().color("accent"), 2))
                at = QPointF(box.left() + self._point.x() * scale, box.top() + self._point.y() * scale)
                painter.drawEllipse(at, 5, 5)
