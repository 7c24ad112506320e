"""Rules of optimizers, and what holds weights back, on parts of the flat vectors; `update_all` runs several in a row.

Plain SGD has a leaf of its own in update.py; here is what takes more. The learning rate of the step lies in one place
that all rows of an update point to, `rate`, and each multiplies it by its module's own `factor`.
"""

from __future__ import annotations

import math
from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import ROW, Layout
from convnet_studio.engine.kernels.leaf import leaf
from convnet_studio.engine.kernels.memory import call_operation, floats_at, ints_at, real, shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, total
from convnet_studio.engine.kernels.step import SPOILED


@numba.njit
def zero_times(values: Any, size: Any) -> Any:
    """Return 0, or not a number where one of the values is not finite: 0 times that is none."""
    zero, four = splat(ZERO), 4 * LANES
    a = b = c = d = zero  # four sums, so that no addition waits for the last one
    for j in range(0, size // four * four, four):
        a = a + zero * load(shift(values, j))
        b = b + zero * load(shift(values, j + LANES))
        c = c + zero * load(shift(values, j + 2 * LANES))
        d = d + zero * load(shift(values, j + 3 * LANES))
    result = total((a + b) + (c + d))
    for j in range(size // four * four, size):
        result += ZERO * values[j]
    return result


_ALL = Layout(rows="place", count="number", size="number", rate="real")
A = _ALL.index


@leaf(_ALL)
def update_all(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Run `count` rows, one after the other, on the flat vectors of `size`, and note parameters that are not finite."""
    rows = ints_at(row[A.rows])
    for r in range(row[A.count]):
        each = shift(rows, r * ROW)
        call_operation(each[0], each, parameters, gradients, workspace, i, n)
    workspace[SPOILED] += zero_times(parameters, row[A.size])


@numba.njit
def _rate(row: Any, rate: Any, factor: Any) -> Any:
    """The learning rate of this step times the module's own factor."""
    return real(ints_at(row[rate])[0]) * real(row[factor])


_PLAIN = Layout(part="parameter", size="number", rate="place", factor="real")
P = _PLAIN.index


@leaf(_PLAIN)
def plain_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """w = w - rate g."""
    w, g = shift(parameters, row[P.part]), shift(gradients, row[P.part])
    rate = _rate(row, P.rate, P.factor)
    for j in range(row[P.size]):
        w[j] -= rate * g[j]


_MOMENTUM = Layout(
    part="parameter", size="number", rate="place", factor="real", velocity="place", momentum="real", nesterov="number"
)
M = _MOMENTUM.index


@leaf(_MOMENTUM)
def momentum_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """v = μ v + g, then w = w - rate v, or with Nesterov w = w - rate (g + μ v)."""
    w, g, v = shift(parameters, row[M.part]), shift(gradients, row[M.part]), floats_at(row[M.velocity])
    rate, momentum = _rate(row, M.rate, M.factor), real(row[M.momentum])
    if row[M.nesterov]:
        for j in range(row[M.size]):
            velocity = momentum * v[j] + g[j]
            v[j] = velocity
            w[j] -= rate * (g[j] + momentum * velocity)
    else:
        for j in range(row[M.size]):
            velocity = momentum * v[j] + g[j]
            v[j] = velocity
            w[j] -= rate * velocity


_DAMPED = Layout(
    part="parameter", size="number", rate="place", factor="real", velocity="place", age="place", momentum="real"
)
T = _DAMPED.index


@leaf(_DAMPED)
def damped_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Torch7's order: v = μ v + (1 - μ) g, but v = g in a parameter's first step; then w = w - rate v."""
    w, g, v = shift(parameters, row[T.part]), shift(gradients, row[T.part]), floats_at(row[T.velocity])
    age, rate, momentum = floats_at(row[T.age]), _rate(row, T.rate, T.factor), real(row[T.momentum])
    share = ONE - momentum
    for j in range(row[T.size]):
        velocity = momentum * v[j] + (g[j] if age[j] == ZERO else share * g[j])
        v[j] = velocity
        w[j] -= rate * velocity
        age[j] += ONE


_ADAGRAD = Layout(part="parameter", size="number", rate="place", factor="real", squares="place", epsilon="real")
G = _ADAGRAD.index


@leaf(_ADAGRAD)
def adagrad_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """s = s + g², then w = w - rate g / (√s + ε)."""
    w, g, s = shift(parameters, row[G.part]), shift(gradients, row[G.part]), floats_at(row[G.squares])
    rate, epsilon = _rate(row, G.rate, G.factor), real(row[G.epsilon])
    for j in range(row[G.size]):
        square = s[j] + g[j] * g[j]
        s[j] = square
        w[j] -= rate * (g[j] / (math.sqrt(square) + epsilon))


_RMSPROP = Layout(
    part="parameter", size="number", rate="place", factor="real", mean_square="place", alpha="real", epsilon="real"
)
R = _RMSPROP.index


@leaf(_RMSPROP)
def rmsprop_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """s = α s + (1 - α) g², then w = w - rate g / (√s + ε)."""
    w, g, s = shift(parameters, row[R.part]), shift(gradients, row[R.part]), floats_at(row[R.mean_square])
    rate, alpha, epsilon = _rate(row, R.rate, R.factor), real(row[R.alpha]), real(row[R.epsilon])
    share = ONE - alpha
    for j in range(row[R.size]):
        square = alpha * s[j] + share * (g[j] * g[j])
        s[j] = square
        w[j] -= rate * (g[j] / (math.sqrt(square) + epsilon))


_ADAM = Layout(
    part="parameter", size="number", rate="place", factor="real", mean="place", mean_square="place", age="place",
    beta1="real", beta2="real", epsilon="real",
)  # fmt: skip
D = _ADAM.index


@numba.njit
def _power(base: Any, exponent: Any) -> Any:
    """``base ** exponent`` for a whole exponent, in float64, by squaring."""
    result, square, left = 1.0, float(base), int(exponent)
    while left > 0:
        if left & 1:
            result *= square
        square *= square
        left >>= 1
    return result


@leaf(_ADAM)
def adam_rule(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """m = β₁ m + (1 - β₁) g, s = β₂ s + (1 - β₂) g², then w = w - rate m̂ / (√ŝ + ε).

    All parameters of a row have the same age, since they are those of one module.
    """
    w, g = shift(parameters, row[D.part]), shift(gradients, row[D.part])
    m, s, age = floats_at(row[D.mean]), floats_at(row[D.mean_square]), floats_at(row[D.age])
    beta1, beta2, epsilon = real(row[D.beta1]), real(row[D.beta2]), real(row[D.epsilon])
    share1, share2, steps = ONE - beta1, ONE - beta2, age[0] + ONE
    mean_share = numba.float32(1.0 - _power(beta1, steps))
    root_share = numba.float32(math.sqrt(1.0 - _power(beta2, steps)))
    rate = _rate(row, D.rate, D.factor) / mean_share
    inverse = ONE / root_share
    for j in range(row[D.size]):
        mean = beta1 * m[j] + share1 * g[j]
        square = beta2 * s[j] + share2 * (g[j] * g[j])
        m[j] = mean
        s[j] = square
        w[j] -= rate * (mean / (math.sqrt(square) * inverse + epsilon))
    for j in range(row[D.size]):
        age[j] = steps


_DECAY = Layout(part="parameter", size="number", strength="real")
L = _DECAY.index


@leaf(_DECAY)
def decay(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """L2: g = g + λ w."""
    w, g, strength = shift(parameters, row[L.part]), shift(gradients, row[L.part]), real(row[L.strength])
    for j in range(row[L.size]):
        g[j] += strength * w[j]


_BLOCK = 4096
"""Squares that are summed in float32, sixteen sums side by side, before they go into a float64."""


@numba.njit
def _sum_of_squares(x: Any, size: Any) -> Any:
    """The sum of squares of `size` floats, in float64."""
    result, whole = 0.0, size // LANES * LANES
    for start in range(0, whole, _BLOCK):
        sums = splat(ZERO)
        for j in range(start, min(start + _BLOCK, whole), LANES):
            value = load(shift(x, j))
            sums = sums + value * value
        result += numba.float64(total(sums))
    for j in range(whole, size):
        result += numba.float64(x[j]) * numba.float64(x[j])
    return result


_CLIP = Layout(parts="place", count="number", limit="real", margin="real")  # parts: pairs of first number and size
C = _CLIP.index


@leaf(_CLIP)
def clip(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Shorten the gradient to the norm `limit` where it is longer."""
    parts, squares = ints_at(row[C.parts]), 0.0
    for p in range(row[C.count]):
        squares += _sum_of_squares(shift(gradients, parts[2 * p]), parts[2 * p + 1])
    scale = real(row[C.limit]) / numba.float32(math.sqrt(squares) + real(row[C.margin]))
    if scale >= ONE:
        return
    for p in range(row[C.count]):
        g = shift(gradients, parts[2 * p])
        for j in range(parts[2 * p + 1]):
            g[j] *= scale


_SHRINK = Layout(part="parameter", size="number", rate="place", factor="real")  # factor: the module's times λ
S = _SHRINK.index


@leaf(_SHRINK)
def shrink(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """L1's proximal step: every weight nears 0 by rate λ and stops there."""
    w, by = shift(parameters, row[S.part]), _rate(row, S.rate, S.factor)
    for j in range(row[S.size]):
        value = w[j]
        left = abs(value) - by
        if left > ZERO:
            w[j] = left if value > ZERO else -left
        elif left <= ZERO:  # what is not a number stays to be noticed
            w[j] = ZERO


_BOUND = Layout(part="parameter", rows="number", length="number", size="number", limit="real")
B = _BOUND.index


@leaf(_BOUND)
def bound_rows(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Max-norm: scale every row of weights that is longer than `limit` back to it."""
    length, limit = row[B.length], real(row[B.limit])
    for r in range(row[B.rows]):
        w = shift(parameters, row[B.part] + r * length)
        norm = math.sqrt(_sum_of_squares(w, length))
        if norm > limit:
            scale = numba.float32(limit / norm)
            for j in range(length):
                w[j] *= scale
