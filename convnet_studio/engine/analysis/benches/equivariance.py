"""When the picture moves, does the map move with it? Shared weights, weights of every place its own, and strides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import convnet_studio.engine.nn.modules  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.analysis.bench import Bench, choice, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Maps, Words
from convnet_studio.engine.nn.gradient_check import give_parameters
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.training.inquiry import Moment

SHARED, OWN = "shared", "one for each place"
MOST = 4
"""Pixels that the picture can move."""
KERNEL = 5
SAME = 1e-5
"""Differences below this are those of float32."""


@dataclass(frozen=True)
class Equivariance(Bench):
    """A picture and the map that one filter makes of it, before and after the picture moves to the right.

    A convolution commutes with shifts: what the map loses at one border aside, conv(shift(x)) = shift(conv(x)) (LeCun
    et al., Gradient-based learning applied to document recognition, 1998, section II.A).
    """

    name: ClassVar = "equivariance"
    title: ClassVar = "Moving the picture"
    summary: ClassVar = "Whether the map moves when the picture moves: shared weights, weights of each place, strides."

    weights: str = choice(SHARED, (SHARED, OWN), "Weights")
    shift: int = whole(0, 0, MOST, "Move the picture by", "px")
    stride: int = whole(1, 1, 4, "Stride", "px")

    @reading
    def difference(self, moment: Moment) -> float:
        """The largest difference in the overlap between the moved picture's map and the map moved as far.

        Not a number where the shift is no whole number of strides: then there is no map to compare with.
        """
        if self.shift % self.stride:
            return float("nan")
        before, after = self._maps(moment)
        cells = self.shift // self.stride
        return float(np.abs(after[:, cells:] - before[:, : before.shape[1] - cells]).max())

    @reading
    def matches(self, moment: Moment) -> float:
        """1 where the second map is the first one moved, 0 where it is not or no whole number of cells would do."""
        return float(self.difference(moment) < SAME)

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The picture and its map, before and after, and where the second map is not the first one moved."""
        shown = _framed(moment.picture)
        before, after = self._maps(moment)
        cells = round(self.shift / self.stride)
        gap = np.full(after.shape, np.nan)
        gap[:, cells:] = after[:, cells:] - before[:, : before.shape[1] - cells]
        far = float(np.nanmax(np.abs(gap)))
        yield (
            Maps("The picture", {"as it is": shown, "moved": _moved(shown, self.shift)}, "picture"),
            Maps("Its map", {"as it is": before, "of the moved picture": after, "left over": gap}),
            Words("", f"Where both maps overlap they differ by {far:.3g} at most, of {np.abs(before).max():.3g}."),
        )

    def _maps(self, moment: Moment) -> tuple[Array, Array]:
        shown = _framed(moment.picture)
        made = [_filtered(each, self.weights, self.stride) for each in (shown, _moved(shown, self.shift))]
        return made[0], made[1]


def _framed(picture: Array) -> Array:
    """The first channel in the middle of an empty frame, so that nothing leaves the picture when it moves."""
    return np.pad(picture[0].astype(np.float64), MOST)


def _moved(picture: Array, shift: int) -> Array:
    return np.roll(picture, shift, axis=1)


def _filtered(picture: Array, weights: str, stride: int) -> Array:
    module = _module(weights, stride, picture.shape)
    output: Array = module.forward(picture[None, None])[0, 0]
    return output


@lru_cache(maxsize=16)
def _module(weights: str, stride: int, shape: tuple[int, ...]) -> Module:
    """One map of random filters of the program's own modules."""
    kind = Module.registry["Conv2d" if weights == SHARED else "LocallyConnected2d"]
    module = kind(out_channels=1, kernel_size=KERNEL, stride=stride)  # type: ignore[call-arg]
    give_parameters(module, (1, *shape), seed=7)
    return module
