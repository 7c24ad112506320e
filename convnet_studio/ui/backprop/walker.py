"""Walker: the walk that the user steps, edits and takes back, and the slopes that are measured beside it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from convnet_studio.engine.analysis.backprop_arithmetic import Arithmetic
from convnet_studio.engine.analysis.backprop_check import Check, check
from convnet_studio.engine.analysis.backprop_inquiry import WholeWay
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Grain, Slot, Walk

Number = tuple[Slot, int]
"""One number of the walk: where it stands, and its flat index there."""

PIECE_SECONDS = 0.004
"""Measuring between two looks at what the user does."""
_NEWS_SECONDS = 0.1
"""From one `measured` to the next at least: whoever hears it paints everything anew."""
_EDITS_KEPT = 200


class Walker(QObject):
    """Holds a walk; there is none until `take_up`."""

    changed = Signal()
    """The walk, the step's grain or the selected number is another one."""
    measured = Signal()
    """More slopes were measured."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stepper: Stepper | None = None
        self.walk: Walk | None = None
        self.grain = Grain.MODULE
        self.selected: Number | None = None
        self.checks: dict[Number, Check] = {}
        self.wanted: Callable[[], Iterable[Number]] = tuple
        """Gives the gradients in sight, which are to be measured."""
        self._before_edits: list[Walk] = []
        self._arithmetic: dict[Number, Arithmetic] = {}
        self._told_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._measure)

    def take_up(self, way: WholeWay, opening: int) -> None:
        """Begin with another network or picture: as far as one was before, else `opening` moves on."""
        stepper = way.stepper
        same = self.stepper is not None and self.stepper.moves == stepper.moves
        move = self.walk.position.move if same and self.walk is not None else opening
        self.stepper = stepper
        self._before_edits.clear()
        walk = stepper.go_to(way.walk, move)
        if not same:
            self.selected = self._found_last(walk)
        self._show(walk)

    def drop(self) -> None:
        """There is nothing to walk through."""
        self.stepper = self.walk = self.selected = None
        self._timer.stop()
        self.changed.emit()

    # ---------------------------------------------------------------- what the user does

    def use_grain(self, grain: Grain) -> None:
        """Let a step be a module, a unit or a product."""
        self.grain = grain
        self.changed.emit()

    def step(self) -> None:
        """One step on; the number that it brought is selected, of a whole array the largest."""
        if self.stepper is not None and self.walk is not None:
            move, position = self.stepper.next_move(self.walk), self.walk.position
            if move is not None:
                walk = self.stepper.advance(self.walk, self.grain)
                is_module = self.grain is Grain.MODULE
                self.selected = self._found_last(walk) if is_module else self.stepper.unit_at(position)
                self._show(walk)

    def back(self) -> None:
        """One step back; what was found last before it is selected."""
        if self.stepper is not None and self.walk is not None:
            walk = self.stepper.back(self.walk, self.grain)
            is_inside = walk.position.unit + walk.position.product > 0
            self.selected = self.stepper.unit_at(walk.position) if is_inside else self._found_last(walk)
            self._show(walk)

    def go_to(self, move: int) -> None:
        """On or back to where so many moves were made; what the last of them found is selected."""
        if self.stepper is not None and self.walk is not None:
            walk = self.stepper.go_to(self.walk, move)
            self.selected = self._found_last(walk)
            self._show(walk)

    def _found_last(self, walk: Walk) -> Number | None:
        """The largest number of what the last whole move found; None at the start."""
        assert self.stepper is not None
        made = walk.position.move
        return _largest(walk, self.stepper.results(self.stepper.moves[made - 1])[0]) if made else None

    def to_loss(self) -> None:
        """To where the loss was just computed."""
        self.go_to(self.stepper.turn if self.stepper else 0)

    def to_end(self) -> None:
        """To where all gradients are there."""
        self.go_to(len(self.stepper.moves) if self.stepper else 0)

    def select(self, number: Number | None) -> None:
        """Ask how a number comes about."""
        if number != self.selected:
            self.selected = number
            self.changed.emit()

    def edit(self, number: Number, value: float) -> str:
        """Put `value` in its place; one sentence where that can't be."""
        assert self.stepper is not None
        assert self.walk is not None
        before = self.walk
        try:
            edited = self.stepper.edit(before, *number, value)
        except ValueError as problem:
            return str(problem)
        self._before_edits = [*self._before_edits[-_EDITS_KEPT:], before]
        self.selected = number
        self._show(edited)
        return ""

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._before_edits)

    def undo(self) -> None:
        """Return to where the walk stood before the last edit."""
        if self._before_edits:
            self._show(self._before_edits.pop())

    def refresh(self) -> None:
        """Compute anew what is stale."""
        if self.stepper is not None and self.walk is not None:
            self._show(self.stepper.refresh(self.walk))

    # ---------------------------------------------------------------- what is known

    def value(self, number: Number) -> float | None:
        """What stands there; None where it is not computed."""
        slot, index = number
        if self.stepper is None or self.walk is None or not self._is_here(number):
            return None
        return float(self.walk.values[slot].reshape(-1)[index])

    def _is_here(self, number: Number) -> bool:
        slot, index = number
        assert self.stepper is not None
        assert self.walk is not None
        is_of_network = slot.module in self.stepper.nodes
        return is_of_network and slot in self.walk.values and index < self.stepper.known(self.walk, slot)

    def is_stale(self, number: Number) -> bool:
        """Whether it would be another one if it were computed anew, because of an edit."""
        return self.walk is not None and self.walk.is_stale(*number)

    def arithmetic(self, number: Number) -> Arithmetic | None:
        """How it comes about; None where it is not under way yet, or stale."""
        assert self.stepper is not None
        if self.walk is None or number[0] not in self.walk.values or self.is_stale(number):
            return None
        if number not in self._arithmetic:
            self._arithmetic[number] = self.stepper.arithmetic(self.walk, *number)
        return self._arithmetic[number]

    @property
    def current(self) -> Number | None:
        """The number whose products are being added up."""
        if self.stepper is None or self.walk is None or not self.walk.position.product:
            return None
        return self.stepper.unit_at(self.walk.position)

    def worst(self, slot: Slot) -> Check | None:
        """Of the slopes measured of an array, the one that agrees least; None where none was."""
        found = [each for (where, _), each in self.checks.items() if where == slot]
        return max(found, key=_doubt, default=None)

    # ---------------------------------------------------------------- inside

    def _show(self, walk: Walk) -> None:
        before, self.walk = self.walk, walk
        if before is None or not _agree(before, walk):
            self.checks.clear()
            self._arithmetic.clear()
        self.changed.emit()
        self.measure_soon()

    def measure_soon(self) -> None:
        """Begin to measure what is wanted."""
        self._timer.start()

    def rest(self) -> None:
        """Measure nothing while nobody looks."""
        self._timer.stop()

    def measure_all(self) -> None:
        """Measure all that is wanted, at once."""
        self._timer.start()
        while self._timer.isActive():
            self._measure()

    def _measure(self) -> None:
        """Measure a few of the slopes that are wanted."""
        if self.stepper is None or self.walk is None or self.walk.stale or self.walk.position.move < self.stepper.turn:
            self._timer.stop()
            return
        end = perf_counter() + PIECE_SECONDS
        for number in self.wanted():
            if number in self.checks or not number[0].kind.is_gradient or self.value(number) is None:
                continue
            self.checks[number] = check(self.stepper, self.walk, *number)
            if perf_counter() > end:
                if end - self._told_at > _NEWS_SECONDS:
                    self._told_at = end
                    self.measured.emit()
                return
        self._timer.stop()
        self.measured.emit()


def _doubt(found: Check) -> tuple[int, float]:
    """How much a measurement speaks against a gradient; one that says nothing comes last."""
    grade = 0 if found.is_rounding else 1 if found.agrees else 2 if found.is_at_kink else 3
    return grade, found.relative_error


def _largest(walk: Walk, slot: Slot) -> Number:
    """The number of an array that is furthest from 0."""
    return slot, int(np.argmax(np.abs(np.nan_to_num(walk.values[slot]))))


def _agree(one: Walk, other: Walk) -> bool:
    """Whether what was measured of one holds for the other: no number that both have is another."""
    if one.stale or other.stale:
        return False
    return all(other.values.get(slot, each) is each for slot, each in one.values.items())
