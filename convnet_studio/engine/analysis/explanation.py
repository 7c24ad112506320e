"""Explanation: how one number of a network came about, as terms that add up exactly to what is stored.

The engine computes in float32 and rounds after every operation. Here each term is a float64, which holds the product
of two float32 exactly; sums are taken of fractions, without any rounding. What is left between the sum and the number
that is stored is shown as one last term, the float32 rounding. It is at most about K 2^-24 Σ|term| after K roundings
(Higham, Accuracy and stability of numerical algorithms (2002), sec. 3.1).
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.module import Array

Index = tuple[int, ...]
UNIT_ROUNDOFF = 2.0**-24
"""The largest relative error of one rounding to float32."""
_SHIFT = 1074
"""All finite float64 are whole multiples of 2^-1074."""


class What(enum.Enum):
    """Which sort of number it is; the value is the word people read."""

    OUTPUT = "output"
    OUTPUT_GRADIENT = "gradient of output"
    PARAMETER = "parameter"
    PARAMETER_GRADIENT = "gradient of parameter"
    LOSS = "loss"


@dataclass(frozen=True)
class Place:
    """Where a number is stored: `name` is that of a parameter, `index` that in the array, batch left out."""

    module_id: str
    what: What = What.OUTPUT
    index: Index = ()
    name: str = ""


@dataclass(frozen=True, eq=False)
class Column:
    """One factor of each term of a group.

    Attributes:
        symbol: as formulas have it, ``x``. `values`: ``(terms,)``.
        module_id, what, name: the array that they come from; an empty id: they are constants.
        indices: ``(terms, axes)`` into that array; rows below 0: padding, which is stored nowhere.
    """

    symbol: str
    values: Array
    module_id: str = ""
    what: What = What.OUTPUT
    name: str = ""
    indices: NDArray[np.int64] | None = None

    def place(self, term: int) -> Place | None:
        """Where the factor of a term is stored; None where it is nowhere."""
        if not self.module_id or self.indices is None or (self.indices[term] < 0).any():
            return None
        return Place(self.module_id, self.what, tuple(self.indices[term].tolist()), self.name)


@dataclass(frozen=True, eq=False)
class Group:
    """Terms that belong together, such as those from one input map.

    Attributes:
        name: ``map 3``, ``bias``. `values`: the terms, float64 ``(terms,)``.
        columns: what they were made of (nothing where a name says it all).
        rows: how many rows they are laid out in, as the window that they come from.
        chosen: of alternatives, the term that was taken; -1: all count.
    """

    name: str
    values: NDArray[np.float64]
    columns: tuple[Column, ...] = ()
    rows: int = 1
    chosen: int = -1

    def counting(self) -> NDArray[np.float64]:
        """The terms that count in the sum."""
        return self.values if self.chosen < 0 else self.values[self.chosen : self.chosen + 1]


@dataclass(frozen=True, eq=False)
class Step:
    """A sum, or a choice, on the way to the number.

    Attributes:
        symbol: what it gives, as in `formula`. `groups`: its terms.
        formula: what is done, as people write it: ``σ² = Σ w v²``.
        value: where a function is taken of the sum, what comes out, in float64; None: the sum itself.
    """

    symbol: str
    groups: tuple[Group, ...]
    formula: str
    value: float | None = None

    def total(self) -> Fraction | None:
        """The exact sum of its terms; None where one is not finite."""
        return exact_sum(value for group in self.groups for value in group.counting().tolist())

    def magnitude(self) -> float:
        """The sum of the sizes of its terms."""
        return math.fsum(abs(value) for group in self.groups for value in group.counting().tolist())

    @property
    def result(self) -> float:
        """What it gives."""
        if self.value is not None:
            return self.value
        total = self.total()
        return math.nan if total is None else float(total)


@dataclass(frozen=True, eq=False)
class Explanation:
    """How a number came about.

    Attributes:
        place: where it is stored. `stored`: the number, as the engine computed it.
        steps: in order; the terms of the last one and `rounding` add up to `stored`, exactly.
        roundings: K, how many float32 operations each may have changed the last digit.
        remark: a sentence that is worth knowing (mostly empty).
        slack: sizes of numbers on the way that no term shows, where it is their small difference that counts, as in the
            slope of a saturated unit or in a typed formula: float32 loses digits there.
        measured: of a gradient, the slope of the loss measured by finite differences in float64 (nan where it was not).
    """

    place: Place
    stored: float
    steps: tuple[Step, ...]
    roundings: int
    remark: str = ""
    measured: float = math.nan
    slack: float = 0.0

    @property
    def last(self) -> Step:
        """The step whose terms add up to the number."""
        return self.steps[-1]

    def rounding(self) -> Fraction | None:
        """What float32 left out or added: the number less the exact sum; None where something is not finite."""
        total = self.last.total()
        return None if total is None or not math.isfinite(self.stored) else Fraction(self.stored) - total

    def bound(self) -> float:
        """How large `rounding` may be: K 2^-24 Σ|term|, and the smallest numbers that float32 has."""
        return self.roundings * (UNIT_ROUNDOFF * (self.last.magnitude() + self.slack) + 2.0**-149)


def exact_sum(values: Iterable[float]) -> Fraction | None:
    """The sum of float64 without any rounding; None where one is not finite."""
    total = 0
    for value in values:
        if not math.isfinite(value):
            return None
        numerator, denominator = value.as_integer_ratio()
        total += numerator << (_SHIFT - denominator.bit_length() + 1)
    return Fraction(total, 1 << _SHIFT)


def product(name: str, *columns: Column, rows: int = 1) -> Group:
    """Terms that are the products of their columns, exact where those are two of float32."""
    values = np.prod([column.values.astype(np.float64) for column in columns], axis=0)
    return Group(name, values, columns, rows)


def single(name: str, value: float, *columns: Column) -> Group:
    """One term."""
    return Group(name, np.array([value], np.float64), columns)
