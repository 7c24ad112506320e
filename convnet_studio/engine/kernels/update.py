"""Moving parameters, and telling where that has left numbers that are not finite."""

from __future__ import annotations

from typing import Any

import numba

from convnet_studio.engine.kernels.constants import ZERO
from convnet_studio.engine.kernels.memory import shift
from convnet_studio.engine.kernels.simd import LANES, load, splat, store, total


@numba.njit
def spoiled_in(values: Any, size: Any) -> Any:
    """Return 0, or not a number where one of `size` floats is not finite."""
    even, odd = splat(ZERO), splat(ZERO)  # 0 w is 0, but nan where w is not finite
    whole = size // (2 * LANES) * 2 * LANES
    for j in range(0, whole, 2 * LANES):
        even = even + splat(ZERO) * load(shift(values, j))
        odd = odd + splat(ZERO) * load(shift(values, j + LANES))
    result = total(even + odd)
    for j in range(whole, size):
        result += ZERO * values[j]
    return result


@numba.njit
def move_by(parameters: Any, velocity: Any, size: Any, rate: Any) -> Any:
    """w = w - rate v; return 0, or not a number where a parameter is not finite afterwards."""
    spoiled = splat(ZERO)
    whole = size // LANES * LANES
    for j in range(0, whole, LANES):
        w = load(shift(parameters, j)) - splat(rate) * load(shift(velocity, j))
        spoiled = spoiled + splat(ZERO) * w
        store(shift(parameters, j), w)
    result = total(spoiled)
    for j in range(whole, size):  # nothing may be read or written behind the vectors
        parameters[j] -= rate * velocity[j]
        result += ZERO * parameters[j]
    return result
