"""Wires that meet, spread and change shape: sums, products and copies of whole samples."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import shift
from convnet_studio.engine.kernels.simd import LANES, load, store

_PAIR = Layout(a="buffer", b="buffer", y="buffer", size="number")
P = _PAIR.index


@leaf(_PAIR)
def sum_of_two(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = a + b; y may be a."""
    for s in range(i, i + n):
        a, b = sample(row, P.a, workspace, s), sample(row, P.b, workspace, s)
        y = sample(row, P.y, workspace, s)
        for j in range(0, row[P.size], LANES):
            store(shift(y, j), load(shift(a, j)) + load(shift(b, j)))


@leaf(_PAIR)
def product_of_two(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = a b; y may be a."""
    for s in range(i, i + n):
        a, b = sample(row, P.a, workspace, s), sample(row, P.b, workspace, s)
        y = sample(row, P.y, workspace, s)
        for j in range(0, row[P.size], LANES):
            store(shift(y, j), load(shift(a, j)) * load(shift(b, j)))


_COPY = Layout(x="buffer", y="buffer", size="number")
C = _COPY.index


@leaf(_COPY)
def copy(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x."""
    for s in range(i, i + n):
        x, y = sample(row, C.x, workspace, s), sample(row, C.y, workspace, s)
        for j in range(0, row[C.size], LANES):
            store(shift(y, j), load(shift(x, j)))


_REPEAT = Layout(
    x="buffer", y="buffer", rows="number", columns="number", channels="number", down="number", across="number"
)
R = _REPEAT.index


@leaf(_REPEAT)
def repeat_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Each pixel of maps of (rows, columns) becomes (down, across) equal ones."""
    channels, columns, down, across = row[R.channels], row[R.columns], row[R.down], row[R.across]
    y_row = columns * across * channels
    for s in range(i, i + n):
        x, y = sample(row, R.x, workspace, s), sample(row, R.y, workspace, s)
        for r in range(row[R.rows]):
            for a in range(down):
                target = shift(y, (r * down + a) * y_row)
                for p in range(columns * across):
                    source = shift(x, (r * columns + p // across) * channels)
                    for c in range(channels):
                        target[p * channels + c] = source[c]


@leaf(_REPEAT)
def repeat_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y, of the smaller maps, becomes the sum of the (down, across) pixels of x over each of its own."""
    channels, columns, down, across = row[R.channels], row[R.columns], row[R.down], row[R.across]
    x_row = columns * across * channels
    for s in range(i, i + n):
        x, y = sample(row, R.x, workspace, s), sample(row, R.y, workspace, s)
        for r in range(row[R.rows]):
            target = shift(y, r * columns * channels)
            for j in range(columns * channels):
                target[j] = ZERO
            for a in range(down):
                source = shift(x, (r * down + a) * x_row)
                for p in range(columns * across):
                    for c in range(channels):
                        target[p // across * channels + c] += source[p * channels + c]
