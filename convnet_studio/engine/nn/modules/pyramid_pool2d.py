"""PyramidPool2d: each map pooled in grids of several finenesses, all in one list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.footprint import WHOLE
from convnet_studio.engine.nn.module import Array, Family, Module, Shape, ShapeProblem, setting
from convnet_studio.engine.nn.reductions import REDUCTIONS
from convnet_studio.engine.nn.windows import check_maps

MOST_LEVELS, FINEST = 6, 32


def grids(text: str) -> tuple[int, ...]:
    """Read the grids of a pyramid, such as ``1 2 4``: cells along a side, coarse or fine in any order.

    Raises:
        ValueError: one sentence, if these are no one to six whole numbers from 1 to 32.
    """
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= MOST_LEVELS or not all(each.isascii() and each.isdigit() for each in words):
        raise ValueError(f"write 1 to {MOST_LEVELS} whole numbers with spaces between, such as 1 2 4.")
    sides = tuple(int(each[:4]) for each in words)
    if not all(1 <= side <= FINEST for side in sides):
        raise ValueError(f"each grid has 1 to {FINEST} cells along a side.")
    return sides


class PyramidPool2d(Module):
    """Each map is pooled over the whole, over quarters, over sixteenths, and all the results are listed.

    So a classifier sees what is there at all as well as where it roughly is. A cell of a grid of n along h pixels goes
    from floor(i h / n) to ceil((i + 1) h / n), as in PyTorch's adaptive pooling, so that neighbours may share a row.
    Lazebnik, Schmid and Ponce, Beyond bags of features: spatial pyramid matching (2006).
    """

    family: ClassVar = Family.POOLING
    word: ClassVar = "pyramid pooling"
    formula: ClassVar = (
        r"y = \left[ \mathrm{pool}_{c} \; x \right]_{c \,\in\, 1 \times 1, \; 2 \times 2, \; 4 \times 4}"
    )

    levels: str = setting(
        "1 2 4", "Grids", "Cells along a side of each grid.", syntax=grids, examples=("1 2 4", "1", "3 2", "1 2")
    )
    kind: str = setting(
        "max",
        "What is taken",
        "Of each cell the average, the largest, or the root of the mean square (L2).",
        choices=tuple(REDUCTIONS),
    )

    def output_shape(self, shape: Shape) -> Shape:
        """``(c, h, w)`` to ``(c · cells,)``; ShapeProblem if a grid is finer than the map."""
        channels, height, width = check_maps("PyramidPool2d", shape)
        finest, fitting = max(grids(self.levels)), min(height, width)
        if finest > fitting:
            fit = " ".join(str(each) for each in grids(self.levels) if each <= fitting) or "1"
            raise ShapeProblem(
                f"A grid of {finest}×{finest} is finer than the {height}×{width} map", f"use {fit}", {"levels": fit}
            )
        return (channels * sum(side**2 for side in grids(self.levels)),)

    def windows(self, shape: Shape) -> None:
        """The coarsest grids see whole maps, and all grids are in one list."""
        return WHOLE

    def caption(self) -> str:
        """The grids and what is taken, ``max 1 2 4``."""
        return f"{self.kind} {self.levels}"[:20]

    def forward(self, x: Array) -> Array:
        """``(batch, c, h, w)`` to ``(batch, c · cells)``, level by level, map by map, cells in reading order."""
        self._input = x
        reduce = REDUCTIONS[self.kind].forward
        self._outputs = [reduce(_values(x[cell])) for cell in self._cells(x)]
        return self._in_order(self._outputs)

    def backward(self, grad_output: Array) -> Array:
        """To the pixels of each cell, as the reduction says; what several cells send to a pixel adds."""
        grad = np.zeros(self._input.shape, grad_output.dtype)
        send = REDUCTIONS[self.kind].backward
        parts = self._by_cell(grad_output)
        for cell, part, output in zip(self._cells(self._input), parts, self._outputs, strict=True):
            sent = send(part, _values(self._input[cell]), output)
            grad[cell] += sent.reshape(self._input[cell].shape)
        return grad

    def is_non_negative(self, input_is: bool) -> bool:
        """L2 always, the others as the input."""
        return input_is or not REDUCTIONS[self.kind].keeps_sign

    def _cells(self, x: Array) -> Iterator[tuple[slice, ...]]:
        everything = slice(None)
        for side in grids(self.levels):
            rows, columns = (edges(length, side) for length in x.shape[2:])
            for row in rows:
                for column in columns:
                    yield everything, everything, row, column

    def _in_order(self, cells: list[Array]) -> Array:
        """``(batch, c)`` for each cell to the list: level by level, map by map."""
        levels, start = [], 0
        for side in grids(self.levels):
            level = np.stack(cells[start : start + side**2], axis=2)
            levels.append(level.reshape(len(level), -1))
            start += side**2
        return np.concatenate(levels, axis=1)

    def _by_cell(self, listed: Array) -> Iterator[Array]:
        """The list to ``(batch, c)`` for each cell."""
        channels, start = self._input.shape[1], 0
        for side in grids(self.levels):
            end = start + channels * side**2
            level = listed[:, start:end].reshape(len(listed), channels, side**2)
            yield from np.moveaxis(level, 2, 0)
            start = end


def _values(cell: Array) -> Array:
    """The pixels of a cell along axis 2."""
    return cell.reshape(*cell.shape[:2], -1)


def edges(length: int, parts: int) -> list[slice]:
    """Where the cells of a grid of `parts` along `length` pixels begin and end."""
    return [slice(part * length // parts, -(-(part + 1) * length // parts)) for part in range(parts)]
