"""Contrast normalisation: local means by band matrices, and the steps around them.

A statistic (a mean, a spread) belongs either to each position, shared by all maps, or to each number on its own.
In the first case (`shared` 1) it has one number a position, in the second as many as the maps themselves. Nothing here
works in place: vectors spill into the next position, which must not have been read yet.
"""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import HALF, ONE, TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, real, shift
from convnet_studio.engine.kernels.pool import top_block
from convnet_studio.engine.kernels.simd import LANES, first, load, splat, square_root, store, total, where_greater

_LOCAL_MEAN = Layout(
    x="buffer",  # (rows, row)
    y="buffer",
    line="buffer",  # a row with `reach` zero pixels on both sides; starts as zeros
    vertical="place",  # [row][tap]: weight of row + tap - reach
    horizontal="place",  # [tap][column, channel], rows of `horizontal_row` floats
    rows="number",
    row="number",  # floats in a row: columns * channels
    channels="number",
    reach_down="number",
    reach_across="number",
    horizontal_row="number",
)
F = _LOCAL_MEAN.index


@leaf(_LOCAL_MEAN)
def local_mean(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = V x Hᵀ with band matrices V and H: a weighted mean around every pixel, or the adjoint of one."""
    vertical, horizontal = floats_at(row[F.vertical]), floats_at(row[F.horizontal])
    size, rows, taps = row[F.row], row[F.rows], 2 * row[F.reach_down] + 1
    for s in range(i, i + n):
        x, y, line = (sample(row, F.x, workspace, s), sample(row, F.y, workspace, s), sample(row, F.line, workspace, s))
        inner = shift(line, row[F.reach_across] * row[F.channels])
        for r in range(rows):
            top = r - row[F.reach_down]
            for j in range(0, size, LANES):
                mean = splat(ZERO)
                for tap in range(max(0, -top), min(taps, rows - top)):
                    mean = mean + splat(vertical[r * taps + tap]) * load(shift(x, (top + tap) * size + j))
                store(shift(inner, j), first(mean, size - j))
            for j in range(0, size, LANES):
                mean = splat(ZERO)
                for tap in range(2 * row[F.reach_across] + 1):
                    weight = load(shift(horizontal, tap * row[F.horizontal_row] + j))
                    mean = mean + weight * load(shift(line, j + tap * row[F.channels]))
                store(shift(y, r * size + j), mean)


_DISTANCE = Layout(x="buffer", y="buffer", positions="number", channels="number", shared="number")
D = _DISTANCE.index


@leaf(_DISTANCE)
def distance(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x minus its first pixel (of the first map where `shared`): a constant picture gives exactly 0."""
    channels = row[D.channels]
    for s in range(i, i + n):
        x, y = sample(row, D.x, workspace, s), sample(row, D.y, workspace, s)
        if row[D.shared] or channels == 1:
            for j in range(0, row[D.positions] * channels, LANES):
                store(shift(y, j), load(shift(x, j)) - splat(x[0]))
        else:
            for p in range(row[D.positions]):
                for k in range(top_block(channels), -1, -LANES):
                    store(shift(y, p * channels + k), load(shift(x, p * channels + k)) - load(shift(x, k)))


_PRODUCTS = Layout(a="buffer", b="buffer", y="buffer", positions="number", channels="number", scale="real")
P = _PRODUCTS.index


@leaf(_PRODUCTS)
def sum_of_maps(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[p] = scale * sum over maps of a[p, c]; b is not used."""
    channels, scale = row[P.channels], real(row[P.scale])
    for s in range(i, i + n):
        a, y = sample(row, P.a, workspace, s), sample(row, P.y, workspace, s)
        for p in range(row[P.positions]):
            result = splat(ZERO)
            for k in range(0, channels, LANES):
                result = result + first(load(shift(a, p * channels + k)), channels - k)
            y[p] = total(result) * scale


@leaf(_PRODUCTS)
def sum_of_products(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[p] = scale * sum over maps of a[p, c] b[p, c]."""
    channels, scale = row[P.channels], real(row[P.scale])
    for s in range(i, i + n):
        a, b = sample(row, P.a, workspace, s), sample(row, P.b, workspace, s)
        y = sample(row, P.y, workspace, s)
        for p in range(row[P.positions]):
            result = splat(ZERO)
            for k in range(0, channels, LANES):
                at = p * channels + k
                result = result + first(load(shift(a, at)) * load(shift(b, at)), channels - k)
            y[p] = total(result) * scale


@leaf(_PRODUCTS)
def products(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = scale a b, number by number."""
    scale = splat(real(row[P.scale]))
    for s in range(i, i + n):
        a, b = sample(row, P.a, workspace, s), sample(row, P.b, workspace, s)
        y = sample(row, P.y, workspace, s)
        for j in range(0, row[P.positions] * row[P.channels], LANES):
            store(shift(y, j), load(shift(a, j)) * load(shift(b, j)) * scale)


_SUBTRACT = Layout(x="buffer", mean="buffer", y="buffer", positions="number", channels="number", shared="number")
S = _SUBTRACT.index


@leaf(_SUBTRACT)
def subtract(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x - mean."""
    channels = row[S.channels]
    for s in range(i, i + n):
        x, mean = sample(row, S.x, workspace, s), sample(row, S.mean, workspace, s)
        y = sample(row, S.y, workspace, s)
        if row[S.shared]:
            for p in range(row[S.positions]):
                for k in range(top_block(channels), -1, -LANES):
                    at = p * channels + k
                    store(shift(y, at), load(shift(x, at)) - splat(mean[p]))
        else:
            for j in range(0, row[S.positions] * channels, LANES):
                store(shift(y, j), load(shift(x, j)) - load(shift(mean, j)))


@numba.njit
def inverse_of(value: Any) -> Any:
    """Return 1 / value, and 0 where value is 0 or less."""
    zero, one = splat(ZERO), splat(ONE)
    return where_greater(value, zero, one / where_greater(value, zero, value, one), zero)


_DIVISOR = Layout(
    variance="buffer",
    sigma="buffer",
    inverse="buffer",  # 1 / max(c, sigma)
    c="buffer",  # of each map
    positions="number",
    channels="number",  # of the statistic: 1 where it is shared
    mean="number",  # 1: c is the mean of sigma; 0: it is `threshold`
    threshold="real",
)
V = _DIVISOR.index


@numba.njit
def mean_over_positions(x: Any, positions: Any, channels: Any, k: Any, near: Any) -> Any:
    """Return the mean over positions of channels k to k + 15, taken of the distance to `near` and added to it."""
    result = splat(ZERO)
    if channels == 1:
        for j in range(0, positions, LANES):
            result = result + first(load(shift(x, j)) - near, positions - j)
        return near + splat(total(result) / numba.float32(positions))
    for p in range(positions):
        result = result + (load(shift(x, p * channels + k)) - near)
    return near + result / splat(numba.float32(positions))


@leaf(_DIVISOR)
def divisor(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """sigma = sqrt(variance); inverse = 1 / max(c, sigma), 0 where that is 0; c = mean of sigma, or fixed."""
    positions, channels = row[V.positions], row[V.channels]
    for s in range(i, i + n):
        variance, sigma = sample(row, V.variance, workspace, s), sample(row, V.sigma, workspace, s)
        inverse, limits = sample(row, V.inverse, workspace, s), sample(row, V.c, workspace, s)
        for j in range(0, positions * channels, LANES):
            store(shift(sigma, j), square_root(load(shift(variance, j))))
        for k in range(top_block(channels), -1, -LANES):
            c = splat(real(row[V.threshold]))
            if row[V.mean]:
                # Once more around itself: which of nearly equal sigmas are above c is no matter of rounding then.
                c = mean_over_positions(sigma, positions, channels, k, splat(ZERO))
                c = mean_over_positions(sigma, positions, channels, k, c)
            store(shift(limits, k), c)
        if channels == 1:
            c = splat(limits[0])
            for j in range(0, positions, LANES):
                value = load(shift(sigma, j))
                store(shift(inverse, j), inverse_of(where_greater(value, c, value, c)))
        else:
            for p in range(positions):
                for k in range(top_block(channels), -1, -LANES):
                    value, c = load(shift(sigma, p * channels + k)), load(shift(limits, k))
                    store(shift(inverse, p * channels + k), inverse_of(where_greater(value, c, value, c)))


_DIVISOR_BACKWARD = Layout(
    products="buffer",  # dy y, summed over maps where shared
    sigma="buffer",
    inverse="buffer",
    c="buffer",
    divisor_gradient="buffer",
    rest="buffer",  # the gradient of each number that goes to c
    variance_gradient="buffer",
    positions="number",
    channels="number",
    mean="number",
)
B = _DIVISOR_BACKWARD.index


@leaf(_DIVISOR_BACKWARD)
def divisor_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """variance_gradient from d(divisor) = -products * inverse: through sigma where it is above c, else through c."""
    positions, channels = row[B.positions], row[B.channels]
    zero = splat(ZERO)
    for s in range(i, i + n):
        product, sigma = sample(row, B.products, workspace, s), sample(row, B.sigma, workspace, s)
        inverse, limits = sample(row, B.inverse, workspace, s), sample(row, B.c, workspace, s)
        through, rest = sample(row, B.divisor_gradient, workspace, s), sample(row, B.rest, workspace, s)
        target = sample(row, B.variance_gradient, workspace, s)
        for p in range(0, positions * channels, LANES if channels == 1 else channels):
            for k in range(top_block(channels), -1, -LANES):
                at = p + k
                c = splat(limits[0]) if channels == 1 else load(shift(limits, k))
                grad = zero - load(shift(product, at)) * load(shift(inverse, at))
                value = load(shift(sigma, at))
                store(shift(through, at), where_greater(value, c, grad, zero))
                store(shift(rest, at), where_greater(value, c, zero, grad))
        for k in range(top_block(channels), -1, -LANES):
            share = zero
            if row[B.mean]:
                share = mean_over_positions(rest, positions, channels, k, zero)
            store(shift(limits, k), share)
        for p in range(0, positions * channels, LANES if channels == 1 else channels):
            for k in range(top_block(channels), -1, -LANES):
                at = p + k
                share = splat(limits[0]) if channels == 1 else load(shift(limits, k))
                grad = load(shift(through, at)) + share
                store(shift(target, at), grad * splat(HALF) * inverse_of(load(shift(sigma, at))))


_SCALE = Layout(x="buffer", inverse="buffer", y="buffer", positions="number", channels="number", shared="number")
M = _SCALE.index


@leaf(_SCALE)
def divide(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x * inverse."""
    channels = row[M.channels]
    for s in range(i, i + n):
        x, inverse = sample(row, M.x, workspace, s), sample(row, M.inverse, workspace, s)
        y = sample(row, M.y, workspace, s)
        if row[M.shared]:
            for p in range(row[M.positions]):
                for k in range(top_block(channels), -1, -LANES):
                    at = p * channels + k
                    store(shift(y, at), load(shift(x, at)) * splat(inverse[p]))
        else:
            for j in range(0, row[M.positions] * channels, LANES):
                store(shift(y, j), load(shift(x, j)) * load(shift(inverse, j)))


_DIVIDE_BACKWARD = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    x="buffer",
    inverse="buffer",
    through="buffer",  # the gradient that comes through the variance, to be multiplied with 2 x
    positions="number",
    channels="number",
    shared="number",
    scale="real",
)
G = _DIVIDE_BACKWARD.index


@leaf(_DIVIDE_BACKWARD)
def divide_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy * inverse + 2 scale x * through."""
    channels, scale = row[G.channels], real(row[G.scale]) * TWO
    for s in range(i, i + n):
        dx, dy = sample(row, G.x_gradient, workspace, s), sample(row, G.y_gradient, workspace, s)
        x, inverse = sample(row, G.x, workspace, s), sample(row, G.inverse, workspace, s)
        through = sample(row, G.through, workspace, s)
        if row[G.shared]:
            for p in range(row[G.positions]):
                factor, slope = splat(inverse[p]), splat(through[p] * scale)
                for k in range(top_block(channels), -1, -LANES):
                    at = p * channels + k
                    store(shift(dx, at), load(shift(dy, at)) * factor + load(shift(x, at)) * slope)
        else:
            for j in range(0, row[G.positions] * channels, LANES):
                slope = load(shift(through, j)) * splat(scale)
                store(shift(dx, j), load(shift(dy, j)) * load(shift(inverse, j)) + load(shift(x, j)) * slope)
