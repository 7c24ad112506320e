"""Backprop products: the arithmetic of modules that are weighted sums, read off their weights.

What `backprop_arithmetic` finds out by moving numbers, of whatever module, is known of these at once: which weights
meet which inputs. The window asks for it while the user points, so that it must not take a pass through the module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np

from convnet_studio.engine.analysis import rules  # noqa: F401 - fills the table of rules
from convnet_studio.engine.analysis.backprop_arithmetic import Arithmetic, Term
from convnet_studio.engine.analysis.backprop_walk import Slot
from convnet_studio.engine.analysis.explanation import Column
from convnet_studio.engine.analysis.rule import Case, explain_case
from convnet_studio.engine.analysis.slopes import Arrived, Terms, by_input, by_parameter
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.nn.modules.conv_transpose2d import ConvTranspose2d
from convnet_studio.engine.nn.modules.linear import Linear

SUMS = (ConvTranspose2d, FilterBank, Linear)
"""Modules of which all is a sum of products of stored numbers."""


def output_products(
    node: Node, inputs: Sequence[Array], parameters: Mapping[str, Array], source: Slot, index: int
) -> Arithmetic:
    """As `forward_arithmetic`, of one of the SUMS; `source`: where its input stands."""
    at = _place(index, node.shape)
    made = explain_case(Case(node, tuple(inputs), parameters, at))
    sums = [group for group in made.steps[-1].groups if len(group.columns) == 2]
    terms = [term for x, w in (each.columns for each in sums) for term in _terms(x, w, source, inputs[0].shape)]
    biases = [group for group in made.steps[-1].groups if len(group.columns) == 1]
    return Arithmetic(tuple(terms), float(sum(group.values.sum() for group in biases)))


def gradient_products(
    node: Node,
    inputs: Sequence[Array],
    parameters: Mapping[str, Array],
    arrived: Slot,
    grad_output: Array,
    key: int | str,
    index: int,
) -> Arithmetic:
    """As `backward_arithmetic`, of one of the SUMS at these inputs and parameters."""
    given = Arrived(Case(node, tuple(inputs), parameters, ()), grad_output, grad_output)
    terms = Terms()
    if isinstance(key, str):
        list(by_parameter(given, key, _place(index, parameters[key].shape), terms))
    else:
        list(by_input(given, key, _place(index, inputs[key].shape), terms))
    found: list[Term] = []
    for group in terms.groups:
        delta, *others = group.columns
        right = others[0] if others else Column("1", np.ones(len(group.values)))
        found += _terms(delta, right, arrived, grad_output.shape)
    return Arithmetic(tuple(sorted(found, key=attrgetter("index"))))


def _terms(left: Column, right: Column, slot: Slot, shape: Shape) -> list[Term]:
    """Those products that are not 0 whatever stands at the left: the right factor is there, and not 0."""
    assert left.indices is not None
    kept = np.flatnonzero((left.indices >= 0).all(axis=1) & (right.values != 0))
    if right.indices is not None:
        kept = kept[(right.indices[kept] >= 0).all(axis=1)]
    places = np.ravel_multi_index(tuple(left.indices[kept].T), shape)
    pairs = zip(left.values[kept].tolist(), right.values[kept].tolist(), places.tolist(), strict=True)
    return [Term(one, other, slot, place) for one, other, place in pairs]


def _place(index: int, shape: Shape) -> tuple[int, ...]:
    return tuple(map(int, np.unravel_index(index, shape)))
