"""Manifold path: one picture turned, shifted or scaled little by little, and the path that makes in every module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.manifold import ROTATE, SCALE, SHIFT, SPANS, AskManifoldPath, ManifoldPath
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.path_plot import PathPlot, PathTile
from convnet_studio.ui.controls.picture_grid import PictureGrid
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

_WORDS = {"Turn": ROTATE, "Shift": SHIFT, "Scale": SCALE}
_SAID = {
    ROTATE: f"turned by −{SPANS[ROTATE]:.0f} to +{SPANS[ROTATE]:.0f} degrees",
    SHIFT: f"shifted by −{100 * SPANS[SHIFT]:.0f} to +{100 * SPANS[SHIFT]:.0f} % of its width",
    SCALE: f"scaled by −{100 * SPANS[SCALE]:.0f} to +{100 * SPANS[SCALE]:.0f} %",
}


class ManifoldView(View):
    """The path of the shown picture in every module, with its flatness: chord over arc, 1 for a straight line."""

    name: ClassVar = "manifold"
    title: ClassVar = "Manifold path"
    summary: ClassVar = "The picture turned, shifted or scaled little by little: how curved its path is in each module."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._is_signed = False
        self._path: ManifoldPath | None = None
        self.change = SegmentedControl("What is done to the picture", tuple(_WORDS))
        self.words = Sentence("The paths appear when the network has seen the changed pictures.")
        self.pictures = PictureGrid("Pictures of the path", most_rows=3)
        self.plot = PathPlot("Paths in the modules")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.plot)
        row = QHBoxLayout()
        row.addWidget(self.change)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addWidget(self.pictures)
        column.addWidget(scroll, 1)
        self.change.chosen.connect(self._begin_anew)
        self.pictures.chosen.connect(self._show_step)
        self.plot.chosen.connect(lambda key: open_project.select(frozenset({key})))
        open_project.selection_changed.connect(self._mark)
        self.setAccessibleName(self.title)

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn how pictures are to be shown."""
        self._is_signed = dataset.is_signed

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The path of the shown picture."""
        return {"path": AskManifoldPath(_WORDS[self.change.choice])}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest paths."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self.words.show_text(answer.problem)
        elif isinstance(answer.value, ManifoldPath):
            self._show(answer.value)

    def _begin_anew(self, _choice: str = "") -> None:
        self._path = None
        self.wishes_changed.emit()

    def _show(self, path: ManifoldPath) -> None:
        is_new = self._path is None or self._path.pictures.tobytes() != path.pictures.tobytes()
        self._path = path
        network = self.open_project.project.network
        tiles, flattest = [], ("", -1.0)
        for module_id, curve in path.curves.items():
            spec = network.module(origin(module_id)) if origin(module_id) in network else None
            if spec is None:
                continue
            kind, name = find_kind(spec.kind), title(spec)
            if curve.flatness > flattest[1]:
                flattest = (name, curve.flatness)
            numbers = f"flat {curve.flatness:.2f} · turn {curve.turn:.0f}°"
            words = (
                f"{name}: flatness {curve.flatness:.3f} (a straight line has 1), mean turn {curve.turn:.1f} degrees a "
                f"step; the plane shows {100 * float(curve.explained.sum()):.0f} % of the path's variance"
            )
            family = kind.family if kind else Family.WIRING
            stage = network.stage_of(spec.id)
            heading = f"{stage.name} · {name}" if stage and stage.name else name
            tiles.append(PathTile(spec.id, heading, family, curve.places, numbers, words))
        self.plot.show_tiles(tiles)
        self._mark()
        said = _SAID[_WORDS[self.change.choice]]
        self.words.show_text(
            f"The shown picture {said}: chord over arc of its path. Flattest in {flattest[0]} ({flattest[1]:.2f})."
        )
        if is_new:
            places = range(len(path.pictures))
            self.pictures.show_pictures(path.pictures, np.asarray(places), self._describe, is_signed=self._is_signed)

    def _show_step(self, step: int) -> None:
        self.pictures.mark(step)
        self.plot.show_step(step)

    def _describe(self, step: int) -> str:
        amount = float(self._path.amounts[step]) if self._path is not None else 0.0
        change = _WORDS[self.change.choice]
        if change == ROTATE:
            return f"turned by {amount:+.0f} degrees"
        return f"{'shifted' if change == SHIFT else 'scaled'} by {100 * amount:+.0f} %"

    def _mark(self) -> None:
        chosen = self.open_project.selection
        self.plot.mark(next(iter(chosen)) if len(chosen) == 1 else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
