"""Reductions: many values to one, as pooling modules do over places, cells and maps.

A reduction works along axis 2 of ``(batch, group, values, *rest)`` and keeps what its backward pass needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convnet_studio.engine.nn.module import Array

AXIS = 2


@dataclass(frozen=True)
class Reduction:
    """One way to make one value of many.

    Attributes:
        forward: values to ``(batch, group, *rest)``.
        backward: (gradient by that, the values, that) to the gradient by the values.
        keeps_sign: never negative where no value is; otherwise never negative at all.
    """

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]
    keeps_sign: bool = True


def _average_backward(grad: Array, values: Array, result: Array) -> Array:
    count: Any = values.shape[AXIS]
    return np.broadcast_to(np.expand_dims(grad, AXIS) / values.dtype.type(count), values.shape)


def _largest(values: Array) -> Array:
    result: Array = values.max(axis=AXIS)
    return result


def _largest_backward(grad: Array, values: Array, result: Array) -> Array:
    """All of it to the largest; to the first where several are."""
    sent = np.zeros(values.shape, grad.dtype)
    winners = np.expand_dims(values.argmax(axis=AXIS), AXIS)
    np.put_along_axis(sent, winners, np.expand_dims(grad, AXIS), axis=AXIS)
    return sent


def _root_mean_square(values: Array) -> Array:
    """The largest is taken out of the root, so that no square overflows."""
    largest = np.abs(values).max(axis=AXIS, keepdims=True)
    shrunk = values / np.where(largest > 0, largest, 1)
    result: Array = (largest * np.sqrt(np.square(shrunk).mean(axis=AXIS, keepdims=True))).squeeze(AXIS)
    return result


def _root_mean_square_backward(grad: Array, values: Array, result: Array) -> Array:
    """x / (n y) ∂y, and 0 where y = 0."""
    norm = np.expand_dims(result, AXIS)
    share = np.expand_dims(grad, AXIS) / values.dtype.type(values.shape[AXIS])
    sent: Array = values / np.where(norm > 0, norm, 1) * share
    return sent


REDUCTIONS: dict[str, Reduction] = {
    "average": Reduction(lambda values: values.mean(axis=AXIS), _average_backward),
    "max": Reduction(_largest, _largest_backward),
    "L2": Reduction(_root_mean_square, _root_mean_square_backward, keeps_sign=False),
}
"""By the word that people choose them by; L2 is the root of the mean of the squares."""
