"""Surface colours: a field as a sheet of colours, flat for its map or lit from above its corner for the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.surface_scene import Field
from convnet_studio.ui.controls.surface_slices import bilinear
from convnet_studio.ui.map_images import colored
from convnet_studio.ui.theme import theme

_SIDE = 500
"""Colours along a side, about: as many as pixels."""
_LIGHT = np.array([-0.45, 0.35, 0.82])
_RELIEF = 0.55
"""Of the heights that are lit: gentle, so that the colours can still be read."""
_LINE, _MESH = 0.55, 0.14
"""How much of black a level line and a line of the mesh have."""


class Sheet:
    """Colours over a field, `factor` to a cell.

    Attributes:
        colors: uint32 ``(rows, columns)`` of 0xffRRGGBB; row 0 at the lower end of y.
    """

    def __init__(self, field: Field, is_lit: bool) -> None:
        rows, columns = field.values.shape
        self.factor = max(1, round(_SIDE / max(rows - 1, columns - 1)))
        down = np.linspace(0, rows - 1, (rows - 1) * self.factor + 1, dtype=np.float32)
        right = np.linspace(0, columns - 1, (columns - 1) * self.factor + 1, dtype=np.float32)
        heights = bilinear(field.heights, down[:, None], right[None, :])
        values = heights
        if not np.isfinite(field.values).all():
            holes = bilinear(np.where(np.isfinite(field.values), 0.0, 1.0), down[:, None], right[None, :]) > 0
            values = np.where(holes, np.nan, heights)
        self.colors: NDArray[np.uint32] = colored(values, field.scale)
        if is_lit:
            self.colors = _shaded(self.colors, self._light(field, down, right) * self._lines(field, heights))

    def _light(self, field: Field, down: Array, right: Array) -> Array:
        """How bright each place is: Lambert's law on the slopes of the grid."""
        rows, columns = field.values.shape
        by_y, by_x = np.gradient(field.heights * _RELIEF, 2 / (rows - 1), 2 / (columns - 1))
        norm = np.sqrt(1 + by_x**2 + by_y**2)
        bright = (-by_x * _LIGHT[0] - by_y * _LIGHT[1] + _LIGHT[2]) / norm / np.linalg.norm(_LIGHT)
        return bilinear(0.55 + 0.55 * np.clip(bright, 0, 1), down[:, None], right[None, :]).astype(np.float32)

    def _lines(self, field: Field, heights: Array) -> Array:
        """What level lines and mesh leave of the light: lines of even width, whatever the slope."""
        left = np.ones(heights.shape, np.float32)
        by_y, by_x = np.gradient(heights)
        slope = np.maximum(np.hypot(by_x, by_y), 1e-5)
        levels = np.sort(field.height_of(np.array(field.levels, np.float64)))
        if len(levels):
            middles = (levels[1:] + levels[:-1]) / 2
            nearest = levels[np.searchsorted(middles, heights)]
            left -= _LINE * np.clip(1.25 - np.abs(heights - nearest) / slope, 0, 1)
        for count, axis in zip(field.values.shape, (0, 1), strict=True):
            every = max(1, round((count - 1) / 20)) * self.factor
            lines = [slice(None), slice(None)]
            lines[axis] = slice(0, None, every)
            left[tuple(lines)] *= 1 - _MESH
        return left

    def places(self, rows: Array, columns: Array) -> Array:
        """Flat indices of the colours at places in cells."""
        half = np.float32(0.5)
        r = (rows * np.float32(self.factor) + half).astype(np.int32)
        c = (columns * np.float32(self.factor) + half).astype(np.int32)
        result: Array = r * np.int32(self.colors.shape[1]) + c
        return result

    def image(self) -> QImage:
        """The sheet as a picture, y upwards."""
        turned = np.ascontiguousarray(self.colors[::-1])
        height, width = turned.shape
        return QImage(turned.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def wall_colors() -> tuple[np.uint32, np.uint32]:
    """Of the walls that face one way and the other."""
    ground, line = theme().color("raised"), theme().color("line")
    return np.uint32(line.rgb()), np.uint32(ground.rgb())


def _shaded(colors: NDArray[np.uint32], light: Array) -> NDArray[np.uint32]:
    """Colours made darker, or above 1 a little brighter."""
    shaded = np.full(colors.shape, 0xFF, np.uint32)
    for shift in (16, 8, 0):
        channel = (colors >> np.uint32(shift) & np.uint32(0xFF)).astype(np.float32)
        shaded = (shaded << np.uint32(8)) | np.minimum(channel * light + 0.5, 255).astype(np.uint32)
    return shaded
