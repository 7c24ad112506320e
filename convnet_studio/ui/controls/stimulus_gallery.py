"""StimulusGallery: filters beside the stimuli that excite them most, before and after training, map by map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

KINDS = ("Initial filter", "its stimulus", "its tuning", "Filter now", "its stimulus", "its tuning")
SHORT_KINDS = ("initial", "stimulus", "tuning", "now", "stimulus", "tuning")
_GAP = 8.0
_HEAD = 18.0
_SIDE = 92.0
_NUMBER = 22.0
_LARGEST = 112.0
_SMALLEST = 48.0


@dataclass(frozen=True, eq=False)
class GalleryColumn:
    """One map: six things, each None while it is not known.

    Attributes:
        channel: which map.
        pictures: tiles of 0xffRRGGBB of both filters and both stimuli: initial filter, its stimulus, filter, stimulus.
        tunings: answers by orientation, over half a turn: initial, now.
        words: what to tell of it where it is pointed at.
    """

    channel: int
    pictures: tuple[NDArray[np.uint32] | None, ...]
    tunings: tuple[Array | None, ...]
    words: str


class StimulusGallery(QWidget):
    """Six rows, or six columns where those come out larger; a click chooses a map."""

    chosen = Signal(int)
    """Channel of the map that was clicked, or on which Enter was pressed."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: Sequence[GalleryColumn] = ()
        self._marked = -1
        self.setAccessibleName("Filters and their stimuli")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        theme_switch().changed.connect(self.update)

    def show_columns(self, columns: Sequence[GalleryColumn]) -> None:
        """Show these maps."""
        self._columns = columns
        self._marked = min(self._marked, len(columns) - 1)
        self._find_height()
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(640, 480)

    # ---------------------------------------------------------------- where things lie

    @property
    def _lies_across(self) -> bool:
        """Whether the maps stand beside each other, each a column."""
        return self._side(across=True) >= min(_SMALLEST, self._side(across=False))

    def _side(self, across: bool) -> float:
        count = max(1, len(self._columns))
        parent = self.parentWidget()
        height = self.height() if parent is None else parent.height()  # of what is seen at a time
        if across:
            room = (self.width() - _SIDE) / count, (height - _HEAD) / len(KINDS)
        else:
            room = (self.width() - _NUMBER) / len(KINDS), (height - _HEAD) / count
        least = 4.0 if across else _SMALLEST  # downwards there is room for any number of maps
        return max(least, min(*room, _LARGEST + _GAP) - _GAP)

    def _find_height(self) -> None:
        """Ask for the height that is needed where maps stand below each other."""
        downwards = _HEAD + len(self._columns) * (self._side(across=False) + _GAP)
        self.setMinimumHeight(120 if self._lies_across else round(downwards))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other sizes, or the other way round."""
        super().resizeEvent(event)
        self._find_height()

    def _box(self, place: int, kind: int) -> QRectF:
        across = self._lies_across
        side = self._side(across)
        group = _GAP if kind >= len(KINDS) // 2 else 0.0  # before and after stand apart
        pitch = side + _GAP
        if across:
            return QRectF(_SIDE + place * pitch, _HEAD + kind * pitch + group, side, side - _GAP / 2)
        return QRectF(_NUMBER + kind * pitch + group, _HEAD + place * pitch, side, side)

    def _place_at(self, point: QPointF) -> int:
        for place in range(len(self._columns)):
            whole = self._box(place, 0).united(self._box(place, len(KINDS) - 1))
            if whole.adjusted(-_GAP / 2, -_GAP / 2, _GAP / 2, _GAP / 2).contains(point):
                return place
        return -1

    # ---------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heads, then the maps one by one."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._columns:
            return
        self._paint_heads(painter)
        for place, column in enumerate(self._columns):
            self._paint_column(painter, place, column)
        if 0 <= self._marked < len(self._columns):
            whole = self._box(self._marked, 0).united(self._box(self._marked, len(KINDS) - 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(whole.adjusted(-4, -4, 4, 4), 4, 4)

    def _paint_heads(self, painter: QPainter) -> None:
        across = self._lies_across
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        for kind, word in enumerate(KINDS):
            box = self._box(0, kind)
            if across:
                room = QRectF(0, box.y(), _SIDE - 8, box.height())
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
            else:
                painter.drawText(QPointF(box.x(), _HEAD - 6), SHORT_KINDS[kind])

    def _paint_column(self, painter: QPainter, place: int, column: GalleryColumn) -> None:
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        box = self._box(place, 0)
        at = QPointF(box.x(), _HEAD - 6) if self._lies_across else QPointF(0, box.center().y() + 4)
        painter.drawText(at, str(column.channel))
        pictures, tunings = iter(column.pictures), iter(column.tunings)
        for kind in range(len(KINDS)):
            box = self._box(place, kind)
            if kind % 3 == 2:
                self._paint_tuning(painter, box, next(tunings))
            else:
                self._paint_picture(painter, box, next(pictures))

    def _paint_picture(self, painter: QPainter, box: QRectF, pixels: NDArray[np.uint32] | None) -> None:
        if pixels is None:
            painter.setPen(QPen(theme().color("missing"), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            return
        height, width = pixels.shape
        zoom = min(box.width() / width, box.height() / height)
        packed = np.ascontiguousarray(pixels)
        image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
        draw_cells(painter, QRectF(box.x(), box.y(), zoom * width, zoom * height), image)

    def _paint_tuning(self, painter: QPainter, box: QRectF, answers: Array | None) -> None:
        """The answers as a curve over half a turn, from 0 or the lowest to the highest."""
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if answers is None or not np.isfinite(answers).all():
            return
        low, high = min(0.0, float(answers.min())), float(answers.max())
        span = (high - low) or 1.0
        closed = np.append(answers, answers[0])  # half a turn further it is the same grating
        points = [
            QPointF(
                box.x() + box.width() * number / (len(closed) - 1),
                box.bottom() - 0.92 * box.height() * (float(each) - low) / span,
            )
            for number, each in enumerate(closed)
        ]
        painter.setPen(QPen(theme().color("accent"), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))

    # ---------------------------------------------------------------- pointing

    def _mark(self, place: int) -> None:
        if place != self._marked:
            self._marked = place
            words = self._columns[place].words if 0 <= place < len(self._columns) else ""
            self.setAccessibleDescription(words)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the map under the pointer."""
        self._mark(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self._mark(-1)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.chosen.emit(self._columns[place].channel)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard's mark appears on the first map."""
        super().focusInEvent(event)
        if self._marked < 0 and self._columns and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._mark(0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has moved on."""
        self._mark(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the mark, Enter chooses."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step and self._columns:
            self._mark(min(max(self._marked + step, 0), len(self._columns) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._marked >= 0:
            self.chosen.emit(self._columns[self._marked].channel)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """The tooltip tells what a map's stimuli bring."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            if place >= 0:
                QToolTip.showText(event.globalPos(), self._columns[place].words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
