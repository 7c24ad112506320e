"""Weights of large Linear modules: the gradient over all samples of a step at once, and the update in the same go.

A chunk only keeps its inputs x and output gradients dy, for all samples of the step, in the order in which tiles read
them. When all chunks are done, parts of the outputs are finished: each weight's sum over the samples is made in
registers and added to the gradient, to the velocity, or, with minus the rate, to the weight itself (step.py). No
gradient of the matrix is ever cleared, summed over slots, or read again.

Rows of the weights follow each other without a gap, and different threads finish neighbouring rows, so that nothing may
spill: inputs beyond the last whole sixteen are served by an `edge` of sixteen that ends with the row, in which x is 0
where the inputs were served before.
"""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import TILING, Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, prefetch, shift
from convnet_studio.engine.kernels.rules import zero_times
from convnet_studio.engine.kernels.simd import LANES, load, splat, store
from convnet_studio.engine.kernels.step import COUNT, DESCEND, GRADIENT, MODE, MOMENTUM, MOVE, RATE, SPOILED
from convnet_studio.engine.kernels.tiles import run_block, run_tiles

_KEEP = Layout(
    x="buffer",
    y_gradient="buffer",
    kept_x="place",  # [panel][sample][width]
    kept_edge="place",  # [sample][16]; not used where inputs are a multiple of 16
    kept_gradient="place",  # [output][sample]
    inputs="number",
    outputs="number",
    width="number",  # columns of a panel
    capacity="number",  # samples there is room for
)
K = _KEEP.index


