"""The losses of each sample, and how many samples are wrong.

What one sample's gradient counts, 1 / batch, lies in the workspace (step.py).
"""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ONE, TWO, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at, real
from convnet_studio.engine.kernels.step import SHARE

LABELLED = Layout(x="buffer", size="number", labels="place", indices="place", losses="place")
"""Labels of all data, the chosen samples, a loss for each of those."""
L = LABELLED.index
LABELLED_BACKWARD = Layout(x="buffer", x_gradient="buffer", size="number", labels="place", indices="place")
G = LABELLED_BACKWARD.index


@leaf(LABELLED)
def nll_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add -x[label] to the sample's loss."""
    labels, indices, losses = ints_at(row[L.labels]), ints_at(row[L.indices]), floats_at(row[L.losses])
    for s in range(i, i + n):
        losses[s] -= sample(row, L.x, workspace, s)[labels[indices[s]]]


@leaf(LABELLED_BACKWARD)
def nll_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = -share at the label, 0 elsewhere."""
    labels, indices = ints_at(row[G.labels]), ints_at(row[G.indices])
    for s in range(i, i + n):
        dx = sample(row, G.x_gradient, workspace, s)
        for c in range(row[G.size]):
            dx[c] = ZERO
        dx[labels[indices[s]]] = -workspace[SHARE]


_ONE_HOT = Layout(x="buffer", size="number", labels="place", indices="place", losses="place", scale="real")
H = _ONE_HOT.index
_ONE_HOT_BACKWARD = Layout(
    x="buffer", x_gradient="buffer", size="number", labels="place", indices="place", scale="real"
)
K = _ONE_HOT_BACKWARD.index


@leaf(_ONE_HOT)
def one_hot_distance_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add scale times the sum over outputs of (x - t)² to the sample's loss; t is 1 at the label, 0 elsewhere."""
    labels, indices, losses = ints_at(row[H.labels]), ints_at(row[H.indices]), floats_at(row[H.losses])
    for s in range(i, i + n):
        x, label, squares = sample(row, H.x, workspace, s), labels[indices[s]], ZERO
        for c in range(row[H.size]):
            difference = x[c] - (ONE if c == label else ZERO)
            squares += difference * difference
        losses[s] += squares * real(row[H.scale])


@leaf(_ONE_HOT_BACKWARD)
def one_hot_distance_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = 2 (x - t) share scale."""
    labels, indices = ints_at(row[K.labels]), ints_at(row[K.indices])
    factor = TWO * real(row[K.scale]) * workspace[SHARE]
    for s in range(i, i + n):
        x, dx = sample(row, K.x, workspace, s), sample(row, K.x_gradient, workspace, s)
        label = labels[indices[s]]
        for c in range(row[K.size]):
            dx[c] = (x[c] - (ONE if c == label else ZERO)) * factor


_ANSWERS = Layout(
    x="buffer", size="number", labels="place", indices="place", losses="place", guesses="place", ranks="place"
)
A = _ANSWERS.index


@leaf(_ANSWERS)
def count_errors(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """losses[s] = 1 where the first largest of x is not at the label, else 0.

    That place is the guess; the rank is how many entries come before that of the label.
    """
    labels, indices, wrong = ints_at(row[A.labels]), ints_at(row[A.indices]), floats_at(row[A.losses])
    guesses, ranks = ints_at(row[A.guesses]), ints_at(row[A.ranks])
    for s in range(i, i + n):
        x, best, label, rank = sample(row, A.x, workspace, s), 0, labels[indices[s]], 0
        for c in range(row[A.size]):
            if x[c] > x[best]:
                best = c
            if x[c] > x[label] or (x[c] == x[label] and c < label):
                rank += 1
        guesses[s], ranks[s] = best, rank
        wrong[s] = ZERO if best == label else ONE
