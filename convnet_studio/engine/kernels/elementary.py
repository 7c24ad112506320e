"""Exponential, logarithm, sine and cosine of sixteen floats, without calls into the C library.

Polynomials and constants are those of Moshier's Cephes (expf, logf, sinf, cosf; Methods and programs for mathematical
functions, 1989): errors near one unit in the last place.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir

from convnet_studio.engine.kernels.constants import HALF, ONE, TWO, ZERO
from convnet_studio.engine.kernels.memory import emitted
from convnet_studio.engine.kernels.simd import LANES, SIXTEEN, splat, where_equal, where_greater

_INTEGERS = ir.VectorType(ir.IntType(32), LANES)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)

WHOLE = np.float32(12582912.0)  # 1.5 * 2^23: added and taken away, it rounds to a whole number
INFINITY = np.float32(np.inf)
NOT_A_NUMBER = np.float32(np.nan)


def _each(number: int) -> Any:
    return ir.Constant(_INTEGERS, [number] * LANES)


@emitted
def times_power(typing: Any, value: Any, power: Any) -> Any:
    """Return ``value * 2^power``; value near 1, power whole, the product neither too large nor too small."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, power = arguments
        shifted = builder.shl(builder.fptosi(power, _INTEGERS), _each(23))
        return builder.bitcast(builder.add(builder.bitcast(value, _INTEGERS), shifted), _FLOATS)

    return SIXTEEN(SIXTEEN, SIXTEEN), generate


@emitted
def power_of_two_in(typing: Any, value: Any) -> Any:
    """Return the p of ``value = m * 2^p`` with m in 0.5 .. 1, for normal values above 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        exponent = builder.lshr(builder.bitcast(arguments[0], _INTEGERS), _each(23))
        return builder.sitofp(builder.sub(exponent, _each(126)), _FLOATS)

    return SIXTEEN(SIXTEEN), generate


@emitted
def mantissa_of(typing: Any, value: Any) -> Any:
    """Return that m."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.and_(builder.bitcast(arguments[0], _INTEGERS), _each(0x7FFFFF))
        return builder.bitcast(builder.or_(bits, _each(0x3F000000)), _FLOATS)

    return SIXTEEN(SIXTEEN), generate


@numba.njit
def rounded(x: Any) -> Any:
    """Return the nearest whole number, for sizes below 4 million."""
    return (x + splat(WHOLE)) - splat(WHOLE)


EXP_HIGH, EXP_LOW = np.float32(88.72), np.float32(-87.0)
LOG2_E = np.float32(1.44269504088896341)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
E0, E1, E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
E3, E4, E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)


@numba.njit
def _without_powers(x: Any, power: Any) -> Any:
    """Return x - power * ln 2."""
    return x - power * splat(LN2_HIGH) - power * splat(LN2_LOW)


@numba.njit
def _exp_less_one_near_zero(r: Any) -> Any:
    """Return e^r - 1 for |r| up to ln 2 / 2."""
    y = splat(E0) * r + splat(E1)
    y = y * r + splat(E2)
    y = y * r + splat(E3)
    y = y * r + splat(E4)
    y = y * r + splat(E5)
    return y * (r * r) + r


@numba.njit
def exp_of(x: Any) -> Any:
    """Return e^x: infinity above 88.72, and 0 below -87."""
    inside = where_greater(x, splat(EXP_HIGH), splat(EXP_HIGH), x)
    inside = where_greater(splat(EXP_LOW), inside, splat(EXP_LOW), inside)
    power = rounded(inside * splat(LOG2_E))
    y = times_power(_exp_less_one_near_zero(_without_powers(inside, power)) + splat(ONE), power)
    y = where_greater(x, splat(EXP_HIGH), splat(INFINITY), y)
    return where_greater(splat(EXP_LOW), x, splat(ZERO), y)


