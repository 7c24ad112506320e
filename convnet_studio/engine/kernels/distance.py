"""Losses that know no target of their own: distances between two wires, and what activity costs."""

from __future__ import annotations

import math
from typing import Any

import numba

from convnet_studio.engine.kernels.constants import HALF, TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at, real, shift
from convnet_studio.engine.kernels.simd import LANES, absolute, first, load, splat, store, total, where_greater
from convnet_studio.engine.kernels.step import SHARE

_DISTANCE = Layout(x="buffer", y="buffer", size="number", losses="place", scale="real")
D = _DISTANCE.index
_DISTANCE_BACKWARD = Layout(x="buffer", y="buffer", x_gradient="buffer", size="number", scale="real")
E = _DISTANCE_BACKWARD.index


@leaf(_DISTANCE)
def distance_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add scale times the sum of (x - y)² to the sample's loss."""
    losses = floats_at(row[D.losses])
    for s in range(i, i + n):
        losses[s] += squared_distance(row, D.x, D.y, workspace, s, row[D.size]) * real(row[D.scale])


@leaf(_DISTANCE_BACKWARD)
def distance_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = 2 (x - y) share scale."""
    factor = TWO * real(row[E.scale]) * workspace[SHARE]
    for s in range(i, i + n):
        x, y = sample(row, E.x, workspace, s), sample(row, E.y, workspace, s)
        scaled_difference(x, y, sample(row, E.x_gradient, workspace, s), row[E.size], factor)


_CONTRASTIVE = Layout(
    x="buffer", y="buffer", size="number", losses="place", labels="place", indices="place", partners="place",
    margin="real",
)  # fmt: skip
P = _CONTRASTIVE.index
_CONTRASTIVE_BACKWARD = Layout(
    x="buffer", y="buffer", x_gradient="buffer", size="number", labels="place", indices="place", partners="place",
    margin="real",
)  # fmt: skip
Q = _CONTRASTIVE_BACKWARD.index


@leaf(_CONTRASTIVE)
def contrastive_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add half the squared distance of a pair of one class; of another, half the square of what lacks to the margin."""
    labels, indices, losses = ints_at(row[P.labels]), ints_at(row[P.indices]), floats_at(row[P.losses])
    partners = ints_at(row[P.partners])
    for s in range(i, i + n):
        square = squared_distance(row, P.x, P.y, workspace, s, row[P.size])
        if labels[indices[s]] != labels[partners[indices[s]]]:
            lacking = max(real(row[P.margin]) - math.sqrt(square), ZERO)
            square = lacking * lacking
        losses[s] += HALF * square


@leaf(_CONTRASTIVE_BACKWARD)
def contrastive_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = (x - y) share for a pair of one class, -(x - y) share lacking / distance for another."""
    labels, indices, partners = ints_at(row[Q.labels]), ints_at(row[Q.indices]), ints_at(row[Q.partners])
    for s in range(i, i + n):
        x, y = sample(row, Q.x, workspace, s), sample(row, Q.y, workspace, s)
        factor = workspace[SHARE]
        if labels[indices[s]] != labels[partners[indices[s]]]:
            distance = math.sqrt(squared_distance(row, Q.x, Q.y, workspace, s, row[Q.size]))
            lacking = max(real(row[Q.margin]) - distance, ZERO)
            factor = -factor * lacking / distance if distance > ZERO else ZERO
        scaled_difference(x, y, sample(row, Q.x_gradient, workspace, s), row[Q.size], factor)


_L1 = Layout(x="buffer", size="number", losses="place")
M = _L1.index
_L1_BACKWARD = Layout(x="buffer", x_gradient="buffer", size="number")
N = _L1_BACKWARD.index


@leaf(_L1)
def l1_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the sum of |x| to the sample's loss."""
    losses = floats_at(row[M.losses])
    for s in range(i, i + n):
        x, sums = sample(row, M.x, workspace, s), splat(ZERO)
        for j in range(0, row[M.size], LANES):
            sums = sums + first(absolute(load(shift(x, j))), min(LANES, row[M.size] - j))
        losses[s] += total(sums)


@leaf(_L1_BACKWARD)
def l1_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = sign(x) share."""
    zero, share = splat(ZERO), splat(workspace[SHARE])
    for s in range(i, i + n):
        x, dx = sample(row, N.x, workspace, s), sample(row, N.x_gradient, workspace, s)
        for j in range(0, row[N.size], LANES):
            value = load(shift(x, j))
            store(shift(dx, j), where_greater(value, zero, share, where_greater(zero, value, zero - share, zero)))


@numba.njit
def squared_distance(row: Any, x_field: Any, y_field: Any, workspace: Any, s: Any, size: Any) -> Any:
    """Return the sum of (x - y)² of sample `s`."""
    x, y, sums = sample(row, x_field, workspace, s), sample(row, y_field, workspace, s), splat(ZERO)
    for j in range(0, size, LANES):
        difference = first(load(shift(x, j)) - load(shift(y, j)), min(LANES, size - j))
        sums = sums + difference * difference
    return total(sums)


@numba.njit
def scaled_difference(x: Any, y: Any, target: Any, size: Any, factor: Any) -> None:
    """Set target = factor (x - y)."""
    factors = splat(factor)
    for j in range(0, size, LANES):
        store(shift(target, j), (load(shift(x, j)) - load(shift(y, j))) * factors)
