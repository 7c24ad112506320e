"""The way back through a convolution where few gradients arrive, as behind max pooling with large windows.

Of a window of k x k pixels max pooling sends the gradient to one. The products of conv.py would multiply the zeros of
all the others; here those that are not zero are listed, channel by channel, and each adds one filter's share. Per
number that is some two times the work of a tile, for a ninth or less of the numbers. Where the pooling stands right
behind the convolution, it notes where its maxima stood, and the zeros are never made.

A picture that is larger than the first-level cache is taken in bands of rows, which have lists of their own.

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
    "counts": "buffer",  # (bands, channels): how many are listed of each
    "corners": "buffer",  # (bands, channels, room): where in the picture the window of each begins
    "values": "buffer",  # (bands, channels, room)
    "bands": "number",  # of rows that are taken together
    "room": "number",  # places in a band
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
    channels, room = row[L.channels], row[L.room]
    for s in range(i, i + n):
        dy, counts = sample(row, L.y_gradient, workspace, s), sample(row, L.counts, workspace, s)
        corners, values = sample(row, L.corners, workspace, s), sample(row, L.values, workspace, s)
        for j in range(row[L.bands] * channels):
            counts[j] = ZERO
        for r in range(row[L.rows]):
            band = r * row[L.columns] // room * channels
            for c in range(row[L.columns]):
                corner = numba.float32(r * row[L.down] + c * row[L.across])
                for k in range(0, channels, LANES):
                    few = nonzero_lanes(load(shift(dy, k))) & ((1 << min(LANES, channels - k)) - 1)
                    while few:
                        channel = k + lowest(few)
                        few &= few - 1
                        count = numba.int64(counts[band + channel])
                        corners[(band + channel) * room + count] = corner
                        values[(band + channel) * room + count] = dy[channel]
                        counts[band + channel] = numba.float32(count + 1)
                dy = shift(dy, channels)


_FIND_SWITCHED = Layout(
    y_gradient="buffer",  # (places, channels), of the pooling
    switches="buffer",  # (places, channels): the corner that each goes to (pool.py)
    **_LIST,
    places="number",  # of the pooling's output
)
S = _FIND_SWITCHED.index


@leaf(_FIND_SWITCHED)
def list_switched_gradients(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """List what a max pooling sends back that is not zero, without making the zeros.

    Where windows overlap, a place may be listed more than once; whoever reads the lists sums.
    """
    channels, room = row[S.channels], row[S.room]
    for s in range(i, i + n):
        dy, switches = sample(row, S.y_gradient, workspace, s), sample(row, S.switches, workspace, s)
        counts = sample(row, S.counts, workspace, s)
        for band in range(row[S.bands]):
            for channel in range(channels):
                number = band * channels + channel
                corners = shift(sample(row, S.corners, workspace, s), number * room)
                values = shift(sample(row, S.values, workspace, s), number * room)
                count = 0
                for p in range(band * room, min((band + 1) * room, row[S.places])):
                    value = dy[p * channels + channel]
                    corners[count], values[count] = switches[p * channels + channel], value
                    count += value != ZERO  # without a branch: what is zero is overwritten by the next
                counts[number] = numba.float32(count)


@numba.njit
def _place(v: Any, vectors: Any, across: Any, x_row: Any) -> Any:
    """Where vector v of a filter meets the picture; the last one's place for those behind the last."""
    v = min(v, vectors - 1)
    return v // across * x_row + v % across * LANES


_WEIGHT = Layout(
    x="buffer",
    **_LIST,
    weight_gradient="gradient",
    kernel_rows="number",
    run="number",  # kernel width * input channels, padded to a multiple of 16
    x_row="number",  # floats in a row of the input
)
W = _WEIGHT.index


@leaf(_WEIGHT)
def sparse_weight_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add dy x to weight_gradient[oc, ky, kx ic]; four vectors of a filter at a time."""
    channels, room, x_row, across = row[W.channels], row[W.room], row[W.x_row], row[W.run] // LANES
    vectors = row[W.kernel_rows] * across
    for s in range(i, i + n):
        x, counts = sample(row, W.x, workspace, s), sample(row, W.counts, workspace, s)
        for number in range(row[W.bands] * channels):
            count = numba.int64(counts[number])
            corners = shift(sample(row, W.corners, workspace, s), number * room)
            values = shift(sample(row, W.values, workspace, s), number * room)
            target = shift(gradients, row[W.weight_gradient] + number % channels * vectors * LANES)
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
    channels, room, run = row[X.channels], row[X.room], row[X.run]
    x_row, kernel_rows = row[X.x_row], row[X.kernel_rows]
    for s in range(i, i + n):
        dx, counts = sample(row, X.x_gradient, workspace, s), sample(row, X.counts, workspace, s)
        for j in range(0, row[X.size], LANES):
            store(shift(dx, j), splat(ZERO))
        for number in range(row[X.bands] * channels):
            corners = shift(sample(row, X.corners, workspace, s), number * room)
            values = shift(sample(row, X.values, workspace, s), number * room)
            source = shift(floats_at(row[X.weight]), number % channels * kernel_rows * run)
            for e in range(numba.int64(counts[number])):
                window, factor = shift(dx, numba.int64(corners[e])), splat(values[e])
                for ky in range(kernel_rows):
                    for j in range(0, run, LANES):
                        at = shift(window, ky * x_row + j)
                        store(at, load(at) + factor * load(shift(source, ky * run + j)))
