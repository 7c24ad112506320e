"""Pooling over square windows of each map, in height-width-channel order, sixteen channels at a time.

Channels may not fill the last vector: forward writes upwards over positions and downwards over channels, so that what
spills is overwritten; backward adds where windows may meet, with zeros in the lanes that spill.
"""

from __future__ import annotations

import math
from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import real, shift
from convnet_studio.engine.kernels.simd import (
    LANES,
    absolute,
    first,
    load,
    splat,
    square_root,
    store,
    where_equal,
    where_greater,
)

_SHAPE = {
    "rows": "number",  # of the output
    "columns": "number",
    "channels": "number",
    "kernel": "number",
    "x_row": "number",  # floats in a row of the input
    "down": "number",  # floats from one output row's windows to the next's: stride * x_row
    "across": "number",  # floats from one output column's windows to the next's: stride * channels
}
_FORWARD = Layout(x="buffer", y="buffer", **_SHAPE)
_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", x="buffer", y="buffer", size="number", **_SHAPE)
_SWITCHED = Layout(
    x="buffer",
    y="buffer",
    switches="buffer",  # (rows, columns, channels)
    **_SHAPE,
    switch_down="number",  # what a switch counts a row of the input as
    switch_across="number",  # what it counts a column as
)
_NORM_FORWARD = Layout(x="buffer", y="buffer", **_SHAPE, scale="real", p="real")
_NORM_BACKWARD = Layout(
    x_gradient="buffer", y_gradient="buffer", x="buffer", y="buffer", size="number", **_SHAPE, scale="real", p="real"
)
F, B, S = _FORWARD.index, _BACKWARD.index, _SWITCHED.index
NF, NB = _NORM_FORWARD.index, _NORM_BACKWARD.index


@numba.njit
def clear(pointer: Any, size: Any) -> None:
    """Set `size` floats, rounded up to a multiple of sixteen, to zero."""
    for j in range(0, size, LANES):
        store(shift(pointer, j), splat(ZERO))


@numba.njit
def deposit(pointer: Any, value: Any, alone: Any) -> None:
    """Add sixteen floats to those at `pointer`, or write them where nothing lies there yet (`alone`)."""
    store(pointer, value if alone else load(pointer) + value)


@numba.njit
def stands_alone(column: Any, across: Any, kernel: Any, channels: Any, x_row: Any) -> Any:
    """Return whether nothing lies yet where this window writes: no windows overlap, its spill stays in its row."""
    last_vector = column * across + (kernel - 1) * channels + top_block(channels)
    return across >= kernel * channels and last_vector + LANES <= x_row


@numba.njit
def top_block(channels: Any) -> Any:
    """Return the first channel of the last block of sixteen."""
    return (channels - 1) // LANES * LANES


@leaf(_FORWARD)
def average_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = mean of the window."""
    channels, kernel = row[F.channels], row[F.kernel]
    share = splat(ONE / numba.float32(kernel * kernel))
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for r in range(row[F.rows]):
            for c in range(row[F.columns]):
                window = shift(x, r * row[F.down] + c * row[F.across])
                target = shift(y, (r * row[F.columns] + c) * channels)
                for k in range(top_block(channels), -1, -LANES):
                    result = splat(ZERO)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            result = result + load(shift(window, ky * row[F.x_row] + kx * channels + k))
                    store(shift(target, k), result * share)


@leaf(_BACKWARD)
def average_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += dy / kernel² at each pixel of the window."""
    channels, kernel = row[B.channels], row[B.kernel]
    share = splat(ONE / numba.float32(kernel * kernel))
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        clear(dx, row[B.size])
        for r in range(row[B.rows]):
            for c in range(row[B.columns]):
                window = shift(dx, r * row[B.down] + c * row[B.across])
                source = shift(dy, (r * row[B.columns] + c) * channels)
                alone = stands_alone(c, row[B.across], kernel, channels, row[B.x_row])
                for k in range(top_block(channels), -1, -LANES):
                    sent = first(load(shift(source, k)) * share, channels - k)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            deposit(shift(window, ky * row[B.x_row] + kx * channels + k), sent, alone)


