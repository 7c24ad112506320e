"""Sparse reconstruction: what a few coefficients of a filter bank keep of a picture, with LCN before it and without.

The same filters and the same number of active coefficients, found by matching pursuit:

- without: of the picture x itself, so that coefficients must also tell how bright each place is;
- with: of y = LCN(x); the picture is then m + max(c, σ)·ŷ, by the local mean m and deviation σ that LCN took out.

Both are judged by the local contrast v = x - m that they keep: the length of v̂ - v over that of v, where v̂ is what is
left of the rebuilt picture without its own local mean. LCN: Jarrett et al. (2009), sec. 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.analysis.lcn_bench import LcnSteps, lcn_steps
from convnet_studio.engine.analysis.matching_pursuit import Code, pursue
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.initializers import gabor
from convnet_studio.engine.nn.local_statistics import Subtraction
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.inquiry import Inquiry, Moment

MOST_FILTERS = 128
MOST_COEFFICIENTS = 1000
_GABORS = 32
_SLOW = 0.5
"""Of its energy: a filter with more than that in its mean measures brightness."""


@dataclass(frozen=True, eq=False)
class Bank:
    """The filters that a picture is made of.

    Attributes:
        atoms: float64 ``(count, maps, side, side)``, each of length 1; the last ones, one for each map, are flat.
        module_id: of the filter bank they are from; empty: Gabor filters.
    """

    atoms: Array
    module_id: str = ""

    @property
    def is_slow(self) -> Array:
        """Of each filter whether it measures brightness: over half of its energy lies in the means of its maps."""
        means = self.atoms.mean(axis=(2, 3))
        slow: Array = np.square(means).sum(axis=1) * self.atoms[0, 0].size > _SLOW
        return slow


@dataclass(frozen=True, eq=False)
class Kept:
    """What one code of `count` coefficients keeps of the picture.

    Attributes:
        count: active coefficients. `slow`: how many of them belong to filters that measure brightness.
        picture: rebuilt, ``(maps, height, width)``. `contrast`: its local contrast v̂, shaped as it.
        by_filter: int ``(filters,)``, coefficients of each filter.
        where: int ``(height, width)``, coefficients by the middle of their filter.
        low, high: of these, how many lie where contrast is low (σ <= c) and high.
        low_error, high_error: length of v̂ - v over that of v, there; nan where there is no contrast at all.
    """

    count: int
    slow: int
    picture: Array
    contrast: Array
    by_filter: Array
    where: Array
    low: int
    high: int
    low_error: float
    high_error: float


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """A picture, its normalisation, and both codes, from which each number of coefficients is rebuilt at once."""

    steps: LcnSteps
    bank: Bank
    without: Code
    with_lcn: Code

    def kept_without(self, count: int) -> Kept:
        """What `count` coefficients of the picture itself keep."""
        return self._kept(self.without, self.without.rebuilt(self.bank.atoms, count), count)

    def kept_with(self, count: int) -> Kept:
        """What `count` coefficients of LCN(x) keep, with the local mean and deviation put back."""
        rebuilt = self.with_lcn.rebuilt(self.bank.atoms, count)
        return self._kept(self.with_lcn, self.steps.mean + self.steps.divisor * rebuilt, count)

    @property
    def most(self) -> int:
        """How many coefficients the longer of the two codes has."""
        return max((int(code.active[-1]) for code in (self.without, self.with_lcn) if len(code.active)), default=0)

    def _kept(self, code: Code, picture: Array, count: int) -> Kept:
        steps = self.steps
        contrast = Subtraction(steps.norm.neighbourhood()).forward(picture[None])[0]
        is_high = steps.deviation > steps.smallest
        filters, rows, columns, _ = code.coefficients(count)
        half = self.bank.atoms.shape[-1] // 2
        where = np.zeros(steps.x.shape[1:], np.int64)
        np.add.at(where, (rows + half, columns + half), 1)
        high = int(where[is_high.any(axis=0)].sum())
        return Kept(
            count=len(filters),
            slow=int(self.bank.is_slow[filters].sum()),
            picture=picture,
            contrast=contrast,
            by_filter=np.bincount(filters, minlength=len(self.bank.atoms)),
            where=where,
            low=len(filters) - high,
            high=high,
            low_error=_error(contrast, steps.subtracted, ~is_high),
            high_error=_error(contrast, steps.subtracted, is_high),
        )


def _error(found: Array, wanted: Array, place: Array) -> float:
    place = np.broadcast_to(place, wanted.shape)
    size = float(np.linalg.norm(wanted[place]))
    return float(np.linalg.norm(found[place] - wanted[place])) / size if size > 0 else float("nan")


def coefficient_limit(height: int, width: int) -> int:
    """How many coefficients are looked for at most: one for two pixels, and no more than MOST_COEFFICIENTS."""
    return min(MOST_COEFFICIENTS, height * width // 2)


def own_bank(network: Network, maps: int, side: int) -> Bank | None:
    """The filters of the network's first Conv2d that suit a picture of `maps` maps whose shorter side is `side`.

    None where there is no such module, or its filters are too large, see other maps, or are all 0.
    """
    for node in network.graph.nodes:
        module = node.module
        if isinstance(module, Conv2d):
            weights = _dense(module, node.input_shapes[0][0])
            if weights.shape[1] != maps or weights.shape[2] > side:
                return None
            return _with_flat(weights[:MOST_FILTERS], node.id) if weights.any() else None
    return None


def gabor_bank(maps: int, side: int) -> Bank:
    """Gabor filters of a size that suits a picture whose shorter side is `side`, the same in all maps."""
    size = next(each for each in (9, 5, 3, 1) if each == 1 or side >= 3 * each or (each == 3 and side >= 3))
    if size == 1:
        return _with_flat(np.zeros((0, maps, 1, 1)), "")
    filters = gabor(np.random.default_rng(0), (_GABORS, maps, size, size), maps * size * size)
    return _with_flat(filters, "")


def _dense(module: Conv2d, inputs: int) -> Array:
    """Its filters ``(out, in, side, side)``, 0 where the connection table has none."""
    weights = module.weight.value
    if module.is_full:
        return np.array(weights, np.float64)
    dense = np.zeros((module.out_channels, inputs, *weights.shape[2:]))
    for kernel, pair in zip(weights, connected_pairs(module.table, inputs, module.out_channels), strict=True):
        dense[pair] = kernel[0]
    return dense


def _with_flat(filters: Array, module_id: str) -> Bank:
    lengths = np.sqrt(np.square(filters).sum(axis=(1, 2, 3), keepdims=True))
    usable = np.isfinite(lengths).reshape(-1) & (lengths.reshape(-1) > 0)
    maps, side = filters.shape[1], filters.shape[-1]
    flat = np.zeros((maps, maps, side, side))
    flat[np.arange(maps), np.arange(maps)] = 1 / side
    return Bank(np.concatenate([filters[usable] / lengths[usable], flat]), module_id)


@dataclass(frozen=True)
class AskReconstruction(Inquiry):
    """The Reconstruction of the shown picture.

    Attributes:
        own: with the network's first filter bank, where it has one that suits; else with Gabor filters.
        kernel_size, width, border, across_maps: of the LCN, whose smallest divisor is the mean of σ.
    """

    own: bool = True
    kernel_size: int = 9
    width: float = 2.0
    border: str = "exact"
    across_maps: bool = False

    @property
    def norm(self) -> LocalContrastNorm:
        """The module with these settings."""
        return LocalContrastNorm(
            kernel_size=self.kernel_size,
            width=self.width,
            border=self.border,
            across_maps=self.across_maps,
            threshold="mean",
            threshold_value=1.0,  # not used then
        )

    def work(self, moment: Moment) -> Iterator[object]:
        """The normalisation, then one code after the other."""
        picture = moment.picture
        if picture.ndim != 3 or not np.isfinite(picture).all():
            raise ValueError("Only pictures of maps can be rebuilt from filters: this data has none.")
        steps = lcn_steps(self.norm, picture)
        maps, height, width = picture.shape
        side = min(height, width)
        with moment.run.answering():
            bank = own_bank(moment.run.network, maps, side) if self.own else None
        bank = bank or gabor_bank(maps, side)
        codes = []
        for target in (steps.x, steps.y):
            for found in pursue(target, bank.atoms, coefficient_limit(height, width)):
                if found is not None:
                    codes.append(found)
                yield None
        yield Reconstruction(steps, bank, *codes)
