"""Non-linearities: the live outputs of the selected module put through every pointwise non-linearity there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.pointwise import AskPointwise, Settings, Study, build, pointwise_kinds
from convnet_studio.engine.nn.module import Module, Setting, settings_of
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.label import Label, Sentence
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.controls.stat_row import StatRow
from convnet_studio.ui.controls.transfer_list import TransferList
from convnet_studio.ui.controls.transfer_plot import TransferPlot
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

_EMPTY = "Select a filter bank on the canvas; its outputs then go through all these non-linearities."
_WIDE, _LOW_LIST = 560, 136
_BAR = 12
"""Pixels beside the list, for its scroll bar."""
_ANY_HEIGHT = 16_777_215  # Qt's QWIDGETSIZE_MAX
_HINT = "Line: output y · dashed: slope dy/dx · dots: outputs for the shown picture · histograms: square roots"


class NonlinearityBench(View):
    """All pointwise non-linearities on the same numbers: curve, slope, operating points, what is lost and what dies."""

    name: ClassVar = "nonlinearity_bench"
    title: ClassVar = "Non-linearities"
    summary: ClassVar = (
        "A filter bank's outputs through every pointwise non-linearity: curve, slope, zeros, dead units."
    )
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._facts: Summary | None = None
        self._study: Study | None = None
        self._changed: dict[str, Settings] = {}
        self._fields: list[tuple[Setting, NumberField]] = []
        self.words = Sentence(_EMPTY, "text")
        self.kinds = TransferList("Non-linearities", pointwise_kinds())
        self.kinds.choose("Tanh")
        self.plot = TransferPlot("Curve, slope and operating points")
        self.read_out = ReadOut(_HINT)
        self.numbers = StatRow(
            "What it does", ("zeros before", "zeros after", "no gradient", "dead units", "mean slope")
        )
        self._settings = QHBoxLayout()
        self._settings.setSpacing(8)
        self._body = QWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self._body, 1)
        column.addWidget(self.numbers)
        self._arrange()
        self.kinds.chosen.connect(self._choose)
        self.plot.pointed.connect(self._read)
        open_project.selection_changed.connect(self._begin_anew)
        theme_switch().changed.connect(self.update)
        self.setAccessibleName(self.title)
        self._choose(self.kinds.choice)

    def _arrange(self) -> None:
        self._scroll = scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.kinds)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(self._settings)
        right.addWidget(self.read_out)
        right.addWidget(self.plot, 1)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._body)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(16)
        self._halves.addWidget(scroll)
        self._halves.addLayout(right, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list stands beside the curve, or, where that is narrow, above it, with a few rows in sight."""
        super().resizeEvent(event)
        is_wide = self.width() >= _WIDE
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._scroll.setMaximumHeight(_ANY_HEIGHT if is_wide else _LOW_LIST)
        list_width = self.kinds.usual_width if is_wide else self.width() - 24 - _BAR
        self.kinds.setFixedWidth(list_width)
        self._scroll.setFixedWidth(list_width + _BAR)
        self._scroll.ensureVisible(0, self.kinds.chosen_middle)

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes and problems."""
        self._facts = summary
        self._refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """All non-linearities on the selected module's outputs."""
        module = shown_module(self.open_project)
        if module is None or is_loss(module.kind):
            return {}
        return {"study": AskPointwise(module.id, tuple(sorted(self._changed.items())))}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest numbers."""
        if answer.inquiry != self.inquiries().get("study"):
            return
        if answer.problem:
            self._study = None
            self._refresh()
            self.words.show_text(answer.problem)
        elif isinstance(answer.value, Study) and (answer.is_final or self._study is None):
            self._study = answer.value
            self._refresh()

    def _begin_anew(self) -> None:
        self._study = None
        self._refresh()
        self.wishes_changed.emit()

    # ---------------------------------------------------------------- settings

    def _choose(self, kind: str) -> None:
        while item := self._settings.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._fields = []
        self._settings.addWidget(Label(f"{kind}: {Module.registry[kind].word}"))
        module = build(kind, self._changed.get(kind, ()))
        for setting in settings_of(type(module)):
            if setting.type is float:
                field = NumberField(setting)
                field.setToolTip(setting.help)
                field.show_value(module.settings()[setting.name])
                field.entered.connect(lambda value, s=setting, f=field: self._set(kind, s, f, value))
                self._settings.addWidget(Label(setting.label, "second_text"))
                self._settings.addWidget(field)
                self._fields.append((setting, field))
        self._settings.addStretch(1)
        self._scroll.ensureVisible(0, self.kinds.chosen_middle)
        self._refresh()

    def _set(self, kind: str, setting: Setting, field: NumberField, value: object) -> None:
        try:
            checked = setting.check(value)
        except ValueError as problem:
            field.set_refused(True)
            self.words.show_text(str(problem))
            return
        field.show_value(checked)
        self._changed[kind] = tuple(sorted((dict(self._changed.get(kind, ())) | {setting.name: checked}).items()))
        self.wishes_changed.emit()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        module, study = shown_module(self.open_project), self._study
        self._body.setVisible(study is not None)
        self.numbers.setVisible(study is not None)
        self.kinds.show_study(study)
        if module is None:
            self.words.show_text(_EMPTY)
        elif reason := why_not_computed(module, self._facts):
            self.words.show_text(reason)
        elif is_loss(module.kind):
            self.words.show_text("A loss gives one number, on which no non-linearity acts: select a filter bank.")
        elif study is None:
            self.words.show_text(f"The outputs of {title(module)} appear with the first answer of the engine.")
        else:
            self.words.show_text(
                f"Outputs of {title(module)}: {study.units:,} units on {study.pictures} pictures, as they are now. "
                "A unit is dead where no gradient passes for any of them."
            )
            self._show(study)

    def _show(self, study: Study) -> None:
        transfer = study.transfers.get(self.kinds.choice)
        if transfer is None:
            self.numbers.show_numbers([])
            return
        self.plot.show_transfer(study, transfer)
        self.numbers.show_numbers(
            [
                f"{100 * study.zeros:.1f} %",
                f"{100 * transfer.zeros:.1f} %",
                f"{100 * transfer.blocked:.1f} %",
                f"{100 * transfer.dead:.1f} %",
                short(transfer.gain),
            ]
        )

    def _read(self, index: int) -> None:
        transfer = self._study.transfers.get(self.kinds.choice) if self._study else None
        if transfer is None or self._study is None or index < 0:
            self.read_out.show_value("", "")
            return
        x, y, slope = self._study.x[index], transfer.curve[index], transfer.slope[index]
        self.read_out.show_value(f"x = {exact(x)}", f"y = {exact(y)}   dy/dx = {exact(slope)}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
