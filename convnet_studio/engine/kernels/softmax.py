"""Softmax and its logarithm, over the channels of each position."""

from __future__ import annotations

import math
from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample

_SOFTMAX = Layout(x="buffer", y="buffer", positions="number", channels="number")
F = _SOFTMAX.index


@numba.njit
def _exponentials(x: Any, y: Any, start: Any, end: Any) -> Any:
    """Write exp (x - largest) into y from start to end - 1; returns the largest x and the sum of what was written."""
    largest = x[start]
    for c in range(start, end):
        largest = max(largest, x[c])
    total = ZERO
    for c in range(start, end):
        y[c] = math.exp(x[c] - largest)
        total += y[c]
    return largest, total


@leaf(_SOFTMAX)
def softmax_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = exp x / sum of exp x over the channels of each position, shifted by the largest."""
    channels = row[F.channels]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, row[F.positions] * channels, channels):
            _, total = _exponentials(x, y, start, start + channels)
            for c in range(start, start + channels):
                y[c] /= total


_SOFTMAX_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", y="buffer", positions="number", channels="number")
B = _SOFTMAX_BACKWARD.index


@leaf(_SOFTMAX_BACKWARD)
def softmax_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = y (dy - sum of y dy)."""
    channels = row[B.channels]
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        y = sample(row, B.y, workspace, s)
        for start in range(0, row[B.positions] * channels, channels):
            mean = ZERO
            for c in range(start, start + channels):
                mean += y[c] * dy[c]
            for c in range(start, start + channels):
                dx[c] = y[c] * (dy[c] - mean)


@leaf(_SOFTMAX)
def log_softmax_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x - log sum exp x over the channels of each position, shifted by the largest."""
    channels = row[F.channels]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, row[F.positions] * channels, channels):
            largest, total = _exponentials(x, y, start, start + channels)
            logarithm = math.log(total)
            for c in range(start, start + channels):
                y[c] = (x[c] - largest) - logarithm


@leaf(_SOFTMAX_BACKWARD)
def log_softmax_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy - exp(y) sum of dy."""
    channels = row[B.channels]
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        y = sample(row, B.y, workspace, s)
        for start in range(0, row[B.positions] * channels, channels):
            sent = ZERO
            for c in range(start, start + channels):
                sent += dy[c]
            for c in range(start, start + channels):
                dx[c] = dy[c] - math.exp(y[c]) * sent
