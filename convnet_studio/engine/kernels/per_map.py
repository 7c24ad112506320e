"""Point-wise operations with numbers of each map: gain and bias, and smooth shrinkage.

Samples are in height-width-channel order, so the numbers of the maps repeat along them. They lie in *patterns*: the
channels as often as it takes to fill whole vectors, `period` floats in all, a multiple of 16 and of the channels.
Gradients by them are added up in patterns too.
"""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.elementary import exp_of, log_of_one_and, one_less_exp
from convnet_studio.engine.kernels.fields import Layout
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, real, shift
from convnet_studio.engine.kernels.simd import LANES, absolute, first, load, splat, store, where_greater

_GAIN = Layout(x="buffer", y="buffer", gain="place", bias="place", size="number", period="number")
F = _GAIN.index


@leaf(_GAIN)
def gain_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = gain x + bias; with zeros as bias also the way back, dx = gain dy."""
    gain, bias = floats_at(row[F.gain]), floats_at(row[F.bias])
    size, period = row[F.size], row[F.period]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                value = load(shift(gain, j)) * load(shift(x, start + j)) + load(shift(bias, j))
                store(shift(y, start + j), value)


_GAIN_GRADIENT = Layout(
    x="buffer", y_gradient="buffer", gain_gradient="gradient", bias_gradient="gradient", size="number", period="number"
)
G = _GAIN_GRADIENT.index


@leaf(_GAIN_GRADIENT)
def gain_gradient(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """Add x dy to the gain's pattern, and dy to the bias's."""
    gain, bias = shift(gradients, row[G.gain_gradient]), shift(gradients, row[G.bias_gradient])
    size, period = row[G.size], row[G.period]
    for s in range(i, i + n):
        x, dy = sample(row, G.x, workspace, s), sample(row, G.y_gradient, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                grad = first(load(shift(dy, start + j)), size - start - j)
                product = first(load(shift(x, start + j)) * grad, size - start - j)
                store(shift(gain, j), load(shift(gain, j)) + product)
                store(shift(bias, j), load(shift(bias, j)) + grad)


_SHRINK = Layout(
    x="buffer", y="buffer", beta="place", threshold="place", least="real", size="number", period="number"
)  # beta counts as |beta| + least, and the threshold b as |b|
S = _SHRINK.index


@numba.njit
def opposite(x: Any) -> Any:
    """Return -x."""
    return splat(ZERO) - x


@numba.njit
def signed_as(x: Any, value: Any) -> Any:
    """Return `value` with the sign of x, 0 where x is 0."""
    zero = splat(ZERO)
    return where_greater(x, zero, value, where_greater(zero, x, zero - value, x))


@leaf(_SHRINK)
def smooth_shrink_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = sign(x) (log(e^(beta b) + e^(beta |x|) - 1) / beta - b), taken apart so that nothing overflows."""
    betas, thresholds = floats_at(row[S.beta]), floats_at(row[S.threshold])
    size, period = row[S.size], row[S.period]
    zero, least = splat(ZERO), splat(real(row[S.least]))
    for s in range(i, i + n):
        x, y = sample(row, S.x, workspace, s), sample(row, S.y, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                value, beta = load(shift(x, start + j)), absolute(load(shift(betas, j))) + least
                height, b = absolute(value), absolute(load(shift(thresholds, j)))
                above = height - b
                rest = one_less_exp(beta * where_greater(above, zero, b, height))
                logarithm = log_of_one_and(exp_of(opposite(beta * absolute(above))) * rest)
                store(shift(y, start + j), signed_as(value, where_greater(above, zero, above, zero) + logarithm / beta))


_SHRINK_BACKWARD = Layout(
    x_gradient="buffer",
    y_gradient="buffer",
    x="buffer",
    y="buffer",
    beta="place",
    threshold="place",
    least="real",
    beta_gradient="gradient",
    threshold_gradient="gradient",
    size="number",
    period="number",
)
D = _SHRINK_BACKWARD.index


@leaf(_SHRINK_BACKWARD)
def smooth_shrink_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = share dy, with the shares of e^(beta |x|) and e^(beta b) in their sum; add to the patterns of beta and b."""
    betas, thresholds = floats_at(row[D.beta]), floats_at(row[D.threshold])
    beta_gradient = shift(gradients, row[D.beta_gradient])
    threshold_gradient = shift(gradients, row[D.threshold_gradient])
    size, period = row[D.size], row[D.period]
    one, zero, least = splat(ONE), splat(ZERO), splat(real(row[D.least]))
    for s in range(i, i + n):
        x, y = sample(row, D.x, workspace, s), sample(row, D.y, workspace, s)
        dx, dy = sample(row, D.x_gradient, workspace, s), sample(row, D.y_gradient, workspace, s)
        for start in range(0, size, period):
            for j in range(0, min(period, size - start), LANES):
                value, grad = load(shift(x, start + j)), load(shift(dy, start + j))
                raw_beta, raw_b = load(shift(betas, j)), load(shift(thresholds, j))
                left = size - start - j
                beta, b, height = absolute(raw_beta) + least, absolute(raw_b), absolute(value)
                above, rest = height - b, one_less_exp(beta * b)
                small = exp_of(opposite(beta * absolute(above)))
                inverse = one / where_greater(above, zero, one + rest * small, small + rest)
                share = where_greater(above, zero, one, small) * inverse
                other = where_greater(above, zero, small, one) * inverse
                store(shift(dx, start + j), share * grad)
                signed = signed_as(value, grad)
                mean = height * share + b * other
                by_beta = signed_as(raw_beta, (mean - absolute(load(shift(y, start + j))) - b) / beta * signed)
                by_b = signed_as(raw_b, (other - one) * signed)
                store(shift(beta_gradient, j), load(shift(beta_gradient, j)) + first(by_beta, left))
                store(shift(threshold_gradient, j), load(shift(threshold_gradient, j)) + first(by_b, left))
