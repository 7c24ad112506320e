"""Products of samples with a matrix of parameters, used where it lies: forward, and back to the input."""

from __future__ import annotations

from convnet_studio.engine.kernels import linear, move
from convnet_studio.engine.kernels.fields import Buffer, Place, Span
from convnet_studio.engine.kernels.tiles import lane_product, product
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.interpreter import APART, WHOLE

MOST_WEIGHTS = 1 << 16
"""Weights of a share of the work at most: they fit the second-level cache."""


def times_matrix(to: Builder, x: Buffer, y: Buffer, matrix: Span, bias: Place) -> None:
    """y = M x + bias, M ``(outputs, inputs)``, where samples are lists.

    All outputs at once; those of a large matrix, where single samples leave a thread idle, in some operations.
    """
    inputs, outputs = x.size, y.size
    apart = to.batch_size == 1 and inputs * outputs >= 8 * MOST_WEIGHTS
    share = -(-MOST_WEIGHTS // inputs) if apart else outputs
    for first in range(0, outputs, share):
        count = min(share, outputs - first)
        to.forward(
            linear.linear_forward,
            kind=APART if apart else WHOLE,
            x=x,
            y=y,
            weight=Place(to.network.parameters, count * inputs, matrix.offset + first * inputs),
            bias=Place(bias.array, count, bias.offset + first),
            first=first,
            inputs=inputs,
            tiling=lane_product(
                to.address_of, to.chunk, count, b_inner=inputs, a_row=x.stride, c_row=y.stride, d_row=0
            ),
        )


def times_transpose(to: Builder, dy: Buffer, dx: Buffer, matrix: Span) -> None:
    """dx = Mᵀ dy."""
    inputs, outputs = dx.size, dy.size
    tiling = product(
        to.address_of, to.chunk, inputs, d_whole=False,
        a_inner=1, b_inner=inputs, a_row=dy.stride, c_row=dx.stride, d_row=0,
    )  # fmt: skip
    to.backward(
        linear.linear_input_gradient,
        whole=True,
        x_gradient=dx,
        y_gradient=dy,
        weight=_readable(to, matrix),
        zeros=to.table(128),
        outputs=outputs,
        tiling=tiling,
    )


def _readable(to: Builder, matrix: Span) -> Place:
    """The matrix where it lies, or, where too little lies behind it for vectors to run over, a copy."""
    if matrix.offset + matrix.size + 16 <= to.network.parameters.size:
        return Place(to.network.parameters, matrix.size + 16, matrix.offset)
    copy = to.table(matrix.size)
    ones = {"n0": 1, "n1": 1, "n2": 1, "s0": 0, "s1": 0, "s2": 0, "t0": 0, "t1": 0, "t2": 0}
    to.prepare(move.arrange, source=matrix, target=copy, n3=matrix.size, s3=1, t3=1, **ones)
    return copy
