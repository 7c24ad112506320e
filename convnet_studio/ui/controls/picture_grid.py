"""PictureGrid: thousands of small pictures in rows, of which only those in sight are ever drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.theme import theme, theme_switch

GAP = 4
_RING = 3
_SMALLEST, _LARGEST = 26, 32
_DETAILED = 64
"""Pictures of at least so many pixels are shown larger, and of a whole number of their pixels to one of the screen."""
_ENLARGED = 48
_MOST_GROWTH = 3

Describe = Callable[[int], str]


class PictureGrid(QAbstractScrollArea):
    """Thumbnails in wrapped rows, one of them marked; arrow keys move the mark.

    Args:
        name: for people who do not see it.
        grows: whether thumbnails are larger where all of them still have room.
        most_rows: be only as tall as the rows are, at most so many; 0: as tall as there is room.
    """

    chosen = Signal(int)
    """Place in the grid that the user clicked or moved to."""

    def __init__(self, name: str, grows: bool = False, most_rows: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grows, self._most_rows = grows, most_rows
        self._pictures: Array = np.zeros((0, 1, 28, 28), np.float32)
        self._indices: Array = np.zeros(0, np.int64)
        self._describe: Describe = str
        self._marked = -1
        self._is_signed = False
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        theme_switch().changed.connect(self.viewport().update)

    def show_pictures(self, pictures: Array, indices: Array, describe: Describe, is_signed: bool = False) -> None:
        """Show some of `pictures` ``(count, channel, height, width)``.

        Args:
            pictures: uint8, or in 0 .. 1, or signed; not copied.
            indices: which of them, in the order of the grid.
            describe: words for the picture of an index.
            is_signed: show 0 as grey, and of each picture the largest number, up or down, as white or black.
        """
        self._pictures, self._indices, self._describe, self._marked = pictures, indices, describe, -1
        self._is_signed = is_signed
        self._hug()
        self.setAccessibleDescription(f"{len(indices):,} pictures")
        self._set_scroll_range()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def mark(self, place: int) -> None:
        """Mark the picture at `place` (-1: none) and bring it into sight."""
        self._marked = place
        if place >= 0:
            self.setAccessibleDescription(self._describe(int(self._indices[place])))
            box = self.box(place)
            bar = self.verticalScrollBar()
            if box.top() < 0:
                bar.setValue(bar.value() + box.top() - _RING)
            elif box.bottom() > self.viewport().height():
                bar.setValue(bar.value() + box.bottom() - self.viewport().height() + _RING)
        self.viewport().update()

    @property
    def thumbnail(self) -> int:
        """The longer side of a thumbnail: a whole multiple or part of the pictures' own where that comes out right."""
        side: int = max(self._pictures.shape[2:])
        if side >= _DETAILED:
            usual = side // -(-side // _ENLARGED)
        else:
            multiple = _LARGEST // side * side
            usual = multiple if multiple >= _SMALLEST else 28
        return usual * (self._growth(usual) if self._grows else 1)

    def _growth(self, usual: int) -> int:
        """How many times as large thumbnails may be without any of them going out of sight."""
        width, height = self.viewport().width() - 2 * _RING + GAP, self.viewport().height() - 2 * _RING + GAP
        for times in range(_MOST_GROWTH, 1, -1):
            pitch = times * usual + GAP
            if (width // pitch) * (height // pitch) >= len(self._indices):
                return times
        return 1

    @property
    def cell(self) -> QSize:
        """Width and height of a thumbnail."""
        height, width = self._pictures.shape[2:]
        return QSize(width, height).scaled(QSize(self.thumbnail, self.thumbnail), Qt.AspectRatioMode.KeepAspectRatio)

    @property
    def columns(self) -> int:
        """Pictures in a row."""
        return max(1, (self.viewport().width() - 2 * _RING + GAP) // (self.cell.width() + GAP))

    def box(self, place: int) -> QRect:
        """Where the picture at `place` lies in the viewport."""
        row, column = divmod(place, self.columns)
        cell = self.cell
        top = _RING + row * (cell.height() + GAP) - self.verticalScrollBar().value()
        return QRect(QPoint(_RING + column * (cell.width() + GAP), top), cell)

    def place_at(self, point: QPoint) -> int:
        """The place of the picture at a point of the viewport, -1 between and beside them."""
        cell = self.cell
        row = (point.y() - _RING + self.verticalScrollBar().value()) // (cell.height() + GAP)
        column = (point.x() - _RING) // (cell.width() + GAP)
        place = row * self.columns + column
        is_there = 0 <= column < self.columns and 0 <= place < len(self._indices)
        return place if is_there and self.box(place).contains(point) else -1

    def sizeHint(self) -> QSize:
        """Two rows."""
        return QSize(320, 2 * (_LARGEST + GAP) + 2 * _RING)

    def minimumSizeHint(self) -> QSize:
        """One row."""
        return QSize(120, _LARGEST + 2 * _RING)

    def _hug(self) -> None:
        if self._most_rows and len(self._indices):
            rows = min(self._most_rows, -(-len(self._indices) // self.columns))
            height = rows * (self.cell.height() + GAP) - GAP + 2 * _RING
            if self.minimumHeight() != height or self.maximumHeight() != height:
                self.setFixedHeight(height)

    def _set_scroll_range(self) -> None:
        pitch = self.cell.height() + GAP
        rows = -(-len(self._indices) // self.columns)
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(pitch)
        bar.setRange(0, max(0, rows * pitch - GAP + 2 * _RING - self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other rows."""
        super().resizeEvent(event)
        self._hug()
        self._set_scroll_range()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move the mark."""
        last = len(self._indices) - 1
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_Home: -last - 1,
            Qt.Key.Key_End: last + 1,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or last < 0:
            super().keyPressEvent(event)
            return
        place = min(max(self._marked + step, 0), last) if self._marked >= 0 else 0
        if place != self._marked:
            self.chosen.emit(place)

    def viewportEvent(self, event: QEvent) -> bool:
        """The tooltip tells the class."""
        if isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            if place >= 0:
                QToolTip.showText(event.globalPos(), self._describe(int(self._indices[place])), self, self.box(place))
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows in sight, as one image."""
        painter = QPainter(self.viewport())
        pitch = self.cell.height() + GAP
        first = max(0, (self.verticalScrollBar().value() - _RING) // pitch) * self.columns
        rows = self.viewport().height() // pitch + 2
        places = range(first, min(first + rows * self.columns, len(self._indices)))
        if not places:
            return
        pictures = self._pictures[self._indices[places.start : places.stop]]
        screen_pixels = max(1, round(self.thumbnail * self.devicePixelRatioF()))
        seen = about_grey(pictures) if self._is_signed else pictures
        image = stacked_image(shrunk(seen, max(seen.shape[2:]) // screen_pixels))
        height, width = image.height() // len(pictures), image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.thumbnail % max(height, width) != 0)
        for row, place in enumerate(places):
            painter.drawImage(QRectF(self.box(place)), image, QRectF(0, row * height, width, height))
        if self._marked in places:
            self._paint_ring(painter, self.box(self._marked))

    def _paint_ring(self, painter: QPainter, box: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("surface"), 2))
        painter.drawRect(QRectF(box).adjusted(0, 0, 0, 0))
        painter.setPen(QPen(theme().color("accent"), 2))
        painter.drawRoundedRect(QRectF(box).adjusted(-2, -2, 2, 2), 3, 3)


def about_grey(pictures: Array) -> Array:
    """Signed pictures ``(count, ...)`` in 0 .. 1, 0 in the middle, each in units of its largest number."""
    largest = np.abs(pictures).max(axis=(1, 2, 3), keepdims=True)
    return np.asarray(0.5 + 0.5 * pictures / np.where(largest > 0, largest, 1), np.float32)


def shrunk(pictures: Array, factor: int) -> Array:
    """Pictures with the mean of each square of `factor` x `factor` pixels in its place; the rest is cut off."""
    if factor < 2:
        return pictures
    count, channels, height, width = pictures.shape
    rows, columns = height // factor, width // factor
    squares = pictures[:, :, : rows * factor, : columns * factor].reshape(
        count, channels, rows, factor, columns, factor
    )
    means: Array = squares.mean(axis=(3, 5), dtype=np.float32)
    return means.round().astype(np.uint8) if pictures.dtype == np.uint8 else means


def stacked_image(pictures: Array) -> QImage:
    """Pictures ``(count, channel, height, width)`` below each other, as people see them.

    Args:
        pictures: uint8, or numbers in 0 .. 1; three channels are colours, of any other number the first is shown grey.
    """
    count, channels, height, width = pictures.shape
    seen = pictures if channels == 3 else pictures[:, :1]
    levels = seen if seen.dtype == np.uint8 else np.clip(np.nan_to_num(seen) * 255 + 0.5, 0, 255).astype(np.uint8)
    pixels = np.empty((count, height, width, 3), np.uint8)
    pixels[...] = np.moveaxis(levels, 1, 3)
    return QImage(pixels.data, width, count * height, 3 * width, QImage.Format.Format_RGB888).copy()
