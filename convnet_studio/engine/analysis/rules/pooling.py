"""Pooling: many values to one, by mean, maximum, a power or an exponential."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Column, Group, Step, product, single
from convnet_studio.engine.analysis.rule import Case, Made, at_most, in_map, rule, window
from convnet_studio.engine.nn.modules.log_sum_exp_pool2d import LogSumExpPool2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.pyramid_pool2d import PyramidPool2d, edges, grids
from convnet_studio.engine.nn.windows import Pool2d


@rule("MaxPool2d")
def maximum(case: Case) -> Made:
    """The largest of the window, the first where several are."""
    return _reduced(case, *_window(case), "max")


@rule("AvgPool2d")
def average(case: Case) -> Made:
    """Each pixel of the window times 1/n²."""
    return _reduced(case, *_window(case), "average")


@rule("TrainableAvgPool2d")
def gained_average(case: Case) -> Made:
    """The mean of the window times a gain, and a bias."""
    cells, rows = _window(case)
    channel = case.index[:1]
    gain = case.parameter("gain", channel, "g")
    x = case.input(cells)
    share = Column("g/n²", np.full(len(cells), float(gain.values[0]) / len(cells)), case.node.id, gain.what, "gain",
                   np.repeat(np.array([channel]), len(cells), axis=0))  # fmt: skip
    groups = (product(f"map {channel[0]}", x, share, rows=rows), product("bias", case.parameter("bias", channel, "b")))
    return Made((Step("y", groups, "y = g/n² Σ x + b"),), len(cells) + 4)


@rule("LPPool2d")
def power_mean(case: Case) -> Made:
    """The sum of powers, and its root; the largest is taken out, so that no power overflows."""
    module, (cells, rows) = case.double(), _window(case)
    assert isinstance(module, LPPool2d)
    powers = module.powers()
    p = float(powers[case.index[0] if module.learns_p else 0])
    x, weights = case.input(cells), Column("w", module.weights())
    sizes = np.abs(x.values.astype(np.float64))
    largest = float(sizes.max())
    values = (sizes / (largest or 1.0)) ** p * weights.values
    total = Step("s", (Group(f"map {case.index[0]}", values, (x, weights), rows),), f"s = Σ w (|x| / m)^P, P = {p:.6g}")
    root = single("m s^(1/P)", largest * math.fsum(values.tolist()) ** (1 / p), Column("m", np.array([largest])))
    return Made((total, Step("y", (root,), "y = m s^(1/P), m the largest |x|")), len(cells) + 12 + 2 * at_most(p, 1000))


@rule("LogSumExpPool2d")
def soft_maximum(case: Case) -> Made:
    """The largest, and what the others add to it."""
    module, (cells, rows) = case.node.module, _window(case)
    assert isinstance(module, LogSumExpPool2d)
    x = case.input(cells)
    values = x.values.astype(np.float64)
    largest = float(values.max())
    powers = np.exp(module.b * (values - largest))
    total = math.fsum(powers.tolist())
    first = Step("s", (Group(f"map {case.index[0]}", powers, (x,), rows),), "s = Σ e^(b (x − m))")
    groups = [single("m, the largest", largest), single("log(s) / b", math.log(total) / module.b)]
    if module.inside == "mean":
        groups.append(single("−log(n²) / b", -math.log(len(cells)) / module.b))
    formula = "y = m + log(s / n²) / b" if module.inside == "mean" else "y = m + log(s) / b"
    spread = at_most(module.b * float(np.ptp(values)), 1000)
    return Made((first, Step("y", tuple(groups), formula)), len(cells) + 12 + spread)


@rule("GlobalPool2d")
def whole_map(case: Case) -> Made:
    """All pixels of the map."""
    _, height, width = case.inputs[0].shape
    return _reduced(case, _rectangle(case.index[0], 0, height, 0, width), height, _kind(case))


@rule("MapPool")
def group_of_maps(case: Case) -> Made:
    """The same place of all maps of the group."""
    size = int(case.node.module.settings()["group"])
    channel, *place = case.index
    cells = np.array([(channel * size + at, *place) for at in range(size)], np.int64)
    return _reduced(case, cells, 1, _kind(case))


@rule("PyramidPool2d")
def cell_of_grid(case: Case) -> Made:
    """The pixels of one cell of one of the grids."""
    module = case.node.module
    assert isinstance(module, PyramidPool2d)
    channels, height, width = case.inputs[0].shape
    (at,) = case.index
    for side in grids(module.levels):
        if at < channels * side**2:
            break
        at -= channels * side**2
    channel, row, column = np.unravel_index(at, (channels, side, side))
    down, across = edges(height, side)[row], edges(width, side)[column]
    cells = _rectangle(int(channel), down.start, down.stop, across.start, across.stop)
    return _reduced(case, cells, down.stop - down.start, module.kind)


def _kind(case: Case) -> str:
    return str(case.node.module.settings()["kind"])


def _window(case: Case) -> tuple[NDArray[np.int64], int]:
    """The cells of the window, and how many rows it has."""
    module = case.node.module
    assert isinstance(module, Pool2d)
    channel, *place = case.index
    cells = window(place, module.kernel_size, module.stride, 0, case.inputs[0].shape[1:])
    return in_map(channel, cells), module.kernel_size


def _rectangle(channel: int, top: int, bottom: int, left: int, right: int) -> NDArray[np.int64]:
    rows, columns = np.meshgrid(np.arange(top, bottom), np.arange(left, right), indexing="ij")
    return np.column_stack([np.full(rows.size, channel), rows.ravel(), columns.ravel()])


def _reduced(case: Case, cells: NDArray[np.int64], rows: int, kind: str) -> Made:
    """The average, the largest, or the root mean square of some values."""
    x, count = case.input(cells), len(cells)
    name = f"map {cells[0, 0]}" if len({*cells[:, 0].tolist()}) == 1 else "the same place of the group's maps"
    values = x.values.astype(np.float64)
    if kind == "max":
        group = Group(name, values, (x,), rows, chosen=int(np.argmax(values)))
        return Made((Step("y", (group,), "y = the largest x"),), 0)
    if kind == "average":
        share = Column("1/n", np.full(count, 1 / count))
        return Made((Step("y", (product(name, x, share, rows=rows),), "y = Σ x / n"),), count + 2)
    share = Column("1/n", np.full(count, 1 / count))
    squares = Step("s", (Group(name, values**2 / count, (x, share), rows),), "s = Σ x² / n")
    root = single("√s", math.sqrt(squares.result) if math.isfinite(squares.result) else math.nan)
    return Made((squares, Step("y", (root,), "y = √s")), count + 8)
