"""Backprop stepper: one picture's way to the loss and back, a module, a unit or a product at a time.

A `Walk` is a value: how far the way was gone, and every number found on it. A `Stepper` makes one walk of another, so
that going back, undoing an edit and starting over are no more than taking an earlier value. Each module obeys the
contract of Torch7's nn (Collobert et al. 2011): ``forward(in)`` gives ``out``, which is stored; ``backward(in,
gradOut)`` gives ``gradIn`` and the gradients by its parameters. Where wires part, the gradients that come back add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from convnet_studio.engine.analysis.backprop_arithmetic import (
    Arithmetic,
    backward_arithmetic,
    completed,
    forward_arithmetic,
    sum_arithmetic,
)
from convnet_studio.engine.analysis.backprop_products import SUMS, gradient_products, output_products
from convnet_studio.engine.analysis.backprop_walk import Grain, Kind, Move, Position, Slot, Walk
from convnet_studio.engine.analysis.module_slopes import Argument, ModuleSlopes
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.network import Network, loss_gradients, loss_of

T = TypeVar("T")


class Stepper:
    """Walks of one picture through a network of its own, whose parameters it sets as it needs them.

    Args:
        network: float64 where slopes are to be measured; nobody else may use it.
        picture: ``input_shape``. `label`: its class, -1 where unknown: losses that need it are then left out.
        partner: as `picture`, for networks that compare two. `partner_label`: its class.
    """

    def __init__(
        self, network: Network, picture: Array, label: int, partner: Array | None = None, partner_label: int = -1
    ) -> None:
        self.network = network
        self.label = label
        dtype = network.parameters.dtype
        self._picture = np.array(picture, dtype)
        self._partner = self._picture if partner is None else np.array(partner, dtype)
        self._labels = np.array([label]), np.array([partner_label if partner is not None else label])
        self.nodes: dict[str, Node] = {each.id: each for each in network.graph.nodes if self._can_compute(each)}
        reached = self._reached()
        forward = [Move(each, True) for each, node in self.nodes.items() if node.sources]
        backward = [Move(each, False) for each in reversed(self.nodes) if each in reached and self.nodes[each].sources]
        self.moves: tuple[Move, ...] = (*forward, *backward)
        self.turn = len(forward)
        """How many moves there are up to the loss."""
        self._is_affine: dict[str, dict[Argument, bool]] = {}
        self._place = {move: index for index, move in enumerate(self.moves)}
        self.consumers: dict[str, list[tuple[str, int]]] = {}
        """By module, the (module, port) whose gradients come back to it, in the order in which they add."""
        for move in backward:
            for port, source in enumerate(self.nodes[move.module].sources):
                self.consumers.setdefault(source, []).append((move.module, port))

    def _can_compute(self, node: Node) -> bool:
        loss = node.module
        needs_label = isinstance(loss, Loss) and (loss.judges_classes() or loss.compares_pairs)
        return not needs_label or 0 <= self.label < self.network.classes

    def _reached(self) -> set[str]:
        """The modules that a loss depends on, losses included."""
        reached = {each for each, node in self.nodes.items() if isinstance(node.module, Loss)}
        for each in reversed(self.nodes):
            if each in reached:
                reached.update(self.nodes[each].sources)
        return reached

    @cached_property
    def losses(self) -> tuple[str, ...]:
        """The losses that can be computed, by id."""
        return tuple(each for each, node in self.nodes.items() if isinstance(node.module, Loss))

    def owner(self, module_id: str) -> str:
        """The module whose parameters this one uses."""
        return self.nodes[module_id].shares or module_id

    def parameter_slots(self, module_id: str) -> list[Slot]:
        """What the module learns or was fitted to."""
        return [Slot(Kind.PARAMETER, self.owner(module_id), name) for name in self.network.parameters_of(module_id)]

    def results(self, move: Move) -> tuple[Slot, ...]:
        """What a move finds, in the order of its units."""
        if move.is_forward:
            return (Slot(Kind.OUT, move.module),)
        node = self.nodes[move.module]
        is_fitted = isinstance(node.module, Module) and node.module.is_fitted()
        names = () if is_fitted else self.network.parameters_of(move.module)
        ports = (Slot(Kind.GRAD_IN, move.module, port) for port in range(len(node.sources)))
        return (*ports, *(Slot(Kind.GRAD_PARAMETER, move.module, name) for name in names))

    # ---------------------------------------------------------------- where the walk stands

    def start(self) -> Walk:
        """Nothing was computed yet: there are the pictures, the parameters, and what each loss counts."""
        values: dict[Slot, Array] = {}
        for module_id, node in self.nodes.items():
            if isinstance(node.module, Loss):
                weight = np.array([node.module.weight], self.network.parameters.dtype)
                values[Slot(Kind.GRAD_OUT, module_id)] = _kept(weight)
                continue
            if not node.sources:
                shown = self._partner if node.module.shows_partner() else self._picture
                values[Slot(Kind.OUT, module_id)] = _kept(node.module.forward(shown[None])[0])
            if not node.shares:
                for slot in self.parameter_slots(module_id):
                    values[slot] = _kept(self.network.parameters_of(module_id)[str(slot.key)].value)
        return Walk(Position(), values)

    def next_move(self, walk: Walk) -> Move | None:
        """The move that comes next or is under way; None at the end."""
        return self.moves[walk.position.move] if walk.position.move < len(self.moves) else None

    def shape(self, slot: Slot) -> tuple[int, ...]:
        """Of the numbers of a slot; a loss is one number, ``(1,)``."""
        node = self.nodes[slot.module]
        if slot.kind in (Kind.PARAMETER, Kind.GRAD_PARAMETER):
            return self.network.parameters_of(slot.module)[str(slot.key)].value.shape
        return (node.input_shapes[int(slot.key)] if slot.kind is Kind.GRAD_IN else node.shape) or (1,)

    def size(self, slot: Slot) -> int:
        """How many numbers a slot has."""
        return int(np.prod(self.shape(slot)))

    def units(self, move: Move) -> int:
        """How many numbers a move finds."""
        return sum(self.size(slot) for slot in self.results(move))

    def unit_at(self, position: Position) -> tuple[Slot, int]:
        """The number that is found next at a position that is not the end: its slot and flat index."""
        left = position.unit
        for slot in self.results(self.moves[position.move]):
            if left < self.size(slot):
                return slot, left
            left -= self.size(slot)
        raise IndexError(f"There is no unit {position.unit} in {self.moves[position.move]}.")

    def known(self, walk: Walk, slot: Slot) -> int:
        """How many numbers of a slot were found, the first ones; the others are not computed."""
        if slot.kind is Kind.PARAMETER:
            return self.size(slot)
        if slot.kind is Kind.GRAD_OUT and slot.module in self.losses:
            return int(walk.position.move > self._place[Move(slot.module, True)])
        if slot.kind is Kind.GRAD_OUT:
            parts = [self.known(walk, part) for part in self.parts(slot)]
            return min(parts, default=0)
        move = Move(slot.module, slot.kind is Kind.OUT)
        if move not in self._place:
            return self.size(slot) if slot.kind is Kind.OUT else 0  # a picture; or no loss is reached
        made = walk.position.move - self._place[move]
        if made != 0:
            return self.size(slot) if made > 0 else 0
        before = 0
        for each in self.results(move):
            if each == slot:
                break
            before += self.size(each)
        return min(max(walk.position.unit - before, 0), self.size(slot))

    def parts(self, slot: Slot) -> list[Slot]:
        """The gradients that add up to this one: of a GRAD_OUT those that come back over each wire, of a
        GRAD_PARAMETER those of all modules that share it (none where it is the only one)."""
        if slot.kind is Kind.GRAD_OUT:
            return [Slot(Kind.GRAD_IN, target, port) for target, port in self.consumers.get(slot.module, [])]
        if slot.kind is not Kind.GRAD_PARAMETER:
            return []
        owner = self.owner(slot.module)
        sharing = [move.module for move in self.moves[self.turn :] if self.owner(move.module) == owner]
        return [Slot(slot.kind, each, slot.key) for each in sharing] if len(sharing) > 1 else []

    # ---------------------------------------------------------------- on and back

    def advance(self, walk: Walk, grain: Grain) -> Walk:
        """One step on (the same walk at the end). What is stale is computed anew first."""
        walk, move = self.refresh(walk), self.next_move(walk)
        if move is None:
            return walk
        position = walk.position
        if position.unit == position.product == 0:
            walk = replace(walk, values={**walk.values, **self._computed(walk.values, move)})
        if grain is Grain.MODULE:
            return replace(walk, position=Position(position.move + 1))
        if grain is Grain.PRODUCT and position.product + 1 < self.products_at(walk):
            return replace(walk, position=replace(position, product=position.product + 1))
        if position.unit + 1 < self.units(move):
            return replace(walk, position=Position(position.move, position.unit + 1))
        return replace(walk, position=Position(position.move + 1))

    def back(self, walk: Walk, grain: Grain) -> Walk:
        """One step back (the same walk at the start): what that step had found is not computed any more."""
        at = walk.position
        if at == Position():
            return walk
        if at.product and grain is Grain.PRODUCT:
            return self._cut(walk, replace(at, product=at.product - 1))
        if at.product:
            return self._cut(walk, Position(at.move, at.unit))
        if grain is Grain.MODULE:
            return self._cut(walk, Position(at.move if at.unit else at.move - 1))
        before = Position(at.move, at.unit - 1) if at.unit else Position(at.move - 1)
        if not at.unit:
            before = replace(before, unit=self.units(self.moves[before.move]) - 1)
        if grain is Grain.PRODUCT:
            before = replace(before, product=max(0, self.products_at(replace(walk, position=before)) - 1))
        return self._cut(walk, before)

    def go_to(self, walk: Walk, move: int) -> Walk:
        """On or back to where `move` moves were made (`turn`: the loss was just computed)."""
        if walk.position >= Position(move):
            return self._cut(walk, Position(move))
        while walk.position.move < min(move, len(self.moves)):
            walk = self.advance(walk, Grain.MODULE)
        return self.refresh(walk)

    def _cut(self, walk: Walk, position: Position) -> Walk:
        """The walk up to an earlier position."""
        first = position.move + (position > Position(position.move))
        gone = {slot for move in self.moves[first:] for slot in self._found_by(move)}
        values, fresh, stale = (_without(gone, each) for each in (walk.values, walk.fresh, walk.stale))
        return Walk(position, values, fresh, stale, _without(gone, walk.edited))

    def _found_by(self, move: Move) -> Iterator[Slot]:
        """What a move finds, and the gradients that are whole with it or later."""
        yield from self.results(move)
        if not move.is_forward:
            yield from (Slot(Kind.GRAD_OUT, source) for source in self.nodes[move.module].sources)

    def products_at(self, walk: Walk) -> int:
        """How many products the next unit is the sum of (1 where it is no sum); its move must be under way."""
        return max(1, len(self.arithmetic(walk, *self.unit_at(walk.position)).terms))

    def arithmetic(self, walk: Walk, slot: Slot, index: int) -> Arithmetic:
        """How a known number comes about (of a picture and of parameters there is nothing to tell)."""
        node = self.nodes[slot.module]
        parts = self.parts(slot) if slot.kind is Kind.GRAD_OUT else []
        with np.errstate(all="ignore"):
            if parts:
                return sum_arithmetic(parts, [walk.values[each] for each in parts], index)
            if slot.kind is Kind.OUT and node.sources:
                sources = [Slot(Kind.OUT, each) for each in node.sources]
                if isinstance(node.module, SUMS):
                    return output_products(node, *self._given(walk, node), sources[0], index)
                return forward_arithmetic(node, self.slopes(walk.values, slot.module), sources, index)
            if slot.kind in (Kind.GRAD_IN, Kind.GRAD_PARAMETER):
                arrived = Slot(Kind.GRAD_OUT, slot.module)
                if isinstance(node.module, SUMS):
                    given = self._given(walk, node)
                    return gradient_products(node, *given, arrived, walk.values[arrived], slot.key, index)
                here = self.slopes(walk.values, slot.module)
                told = backward_arithmetic(here, arrived, walk.values[arrived], slot.key, index)
                is_edited = index in walk.edited.get(slot, ())
                return told if is_edited else completed(told, float(walk.values[slot].reshape(-1)[index]))
        return Arithmetic()

    def _given(self, walk: Walk, node: Node) -> tuple[list[Array], dict[str, Array]]:
        """The inputs and the parameters of a module."""
        parameters = {str(slot.key): walk.values[slot] for slot in self.parameter_slots(node.id)}
        return [walk.values[Slot(Kind.OUT, source)] for source in node.sources], parameters

    # ---------------------------------------------------------------- what is computed

    def slopes(self, values: Mapping[Slot, Array], module_id: str) -> ModuleSlopes:
        """A module at the point where these values put it."""
        node, is_affine = self.nodes[module_id], self._is_affine.setdefault(module_id, {})
        for slot in self.parameter_slots(module_id):
            self.network.parameters_of(module_id)[str(slot.key)].value[...] = values[slot]
        inputs = [values[Slot(Kind.OUT, source)] for source in node.sources]
        if not isinstance(node.module, Loss):
            return ModuleSlopes(node.module, inputs, is_affine=is_affine)

        def compare(*predictions: Array) -> Array:
            return loss_of(node, predictions, *self._labels)

        return ModuleSlopes(node.module, inputs, compare, lambda: loss_gradients(node), is_affine)

    def _computed(self, values: Mapping[Slot, Array], move: Move) -> dict[Slot, Array]:
        """What a move finds, and the gradients by outputs that it completes."""
        here = self.slopes(values, move.module)
        with np.errstate(all="ignore"):
            if move.is_forward:
                return {Slot(Kind.OUT, move.module): _kept(here.output())}
            by_inputs, by_parameters = here.backward(values[Slot(Kind.GRAD_OUT, move.module)])
            arrays = (*by_inputs, *by_parameters.values())
            found = {slot: _kept(each) for slot, each in zip(self.results(move), arrays, strict=True)}
            return found | self._completed({**values, **found}, self.nodes[move.module].sources)

    def _completed(self, values: Mapping[Slot, Array], sources: Iterable[str]) -> dict[Slot, Array]:
        """The gradients by the outputs of `sources` of which all parts are there."""
        found = {}
        for source in sources:
            parts = self.parts(Slot(Kind.GRAD_OUT, source))
            if all(part in values for part in parts):
                total = values[parts[0]]
                for part in parts[1:]:
                    total = total + values[part]
                found[Slot(Kind.GRAD_OUT, source)] = _kept(total)
        return found

    # ---------------------------------------------------------------- edits

    def edit(self, walk: Walk, slot: Slot, index: int, number: float) -> Walk:
        """Put `number` where a known number was (flat index); what would be another one with it is stale from then on.

        What was stale before is computed first. A number that somebody put there stays as long as what it would be
        without that is the same.

        Raises:
            ValueError: if that number was not computed yet, or `number` is not finite.
        """
        if not np.isfinite(number):
            raise ValueError("Type a number, such as -0.25.")
        if not 0 <= index < self.known(walk, slot):
            raise ValueError("This number was not computed yet: step on to it, then edit it.")
        walk = self.refresh(walk)
        array = walk.values[slot].copy()
        array.reshape(-1)[index] = number
        edited = {**walk.edited, slot: walk.edited.get(slot, frozenset()) | {index}}
        fresh, stale = self._changed_by(walk, slot, array)
        return Walk(walk.position, {**walk.values, slot: _kept(array)}, fresh, stale, edited)

    def _changed_by(self, walk: Walk, slot: Slot, array: Array) -> tuple[dict[Slot, Array], dict[Slot, Array]]:
        """With `array` in place of a slot: the arrays that would be others, and where their numbers differ."""
        values: dict[Slot, Array] = {**walk.values, slot: array}
        fresh: dict[Slot, Array] = {}
        stale: dict[Slot, Array] = {}

        def compare(compute: Callable[[Mapping[Slot, Array]], Mapping[Slot, Array]], slots: Iterable[Slot]) -> None:
            found, before = compute(values), walk.values
            if any(each in walk.edited for each in slots):
                before = compute(walk.values)
            for each in slots:
                differs = ~((found[each] == before[each]) | (np.isnan(found[each]) & np.isnan(before[each])))
                if each != slot and differs.any():
                    fresh[each] = values[each] = _kept(np.where(differs, found[each], walk.values[each]))
                    stale[each] = _kept(differs)

        for move in self.moves:
            changed, results = {slot, *fresh}, self.results(move)
            if results[0] in walk.values and not changed.isdisjoint(self._used_by(move)):
                compare(partial(self._computed, move=move), results)
                changed.update(fresh)
            if not move.is_forward:
                sums = [Slot(Kind.GRAD_OUT, source) for source in dict.fromkeys(self.nodes[move.module].sources)]
                sums = [each for each in sums if each in walk.values and not changed.isdisjoint(self.parts(each))]
                compare(partial(self._completed, sources=[each.module for each in sums]), sums)
        return fresh, stale

    def _used_by(self, move: Move) -> list[Slot]:
        used = [Slot(Kind.OUT, source) for source in self.nodes[move.module].sources]
        used += self.parameter_slots(move.module)
        return used if move.is_forward else [*used, Slot(Kind.GRAD_OUT, move.module)]

    def refresh(self, walk: Walk) -> Walk:
        """Compute anew what is stale, and nothing else."""
        if not walk.stale:
            return walk
        edited = {}
        for slot, indices in walk.edited.items():
            kept = frozenset(each for each in indices if not walk.is_stale(slot, each))
            if kept:
                edited[slot] = kept
        return Walk(walk.position, {**walk.values, **walk.fresh}, edited=edited)

    # ---------------------------------------------------------------- the loss

    def total(self, walk: Walk) -> float | None:
        """The loss: the sum of all losses, each times its weight; None until they were computed."""
        return self.loss(walk, {}) if self.losses and walk.position.move >= self.turn else None

    def loss(self, walk: Walk, fresh: Mapping[str, Array]) -> float:
        """The same, with the outputs `fresh`, by module, in place of those of the walk."""
        weights = (walk.values[Slot(Kind.GRAD_OUT, each)][0] for each in self.losses)
        found = (fresh.get(each, walk.values[Slot(Kind.OUT, each)])[0] for each in self.losses)
        return float(sum(weight * each for weight, each in zip(weights, found, strict=True)))


def _without(gone: set[Slot], of_slots: Mapping[Slot, T]) -> dict[Slot, T]:
    return {slot: each for slot, each in of_slots.items() if slot not in gone}


def _kept(array: Array) -> Array:
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
