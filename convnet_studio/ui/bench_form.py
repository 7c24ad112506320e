"""BenchForm: the dials of a bench, one below the other, each with the control that suits it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.bench import Bench, Dial, DialValue
from convnet_studio.engine.nn.module import Setting
from convnet_studio.ui.controls.check_field import CheckField
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.label import ElidedLabel, Sentence
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.slider import Slider

WIDTH = 248
"""Pixels that the form is wide where it stands beside the pictures."""
_FIELD = 88
_STOPS = 200
_LOG_STOPS = 120
_LOG_DECADES = 4
"""Of a dial turned by factors that may also be 0: how far below its highest number the factors begin."""
_LONGEST_LINE = 4
"""Fields of a row of numbers side by side, unless they are a square."""


class DialRow(QWidget):
    """One dial: its name, its control, and a sentence where a value was not taken."""

    turned = Signal(object)
    """The value as somebody chose or typed it; whoever listens judges it."""
    reset = Signal()
    """The value of the beginning is wanted."""

    def __init__(self, dial: Dial, start: DialValue) -> None:
        super().__init__()
        self.dial = dial
        self._show: Callable[[Any], None]
        self._fields: list[NumberField | ChoiceField | CheckField] = []
        self._entered = 0  # the field that spoke last
        self._values: list[float] = list(start) if isinstance(start, tuple) else []
        self.label = _ResetLabel(f"{dial.label}, {dial.unit}" if dial.unit else dial.label, self.reset.emit)
        if not dial.is_switch:
            self.setToolTip(f"Double-click the name: back to {_text_of(start, dial)}")
        self.problem = Sentence("", "bad")
        self.problem.setVisible(False)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._add_control()
        self._column.addWidget(self.problem)

    def show_value(self, value: DialValue) -> None:
        """Show the value in force, without telling anybody."""
        self._show(value)
        if not self.problem.isHidden():
            self.problem.setVisible(False)

    def refuse(self, sentence: str) -> None:
        """Say why a value was not taken; the entry stays to be mended."""
        if self._fields:
            self._fields[self._entered].set_refused(True)
        self.problem.show_text(sentence)
        self.problem.setVisible(True)

    # ---------------------------------------------------------------- controls

    def _add_control(self) -> None:
        dial = self.dial
        if dial.is_switch:
            self._add_switch()
        elif dial.options:
            self._add_options()
        elif dial.is_row:
            self._add_fields()
        else:
            self._add_number()

    def _add_switch(self) -> None:
        check = CheckField(self.dial.label, (self.dial.label, self.dial.label))
        check.entered.connect(self.turned)
        self.label.setParent(None)
        self._fields, self._show = [check], check.show_value
        self._column.addWidget(check)

    def _add_options(self) -> None:
        self._column.addWidget(self.label)
        segments = SegmentedControl(self.dial.label, self.dial.options)
        if segments.minimumSizeHint().width() <= WIDTH:
            segments.chosen.connect(self.turned.emit)
            self._show = lambda value: segments.choose(str(value))
            self._column.addWidget(segments)
            return
        segments.deleteLater()
        field = ChoiceField(self.dial.label, self.dial.options)
        field.entered.connect(self.turned)
        self._fields, self._show = [field], field.show_value
        self._column.addWidget(field)

    def _add_fields(self) -> None:
        self._column.addWidget(self.label)
        grid = QGridLayout()
        grid.setSpacing(4)
        count = len(self._values)
        side = math.isqrt(count)
        columns = side if side * side == count and side > 1 else min(count, _LONGEST_LINE)
        for index in range(count):
            field = _number_field(self.dial, f"{self.dial.label}, number {index + 1} of {count}")
            field.setMinimumWidth(40)
            field.entered.connect(lambda value, at=index: self._turn_one(at, value))
            grid.addWidget(field, *divmod(index, columns))
            self._fields.append(field)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        self._show = self._show_fields
        self._column.addLayout(grid)

    def _add_number(self) -> None:
        dial = self.dial
        field = _number_field(dial, dial.label)
        field.setFixedWidth(_FIELD)
        field.entered.connect(self.turned)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.label, 1)
        line.addWidget(field)
        self._column.addLayout(line)
        self._fields, self._show = [field], field.show_value
        stops = stops_of(dial)
        if len(stops) < 2:
            return
        slider = Slider(dial.label, stops, lambda number: f"{number:g} {dial.unit}".strip(), has_words=False)
        slider.entered.connect(lambda number: self.turned.emit(int(number) if dial.is_whole else number))
        self._column.addWidget(slider)

        def show(value: Any) -> None:
            field.show_value(value)
            slider.show_number(float(value))

        self._show = show

    def _show_fields(self, value: DialValue) -> None:
        assert isinstance(value, tuple)
        self._values = list(value)
        for field, each in zip(self._fields, value, strict=True):
            field.show_value(each)

    def _turn_one(self, index: int, value: object) -> None:
        values: list[object] = list(self._values)
        values[index] = value
        self._entered = index
        self.turned.emit(tuple(values))


class BenchForm(QWidget):
    """All dials of a bench. It decides nothing: it tells what was turned, and shows what is in force."""

    turned = Signal(str, object)
    """(name of the dial, value as chosen or typed)"""
    reset = Signal(str)
    """The dial of this name shall be as at the beginning."""

    def __init__(self, start: Bench) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.rows: Mapping[str, DialRow] = {
            name: DialRow(dial, getattr(start, name)) for name, dial in start.dials().items()
        }
        for name, row in self.rows.items():
            row.turned.connect(lambda value, name=name: self.turned.emit(name, value))
            row.reset.connect(lambda name=name: self.reset.emit(name))
            column.addWidget(row)
        self.show_bench(start)

    def show_bench(self, bench: Bench) -> None:
        """Show all dials as `bench` has them."""
        for name, row in self.rows.items():
            row.show_value(getattr(bench, name))


class _ResetLabel(ElidedLabel):
    """A name that tells when it was double-clicked."""

    def __init__(self, text: str, reset: Callable[[], None]) -> None:
        super().__init__(text)
        self._reset = reset

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._reset()


def stops_of(dial: Dial) -> list[float]:
    """The numbers at which a slider stops, rising; none for a dial without bounds."""
    low, high = dial.low, dial.high
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return []
    if dial.is_whole and high - low <= 2 * _STOPS:
        return [float(each) for each in range(math.ceil(low), math.floor(high) + 1)]
    if dial.is_log and low >= 0:
        first = low or high / 10.0**_LOG_DECADES
        inner = [float(f"{each:.2g}") for each in np.geomspace(first, high, _LOG_STOPS)[1:-1]]
        found = {low, first, high, *(each for each in inner if low < each < high)}
    else:
        step = _nice_step((high - low) / _STOPS)
        start = math.ceil(low / step - 1e-9)
        inner = [round(index * step, 12) for index in range(start, math.floor(high / step + 1e-9) + 1)]
        found = {low, high, *inner}
    return sorted({float(round(each)) for each in found} if dial.is_whole else found)


def _nice_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _number_field(dial: Dial, name: str) -> NumberField:
    low = dial.low if math.isfinite(dial.low) else None
    high = dial.high if math.isfinite(dial.high) else None
    return NumberField(Setting(name, name, "", int if dial.is_whole else float, 0, low, high))


def _text_of(value: DialValue, dial: Dial) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{each:g}" for each in value)
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:g} {dial.unit}".strip()
