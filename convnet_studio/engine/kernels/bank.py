"""What filter banks need beside convolution: connection tables, biases of units, filters of places."""

from __future__ import annotations

from typing import Any

import numpy as np

from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.tiles import run_tiles

_PAIRS = {
    "pairs": "place",  # (output, input) of each connection
    "pair_count": "number",
    "kernel_rows": "number",
    "kernel": "number",
    "by_row": "number",  # floats in the dense array from one kernel row to the next, and so on
    "by_column": "number",
    "by_input": "number",
    "by_output": "number",
}
_ARRANGE = Layout(source="parameter", target="place", **_PAIRS)
_COLLECT = Layout(target="parameter", source="gradient", slot="number", **_PAIRS)
A, C = _ARRANGE.index, _COLLECT.index


@leaf(_ARRANGE)
def arrange_pairs(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Copy the kernels of connections into a dense array, which is 0 elsewhere, once a step."""
    source, target, pairs = shift(parameters, row[A.source]), floats_at(row[A.target]), floats_at(row[A.pairs])
    kernel_rows, kernel = row[A.kernel_rows], row[A.kernel]
    for pair in range(row[A.pair_count]):
        y = shift(
            target, np.int64(pairs[2 * pair]) * row[A.by_output] + np.int64(pairs[2 * pair + 1]) * row[A.by_input]
        )
        x = shift(source, pair * kernel_rows * kernel)
        for ky in range(kernel_rows):
            for kx in range(kernel):
                y[ky * row[A.by_row] + kx * row[A.by_column]] = x[ky * kernel + kx]


@leaf(_COLLECT)
def collect_pairs(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the connections' part of slots i to i + n - 1 of a dense gradient to the flat gradient (`parameters`)."""
    target, source, pairs = shift(parameters, row[C.target]), shift(gradients, row[C.source]), floats_at(row[C.pairs])
    kernel_rows, kernel = row[C.kernel_rows], row[C.kernel]
    for pair in range(row[C.pair_count]):
        at = np.int64(pairs[2 * pair]) * row[C.by_output] + np.int64(pairs[2 * pair + 1]) * row[C.by_input]
        y = shift(target, pair * kernel_rows * kernel)
        for slot in range(i, i + n):
            x = shift(source, slot * row[C.slot] + at)
            for ky in range(kernel_rows):
                for kx in range(kernel):
                    y[ky * kernel + kx] += x[ky * row[C.by_row] + kx * row[C.by_column]]


_ADD = Layout(y="buffer", values="place", size="number", period="number")
D = _ADD.index


@leaf(_ADD)
def add_constants(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[j] += values[j modulo period], for biases; the period is the size, or divides it."""
    values, period = floats_at(row[D.values]), row[D.period]
    for s in range(i, i + n):
        y = sample(row, D.y, workspace, s)
        for start in range(0, row[D.size], period):
            for j in range(period):
                y[start + j] += values[j]


_LOCAL = {
    "rows": "number",  # of the output
    "columns": "number",
    "channels": "number",  # of the output
    "down": "number",  # floats from one output row's windows to the next's
    "across": "number",  # floats from one output column's windows to the next's
    "tiling": "tiling",
}
_LOCAL_FORWARD = Layout(
    x="buffer", y="buffer", weight="place", bias="place", block="number", run="number", padded="number", **_LOCAL
)  # weight: [place][ky][kx ic][oc padded]; bias: [place][oc padded]; block: floats of a place's weights
_LOCAL_WEIGHT = Layout(
    x="buffer",
    y_gradient="buffer",
    weight_gradient="gradient",
    kernel_rows="number",
    x_row="number",
    run="number",
    block="number",
    **_LOCAL,
)  # weight_gradient: as the weights; block: floats of a place's in one kernel row
_LOCAL_INPUT = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    weight="place",
    size="number",
    kernel_rows="number",
    x_row="number",
    block="number",
    **_LOCAL,
)  # weight: [place][ky][oc][kx ic padded]; block: floats of a place's in one kernel row
F, W, X = _LOCAL_FORWARD.index, _LOCAL_WEIGHT.index, _LOCAL_INPUT.index


@leaf(_LOCAL_FORWARD)
def local_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """At each place, y[s, :] = bias + sum over (ky, kx, ic) of x[s, window] weight: a product over samples."""
    x, y = sample(row, F.x, workspace, i), sample(row, F.y, workspace, i)
    weight, bias, tiling = floats_at(row[F.weight]), floats_at(row[F.bias]), shift(row, F.tiling)
    for place in range(row[F.rows] * row[F.columns]):  # upwards: what a block spills is overwritten
        r, c = place // row[F.columns], place % row[F.columns]
        window = shift(x, r * row[F.down] + c * row[F.across])
        own, start = shift(weight, place * row[F.block]), shift(bias, place * row[F.padded])
        run_tiles(tiling, window, own, shift(y, place * row[F.channels]), start, n, row[F.run])


@leaf(_LOCAL_WEIGHT)
def local_weight_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add at each place the sum over samples of x[s, window] dy[s, :]."""
    x, dy = sample(row, W.x, workspace, i), sample(row, W.y_gradient, workspace, i)
    target, tiling = shift(gradients, row[W.weight_gradient]), shift(row, W.tiling)
    for place in range(row[W.rows] * row[W.columns]):
        r, c = place // row[W.columns], place % row[W.columns]
        for ky in range(row[W.kernel_rows]):
            window = shift(x, r * row[W.down] + c * row[W.across] + ky * row[W.x_row])
            block = shift(target, (place * row[W.kernel_rows] + ky) * row[W.block])
            run_tiles(tiling, window, shift(dy, place * row[W.channels]), block, block, row[W.run], n)


@leaf(_LOCAL_INPUT)
def local_input_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[s, window] += sum over oc of dy[s, oc] weight, from each place."""
    dx, dy = sample(row, X.x_gradient, workspace, i), sample(row, X.y_gradient, workspace, i)
    weight, tiling = floats_at(row[X.weight]), shift(row, X.tiling)
    for s in range(i, i + n):
        own = sample(row, X.x_gradient, workspace, s)
        for j in range(row[X.size]):
            own[j] = 0
    for place in range(row[X.rows] * row[X.columns]):
        r, c = place // row[X.columns], place % row[X.columns]
        for ky in range(row[X.kernel_rows]):
            window = shift(dx, r * row[X.down] + c * row[X.across] + ky * row[X.x_row])
            block = shift(weight, (place * row[X.kernel_rows] + ky) * row[X.block])
            run_tiles(tiling, shift(dy, place * row[X.channels]), block, window, window, n, row[X.channels])
