"""Occlusion: a grey square slides over the shown picture; where it hides what matters, the score falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.occlusion import FILLS, Occlude, OcclusionMap, hidden, square_at
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.picture_pane import PicturePane
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View

OWN = "of the picture"
_ABOVE_AND_BELOW = 160
"""Pixels of the height that are words and colours."""
_MOST_PLACES = 48
"""Along a side of the picture: of larger ones, not every pixel is a place of the square."""


class OcclusionView(View):
    """The score of a class for every place of the square, beside the picture with the square where one points."""

    name: ClassVar = "occlusion"
    title: ClassVar = "Occlusion"
    summary: ClassVar = "How the score of a class falls where a grey square hides part of the picture."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._shown: OcclusionMap | None = None
        self._is_partial = True
        self.class_field = ChoiceField("Class whose score is shown", (OWN,), (f"Class: {OWN}",), height=24)
        self.size_field = ChoiceField("Side of the square", ("7",), ("Square: 7 px",), height=24)
        self.fill_field = ChoiceField("What fills the square", FILLS, [f"Filled: {each}" for each in FILLS], height=24)
        self.fill_field.setToolTip("Midway between the picture's darkest and brightest, the mean of the data, or 0")
        self.words = Sentence()
        self.picture = PicturePane("Picture")
        self.scores = PicturePane("Score")
        self._arrange()
        for field in (self.class_field, self.size_field, self.fill_field):
            field.entered.connect(lambda _: self._on_choice())
        self.scores.pointed.connect(self._point_at)
        self.setAccessibleName(self.title)
        self._refresh()

    def _arrange(self) -> None:
        self._tools = QWidget()
        self._tools.setLayout(WrappingRow((self.class_field, self.size_field, self.fill_field)))
        self._panes = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._panes)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(16)
        self._halves.addWidget(self.picture, 1)
        self._halves.addWidget(self.scores, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._tools)
        column.addWidget(self.words)
        column.addWidget(self._panes, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the classes and the size of pictures."""
        self._dataset, self._shown = dataset, None
        names = [dataset.class_name(each) or str(each) for each in range(dataset.classes)]
        numbers = [str(each) for each in range(dataset.classes)]
        self.class_field.set_choices([OWN, *numbers], [f"Class: {each}" for each in (OWN, *names)])
        side = min(dataset.input_shape[1:], default=1)
        sizes = sorted({max(1, side // part) | 1 for part in (12, 8, 5, 4, 3, 2)})
        self.size_field.set_choices([str(each) for each in sizes], [f"Square: {each} px" for each in sizes])
        self.size_field.show_value(str(max(1, side // 4) | 1))
        self._refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The score for every place of the square."""
        if self._dataset is None or len(self._dataset.input_shape) != 3:
            return {}
        step = max(1, -(-max(self._dataset.input_shape[1:]) // _MOST_PLACES))
        label = -1 if self.class_field.value in ("", OWN) else int(self.class_field.value)
        return {"occlusion": Occlude(label, int(self.size_field.value), step, self.fill_field.value)}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint what is known; where it is computed anew for newer weights, only when it is known all over."""
        value = answer.value
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._shown = None
            self._refresh(answer.problem)
        elif isinstance(value, OcclusionMap):
            is_other = self._shown is None or value.picture is not self._shown.picture or self._is_partial
            if answer.is_final or is_other:
                self._shown, self._is_partial = value, not answer.is_final
                self._refresh()

    def _on_choice(self) -> None:
        self._is_partial = True
        self.wishes_changed.emit()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self, problem: str = "") -> None:
        shown, dataset = self._shown, self._dataset
        self._panes.setVisible(shown is not None and not problem)
        if dataset is not None and len(dataset.input_shape) != 3:
            problem = "Only pictures can be hidden in part: this data set has none."
        self._tools.setVisible(not problem)
        if shown is None or dataset is None or problem:
            self.words.show_text(problem or "The map appears when the square has been over the picture.")
            return
        name = dataset.class_name(shown.label) or str(shown.label)
        what = "probability" if shown.are_probabilities else "score"
        self.words.show_text(
            f"The {what} of {name} is {exact(shown.whole)}. Each pixel of the map shows what it is"
            f" with the middle of the square there; point at one to see it."
        )
        self.scores.show_caption(f"{what.capitalize()} of {name}")
        scale = scale_up_to(
            max(largest(shown.scores), abs(shown.whole)), "non_negative" if shown.are_probabilities else "activation"
        )
        self.scores.show_values(shown.scores[None], scale.map_name, scale)
        self._show_picture(None)

    def _point_at(self, place: tuple[int, int] | None) -> None:
        shown, dataset = self._shown, self._dataset
        if shown is None or dataset is None:
            return
        self._show_picture(place)
        if place is not None and shown.answers[place] >= 0:
            answer = dataset.class_name(int(shown.answers[place])) or str(shown.answers[place])
            self.scores.reading.show_text(f"{exact(shown.scores[place])} · answer: {answer}")

    def _show_picture(self, place: tuple[int, int] | None) -> None:
        """The picture, with the square around the place pointed at."""
        assert self._shown is not None
        shown, is_signed = self._shown, self._dataset is not None and self._dataset.is_signed
        picture, frame = shown.picture, None
        if place is not None:
            middle = (place[0] * shown.step, place[1] * shown.step)
            picture = hidden(picture, middle, shown.size, shown.fill)
            frame = square_at((picture.shape[1], picture.shape[2]), middle, shown.size)
        self.picture.show_values(picture, "activation" if is_signed else "picture")
        self.picture.sheet.frame(frame)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Picture and map stand beside each other where there is room, else below."""
        super().resizeEvent(event)
        is_wide = event.size().width() > event.size().height() - _ABOVE_AND_BELOW
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(direction)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
