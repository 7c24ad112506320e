"""Point-wise operations: each output depends on one input. Vectors may run into the slack behind a sample."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import shift
from convnet_studio.engine.kernels.simd import LANES, absolute, load, splat, store, where_greater

_FORWARD = Layout(x="buffer", y="buffer", size="number")
_BACKWARD = Layout(x_gradient="buffer", y_gradient="buffer", kept="buffer", size="number")  # kept: x or y
F = _FORWARD.index
B = _BACKWARD.index

# tanh x = x P(x²) / Q(x²) on |x| <= LIMIT, beyond which float32 tanh is ±1 within the error: the coefficients of
# Eigen's fast tanh (Eigen, MathFunctionsImpl.h: a minimax fit of degree 13 over 6).
LIMIT = np.float32(7.90531110763549805)
P1, P3 = np.float32(4.89352455891786e-3), np.float32(6.37261928875436e-4)
P5, P7 = np.float32(1.48572235717979e-5), np.float32(5.12229709037114e-8)
P9, P11, P13 = np.float32(-8.60467152213735e-11), np.float32(2.00018790482477e-13), np.float32(-2.76076847742355e-16)
Q0, Q2 = np.float32(4.89352518554385e-3), np.float32(2.26843463243900e-3)
Q4, Q6 = np.float32(1.18534705686654e-4), np.float32(1.19825839466702e-6)


@numba.njit
def tanh_of(x: Any) -> Any:
    """Return tanh of sixteen floats, absolute error below 3.5e-7 (2.6e-7 where multiply and add are fused)."""
    x = where_greater(x, splat(LIMIT), splat(LIMIT), x)
    x = where_greater(splat(-LIMIT), x, splat(-LIMIT), x)
    square = x * x
    top = splat(P13) * square + splat(P11)
    top = top * square + splat(P9)
    top = top * square + splat(P7)
    top = top * square + splat(P5)
    top = top * square + splat(P3)
    top = top * square + splat(P1)
    bottom = splat(Q6) * square + splat(Q4)
    bottom = bottom * square + splat(Q2)
    bottom = bottom * square + splat(Q0)
    return x * top / bottom


@leaf(_FORWARD)
def tanh_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = tanh x."""
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for j in range(0, row[F.size], LANES):
            store(shift(y, j), tanh_of(load(shift(x, j))))


@leaf(_BACKWARD)
def tanh_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = (1 - y²) dy; kept is y."""
    for s in range(i, i + n):
        y, dy = sample(row, B.kept, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        for j in range(0, row[B.size], LANES):
            value = load(shift(y, j))
            store(shift(dx, j), (splat(ONE) - value * value) * load(shift(dy, j)))


@leaf(_FORWARD)
def relu_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = max(x, 0)."""
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for j in range(0, row[F.size], LANES):
            value = load(shift(x, j))
            store(shift(y, j), where_greater(splat(ZERO), value, splat(ZERO), value))


@leaf(_BACKWARD)
def relu_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = dy where y > 0, else 0; kept is y."""
    for s in range(i, i + n):
        y, dy = sample(row, B.kept, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        for j in range(0, row[B.size], LANES):
            store(shift(dx, j), where_greater(load(shift(y, j)), splat(ZERO), load(shift(dy, j)), splat(ZERO)))


@leaf(_FORWARD)
def abs_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = |x|."""
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for j in range(0, row[F.size], LANES):
            store(shift(y, j), absolute(load(shift(x, j))))


@leaf(_BACKWARD)
def abs_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = sign(x) dy, 0 where x is 0; kept is x."""
    for s in range(i, i + n):
        x, dy = sample(row, B.kept, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        zero = splat(ZERO)
        for j in range(0, row[B.size], LANES):
            value, grad = load(shift(x, j)), load(shift(dy, j))
            store(shift(dx, j), where_greater(value, zero, grad, where_greater(zero, value, zero - grad, zero)))
