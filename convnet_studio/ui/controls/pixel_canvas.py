"""PixelCanvas: one picture, every pixel a sharp square; a pixel and a window are marked, and it can be painted on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import theme, theme_switch

_SMALLEST_MARK = 6.0
_FULL_ENOUGH = 0.85
"""Of the room: below that, pixels may differ in size by one of the screen's."""
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class PixelCanvas(QWidget):
    """A picture at the top left, as large as fits. Arrow keys move the marked pixel; Space paints there.

    Args:
        name: for people who do not see it.
        is_painted_on: whether strokes are told.
    """

    pointed = Signal(int, int)
    """Row and column of another pixel, under the pointer or the keyboard's cursor."""
    stroked = Signal(float, float)
    """Row and column under a brush that is held down, in pixels; the middle of the first pixel is 0."""
    reshaped = Signal()
    """`box` is another."""

    def __init__(self, name: str, is_painted_on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._is_painted_on = is_painted_on
        self._cell: tuple[int, int] | None = None
        self._window: QRect | None = None
        self._last: QPointF | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_pixels(self, pixels: NDArray[np.uint32] | None) -> None:
        """Show ``(height, width)`` of 0xffRRGGBB; None: nothing."""
        before = self._image.size()
        if pixels is None:
            self._image = QImage()
        else:
            packed = np.ascontiguousarray(pixels)
            height, width = packed.shape
            self._image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        if self._image.size() != before:
            self.reshaped.emit()
        self.setCursor(Qt.CursorShape.CrossCursor if pixels is not None else Qt.CursorShape.ArrowCursor)
        self.update()

    def mark(self, cell: tuple[int, int] | None, window: QRect | None = None) -> None:
        """Frame a pixel (row, column), and a window (in pixels); None: none."""
        if (cell, window) != (self._cell, self._window):
            self._cell, self._window = cell, window
            self.setAccessibleDescription(f"row {cell[0]}, column {cell[1]}" if cell else "")
            self.update()

    # ---------------------------------------------------------------- places

    @property
    def zoom(self) -> float:
        """Logical pixels of the screen to one of the picture: a whole number of its own where that fills the room."""
        if self._image.isNull():
            return 1.0
        fitting = min((self.width() - 2) / self._image.width(), (self.height() - 2) / self._image.height())
        ratio = self.devicePixelRatioF()
        whole = math.floor(fitting * ratio) / ratio
        return max(whole if whole >= _FULL_ENOUGH * fitting else fitting, 0.05)

    @property
    def box(self) -> QRectF:
        """Where the picture lies; empty without one."""
        return QRectF(1, 1, self._image.width() * self.zoom, self._image.height() * self.zoom)

    def place_of(self, row: float, column: float) -> QPointF:
        """The middle of a pixel, in the widget."""
        return self.box.topLeft() + QPointF(column + 0.5, row + 0.5) * self.zoom

    def _to_pixels(self, at: QPointF) -> tuple[float, float]:
        inside = (at - self.box.topLeft()) / self.zoom
        return inside.y() - 0.5, inside.x() - 0.5

    def _point_at(self, row: int, column: int) -> None:
        height, width = self._image.height(), self._image.width()
        if 0 <= row < height and 0 <= column < width and (row, column) != self._cell:
            self.pointed.emit(row, column)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, 240)

    def minimumSizeHint(self) -> QSize:
        """Where there is still something to see."""
        return QSize(64, 64)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture lies elsewhere."""
        super().resizeEvent(event)
        self.reshaped.emit()

    # ---------------------------------------------------------------- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A first dab, and whatever is under it."""
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the pixel; with the button down, dabs along the way, a pixel apart."""
        if self._image.isNull():
            return
        at = event.position()
        row, column = self._to_pixels(at)
        self._point_at(round(row), round(column))
        if not (self._is_painted_on and event.buttons() & Qt.MouseButton.LeftButton):
            self._last = None
            return
        start = self._last if self._last is not None else at
        way = at - start
        steps = max(1, round(math.hypot(way.x(), way.y()) / self.zoom))
        for step in range(1, steps + 1):
            self.stroked.emit(*self._to_pixels(start + way * (step / steps)))
        self._last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The brush is lifted."""
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the marked pixel; paint with Space."""
        key = Qt.Key(event.key())
        if self._image.isNull():
            super().keyPressEvent(event)
            return
        row, column = self._cell or (self._image.height() // 2, self._image.width() // 2)
        if key in _ARROWS:
            down, right = _ARROWS[key]
            self._point_at(row + down, column + right)
        elif key == Qt.Key.Key_Space and self._is_painted_on:
            self.stroked.emit(float(row), float(column))
        else:
            super().keyPressEvent(event)

    # ---------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, the window, the pixel."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        box = self.box
        draw_cells(painter, box, self._image)
        painter.setClipRect(box.adjusted(-1, -1, 1, 1))
        if self._window is not None:
            self._frame(painter, self._on_screen(QRectF(self._window)))
        if self._cell is not None:
            cell = self._on_screen(QRectF(self._cell[1], self._cell[0], 1, 1))
            grow = max(0.0, (_SMALLEST_MARK - cell.width()) / 2)
            self._frame(painter, cell.adjusted(-grow, -grow, grow, grow))
        if self.hasFocus():
            paint_focus_ring(painter, box, 2)

    def _on_screen(self, pixels: QRectF) -> QRectF:
        zoom, corner = self.zoom, self.box.topLeft()
        return QRectF(corner + pixels.topLeft() * zoom, pixels.size() * zoom)

    def _frame(self, painter: QPainter, rect: QRectF) -> None:
        """In two colours, to be seen on any ground."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for token, width in (("canvas", 3.5), ("warn", 1.8)):
            painter.setPen(QPen(theme().color(token), width))
            painter.drawRect(rect)
