"""Small pictures of several samples at once: the samples of a chunk lie innermost, ``[row][map][column][lane]``.

In height-width-channel order 6 maps fill 6 of 16 numbers of a vector, and a first layer of one map reads its picture
number by number. With the samples innermost every vector is full, whatever the number of maps: one weight meets a
vector of inputs. A row of a map is one run of ``columns * lanes`` floats, and a shift of the kernel by one column is a
shift by `lanes` floats, so that the products are the same tiles as in conv.py with other strides. (Batch innermost:
cuda-convnet, Krizhevsky, 2011.)

An operation takes the whole chunk as if it were one sample with `lanes` times as many numbers; lanes without a sample
hold zeros. Operations on single numbers (point.py) need nothing of their own.
"""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at, shift
from convnet_studio.engine.kernels.pool import clear, deposit
from convnet_studio.engine.kernels.simd import (
    LANES,
    first,
    load,
    splat,
    store,
    total,
    where_equal,
    where_greater,
)
from convnet_studio.engine.kernels.step import COUNT
from convnet_studio.engine.kernels.tiles import run_tiles

_MAPS = {"maps": "number", "rows": "number", "columns": "number", "samples": "number"}
_GATHER = Layout(images="place", indices="place", y="buffer", **_MAPS)
G = _GATHER.index


@numba.njit
def _samples_in(row_lanes: Any, workspace: Any, i: Any) -> Any:
    """How many lanes of the chunk that begins at sample i hold one."""
    return min(row_lanes, numba.int64(workspace[COUNT]) - i)


