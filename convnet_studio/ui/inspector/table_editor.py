"""TableEditor: the connection table of a filter bank as a matrix, with patterns to begin from, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.nn.connection_table import connected_pairs, read_table, table_text
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.module import Setting, SettingValue, Shape, ShapeProblem
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import ModuleSummary
from convnet_studio.ui.controls.fold import Fold
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.table_matrix import TableMatrix
from convnet_studio.ui.inspector.change_marks import ChangeMark
from convnet_studio.ui.inspector.settings_form import SettingsForm

PATTERN, GROUPS, FAN_IN, SEED, TEXT = "pattern", "groups", "fan_in", "seed", "text"
PATTERNS = ("full", "one-to-one", "groups", "random", "lenet-5", "lenet-7")
BY_HAND = "by hand"
HIGHEST = 320
"""Pixels of the matrix before it scrolls."""
USUAL_FAN_IN = 4
FORM = (
    Setting(PATTERN, "Pattern", "Which inputs each output sees.", str, "full", choices=(*PATTERNS, BY_HAND)),
    Setting(GROUPS, "Groups", "Parts that do not see each other.", int, 2, 1, 1024),
    Setting(FAN_IN, "Inputs of each", "How many input maps each output map sees, drawn by chance.", int, 4, 1, 1024),
    Setting(SEED, "Seed", "Another seed draws another table.", int, 1, 0, 999_999_999),
    Setting(TEXT, "Table", "The inputs of each output, such as 0-3, 1-4.", str, "full", syntax=read_table),
)


class TableEditor(QWidget):
    """Shows the table of one filter bank; what the user wants instead goes out as the text of its setting."""

    entered = Signal(str)
    """The table wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._module: ModuleSpec | None = None
        self._shape: Shape = ()
        self._is_typed = False
        """Whether the user has asked to write the table by hand."""
        self.form = SettingsForm(FORM)
        self.counts = Sentence("", "text")
        self.told = Sentence()
        self.told.setMinimumHeight(2 * self.told.fontMetrics().lineSpacing())  # so that nothing below moves
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.refusal = Sentence("", "bad")
        self.matrix = TableMatrix()
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().setAutoFillBackground(False)
        self._area.setCornerWidget(QWidget())
        self.matrix.setAutoFillBackground(False)
        self._area.setWidget(self.matrix)
        self._area.viewport().installEventFilter(self)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.form, self.counts, self._area, self.told, self.refusal):
            column.addWidget(widget)
        self.fold = Fold("Connection table", content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.fold)
        self.refusal.setVisible(False)
        self.form.entered.connect(self._enter_pattern)
        self.matrix.painted.connect(self._follow_painting)
        self.matrix.finished.connect(self._hand_on)
        self.matrix.pointed.connect(self._tell)
        self.matrix.mark_moved.connect(self._reveal)

    def show_module(self, module: ModuleSpec, known: ModuleSummary | None) -> None:
        """Show the table of `module`; nothing where it has none, or nobody knows between how many maps."""
        kind = find_kind(module.kind)
        has_table = kind is not None and issubclass(kind, FilterBank)
        is_known = known is not None and known.shape is not None and len(known.input_shapes) == 1
        self.setVisible(has_table and is_known)
        if not has_table or known is None or not is_known:
            return
        is_other = self._module is None or self._module.id != module.id
        self._module, self._shape = module, known.input_shapes[0]
        table = str(module.settings.get("table", "full"))
        if is_other:
            self._is_typed = False
            self.fold.heading.setChecked(table != "full")
        self._say_refusal("")
        try:
            self._show_table(table)
        except ShapeProblem:  # the summary is older than this edit, or the problem is told above
            self.setVisible(False)
        else:
            self._show_pattern(table)

    def show_mark(self, mark: ChangeMark) -> None:
        """Say when another table takes effect."""
        self.form.show_marks({each.name: mark for each in FORM})

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The matrix uses the width that there is."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def _show_table(self, table: str) -> None:
        inputs, outputs = self._shape[0], self._bank(table).out_channels
        rows: list[set[int]] = [set() for _ in range(outputs)]
        for output, source in connected_pairs(table, inputs, outputs):
            rows[output].add(source)
        self.matrix.show_table(inputs, rows)
        self._fit()
        self._count()
        self._tell(-1, -1)

    def _show_pattern(self, table: str) -> None:
        word, *rest = table.split()
        pattern = word if word in PATTERNS and not self._is_typed else BY_HAND
        numbers = [int(each) for each in rest if each != SEED] if pattern != BY_HAND else []
        values: dict[str, SettingValue] = {GROUPS: numbers[0]} if pattern == "groups" else {}
        if pattern == BY_HAND:
            values = {TEXT: table}
        if pattern == "random":
            values = {FAN_IN: numbers[0], SEED: numbers[1] if len(numbers) > 1 else 1}
        self.form.show_values({PATTERN: pattern, **values})
        for name in (GROUPS, FAN_IN, SEED, TEXT):
            self.form.fields[name].setVisible(name in values)

    def _enter_pattern(self, name: str, value: object) -> None:
        """Take a pattern, one of its numbers, or a table by hand."""
        setting = self.form.fields[name].setting
        self._is_typed = name == TEXT or value == BY_HAND
        try:
            table = self._written(name, setting.check(value))
            connected_pairs(table, self._shape[0], self._bank("full").out_channels)
        except ShapeProblem as problem:
            self._refuse_entry(name, f"{problem.what}.")
        except ValueError as problem:
            self._refuse_entry(name, str(problem))
        else:
            self._say_refusal("")
            self._show_pattern(table)
            self.entered.emit(table)

    def _refuse_entry(self, name: str, sentence: str) -> None:
        """Say why a row was not taken; a text stays to be mended."""
        if name != TEXT:
            self._refuse(sentence)
            return
        self.form.fields[TEXT].editor.set_refused(True)
        self._say_refusal(sentence)

    def _written(self, name: str, value: object) -> str:
        """The table that follows from a new `value` of a row of the form."""
        assert self._module is not None
        table = str(self._module.settings.get("table", "full"))
        inputs, outputs = self._shape[0], self._bank("full").out_channels
        fan_in, seed = (self.form.fields[each].editor.value for each in (FAN_IN, SEED))
        if name == TEXT:
            return str(value)
        if name == GROUPS:
            return f"groups {value}"
        if name == FAN_IN:
            return f"random {value} seed {seed}"
        if name == SEED:
            return f"random {fan_in} seed {value}"
        if value == "groups":
            return f"groups {_smallest_division(inputs, outputs)}"
        if value == "random":
            return f"random {min(USUAL_FAN_IN, inputs)} seed 1"
        return table if value == BY_HAND else str(value)

    def _follow_painting(self) -> None:
        self._say_refusal("")
        self._count()
        pointed = self.matrix.pointed_at
        self._tell(*(pointed or (-1, -1)))

    def _hand_on(self) -> None:
        """What was painted becomes the table, or is refused and taken back."""
        assert self._module is not None
        try:
            self.entered.emit(table_text(self.matrix.table, self._shape[0]))
        except ValueError as problem:
            self._refuse(str(problem))

    def _refuse(self, sentence: str) -> None:
        """Show the table in force again, and say why it stays."""
        assert self._module is not None
        table = str(self._module.settings.get("table", "full"))
        self._show_pattern(table)
        self._show_table(table)
        self._say_refusal(sentence)

    def _say_refusal(self, sentence: str) -> None:
        self.refusal.show_text(sentence)
        self.refusal.setVisible(bool(sentence))

    def refuse(self, sentence: str) -> None:
        """The owner does not take what was entered."""
        self._refuse(sentence)

    def _count(self) -> None:
        """Connections, kernels and parameters of what is painted."""
        kernels = self.matrix.count
        bank = self._bank("full")
        full = bank.kernel_count(self._shape[0])
        biases = sum(
            math.prod(each.shape) for name, each in bank.parameter_shapes(self._shape).items() if name != "weight"
        )
        places = math.prod(bank.output_shape(self._shape)[1:])
        uses = places * kernels * bank.pixels
        bias_uses = bank.connections(self._shape) - places * full * bank.pixels
        self.counts.show_text(
            f"{kernels:,} of {full:,} kernels\n"
            f"{kernels * bank.pixels + biases:,} parameters · {uses + bias_uses:,} connections"
        )

    def _tell(self, source: int, output: int) -> None:
        """What the output sees that is pointed at."""
        if output < 0:
            self.told.show_text("Click or paint squares; arrows and Space do the same.")
            return
        self.told.show_text(f"Output {output} sees {_listed(self.matrix.inputs_of(output), self._shape[0])}.")

    def _reveal(self, place: QRect) -> None:
        self._area.ensureVisible(place.center().x(), place.center().y(), place.width(), place.height())

    def _fit(self) -> None:
        self.matrix.fit_into(self._area.viewport().width())
        bar = self._area.horizontalScrollBar()
        extra = bar.sizeHint().height() if self.matrix.width() > self._area.viewport().width() else 0
        self._area.setFixedHeight(min(self.matrix.height() + extra, HIGHEST))

    def _bank(self, table: str) -> FilterBank:
        """The module as it would be with another table."""
        assert self._module is not None
        made = build_module(replace(self._module, settings={**self._module.settings, "table": table}))
        assert isinstance(made, FilterBank)
        return made


def _listed(inputs: Sequence[int], count: int) -> str:
    """Some of `count` inputs, as people say it."""
    if len(inputs) == count > 1:
        return f"all {count} inputs"
    numbers = " ".join(map(str, inputs))
    return f"input{'s' if len(inputs) > 1 else ''} {numbers}" if inputs else "no input"


def _smallest_division(inputs: int, outputs: int) -> int:
    """Into how few groups both can be cut, at least 2 (where they can't, the refusal says so)."""
    divisor = math.gcd(inputs, outputs)
    return next((each for each in range(2, divisor + 1) if divisor % each == 0), 2)