@leaf(_FORWARD)
def max_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = largest of the window."""
    channels, kernel = row[F.channels], row[F.kernel]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for r in range(row[F.rows]):
            for c in range(row[F.columns]):
                window = shift(x, r * row[F.down] + c * row[F.across])
                target = shift(y, (r * row[F.columns] + c) * channels)
                for k in range(top_block(channels), -1, -LANES):
                    best = load(shift(window, k))
                    for ky in range(kernel):
                        for kx in range(kernel):
                            value = load(shift(window, ky * row[F.x_row] + kx * channels + k))
                            best = where_greater(value, best, value, best)
                    store(shift(target, k), best)


@leaf(_SWITCHED)
def max_forward_with_switches(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = largest of the window; switch = where its first pixel of that value stands, as a weighted row and column.

    Zeiler and Fergus, Visualizing and understanding convolutional networks (2014), have the term. Switches are whole
    numbers below 2^24, which float32 holds.
    """
    channels, kernel = row[S.channels], row[S.kernel]
    for s in range(i, i + n):
        x, y = sample(row, S.x, workspace, s), sample(row, S.y, workspace, s)
        switches = sample(row, S.switches, workspace, s)
        for r in range(row[S.rows]):
            for c in range(row[S.columns]):
                corner, position = r * row[S.down] + c * row[S.across], (r * row[S.columns] + c) * channels
                top, left = corner // row[S.x_row], corner % row[S.x_row] // channels
                place = top * row[S.switch_down] + left * row[S.switch_across]
                for k in range(top_block(channels), -1, -LANES):
                    best, switch = load(shift(x, corner + k)), splat(numba.float32(place))
                    for ky in range(kernel):
                        for kx in range(kernel):
                            value = load(shift(x, corner + ky * row[S.x_row] + kx * channels + k))
                            here = splat(numba.float32(place + ky * row[S.switch_down] + kx * row[S.switch_across]))
                            switch = where_greater(value, best, here, switch)
                            best = where_greater(value, best, value, best)
                    store(shift(y, position + k), best)
                    store(shift(switches, position + k), switch)


@leaf(_BACKWARD)
def max_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += dy at the first pixel of the window that equals y."""
    channels, kernel = row[B.channels], row[B.kernel]
    zero = splat(ZERO)
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        x, y = sample(row, B.x, workspace, s), sample(row, B.y, workspace, s)
        clear(dx, row[B.size])
        for r in range(row[B.rows]):
            for c in range(row[B.columns]):
                corner, position = r * row[B.down] + c * row[B.across], (r * row[B.columns] + c) * channels
                alone = stands_alone(c, row[B.across], kernel, channels, row[B.x_row])
                for k in range(top_block(channels), -1, -LANES):
                    best = load(shift(y, position + k))
                    left = first(load(shift(dy, position + k)), channels - k)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            at = corner + ky * row[B.x_row] + kx * channels + k
                            value = load(shift(x, at))
                            deposit(shift(dx, at), where_equal(value, best, left, zero), alone)
                            left = where_equal(value, best, zero, left)


@leaf(_NORM_FORWARD)
def euclidean_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = sqrt(scale * sum of squares); the largest is taken out of the root, so that no square overflows."""
    channels, kernel = row[NF.channels], row[NF.kernel]
    scale, zero, one = splat(real(row[NF.scale])), splat(ZERO), splat(ONE)
    for s in range(i, i + n):
        x, y = sample(row, NF.x, workspace, s), sample(row, NF.y, workspace, s)
        for r in range(row[NF.rows]):
            for c in range(row[NF.columns]):
                window = shift(x, r * row[NF.down] + c * row[NF.across])
                target = shift(y, (r * row[NF.columns] + c) * channels)
                for k in range(top_block(channels), -1, -LANES):
                    largest = zero
                    for ky in range(kernel):
                        for kx in range(kernel):
                            value = absolute(load(shift(window, ky * row[NF.x_row] + kx * channels + k)))
                            largest = where_greater(value, largest, value, largest)
                    shrink = one / where_greater(largest, zero, largest, one)
                    result = zero
                    for ky in range(kernel):
                        for kx in range(kernel):
                            value = load(shift(window, ky * row[NF.x_row] + kx * channels + k)) * shrink
                            result = result + value * value
                    store(shift(target, k), largest * square_root(result * scale))


