"""The way back through a convolution where few gradients arrive, as behind max pooling with large windows.

Of a window of k x k pixels max pooling sends the gradient to one. The products of conv.py would multiply the zeros of
all the others; here those that are not zero are listed, channel by channel, and each adds one filter's share. Per
number that is some two times the work of a tile, for a ninth or less of the numbers.

Filters lie one after the other here, ``[oc][ky][kx ic]``, each row padded to a multiple of 16; in vectors of 16, number
v of a filter meets the picture at ``v // (run / 16)`` rows and ``v % (run / 16)`` vectors from the window's corner.
"""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.simd import LANES, load, lowest, nonzero_lanes, splat, store

_LIST = {
    "counts": "buffer",  # (channels,): how many are listed of each
    "corners": "buffer",  # (channels, rows * columns): where in the picture the window of each begins
    "values": "buffer",  # (channels, rows * columns)
    "positions": "number",  # rows * columns
    "channels": "number",  # of the output
}
_FIND = Layout(
    y_gradient="buffer",
    **_LIST,
    rows="number",
    columns="number",
    down="number",  # floats from one output row's first input row to the next's: stride * row of the input
    across="number",  # floats from one output column's first input to the next's: stride * input channels
)
L = _FIND.index


@leaf(_FIND)
def list_gradients(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """List what is not zero. Corners are whole numbers below 2^24, which float32 holds."""
    channels, positions = row[L.channels], row[L.positions]
    for s in range(i, i + n):
        dy, counts = sample(row, L.y_gradient, workspace, s), sample(row, L.counts, workspace, s)
        corners, values = sample(row, L.corners, workspace, s), sample(row, L.values, workspace, s)
        for c in range(channels):
            counts[c] = ZERO
        for r in range(row[L.rows]):
            for c in range(row[L.columns]):
                corner = numba.float32(r * row[L.down] + c * row[L.across])
                for k in range(0, channels, LANES):
                    few = nonzero_lanes(load(shift(dy, k))) & ((1 << min(LANES, channels - k)) - 1)
                    while few:
                        channel = k + lowest(few)
                        few &= few - 1
                        count = numba.int64(counts[channel])
                        corners[channel * positions + count] = corner
                        values[channel * positions + count] = dy[channel]
                        counts[channel] = numba.float32(count + 1)
                dy = shift(dy, channels)


@numba.njit
def _place(v: Any, vectors: Any, across: Any, x_row: Any) -> Any:
    """Where vector v of a filter meets the picture; the last one's place for those behind the last."""
    v = min(v, vectors - 1)
    return v // across * x_row + v % across * LANES


_PARAMETERS = Layout(
    x="buffer",
    **_LIST,
    weight_gradient="gradient",
    bias_gradient="gradient",
    kernel_rows="number",
    run="number",  # kernel width * input channels, padded to a multiple of 16
    x_row="number",  # floats in a row of the input
)
P = _PARAMETERS.index


@leaf(_PARAMETERS)
def sparse_parameter_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add dy x to weight_gradient[oc, ky, kx ic] and dy to bias_gradient[oc]; four vectors of a filter at a time."""
    positions, x_row, across = row[P.positions], row[P.x_row], row[P.run] // LANES
    vectors = row[P.kernel_rows] * across
    for s in range(i, i + n):
        x, counts = sample(row, P.x, workspace, s), sample(row, P.counts, workspace, s)
        for channel in range(row[P.channels]):
            count = numba.int64(counts[channel])
            corners = shift(sample(row, P.corners, workspace, s), channel * positions)
            values = shift(sample(row, P.values, workspace, s), channel * positions)
            for e in range(count):
                gradients[row[P.bias_gradient] + channel] += values[e]
            target = shift(gradients, row[P.weight_gradient] + channel * vectors * LANES)
            for v in range(0, vectors, 4):
                x0, x1 = shift(x, _place(v, vectors, across, x_row)), shift(x, _place(v + 1, vectors, across, x_row))
                x2, x3 = (
                    shift(x, _place(v + 2, vectors, across, x_row)),
                    shift(x, _place(v + 3, vectors, across, x_row)),
                )
                a, b, c, d = splat(ZERO), splat(ZERO), splat(ZERO), splat(ZERO)
                for e in range(count):
                    corner, factor = numba.int64(corners[e]), splat(values[e])
                    a = a + factor * load(shift(x0, corner))
                    b = b + factor * load(shift(x1, corner))
                    c = c + factor * load(shift(x2, corner))
                    d = d + factor * load(shift(x3, corner))
                at = shift(target, v * LANES)
                store(at, load(at) + a)
                if v + 1 < vectors:
                    store(shift(at, LANES), load(shift(at, LANES)) + b)
                if v + 2 < vectors:
                    store(shift(at, 2 * LANES), load(shift(at, 2 * LANES)) + c)
                if v + 3 < vectors:
                    store(shift(at, 3 * LANES), load(shift(at, 3 * LANES)) + d)


_INPUT = Layout(
    x_gradient="buffer", **_LIST, weight="place", size="number", kernel_rows="number", run="number", x_row="number"
)
X = _INPUT.index


@leaf(_INPUT)
def sparse_input_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[r s + ky, c s + kx, ic] = sum of dy[r, c, oc] weight[oc, ky, kx ic]; the padding of weights is zeros."""
    positions, run, x_row, kernel_rows = row[X.positions], row[X.run], row[X.x_row], row[X.kernel_rows]
    for s in range(i, i + n):
        dx, counts = sample(row, X.x_gradient, workspace, s), sample(row, X.counts, workspace, s)
        for j in range(0, row[X.size], LANES):
            store(shift(dx, j), splat(ZERO))
        for channel in range(row[X.channels]):
            corners = shift(sample(row, X.corners, workspace, s), channel * positions)
            values = shift(sample(row, X.values, workspace, s), channel * positions)
            source = shift(floats_at(row[X.weight]), channel * kernel_rows * run)
            for e in range(numba.int64(counts[channel])):
                window, factor = shift(dx, numba.int64(corners[e])), splat(values[e])
                for ky in range(kernel_rows):
                    for j in range(0, run, LANES):
                        at = shift(window, ky * x_row + j)
                        store(at, load(at) + factor * load(shift(source, ky * run + j)))
