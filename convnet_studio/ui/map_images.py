"""Map images: arrays of numbers as pictures, many maps tiled into ONE image (one image a card keeps drawing cheap)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.theme import color_table, theme


@dataclass(frozen=True)
class Scale:
    """Which numbers the ends of a colour map stand for; a diverging map is symmetric: ``low == -high``."""

    map_name: str
    low: float
    high: float


def scale_of(values: Array, map_name: str) -> Scale:
    """The scale that just holds `values`: symmetric about 0 if signed, from 0 if non-negative, 0 .. 1 for pictures."""
    if map_name == "picture":
        return Scale(map_name, 0.0, 1.0)
    largest = float(np.max(np.abs(values), initial=0.0))
    high = largest if math.isfinite(largest) and largest > 0 else 1.0
    return Scale(map_name, 0.0 if map_name == "non_negative" else -high, high)


@dataclass(frozen=True)
class Tiling:
    """`count` tiles of `width` x `height` map cells in rows of `columns`, `gap` cells apart."""

    count: int
    height: int
    width: int
    columns: int
    gap: int = 1

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole sheet in cells."""
        return (
            self.columns * (self.width + self.gap) - self.gap,
            self.rows * (self.height + self.gap) - self.gap,
        )

    def tile(self, index: int) -> QRect:
        """Where tile `index` lies on the sheet."""
        row, column = divmod(index, self.columns)
        return QRect(column * (self.width + self.gap), row * (self.height + self.gap), self.width, self.height)

    def cell_at(self, x: float, y: float) -> tuple[int, int, int] | None:
        """(tile, row, column) of the map cell at sheet position x, y (in cells); None on a gap or outside."""
        column, inner_x = divmod(math.floor(x), self.width + self.gap)
        row, inner_y = divmod(math.floor(y), self.height + self.gap)
        index = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and inner_x < self.width and inner_y < self.height
        return (index, inner_y, inner_x) if inside and index < self.count else None


def colored(values: Array, scale: Scale) -> NDArray[np.uint32]:
    """`values` of any shape as 0xffRRGGBB; what is not finite comes out as the colour of missing things."""
    table = color_table(theme().name, scale.map_name)
    factor = 255.999 / (scale.high - scale.low)
    with np.errstate(invalid="ignore"):
        places = (values - scale.low) * factor
        np.clip(places, 0, 255, out=places)
    if not math.isnan(places.sum()):  # one pass over the numbers in place of four
        return table.take(places.astype(np.uint8))
    missing = np.isnan(places)
    pixels: NDArray[np.uint32] = table.take(np.where(missing, 0, places).astype(np.uint8))
    pixels[missing] = theme().color("missing").rgb()
    return pixels


def sheet_image(maps: Array, tiling: Tiling, scales: list[Scale]) -> QImage:
    """Maps ``(count, height, width)`` as one image on a transparent ground; one scale for all, or one each."""
    width, height = tiling.size
    shared = colored(maps[: tiling.count], scales[0]) if len(scales) == 1 else None
    cell = (tiling.height + tiling.gap, tiling.width + tiling.gap)
    sheet = np.zeros((tiling.rows * cell[0], tiling.columns * cell[1]), np.uint32)  # with a gap at the end
    tiles = sheet.reshape(tiling.rows, cell[0], tiling.columns, cell[1]).swapaxes(1, 2)
    for row in range(tiling.rows):
        first, after = row * tiling.columns, min((row + 1) * tiling.columns, len(maps), tiling.count)
        place = tiles[row, : after - first, : tiling.height, : tiling.width]
        if shared is not None:
            place[:] = shared[first:after]
        else:
            for index in range(first, after):
                place[index - first] = colored(maps[index], scales[index])
    line = tiling.columns * cell[1] * sheet.itemsize
    return QImage(sheet.data, width, height, line, QImage.Format.Format_ARGB32_Premultiplied).copy()


def rgb_pixels(picture: Array) -> NDArray[np.uint32]:
    """A picture ``(1 or 3, height, width)`` in 0 .. 1 as people see it, ``(height, width)`` of 0xffRRGGBB."""
    channels = picture if len(picture) == 3 else np.repeat(picture[:1], 3, axis=0)
    levels = np.clip(np.nan_to_num(channels, posinf=1.0, neginf=0.0) * 255 + 0.5, 0, 255).astype(np.uint32)
    return np.ascontiguousarray(
        np.uint32(0xFF000000) | (levels[0] << np.uint32(16)) | (levels[1] << np.uint32(8)) | levels[2]
    )


def rgb_image(picture: Array) -> QImage:
    """A picture ``(1 or 3, height, width)`` in 0 .. 1 as people see it."""
    pixels = rgb_pixels(picture)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
