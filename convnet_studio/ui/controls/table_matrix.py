"""TableMatrix: which input map each output map sees, as squares that are clicked or painted (LeCun 1998, table 1)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

LARGEST_CELL, SMALLEST_CELL = 18, 6
"""Pixels of a square: as large as all columns leave room for, within these; wider tables scroll."""
HEAD_LEFT, HEAD_TOP = 26, 32
"""Room for the numbers of inputs and outputs, and what they are."""
GRID_FROM = 8
"""Squares from so many pixels on have lines between them."""
STEPS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class TableMatrix(QWidget):
    """Rows are inputs, columns outputs. What is painted goes out once, at the end of the drag; the owner answers with
    `show_table`, with the new table or the old one."""

    painted = Signal()
    """A square has changed under the mouse; `table` has it already."""
    finished = Signal()
    """A click, a drag or a key is done."""
    pointed = Signal(int, int)
    """(input, output) under the mouse or the keyboard's mark; -1, -1: none."""
    mark_moved = Signal(QRect)
    """Where the keyboard's mark is now, so that it can be scrolled into sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._cell = LARGEST_CELL
        self._brush: bool | None = None
        self._before = self._cells
        self._last = (0, 0)
        self._mark = (0, 0)
        self._hovered: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Connection table")
        theme_switch().changed.connect(self.update)

    @property
    def table(self) -> list[set[int]]:
        """The inputs of each output, as painted so far."""
        return [set(map(int, np.flatnonzero(column))) for column in self._cells.T]

    @property
    def count(self) -> int:
        """How many connections there are."""
        return int(self._cells.sum())

    @property
    def pointed_at(self) -> tuple[int, int] | None:
        """(input, output) under the mouse, else under the keyboard's mark."""
        return self._hovered or (self._mark if self.hasFocus() else None)

    def inputs_of(self, output: int) -> list[int]:
        """What an output sees."""
        return [int(each) for each in np.flatnonzero(self._cells[:, output])]

    @property
    def cell(self) -> int:
        """Pixels of a square."""
        return self._cell

    def show_table(self, inputs: int, rows: Iterable[Iterable[int]]) -> None:
        """Show the `inputs` of each output."""
        listed = [list(row) for row in rows]
        cells = np.zeros((inputs, len(listed)), np.bool_)
        for output, row in enumerate(listed):
            cells[row, output] = True
        if cells.shape != self._cells.shape:
            self._mark, self._hovered = (0, 0), None
        self._cells = cells
        self._describe()
        self.updateGeometry()
        self.update()

    def fit_into(self, width: int) -> None:
        """Make the squares as large as `width` pixels allow."""
        outputs = max(1, self._cells.shape[1])
        cell = min(LARGEST_CELL, max(SMALLEST_CELL, (width - HEAD_LEFT - 1) // outputs))
        if cell != self._cell:
            self._cell = cell
        self.setFixedSize(self.sizeHint())
        self.update()

    def place_of(self, source: int, output: int) -> QRect:
        """Where a square lies."""
        return QRect(HEAD_LEFT + output * self._cell, HEAD_TOP + source * self._cell, self._cell, self._cell)

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """(input, output) of the square at `place`."""
        source, output = (place.y() - HEAD_TOP) // self._cell, (place.x() - HEAD_LEFT) // self._cell
        inside = 0 <= source < self._cells.shape[0] and 0 <= output < self._cells.shape[1]
        return (source, output) if inside else None

    def sizeHint(self) -> QSize:
        """Heads and squares."""
        inputs, outputs = self._cells.shape
        return QSize(HEAD_LEFT + outputs * self._cell + 1, HEAD_TOP + inputs * self._cell + 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Connect or disconnect, and go on so while the button is held."""
        found = self.at(event.position().toPoint())
        if found is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._brush, self._before = not self._cells[found], self._cells.copy()
        self._last = self._mark = found
        self._paint_to(found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Paint all squares that the mouse has passed; else point at one."""
        found = self.at(event.position().toPoint())
        self._point_at(found)
        if self._brush is not None and found is not None:
            self._paint_to(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was painted is done."""
        if self._brush is not None and event.button() == Qt.MouseButton.LeftButton:
            self._brush = None
            self.finished.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse points at nothing any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the mark, Home and End along its row, Space connects or disconnects; Escape takes a drag back."""
        key = Qt.Key(event.key())
        inputs, outputs = self._cells.shape
        if not self._cells.size:
            event.ignore()
        elif key == Qt.Key.Key_Escape and self._brush is not None:
            self._brush, self._cells = None, self._before
            self.update()
            self.painted.emit()
        elif key in STEPS:
            down, right = STEPS[key]
            self._move_mark(
                min(max(self._mark[0] + down, 0), inputs - 1), min(max(self._mark[1] + right, 0), outputs - 1)
            )
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move_mark(self._mark[0], 0 if key == Qt.Key.Key_Home else outputs - 1)
        elif key == Qt.Key.Key_Space and self._brush is None:
            self._cells[self._mark] = not self._cells[self._mark]
            self._describe()
            self.update()
            self.painted.emit()
            self.finished.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heads, squares, what is pointed at, the keyboard's mark."""
        if not self._cells.size:
            return
        painter = QPainter(self)
        inputs, outputs = self._cells.shape
        whole = QRect(HEAD_LEFT, HEAD_TOP, outputs * self._cell, inputs * self._cell)
        colors = theme().color("surface").rgb(), theme().color("accent").rgb()
        pixels = np.where(self._cells, np.uint32(colors[1]), np.uint32(colors[0])).astype(np.uint32)
        image = QImage(pixels.data, outputs, inputs, outputs * 4, QImage.Format.Format_RGB32)
        painter.drawImage(whole, image)
        pointed = self.pointed_at
        painter.setPen(QPen(theme().color("line"), 1))
        if self._cell >= GRID_FROM:
            for output in range(outputs + 1):
                x = HEAD_LEFT + output * self._cell
                painter.drawLine(x, whole.top(), x, whole.bottom() + 1)
            for source in range(inputs + 1):
                y = HEAD_TOP + source * self._cell
                painter.drawLine(whole.left(), y, whole.right() + 1, y)
        else:
            painter.drawRect(whole)
        if pointed:
            self._paint_cross(painter, whole, pointed)
        self._paint_heads(painter, pointed)
        if self.hasFocus():
            painter.setPen(QPen(theme().color("text"), 2))
            painter.drawRect(QRectF(self.place_of(*self._mark)).adjusted(1, 1, 0, 0))

    def _paint_cross(self, painter: QPainter, whole: QRect, pointed: tuple[int, int]) -> None:
        """Outlines of the row and column of what is pointed at: a tint would look like a connection."""
        place = self.place_of(*pointed)
        painter.setPen(QPen(theme().color("second_text"), 1))
        painter.drawRect(QRect(whole.left(), place.top(), whole.width(), self._cell))
        painter.drawRect(QRect(place.left(), whole.top(), self._cell, whole.height()))

    def _paint_heads(self, painter: QPainter, pointed: tuple[int, int] | None) -> None:
        """Numbers of inputs and outputs, as many as there is room for, and always those pointed at."""
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        painter.drawText(
            QRect(HEAD_LEFT, 0, max(60, self.width() - HEAD_LEFT), 14), Qt.AlignmentFlag.AlignLeft, "output"
        )
        painter.drawText(QRect(0, HEAD_TOP - 16, HEAD_LEFT, 14), Qt.AlignmentFlag.AlignLeft, "in")
        inputs, outputs = self._cells.shape
        wide = 16 if outputs <= 100 else 24
        for output in self._numbered(outputs, wide, pointed[1] if pointed else None):
            middle = HEAD_LEFT + (output + 0.5) * self._cell
            rect = QRectF(middle - 14, HEAD_TOP - 16, 28, 14)
            self._paint_number(painter, rect, output, Qt.AlignmentFlag.AlignHCenter, pointed and output == pointed[1])
        for source in self._numbered(inputs, 14, pointed[0] if pointed else None):
            middle = HEAD_TOP + (source + 0.5) * self._cell
            rect = QRectF(0, middle - 7, HEAD_LEFT - 5, 14)
            self._paint_number(painter, rect, source, Qt.AlignmentFlag.AlignRight, pointed and source == pointed[0])

    def _numbered(self, count: int, room: int, chosen: int | None) -> list[int]:
        """Which numbers are written: every n-th, but none that would touch the chosen one."""
        every = next(n for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024) if n * self._cell >= room)
        away = -(-room // self._cell)
        shown = [number for number in range(0, count, every) if chosen is None or abs(number - chosen) >= away]
        return shown if chosen is None else [*shown, chosen]

    @staticmethod
    def _paint_number(
        painter: QPainter, rect: QRectF, number: int, side: Qt.AlignmentFlag, is_chosen: bool | None
    ) -> None:
        painter.setFont(number_font(10, QFont.Weight.Bold if is_chosen else QFont.Weight.Normal))
        painter.setPen(theme().color("text" if is_chosen else "second_text"))
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, str(number))

    def _paint_to(self, to: tuple[int, int]) -> None:
        """Paint from the last square to this one; a quick mouse leaves some out."""
        count = max(abs(to[0] - self._last[0]), abs(to[1] - self._last[1]), 1)
        before = self._cells.copy()
        for step in range(count + 1):
            part = step / count
            at = tuple(round(a + (b - a) * part) for a, b in zip(self._last, to, strict=True))
            self._cells[at] = bool(self._brush)
        self._last = to
        if (before != self._cells).any():
            self.update()
            self.painted.emit()

    def _move_mark(self, source: int, output: int) -> None:
        self._mark, self._hovered = (source, output), None
        self._describe()
        self.update()
        self.pointed.emit(source, output)
        self.mark_moved.emit(self.place_of(source, output))

    def _point_at(self, found: tuple[int, int] | None) -> None:
        if found != self._hovered:
            self._hovered = found
            self.update()
            self.pointed.emit(*(found or (-1, -1)))

    def _describe(self) -> None:
        """Tell screen readers where the keyboard's mark is."""
        if self._cells.size:
            state = "connected" if self._cells[self._mark] else "not connected"
            self.setAccessibleDescription(f"Input {self._mark[0]} to output {self._mark[1]}: {state}")
