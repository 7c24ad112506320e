"""The operations that expressions are made of: value and slope of each, on arrays.

A slope is the rate at which the value changes with some variable, from those of the arguments (`da`, `db`); 0.0 where
an argument does not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Operation:
    """``value(*arguments)`` and ``slope(value, *arguments, *slopes of the arguments)``."""

    value: Callable[..., Any]
    slope: Callable[..., Any]


def _sigmoid(a: Any) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def _power(a: Any, b: Any) -> Any:
    """Whole powers have become products; others are of numbers that are not below 0."""
    return np.power(np.where(np.less(a, 0), np.nan, a), b)


def _power_slope(y: Any, a: Any, b: Any, da: Any, db: Any) -> Any:
    slope = b * _power(a, b - 1) * da
    return slope if np.ndim(db) == 0 and db == 0 else slope + np.where(np.equal(db, 0), 0, y * np.log(a) * db)


def _middle(taken: Callable[..., Any], a: Any, b: Any, da: Any, db: Any) -> Any:
    """The slope of the argument that is taken, or the mean of both where they are equal."""
    return np.where(np.equal(a, b), 0.5 * (da + db), np.where(taken(a, b), da, db))


def _no_slope(y: Any, *_: Any) -> float:
    return 0.0


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "add": Operation(lambda a, b: a + b, lambda y, a, b, da, db: da + db),
        "subtract": Operation(lambda a, b: a - b, lambda y, a, b, da, db: da - db),
        "multiply": Operation(lambda a, b: a * b, lambda y, a, b, da, db: da * b + a * db),
        "divide": Operation(lambda a, b: np.divide(a, b), lambda y, a, b, da, db: np.divide(da - y * db, b)),
        "negative": Operation(lambda a: -a, lambda y, a, da: -da),
        "power": Operation(_power, _power_slope),
        "greater": Operation(lambda a, b: np.where(np.greater(a, b), 1.0, 0.0), _no_slope),
        "not_greater": Operation(lambda a, b: np.where(np.greater(a, b), 0.0, 1.0), _no_slope),
        "abs": Operation(np.abs, lambda y, a, da: np.sign(a) * da),
        "exp": Operation(np.exp, lambda y, a, da: y * da),
        "log": Operation(np.log, lambda y, a, da: np.divide(da, a)),
        "sqrt": Operation(np.sqrt, lambda y, a, da: np.where(np.equal(a, 0), 0.0, np.divide(0.5 * da, y))),
        "tanh": Operation(np.tanh, lambda y, a, da: (1 - y * y) * da),
        "sigmoid": Operation(_sigmoid, lambda y, a, da: y * (1 - y) * da),
        "sin": Operation(np.sin, lambda y, a, da: np.cos(a) * da),
        "cos": Operation(np.cos, lambda y, a, da: -np.sin(a) * da),
        "sign": Operation(np.sign, _no_slope),
        "max": Operation(np.maximum, lambda y, a, b, da, db: _middle(np.greater, a, b, da, db)),
        "min": Operation(np.minimum, lambda y, a, b, da, db: _middle(np.less, a, b, da, db)),
        "where": Operation(
            lambda c, a, b: np.where(np.equal(c, 0), b, a),
            lambda y, c, a, b, dc, da, db: np.where(np.equal(c, 0), db, da),
        ),
    }
)
"""By name."""

FUNCTIONS: Mapping[str, int] = MappingProxyType(
    {
        "abs": 1, "exp": 1, "log": 1, "sqrt": 1, "tanh": 1, "sigmoid": 1, "sin": 1, "cos": 1, "sign": 1, "max": 2,
        "min": 2, "where": 3,
    }
)  # fmt: skip
"""What formulas may call, and how many numbers each takes; max and min take more too."""
