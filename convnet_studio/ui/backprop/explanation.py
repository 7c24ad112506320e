"""Explanation: what the present step does: the contract, the formula, its numbers, and the chain rule as matrices."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Move, Walk
from convnet_studio.ui.backprop.contract import Contract, contract_lines
from convnet_studio.ui.backprop.ribbon import Ribbon, product_of
from convnet_studio.ui.backprop.scene import NameOf
from convnet_studio.ui.backprop.walker import Number, Walker
from convnet_studio.ui.backprop.words import check_text, check_token, number, place, slot_name, sum_text
from convnet_studio.ui.controls.formula import Formula
from convnet_studio.ui.controls.label import Caption, Label
from convnet_studio.ui.theme import number_font

_ROOM_FOR_NUMBERS = 40
"""Pixels that a formula must leave for the numbers below it."""


class Explanation(QWidget):
    """Follows the walk: of the number that is selected, else of the step that was made last."""

    def __init__(self, walker: Walker, name_of: NameOf) -> None:
        super().__init__()
        self._walker = walker
        self._name_of = name_of
        self.heading = Caption()
        self.contract = Contract()
        self.formula = Formula("", 14)
        self.numbers = Label("", "text", number_font(12))
        self.numbers.setWordWrap(True)
        self.numbers.setMinimumWidth(1)
        self.slope = Label("", "second_text", number_font(11))
        self.slope.setMinimumWidth(1)
        self.ribbon = Ribbon()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.contract)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.formula)
        words.addWidget(self.numbers)
        words.addWidget(self.slope)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addLayout(words, 1)
        row.addWidget(self.ribbon, 1)
        column.addLayout(row, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.show_now)
        walker.changed.connect(self._later.start)
        walker.measured.connect(self._show_slope)

    def show_now(self) -> None:
        """Show the walk as it is."""
        self._later.stop()
        stepper, walk = self._walker.stepper, self._walker.walk
        if stepper is None or walk is None or not self.isVisible():
            return
        told = self._walker.current or self._walker.selected
        move = self._move_of(stepper, walk, told)
        if move is None:
            return
        name = self._name_of(move.module)
        self.heading.show_text(f"{name}: {'forward' if move.is_forward else 'backward'}")
        self.contract.show_lines(contract_lines(stepper, move, name))
        self.formula.show_formula(type(stepper.nodes[move.module].module).formula)
        self.formula.setVisible(self.formula.height() <= self.ribbon.height() - _ROOM_FOR_NUMBERS)
        self._show_numbers(stepper, walk, told)
        self.ribbon.show_product(product_of(stepper, walk, move, told[0] if told else None))

    def _move_of(self, stepper: Stepper, walk: Walk, told: Number | None) -> Move | None:
        """The move that found a number; without one that which comes next, at the end the last."""
        if told is not None:
            slot = told[0]
            forward = Move(slot.module, slot.kind in (Kind.OUT, Kind.PARAMETER))
            if forward in stepper.moves:
                return forward
        return stepper.next_move(walk) or (stepper.moves[-1] if stepper.moves else None)

    def _show_numbers(self, stepper: Stepper, walk: Walk, told: Number | None) -> None:
        if told is None:
            self.numbers.show_text("Select a number to see how it comes about.")
            self.slope.show_text("")
            return
        slot, index = told
        name = f"{slot_name(slot)}{place(index, stepper.shape(slot))}"
        value, how = self._walker.value(told), self._walker.arithmetic(told)
        products = walk.position.product if told == self._walker.current else None
        if how is None or (value is None and products is None):
            reason = "stale: press Recompute" if walk.is_stale(slot, index) else "not computed yet"
            self.numbers.show_text(f"{name}: {reason}")
        elif index in walk.edited.get(slot, ()):
            self.numbers.show_text(f"{name} = {number(value or 0.0)}  (edited)")
        elif products is not None:
            so_far = number(how.partial_sum(products))
            self.numbers.show_text(
                f"{name} = {sum_text(how, products)} + …\nafter {products} of {len(how.terms)} products: {so_far}"
            )
        elif not how.terms and not how.formula and not how.constant:
            given = slot.kind is Kind.PARAMETER or not slot.kind.is_gradient
            reason = "given" if given else "nothing arrives here" if value == 0 else "what this loss counts"
            self.numbers.show_text(f"{name} = {number(value or 0.0)}  ({reason})")
        else:
            all_uses = self._all_uses(stepper, walk, told)
            self.numbers.show_text(f"{name} = {sum_text(how)} = {number(value or 0.0)}{all_uses}")
        self._show_slope()

    def _all_uses(self, stepper: Stepper, walk: Walk, told: Number) -> str:
        """Of a gradient by a shared parameter: what all modules that use it send, as far as they did."""
        slot, index = told
        parts = stepper.parts(slot) if slot.kind is Kind.GRAD_PARAMETER else []
        sent = [value for part in parts if (value := self._walker.value((part, index))) is not None]
        return f"\n{len(sent)} of {len(parts)} uses together: {number(sum(sent))}" if parts else ""

    def _show_slope(self) -> None:
        """What was measured of the selected gradient."""
        told = self._walker.current or self._walker.selected
        found = self._walker.checks.get(told) if told is not None else None
        if found is None:
            self.slope.show_text("")
            return
        self.slope.use_token(check_token(found))
        self.slope.show_text(f"measured slope {number(found.measured)}   {check_text(found)}")
