"""Lateral inhibition: shrinkage by a threshold of each map, and maps that take from each other, place by place.

Thresholds lie in patterns (per_map.py). In height-width-channel order the maps of a place are contiguous, so that what
they take from each other is one product of matrices: places by maps, times maps by maps.
"""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.per_map import opposite, signed_as
from convnet_studio.engine.kernels.simd import LANES, absolute, first, load, splat, store, where_greater
from convnet_studio.engine.kernels.tiles import run_tiles

_SHRINK = Layout(x="buffer", y="buffer", theta="place", size="number", period="number")  # theta counts by its size
F = _SHRINK.index


@leaf(_SHRINK)
def shrink_by_map_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = sign(x) max(|x| - |theta|, 0)."""
    thetas, size, period, zero = floats_at(row[F.theta]), row[F.size], row[F.period], splat(ZERO)
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                value = load(shift(x, start + j))
                above = absolute(value) - absolute(load(shift(thetas, j)))
                store(shift(y, start + j), signed_as(value, where_greater(above, zero, above, zero)))


_SHRINK_BACKWARD = Layout(
    x_gradient="buffer", y_gradient="buffer", y="buffer", theta="place", theta_gradient="gradient", size="number",
    period="number",
)  # fmt: skip
B = _SHRINK_BACKWARD.index


@leaf(_SHRINK_BACKWARD)
def shrink_by_map_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy where y is not 0; add minus dx with the signs of y and theta to the pattern of theta's gradient."""
    thetas, target = floats_at(row[B.theta]), shift(gradients, row[B.theta_gradient])
    size, period, zero = row[B.size], row[B.period], splat(ZERO)
    for s in range(i, i + n):
        y, dy = sample(row, B.y, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                value = load(shift(y, start + j))
                passed = where_greater(absolute(value), zero, load(shift(dy, start + j)), zero)
                store(shift(dx, start + j), passed)
                by_theta = signed_as(load(shift(thetas, j)), opposite(signed_as(value, passed)))
                store(shift(target, j), load(shift(target, j)) + first(by_theta, size - start - j))


_CLEAR_DIAGONAL = Layout(matrix="place", maps="number", stride="number")
D = _CLEAR_DIAGONAL.index


@leaf(_CLEAR_DIAGONAL)
def clear_diagonal(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Set matrix[m, m] = 0, once a step: no map inhibits itself."""
    matrix = floats_at(row[D.matrix])
    for m in range(row[D.maps]):
        matrix[m * row[D.stride] + m] = ZERO


_INHIBIT = Layout(
    x="buffer",
    inhibiting="buffer",
    y="buffer",
    weight="place",  # (inhibiting map, inhibited map padded with zeros to a multiple of 16)
    positions="number",
    maps="number",
    tiling="tiling",
)
S = _INHIBIT.index


@leaf(_INHIBIT)
def inhibit(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[p, :] = x[p, :] + the sum over m of inhibiting[p, m] weight[m, :]."""
    weight = floats_at(row[S.weight])
    for s in range(i, i + n):
        x, y = sample(row, S.x, workspace, s), sample(row, S.y, workspace, s)
        a = sample(row, S.inhibiting, workspace, s)
        run_tiles(shift(row, S.tiling), a, weight, y, x, row[S.positions], row[S.maps])


_WEIGHT_GRADIENT = Layout(
    inhibiting="buffer",
    y_gradient="buffer",
    weight_gradient="gradient",  # (inhibited map, inhibiting map padded to a multiple of 16)
    positions="number",
    maps="number",
    stride="number",  # of a row of the gradient
    tiling="tiling",
)
W = _WEIGHT_GRADIENT.index


@leaf(_WEIGHT_GRADIENT)
def inhibition_weight_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add to weight_gradient[k, m] the sum over places of dy[p, k] inhibiting[p, m], but for the diagonal."""
    target, maps = shift(gradients, row[W.weight_gradient]), row[W.maps]
    for s in range(i, i + n):
        a, dy = sample(row, W.inhibiting, workspace, s), sample(row, W.y_gradient, workspace, s)
        run_tiles(shift(row, W.tiling), dy, a, target, target, maps, row[W.positions])
    for m in range(maps):
        target[m * row[W.stride] + m] = ZERO
