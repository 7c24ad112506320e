"""PictureScatter: pictures where two numbers say, framed in the colour of their class."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.class_colors import class_color
from convnet_studio.ui.controls.picture_grid import about_grey, stacked_image
from convnet_studio.ui.theme import text_font, theme, theme_switch

_MARGIN = 22
_BELOW = 40
"""Pixels below the pictures: for the axis, and the colours of the classes."""
_FRAME = 1.5
_SMALLEST, _LARGEST = 20, 40
_COVERED = 0.1
"""Part of the area that all pictures cover together, where they are neither too small nor too large for it."""
_CHIP = 10


class PictureScatter(QWidget):
    """Thumbnails at their places, the first ones on top. A click, or the arrow keys, choose one."""

    chosen = Signal(int)
    """Which of the pictures."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: Array = np.zeros((0, 2))
        self._labels: Array = np.zeros(0, np.int64)
        self._names: tuple[str, ...] = ()
        self._axes = ("", "")
        self._images: list[QImage] = []
        self._describe: Callable[[int], str] = str
        self._marked = -1
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def set_pictures(self, pictures: Array, labels: Array, names: Sequence[str], is_signed: bool) -> None:
        """Pictures ``(count, channel, height, width)``, as `PictureGrid` takes them, and their classes."""
        height = pictures.shape[2]
        sheet = stacked_image(about_grey(pictures) if is_signed else pictures) if len(pictures) else QImage()
        self._images = [sheet.copy(0, i * height, sheet.width(), height) for i in range(len(pictures))]
        self._labels, self._names, self._marked = labels, tuple(names), -1
        self.update()

    def show_places(self, places: Array, describe: Callable[[int], str], axes: tuple[str, str] = ("", "")) -> None:
        """Put the pictures at ``(count, 2)``: to the right and upwards, the `axes`; `describe` says what one is."""
        self._places, self._describe, self._axes = places, describe, axes
        self.setAccessibleDescription(f"{len(places)} pictures")
        self.update()

    def mark(self, index: int) -> None:
        """Mark a picture, -1 for none."""
        self._marked = index
        if 0 <= index < len(self._places):
            self.setAccessibleDescription(self._describe(index))
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(420, 360)

    def minimumSizeHint(self) -> QSize:
        """What can still be told apart."""
        return QSize(160, 120)

    # ---------------------------------------------------------------- places

    def points(self) -> Array:
        """The middle of each picture in the widget, ``(count, 2)``; both axes to the same scale."""
        if not len(self._places):
            return np.zeros((0, 2))
        low, high = self._places.min(axis=0), self._places.max(axis=0)
        room = np.array([max(20, self.width() - 2 * _MARGIN), max(20, self.height() - 2 * _MARGIN - _BELOW)])
        scale = float((room / np.maximum(high - low, 1e-12)).min())
        about = (self._places - (low + high) / 2) * scale * np.array([1, -1])
        return np.asarray(about + np.array([self.width() / 2, (self.height() - _BELOW) / 2]))

    @property
    def thumbnail(self) -> int:
        """The longer side of a picture, in pixels."""
        area = self.width() * self.height() / max(1, len(self._places))
        return round(min(max(math.sqrt(_COVERED * area), _SMALLEST), _LARGEST))

    def index_at(self, point: QPointF) -> int:
        """The topmost picture at a point, -1 for none."""
        points = self.points()
        if not len(points):
            return -1
        away = np.abs(points - np.array([point.x(), point.y()])).max(axis=1)
        hit = np.flatnonzero(away <= self.thumbnail / 2)
        return int(hit[0]) if len(hit) else -1

    # ---------------------------------------------------------------- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        index = self.index_at(event.position())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """An arrow goes to the nearest picture in its direction."""
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        way = ways.get(Qt.Key(event.key()))
        points = self.points()
        if way is None or not len(points):
            super().keyPressEvent(event)
            return
        if self._marked < 0:
            self._choose(0)
            return
        off = points - points[self._marked]
        along, across = off @ np.array(way), np.abs(off @ np.array(way[::-1]))
        cost = np.where(along > 0.5, along + 2 * across, np.inf)
        if np.isfinite(cost).any():
            self._choose(int(cost.argmin()))

    def _choose(self, index: int) -> None:
        self.mark(index)
        self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        """The tooltip tells which picture it is."""
        if isinstance(event, QHelpEvent):
            index = self.index_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos() + QPoint(0, 8), self._describe(index) if index >= 0 else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures, the first ones last; the marked one larger."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_axes(painter)
        self._paint_classes(painter)
        points = self.points()[: len(self._images)]
        for index in range(len(points) - 1, -1, -1):
            self._paint_picture(painter, index, points[index], 1.0)
        if 0 <= self._marked < len(points):
            self._paint_picture(painter, self._marked, points[self._marked], 2.0)

    def _paint_axes(self, painter: QPainter) -> None:
        """What lies to the right, and what upwards."""
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        middle = Qt.AlignmentFlag.AlignCenter
        height = self.height() - _BELOW
        painter.drawText(QRectF(0, height, self.width(), 16), middle, self._axes[0])
        painter.save()
        painter.translate(0, height)
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, height, 16), middle, self._axes[1])
        painter.restore()

    def _paint_classes(self, painter: QPainter) -> None:
        """The colours of the classes by name, where all of them fit in a line: tooltips tell them too."""
        painter.setFont(text_font(11))
        widths = [_CHIP + 6 + painter.fontMetrics().horizontalAdvance(name) + 14 for name in self._names]
        if sum(widths) > self.width():
            return
        left, middle = (self.width() - sum(widths) + 14) / 2, self.height() - 10.0
        for number, (name, width) in enumerate(zip(self._names, widths, strict=True)):
            chip = QRectF(left, middle - _CHIP / 2, _CHIP, _CHIP)
            painter.fillRect(chip, class_color(number, len(self._names)))
            painter.setPen(theme().color("second_text"))
            painter.drawText(QRectF(left + _CHIP + 6, middle - 8, width, 16), Qt.AlignmentFlag.AlignVCenter, name)
            left += width

    def _paint_picture(self, painter: QPainter, index: int, point: Array, size: float) -> None:
        image = self._images[index]
        longest = max(image.width(), image.height())
        width, height = (size * self.thumbnail * side / longest for side in (image.width(), image.height()))
        box = QRectF(point[0] - width / 2, point[1] - height / 2, width, height)
        painter.drawImage(box, image)
        color = theme().color("accent") if size > 1 else class_color(int(self._labels[index]), len(self._names))
        painter.setPen(QPen(color, _FRAME * size))
        painter.drawRect(box)
