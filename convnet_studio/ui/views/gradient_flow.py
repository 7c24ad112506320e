"""Gradient flow: how large outputs, gradients and updates are from module to module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.statistics import AskStatistics, ModuleStatistics, NetworkStatistics
from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.flow_table import FlowColumn, FlowRow, FlowTable
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

GOOD_STEP = 1e-3
"""Of a plain step, relative to the weights: what makers of networks aim at (Karpathy, CS231n notes, 2015)."""
_VANISHING = 1e-3
"""Of the largest gradient by an output in the network."""
_MANY_DEAD = 0.5
_COLUMNS = (
    FlowColumn("output", "train", help="Root of the mean square of the module's output, over a mini-batch."),
    FlowColumn("gradient", "good", help="The same of the gradient of the loss by that output."),
    FlowColumn(
        "step / weights",
        "parameters",
        GOOD_STEP,
        "How far one plain step of gradient descent moves the weights, in units of the weights: learning rate × "
        "gradient / weight. About 0.001 (the dashed line) is healthy.",
        brief="step",
        mark_word="healthy",
    ),
)


class GradientFlowView(View):
    """A row for each module: its output, the gradient that arrives there, and how far a step moves its weights."""

    name: ClassVar = "gradient_flow"
    title: ClassVar = "Gradient flow"
    summary: ClassVar = "How large outputs, gradients and steps are from module to module: where learning stalls."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self.words = Sentence("The flow appears with the first gradient of this network.")
        self.table = FlowTable("Gradient flow", _COLUMNS)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the table inside takes the keys
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(scroll, 1)
        self.table.chosen.connect(lambda key: open_project.select(frozenset({key})))
        open_project.selection_changed.connect(self._mark)
        self.setAccessibleName(self.title)

    def inquiries(self) -> Mapping[str, Inquiry]:
        """Statistics of every module on a mini-batch."""
        return {"statistics": AskStatistics()}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest statistics."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self.table.show_rows([])
            self.words.show_text(answer.problem)
        elif isinstance(answer.value, NetworkStatistics):
            self._show(answer.value)

    def _show(self, statistics: NetworkStatistics) -> None:
        network = self.open_project.project.network
        modules = {each: of for each, of in statistics.modules.items() if origin(each) in network}
        largest = max((of.output_gradients.rms for of in modules.values() if of.output_gradients), default=0.0)
        rows, stalled, dead = [], [], []
        for module_id, of in modules.items():
            spec = network.module(origin(module_id))
            kind = find_kind(spec.kind)
            arriving = of.output_gradients
            vanishes = arriving is not None and arriving.rms < _VANISHING * largest
            is_dead = of.dead > _MANY_DEAD
            remark = "Hardly any gradient arrives here." if vanishes else ""
            remark = remark or (f"{100 * of.dead:.0f} % of its units are 0 for every picture." if is_dead else "")
            stalled += [title(spec)] * vanishes
            dead += [title(spec)] * is_dead
            values = (of.outputs.rms, arriving.rms if arriving else None, _step(of, statistics.rate))
            rows.append(FlowRow(spec.id, title(spec), kind.family if kind else Family.WIRING, values, remark))
        self.table.show_rows(rows)
        self._mark()
        self.words.show_text(_verdict(stalled, dead, statistics.samples, largest > 0))

    def _mark(self) -> None:
        chosen = self.open_project.selection
        self.table.mark(next(iter(chosen)) if len(chosen) == 1 else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _step(of: ModuleStatistics, rate: float) -> float | None:
    """The length of a plain step in units of the weights."""
    if of.weights is None or of.weight_gradients is None or not of.weights.rms:
        return None
    return rate * of.weight_gradients.rms / of.weights.rms


def _verdict(stalled: list[str], dead: list[str], samples: int, has_gradient: bool) -> str:
    if not has_gradient:
        return f"No gradient on these {samples} pictures: connect a loss, or this network has nothing left to learn."
    if stalled:
        return f"The gradient vanishes: hardly any arrives at {', '.join(stalled[:3])}."
    if dead:
        return f"Many units are silent for all {samples} pictures: {', '.join(dead[:3])}."
    return f"Gradients reach every module (on {samples} training pictures)."