@leaf(_GATHER)
def lanes_gather(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Lane s becomes picture indices[i + s]."""
    indices, images, y = shift(ints_at(row[G.indices]), i), floats_at(row[G.images]), sample(row, G.y, workspace, i)
    maps, rows, columns, lanes = row[G.maps], row[G.rows], row[G.columns], row[G.samples]
    count, size = _samples_in(lanes, workspace, i), maps * rows * columns
    if count < lanes:
        clear(y, size * lanes)
    for r in range(rows):
        for c in range(maps):
            for j in range(columns):
                at = (c * rows + r) * columns + j
                for s in range(count):
                    y[s] = images[indices[s] * size + at]
                y = shift(y, lanes)


_FLATTEN = Layout(x="buffer", y="buffer", **_MAPS)
T = _FLATTEN.index


@leaf(_FLATTEN)
def lanes_to_lists(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Each sample's y is its lane of x, in channel-height-width order."""
    x, y, stride = sample(row, T.x, workspace, i), sample(row, T.y, workspace, i), row[T.y + 2]
    maps, rows, columns, lanes = row[T.maps], row[T.rows], row[T.columns], row[T.samples]
    count = _samples_in(lanes, workspace, i)
    for r in range(rows):
        for c in range(maps):
            for j in range(columns):
                target = shift(y, (c * rows + r) * columns + j)
                for s in range(count):
                    target[s * stride] = x[s]
                x = shift(x, lanes)


@leaf(_FLATTEN)
def lists_to_lanes(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """The other way round; lanes without a sample become zeros."""
    x, y, stride = sample(row, T.x, workspace, i), sample(row, T.y, workspace, i), row[T.x + 2]
    maps, rows, columns, lanes = row[T.maps], row[T.rows], row[T.columns], row[T.samples]
    count = _samples_in(lanes, workspace, i)
    if count < lanes:
        clear(y, maps * rows * columns * lanes)
    for r in range(rows):
        for c in range(maps):
            for j in range(columns):
                source = shift(x, (c * rows + r) * columns + j)
                for s in range(count):
                    y[s] = source[s * stride]
                y = shift(y, lanes)


_CONV = Layout(
    x="buffer",
    y="buffer",
    weight="place",  # [oc][ky][ic][kx]
    bias="place",  # [oc][as many copies as a block has columns]
    rows="number",  # of the output
    channels="number",  # of the output
    kernel="number",
    x_row="number",  # floats in a row of all input maps
    y_row="number",
    tiling="tiling",
)
F = _CONV.index


@leaf(_CONV)
def lanes_conv(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[r, oc, :] = bias[oc] + sum over (ky, ic), kx of weight[oc, ky, ic, kx] x[r + ky, ic, : + kx]."""
    x, y = sample(row, F.x, workspace, i), sample(row, F.y, workspace, i)
    tiling, weight, bias = shift(row, F.tiling), floats_at(row[F.weight]), floats_at(row[F.bias])
    for r in range(row[F.rows]):
        b, c = shift(x, r * row[F.x_row]), shift(y, r * row[F.y_row])
        run_tiles(tiling, weight, b, c, bias, row[F.channels], row[F.kernel])


_PARAMETERS = Layout(
    x="buffer",
    y_gradient="buffer",
    weight_gradient="gradient",  # [oc][ky][ic][kx]
    bias_gradient="gradient",  # [oc]
    rows="number",  # of the output
    channels="number",  # of the output
    maps="number",  # of the input
    kernel="number",
    x_run="number",  # floats in a row of one input map
    y_run="number",
    tiling="tiling",
)
W = _PARAMETERS.index


@leaf(_PARAMETERS)
def lanes_parameter_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the sum over r and columns of dy[r, oc, :] x[r + ky, ic, : + kx] to weight_gradient[oc, ky, ic, kx]."""
    x, dy, tiling = sample(row, W.x, workspace, i), sample(row, W.y_gradient, workspace, i), shift(row, W.tiling)
    channels, run = row[W.channels], row[W.y_run]
    for line in range(row[W.kernel] * row[W.maps]):  # (ky, ic): a line of x is as far from the next as one of the same
        target = shift(gradients, row[W.weight_gradient] + line * row[W.kernel])
        run_tiles(tiling, dy, shift(x, line * row[W.x_run]), target, target, channels, run)
    for oc in range(channels):
        even, odd = splat(ZERO), splat(ZERO)
        for r in range(row[W.rows]):
            source = shift(dy, (r * channels + oc) * run)
            for j in range(0, run - LANES, 2 * LANES):
                even, odd = even + load(shift(source, j)), odd + load(shift(source, j + LANES))
            if run % (2 * LANES):
                even = even + load(shift(source, run - LANES))
        gradients[row[W.bias_gradient] + oc] += total(even + odd)


_INPUT = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    weight="place",  # [kx][ic][kernel - 1 - ky][oc]
    rows="number",  # of the output
    channels="number",  # of the output
    maps="number",  # of the input
    kernel="number",
    shift="number",  # floats from one column to the next: lanes
    x_row="number",
    y_row="number",
    tiling="tiling",
)
X = _INPUT.index


@leaf(_INPUT)
def lanes_input_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[R, ic, : + kx] = sum over (ky, oc) of weight[oc, ky, ic, kx] dy[R - ky, oc, :]; those rows are one run."""
    dx, dy = sample(row, X.x_gradient, workspace, i), sample(row, X.y_gradient, workspace, i)
    tiling, weight = shift(row, X.tiling), floats_at(row[X.weight])
    kernel, channels = row[X.kernel], row[X.channels]
    height = row[X.rows] + kernel - 1
    clear(dx, height * row[X.x_row])
    for r in range(height):
        begin, end = max(0, r - kernel + 1), min(row[X.rows], r + 1)
        b = shift(dy, begin * row[X.y_row])
        a = shift(weight, (kernel - 1 - r + begin) * channels)
        for kx in range(kernel):
            target = shift(dx, r * row[X.x_row] + kx * row[X.shift])
            step = kx * row[X.maps] * kernel * channels
            run_tiles(tiling, shift(a, step), b, target, target, row[X.maps], (end - begin) * channels)


_POOL = {
    "maps": "number",
    "rows": "number",  # of the output
    "columns": "number",
    "kernel": "number",
    "stride": "number",
    "x_run": "number",  # floats in a row of one input map
    "samples": "number",
}
_POOL_FORWARD = Layout(x="buffer", y="buffer", **_POOL)
_POOL_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", x="buffer", y="buffer", size="number", **_POOL)
P, B = _POOL_FORWARD.index, _POOL_BACKWARD.index


@numba.njit
def _corner(line: Any, stride: Any, maps: Any, x_run: Any) -> Any:
    """Where the first window of output row and map ``line = row * maps + map`` begins."""
    return ((line // maps) * stride * maps + line % maps) * x_run


@numba.njit
def _spills(c: Any, kx: Any, columns: Any, kernel: Any, lanes: Any) -> Any:
    """Whether a vector may reach behind its row; elsewhere what it spills (zeros) is overwritten by what follows."""
    return lanes < LANES and c == columns - 1 and kx == kernel - 1


@leaf(_POOL_FORWARD)
def lanes_average(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = mean of the window."""
    x, y, kernel, lanes = sample(row, P.x, workspace, i), sample(row, P.y, workspace, i), row[P.kernel], row[P.samples]
    down, step = row[P.maps] * row[P.x_run], row[P.stride] * lanes
    share = splat(ONE / numba.float32(kernel * kernel))
    for line in range(row[P.rows] * row[P.maps]):
        window = shift(x, _corner(line, row[P.stride], row[P.maps], row[P.x_run]))
        for _ in range(row[P.columns]):
            result = splat(ZERO)
            for ky in range(kernel):
                for kx in range(kernel):
                    result = result + load(shift(window, ky * down + kx * lanes))
            store(y, result * share)
            window, y = shift(window, step), shift(y, lanes)


@leaf(_POOL_BACKWARD)
def lanes_average_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += dy / kernel² at each pixel of the window."""
    dx, dy = sample(row, B.x_gradient, workspace, i), sample(row, B.y_gradient, workspace, i)
    kernel, lanes = row[B.kernel], row[B.samples]
    down, step = row[B.maps] * row[B.x_run], row[B.stride] * lanes
    alone = row[B.stride] >= kernel
    share = splat(ONE / numba.float32(kernel * kernel))
    clear(dx, row[B.size])
    for line in range(row[B.rows] * row[B.maps]):
        window = shift(dx, _corner(line, row[B.stride], row[B.maps], row[B.x_run]))
        for c in range(row[B.columns]):
            sent = first(load(dy), lanes) * share
            for ky in range(kernel):
                for kx in range(kernel):
                    over = _spills(c, kx, row[B.columns], kernel, lanes)
                    deposit(shift(window, ky * down + kx * lanes), sent, alone and not over)
            window, dy = shift(window, step), shift(dy, lanes)


@leaf(_POOL_FORWARD)
def lanes_max(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = largest of the window."""
    x, y, kernel, lanes = sample(row, P.x, workspace, i), sample(row, P.y, workspace, i), row[P.kernel], row[P.samples]
    down, step = row[P.maps] * row[P.x_run], row[P.stride] * lanes
    for line in range(row[P.rows] * row[P.maps]):
        window = shift(x, _corner(line, row[P.stride], row[P.maps], row[P.x_run]))
        for _ in range(row[P.columns]):
            best = load(window)
            for ky in range(kernel):
                for kx in range(kernel):
                    value = load(shift(window, ky * down + kx * lanes))
                    best = where_greater(value, best, value, best)
            store(y, best)
            window, y = shift(window, step), shift(y, lanes)


@leaf(_POOL_BACKWARD)
def lanes_max_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += dy at the first pixel of the window that equals y."""
    dx, dy = sample(row, B.x_gradient, workspace, i), sample(row, B.y_gradient, workspace, i)
    x, y = sample(row, B.x, workspace, i), sample(row, B.y, workspace, i)
    kernel, lanes = row[B.kernel], row[B.samples]
    down, step = row[B.maps] * row[B.x_run], row[B.stride] * lanes
    alone, zero = row[B.stride] >= kernel, splat(ZERO)
    clear(dx, row[B.size])
    for line in range(row[B.rows] * row[B.maps]):
        corner = _corner(line, row[B.stride], row[B.maps], row[B.x_run])
        for c in range(row[B.columns]):
            best, left = load(y), first(load(dy), lanes)
            for ky in range(kernel):
                for kx in range(kernel):
                    at = corner + ky * down + kx * lanes
                    value = load(shift(x, at))
                    over = _spills(c, kx, row[B.columns], kernel, lanes)
                    deposit(shift(dx, at), where_equal(value, best, left, zero), alone and not over)
                    left = where_equal(value, best, zero, left)
            corner, y, dy = corner + step, shift(y, lanes), shift(dy, lanes)
