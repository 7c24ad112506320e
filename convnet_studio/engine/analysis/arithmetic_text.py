"""Arithmetic text: an explanation as people write it, whose printed terms add up exactly to the printed number.

In full precision every number stands as it is: a float64 is a whole multiple of a power of two and so has finitely many
decimals. In short, all terms have the same number of decimals, and the last line takes up what that left out too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from convnet_studio.engine.analysis.explanation import Explanation, Group, Place, Step

FLOAT32_ROUNDING = "float32 rounding"
ALL_ROUNDING = "rounding, of float32 and of these decimals"
_DIGITS = 2000
"""More than any sum of float64 has."""
_MARK = "  <- taken"


def exact_decimal(value: Fraction | float) -> str:
    """All decimals of a number whose denominator is a power of two."""
    fraction = Fraction(value)
    places = fraction.denominator.bit_length() - 1
    digits = str(abs(fraction.numerator) * 5**places).rjust(places + 1, "0")
    whole, rest = (digits[:-places], digits[-places:].rstrip("0")) if places else (digits, "")
    return f"{'-' if fraction < 0 else ''}{whole}{'.' + rest if rest else ''}"


def decimals_for(explanation: Explanation) -> int:
    """Decimals with which the largest term, or the number, has some seven digits."""
    sizes = [abs(value) for group in explanation.last.groups for value in group.counting().tolist()]
    largest = max([abs(explanation.stored), *sizes], default=0.0)
    if not math.isfinite(largest) or largest == 0:
        return 6
    return int(min(max(6 - math.floor(math.log10(largest)), 0), 40))


def rounded(value: Fraction | float, decimals: int) -> Decimal:
    """A number with so many decimals, correctly rounded."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(exact_decimal(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def plain(number: Decimal) -> str:
    """A decimal without an exponent."""
    return f"{number:f}"


def last_line(explanation: Explanation, decimals: int | None) -> tuple[str, str]:
    """Name and number of the last term: what is missing between the terms as printed and the number as printed.

    Args:
        explanation: of a finite number. `decimals`: of all numbers printed; None: all that they have.
    """
    rounding = explanation.rounding()
    if rounding is None:
        return FLOAT32_ROUNDING, "nan"
    if decimals is None:
        return FLOAT32_ROUNDING, exact_decimal(rounding)
    terms = [value for group in explanation.last.groups for value in group.counting().tolist()]
    with localcontext() as context:
        context.prec = _DIGITS
        total = sum((rounded(value, decimals) for value in terms), Decimal(0))
        return ALL_ROUNDING, plain(rounded(explanation.stored, decimals) - total)


def summed(explanation: Explanation, decimals: int) -> tuple[str, str, str] | None:
    """The sum of all terms, the float32 rounding and the stored number, so printed that the first two give the third.

    None where something is not finite.
    """
    total = explanation.last.total()
    if total is None or not math.isfinite(explanation.stored):
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        before, after = rounded(total, decimals), rounded(explanation.stored, decimals)
        return plain(before), signed(plain(after - before)), plain(after)


def written(explanation: Explanation, heading: str, is_full: bool, title_of: Callable[[str], str]) -> str:
    """The whole arithmetic, a line for each term.

    Args:
        explanation: what to write. `heading`: where the number is.
        is_full: with all decimals. `title_of`: what a module is called, by its id.
    """
    decimals = None if is_full else decimals_for(explanation)
    lines = [heading, ""]
    for step in explanation.steps:
        is_last = step is explanation.last
        lines += [step.formula, *_terms(step, decimals if is_last or is_full else 8, title_of)]
        if not is_last:
            lines += [f"= {step.symbol} = {step.result!r}", ""]
    name, number = last_line(explanation, decimals)
    lines.append(f"{signed(number)}  {name}")
    lines.append(f"= {number_text(explanation.stored, decimals)}  stored value, exactly")
    if math.isfinite(explanation.measured):
        lines.append(f"  {explanation.measured!r}  measured by finite differences in float64")
    return "\n".join([*lines, *([explanation.remark] if explanation.remark else [])]) + "\n"


def number_text(value: float, decimals: int | None) -> str:
    """A number with so many decimals; None: with all that it has."""
    if not math.isfinite(value):
        return str(value)
    return exact_decimal(value) if decimals is None else plain(rounded(value, decimals))


def signed(text: str) -> str:
    """With its sign in front."""
    return text if text.startswith("-") else f"+{text}"


def _terms(step: Step, decimals: int | None, title_of: Callable[[str], str]) -> Iterator[str]:
    for group in step.groups:
        for term, value in enumerate(group.values.tolist()):
            mark = _MARK if term == group.chosen else ""
            shown = signed(number_text(value, decimals))
            if group.chosen >= 0 and term != group.chosen:
                shown = f"({shown})"
            yield f"{shown}  {group.name}{_made_of(group, term, title_of)}{mark}"


def _made_of(group: Group, term: int, title_of: Callable[[str], str]) -> str:
    factors = [
        f"{column.symbol}{_where(column.place(term), title_of)} {column.values[term]!s}" for column in group.columns
    ]
    return f": {' × '.join(factors)}" if factors else ""


def _where(place: Place | None, title_of: Callable[[str], str]) -> str:
    if place is None:
        return ""
    name = f" {place.name}" if place.name else ""
    return f"[{title_of(place.module_id)}{name} {', '.join(map(str, place.index))}]"
