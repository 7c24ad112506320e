"""PathPlot: small plots of one path in several modules, each in the plane in which it spreads most there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.nn.module import Array, Family
from convnet_studio.ui.controls.painting import blend, paint_focus_ring
from convnet_studio.ui.controls.scrolling import steady_width
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_LEAST, _MOST, _HEAD, _FOOT, _GAP = 128, 240, 20, 20, 12


@dataclass(frozen=True, eq=False)
class PathTile:
    """One plot: where the path goes ``(steps, 2)``, its title, family, a line of numbers; `words` for the tooltip."""

    key: str
    title: str
    family: Family
    places: Array
    numbers: str
    words: str


class PathPlot(QWidget):
    """Tiles in rows. The path begins in blue and ends in amber; the middle, the unchanged picture, bears a ring."""

    chosen = Signal(str)
    """Key of the tile that was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: tuple[PathTile, ...] = ()
        self._marked = ""
        self._step = -1
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        theme_switch().changed.connect(self.update)

    def show_tiles(self, tiles: Sequence[PathTile]) -> None:
        """Show these paths, in this order."""
        if len(tiles) != len(self._tiles):
            self._tiles = tuple(tiles)
            self.updateGeometry()
        self._tiles = tuple(tiles)
        self.setAccessibleDescription("; ".join(tile.words for tile in tiles))
        self.update()

    def mark(self, key: str) -> None:
        """Mark the tile of a module; empty: none."""
        self._marked = key
        self.update()

    def show_step(self, step: int) -> None:
        """Show where step `step` of the path lies in all tiles; -1: none."""
        self._step = step
        self.update()

    @property
    def columns(self) -> int:
        """Tiles in a row: as few as let all be in sight, and so be largest; where they are too many, as many as fit."""
        most = max(1, min(len(self._tiles) or 1, (steady_width(self) + _GAP) // (_LEAST + _GAP)))
        frame = self.parentWidget()
        room = frame.height() if frame else self.height()
        fitting = (each for each in range(1, most) if self._side(each) <= _MOST and self._height_in(each) <= room)
        return next(fitting, most)

    def _side(self, columns: int) -> float:
        return (steady_width(self) - (columns - 1) * _GAP) / columns

    def _height_in(self, columns: int) -> int:
        """Pixels of all rows."""
        rows = -(-max(1, len(self._tiles)) // columns)
        return math.ceil(rows * (min(self._side(columns), _MOST) + _GAP)) - _GAP

    def sizeHint(self) -> QSize:
        """All tiles, at the least size."""
        return QSize(3 * (_LEAST + _GAP), self._height_in(self.columns))

    def minimumSizeHint(self) -> QSize:
        """All rows."""
        return QSize(_LEAST, self._height_in(self.columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other rows."""
        super().resizeEvent(event)
        self.updateGeometry()

    def tile_rect(self, index: int) -> QRectF:
        """Where a tile lies."""
        row, column = divmod(index, self.columns)
        side = self._side(self.columns)
        height = min(side, _MOST)
        return QRectF(column * (side + _GAP), row * (height + _GAP), side, height)

    def _tile_at(self, point: QPointF) -> int:
        return next((i for i in range(len(self._tiles)) if self.tile_rect(i).contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        index = self._tile_at(event.position())
        if index >= 0:
            self.chosen.emit(self._tiles[index].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from tile to tile."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._tiles:
            super().keyPressEvent(event)
            return
        keys = [tile.key for tile in self._tiles]
        now = keys.index(self._marked) if self._marked in keys else -1
        self.chosen.emit(keys[min(max(now + step, 0), len(keys) - 1)])

    def event(self, event: QEvent) -> bool:
        """The tooltip tells a tile in words."""
        if isinstance(event, QHelpEvent):
            index = self._tile_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos() + QPoint(0, 8), self._tiles[index].words if index >= 0 else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All tiles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, tile in enumerate(self._tiles):
            self._paint_tile(painter, tile, self.tile_rect(index))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_tile(self, painter: QPainter, tile: PathTile, box: QRectF) -> None:
        now = theme()
        is_marked = tile.key == self._marked
        painter.setPen(QPen(now.color("accent" if is_marked else "line"), 2 if is_marked else 1))
        painter.setBrush(now.color("surface"))
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 6, 6)
        painter.fillRect(QRectF(box.left() + 6, box.top() + 6, 3, 12), now.family(tile.family))
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(now.color("text"))
        head = box.adjusted(14, 3, -6, 0)
        shown = painter.fontMetrics().elidedText(tile.title, Qt.TextElideMode.ElideRight, int(head.width()))
        painter.drawText(head, Qt.AlignmentFlag.AlignTop, shown)
        painter.setFont(number_font(10))
        painter.setPen(now.color("second_text"))
        painter.drawText(box.adjusted(8, 0, -6, -4), Qt.AlignmentFlag.AlignBottom, tile.numbers)
        self._paint_path(painter, tile.places, box.adjusted(10, _HEAD + 4, -10, -_FOOT - 4))

    def _paint_path(self, painter: QPainter, places: Array, room: QRectF) -> None:
        low, high = places.min(axis=0), places.max(axis=0)
        widest = float((high - low).max())
        if not math.isfinite(widest) or widest <= 0:
            return
        scale = min(room.width(), room.height()) / widest
        middle = np.array([room.center().x(), room.center().y()])
        points = [QPointF(*(middle + (each - (low + high) / 2) * scale * np.array([1, -1]))) for each in places]
        for index, (one, other) in enumerate(pairwise(points)):
            painter.setPen(QPen(self._color(index / max(1, len(points) - 2)), 2))
            painter.drawLine(one, other)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("second_text"), 1.2))
        painter.drawEllipse(points[len(points) // 2], 4, 4)
        if 0 <= self._step < len(points):
            painter.setPen(QPen(theme().color("surface"), 1.5))
            painter.setBrush(self._color(self._step / max(1, len(points) - 1)))
            painter.drawEllipse(points[self._step], 5, 5)

    def _color(self, share: float) -> QColor:
        return blend(theme().color("warn"), theme().color("accent"), min(max(share, 0.0), 1.0))