@numba.njit
def one_less_exp(x: Any) -> Any:
    """Return 1 - e^-x for x from 0 up, exact for small x too."""
    inside = splat(ZERO) - where_greater(x, splat(-EXP_LOW), splat(-EXP_LOW), x)
    power = rounded(inside * splat(LOG2_E))
    whole = times_power(splat(ONE), power)
    return splat(ONE) - whole - whole * _exp_less_one_near_zero(_without_powers(inside, power))


LEAST = np.float32(1.17549435e-38)
LARGEST = np.float32(3.40282347e38)
ROOT_HALF = np.float32(0.707106781186547524)
L0, L1, L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
L3, L4, L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
L6, L7, L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)


@numba.njit
def log_of(x: Any) -> Any:
    """Return the natural logarithm: minus infinity at 0 (and of numbers below 1e-38), not a number below 0."""
    zero, one = splat(ZERO), splat(ONE)
    power, m = power_of_two_in(x), mantissa_of(x)
    power = where_greater(splat(ROOT_HALF), m, power - one, power)
    m = where_greater(splat(ROOT_HALF), m, m + m, m) - one
    square = m * m
    y = splat(L0) * m + splat(L1)
    y = y * m + splat(L2)
    y = y * m + splat(L3)
    y = y * m + splat(L4)
    y = y * m + splat(L5)
    y = y * m + splat(L6)
    y = y * m + splat(L7)
    y = y * m + splat(L8)
    y = y * m * square + power * splat(LN2_LOW)
    y = y - splat(HALF) * square
    y = m + y + power * splat(LN2_HIGH)
    y = where_greater(splat(LEAST), x, splat(-INFINITY), y)
    y = where_greater(zero, x, splat(NOT_A_NUMBER), y)
    y = where_greater(x, splat(LARGEST), x, y)
    return where_equal(x, x, y, x)


@numba.njit
def log_of_one_and(t: Any) -> Any:
    """Return log(1 + t) for t from 0 to 1, exact for small t too (Kahan's way)."""
    one = splat(ONE)
    sum_ = one + t
    added = sum_ - one
    return where_equal(added, splat(ZERO), t, log_of(sum_) * t / where_equal(added, splat(ZERO), one, added))


TWO_BY_PI = np.float32(0.636619772367581343)
PI1, PI2, PI3 = np.float32(1.5703125), np.float32(4.837512969970703125e-4), np.float32(7.549789948768648e-8)
S0, S1, S2 = np.float32(-1.9515295891e-4), np.float32(8.3321608736e-3), np.float32(-1.6666654611e-1)
C0, C1, C2 = np.float32(2.443315711809948e-5), np.float32(-1.388731625493765e-3), np.float32(4.166664568298827e-2)
EDGE = np.float32(0.79)
QUARTER, SHIFT, FOUR = np.float32(0.25), np.float32(0.375), np.float32(4)


@numba.njit
def sine_of(x: Any, quarters: Any) -> Any:
    """Return sin(x + quarters * pi/2), exact to 1e-6 for |x| up to 10,000 and within -1 .. 1 for all."""
    turns = rounded(x * splat(TWO_BY_PI))
    r = x - turns * splat(PI1)
    r = r - turns * splat(PI2)
    r = r - turns * splat(PI3)
    r = where_greater(r, splat(EDGE), splat(EDGE), r)
    r = where_greater(splat(-EDGE), r, splat(-EDGE), r)
    square = r * r
    sine = (splat(S0) * square + splat(S1)) * square + splat(S2)
    sine = sine * square * r + r
    cosine = (splat(C0) * square + splat(C1)) * square + splat(C2)
    cosine = cosine * square * square - splat(HALF) * square + splat(ONE)
    turns = turns + splat(quarters)
    quarter = turns - splat(FOUR) * rounded(turns * splat(QUARTER) - splat(SHIFT))
    upper = where_greater(quarter, splat(ONE + HALF), quarter - splat(TWO), quarter)
    y = where_greater(upper, splat(HALF), cosine, sine)
    return where_greater(quarter, splat(ONE + HALF), splat(ZERO) - y, y)
