"""Weight tiles: how a learnable array is laid out as pictures, and which weight each cell stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.nn.module import Array, Shape

MOST_TILES = 4096
"""More would be smaller than a pixel; the first filters are shown, and the caption says so."""


@dataclass(frozen=True)
class WeightTiles:
    """An array as tiles ``(count, height, width)``.

    Attributes:
        tiles: views of the array's numbers.
        columns: input maps, where rows are output maps; 0: each tile is one output map.
        sources: for each tile (output, input map).
        maps: shape of the maps that a list of inputs came from, None where the inputs are maps or no maps at all.
        outputs: how many there are; `shown`: how many of them have tiles.
    """

    tiles: Array
    columns: int
    sources: tuple[tuple[int, int], ...]
    maps: Shape | None
    outputs: int
    shown: int

    def index(self, tile: int, row: int, column: int) -> tuple[int, ...]:
        """The place of a cell in the array itself."""
        output, source = self.sources[tile]
        if self.maps is not None:
            _, height, width = self.maps
            return output, (source * height + row) * width + column
        return (output, source, row, column)


def main_parameter(parameters: Mapping[str, Array]) -> str:
    """The name of the array that is shown large: the first with rows and columns; empty where there is none."""
    return next((name for name, value in parameters.items() if value.ndim >= 2), "")


def weight_tiles(weights: Array, maps: Shape | None, order: Array | None = None) -> WeightTiles:
    """Arrange filters ``(output, input, height, width)``, or rows ``(output, n)`` over n numbers from `maps`.

    Args:
        weights: the array.
        maps: ``(channel, height, width)`` that the n inputs were flattened from; None for filters.
        order: outputs in the order in which they are to appear.
    """
    outputs = len(weights)
    filters = weights.reshape(outputs, *maps) if maps is not None else weights
    inputs, height, width = filters.shape[1:]
    shown = max(1, min(outputs, MOST_TILES // inputs))
    chosen = (np.arange(outputs) if order is None else order)[:shown]
    tiles = filters[chosen].reshape(-1, height, width)
    sources = tuple((int(output), source) for output in chosen for source in range(inputs))
    return WeightTiles(tiles, inputs if inputs > 1 else 0, sources, maps, outputs, shown)


def by_norm(weights: Array) -> Array:
    """Outputs sorted by the size of their filters, the largest first."""
    norms = np.linalg.norm(np.nan_to_num(weights.reshape(len(weights), -1)), axis=1)
    return np.argsort(-norms, kind="stable")


@dataclass(frozen=True)
class ReducedMatrix:
    """A matrix made small enough for the screen: each cell is the largest weight of a block, sign kept.

    Attributes:
        cells: the small matrix. `rows`, `columns`: for each cell, where its weight stands in the whole matrix.
        block: weights per cell, down and across.
    """

    cells: Array
    rows: Array
    columns: Array
    block: tuple[int, int]


def reduced(matrix: Array, most_rows: int, most_columns: int) -> ReducedMatrix:
    """Shrink `matrix` by whole blocks until it has at most so many rows and columns."""
    height, width = matrix.shape
    down, across = -(-height // max(1, most_rows)), -(-width // max(1, most_columns))
    rows, columns = -(-height // down), -(-width // across)
    padded = np.full((rows * down, columns * across), 0, matrix.dtype)
    padded[:height, :width] = matrix
    blocks = padded.reshape(rows, down, columns, across).swapaxes(1, 2).reshape(rows, columns, down * across)
    place = np.abs(blocks).argmax(axis=2)
    cells = np.take_along_axis(blocks, place[..., None], axis=2)[..., 0]
    inner_row, inner_column = np.divmod(place, across)
    row_index = np.arange(rows)[:, None] * down + inner_row
    column_index = np.arange(columns)[None, :] * across + inner_column
    return ReducedMatrix(cells, np.minimum(row_index, height - 1), np.minimum(column_index, width - 1), (down, across))
