"""FieldPanes: one map of each of several modules, with a frame around the places that belong to a chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_GAP, _HEAD, _FOOT = 12, 20, 34
_LEAST, _LARGEST = 92, 260
_SMALLEST_MARK = 5.0


@dataclass(frozen=True, eq=False)
class Pane:
    """One module: its map in colours ``(height, width)``, a frame, and two lines of words below.

    `frame` is (top, left, height, width) in places of the map, None where nothing of it belongs to the chosen place.
    `is_chosen`: the chosen place lies here.
    """

    key: str
    title: str
    family: Family
    pixels: NDArray[np.uint32]
    frame: tuple[int, int, int, int] | None
    words: tuple[str, str]
    is_chosen: bool = False


class FieldPanes(QWidget):
    """Panes side by side. A click chooses a place; arrow keys move it, PageUp and PageDown go to the next pane."""

    chosen = Signal(str, int, int)
    """Key of the pane, row and column of its map."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panes: tuple[Pane, ...] = ()
        self.setAccessibleName(name)
        self.setToolTip("Click a place · arrow keys move it · Page keys go from module to module")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    def show_panes(self, panes: Sequence[Pane]) -> None:
        """Show these modules, the lowest first."""
        self._panes = tuple(panes)
        self.setAccessibleDescription("; ".join(f"{each.title}: {each.words[0]}" for each in panes))
        self._hug()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The narrower, the more rows."""
        super().resizeEvent(event)
        self._hug()

    def _hug(self) -> None:
        height = self.height_for(self.width())
        if self.minimumHeight() != height or self.maximumHeight() != height:
            self.setFixedHeight(height)

    def _columns(self, width: int) -> int:
        return max(1, min(len(self._panes) or 1, (width + _GAP) // (_LEAST + _GAP)))

    def _side(self, width: int) -> float:
        columns = self._columns(width)
        return max(24.0, min(_LARGEST, (width - (columns - 1) * _GAP) / columns))

    def height_for(self, width: int) -> int:
        """What all rows of panes need in this width."""
        rows = -(-max(1, len(self._panes)) // self._columns(width))
        return round(rows * (self._side(width) + _HEAD + _FOOT + _GAP) - _GAP)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(480, self.height_for(480))

    def minimumSizeHint(self) -> QSize:
        """One pane."""
        return QSize(_LEAST, _LEAST)

    def map_rect(self, index: int) -> QRectF:
        """Where the map of a pane lies, its sides in the map's own proportion."""
        row, column = divmod(index, self._columns(self.width()))
        side = self._side(self.width())
        height, width = self._panes[index].pixels.shape
        zoom = side / max(height, width)
        left, top = column * (side + _GAP), row * (side + _HEAD + _FOOT + _GAP) + _HEAD
        return QRectF(left, top, width * zoom, height * zoom)

    def _place_at(self, point: QPointF) -> tuple[str, int, int] | None:
        for index, pane in enumerate(self._panes):
            room = self.map_rect(index)
            if room.contains(point):
                height, width = pane.pixels.shape
                row = int((point.y() - room.top()) / room.height() * height)
                column = int((point.x() - room.left()) / room.width() * width)
                return pane.key, min(row, height - 1), min(column, width - 1)
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        place = self._place_at(event.position())
        if place:
            self.chosen.emit(*place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Dragging goes on choosing."""
        place = self._place_at(event.position()) if event.buttons() & Qt.MouseButton.LeftButton else None
        if place:
            self.chosen.emit(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the chosen place, or go to another pane."""
        index = next((i for i, pane in enumerate(self._panes) if pane.is_chosen), -1)
        pane = self._panes[index] if index >= 0 else None
        key = Qt.Key(event.key())
        moves = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        pages = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        if pane is not None and pane.frame is not None and key in moves:
            height, width = pane.pixels.shape
            row, column = pane.frame[0] + moves[key][0], pane.frame[1] + moves[key][1]
            self.chosen.emit(pane.key, min(max(row, 0), height - 1), min(max(column, 0), width - 1))
        elif key in pages and self._panes:
            other = self._panes[min(max(index + pages[key], 0), len(self._panes) - 1)]
            height, width = other.pixels.shape
            self.chosen.emit(other.key, height // 2, width // 2)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All panes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, pane in enumerate(self._panes):
            self._paint_pane(painter, pane, self.map_rect(index))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _paint_pane(self, painter: QPainter, pane: Pane, room: QRectF) -> None:
        now, side = theme(), self._side(self.width())
        painter.fillRect(QRectF(room.left(), room.top() - 16, 3, 12), now.family(pane.family))
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(now.color("accent" if pane.is_chosen else "text"))
        head = QRectF(room.left() + 8, room.top() - _HEAD, side - 8, _HEAD - 2)
        shown = painter.fontMetrics().elidedText(pane.title, Qt.TextElideMode.ElideRight, int(head.width()))
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, shown)
        height, width = pane.pixels.shape
        packed = np.ascontiguousarray(pane.pixels)
        draw_cells(painter, room, QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy())
        painter.setPen(QPen(now.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(room)
        self._paint_frame(painter, pane, room)
        for line, words in enumerate(pane.words):
            painter.setFont(number_font(10))
            painter.setPen(now.color("second_text" if line else "text"))
            foot = QRectF(room.left(), room.bottom() + 3 + 14 * line, side, 14)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(side))
            painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_frame(self, painter: QPainter, pane: Pane, room: QRectF) -> None:
        """Veil what does not belong to the chosen place; what lies outside the map is left out."""
        veil = QColor(theme().color("surface"))
        veil.setAlphaF(0.62)
        if pane.frame is None:
            painter.fillRect(room, veil)
            return
        height, width = pane.pixels.shape
        top, left, tall, wide = pane.frame
        down, across = room.height() / height, room.width() / width
        frame = QRectF(room.left() + left * across, room.top() + top * down, wide * across, tall * down)
        frame = frame.intersected(room)
        painter.fillRect(QRectF(room.left(), room.top(), room.width(), frame.top() - room.top()), veil)
        painter.fillRect(QRectF(room.left(), frame.bottom(), room.width(), room.bottom() - frame.bottom()), veil)
        painter.fillRect(QRectF(room.left(), frame.top(), frame.left() - room.left(), frame.height()), veil)
        painter.fillRect(QRectF(frame.right(), frame.top(), room.right() - frame.right(), frame.height()), veil)
        spare = max(0.0, _SMALLEST_MARK - frame.width()) / 2
        frame.adjust(-spare, -spare, spare, spare)
        painter.setPen(QPen(theme().color("surface"), 4))  # a seam, so that the frame shows on every colour
        painter.drawRect(frame)
        painter.setPen(QPen(theme().color("accent" if pane.is_chosen else "warn"), 2))
        painter.drawRect(frame)
