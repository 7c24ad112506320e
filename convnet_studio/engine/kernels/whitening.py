"""Whitening: what is taken away from a sample before it is multiplied by a matrix (linear.py)."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.simd import LANES, load, store

_CENTRE = Layout(x="buffer", y="buffer", mean="place", size="number")  # of the mean vectors may read beyond its end
F = _CENTRE.index


@leaf(_CENTRE)
def centre(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x - mean."""
    mean = floats_at(row[F.mean])
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for j in range(0, row[F.size], LANES):
            store(shift(y, j), load(shift(x, j)) - load(shift(mean, j)))
