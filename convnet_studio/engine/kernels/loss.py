"""Log-probabilities, the losses of each sample, and how many samples are wrong.

What one sample's gradient counts, 1 / batch, lies in the workspace (step.py).
"""

from __future__ import annotations

import math
from typing import Any

from convnet_studio.engine.kernels.constants import ONE, TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at
from convnet_studio.engine.kernels.step import SHARE

_SOFTMAX = Layout(x="buffer", y="buffer", positions="number", channels="number")
F = _SOFTMAX.index


@leaf(_SOFTMAX)
def log_softmax_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x - log sum exp x over the channels of each position, shifted by the largest."""
    channels = row[F.channels]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, row[F.positions] * channels, channels):
            largest = x[start]
            for c in range(start, start + channels):
                largest = max(largest, x[c])
            total = ZERO
            for c in range(start, start + channels):
                total += math.exp(x[c] - largest)
            logarithm = math.log(total)
            for c in range(start, start + channels):
                y[c] = (x[c] - largest) - logarithm


_SOFTMAX_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", y="buffer", positions="number", channels="number")
B = _SOFTMAX_BACKWARD.index


@leaf(_SOFTMAX_BACKWARD)
def log_softmax_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy - exp(y) sum of dy."""
    channels = row[B.channels]
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        y = sample(row, B.y, workspace, s)
        for start in range(0, row[B.positions] * channels, channels):
            total = ZERO
            for c in range(start, start + channels):
                total += dy[c]
            for c in range(start, start + channels):
                dx[c] = dy[c] - math.exp(y[c]) * total


_LOSS = Layout(
    x="buffer", size="number", labels="place", indices="place", losses="place"
)  # labels of all data, the chosen samples, a loss for each of those
L = _LOSS.index
_LOSS_BACKWARD = Layout(x="buffer", x_gradient="buffer", size="number", labels="place", indices="place")
G = _LOSS_BACKWARD.index


@leaf(_LOSS)
def nll_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add -x[label] to the sample's loss."""
    labels, indices, losses = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    for s in range(i, i + n):
        losses[s] -= sample(row, L.x, workspace, s)[labels[indices[s]]]


@leaf(_LOSS_BACKWARD)
def nll_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = -share at the label, 0 elsewhere."""
    labels, indices = ints_at(row[G.labels]), ints_at(row[G.indices])
    for s in range(i, i + n):
        dx = sample(row, G.x_gradient, workspace, s)
        for c in range(row[G.size]):
            dx[c] = ZERO
        dx[labels[indices[s]]] = -workspace[SHARE]


@leaf(_LOSS)
def mse_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the mean over outputs of (x - t)² to the sample's loss; t is 1 at the label, 0 elsewhere."""
    labels, indices, losses = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    size = row[L.size]
    for s in range(i, i + n):
        x, label, total = sample(row, L.x, workspace, s), labels[indices[s]], ZERO
        for c in range(size):
            difference = x[c] - (ONE if c == label else ZERO)
            total += difference * difference
        losses[s] += total / size


@leaf(_LOSS_BACKWARD)
def mse_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = 2 (x - t) share / outputs."""
    labels, indices = ints_at(row[G.labels]), ints_at(row[G.indices])
    size = row[G.size]
    for s in range(i, i + n):
        x, dx = sample(row, G.x, workspace, s), sample(row, G.x_gradient, workspace, s)
        label = labels[indices[s]]
        for c in range(size):
            dx[c] = TWO * (x[c] - (ONE if c == label else ZERO)) * workspace[SHARE] / size


@leaf(_LOSS)
def count_errors(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """losses[s] = 1 where the first largest of x is not at the label, else 0."""
    labels, indices, wrong = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    for s in range(i, i + n):
        x, best = sample(row, L.x, workspace, s), 0
        for c in range(1, row[L.size]):
            if x[c] > x[best]:
                best = c
        wrong[s] = ZERO if best == labels[indices[s]] else ONE
