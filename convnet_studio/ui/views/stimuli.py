"""Stimuli: the picture that excites a unit most, climbed to before one's eyes, and a gallery of random and trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from convnet_studio.engine.analysis.optimal_stimulus import (
    FindFirstGallery,
    FindGallery,
    FindStimulus,
    Gallery,
    Stimulus,
)
from convnet_studio.engine.analysis.tuning import MeasureFirstTuning, MeasureTuning, Tuning
from convnet_studio.engine.analysis.unit import Unit
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.picture_pane import picture_pixels
from convnet_studio.ui.controls.scrolling import scrolling
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.stimulus_gallery import GalleryColumn, StimulusGallery
from convnet_studio.ui.controls.stimulus_page import StimulusPage
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme_switch
from convnet_studio.ui.unit_view import UnitView

ONE, GALLERY = "One unit", "Gallery"
NORMS = {"0.25": "¼", "0.5": "½", "1": "1", "2": "2", "4": "4"}
JITTERS = {"0": "No jitter", "1": "Jitter 1 px", "2": "Jitter 2 px"}
MOST_MAPS = 16
"""Of a gallery."""
_ONE_LINE = 640
_FIRST, _NOW = "first", "now"


class StimuliView(UnitView):
    """Optimal stimuli of any unit, with tuning curves; filters and stimuli before and after training."""

    name: ClassVar = "stimuli"
    title: ClassVar = "Optimal stimuli"
    summary: ClassVar = "The picture that excites any unit most, climbed to from noise, with its tuning curves."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._is_picture = True
        self._seed = self._attempt = 0
        self._answers: dict[str, Answer] = {}
        self.pages = SegmentedControl("What is shown", (ONE, GALLERY))
        titles = [f"Norm × {word}" for word in NORMS.values()]
        self.norm = ChoiceField("Norm of the stimulus", tuple(NORMS), titles, height=24)
        self.norm.setToolTip("In units of what training pictures have, on the average, where the unit looks")
        self.norm.show_value("1")
        self.jitter = ChoiceField("Jitter", tuple(JITTERS), tuple(JITTERS.values()), height=24)
        self.jitter.setToolTip("Shift the picture at random before each gradient: smoother, but no longer the optimum")
        self.again = self._button("Again", "Climb from the same noise once more")
        self.other = self._button("Other noise", "Climb from noise of another seed")
        self.words = Sentence()
        self.page = StimulusPage(self.picker)
        self.gallery = StimulusGallery()
        self._arrange()
        self.pages.chosen.connect(lambda _: self.ask_anew())
        self.norm.entered.connect(lambda _: self.ask_anew())
        self.jitter.entered.connect(lambda _: self.ask_anew())
        self.again.clicked.connect(lambda: self._begin_anew(self._seed))
        self.other.clicked.connect(lambda: self._begin_anew(self._seed + 1))
        self.gallery.chosen.connect(self._choose_map)
        theme_switch().changed.connect(self.refresh)
        self.refresh()

    def _button(self, word: str, tip: str) -> QPushButton:
        button = QPushButton(word)
        button.setAccessibleName(word)
        button.setToolTip(tip)
        return button

    def _arrange(self) -> None:
        bar = QWidget()
        bar.setMinimumWidth(1)
        bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)  # what is said stands right below
        self._tools = QBoxLayout(QBoxLayout.Direction.LeftToRight, bar)
        self._tools.setContentsMargins(0, 0, 0, 0)
        self._tools.setSpacing(8)
        for parts in ((self.pages, self.again, self.other), (self.norm, self.jitter)):
            row = QHBoxLayout()
            row.setSpacing(8)
            for part in parts:
                row.addWidget(part)
            row.addStretch(1)
            self._tools.addLayout(row)
        self._tools.addStretch(1)
        self._stack = QStackedWidget()
        self._one, self._many = scrolling(self.page), scrolling(self.gallery)
        self._stack.addWidget(self._one)
        self._stack.addWidget(self._many)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addWidget(bar)
        column.addWidget(self.words, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._stack, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn whether there are pictures at all."""
        self._is_picture = len(dataset.input_shape) == 3
        self._answers.clear()
        self.refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """What the page that is shown needs."""
        unit = self.picker.unit
        if unit is None or not self._is_picture:
            return {}
        factor = float(self.norm.value)
        now = {f"{_NOW} tuning": MeasureTuning(unit.module, factor)}
        if self.pages.choice == ONE:
            jitter = int(self.jitter.value)
            climb = FindStimulus(unit, factor, self._seed, self._attempt, jitter)
            return {"stimulus": climb, **(now if self._is_climbed(climb) else {})}  # the climb should be fluent
        asked = unit.module, tuple(range(min(self.picker.maps, MOST_MAPS))), factor, self._seed, self._attempt
        return {
            f"{_FIRST} gallery": FindFirstGallery(*asked),
            f"{_NOW} gallery": FindGallery(*asked),
            f"{_FIRST} tuning": MeasureFirstTuning(unit.module, factor),
            **now,
        }

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the next picture of a climb, or a newer tuning."""
        if answer.inquiry != self.inquiries().get(name):
            return
        asked = set(self.inquiries())
        if answer.value is not None or answer.problem:
            self._answers[name] = answer
        self.refresh()
        if set(self.inquiries()) != asked:
            self.wishes_changed.emit()

    def catch_up(self) -> None:
        """Show the end of the climb at once."""
        self.page.catch_up()

    # ---------------------------------------------------------------- what is wished

    def _begin_anew(self, seed: int) -> None:
        self._seed = seed
        self._attempt += 1
        self.ask_anew()

    def _choose_map(self, channel: int) -> None:
        unit = self.picker.unit
        if unit is not None:
            self.pages.choose(ONE)
            self.picker.pick(Unit(unit.module, channel, unit.place))
            self.ask_anew()

    # ---------------------------------------------------------------- what is shown

    def _is_climbed(self, climb: FindStimulus) -> bool:
        """Whether its climb, or one like it on earlier weights, has come to its end."""
        answer = self._answers.get("stimulus")
        value = answer.value if answer is not None and answer.inquiry == climb else None
        return isinstance(value, Stimulus) and (value.has_converged or not value.frames)

    def _known(self, name: str) -> object:
        """The newest answer to what is asked now; None where there is none yet."""
        answer = self._answers.get(name)
        return answer.value if answer is not None and answer.inquiry == self.inquiries().get(name) else None

    def refresh(self) -> None:
        """Show what is known of the picked unit, or why nothing is."""
        is_one = self.pages.choice == ONE
        self._stack.setCurrentIndex(0 if is_one else 1)
        self.jitter.setVisible(is_one)
        reason = self.picker.problem
        if not self._is_picture:
            reason = "Stimuli are pictures: this data set has none."
        asked = self.inquiries()
        problems = [each.problem for key, each in self._answers.items() if each.inquiry == asked.get(key)]
        reason = reason or next((each for each in problems if each), "")
        is_known = not reason and self.picker.unit is not None
        self._stack.setVisible(is_known)
        self.words.setVisible(not is_known or not is_one)
        if not is_known:
            self.words.show_text(reason or "Stimuli appear with the first picture that runs through the network.")
        elif is_one:
            self._show_one()
        else:
            self._show_gallery()

    def _show_one(self) -> None:
        stimulus, tuning = self._known("stimulus"), self._known(f"{_NOW} tuning")
        self.page.show_stimulus(stimulus if isinstance(stimulus, Stimulus) else None)
        self.page.show_tuning(tuning if isinstance(tuning, Tuning) else None)

    def _show_gallery(self) -> None:
        galleries = [self._known(f"{when} gallery") for when in (_FIRST, _NOW)]
        tunings = [self._known(f"{when} tuning") for when in (_FIRST, _NOW)]
        count = min(self.picker.maps, MOST_MAPS)
        self.gallery.show_columns([self._column(place, galleries, tunings) for place in range(count)])
        more = f" The first {count} of {self.picker.maps} maps." if count < self.picker.maps else ""
        self.words.show_text(
            "Each map's filter, the picture that excites its middle unit most, and the answer to gratings of every"
            f" orientation: with the weights that the run began with, and now.{more} Click a map to see it large."
        )

    def _column(self, place: int, galleries: list[object], tunings: list[object]) -> GalleryColumn:
        pictures: list[NDArray[np.uint32] | None] = []
        words = [f"Map {place}"]
        for when, gallery in zip(("initial weights", "now"), galleries, strict=True):
            if isinstance(gallery, Gallery) and place < len(gallery.stimuli):
                filters = gallery.filters
                pictures.append(None if filters is None else _pixels(filters[place][None], "weight"))
                pictures.append(_pixels(gallery.stimuli[place], "activation"))
                words.append(f"{when}: answers {short(gallery.values[place])}")
            else:
                pictures += [None, None]
        curves: list[Array | None] = []
        for tuning in tunings:
            is_there = isinstance(tuning, Tuning) and place < tuning.responses.shape[-1]
            curves.append(tuning.by_orientation(place) if is_there and isinstance(tuning, Tuning) else None)
            if is_there and isinstance(tuning, Tuning):
                words.append(f"selectivity {tuning.selectivity(place):.2f}")
        return GalleryColumn(place, tuple(pictures), tuple(curves), " · ".join(words))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where one line is too short for all controls, they take two."""
        super().resizeEvent(event)
        is_wide = event.size().width() >= _ONE_LINE
        self._tools.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)


def _pixels(values: Array, map_name: str) -> NDArray[np.uint32]:
    """One tile of ``(channel, height, width)``; of several channels that are no colours, the first."""
    tile: NDArray[np.uint32] = picture_pixels(values, scale_up_to(largest(values), map_name))[0]
    return tile
