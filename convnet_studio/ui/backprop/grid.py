"""Grid: how an array is laid out: all of its numbers where they are few, else a map of all and a window of some."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QImage

from convnet_studio.engine.analysis.backprop_walk import Slot
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.ui.backprop.cells import CELL_HEIGHT, CELL_WIDTH, TALL, Cell
from convnet_studio.ui.map_images import Scale, Tiling, sheet_image

FEW = 64
"""Numbers that are all shown."""
_MOST_COLUMNS, _MOST_ROWS = 8, 8
_SHORT, _SHORT_ROWS = 40, 5
_TALL_COUNT = 16
_MAP_HEIGHT, _LOW_MAP_HEIGHT = 84.0, 56.0
_WINDOW_ROWS, _LOW_WINDOW_ROWS, _WINDOW_COLUMNS = 4, 2, 5
_GAP = 4.0
_LIST_COLUMNS = 32
_MOST_TILES = 256
_MOST_PIXELS = 192
"""Of one tile along a side: of larger ones every so many numbers are shown."""


@functools.lru_cache(maxsize=512)
def grid_of(shape: Shape, is_checked: bool = False, is_low: bool = False) -> Grid:
    """The layout of a shape, worked out once."""
    return Grid(shape, is_checked, is_low)


@dataclass(frozen=True)
class Grid:
    """Where the numbers of one shape stand, relative to its top left corner.

    Args:
        shape: of the array. `is_checked`: gradients, which want room for what was measured.
        is_low: there is little room: the map and the window are smaller, what was measured is but a mark.
    """

    shape: Shape
    is_checked: bool = False
    is_low: bool = False

    @cached_property
    def tiles(self) -> tuple[int, int, int]:
        """The array as so many maps of height and width; a long list is one map in rows."""
        if len(self.shape) == 1:
            (count,) = self.shape
            if count <= FEW:
                columns = math.ceil(count / (_MOST_ROWS if count > _SHORT else _SHORT_ROWS))
                return 1, math.ceil(count / columns), columns
            return 1, math.ceil(count / _LIST_COLUMNS), _LIST_COLUMNS
        return math.prod(self.shape[:-2]), self.shape[-2], self.shape[-1]

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @cached_property
    def _per_row(self) -> int:
        return max(1, _MOST_COLUMNS // self.tiles[2])

    @cached_property
    def shows_all(self) -> bool:
        """Whether each number has a cell."""
        count, height, width = self.tiles
        rows = math.ceil(count / self._per_row) * height
        return self.count <= FEW and width <= _MOST_COLUMNS and rows <= _MOST_ROWS

    @property
    def cell_height(self) -> float:
        """Of each cell."""
        is_tall = self.is_checked and not self.is_low
        return TALL if is_tall and self.count <= _TALL_COUNT and self.shows_all else CELL_HEIGHT

    @cached_property
    def size(self) -> QSizeF:
        """What it takes."""
        if not self.shows_all:
            height = self.map_rect(QPointF()).height() + _GAP + min(self._window_rows, self.tiles[1]) * CELL_HEIGHT
            return QSizeF(self._window_width, height)
        count, height, width = self.tiles
        across, down = min(count, self._per_row), math.ceil(count / self._per_row)
        return QSizeF(
            across * width * CELL_WIDTH + (across - 1) * _GAP, down * height * self.cell_height + (down - 1) * _GAP
        )

    @property
    def _map_height(self) -> float:
        return _LOW_MAP_HEIGHT if self.is_low else _MAP_HEIGHT

    @property
    def _window_rows(self) -> int:
        return _LOW_WINDOW_ROWS if self.is_low else _WINDOW_ROWS

    @property
    def _window_width(self) -> float:
        return min(_WINDOW_COLUMNS, self.tiles[2]) * CELL_WIDTH

    def cells(self, slot: Slot, at: QPointF, focus: int) -> list[Cell]:
        """The cells of the array `slot`; where they are some of many, those around the flat index `focus`."""
        return self._all_cells(slot, at) if self.shows_all else self._window_cells(slot, at, focus)

    def _all_cells(self, slot: Slot, at: QPointF) -> list[Cell]:
        _, height, width = self.tiles
        cells = []
        for index in range(self.count):
            tile, rest = divmod(index, height * width)
            row, column = divmod(rest, width) if len(self.shape) > 1 else divmod(rest, height)[::-1]
            down, across = divmod(tile, self._per_row)
            x = (across * width + column) * CELL_WIDTH + across * _GAP
            y = (down * height + row) * self.cell_height + down * _GAP
            cells.append(Cell(slot, index, QRectF(at.x() + x, at.y() + y, CELL_WIDTH, self.cell_height)))
        return cells

    def window(self, focus: int) -> tuple[int, range, range]:
        """The map, rows and columns whose numbers are shown around `focus`."""
        _, height, width = self.tiles
        tile, rest = divmod(focus, height * width)
        row, column = divmod(rest, width)
        top = min(max(0, row - self._window_rows // 2), max(0, height - self._window_rows))
        left = min(max(0, column - _WINDOW_COLUMNS // 2), max(0, width - _WINDOW_COLUMNS))
        return tile, range(top, min(height, top + self._window_rows)), range(left, min(width, left + _WINDOW_COLUMNS))

    def _window_cells(self, slot: Slot, at: QPointF, focus: int) -> list[Cell]:
        _, height, width = self.tiles
        tile, rows, columns = self.window(focus)
        top = self.map_rect(at).bottom() + _GAP
        return [
            Cell(slot, index, QRectF(at.x() + x * CELL_WIDTH, top + y * CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT))
            for y, row in enumerate(rows)
            for x, column in enumerate(columns)
            if (index := (tile * height + row) * width + column) < self.count
        ]

    # ---------------------------------------------------------------- the map of all numbers

    @cached_property
    def _tiling(self) -> Tiling:
        count, height, width = self.tiles
        shown, step = min(count, _MOST_TILES), self._step
        high, wide = math.ceil(height / step), math.ceil(width / step)
        room = self._window_width / self._map_height
        columns = min(shown, max(1, round(math.sqrt(shown * (high + 1) * room / (wide + 1)))))
        return Tiling(shown, high, wide, columns)

    @property
    def _step(self) -> int:
        return max(1, math.ceil(max(self.tiles[1:]) / _MOST_PIXELS))

    def map_rect(self, at: QPointF) -> QRectF:
        """Where the map of all numbers stands (nowhere, where each has a cell)."""
        if self.shows_all:
            return QRectF()
        width, height = self._tiling.size
        scale = min(self._window_width / width, self._map_height / height)
        return QRectF(at, QSizeF(width * scale, height * scale))

    def image(self, values: Array, known: int, scale: Scale, focus: int) -> QImage:
        """All numbers (of very many maps those around `focus`) as colours; what is not computed has none."""
        count, height, width = self.tiles
        numbers = np.full(count * height * width, np.nan)
        numbers[: min(known, self.count)] = values.reshape(-1)[:known]
        maps = numbers.reshape(count, height, width)[self._first_tile(focus) :][: self._tiling.count]
        return sheet_image(maps[:, :: self._step, :: self._step], self._tiling, [scale])

    def _first_tile(self, focus: int) -> int:
        tile = focus // (self.tiles[1] * self.tiles[2])
        return min(tile // _MOST_TILES * _MOST_TILES, max(0, self.tiles[0] - self._tiling.count))

    def frame_on_map(self, at: QPointF, focus: int) -> QRectF:
        """Where on the map the window of numbers lies."""
        place, (tile, rows, columns) = self.map_rect(at), self.window(focus)
        box = self._tiling.tile(tile - self._first_tile(focus))
        scale, step = place.width() / self._tiling.size[0], self._step
        return QRectF(
            place.x() + (box.x() + columns.start / step) * scale,
            place.y() + (box.y() + rows.start / step) * scale,
            len(columns) / step * scale,
            len(rows) / step * scale,
        )

    def index_on_map(self, at: QPointF, point: QPointF, focus: int) -> int | None:
        """The flat index under a point of the map; None beside it."""
        place = self.map_rect(at)
        if place.isEmpty() or not place.contains(point):
            return None
        scale = place.width() / self._tiling.size[0]
        cell = self._tiling.cell_at((point.x() - place.x()) / scale, (point.y() - place.y()) / scale)
        if cell is None:
            return None
        tile, row, column = cell
        _, height, width = self.tiles
        index = ((self._first_tile(focus) + tile) * height + row * self._step) * width + column * self._step
        return index if index < self.count else None
