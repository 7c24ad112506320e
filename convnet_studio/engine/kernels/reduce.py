"""Reductions of unlike numbers of values: groups of neighbouring maps, cells of a pyramid; and soft maxima of windows.

`AVERAGE`, `LARGEST` and `ROOT_MEAN_SQUARE` say what is taken. These are rare beside pooling in small windows (pool.py),
so that one plain loop serves all three.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, real, shift
from convnet_studio.engine.kernels.pool import clear

AVERAGE, LARGEST, ROOT_MEAN_SQUARE = 0, 1, 2


@numba.njit
def _reduced(x: Any, outer: Any, outer_step: Any, inner: Any, inner_step: Any, kind: Any) -> Any:
    """Return what is taken of outer * inner values, the outer ones `outer_step` floats apart."""
    count = outer * inner
    if kind == LARGEST:
        best = x[0]
        for a in range(outer):
            for b in range(inner):
                best = max(best, x[a * outer_step + b * inner_step])
        return best
    total = np.float64(0)
    for a in range(outer):
        for b in range(inner):
            value = np.float64(x[a * outer_step + b * inner_step])
            total += value * value if kind == ROOT_MEAN_SQUARE else value
    return np.float32(math.sqrt(total / count) if kind == ROOT_MEAN_SQUARE else total / count)


@numba.njit
def _send_back(
    dx: Any, dy: Any, x: Any, y: Any, outer: Any, outer_step: Any, inner: Any, inner_step: Any, kind: Any
) -> None:
    """Add to dx what the values gave to y; all of it to the first of the largest."""
    share = dy / np.float32(outer * inner)
    left = dy
    for a in range(outer):
        for b in range(inner):
            at = a * outer_step + b * inner_step
            if kind == AVERAGE:
                dx[at] += share
            elif kind == LARGEST:
                if x[at] == y:
                    dx[at] += left
                    left = ZERO
            elif y > ZERO:
                dx[at] += x[at] / y * share


_GROUP_FORWARD = Layout(x="buffer", y="buffer", outputs="number", group="number", taken="number")
_GROUP_BACKWARD = Layout(
    x_gradient="buffer", y_gradient="buffer", x="buffer", y="buffer", outputs="number", group="number", taken="number"
)
GF, GB = _GROUP_FORWARD.index, _GROUP_BACKWARD.index


@leaf(_GROUP_FORWARD)
def group_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[o] = what is taken of x[o group] .. x[o group + group - 1]: the maps of a place lie side by side."""
    group = row[GF.group]
    for s in range(i, i + n):
        x, y = sample(row, GF.x, workspace, s), sample(row, GF.y, workspace, s)
        for o in range(row[GF.outputs]):
            y[o] = _reduced(shift(x, o * group), 1, 0, group, 1, row[GF.taken])


@leaf(_GROUP_BACKWARD)
def group_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """The gradient by x."""
    group = row[GB.group]
    for s in range(i, i + n):
        dx, dy = sample(row, GB.x_gradient, workspace, s), sample(row, GB.y_gradient, workspace, s)
        x, y = sample(row, GB.x, workspace, s), sample(row, GB.y, workspace, s)
        clear(dx, row[GB.outputs] * group)
        for o in range(row[GB.outputs]):
            at = o * group
            _send_back(shift(dx, at), dy[o], shift(x, at), y[o], 1, 0, group, 1, row[GB.taken])


CELL = 6
"""Numbers of a cell: first row, rows, first column, columns; where its first map goes, and how far the next."""

_CELLS = {"cells": "place", "cell_count": "number", "channels": "number", "width": "number", "taken": "number"}
_CELLS_FORWARD = Layout(x="buffer", y="buffer", **_CELLS)
_CELLS_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", x="buffer", y="buffer", size="number", **_CELLS)
CF, CB = _CELLS_FORWARD.index, _CELLS_BACKWARD.index


@leaf(_CELLS_FORWARD)
def cells_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[base + map step] = what is taken of a map's pixels in a cell."""
    channels, width, cells = row[CF.channels], row[CF.width], floats_at(row[CF.cells])
    for s in range(i, i + n):
        x, y = sample(row, CF.x, workspace, s), sample(row, CF.y, workspace, s)
        for number in range(row[CF.cell_count]):
            cell = shift(cells, number * CELL)
            corner = (np.int64(cell[0]) * width + np.int64(cell[2])) * channels
            rows, columns, base, step = np.int64(cell[1]), np.int64(cell[3]), np.int64(cell[4]), np.int64(cell[5])
            for k in range(channels):
                source = shift(x, corner + k)
                y[base + k * step] = _reduced(source, rows, width * channels, columns, channels, row[CF.taken])


@leaf(_CELLS_BACKWARD)
def cells_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """The gradient by x; what several cells send to a pixel adds."""
    channels, width, cells = row[CB.channels], row[CB.width], floats_at(row[CB.cells])
    for s in range(i, i + n):
        dx, dy = sample(row, CB.x_gradient, workspace, s), sample(row, CB.y_gradient, workspace, s)
        x, y = sample(row, CB.x, workspace, s), sample(row, CB.y, workspace, s)
        clear(dx, row[CB.size])
        for number in range(row[CB.cell_count]):
            cell = shift(cells, number * CELL)
            corner = (np.int64(cell[0]) * width + np.int64(cell[2])) * channels
            rows, columns, base, step = np.int64(cell[1]), np.int64(cell[3]), np.int64(cell[4]), np.int64(cell[5])
            for k in range(channels):
                at, o = corner + k, base + k * step
                target, source = shift(dx, at), shift(x, at)
                _send_back(target, dy[o], source, y[o], rows, width * channels, columns, channels, row[CB.taken])


