"""Distances of each sample to some fixed codes."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.simd import LANES, first, load, splat, store, total

_FORWARD = Layout(x="buffer", y="buffer", codes="place", size="number", outputs="number")
F = _FORWARD.index
_BACKWARD = Layout(x="buffer", x_gradient="buffer", y_gradient="buffer", codes="place", size="number", outputs="number")
B = _BACKWARD.index


@leaf(_FORWARD)
def codes_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[o] = minus the sum over j of (x[j] - codes[o, j])²."""
    size, codes = row[F.size], floats_at(row[F.codes])
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for o in range(row[F.outputs]):
            code, sums = shift(codes, o * size), splat(ZERO)
            for j in range(0, size, LANES):
                difference = first(load(shift(x, j)) - load(shift(code, j)), min(LANES, size - j))
                sums = sums + difference * difference
            y[o] = -total(sums)


@leaf(_BACKWARD)
def codes_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[j] = -2 times the sum over o of dy[o] (x[j] - codes[o, j])."""
    size, codes = row[B.size], floats_at(row[B.codes])
    for s in range(i, i + n):
        x, dx = sample(row, B.x, workspace, s), sample(row, B.x_gradient, workspace, s)
        dy = sample(row, B.y_gradient, workspace, s)
        for j in range(0, size, LANES):
            value, sums = load(shift(x, j)), splat(ZERO)
            for o in range(row[B.outputs]):
                sums = sums + splat(-TWO * dy[o]) * (value - load(shift(codes, o * size + j)))
            store(shift(dx, j), sums)
