"""SheetLayout: where many equal maps lie on a rectangle of the screen, as large as they fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

GAP = 4.0
LARGEST_ZOOM = 48.0
_SMALLEST_LABELLED = 22.0
"""Pixels: narrower tiles have no room for their number."""
_LABEL = 14.0
_MATRIX_GAP = 0.14
_HEADER_LEFT, _HEADER_TOP = 24.0, 16.0


@dataclass(frozen=True)
class Cell:
    """One number of one map."""

    tile: int
    row: int
    column: int


@dataclass(frozen=True)
class Block:
    """Numbers of one map that lie side by side."""

    tile: int
    row: int
    column: int
    rows: int
    columns: int

    def within(self, tile: QRectF, zoom: tuple[float, float]) -> QRectF:
        """Its pixels, where its map has those of `tile` and each number `zoom` of them, across and down."""
        across, down = zoom
        left, top = tile.x() + self.column * across, tile.y() + self.row * down
        return QRectF(left, top, self.columns * across, self.rows * down)


def blocks_of(mask: NDArray[np.bool_]) -> list[Block]:
    """The smallest block of each map that holds all its marked numbers; `mask` is ``(maps, height, width)``."""
    blocks = []
    for tile in np.flatnonzero(mask.any(axis=(1, 2))).tolist():
        rows, columns = (np.flatnonzero(mask[tile].any(axis=axis)) for axis in (1, 0))
        first, left = int(rows[0]), int(columns[0])
        blocks.append(Block(tile, first, left, int(rows[-1]) - first + 1, int(columns[-1]) - left + 1))
    return blocks


def joined(boxes: Sequence[QRectF], gap: float = 0.0) -> list[QRectF]:
    """The boxes of single numbers, read row by row, with neighbours of a row, and rows of equal extent, as one."""
    rows: list[QRectF] = []
    for box in boxes:
        if rows and rows[-1].top() == box.top() and box.left() - rows[-1].right() <= gap + 0.5:
            rows[-1] = rows[-1].united(box)
        else:
            rows.append(box)
    found: list[QRectF] = []
    for row in rows:
        is_below = bool(found) and row.top() - found[-1].bottom() <= gap + 0.5
        if is_below and (found[-1].left(), found[-1].right()) == (row.left(), row.right()):
            found[-1] = found[-1].united(row)
        else:
            found.append(row)
    return found


@dataclass(frozen=True)
class SheetLayout:
    """`count` tiles of `width` x `height` cells, `zoom` pixels a cell, in rows of `columns`.

    Attributes:
        label: pixels kept free above each tile for its number (0: none).
        left, top: where the first tile's column and row begin.
    """

    count: int
    height: int
    width: int
    columns: int
    zoom: float
    gap: float = GAP
    label: float = 0.0
    left: float = 0.0
    top: float = 0.0

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def pitch(self) -> tuple[float, float]:
        """Pixels from one tile to the next, across and down."""
        return self.width * self.zoom + self.gap, self.height * self.zoom + self.gap + self.label

    @property
    def size(self) -> tuple[float, float]:
        """Pixels that the whole sheet takes."""
        across, down = self.pitch
        return self.left + self.columns * across - self.gap, self.top + self.rows * down - self.gap

    def tile(self, index: int) -> QRectF:
        """The pixels of tile `index`, its number's line left out."""
        row, column = divmod(index, self.columns)
        across, down = self.pitch
        return QRectF(
            self.left + column * across,
            self.top + row * down + self.label,
            self.width * self.zoom,
            self.height * self.zoom,
        )

    def cell_rect(self, cell: Cell) -> QRectF:
        """The pixels of one cell."""
        tile = self.tile(cell.tile)
        return QRectF(tile.x() + cell.column * self.zoom, tile.y() + cell.row * self.zoom, self.zoom, self.zoom)

    def boxes_of(self, mask: NDArray[np.bool_]) -> list[QRectF]:
        """Boxes around the marked numbers of each map; where maps are single numbers, around neighbours."""
        boxes = [each.within(self.tile(each.tile), (self.zoom, self.zoom)) for each in blocks_of(mask)]
        return joined(boxes, self.gap) if self.width * self.height == 1 else boxes

    def cell_at(self, x: float, y: float) -> Cell | None:
        """The cell at pixel x, y; None between tiles and outside."""
        across, down = self.pitch
        column, inner_x = divmod(x - self.left, across)
        row, inner_y = divmod(y - self.top, down)
        place = Cell(
            int(row) * self.columns + int(column),
            math.floor((inner_y - self.label) / self.zoom),
            math.floor(inner_x / self.zoom),
        )
        inside = 0 <= column < self.columns and row >= 0 and place.tile < self.count
        return place if inside and 0 <= place.row < self.height and 0 <= place.column < self.width else None


def best_layout(
    shape: tuple[int, int, int],
    room: tuple[float, float],
    *,
    columns: int = 0,
    labelled: bool = False,
    ratio: float = 1.0,
    gap: float = GAP,
    largest_zoom: float = LARGEST_ZOOM,
) -> SheetLayout:
    """The arrangement in which tiles of `shape` (count, height, width) come out largest in `room` (width, height).

    Zoom is a whole number of device pixels a cell (`ratio` device pixels to a pixel), so that all cells are equally
    large; below one device pixel a cell it is a fraction. Among equals the arrangement with a full last row wins.
    `labelled` keeps room for a label above each tile; with given `columns` for those of rows and columns at the rim,
    and the gap then grows with the tiles.
    """
    count, height, width = shape
    is_matrix = labelled and columns > 0
    left, top = (_HEADER_LEFT, _HEADER_TOP) if is_matrix else (0.0, 0.0)
    label = _LABEL if labelled and not is_matrix else 0.0
    if is_matrix:  # filters must be told apart at any size
        gap = max(2.0, round(_MATRIX_GAP * min(room[0] / columns, room[1] * columns / count)))
    candidates = np.array([columns]) if columns else np.arange(1, count + 1)
    rows = -(-count // candidates)
    across = (room[0] - left + gap) / candidates - gap
    down = (room[1] - top + gap) / rows - gap - label
    zooms = np.clip(np.minimum(across / width, down / height), 0.02, largest_zoom)
    whole = np.floor(zooms * ratio)
    snapped = np.where(whole >= 1, whole / ratio, zooms)
    full = count % candidates == 0
    best = int(np.lexsort((zooms, full, snapped))[-1])
    zoom = float(snapped[best])
    shown_label = label if zoom * width >= _SMALLEST_LABELLED else 0.0
    return SheetLayout(count, height, width, int(candidates[best]), zoom, gap, shown_label, left, top)
