"""Pooling dial: one window pooled with every sharpness from the mean to the maximum, by the program's own modules.

The p-norm ((1/n²) Σ |x|^p)^(1/p) is the mean of |x| at p = 1 and the largest |x| as p grows without bound. Log-sum-exp,
(1/b) log((1/n²) Σ e^bx), on the tutorial's slide with the sum in place of the mean, is the mean at b = 0 and the
largest x as b grows. At the ends stand AvgPool2d and MaxPool2d.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.log_sum_exp_pool2d import LogSumExpPool2d
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.windows import Pool2d

P_NORM, LOG_SUM_EXP = "p-norm", "log-sum-exp"
FAMILIES = (P_NORM, LOG_SUM_EXP)

AMOUNTS: dict[str, tuple[float, ...]] = {
    P_NORM: (*(float(f"{2 ** (step / 3):.3g}") for step in range(19)), math.inf),
    LOG_SUM_EXP: (0.0, *(float(f"{10 ** (step / 4 - 1):.3g}") for step in range(17)), math.inf),
}
"""The places of the dial: p from 1 to 64 and then infinity; b = 0, then 0.1 to 1000 and infinity."""


def pooling(family: str, amount: float, size: int) -> Pool2d:
    """The module that pools windows of `size` at every place with p or b = `amount`.

    At infinity MaxPool2d, for b = 0 AvgPool2d; of a p-norm the former is to be given |x|.
    """
    kind, settings = _kind_and_settings(family, amount)
    return kind(kernel_size=size, stride=1, **settings)


def _kind_and_settings(family: str, amount: float) -> tuple[Callable[..., Pool2d], dict[str, float]]:
    if math.isinf(amount):
        return MaxPool2d, {}
    if family == P_NORM:
        return LPPool2d, {"p": amount}
    return (LogSumExpPool2d, {"b": amount}) if amount else (AvgPool2d, {})


_kept_pooling = cache(pooling)
"""Making a module takes longer than what it computes of one window, and a Sweep takes twenty."""


def pooled(family: str, amount: float, maps: Array, size: int) -> Array:
    """Every window of `size` of a map ``(height, width)``, ``(height - size + 1, width - size + 1)``."""
    given = np.abs(maps) if family == P_NORM else maps
    y: Array = _kept_pooling(family, amount, size).forward(given[None, None])[0, 0]
    return y


def gradient(family: str, amount: float, window: Array) -> Array:
    """What one unit of gradient at the output becomes at each number of `window` ``(n, n)``, shaped as it."""
    module = pooling(family, amount, len(window))
    is_of_sizes = family == P_NORM
    module.forward((np.abs(window) if is_of_sizes else window)[None, None])
    back = module.backward(np.ones((1, 1, 1, 1), window.dtype))
    assert isinstance(back, np.ndarray)
    slopes: Array = back[0, 0] * np.sign(window) if is_of_sizes else back[0, 0]
    return slopes


@dataclass(frozen=True, eq=False)
class Sweep:
    """A window over the whole dial.

    Attributes:
        values: float64, for each of the family's `AMOUNTS`.
        changes: the largest change of the value when the window moves by 1 pixel in any direction, as a share of the
            value; not a number where the value is 0.
    """

    values: Array
    changes: Array


def sweep(family: str, patch: Array, corner: tuple[int, int], size: int) -> Sweep:
    """The Sweep of the window of `size` whose corner is at `corner` in `patch`, which has what lies around it."""
    values, changes = [], []
    for amount in AMOUNTS[family]:
        near = pooled(family, amount, patch, size)
        value = float(near[corner])
        values.append(value)
        changes.append(float(np.abs(near - value).max()) / abs(value) if value else math.nan)
    return Sweep(np.array(values), np.array(changes))


def neighbourhood(maps: Array, row: int, column: int, size: int) -> tuple[Array, tuple[int, int]]:
    """The window with its corner at row, column of a map and one more pixel around it, as far as the map reaches.

    Returns:
        (float64 copy, where the window's corner lies in it).
    """
    top, left = max(0, row - 1), max(0, column - 1)
    patch = maps[top : row + size + 1, left : column + size + 1].astype(np.float64)
    return patch, (row - top, column - left)
