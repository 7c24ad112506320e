"""Formulas: a machine that runs a small program on sixteen numbers at a time, so that no formula needs compiling.

A program is a table of instructions, four numbers each: which operation, and the registers that it takes (unused: 0).
Registers are vectors: first those of constants, then the one of x, then one for the result of each instruction.
The way back computes value and slope of each register side by side (dual numbers).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from convnet_studio.engine.kernels.constants import HALF, ONE, ZERO
from convnet_studio.engine.kernels.curves import sigmoid_of
from convnet_studio.engine.kernels.elementary import exp_of, log_of, sine_of
from convnet_studio.engine.kernels.fields import Layout, constants
from convnet_studio.engine.kernels.leaf import leaf, sample
from convnet_studio.engine.kernels.memory import floats_at, ints_at, shift
from convnet_studio.engine.kernels.point import tanh_of
from convnet_studio.engine.kernels.simd import (
    LANES,
    absolute,
    load,
    splat,
    square_root,
    store,
    where_equal,
    where_greater,
)

CODE = constants(
    add=0, subtract=1, multiply=2, divide=3, negative=4, power=5, greater=6, not_greater=7, abs=8, exp=9, log=10,
    sqrt=11, tanh=12, sigmoid=13, sin=14, cos=15, sign=16, max=17, min=18, where=19,
)  # fmt: skip
"""The numbers of the operations, by the names that expressions have for them."""

ZERO_QUARTERS, ONE_QUARTER, TWO_QUARTERS = np.float32(0), np.float32(1), np.float32(2)

_FORWARD = Layout(
    x="buffer", y="buffer", registers="buffer", size="number", program="place", instructions="number",
    constants="place", constant_count="number", result="number",
)  # fmt: skip
F = _FORWARD.index
_BACKWARD = Layout(
    x_gradient="buffer", y_gradient="buffer", x="buffer", registers="buffer", slopes="buffer", size="number",
    program="place", instructions="number", constants="place", constant_count="number", result="number",
)  # fmt: skip
B = _BACKWARD.index


@numba.njit
def value_of(code: Any, a: Any, b: Any, c: Any) -> Any:
    """Return the result of an operation."""
    zero, one = splat(ZERO), splat(ONE)
    y = a
    if code == CODE.add:
        y = a + b
    elif code == CODE.subtract:
        y = a - b
    elif code == CODE.multiply:
        y = a * b
    elif code == CODE.divide:
        y = a / b
    elif code == CODE.negative:
        y = zero - a
    elif code == CODE.power:
        y = power_of(a, b)
    elif code == CODE.greater:
        y = where_greater(a, b, one, zero)
    elif code == CODE.not_greater:
        y = where_greater(a, b, zero, one)
    elif code == CODE.abs:
        y = absolute(a)
    elif code == CODE.exp:
        y = exp_of(a)
    elif code == CODE.log:
        y = log_of(a)
    elif code == CODE.sqrt:
        y = square_root(a)
    elif code == CODE.tanh:
        y = tanh_of(a)
    elif code == CODE.sigmoid:
        y = sigmoid_of(a)
    elif code == CODE.sin:
        y = sine_of(a, ZERO_QUARTERS)
    elif code == CODE.cos:
        y = sine_of(a, ONE_QUARTER)
    elif code == CODE.sign:
        y = where_greater(a, zero, one, where_greater(zero, a, zero - one, a))  # 0 and what is no number stay
    elif code == CODE.max:
        y = where_equal(a, a, where_greater(a, b, a, b), a)  # what is not a number stays none
    elif code == CODE.min:
        y = where_equal(a, a, where_greater(b, a, a, b), a)
    elif code == CODE.where:
        y = where_equal(a, zero, c, b)
    return y


@numba.njit
def power_of(a: Any, b: Any) -> Any:
    """Return a^b for a of at least 0: e^(b log a)."""
    return exp_of(where_equal(b, splat(ZERO), b, b * log_of(a)))


@numba.njit
def slope_of(code: Any, y: Any, a: Any, b: Any, da: Any, db: Any, dc: Any) -> Any:
    """Return the slope of a result from the slopes of what it takes."""
    zero, one, half = splat(ZERO), splat(ONE), splat(HALF)
    slope = zero  # of comparisons and sign
    if code == CODE.add:
        slope = da + db
    elif code == CODE.subtract:
        slope = da - db
    elif code == CODE.multiply:
        slope = da * b + a * db
    elif code == CODE.divide:
        slope = (da - y * db) / b
    elif code == CODE.negative:
        slope = zero - da
    elif code == CODE.power:
        by_exponent = where_equal(db, zero, zero, y * log_of(a) * db)
        slope = b * power_of(a, b - one) * da + by_exponent
    elif code == CODE.abs:
        slope = where_greater(a, zero, da, where_greater(zero, a, zero - da, zero))
    elif code == CODE.exp:
        slope = y * da
    elif code == CODE.log:
        slope = da / a
    elif code == CODE.sqrt:
        slope = where_equal(a, zero, zero, half * da / y)
    elif code == CODE.tanh:
        slope = (one - y * y) * da
    elif code == CODE.sigmoid:
        slope = y * (one - y) * da
    elif code == CODE.sin:
        slope = sine_of(a, ONE_QUARTER) * da
    elif code == CODE.cos:
        slope = sine_of(a, TWO_QUARTERS) * da
    elif code == CODE.max:
        slope = where_equal(a, b, half * (da + db), where_greater(a, b, da, db))
    elif code == CODE.min:
        slope = where_equal(a, b, half * (da + db), where_greater(b, a, da, db))
    elif code == CODE.where:
        slope = where_equal(a, zero, dc, db)
    return slope


@leaf(_FORWARD)
def formula_forward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """y = f(x)."""
    program, numbers, count = ints_at(row[F.program]), floats_at(row[F.constants]), row[F.constant_count]
    for s in range(i, i + n):
        x, y = sample(row, F.x, workspace, s), sample(row, F.y, workspace, s)
        values = sample(row, F.registers, workspace, s)
        for k in range(count):
            store(shift(values, k * LANES), splat(numbers[k]))
        for j in range(0, row[F.size], LANES):
            store(shift(values, count * LANES), load(shift(x, j)))
            for k in range(row[F.instructions]):
                at = shift(program, 4 * k)
                a, b = load(shift(values, at[1] * LANES)), load(shift(values, at[2] * LANES))
                c = load(shift(values, at[3] * LANES))
                store(shift(values, (count + 1 + k) * LANES), value_of(at[0], a, b, c))
            store(shift(y, j), load(shift(values, row[F.result] * LANES)))


@leaf(_BACKWARD)
def formula_backward(row: Any, parameters: Any, gradients: Any, workspace: Any, i: Any, n: Any) -> None:
    """dx = f'(x) dy."""
    program, numbers, count = ints_at(row[B.program]), floats_at(row[B.constants]), row[B.constant_count]
    for s in range(i, i + n):
        x, dy = sample(row, B.x, workspace, s), sample(row, B.y_gradient, workspace, s)
        dx = sample(row, B.x_gradient, workspace, s)
        values, slopes = sample(row, B.registers, workspace, s), sample(row, B.slopes, workspace, s)
        for k in range(count):
            store(shift(values, k * LANES), splat(numbers[k]))
            store(shift(slopes, k * LANES), splat(ZERO))
        store(shift(slopes, count * LANES), splat(ONE))
        for j in range(0, row[B.size], LANES):
            store(shift(values, count * LANES), load(shift(x, j)))
            for k in range(row[B.instructions]):
                at = shift(program, 4 * k)
                first, second, third = at[1] * LANES, at[2] * LANES, at[3] * LANES
                a, b, c = load(shift(values, first)), load(shift(values, second)), load(shift(values, third))
                y = value_of(at[0], a, b, c)
                target = (count + 1 + k) * LANES
                store(shift(values, target), y)
                da, db = load(shift(slopes, first)), load(shift(slopes, second))
                store(shift(slopes, target), slope_of(at[0], y, a, b, da, db, load(shift(slopes, third))))
            store(shift(dx, j), load(shift(slopes, row[B.result] * LANES)) * load(shift(dy, j)))