@leaf(_KEEP)
def linear_keep(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Keep x as it is, and dy, for plain descent times minus the rate."""
    kept_x, kept_edge = floats_at(row[K.kept_x]), floats_at(row[K.kept_edge])
    kept_gradient = floats_at(row[K.kept_gradient])
    inputs, width, capacity = row[K.inputs], row[K.width], row[K.capacity]
    whole = inputs // LANES * LANES
    factor = -workspace[RATE] if workspace[MODE] == DESCEND else ONE
    for s in range(i, i + n):
        x = sample(row, K.x, workspace, s)
        for start in range(0, whole, width):
            panel = shift(kept_x, start * capacity + s * width)
            size = min(width, whole - start)
            full = size // LANES * LANES  # where tiles are narrow, panels need not be whole vectors
            for j in range(0, full, LANES):
                store(shift(panel, j), load(shift(x, start + j)))
            for j in range(full, size):
                panel[j] = x[start + j]
        for j in range(inputs - whole):
            kept_edge[s * LANES + LANES - inputs + whole + j] = x[whole + j]
    dy = sample(row, K.y_gradient, workspace, i)
    for o in range(row[K.outputs]):
        for s in range(n):
            kept_gradient[o * capacity + i + s] = dy[s * row[K.y_gradient + 2] + o] * factor


_FINISH = Layout(
    kept_x="place",
    kept_edge="place",
    kept_gradient="place",
    weight="parameter",  # (out, in)
    bias="parameter",  # (out,)
    inputs="number",
    capacity="number",
    width="number",
    tiling="tiling",  # of the whole sixteens
    edge="tiling",
)
F = _FINISH.index


@numba.njit
def _fade(target: Any, size: Any, workspace: Any) -> None:
    """The velocity before the gradient is added to it."""
    if workspace[MODE] == MOVE:
        momentum = workspace[MOMENTUM]
        for j in range(size):
            target[j] *= momentum


@numba.njit
def _move(parameters: Any, target: Any, size: Any, workspace: Any) -> None:
    """The parameters after it."""
    if workspace[MODE] == MOVE:
        rate = workspace[RATE]
        for j in range(size):
            parameters[j] -= rate * target[j]


@numba.njit
def _inspect(parameters: Any, size: Any, workspace: Any) -> None:
    """Note parameters that were made not finite; they still lie in the cache."""
    if workspace[MODE] != GRADIENT:
        workspace[SPOILED] += zero_times(parameters, size)


FEW = 3
"""So few samples are no work for tiles: what counts is that the weights pass by once, in the order of memory."""
_FIRST_CACHE = 1 << 12
"""Weights that stay in the first-level cache until all is done with them."""
_LINE = 16
"""Floats of a cache line."""


@numba.njit
def _add_to_row(row: Any, dy: Any, line: Any, count: Any) -> None:
    """Add dy x of each sample to one row."""
    x, edge = floats_at(row[F.kept_x]), floats_at(row[F.kept_edge])
    inputs, capacity, width = row[F.inputs], row[F.capacity], row[F.width]
    whole = inputs // LANES * LANES
    for s in range(count):
        factor = dy[s]
        for start in range(0, whole, width):
            panel = shift(x, start * capacity + s * width)
            size = min(width, whole - start)
            full = size // LANES * LANES
            for j in range(0, full, LANES):
                store(shift(line, start + j), load(shift(line, start + j)) + splat(factor) * load(shift(panel, j)))
            for j in range(full, size):
                line[start + j] += factor * panel[j]
        if inputs % LANES:
            last = shift(line, inputs - LANES)
            store(last, load(last) + splat(factor) * load(shift(edge, s * LANES)))


@numba.njit
def _add_in_tiles(tiling: Any, dy: Any, x: Any, target: Any, n: Any, count: Any) -> None:
    """Add the sums over samples of dy x to n rows of `target`, whose blocks are fetched while others are computed.

    The rows of a block lie so far apart that the processor does not see which lines will be needed.
    """
    rows, blocks = tiling[TILING.rows], tiling[TILING.blocks]
    a_row, c_row, c_block = tiling[TILING.a_row], tiling[TILING.c_row], tiling[TILING.c_block]
    first = blocks if tiling[TILING.tail] != 0 else blocks - 1
    for block in range(first, -1, -1):
        tile = tiling[TILING.main] if block < blocks else tiling[TILING.tail]
        for o in range(0, n, rows):
            height = min(rows, n - o)
            for r in range(o, o + height):
                line = shift(target, r * c_row + (block - 1) * c_block)
                for j in range(0, c_block, _LINE):
                    prefetch(shift(line, j))
            c = shift(target, o * c_row)
            run_block(tile, tiling, shift(dy, o * a_row), x, c, c, height, count, block)


@numba.njit
def _finish_rows(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """What `linear_finish` does, for the weights of outputs i to i + n - 1."""
    inputs, count = row[F.inputs], numba.int64(workspace[COUNT])
    dy = shift(floats_at(row[F.kept_gradient]), i * row[F.capacity])
    start = row[F.weight] + i * inputs
    target = shift(gradients, start)
    _fade(target, n * inputs, workspace)
    if count <= FEW:
        for o in range(n):
            _add_to_row(row, shift(dy, o * row[F.capacity]), shift(target, o * inputs), count)
    else:
        _add_in_tiles(shift(row, F.tiling), dy, floats_at(row[F.kept_x]), target, n, count)
        if inputs % LANES:
            last = shift(target, inputs - LANES)
            run_tiles(shift(row, F.edge), dy, floats_at(row[F.kept_edge]), last, last, n, count)
    _move(shift(parameters, start), target, n * inputs, workspace)
    _inspect(shift(parameters, start), n * inputs, workspace)


@leaf(_FINISH)
def linear_finish(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Outputs i to i + n - 1: add the sums over samples of dy x and of dy to `gradients`; with momentum, move.

    `gradients` is the flat gradient or velocity, or, in mode DESCEND, the parameters themselves.
    """
    capacity, count = row[F.capacity], numba.int64(workspace[COUNT])
    step = max(1, _FIRST_CACHE // row[F.inputs]) if count <= FEW else n
    for o in range(i, i + n, step):
        _finish_rows(row, parameters, gradients, workspace, o, min(step, i + n - o))
    dy = shift(floats_at(row[F.kept_gradient]), i * capacity)
    start = row[F.bias] + i
    target = shift(gradients, start)
    _fade(target, n, workspace)
    for o in range(n):
        total = ZERO
        for s in range(count):
            total += dy[o * capacity + s]
        target[o] += total
    _move(shift(parameters, start), target, n, workspace)
    _inspect(shift(parameters, start), n, workspace)
