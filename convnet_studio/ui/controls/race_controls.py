"""RaceControls: what is set of the 1-1-1 net and its race: units, samples, learning rate, rules, where to drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.benches.one_one_one import REACHES, OneOneOneBench
from convnet_studio.engine.analysis.one_one_one import LARGEST_SAMPLE
from convnet_studio.engine.nn.module import Setting
from convnet_studio.ui.controls.check_field import CheckField
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.label import Caption, Label, Sentence
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.rate_slider import RateSlider
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.theme import text_font

LOSS, LOG = "Loss", "Log of loss"
_FIRST_TICKED = 2
_SAMPLES = ((0.5, 0.5), (-0.5, -0.5))
_START = (0.01, 0.012)
_RATE = 1.0


class RaceControls(QWidget):
    """One column of groups."""

    net_changed = Signal()
    """Units or samples are others."""
    picture_changed = Signal()
    """The range or the heights are others."""
    drop_asked = Signal(float, float)
    """A ball is wanted at this place."""

    def __init__(
        self, units: Sequence[str], rules: Sequence[str], color: Callable[[int], QColor], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(4)
        self._add_net(units)
        self._add_picture()
        self._add_rate()
        self._add_rules(rules, color)
        self._add_start()
        self._remark = Sentence("", "warn_text")
        self._column.addWidget(self._remark)
        self._column.addStretch(1)

    # ---------------------------------------------------------------- what is set

    @property
    def units(self) -> str:
        """Which units are tanh."""
        return self._units.value

    @property
    def inputs(self) -> tuple[float, ...]:
        """Of the samples."""
        return tuple(float(x.value) for x, _ in self.samples)

    @property
    def targets(self) -> tuple[float, ...]:
        """Of the samples."""
        return tuple(float(t.value) for _, t in self.samples)

    def bench(self, before: OneOneOneBench) -> OneOneOneBench:
        """`before` with what is set here; of several rules the first one that is ticked."""
        ticked = [self.checks[number].accessibleName() for number in self.ticked]
        return replace(
            before,
            units=self.units,
            inputs=self.inputs,
            targets=self.targets,
            rate=self.rate.rate,
            rule=ticked[0] if ticked else before.rule,
            reach=self._reach.value,
            log_height=self.is_log,
        )

    def show_bench(self, bench: OneOneOneBench) -> None:
        """Show what `bench` sets of all this, without telling anybody; of the rules its own is ticked, and no other."""
        self._units.show_value(bench.units)
        for (x, t), x_now, t_now in zip(self.samples, bench.inputs, bench.targets, strict=True):
            x.show_value(x_now)
            t.show_value(t_now)
        self._height.choose(LOG if bench.log_height else LOSS)
        self._reach.show_value(bench.reach)
        self.rate.show_rate(bench.rate)
        self._rate_field.show_value(bench.rate)
        for check in self.checks:
            check.show_value(check.accessibleName() == bench.rule)
        for field, place in zip(self.start, (bench.w0, bench.w1), strict=True):
            field.show_value(place)

    def control(self, dial: str) -> QWidget | None:
        """What turns a dial of the bench."""
        ticked = self.checks[next(iter(self.ticked), 0)]
        return {
            "units": self._units,
            "inputs": self.samples[0][0],
            "targets": self.samples[0][1],
            "w0": self.start[0],
            "w1": self.start[1],
            "rate": self.rate,
            "rule": ticked,
            "reach": self._reach,
            "log_height": self._height,
        }.get(dial)

    @property
    def is_log(self) -> bool:
        """Whether heights are logarithms."""
        return self._height.choice == LOG

    @property
    def reach(self) -> float:
        """How far both weights go."""
        return float(self._reach.value)

    @property
    def ticked(self) -> list[int]:
        """The numbers of the rules that drop a ball."""
        return [number for number, check in enumerate(self.checks) if check.value]

    def say(self, remark: str) -> None:
        """A sentence below everything."""
        self._remark.show_text(remark)

    # ---------------------------------------------------------------- groups

    def _head(self, text: str) -> None:
        if self._column.count():
            self._column.addSpacing(8)
        self._column.addWidget(Caption(text))

    def _add_net(self, units: Sequence[str]) -> None:
        self._head("y = g(w1 · f(w0 · x))")
        titles = {"tanh": "f and g are tanh", "linear output": "f is tanh, g linear", "linear": "f and g linear"}
        self._units = ChoiceField("Units", units, [titles.get(each, each) for each in units])
        self._units.entered.connect(lambda _: self.net_changed.emit())
        self._column.addWidget(self._units)
        self._head("Samples: input → target")
        grid = QGridLayout()
        grid.setSpacing(4)
        self.samples: list[tuple[NumberField, NumberField]] = []
        for row, sample in enumerate(_SAMPLES):
            fields = tuple(
                _number(f"{word} of sample {row + 1}", value, LARGEST_SAMPLE)
                for word, value in zip(("Input", "Target"), sample, strict=True)
            )
            for column, field in zip((0, 2), fields, strict=True):
                field.entered.connect(lambda value, field=field: self._enter(field, value, LARGEST_SAMPLE))
                grid.addWidget(field, row, column)
            grid.addWidget(Label("→", "second_text"), row, 1)
            self.samples.append((fields[0], fields[1]))
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        self._column.addLayout(grid)

    def _add_picture(self) -> None:
        self._head("Height")
        row = QHBoxLayout()
        row.setSpacing(4)
        self._height = SegmentedControl("Height", (LOSS, LOG))
        self._height.chosen.connect(lambda _: self.picture_changed.emit())
        self._reach = ChoiceField("Range of both weights", REACHES, [f"±{each}" for each in REACHES])
        self._reach.show_value("4")
        self._reach.setToolTip("How far both weights go")
        self._reach.entered.connect(lambda _: self.picture_changed.emit())
        row.addWidget(self._height)
        row.addWidget(self._reach, 1)
        self._column.addLayout(row)

    def _add_rate(self) -> None:
        self._head("Learning rate of the next balls")
        self.rate = RateSlider("Learning rate")
        self.rate.show_rate(_RATE)
        self._rate_field = _number("Learning rate, exactly", _RATE, 1e6, least=0.0)
        self._rate_field.entered.connect(self._enter_rate)
        self.rate.entered.connect(self._rate_field.show_value)
        self._column.addWidget(self.rate)
        self._column.addWidget(self._rate_field)

    def _add_rules(self, rules: Sequence[str], color: Callable[[int], QColor]) -> None:
        self._head("Each click drops a ball for")
        self.checks: list[CheckField] = []
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        for number, rule in enumerate(rules):
            check = CheckField(rule, (rule, rule))
            check.setFixedHeight(24)
            check.show_value(number < _FIRST_TICKED or rule == "Adam")
            self.checks.append(check)
            grid.addWidget(_Dot(color, number), number, 0)
            grid.addWidget(check, number, 1)
        grid.setColumnStretch(1, 1)
        self._column.addLayout(grid)

    def _add_start(self) -> None:
        self._head("Or drop at w0, w1")
        row = QHBoxLayout()
        row.setSpacing(4)
        self.start = tuple(_number(name, value, 1e3) for name, value in zip(("w0", "w1"), _START, strict=True))
        for field in self.start:
            field.entered.connect(lambda value, field=field: _take(field, value, 1e3))
            row.addWidget(field, 1)
        self.drop_button = QPushButton("Drop")
        self.drop_button.setFont(text_font(12))
        self.drop_button.setToolTip("Drop a ball for each ticked rule at these weights")
        self.drop_button.setAccessibleName("Drop balls at these weights")
        self.drop_button.clicked.connect(
            lambda: self.drop_asked.emit(float(self.start[0].value), float(self.start[1].value))
        )
        row.addWidget(self.drop_button)
        self._column.addLayout(row)

    # ---------------------------------------------------------------- what is typed

    def _enter(self, field: NumberField, value: object, most: float) -> None:
        if _take(field, value, most):
            self.net_changed.emit()
        else:
            self.say(f"Samples are numbers from -{most:g} to {most:g}.")

    def _enter_rate(self, value: object) -> None:
        if isinstance(value, int | float) and 0 < value <= 1e6:
            self._rate_field.show_value(value)
            self.rate.show_rate(float(value))
            self.rate.entered.emit(float(value))
        else:
            self._rate_field.set_refused(True)
            self.say("The learning rate must be a number above 0.")


class _Dot(QWidget):
    """The colour of a rule's balls."""

    def __init__(self, color: Callable[[int], QColor], number: int) -> None:
        super().__init__()
        self._color, self._number = color, number
        self.setFixedSize(14, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color(self._number))
        painter.drawEllipse(QPointF(7, 12), 5, 5)


def _number(name: str, value: float, most: float, least: float | None = None) -> NumberField:
    field = NumberField(Setting(name, name, "", float, value, -most if least is None else least, most))
    field.show_value(value)
    return field


def _take(field: NumberField, value: object, most: float) -> bool:
    """Show what was typed if it is a number within bounds, else mark it."""
    is_right = isinstance(value, int | float) and abs(value) <= most
    if is_right:
        field.show_value(value)  # type: ignore[arg-type]
    else:
        field.set_refused(True)
    return is_right
