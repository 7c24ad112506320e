"""Histograms: how weights, outputs and gradients of a module are spread, and how that changed over the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.statistics import AskStatistics, ModuleStatistics, NetworkStatistics, Spread
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.events import Event, Rewound, RunStarted
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.histogram_band import HistogramBand
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

WEIGHTS, OUTPUTS, GRADIENTS = "Weights", "Outputs", "Gradients"
_TOKENS = {WEIGHTS: "parameters", OUTPUTS: "train", GRADIENTS: "good"}
MOST_MOMENTS = 200
_EMPTY = "Select a module on the canvas; its histograms are recorded while this view is open."


class HistogramsView(View):
    """A band of histograms over the run, of the selected module."""

    name: ClassVar = "histograms"
    title: ClassVar = "Histograms"
    summary: ClassVar = "Weights, outputs and gradients of the selected module as histograms over the run."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._record: list[tuple[int, float, NetworkStatistics]] = []
        self._epoch = 0.0
        self.quantity = SegmentedControl("What is shown", (WEIGHTS, OUTPUTS, GRADIENTS))
        self.caption = Caption()
        self.band = HistogramBand("Histogram over the run")
        self.words = Sentence(_EMPTY)
        row = WrappingRow((self.quantity, self.caption))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addWidget(self.band, 1)
        self.quantity.chosen.connect(self._refresh)
        open_project.selection_changed.connect(self._refresh)
        self.setAccessibleName(self.title)
        self._refresh()

    # ---------------------------------------------------------------- what comes in

    def inquiries(self) -> Mapping[str, Inquiry]:
        """Statistics of every module, so that another selection has a past too."""
        return {"statistics": AskStatistics()}

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Learn how far the run is."""
        self._epoch = snapshot.epoch

    def show_events(self, events: Sequence[Event]) -> None:
        """Forget what a new run, or a rewound one, has left behind."""
        for event in events:
            if isinstance(event, RunStarted):
                self._record.clear()
            elif isinstance(event, Rewound):
                self._record = [each for each in self._record if each[0] <= event.step]
        if any(isinstance(event, RunStarted | Rewound) for event in events):
            self._refresh()

    def show_answer(self, name: str, answer: Answer) -> None:
        """Note one more moment, and paint."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self.words.show_text(answer.problem)
        elif answer.is_final and isinstance(answer.value, NetworkStatistics):
            self._record.append((answer.step, self._epoch, answer.value))
            if len(self._record) > MOST_MOMENTS:  # of every two the later, so that the newest stays
                self._record = self._record[(len(self._record) - 1) % 2 :: 2]
            self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self, _choice: str = "") -> None:
        module = shown_module(self.open_project)
        moments = self._moments(module.id) if module else []
        self.band.setVisible(bool(moments))
        self.words.setVisible(not moments)
        self.caption.show_text("")
        if module is None:
            self.words.show_text(_EMPTY)
        elif not moments:
            self.words.show_text(self._why_none(title(module)))
        else:
            last = moments[-1][1]
            self.band.show_moments(moments, _TOKENS[self.quantity.choice])
            self.caption.show_text(
                f"{title(module)}: mean {short(last.mean)}, sd {short(last.deviation)}, zeros {100 * last.zeros:.0f} %"
            )

    def _moments(self, module_id: str) -> list[tuple[float, Spread]]:
        found = []
        for _, epoch, statistics in self._record:
            of = statistics.modules.get(module_id)
            spread = _chosen(of, self.quantity.choice) if of else None
            if spread is not None:
                found.append((epoch, spread))
        return found

    def _why_none(self, name: str) -> str:
        if not self._record:
            return f"The histograms of {name} appear with the first answer of the engine."
        reasons = {
            WEIGHTS: f"{name} has no weights.",
            OUTPUTS: f"{name} gives no output yet.",
            GRADIENTS: f"No gradient arrives at {name}.",
        }
        return reasons[self.quantity.choice]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _chosen(of: ModuleStatistics, quantity: str) -> Spread | None:
    return {WEIGHTS: of.weights, OUTPUTS: of.outputs, GRADIENTS: of.output_gradients}[quantity]
