"""A small Neocognitron: simple cells that find lines, complex cells that pool them, and a glyph that moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, choice, reading, whole
from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture, Maps
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.training.inquiry import Moment

GLYPHS = {
    "+": ("...#...", "...#...", "...#...", "#######", "...#...", "...#...", "...#..."),
    "×": ("#.....#", ".#...#.", "..#.#..", "...#...", "..#.#..", ".#...#.", "#.....#"),
    "T": ("#######", "...#...", "...#...", "...#...", "...#...", "...#...", "...#..."),
    "L": ("#......", "#......", "#......", "#......", "#......", "#......", "#######"),
    "O": ("#######", "#.....#", "#.....#", "#.....#", "#.....#", "#.....#", "#######"),
}
MOST = 3
"""Pixels that a glyph can move either way."""
ROWS, COLUMNS = 20, 28
"""Of the picture."""
LINES = {"–": (0, 1), "/": (-1, 1), "|": (1, 0), "\\": (1, 1)}
"""What the simple cells look for: names of lines, and the way (row, column) that they run."""
KERNEL = 5
THRESHOLD = 0.4
"""Of a simple cell; a line that fills its filter gives 1."""
STRIDE = 2
"""Pixels from one C cell to the next."""


@dataclass(frozen=True)
class Neocognitron(Bench):
    """One stage: filters for lines of four directions and a rectification (S cells), then a pooling (C cells).

    Hubel and Wiesel, Receptive fields, binocular interaction and functional architecture in the cat's visual cortex
    (1962); Fukushima, Neocognitron: a self-organizing neural network model (1980), where C cells too weigh the middle
    of their window most, here with LPPool2d.
    """

    name: ClassVar = "neocognitron"
    title: ClassVar = "Simple and complex cells"
    summary: ClassVar = "A glyph that moves, the simple cells that follow it, and the complex cells that hardly do."

    glyph: str = choice("+", tuple(GLYPHS), "Glyph")
    right: int = whole(0, -MOST, MOST, "To the right", "px")
    down: int = whole(0, -MOST, MOST, "Down", "px")
    window: int = whole(10, 2, 12, "Window of a C cell", "px")

    @reading
    def change_s(self, moment: Moment | None = None) -> float:
        """How much the S maps differ from those of the glyph in the middle: size of the difference over their size."""
        return _change(self.s_maps(), self.at_rest.s_maps())

    @reading
    def change_c(self, moment: Moment | None = None) -> float:
        """How much the C maps differ from those of the glyph in the middle: size of the difference over their size."""
        return _change(self.c_maps(), self.at_rest.c_maps())

    @property
    def at_rest(self) -> Neocognitron:
        """With the glyph in the middle."""
        return replace(self, right=0, down=0)

    def picture(self) -> Array:
        """``(ROWS, COLUMNS)``, 1 on the glyph and 0 around it."""
        dots = np.array([[each == "#" for each in row] for row in GLYPHS[self.glyph]], np.float64)
        picture = np.zeros((ROWS, COLUMNS))
        top, left = (ROWS - len(dots)) // 2 + self.down, (COLUMNS - len(dots)) // 2 + self.right
        picture[top : top + len(dots), left : left + len(dots)] = dots
        return picture

    def s_maps(self) -> Array:
        """``(4, rows, columns)``, one for each of `LINES`."""
        conv, rectify = _simple()
        s: Array = rectify.forward(conv.forward(self.picture()[None, None]))[0]
        return s

    def c_maps(self) -> Array:
        """``(4, rows, columns)``, fewer of both than the S maps have."""
        pool = LPPool2d(kernel_size=self.window, stride=STRIDE, p=2.0, inside="gaussian")  # type: ignore[call-arg]
        c: Array = pool.forward(self.s_maps()[None])[0]
        return c

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The glyph, both layers, and how much each has changed."""
        s, c = self.s_maps(), self.c_maps()
        changes = {"S maps": self.change_s(), "C maps": self.change_c()}
        yield (
            Maps("The glyph", {f"{ROWS} × {COLUMNS} pixels": self.picture()}, "picture"),
            Bars(
                "Change since the glyph stood in the middle",
                changes,
                texts=tuple(f"{each:.0%}" for each in changes.values()),
            ),
            Maps("S maps: where the simple cells find lines like these", dict(zip(LINES, s, strict=True)), "size"),
            Maps("C maps: the same, pooled by complex cells", dict(zip(LINES, c, strict=True)), "size"),
        )


def _change(now: Array, before: Array) -> float:
    return float(np.linalg.norm(now - before) / np.linalg.norm(before))


@lru_cache(maxsize=1)
def _simple() -> tuple[Conv2d, Module]:
    """Filters that are positive along a line, negative beside it, and sum to 0; and the rectification."""
    conv = Conv2d(out_channels=len(LINES), kernel_size=KERNEL)  # type: ignore[call-arg]
    give_parameters(conv, (1, ROWS, COLUMNS), seed=0)
    offsets = np.arange(KERNEL) - KERNEL // 2
    rows, columns = np.meshgrid(offsets, offsets, indexing="ij")
    for number, (down, across) in enumerate(LINES.values()):
        distance = np.abs(rows * across - columns * down)
        bank = np.where(distance == 0, 1.0, 0.0)
        bank[distance > 0] = -bank.sum() / (distance > 0).sum()
        conv.weight.value[number, 0] = bank / KERNEL
    conv.bias.value[...] = -THRESHOLD
    return conv, ReLU()
