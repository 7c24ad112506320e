"""MapsBody: feature maps in tiles, and below them the filters that made them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, hatch
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import small_number_font
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Block, Cell, blocks_of
from convnet_studio.ui.map_images import Scale, Tiling, rgb_image, scale_of, sheet_image
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import theme

MOST_MAPS = 16
MOST_FILTERS = 16
FILTER_COLUMNS = 8
TILE_GAP = 3.0
FILTERS_GAP = 6.0
SIDES = ((1, 1, 84.0), (4, 2, 67.0), (9, 3, 43.0), (16, 4, 32.0))
"""(up to so many tiles, columns, pixels of a side): the sheets of 2 to 16 maps are about equally large."""


@dataclass(frozen=True)
class TileGrid:
    """`count` tiles of `width` x `height` pixels in rows of `columns`."""

    count: int
    columns: int
    width: float
    height: float

    @property
    def size(self) -> QSizeF:
        """Of all tiles with the gaps between them."""
        rows = -(-self.count // self.columns)
        return QSizeF(
            self.columns * (self.width + TILE_GAP) - TILE_GAP,
            rows * (self.height + TILE_GAP) - TILE_GAP,
        )

    def tile(self, index: int) -> QRectF:
        """Where tile `index` lies."""
        row, column = divmod(index, self.columns)
        return QRectF(column * (self.width + TILE_GAP), row * (self.height + TILE_GAP), self.width, self.height)

    def index_at(self, at: QPointF) -> int | None:
        """The tile under `at`."""
        return next((index for index in range(self.count) if self.tile(index).contains(at)), None)

    def cell_at(self, at: QPointF, rows: int, columns: int) -> Cell | None:
        """The cell under `at`, where a tile has so many of them down and across."""
        tile = self.index_at(at)
        if tile is None:
            return None
        inner = at - self.tile(tile).topLeft()
        row, column = int(inner.y() / self.height * rows), int(inner.x() / self.width * columns)
        return Cell(tile, min(row, rows - 1), min(column, columns - 1))

    def box_of(self, block: Block, rows: int, columns: int) -> QRectF:
        """Where a block of cells lies."""
        return block.within(self.tile(block.tile), (self.width / columns, self.height / rows))


def map_grid(maps: int, height: int, width: int) -> TileGrid:
    """How `maps` maps of `height` x `width` cells are tiled; the last of sixteen tiles may stand for all others."""
    count = min(maps, MOST_MAPS)
    columns, side = next((columns, side) for most, columns, side in SIDES if count <= most)
    larger = max(height, width)
    return TileGrid(count, min(columns, count), side * width / larger, side * height / larger)


def filter_grid(filters: tuple[int, int, int], maps_width: float) -> TileGrid:
    """How the kernels are tiled below maps that are `maps_width` pixels wide."""
    count, height, width = filters
    side = min(16.0, math.floor((maps_width + TILE_GAP) / FILTER_COLUMNS - TILE_GAP))
    larger = max(height, width)
    return TileGrid(min(count, MOST_FILTERS), min(count, FILTER_COLUMNS), side * width / larger, side * height / larger)


class MapsBody(Body):
    """Up to sixteen feature maps on one scale; of the filters, what each does to the first input map.

    The room for filters is the same for few and for many.
    """

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        maps, height, width = card.body_shape
        self._is_rgb = card.map_name == "picture" and maps == 3
        self._hidden = maps - MOST_MAPS + 1 if maps > MOST_MAPS else 0
        self._grid = map_grid(1 if self._is_rgb else maps, height, width)
        tiles = self._grid.size
        below = tiles.height()
        self._filter_grid: TileGrid | None = None
        if card.filters:
            self._filter_grid = filter_grid(card.filters, tiles.width())
            self._filters_top = below + FILTERS_GAP
            below = self._filters_top + self._filter_grid.size.height()
        self.size = QSizeF(tiles.width(), below)
        self.clear()

    def clear(self) -> None:
        """Forget maps and filters."""
        self._maps: Array | None = None
        self._kernels: Array | None = None
        self._sheet = self._filter_sheet = QImage()
        self._scale = Scale(self.card.map_name, 0.0, 1.0)

    def show(self, snapshot: Snapshot) -> bool:
        """Colour the maps, and the filters where they were captured."""
        maps = self.own_output(snapshot)
        if maps is None and self.card.map_name == "picture" and snapshot.picture.shape == self.card.shape:
            maps = snapshot.picture
        kernels = snapshot.parameters.get(self.card.id, {}).get("weight") if self._filter_grid else None
        if kernels is not None and kernels.ndim == 4 and self.card.filters == (len(kernels), *kernels.shape[2:]):
            self._kernels = kernels[:MOST_FILTERS, 0]
            self._color_filters()
        else:
            kernels = None
        if maps is not None:
            self._maps = maps if self._is_rgb else maps[: self._grid.count - bool(self._hidden)]
            self._color_maps()
        return maps is not None or kernels is not None

    def recolor(self) -> None:
        """Colour the last maps and filters again."""
        self._color_maps()
        self._color_filters()

    def paint(self, painter: QPainter) -> None:
        """The two sheets, or hatched tiles."""
        self._paint_sheet(painter, self._sheet, self._grid)
        if self._hidden:
            tile = self._grid.tile(self._grid.count - 1)
            painter.fillRect(tile, theme().color("raised"))
            painter.setFont(small_number_font())
            painter.setPen(theme().color("second_text"))
            painter.drawText(tile, Qt.AlignmentFlag.AlignCenter, f"+{self._hidden}")
        if self._filter_grid:
            painter.translate(0, self._filters_top)
            self._paint_sheet(painter, self._filter_sheet, self._filter_grid)

    def index_at(self, at: QPointF) -> tuple[int, ...] | None:
        """Map, row and column of the cell at `at`; of a coloured picture, of its first colour."""
        cell = self._grid.cell_at(at, *self.card.body_shape[1:])
        return (cell.tile, cell.row, cell.column) if cell is not None and cell.tile < self._shown_maps else None

    def place_at(self, at: QPointF) -> Place | None:
        """A number of a map, or a weight of a filter."""
        weight = self._weight_at(at)
        return super().place_at(at) if weight is None else Place(self.card.id, What.PARAMETER, weight, "weight")

    def weight_box(self, place: Place) -> QRectF | None:
        """The cell of its filter; None for filters of other input maps than the first, and for those left out."""
        grid, index = self._filter_grid, place.index
        if grid is None or self.card.filters is None or (place.name, *index[1:2]) != ("weight", 0) or len(index) != 4:
            return None
        box = grid.box_of(Block(index[0], index[2], index[3], 1, 1), *self.card.filters[1:])
        return box.translated(0, self._filters_top) if index[0] < grid.count else None

    def _weight_at(self, at: QPointF) -> tuple[int, ...] | None:
        """The place in the array of weights of what lies at `at`."""
        if self._filter_grid is None or self.card.filters is None:
            return None
        cell = self._filter_grid.cell_at(at - QPointF(0, self._filters_top), *self.card.filters[1:])
        return None if cell is None else (cell.tile, 0, cell.row, cell.column)

    def boxes_of(self, mask: NDArray[np.bool_]) -> list[QRectF]:
        """A box on each map that is drawn and has marked cells."""
        if mask.shape != self.card.body_shape:
            return []
        maps = np.logical_or.reduce(mask)[None] if self._is_rgb else mask[: self._shown_maps]
        return [self._grid.box_of(each, *mask.shape[1:]) for each in blocks_of(maps)]

    @property
    def _shown_maps(self) -> int:
        return self._grid.count - bool(self._hidden)

    def tip_at(self, at: QPointF) -> str:
        """Which number it is, exactly, and the scale of the colours of its map."""
        weight = self._weight_at(at)
        if weight is not None:
            filter_, _, row, column = weight
            value = f": {exact(self._kernels[filter_, row, column])}" if self._kernels is not None else ""
            return f"Filter {filter_} · map 0 · row {row} · column {column}{value}"
        tile = self._grid.index_at(at)
        if tile is None or self._maps is None:
            return ""
        if self._hidden and tile == self._shown_maps:
            return f"{self._hidden} more maps: select the card to see them all"
        index = self.index_at(at)
        assert index is not None
        _, row, column = index
        where = f"row {row} · column {column}"
        if self._is_rgb:
            return f"The probe picture\n{where}: " + " ".join(exact(each) for each in self._maps[:, row, column])
        told = f"Map {tile} · {where}: {exact(self._maps[index])}"
        if self.card.map_name == "picture":
            return f"The probe picture\n{told}"
        return f"{told}\nColours: {self._scale.low:.3g} … {self._scale.high:.3g} on this card"

    def _color_maps(self) -> None:
        if self._maps is None:
            return
        if self._is_rgb:
            self._sheet = rgb_image(self._maps)
            return
        self._scale = scale_of(self._maps, self.card.map_name)
        self._sheet = _sheet(self._maps, self._grid, self._scale)

    def _color_filters(self) -> None:
        if self._kernels is not None and self._filter_grid is not None:
            self._filter_sheet = _sheet(self._kernels, self._filter_grid, scale_of(self._kernels, "weight"))

    def _paint_sheet(self, painter: QPainter, sheet: QImage, grid: TileGrid) -> None:
        if sheet.isNull():
            for index in range(grid.count):
                hatch(painter, grid.tile(index))
        else:
            draw_cells(painter, QRectF(QPointF(), grid.size), sheet)


def _sheet(maps: Array, grid: TileGrid, scale: Scale) -> QImage:
    """The maps as one image whose gaps have the same share of it as those of `grid`."""
    _, height, width = maps.shape
    fold = max(1, math.ceil(grid.width / 2 / width))  # so fine that a gap is at least one cell
    gap = max(1, round(fold * width * TILE_GAP / grid.width))
    tiling = Tiling(len(maps), height * fold, width * fold, grid.columns, gap)
    return sheet_image(maps.repeat(fold, 1).repeat(fold, 2) if fold > 1 else maps, tiling, [scale])
