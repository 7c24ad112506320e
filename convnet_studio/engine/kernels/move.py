"""Moving numbers: from the data into the network's layout and back, into padded pictures, into the weights' layout."""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at, real, shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, store

_GATHER = Layout(images="place", indices="place", y="buffer", size="number", channels="number", positions="number")
G = _GATHER.index
_GATHER_PARTNER = Layout(partners="place", **_GATHER.fields)
N = _GATHER_PARTNER.index


@leaf(_GATHER)
def gather(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Sample i becomes picture indices[i]: from channel-height-width to height-width-channel order."""
    indices = ints_at(row[G.indices])
    for s in range(i, i + n):
        x = shift(floats_at(row[G.images]), indices[s] * row[G.size])
        channels_last(x, sample(row, G.y, workspace, s), row[G.channels], row[G.positions])


@leaf(_GATHER_PARTNER)
def gather_partner(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """As `gather`, of picture partners[indices[i]]."""
    indices, partners = ints_at(row[N.indices]), ints_at(row[N.partners])
    for s in range(i, i + n):
        x = shift(floats_at(row[N.images]), partners[indices[s]] * row[N.size])
        channels_last(x, sample(row, N.y, workspace, s), row[N.channels], row[N.positions])


@numba.njit
def channels_last(x: Any, y: Any, channels: Any, positions: Any) -> None:
    """Write y[p, c] = x[c, p]."""
    for c in range(channels):
        for p in range(positions):
            y[p * channels + c] = x[c * positions + p]


_TRANSPOSE = Layout(x="buffer", y="buffer", rows="number", columns="number")
T = _TRANSPOSE.index


@leaf(_TRANSPOSE)
def transpose(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[c, r] = x[r, c]."""
    rows, columns = row[T.rows], row[T.columns]
    for s in range(i, i + n):
        x, y = sample(row, T.x, workspace, s), sample(row, T.y, workspace, s)
        for c in range(columns):
            for r in range(rows):
                y[c * rows + r] = x[r * columns + c]


_COPY_ROWS = Layout(
    x="buffer", y="buffer", rows="number", length="number", x_start="number", x_row="number", y_start="number",
    y_row="number",
)  # fmt: skip
C = _COPY_ROWS.index


@leaf(_COPY_ROWS)
def copy_rows(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Copy `rows` runs of `length` floats between two pictures: into a padded one, or out of it."""
    for s in range(i, i + n):
        x = shift(sample(row, C.x, workspace, s), row[C.x_start])
        y = shift(sample(row, C.y, workspace, s), row[C.y_start])
        for r in range(row[C.rows]):
            source, target = shift(x, r * row[C.x_row]), shift(y, r * row[C.y_row])
            for j in range(row[C.length]):
                target[j] = source[j]


_ADD = Layout(x="buffer", y="buffer", size="number")
A = _ADD.index


@leaf(_ADD)
def add(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y += x, where several modules take one output and so send back several gradients."""
    for s in range(i, i + n):
        x, y = sample(row, A.x, workspace, s), sample(row, A.y, workspace, s)
        for j in range(0, row[A.size], LANES):
            store(shift(y, j), load(shift(y, j)) + load(shift(x, j)))


_SCALE = Layout(x="buffer", size="number", factor="real")
B = _SCALE.index


@leaf(_SCALE)
def scale(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """x becomes factor x: a gradient of a loss with a weight."""
    factor = splat(real(row[B.factor]))
    for s in range(i, i + n):
        x = sample(row, B.x, workspace, s)
        for j in range(0, row[B.size], LANES):
            store(shift(x, j), load(shift(x, j)) * factor)


_WEIGHTED = Layout(source="place", target="place", weight="real")
W = _WEIGHTED.index


@leaf(_WEIGHTED)
def add_weighted(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """target[s] grows by weight source[s], which becomes 0: the value of a loss with a weight."""
    source, target, weight = floats_at(row[W.source]), floats_at(row[W.target]), real(row[W.weight])
    for s in range(i, i + n):
        target[s] += weight * source[s]
        source[s] = ZERO


_ARRANGE = Layout(
    source="parameter",
    target="place",
    n0="number", n1="number", n2="number", n3="number",
    s0="number", s1="number", s2="number", s3="number",
    t0="number", t1="number", t2="number", t3="number",
)  # fmt: skip
R = _ARRANGE.index


@leaf(_ARRANGE)
def arrange(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Copy parameters of shape (n0, n1, n2, n3) with strides s into an array with strides t, once a step."""
    source, target = shift(parameters, row[R.source]), floats_at(row[R.target])
    count, step, target_step = row[R.n3], row[R.s3], row[R.t3]  # once: LLVM can't know that y is not the row
    for a in range(row[R.n0]):
        for b in range(row[R.n1]):
            for c in range(row[R.n2]):
                x = shift(source, a * row[R.s0] + b * row[R.s1] + c * row[R.s2])
                y = shift(target, a * row[R.t0] + b * row[R.t1] + c * row[R.t2])
                for d in range(count):
                    y[d * target_step] = x[d * step]


_COLLECT = Layout(
    target="parameter",
    source="gradient",
    slot="number",
    n0="number", n1="number", n2="number", n3="number",
    s0="number", s1="number", s2="number", s3="number",
    t0="number", t1="number", t2="number", t3="number",
)  # fmt: skip
S = _COLLECT.index


@leaf(_COLLECT)
def collect(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add slots i to i + n - 1 of a gradient, strides s, in order to the flat gradient (`parameters`), strides t."""
    target, source = shift(parameters, row[S.target]), shift(gradients, row[S.source])
    count, step, target_step = row[S.n3], row[S.s3], row[S.t3]
    for a in range(row[S.n0]):
        for b in range(row[S.n1]):
            for c in range(row[S.n2]):
                x = shift(source, a * row[S.s0] + b * row[S.s1] + c * row[S.s2])
                y = shift(target, a * row[S.t0] + b * row[S.t1] + c * row[S.t2])
                for slot in range(i, i + n):
                    z = shift(x, slot * row[S.slot])
                    for d in range(count):
                        y[d * target_step] += z[d * step]


_COLLECT_ROWS = Layout(
    target="parameter", source="gradient", slot="number", rows="number", columns="number", row_stride="number"
)
H = _COLLECT_ROWS.index


@leaf(_COLLECT_ROWS)
def collect_rows(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """As `collect`, for a matrix whose rows are contiguous in both."""
    columns = row[H.columns]
    for slot in range(i, i + n):
        for r in range(row[H.rows]):
            x = shift(gradients, row[H.source] + slot * row[H.slot] + r * row[H.row_stride])
            y = shift(parameters, row[H.target] + r * columns)
            for c in range(columns):
                y[c] += x[c]