_WINDOWS = {
    "rows": "number",  # of the output
    "columns": "number",
    "channels": "number",
    "kernel": "number",
    "x_row": "number",  # floats in a row of the input
    "down": "number",  # floats from one output row's windows to the next's: stride * x_row
    "across": "number",  # floats from one output column's windows to the next's: stride * channels
    "b": "real",
}
_SOFT_FORWARD = Layout(x="buffer", y="buffer", **_WINDOWS, scale="real")
_SOFT_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", x="buffer", size="number", **_WINDOWS)
SF, SB = _SOFT_FORWARD.index, _SOFT_BACKWARD.index


@leaf(_SOFT_FORWARD)
def log_sum_exp_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = largest + log(scale * sum of exp(b (x - largest))) / b."""
    channels, kernel, b, scale = row[SF.channels], row[SF.kernel], real(row[SF.b]), real(row[SF.scale])
    for s in range(i, i + n):
        x, y = sample(row, SF.x, workspace, s), sample(row, SF.y, workspace, s)
        for r in range(row[SF.rows]):
            for c in range(row[SF.columns]):
                corner, position = r * row[SF.down] + c * row[SF.across], (r * row[SF.columns] + c) * channels
                for k in range(channels):
                    window = shift(x, corner + k)
                    largest = _reduced(window, kernel, row[SF.x_row], kernel, channels, LARGEST)
                    total = ZERO
                    for j in range(kernel * kernel):
                        value = window[j // kernel * row[SF.x_row] + j % kernel * channels]
                        total += math.exp(b * (value - largest))
                    y[position + k] = largest + math.log(total * scale) / b


@leaf(_SOFT_BACKWARD)
def log_sum_exp_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx += dy exp(b (x - largest)) / their sum."""
    channels, kernel, b = row[SB.channels], row[SB.kernel], real(row[SB.b])
    for s in range(i, i + n):
        dx, dy = sample(row, SB.x_gradient, workspace, s), sample(row, SB.y_gradient, workspace, s)
        x = sample(row, SB.x, workspace, s)
        clear(dx, row[SB.size])
        for r in range(row[SB.rows]):
            for c in range(row[SB.columns]):
                corner, position = r * row[SB.down] + c * row[SB.across], (r * row[SB.columns] + c) * channels
                for k in range(channels):
                    window, target = shift(x, corner + k), shift(dx, corner + k)
                    largest = _reduced(window, kernel, row[SB.x_row], kernel, channels, LARGEST)
                    total = ZERO
                    for j in range(kernel * kernel):
                        at = j // kernel * row[SB.x_row] + j % kernel * channels
                        total += math.exp(b * (window[at] - largest))
                    share = dy[position + k] / total
                    for j in range(kernel * kernel):
                        at = j // kernel * row[SB.x_row] + j % kernel * channels
                        target[at] += math.exp(b * (window[at] - largest)) * share


_RESPONSE = {
    "positions": "number",
    "channels": "number",
    "before": "number",  # neighbours before a map that count
    "behind": "number",  # neighbours behind it
    "offset": "real",
    "strength": "real",  # alpha / size
    "exponent": "real",
}
_RESPONSE_FORWARD = Layout(x="buffer", y="buffer", **_RESPONSE)
_RESPONSE_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", x="buffer", terms="buffer", **_RESPONSE)
RF, RB = _RESPONSE_FORWARD.index, _RESPONSE_BACKWARD.index


@numba.njit
def _base(x: Any, k: Any, channels: Any, before: Any, behind: Any, offset: Any, strength: Any) -> Any:
    """Return offset + strength * the squares of the maps around map k, in one place."""
    total = ZERO
    for m in range(max(k - before, 0), min(k + behind + 1, channels)):
        total += x[m] * x[m]
    return offset + strength * total


@leaf(_RESPONSE_FORWARD)
def response_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x base^-exponent."""
    channels, before, behind = row[RF.channels], row[RF.before], row[RF.behind]
    offset, strength, exponent = real(row[RF.offset]), real(row[RF.strength]), real(row[RF.exponent])
    for s in range(i, i + n):
        all_x, all_y = sample(row, RF.x, workspace, s), sample(row, RF.y, workspace, s)
        for position in range(row[RF.positions]):
            x, y = shift(all_x, position * channels), shift(all_y, position * channels)
            for k in range(channels):
                y[k] = x[k] * math.pow(_base(x, k, channels, before, behind, offset, strength), -exponent)


@leaf(_RESPONSE_BACKWARD)
def response_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy s - 2 strength exponent x * sum of dy x s / base over the maps that saw x, s = base^-exponent."""
    channels, before, behind = row[RB.channels], row[RB.before], row[RB.behind]
    offset, strength, exponent = real(row[RB.offset]), real(row[RB.strength]), real(row[RB.exponent])
    factor = (ONE + ONE) * strength * exponent
    for s in range(i, i + n):
        all_dx, all_dy = sample(row, RB.x_gradient, workspace, s), sample(row, RB.y_gradient, workspace, s)
        all_x, terms = sample(row, RB.x, workspace, s), sample(row, RB.terms, workspace, s)
        for position in range(row[RB.positions]):
            at = position * channels
            x, dx, dy = shift(all_x, at), shift(all_dx, at), shift(all_dy, at)
            for k in range(channels):
                base = _base(x, k, channels, before, behind, offset, strength)
                scale = math.pow(base, -exponent)
                terms[k] = dy[k] * x[k] * scale / base
                dx[k] = dy[k] * scale
            for k in range(channels):
                total = ZERO
                for m in range(max(k - behind, 0), min(k + before + 1, channels)):
                    total += terms[m]
                dx[k] -= factor * x[k] * total
