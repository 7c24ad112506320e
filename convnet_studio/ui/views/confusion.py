"""Confusion: which classes are taken for which, with the pictures behind each cell and the hardest ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.answers import Answers, AskAnswers
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.controls.confusion_matrix import ConfusionMatrix
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.picture_grid import PictureGrid
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

CELL, HARDEST = "Cell", "Hardest"
_MOST_PICTURES = 400


class ConfusionView(View):
    """The confusion matrix of all test pictures, and the pictures of one cell, or those with the largest loss."""

    name: ClassVar = "confusion"
    title: ClassVar = "Confusion matrix"
    summary: ClassVar = "Which classes are taken for which, the pictures behind each cell, and the hardest pictures."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._answers: Answers | None = None
        self._cell: tuple[int, int] | None = None
        self._shown: Array = np.zeros(0, np.int64)
        self.matrix = ConfusionMatrix()
        self.words = Sentence("The matrix appears when the test pictures have been answered.")
        self.choice = SegmentedControl("Which pictures", (HARDEST, CELL))
        self.caption = Caption()
        self.grid = PictureGrid("Pictures behind the cell", grows=True)
        self._arrange()
        self.matrix.chosen.connect(self._choose_cell)
        self.choice.chosen.connect(self._show_pictures)
        self.grid.chosen.connect(self._choose_picture)
        self.setAccessibleName(self.title)
        self._refresh()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.choice)
        row.addWidget(self.caption, 1)
        self._pictures = QWidget()
        column = QVBoxLayout(self._pictures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(12)
        self._halves.addWidget(self.matrix, 3)
        self._halves.addWidget(self._pictures, 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 8, 12, 12)
        whole.setSpacing(8)
        whole.addWidget(self.words)
        whole.addLayout(self._halves, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the names of the classes."""
        self._dataset, self._answers, self._cell = dataset, None, None
        self._refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The answers to all test pictures."""
        return {"answers": AskAnswers()}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest answers."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._answers = None
            self._refresh(answer.problem)
        elif isinstance(answer.value, Answers):
            self._answers = answer.value
            self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self, problem: str = "") -> None:
        answers, dataset = self._answers, self._dataset
        self.matrix.setVisible(answers is not None)
        self._pictures.setVisible(answers is not None)
        if answers is None or dataset is None:
            self.words.show_text(problem or "The matrix appears when the test pictures have been answered.")
            return
        wrong, count = len(answers.wrong()), len(answers.labels)
        self.words.show_text(
            f"{wrong:,} of {count:,} test pictures are answered wrong: {100 * wrong / count:.1f}\u00a0%."
        )
        self.matrix.show_counts(answers.confusion, dataset.class_names)
        self._show_pictures()

    def _choose_cell(self, label: int, guess: int) -> None:
        self._cell = (label, guess)
        self.choice.choose(CELL)
        self._show_pictures()

    def _show_pictures(self, _choice: str = "") -> None:
        answers, dataset = self._answers, self._dataset
        if answers is None or dataset is None:
            return
        if self.choice.choice == HARDEST:
            found = answers.wrong()
            self.matrix.mark(None)
            caption = "Wrong, the largest loss first" if len(found) else "None is wrong"
        elif self._cell is None:
            found, caption = np.zeros(0, np.int64), "Choose a cell of the matrix"
        else:
            found = answers.of_cell(*self._cell)
            self.matrix.mark(self._cell)
            caption = self.matrix.words(*self._cell)
        self.caption.show_text(caption)
        found = found[:_MOST_PICTURES]
        if not np.array_equal(found, self._shown):
            self._shown = found
            self.grid.show_pictures(dataset.test.images, found, self._describe, is_signed=dataset.is_signed)

    def _describe(self, index: int) -> str:
        answers, dataset = self._answers, self._dataset
        if answers is None or dataset is None or index >= len(answers.labels):
            return f"test picture {index}"
        label, guess = (dataset.class_name(int(each[index])) for each in (answers.labels, answers.guesses))
        share = float(answers.sureness[index])
        sure = f" ({100 * share:.0f} % sure)" if math.isfinite(share) else ""
        return f"test picture {index}: {label}, answered {guess}{sure}; loss {short(float(answers.losses[index]))}"

    def _choose_picture(self, place: int) -> None:
        assert self._dataset is not None
        index = int(self._shown[place])
        self.grid.mark(place)
        part = self._dataset.test
        self.picture_chosen.emit(ProbePicture(part.picture(index), int(part.labels[index])))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pictures stand beside the matrix where that is larger so, else below."""
        super().resizeEvent(event)
        is_wide = event.size().width() > 1.25 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(direction)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
