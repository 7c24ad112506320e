"""The losses that take scores: cross-entropy, binary cross-entropy, hinge."""

from __future__ import annotations

import math
from typing import Any

from convnet_studio.engine.kernels.constants import ONE, TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.loss import LABELLED, LABELLED_BACKWARD
from convnet_studio.engine.kernels.memory import floats_at, ints_at, real
from convnet_studio.engine.kernels.step import SHARE

L = LABELLED.index
G = LABELLED_BACKWARD.index


@leaf(LABELLED)
def cross_entropy_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add log(sum of exp x) - x[label] to the sample's loss."""
    labels, indices, losses = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    for s in range(i, i + n):
        x = sample(row, L.x, workspace, s)
        largest, total = x[0], ZERO
        for c in range(row[L.size]):
            largest = max(largest, x[c])
        for c in range(row[L.size]):
            total += math.exp(x[c] - largest)
        losses[s] += math.log(total) - (x[labels[indices[s]]] - largest)


@leaf(LABELLED_BACKWARD)
def cross_entropy_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = (softmax - 1 at the label) share."""
    labels, indices = ints_at(row[G.labels]), ints_at(row[G.indices])
    for s in range(i, i + n):
        x, dx = sample(row, G.x, workspace, s), sample(row, G.x_gradient, workspace, s)
        largest, total = x[0], ZERO
        for c in range(row[G.size]):
            largest = max(largest, x[c])
        for c in range(row[G.size]):
            dx[c] = math.exp(x[c] - largest)
            total += dx[c]
        scale = workspace[SHARE] / total
        for c in range(row[G.size]):
            dx[c] *= scale
        dx[labels[indices[s]]] -= workspace[SHARE]


@leaf(LABELLED)
def bce_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the mean over outputs of log(1 + exp x) - t x to the sample's loss; t is 1 at the label, 0 elsewhere."""
    labels, indices, losses = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    for s in range(i, i + n):
        x = sample(row, L.x, workspace, s)
        total = -x[labels[indices[s]]]
        for c in range(row[L.size]):
            total += max(x[c], ZERO) + math.log(ONE + math.exp(-abs(x[c])))
        losses[s] += total / row[L.size]


@leaf(LABELLED_BACKWARD)
def bce_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = (sigmoid(x) - t) share / outputs."""
    labels, indices = ints_at(row[G.labels]), ints_at(row[G.indices])
    for s in range(i, i + n):
        x, dx = sample(row, G.x, workspace, s), sample(row, G.x_gradient, workspace, s)
        share = workspace[SHARE] / row[G.size]
        for c in range(row[G.size]):
            dx[c] = share / (ONE + math.exp(-x[c]))
        dx[labels[indices[s]]] -= share


_MARGIN = Layout(
    x="buffer", size="number", labels="place", indices="place", losses="place", margin="real", power="number"
)
M = _MARGIN.index
_MARGIN_BACKWARD = Layout(
    x="buffer", x_gradient="buffer", size="number", labels="place", indices="place", margin="real", power="number"
)
N = _MARGIN_BACKWARD.index


@leaf(_MARGIN)
def margin_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add the mean of max(0, margin - x[label] + x)^power over the other outputs, of all, to the sample's loss."""
    labels, indices, losses = ints_at(row[M.labels]), ints_at(row[M.indices]), floats_at(row[M.losses])
    for s in range(i, i + n):
        x, label, total = sample(row, M.x, workspace, s), labels[indices[s]], ZERO
        for c in range(row[M.size]):
            missing = max(real(row[M.margin]) - x[label] + x[c], ZERO)
            if c != label:
                total += missing * missing if row[M.power] == 2 else missing
        losses[s] += total / row[M.size]


@leaf(_MARGIN_BACKWARD)
def margin_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = power missing^(power - 1) share / outputs where the lead is too small, minus their sum at the label."""
    labels, indices = ints_at(row[N.labels]), ints_at(row[N.indices])
    for s in range(i, i + n):
        x, dx = sample(row, N.x, workspace, s), sample(row, N.x_gradient, workspace, s)
        label, total, share = labels[indices[s]], ZERO, workspace[SHARE] / row[N.size]
        for c in range(row[N.size]):
            missing = real(row[N.margin]) - x[label] + x[c]
            dx[c] = ZERO
            if c != label and missing > ZERO:
                dx[c] = TWO * missing * share if row[N.power] == 2 else share
                total += dx[c]
        dx[label] = -total
