"""Normalisations: differences to a local mean, quotients by a local spread, whitening."""

from __future__ import annotations

import math

import numpy as np

from convnet_studio.engine.analysis.explanation import Column, Group, Index, Step, product, single
from convnet_studio.engine.analysis.rule import Case, Made, rule, scaled
from convnet_studio.engine.nn.local_norm import DividingNorm, LocalNorm
from convnet_studio.engine.nn.local_statistics import LocalMean, Subtraction, band_matrix
from convnet_studio.engine.nn.module import Array


@rule("SubtractiveNorm")
def difference(case: Case) -> Made:
    """The pixel, less the weighted mean of its neighbourhood."""
    step = _difference(case)
    return Made((step,), _count(step) + 6)


@rule("DivisiveNorm")
def quotient(case: Case) -> Made:
    """The pixel over the spread of its neighbourhood."""
    module = case.node.module
    assert isinstance(module, DividingNorm)
    variance, divisor, limit = _divisor(case, module, case.inputs[0].astype(np.float64), "x")
    x = case.input(case.index)
    value = float(x.values[0]) / divisor if divisor else 0.0
    last = Step("y", (single("x / d", value, x, Column("d", np.array([divisor]))),), "y = x / d")
    return Made((variance, limit, last), _count(variance) + 8)


@rule("LocalContrastNorm")
def contrast(case: Case) -> Made:
    """The difference to the local mean, over the spread of such differences."""
    module = case.node.module
    assert isinstance(module, DividingNorm)
    first = _difference(case)
    v = Subtraction(module.neighbourhood()).forward(case.inputs[0][None].astype(np.float64))[0]
    variance, divisor, limit = _divisor(case, module, v, "v")
    inverse = 1 / divisor if divisor else 0.0
    mean = math.fsum(value for group in first.groups[1:] for value in group.values.tolist())
    pixel = scaled(first.groups[0], inverse, "x / d")
    last = Step("y", (pixel, single("−mean / d", mean * inverse)), "y = v / d = x / d − mean / d")
    return Made((first, variance, limit, last), 2 * _count(variance) + 12)


@rule("LocalResponseNorm")
def response(case: Case) -> Made:
    """The value over a power of the squares around it."""
    settings = case.node.module.settings()
    size, alpha, beta, k = (float(settings[name]) for name in ("size", "alpha", "beta", "k"))
    channel, *place = case.index
    first = channel - int(size) // 2
    maps = [at for at in range(first, first + int(size)) if 0 <= at < len(case.inputs[0])]
    around = case.input([(at, *place) for at in maps])
    share = Column("α/n", np.full(len(maps), alpha / size))
    squares = Group("neighbouring maps", around.values.astype(np.float64) ** 2 * share.values, (around, share))
    base = Step("s", (single("k", k), squares), "s = k + α/n Σ x²")
    x = case.input(case.index)
    last = Step("y", (single("x s^−β", float(x.values[0]) * base.result**-beta, x),), "y = x s^−β")
    return Made((base, last), len(maps) + 12 + math.ceil(8 * beta))


@rule("ZCAWhitening")
def whitened(case: Case) -> Made:
    """All numbers of the sample, each less its mean, times a row of the matrix."""
    shape = case.inputs[0].shape
    row = int(np.ravel_multi_index(case.index, shape))
    count = math.prod(shape)
    cells = np.stack(np.unravel_index(np.arange(count), shape), axis=1)
    x, mean = case.input(cells), case.parameter("mean", cells, "m")
    weights = case.parameter("matrix", np.column_stack([np.full(count, row), np.arange(count)]), "P")
    groups = (
        product("P x", x, weights, rows=shape[-2] if len(shape) > 1 else 1),
        scaled(product("−P m", mean, weights, rows=shape[-2] if len(shape) > 1 else 1), -1.0),
    )
    return Made((Step("y", groups, "y = Σ P (x − m)"),), count + 4)


def _difference(case: Case) -> Step:
    module = case.node.module
    assert isinstance(module, LocalNorm)
    x = case.input(case.index)
    mean = _local_mean(case, module.neighbourhood(), case.index)
    return Step("v", (product("x", x), *(scaled(group, -1.0, f"−{group.name}") for group in mean)), "v = x − Σ w x")


def _local_mean(case: Case, mean: LocalMean, index: Index) -> list[Group]:
    """The weighted mean around a pixel of the input, a group for each map; its weights exact products of float32."""
    channel, row, column = index
    maps, height, width = case.inputs[0].shape
    weights, cells = _weights(mean, (height, width), (row, column))
    within = range(maps) if mean.across_maps else (channel,)
    share = weights / len(within)
    rows = len({*cells[:, 0].tolist()})
    return [
        product(f"w × map {each}", case.input(np.column_stack([np.full(len(cells), each), cells])), Column("w", share),
                rows=rows)
        for each in within
    ]  # fmt: skip


def _weights(mean: LocalMean, space: tuple[int, int], place: tuple[int, int]) -> tuple[Array, Array]:
    """What each cell of the neighbourhood weighs, ``(cells,)``, and where it lies, ``(cells, 2)``."""
    bands = [
        band_matrix(length, mean.kernel_size, mean.width, mean.border, np.dtype(np.float32))[0][at].astype(np.float64)
        for length, at in zip(space, place, strict=True)
    ]
    rows, columns = (np.flatnonzero(band) for band in bands)
    weights = np.outer(bands[0][rows], bands[1][columns]).ravel()
    cells = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    return weights, cells


def _divisor(case: Case, module: DividingNorm, values: Array, symbol: str) -> tuple[Step, float, Step]:
    """The spread around the pixel as a sum, what is divided by, and how that was chosen."""
    mean = module.neighbourhood()
    channel, row, column = case.index
    weights, cells = _weights(mean, values.shape[1:], (row, column))
    excess = mean.coverage(values[None]) if mean.border == "torch" else np.ones(values.shape[1:])
    within = range(len(values)) if mean.across_maps else (channel,)
    share = weights / len(within) / excess[row, column]
    groups = []
    for each in within:
        around = values[each][tuple(cells.T)]
        indices = np.column_stack([np.full(len(cells), each), cells])
        source = case.input(indices) if symbol == "x" else Column(symbol, around)
        terms = around**2 * share
        groups.append(Group(f"map {each}", terms, (source, Column("w", share)), len({*cells[:, 0].tolist()})))
    variance = Step("σ²", tuple(groups), f"σ² = Σ w {symbol}²")
    sigma = math.sqrt(variance.result) if variance.result >= 0 else math.nan
    threshold = module.fixed_threshold()
    if threshold is None:
        everywhere = np.sqrt(mean.forward(values[None] ** 2) / excess)[0]
        threshold = float(everywhere[0 if mean.across_maps else channel].mean())
        words = "c, the mean of σ over the picture"
    else:
        words = "c, the fixed smallest divisor"
    divisor = max(sigma, threshold)
    choice = Group("the larger", np.array([sigma, threshold]), (), 1, chosen=0 if sigma >= threshold else 1)
    return variance, divisor, Step("d", (choice,), f"d = max(σ, c), {words}")


def _count(step: Step) -> int:
    return sum(len(group.values) for group in step.groups)