@leaf(_NORM_BACKWARD)
def euclidean_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += scale x / y dy, 0 where y = 0."""
    channels, kernel = row[NB.channels], row[NB.kernel]
    scale, zero, one = splat(real(row[NB.scale])), splat(ZERO), splat(ONE)
    for s in range(i, i + n):
        dx, dy = sample(row, NB.x_gradient, workspace, s), sample(row, NB.y_gradient, workspace, s)
        x, y = sample(row, NB.x, workspace, s), sample(row, NB.y, workspace, s)
        clear(dx, row[NB.size])
        for r in range(row[NB.rows]):
            for c in range(row[NB.columns]):
                corner, position = r * row[NB.down] + c * row[NB.across], (r * row[NB.columns] + c) * channels
                alone = stands_alone(c, row[NB.across], kernel, channels, row[NB.x_row])
                for k in range(top_block(channels), -1, -LANES):
                    norm = load(shift(y, position + k))
                    inverse = one / where_greater(norm, zero, norm, one)
                    sent = first(load(shift(dy, position + k)) * scale, channels - k)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            at = corner + ky * row[NB.x_row] + kx * channels + k
                            slope = first(load(shift(x, at)) * inverse, channels - k)
                            deposit(shift(dx, at), slope * sent, alone)


@leaf(_NORM_FORWARD)
def sum_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = scale * sum of |x|: the norm for p = 1."""
    channels, kernel = row[NF.channels], row[NF.kernel]
    scale = splat(real(row[NF.scale]))
    for s in range(i, i + n):
        x, y = sample(row, NF.x, workspace, s), sample(row, NF.y, workspace, s)
        for r in range(row[NF.rows]):
            for c in range(row[NF.columns]):
                window = shift(x, r * row[NF.down] + c * row[NF.across])
                target = shift(y, (r * row[NF.columns] + c) * channels)
                for k in range(top_block(channels), -1, -LANES):
                    result = splat(ZERO)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            result = result + absolute(load(shift(window, ky * row[NF.x_row] + kx * channels + k)))
                    store(shift(target, k), result * scale)


@leaf(_NORM_BACKWARD)
def sum_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += scale sign(x) dy."""
    channels, kernel = row[NB.channels], row[NB.kernel]
    scale, zero = splat(real(row[NB.scale])), splat(ZERO)
    for s in range(i, i + n):
        dx, dy = sample(row, NB.x_gradient, workspace, s), sample(row, NB.y_gradient, workspace, s)
        x = sample(row, NB.x, workspace, s)
        clear(dx, row[NB.size])
        for r in range(row[NB.rows]):
            for c in range(row[NB.columns]):
                corner, position = r * row[NB.down] + c * row[NB.across], (r * row[NB.columns] + c) * channels
                alone = stands_alone(c, row[NB.across], kernel, channels, row[NB.x_row])
                for k in range(top_block(channels), -1, -LANES):
                    sent = first(load(shift(dy, position + k)) * scale, channels - k)
                    for ky in range(kernel):
                        for kx in range(kernel):
                            at = corner + ky * row[NB.x_row] + kx * channels + k
                            value = load(shift(x, at))
                            signed = where_greater(value, zero, sent, where_greater(zero, value, zero - sent, zero))
                            deposit(shift(dx, at), signed, alone)


@leaf(_NORM_FORWARD)
def power_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = (scale * sum of |x|^p)^(1/p) for any p, one channel at a time."""
    channels, kernel = row[NF.channels], row[NF.kernel]
    scale, p = real(row[NF.scale]), real(row[NF.p])
    for s in range(i, i + n):
        x, y = sample(row, NF.x, workspace, s), sample(row, NF.y, workspace, s)
        for r in range(row[NF.rows]):
            for c in range(row[NF.columns]):
                corner, position = r * row[NF.down] + c * row[NF.across], (r * row[NF.columns] + c) * channels
                for k in range(channels):
                    largest = ZERO
                    for j in range(kernel * kernel):
                        at = corner + j // kernel * row[NF.x_row] + j % kernel * channels + k
                        largest = max(largest, abs(x[at]))
                    result = ZERO
                    for j in range(kernel * kernel):
                        at = corner + j // kernel * row[NF.x_row] + j % kernel * channels + k
                        if largest > ZERO:
                            result += math.pow(abs(x[at]) / largest, p)
                    y[position + k] = largest * math.pow(result * scale, ONE / p)


@leaf(_NORM_BACKWARD)
def power_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += scale sign(x) (|x| / y)^(p-1) dy, 0 where y = 0."""
    channels, kernel = row[NB.channels], row[NB.kernel]
    scale, p = real(row[NB.scale]), real(row[NB.p])
    for s in range(i, i + n):
        dx, dy = sample(row, NB.x_gradient, workspace, s), sample(row, NB.y_gradient, workspace, s)
        x, y = sample(row, NB.x, workspace, s), sample(row, NB.y, workspace, s)
        clear(dx, row[NB.size])
        for r in range(row[NB.rows]):
            for c in range(row[NB.columns]):
                corner, position = r * row[NB.down] + c * row[NB.across], (r * row[NB.columns] + c) * channels
                for k in range(channels):
                    norm, sent = y[position + k], dy[position + k] * scale
                    for j in range(kernel * kernel):
                        at = corner + j // kernel * row[NB.x_row] + j % kernel * channels + k
                        if norm > ZERO and x[at] != ZERO:
                            slope = math.pow(abs(x[at]) / norm, p - ONE)
                            dx[at] += math.copysign(slope, x[at]) * sent
