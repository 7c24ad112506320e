"""Competition: the largest values of a group pass, the others become 0."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, store

_FORWARD = Layout(
    x="buffer", y="buffer", wins="buffer", size="number", groups="number", members="number", group_step="number",
    member_step="number", winners="number",
)  # fmt: skip
F = _FORWARD.index


@leaf(_FORWARD)
def winners_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = x at the `winners` largest members of each group, the first of equals, and 0 elsewhere; wins is 1 and 0."""
    members, step = row[F.members], row[F.member_step]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        wins = sample(row, F.wins, workspace, s)
        for j in range(0, row[F.size], LANES):
            store(shift(y, j), splat(ZERO))
            store(shift(wins, j), splat(ZERO))
        for group in range(row[F.groups]):
            start = group * row[F.group_step]
            for _ in range(min(row[F.winners], members)):
                best = -1
                for at in range(start, start + members * step, step):
                    if wins[at] == ZERO and (best < 0 or x[at] > x[best]):
                        best = at
                wins[best] = ONE
                y[best] = x[best]


_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", wins="buffer", size="number")
B = _BACKWARD.index


@leaf(_BACKWARD)
def winners_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = wins dy."""
    for s in range(i, i + n):
        dx, dy = sample(row, B.x_gradient, workspace, s), sample(row, B.y_gradient, workspace, s)
        wins = sample(row, B.wins, workspace, s)
        for j in range(0, row[B.size], LANES):
            store(shift(dx, j), load(shift(wins, j)) * load(shift(dy, j)))
