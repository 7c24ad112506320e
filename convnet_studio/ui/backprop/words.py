"""Words of the Backprop view: how modules, slots, numbers and formulas are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convnet_studio.engine.analysis.backprop_arithmetic import Arithmetic, Term
from convnet_studio.engine.analysis.backprop_check import Check
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.project.spec import NetworkSpec
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.controls.number_text import short

MINUS = "−"
MOST_TERMS = 4
"""Of a sum that is written out; the others are three dots."""


def number(value: float) -> str:
    """A number in at most seven characters: a minus as wide as a plus, an exponent without a leading 0."""
    return short(value).replace("e-0", "e-").replace("e+0", "e").replace("-", MINUS)


def factor(value: float) -> str:
    """A number as a factor of a product: in brackets where it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def module_name(network: NetworkSpec, node: Node) -> str:
    """What the user calls a module; of one that is unfolded in time, its step too."""
    module_id, _, time = node.id.partition("@")
    name = title(network.module(module_id)) if module_id in network else type(node.module).__name__
    return f"{name} @{time}" if time else name


def slot_name(slot: Slot, ports: int = 1) -> str:
    """What an array is called in the contract of its module; of several inputs each has its number."""
    if slot.kind is Kind.PARAMETER:
        return str(slot.key)
    if slot.kind is Kind.GRAD_PARAMETER:
        return f"grad{str(slot.key).capitalize()}"
    return f"gradIn {int(slot.key) + 1}" if slot.kind is Kind.GRAD_IN and ports > 1 else slot.kind.value


def place(index: int, shape: Shape) -> str:
    """Where in an array a number stands: ``[2, 0, 1]``; of a single number nothing."""
    if int(np.prod(shape)) == 1:
        return ""
    return f"[{', '.join(str(each) for each in np.unravel_index(index, shape))}]"


def sum_text(told: Arithmetic, products: int | None = None) -> str:
    """A formula with its numbers: ``0.742 · 0.500 + 0.100``; of a sum under way the first `products` terms.

    Of a long sum those products are written out that make most of it, and what all others add: it holds as printed.
    """
    if told.formula:
        return "".join(each if isinstance(each, str) else number(each) for each in told.formula)
    terms = told.terms if products is None else told.terms[:products]
    shown = terms if len(terms) <= MOST_TERMS else _weightiest(terms, products is not None)
    pieces = [
        number(each.left) if told.is_plain_sum else f"{factor(each.left)} · {factor(each.right)}" for each in shown
    ]
    if len(shown) < len(terms):
        others = sum(each.product for each in terms) - sum(each.product for each in shown)
        pieces.append(f"({len(terms) - len(shown):,} more: {number(others)})")
    if told.rest and products is None:
        pieces.append(f"(smaller ones: {number(told.rest)})")
    if told.constant or not (pieces or told.terms):
        pieces.append(number(told.constant))
    return " + ".join(pieces).replace(f"+ {MINUS}", f"{MINUS} ")


def _weightiest(terms: Sequence[Term], with_last: bool) -> list[Term]:
    """The largest products but those that are 0, in their order; of a sum under way the one added last, too."""
    places = sorted(range(len(terms)), key=lambda place: -abs(terms[place].product))[: MOST_TERMS - 1]
    kept = {place for place in places if terms[place].product} or {places[0]}
    if with_last:
        kept.add(len(terms) - 1)
    return [terms[place] for place in sorted(kept)]


def check_text(check: Check) -> str:
    """The outcome of a measurement: ``✓ 3e-09``; at a corner, as of a maximum of equals, there is no one slope.

    Where the loss's last digits say no more, it speaks neither for the gradient nor against it.
    """
    if check.is_at_kink:
        return "^ at a corner"
    if check.is_rounding:
        return "too small to measure"
    return f"{'✓' if check.agrees else '✗'} {check.relative_error:.0e}"


def check_token(check: Check) -> str:
    """The colour of that."""
    if check.is_rounding:
        return "second_text"
    return "good" if check.agrees else "warn_text" if check.is_at_kink else "bad"


def stale_text(stale: int, size: int) -> str:
    """How many of an array's numbers are stale: ``stale`` where all are, else ``2 of 8 stale``."""
    return "stale" if stale == size else f"{stale:,} of {size:,} stale"
