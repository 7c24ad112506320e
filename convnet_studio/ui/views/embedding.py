"""Embedding: where pictures lie in the output of the selected module, in the plane in which they spread most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.embedding import AskEmbedding, Embedding
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.picture_scatter import PictureScatter
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

_EMPTY = "Select a module on the canvas to see where the test pictures lie in its output."


class EmbeddingView(View):
    """Test pictures as points of the first two principal components of a module's output."""

    name: ClassVar = "embedding"
    title: ClassVar = "Embedding"
    summary: ClassVar = "Test pictures in the output of the selected module, along the two directions of most variance."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._places: Array | None = None
        self.words = Sentence(_EMPTY)
        self.scatter = PictureScatter("Embedding of test pictures")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self.scatter, 1)
        self.scatter.chosen.connect(self._choose)
        open_project.selection_changed.connect(self._begin_anew)
        self.setAccessibleName(self.title)
        self._begin_anew()

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the pictures."""
        self._dataset = dataset
        self._begin_anew()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The places of the test pictures in the selected module."""
        module = shown_module(self.open_project)
        return {"embedding": AskEmbedding(module.id)} if module and not is_loss(module.kind) else {}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Put the pictures where they lie now."""
        module = shown_module(self.open_project)
        if module is None or answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._begin_anew()
            self.words.show_text(answer.problem)
        elif isinstance(answer.value, Embedding):
            self._show(answer.value, title(module))

    def _show(self, found: Embedding, name: str) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        count = len(found.places)
        if self._places is None or len(self._places) != count:
            images = dataset.test.images[:count]
            self.scatter.set_pictures(images, found.labels, dataset.class_names, dataset.is_signed)
        self._places = _turned_like(found.places, self._places)
        self.scatter.setVisible(True)
        first, second = (100 * float(each) for each in found.explained[:2])
        axes = (f"direction of most variance · {first:.0f} %", f"direction of second most variance · {second:.0f} %")
        self.scatter.show_places(self._places, self._describe, axes)
        classes = ""
        if math.isfinite(found.separation):
            classes = f" Classes lie {short(found.separation)} times as far apart as they are wide (variances)."
        self.words.show_text(
            f"{count} test pictures in the {found.size:,} numbers of {name}: this plane shows {first:.0f} + "
            f"{second:.0f} % of their variance.{classes}"
        )

    def _begin_anew(self) -> None:
        self._places = None
        self.scatter.setVisible(False)
        module = shown_module(self.open_project)
        if module is None:
            self.words.show_text(_EMPTY)
        elif is_loss(module.kind):
            self.words.show_text("A loss gives one number a picture: select the module in front of it.")
        else:
            self.words.show_text(f"The pictures appear as soon as {title(module)} has answered.")

    def _describe(self, index: int) -> str:
        assert self._dataset is not None
        name = self._dataset.class_name(int(self._dataset.test.labels[index]))
        return f"test picture {index}{': ' * bool(name)}{name}"

    def _choose(self, index: int) -> None:
        assert self._dataset is not None
        part = self._dataset.test
        self.picture_chosen.emit(ProbePicture(part.picture(index), int(part.labels[index])))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _turned_like(places: Array, before: Array | None) -> Array:
    """`places`, mirrored along each axis where that is nearer to those shown before: signs of axes mean nothing."""
    if before is None or before.shape != places.shape:
        return places
    signs = np.sign((places * before).sum(axis=0))
    return np.asarray(places * np.where(signs == 0, 1, signs))
