"""Predictions: what the network takes a picture for, as bars; and a pad to draw one."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.bar_list import Bar, BarList
from convnet_studio.ui.controls.color_scope import largest
from convnet_studio.ui.controls.draw_pad import DrawPad
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

MOST_BARS = 10
_LEAST_TOLD = 5e-4


class PredictionsView(View):
    """The scores of the classes for the shown picture, the largest in the colour of right or wrong; and a draw pad."""

    name: ClassVar = "predictions"
    title: ClassVar = "Predictions"
    summary: ClassVar = "What the network takes the picture for, as bars, and a pad on which you draw one yourself."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._snapshot: Snapshot | None = None
        self._facts: Summary | None = None
        self._rows: list[int] = []
        self.words = Sentence("The scores appear with the first picture that is shown to the network.")
        self.bars = BarList("Scores of the classes")
        self.read_out = ReadOut("Point at a bar to read the output it stands for")
        self.pad = DrawPad()
        self.clear = QPushButton("Clear")
        self.clear.setAccessibleName("Clear the drawing")
        self.clear.setToolTip("Begin with an empty picture")
        self.take = QPushButton("Take the shown picture")
        self.take.setAccessibleName(self.take.text())
        self.take.setToolTip("Draw on a copy of the picture that the network is shown")
        self._arrange()
        self.bars.pointed.connect(self._point_at)
        self.bars.picked.connect(lambda row: open_project.pointed.pin(self._place(row)))
        self.pad.drawn.connect(self._show_drawn)
        self.clear.clicked.connect(self.pad.clear)
        self.take.clicked.connect(self._take)
        self.setAccessibleName(self.title)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.clear)
        buttons.addWidget(self.take)
        buttons.addStretch(1)
        drawing = QVBoxLayout()
        drawing.setSpacing(8)
        drawing.addWidget(self.pad, 1)
        drawing.addLayout(buttons)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(16)
        scores = QVBoxLayout()
        scores.setSpacing(4)
        scores.addWidget(self.read_out)
        scores.addWidget(self.bars, 1)
        self._halves.addLayout(scores, 1)
        self._halves.addLayout(drawing, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addLayout(self._halves, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the classes and the shape of a picture."""
        self._dataset, self._snapshot = dataset, None
        self.pad.set_shape(dataset.input_shape)
        self.take.setVisible(not dataset.is_signed)  # what was normalised is no drawing

    def set_summary(self, summary: Summary) -> None:
        """Learn the shapes of outputs."""
        self._facts = summary

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest scores."""
        self._snapshot = snapshot
        names = self._dataset.class_names if self._dataset else ()
        scores = snapshot.scores
        if scores is None or not names or len(scores) < len(names):
            self._rows = []
            self.bars.show_bars([])
            self._read(-1)
            self.words.show_text("This network gives no score for each class: end it with a loss that judges classes.")
            return
        shares = snapshot.probabilities
        shown = np.asarray(scores if shares is None else shares, np.float64)
        order = np.argsort(-np.nan_to_num(shown, nan=-np.inf), kind="stable")
        kept = np.sort(order[:MOST_BARS])  # of many classes the most probable, in their own order
        self._rows = rows = [int(each) for each in kept if each < len(names)]
        whole = 1.0 if shares is not None else largest(shown) or 1.0
        told = short if shares is None else percent
        bars = [
            Bar(names[each], float(shown[each]), float(np.nan_to_num(shown[each] / whole)), told(float(shown[each])))
            for each in rows
        ]
        answer, label = int(order[0]), snapshot.label
        self.bars.show_bars(
            bars, rows.index(answer) if answer in rows else -1, rows.index(label) if label in rows else -1
        )
        self.words.show_text(_verdict(names, answer, label, None if shares is None else float(shown[answer])))
        self._read(self.bars.pointed_row)

    # ---------------------------------------------------------------- what is pointed at

    def _place(self, row: int) -> Place | None:
        """Where the output that a bar stands for is stored."""
        module_id = self._snapshot.scores_of if self._snapshot else ""
        known = self._facts.modules.get(module_id) if self._facts else None
        if known is None or not known.shape or not 0 <= row < len(self._rows):
            return None
        return Place(module_id, What.OUTPUT, tuple(map(int, np.unravel_index(self._rows[row], known.shape))))

    def _point_at(self, row: int) -> None:
        self._read(row)
        self.open_project.pointed.hover(self._place(row))

    def _read(self, row: int) -> None:
        place, snapshot = self._place(row), self._snapshot
        if place is None or snapshot is None or snapshot.scores is None:
            self.read_out.show_value("", "")
            return
        module = self.open_project.project.network.module(place.module_id)
        index = self._rows[row]
        self.read_out.show_value(f"{title(module)} · value {index}", exact(snapshot.scores[index]))

    # ---------------------------------------------------------------- the pad

    def _show_drawn(self) -> None:
        """Show what was drawn to the network, prepared as the pictures of its data are."""
        data = self.open_project.project.data
        prepared = prepare(load_dataset(data.dataset), preparation_of(data))
        picture = self.pad.picture
        if prepared.normalization is not None:
            picture = prepared.normalization.apply(picture[None])[0]
        self.picture_chosen.emit(ProbePicture(np.ascontiguousarray(picture, np.float32), -1))

    def _take(self) -> None:
        if self._snapshot is not None:
            self.pad.show_picture(self._snapshot.picture)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Bars and pad stand beside each other where there is room."""
        super().resizeEvent(event)
        is_wide = event.size().width() > 1.2 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(direction)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def percent(share: float) -> str:
    """A probability as people say it, such as ``94.6 %``; one that is not 0 is never written as 0."""
    if not math.isfinite(share):
        return str(share)
    return "< 0.1 %" if 0 < share < _LEAST_TOLD else f"{100 * share:.1f} %"


def _verdict(names: tuple[str, ...], answer: int, label: int, share: float | None) -> str:
    named = f"“{names[answer]}”" if answer < len(names) else f"output {answer}, which is no class"
    said = f"The network says {named}" + ("" if share is None else f", {100 * share:.0f} % sure")
    if not 0 <= label < len(names):
        return f"{said}."
    return f"{said}: right." if answer == label else f"{said}; it is “{names[label]}”."
