"""StripBody: a list of numbers as a heat map, read in rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPainter

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, hatch
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import STRIP_WIDTH
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.map_images import Tiling, scale_of, sheet_image
from convnet_studio.ui.pictures.vector import draw_cells

WIDTH = STRIP_WIDTH
HEIGHT = 24.0
LONGEST_ROW = 24


def strip_columns(count: int) -> int:
    """Cells in a row, so that cells are about square and, where possible, the last row is full."""
    if count <= LONGEST_ROW:
        return max(1, count)
    ideal = math.sqrt(count * WIDTH / HEIGHT)
    full = [n for n in range(math.ceil(0.75 * ideal), math.floor(1.5 * ideal) + 1) if count % n == 0]
    return min(full, key=lambda n: abs(n - ideal)) if full else math.ceil(ideal)


class StripBody(Body):
    """All numbers of a flat output, the first at the top left."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        self.size = QSizeF(WIDTH, HEIGHT)
        self.clear()

    def clear(self) -> None:
        """Forget the numbers."""
        self._values: Array | None = None
        self._image = QImage()

    def show(self, snapshot: Snapshot) -> bool:
        """Colour the numbers."""
        values = self.own_output(snapshot)
        if values is None:
            return False
        self._values = values
        self.recolor()
        return True

    def recolor(self) -> None:
        """Colour the last numbers again."""
        if self._values is None:
            return
        rows, columns = self._layout(len(self._values))
        cells = np.full(rows * columns, np.nan, self._values.dtype)
        cells[: len(self._values)] = self._values
        scale = scale_of(self._values, self.card.map_name)
        self._image = sheet_image(cells.reshape(1, rows, columns), Tiling(1, rows, columns, 1), [scale])

    def paint(self, painter: QPainter) -> None:
        """The heat map."""
        room = QRectF(0, 0, self.size.width(), self.size.height())
        if self._image.isNull():
            hatch(painter, room)
        else:
            draw_cells(painter, room, self._image)

    def index_at(self, at: QPointF) -> tuple[int, ...] | None:
        """Which number it is."""
        if self._values is None or not QRectF(QPointF(), self.size).contains(at):
            return None
        rows, columns = self._layout(len(self._values))
        index = int(at.y() / HEIGHT * rows) * columns + int(at.x() / WIDTH * columns)
        return (index,) if 0 <= index < len(self._values) else None

    def boxes_of(self, mask: NDArray[np.bool_]) -> list[QRectF]:
        """A box around each row's marked numbers, or around all where that is the same."""
        if mask.shape != self.card.shape:
            return []
        rows, columns = self._layout(len(mask))
        down, across = HEIGHT / rows, WIDTH / columns
        if mask.all():
            return [QRectF(0, 0, WIDTH, HEIGHT)]
        boxes = []
        for row in range(rows):
            marked = np.flatnonzero(mask[row * columns : (row + 1) * columns])
            if len(marked):
                boxes.append(QRectF(marked[0] * across, row * down, (marked[-1] - marked[0] + 1) * across, down))
        return boxes

    @staticmethod
    def _layout(count: int) -> tuple[int, int]:
        columns = strip_columns(count)
        return -(-count // columns), columns

    def tip_at(self, at: QPointF) -> str:
        """Which number it is."""
        index = self.index_at(at)
        if self._values is None or index is None:
            return ""
        return f"Value {index[0]} of {len(self._values)}: {exact(self._values[index])}"
