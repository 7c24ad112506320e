"""Typed numbers: what a learner types where a number is asked for, as people write numbers in any country."""

from __future__ import annotations

import math
import re

from convnet_studio.engine.expression import parse

_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_GROUPED = (
    re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])"),
    re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?: [0-9]{3})+(?! ?[0-9])"),
)
_DECIMAL_COMMA = re.compile(r",(?=[0-9])")


def typed_number(text: str) -> float | None:
    """The finite number that a text says: 1,000 or 1 000, 0.25 or 0,25, −3, 2/3, 1.6e10; None where it says none.

    A comma before just three digits is one between thousands, unless nothing but 0 stands before it; any other is a
    decimal one.
    """
    written = re.sub(r"\s", " ", text.strip()).translate(_MINUS)
    if "<" in written or ">" in written:
        return None
    for grouped in _GROUPED:
        written = grouped.sub(lambda match: re.sub(r"[ ,]", "", match[0]), written)
    try:
        value = float(parse(_DECIMAL_COMMA.sub(".", written), ()).value())
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if math.isfinite(value) else None
