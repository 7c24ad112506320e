"""Linear: every output is a weighted sum of all inputs; all samples of a chunk at once.

The weights are used where they lie in the flat vector, ``(out, in)`` as PyTorch has them: no copy each step.
"""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.tiles import run_tiles

_FORWARD = Layout(
    x="buffer",
    y="buffer",
    weight="place",  # from the first output of this operation on
    bias="place",
    first="number",  # output
    inputs="number",
    tiling="tiling",
)
F = _FORWARD.index


@leaf(_FORWARD)
def linear_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[s, o] = bias[o] + sum over j of x[s, j] weight[o, j], for all outputs or some in succession."""
    x, y = sample(row, F.x, workspace, i), shift(sample(row, F.y, workspace, i), row[F.first])
    weight, bias = floats_at(row[F.weight]), floats_at(row[F.bias])
    run_tiles(shift(row, F.tiling), x, weight, y, bias, n, row[F.inputs])


_WEIGHT_GRADIENT = Layout(
    x="buffer",
    y_gradient="buffer",
    weight_gradient="gradient",  # (out, in padded to a multiple of 16)
    outputs="number",
    tiling="tiling",
)
W = _WEIGHT_GRADIENT.index


@leaf(_WEIGHT_GRADIENT)
def linear_weight_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add to weight_gradient[o, j] the sum over samples of dy[s, o] x[s, j]."""
    x, dy = sample(row, W.x, workspace, i), sample(row, W.y_gradient, workspace, i)
    target = shift(gradients, row[W.weight_gradient])
    run_tiles(shift(row, W.tiling), dy, x, target, target, row[W.outputs], n)


_INPUT_GRADIENT = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    weight="place",  # (out, in) with 16 readable floats behind it
    zeros="place",  # as many as a block of columns
    outputs="number",
    tiling="tiling",
)
X = _INPUT_GRADIENT.index


@leaf(_INPUT_GRADIENT)
def linear_input_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """x_gradient[s, j] = sum over o of dy[s, o] weight[o, j]."""
    dx, dy = sample(row, X.x_gradient, workspace, i), sample(row, X.y_gradient, workspace, i)
    weight, zeros = floats_at(row[X.weight]), floats_at(row[X.zeros])
    run_tiles(shift(row, X.tiling), dy, weight, dx, zeros, n, row[X.outputs])
