"""Numbers drawn in training: the hash of ``engine/nn/chance.py`` in compiled code, and what Dropout does with it."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import ints_at, real

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
S27, S30, S31, S40 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(40)

_SEED, _STEP, _TRAINING = 0, 1, 2
"""Of the clock of a network."""


@numba.njit
def mixed(state: Any) -> Any:
    """Return splitmix64's output for a state, the golden ratio added first."""
    z = state + GOLDEN
    z = (z ^ (z >> S30)) * FIRST_FACTOR
    z = (z ^ (z >> S27)) * SECOND_FACTOR
    return z ^ (z >> S31)


_DROP = Layout(
    x="buffer", y="buffer", factors="buffer", clock="place", key="number", threshold="number", scale="real",
    positions="number", channels="number",
)  # fmt: skip
D = _DROP.index


@leaf(_DROP)
def dropout_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x times factors: 0 where the number drawn lies below the threshold, else scale; in evaluation y = x.

    Units are counted map by map, as the public order has them; the buffers keep the channels of a pixel together.
    """
    clock = ints_at(row[D.clock])
    positions, channels = row[D.positions], row[D.channels]
    state = mixed(np.uint64(clock[_SEED]))
    state = mixed(state + np.uint64(row[D.key]))
    state = mixed(state + np.uint64(clock[_STEP]))
    threshold, scale = np.uint64(row[D.threshold]), real(row[D.scale])
    for s in range(i, i + n):
        x, y = sample(row, D.x, workspace, s), sample(row, D.y, workspace, s)
        factors, of_sample = sample(row, D.factors, workspace, s), mixed(state + np.uint64(s))
        for p in range(positions):
            for c in range(channels):
                j = p * channels + c
                factor = ONE
                if clock[_TRAINING]:
                    drawn = mixed(of_sample + np.uint64(c * positions + p) * GOLDEN) >> S40
                    factor = ZERO if drawn < threshold else scale
                factors[j] = factor
                y[j] = x[j] * factor
