"""Explain: any number of a network, output, gradient, parameter or loss, as terms that add up exactly to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis import rules  # noqa: F401 - fills the table of rules
from convnet_studio.engine.analysis.explanation import Explanation, Place, Step, What, single
from convnet_studio.engine.analysis.measured_slope import measured_slope
from convnet_studio.engine.analysis.passes import Pass, run_through, users_of
from convnet_studio.engine.analysis.reach import Mask, cone, footprint
from convnet_studio.engine.analysis.rule import explain_case
from convnet_studio.engine.analysis.slopes import Arrived, Terms, by_input, by_parameter
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.training.inquiry import Inquiry, Moment

KINK_REMARK = "The loss has a kink or a jump at this number, so there is no slope to be measured."


def explain(shown: Pass, place: Place) -> Iterator[Explanation | None]:
    """How the number at `place` came about; the last thing yielded is the answer, None before that ends a small piece.

    Raises:
        ValueError: in one sentence, where there is no such number.
    """
    node = shown.network.nodes[place.module_id]
    if place.what is What.OUTPUT:
        made = explain_case(shown.case(node, place.index))
        stored = float(shown.outputs[node.id][place.index])
        yield Explanation(place, stored, made.steps, made.roundings, made.remark, slack=made.slack)
    elif place.what is What.LOSS:
        yield _explained_loss(shown, node, place)
    elif place.what is What.PARAMETER:
        yield _explained_parameter(shown, node, place)
    elif place.what is What.OUTPUT_GRADIENT:
        yield from _explained_output_gradient(shown, node, place)
    else:
        yield from _explained_parameter_gradient(shown, node, place)


def _explained_loss(shown: Pass, node: Node, place: Place) -> Explanation:
    assert isinstance(node.module, Loss)
    if shown.label < 0 and (node.module.judges_classes() or node.module.compares_pairs):
        raise ValueError("The class of this picture is not known, so it has no loss.")
    made = explain_case(shown.case(node))
    weight = node.module.weight
    remark = made.remark if weight == 1 else f"In the sum of all losses it counts times its weight, {weight:g}."
    return Explanation(place, shown.loss(node), made.steps, made.roundings, remark)


def _explained_parameter(shown: Pass, node: Node, place: Place) -> Explanation:
    value = float(shown.parameters[node.id][place.name][place.index])
    step = Step(place.name, (single(f"{place.name}", value),), f"{place.name}, stored")
    is_fitted = shown.network.is_fitted(node.id)
    how = "fitted to the training pictures" if is_fitted else "learned: each step takes rate times gradient from it"
    return Explanation(place, value, (step,), 0, f"This number is {how}.")


def _explained_output_gradient(shown: Pass, node: Node, place: Place) -> Iterator[Explanation | None]:
    if node.id not in shown.gradients:
        raise ValueError("There is no gradient here: nothing below learns, or no loss is reached.")
    terms = Terms()
    for taker in shown.network.graph.nodes:
        for port, source in enumerate(taker.sources):
            if source == node.id and (arrived := _arrived(shown, taker)) is not None:
                for _ in by_input(arrived, port, place.index, terms):
                    yield None
    yield _gradient(shown, place, terms, float(shown.gradients[node.id][place.index]), "δ = Σ δ ∂y/∂x")


def _explained_parameter_gradient(shown: Pass, node: Node, place: Place) -> Iterator[Explanation | None]:
    network = shown.network
    if not network.learns(node.shares or node.id) or shown.parameter_gradient is None:
        raise ValueError("It does not learn, so there is no gradient by it.")
    terms = Terms()
    for user in users_of(network, node.id):
        if (arrived := _arrived(shown, network.nodes[user])) is not None:
            for _ in by_parameter(arrived, place.name, place.index, terms):
                yield None
    stored = float(shown.parameter_gradient[place.index])
    yield _gradient(shown, place, terms, stored, f"∂L/∂{place.name} = Σ δ ∂y/∂{place.name}")


def _arrived(shown: Pass, node: Node) -> Arrived | None:
    """A module with what came back to it; None where nothing did."""
    if isinstance(node.module, Loss):
        return Arrived(shown.case(node), np.zeros(()), np.ones(()))
    if node.id not in shown.gradients:
        return None
    return Arrived(shown.case(node), shown.outputs[node.id], shown.gradients[node.id])


def _gradient(shown: Pass, place: Place, terms: Terms, stored: float, formula: str) -> Explanation:
    groups = tuple(terms.groups) or (single("nothing arrives", 0.0),)
    step = Step("δ" if place.what is What.OUTPUT_GRADIENT else f"∂L/∂{place.name}", groups, formula)
    return Explanation(place, stored, (step,), max(1, terms.roundings), slack=terms.magnitude)


@dataclass(frozen=True, eq=False)
class Explained:
    """What the window shows of a number: how it came about, and the `shape` of the array that it is in."""

    explanation: Explanation
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Explain(Inquiry):
    """How does this number come about?

    Attributes:
        place: of the number. `measures`: whether the slope of a gradient is measured too.
    """

    place: Place
    measures: bool = False

    def work(self, moment: Moment) -> Iterator[Explained | None]:
        """The arithmetic first, then with what was measured."""
        place = self.place
        shape = check_place(moment.run.network, place)
        is_measured = self.measures and place.what in (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT)
        weights = moment.run.network.parameters.copy() if is_measured else None
        shown = run_through(moment.run, moment.picture, moment.label, place)
        yield None
        found: Explanation | None = None
        for found in explain(shown, place):
            yield Explained(found, shape) if found is not None else None
        if found is not None and weights is not None:
            twin = moment.run.twin(np.float64, weights)
            yield None
            slope = yield from measured_slope(twin, shown, place)
            remark = found.remark if math.isfinite(slope) else KINK_REMARK
            yield Explained(replace(found, measured=slope, remark=remark), shape)


@dataclass(frozen=True, eq=False)
class Reached:
    """What a number is computed from, and what it can touch: masks of outputs by module id, itself in both."""

    place: Place
    footprint: Mapping[str, Mask]
    cone: Mapping[str, Mask]


@dataclass(frozen=True)
class Reach(Inquiry):
    """What is the number at `place` computed from, and what can it touch? Weights have no say in it."""

    is_live: ClassVar[bool] = False
    asks_of_picture: ClassVar[bool] = False
    place: Place

    def work(self, moment: Moment) -> Iterator[Reached | None]:
        """For each module that the number is used in, first the way down, then the way up."""
        network, place = moment.run.network, self.place
        check_place(network, place)
        nodes = network.nodes
        is_output = place.what in (What.OUTPUT, What.OUTPUT_GRADIENT)
        down: dict[str, Mask] = {}
        up: dict[str, Mask] = {}
        for user in [place.module_id] if is_output else users_of(network, place.module_id):
            mask = marked(nodes[user], place)
            _join(down, footprint(nodes, user, mask))
            yield None
            _join(up, cone(nodes, user, mask))
        yield Reached(place, down, up)


def _join(masks: dict[str, Mask], others: Mapping[str, Mask]) -> None:
    """Mark what `others` marks too."""
    for module_id, mask in others.items():
        masks[module_id] = masks[module_id] | mask if module_id in masks else mask


def check_place(network: Network, place: Place) -> tuple[int, ...]:
    """The shape of the array that the number is in.

    Raises:
        ValueError: in one sentence, unless there is a number at `place`.
    """
    node = network.nodes.get(place.module_id)
    shape = _array_shape(node, place) if node is not None else None
    if (
        shape is None
        or len(shape) != len(place.index)
        or any(not 0 <= at < size for at, size in zip(place.index, shape, strict=True))
    ):
        raise ValueError("This number is not there: the module does not compute, or has another shape by now.")
    return shape


def _array_shape(node: Node, place: Place) -> tuple[int, ...] | None:
    if place.what is What.LOSS:
        return () if isinstance(node.module, Loss) else None
    if place.what in (What.OUTPUT, What.OUTPUT_GRADIENT):
        return node.shape if isinstance(node.module, Module) else None
    array = node.module.parameters().get(place.name) if isinstance(node.module, Module) else None
    return None if array is None else array.value.shape


def marked(node: Node, place: Place) -> Mask:
    """The number in its module's output; of a parameter, all outputs of the module `node` that it has a part in."""
    mask = np.zeros(node.shape, bool)
    if place.what in (What.OUTPUT, What.OUTPUT_GRADIENT):
        mask[place.index] = True
    elif place.what is What.LOSS:
        mask[...] = True
    else:
        assert isinstance(node.module, Module)
        mask[node.module.outputs_with(place.name, place.index, *node.input_shapes)] = True
    return mask
