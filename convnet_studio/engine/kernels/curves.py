"""Point-wise operations that share two leaves, one for each direction: a number in the row says which curve it is.

The choice is made once for a sample, so that it costs nothing. Vectors may run into the slack behind a sample.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.elementary import exp_of, log_of_one_and
from convnet_studio.engine.kernels.fields import Layout, constants
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import real, shift
from convnet_studio.engine.kernels.point import tanh_of
from convnet_studio.engine.kernels.simd import LANES, absolute, load, splat, store, where_equal, where_greater

CURVE = constants(sigmoid=0, scaled_tanh=1, softshrink=2, hardshrink=3, tanhshrink=4, softplus=5)
"""The curves. `a` and `b` are amplitude and steepness of scaled_tanh; `a` is the threshold of softshrink and
hardshrink, and beta of softplus."""

_FORWARD = Layout(x="buffer", y="buffer", size="number", curve="number", a="real", b="real")
F = _FORWARD.index
_BACKWARD = Layout(
    x_gradient="buffer", y_gradient="buffer", kept="buffer", size="number", curve="number", a="real", b="real"
)  # kept: x of tanhshrink and softplus, y of the others
B = _BACKWARD.index


@numba.njit
def sigmoid_of(x: Any) -> Any:
    """Return 1 / (1 + e^-x)."""
    one, small = splat(ONE), exp_of(splat(ZERO) - absolute(x))
    return where_greater(splat(ZERO), x, small, one) / (one + small)


# x - tanh x = x³ N(x²) / D(x²) on |x| <= SATURATED, beyond which tanh is ±1 to the last digit of float32: fitted by
# reweighted least squares to the relative error, 3e-9 before the coefficients were rounded. All are above 0, so that
# nothing cancels.
SATURATED = np.float32(8)
N0, N2, N4, N6 = map(np.float32, (3.333333324e-1, 2.272561557e-2, 3.263413636e-4, 8.831531145e-7))
D2, D4, D6, D8 = map(np.float32, (4.681768256e-1, 2.634501928e-2, 3.490486897e-4, 8.995795609e-7))


@numba.njit
def tanhshrink_of(x: Any) -> Any:
    """Return x - tanh x, relative error below 5e-7: the difference of the two would lose all digits of a small x."""
    inside = where_greater(x, splat(SATURATED), splat(SATURATED), x)
    inside = where_greater(splat(-SATURATED), inside, splat(-SATURATED), inside)
    square = inside * inside
    top = ((splat(N6) * square + splat(N4)) * square + splat(N2)) * square + splat(N0)
    bottom = (((splat(D8) * square + splat(D6)) * square + splat(D4)) * square + splat(D2)) * square + splat(ONE)
    return inside * (square * top / bottom) + (x - inside)


@numba.njit
def none_or_zero(x: Any) -> Any:
    """Return what is not a number as it is, and 0 for every number."""
    return where_equal(x, x, splat(ZERO), x)


@leaf(_FORWARD)
def curve_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = f(x)."""
    curve, a, b, size = row[F.curve], splat(real(row[F.a])), splat(real(row[F.b])), row[F.size]
    zero = splat(ZERO)
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        if curve == CURVE.sigmoid:
            for j in range(0, size, LANES):
                store(shift(y, j), sigmoid_of(load(shift(x, j))))
        elif curve == CURVE.scaled_tanh:
            for j in range(0, size, LANES):
                store(shift(y, j), a * tanh_of(b * load(shift(x, j))))
        elif curve == CURVE.softshrink:
            for j in range(0, size, LANES):
                value = load(shift(x, j))
                low = where_greater(zero - a, value, value + a, none_or_zero(value))
                store(shift(y, j), where_greater(value, a, value - a, low))
        elif curve == CURVE.hardshrink:
            for j in range(0, size, LANES):
                value = load(shift(x, j))
                store(shift(y, j), where_greater(absolute(value), a, value, none_or_zero(value)))
        elif curve == CURVE.tanhshrink:
            for j in range(0, size, LANES):
                store(shift(y, j), tanhshrink_of(load(shift(x, j))))
        else:
            for j in range(0, size, LANES):
                value = load(shift(x, j))
                rest = log_of_one_and(exp_of(zero - a * absolute(value))) / a
                store(shift(y, j), where_greater(zero, value, zero, value) + rest)


@leaf(_BACKWARD)
def curve_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = f'(x) dy."""
    curve, a, b, size = row[B.curve], splat(real(row[B.a])), splat(real(row[B.b])), row[B.size]
    one, zero = splat(ONE), splat(ZERO)
    for s in range(i, i + n):
        kept, dy = sample(row, B.kept, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        if curve == CURVE.sigmoid:
            for j in range(0, size, LANES):
                value = load(shift(kept, j))
                store(shift(dx, j), value * (one - value) * load(shift(dy, j)))
        elif curve == CURVE.scaled_tanh:
            for j in range(0, size, LANES):
                value = load(shift(kept, j)) / a
                store(shift(dx, j), a * b * (one - value * value) * load(shift(dy, j)))
        elif curve == CURVE.tanhshrink:
            for j in range(0, size, LANES):
                value = tanh_of(load(shift(kept, j)))
                store(shift(dx, j), value * value * load(shift(dy, j)))
        elif curve == CURVE.softplus:
            for j in range(0, size, LANES):
                store(shift(dx, j), sigmoid_of(a * load(shift(kept, j))) * load(shift(dy, j)))
        else:  # what softshrink and hardshrink let pass is not 0
            for j in range(0, size, LANES):
                store(shift(dx, j), where_equal(load(shift(kept, j)), zero, zero, load(shift(dy, j))))
