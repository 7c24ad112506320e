"""Convolution of pictures in height-width-channel order, as sums of small matrix products without any copy.

For one output row and one kernel row ky, the inputs under the kernel are a contiguous run over (kx, ic), and so are
the weights ``[ky][kx][ic][oc]`` (oc padded with zeros to a multiple of 16). So each output position is a sum over ky of
a run of inputs times a matrix. The three products of a convolution (LeCun et al., Handwritten digit recognition with a
back-propagation network, 1989) differ only in strides. There is no padding here: pad first (move.py).
"""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, store
from convnet_studio.engine.kernels.tiles import run_tiles

_FORWARD = Layout(
    x="buffer",
    y="buffer",
    weight="place",  # [ky][kx][ic][oc]
    bias="place",  # [oc]
    first="number",  # row of the output
    rows="number",  # of the output, from there on
    columns="number",
    run="number",  # kernel width * input channels
    x_row="number",  # floats from one output row's first input row to the next: stride * width * channels
    y_row="number",
    tiling="tiling",
)
F = _FORWARD.index


@leaf(_FORWARD)
def conv_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y[r, c, :] = bias + sum over ky, (kx, ic) of x[r s + ky, c s + kx, ic] weight[ky, kx, ic, :]."""
    tiling = shift(row, F.tiling)
    weight, bias = floats_at(row[F.weight]), floats_at(row[F.bias])
    columns, run = row[F.columns], row[F.run]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for r in range(row[F.first], row[F.first] + row[F.rows]):
            run_tiles(tiling, shift(x, r * row[F.x_row]), weight, shift(y, r * row[F.y_row]), bias, columns, run)


_WEIGHT_GRADIENT = Layout(
    x="buffer",
    y_gradient="buffer",
    weight_gradient="gradient",  # [ky][kx][ic][oc]
    first="number",  # row of the kernel
    kernel_rows="number",  # from there on
    run="number",  # kernel width * input channels
    columns="number",  # of the output
    x_row="number",  # floats in a row of the input
    block="number",  # floats of the gradient in one kernel row
    tiling="tiling",
)
W = _WEIGHT_GRADIENT.index


@leaf(_WEIGHT_GRADIENT)
def conv_weight_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add to weight_gradient[ky, kx, ic, :] the sum over positions of x[r s + ky, c s + kx, ic] dy[r, c, :]."""
    tiling = shift(row, W.tiling)
    for s in range(i, i + n):
        x, y = sample(row, W.x, workspace, s), sample(row, W.y_gradient, workspace, s)
        for ky in range(row[W.first], row[W.first] + row[W.kernel_rows]):
            target = shift(gradients, row[W.weight_gradient] + ky * row[W.block])
            run_tiles(tiling, shift(x, ky * row[W.x_row]), y, target, target, row[W.run], row[W.columns])


_INPUT_GRADIENT = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    weight="place",  # [ky][oc][kx ic], the last padded with zeros to a multiple of 16
    size="number",  # floats of the input
    rows="number",  # of the output
    columns="number",
    kernel_rows="number",
    x_row="number",  # floats in a row of the input
    x_step="number",  # floats from one output column's first input to the next: stride * channels
    channels="number",  # of the output
    block="number",  # floats of the weights in one kernel row
    tiling="tiling",
)
X = _INPUT_GRADIENT.index


@leaf(_INPUT_GRADIENT)
def conv_input_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx[r s + ky, c s + kx, ic] = sum of dy[r, c, oc] weight[ky, oc, kx ic]: each output sends back its run."""
    tiling = shift(row, X.tiling)
    weight = floats_at(row[X.weight])
    channels = row[X.channels]
    for s in range(i, i + n):
        x, y = sample(row, X.x_gradient, workspace, s), sample(row, X.y_gradient, workspace, s)
        for j in range(0, row[X.size], LANES):
            store(shift(x, j), splat(ZERO))
        for ky in range(row[X.kernel_rows]):
            b = shift(weight, ky * row[X.block])
            for c in range(row[X.columns]):
                target = shift(x, ky * row[X.x_row] + c * row[X.x_step])
                run_tiles(tiling, shift(y, c * channels), b, target, target, row[X.rows], channels)


_BIAS_GRADIENT = Layout(
    y_gradient="buffer",
    bias_gradient="gradient",  # [oc]
    positions="number",
    channels="number",
)
B = _BIAS_GRADIENT.index


@leaf(_BIAS_GRADIENT)
def bias_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add to bias_gradient[oc] the sum of dy[position, oc]."""
    channels, positions = row[B.channels], row[B.positions]
    for s in range(i, i + n):
        y = sample(row, B.y_gradient, workspace, s)
        for c in range(0, channels, LANES):
            target = shift(gradients, row[B.bias_gradient] + c)
            even, odd = load(target), splat(ZERO)  # two sums, so that one addition need not wait for the last
            for p in range(0, positions - 1, 2):
                even = even + load(shift(y, p * channels + c))
                odd = odd + load(shift(y, (p + 1) * channels + c))
            if positions % 2:
                even = even + load(shift(y, (positions - 1) * channels + c))
            store(target, even + odd)
