"""Loss surface: the loss of the running network on a plane through its weights, with the run's way seen from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.loss_plane import (
    PRINCIPAL,
    RANDOM,
    WHOLE,
    FindLossPlane,
    FindPlace,
    Place,
    PlaneLoss,
)
from convnet_studio.engine.training.events import Event, NetworkChanged, Rewound, RunStarted
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.contour_map import ContourMap
from convnet_studio.ui.controls.distance_strip import DistanceStrip
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.surface import Surface
from convnet_studio.ui.controls.surface_scene import Field, Scene, Spot, Way
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import icon, text_font, theme, theme_switch
from convnet_studio.ui.view import View

_TITLES = {RANDOM: "Random directions", PRINCIPAL: "Principal directions"}
_AXES = {RANDOM: ("α", "β"), PRINCIPAL: ("1st", "2nd"), WHOLE: ("w0", "w1")}
_LOSS, _LOG = "Loss", "Log of loss"
_SIZES = {each: f"{each}×{each} points" for each in ("17", "33", "65")}
_MOST_PLACES = 5000
_EMPTY = "The surface appears once there is a network with weights and a loss."
_LINE = "The line joins the plane's nearest points: the run's own loss is another."
_NO_LINE = "There is no line yet: training draws it from here on; the principal directions show the way so far."
_NARROW = 640


class LossSurfaceView(View):
    """Computed in the background for the weights as they are; training goes on and draws its way over it."""

    name: ClassVar = "loss_surface"
    title: ClassVar = "Loss surface"
    summary: ClassVar = "The loss on a plane through the network's weights, with the run's way and its distance."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._attempt = 0
        self._seed = 1  # of random directions: only the button draws others
        self._is_wanted = True
        self._found: PlaneLoss | None = None
        self._problem = ""
        self._places: list[Place] = []
        self._run_id = -1
        self.kind = SegmentedControl("Directions of the plane", tuple(_TITLES.values()))
        self.kind.setToolTip(
            "Random: each filter's part as long as the filter. Principal: where the run itself has moved most."
        )
        self.height_choice = SegmentedControl("Height", (_LOSS, _LOG))
        self.size_choice = ChoiceField("Points of the grid", list(_SIZES), list(_SIZES.values()))
        self.size_choice.show_value("33")
        self.button = QPushButton("Compute anew")
        self.button.setFont(text_font(12))
        self.button.setIconSize(QSize(14, 14))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMinimumWidth(60)
        self.bar.setAccessibleName("Progress of the surface")
        self.surface = Surface("Loss surface of the network")
        self.map = ContourMap("Loss on the plane from above")
        self.strip = DistanceStrip("Distance of the run from the plane")
        self.plane_text, self.place_text = Sentence(), Sentence("", "text")
        self.message = Sentence(_EMPTY)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._arrange()
        self.kind.chosen.connect(self._begin)
        self.size_choice.entered.connect(lambda _: self._begin())
        self.height_choice.chosen.connect(self._show_field)
        self.button.clicked.connect(self._press)
        for picture in (self.surface, self.map):
            picture.pointed.connect(self._point_at)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def _arrange(self) -> None:
        tools = WrappingRow((self.kind, self.height_choice, self.size_choice, self.button, self.bar))
        self._pictures = pictures = QSplitter(Qt.Orientation.Horizontal)
        pictures.setChildrenCollapsible(False)
        pictures.setHandleWidth(8)
        pictures.addWidget(self.surface)
        pictures.addWidget(self.map)
        pictures.setSizes([580, 420])
        shown = QWidget()
        inner = QVBoxLayout(shown)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(pictures, 1)
        below = QHBoxLayout()
        below.setSpacing(24)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.place_text)
        words.addWidget(self.plane_text)
        words.addStretch(1)
        below.addLayout(words, 3)
        below.addWidget(self.strip, 2)
        inner.addLayout(below)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.message)
        self._pages.addWidget(shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(tools)
        column.addLayout(self._pages, 1)

    # ---------------------------------------------------------------- what it asks

    @property
    def _inquiry(self) -> FindLossPlane:
        kind = next(kind for kind, title in _TITLES.items() if title == self.kind.choice)
        return FindLossPlane(kind, seed=self._seed, attempt=self._attempt, points=int(self.size_choice.value))

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The plane until it is computed or cancelled; where the run is, as soon as the plane is known."""
        asked: dict[str, Inquiry] = {}
        if self._is_busy:  # no longer: another program that runs the network would begin it anew
            asked["plane"] = self._inquiry
        if self._found is not None:
            asked["place"] = FindPlace(self._found.plane)
        return asked

    @property
    def _place_inquiry(self) -> FindPlace | None:
        return FindPlace(self._found.plane) if self._found is not None else None

    def _begin(self) -> None:
        """Compute another plane, through the weights as they are now."""
        self._attempt += 1
        self._is_wanted = True
        self._found, self._problem = None, ""
        self._places = []
        self._show_field()
        self.wishes_changed.emit()

    def _press(self) -> None:
        """Cancel what is being computed; begin anew where nothing is."""
        if self._is_busy:
            self._is_wanted = False
            self._show_progress()
            self.wishes_changed.emit()
        else:
            self._seed += 1
            self._begin()

    @property
    def _is_busy(self) -> bool:
        is_done = self._found is not None and self._found.done >= 1
        return self._is_wanted and not is_done and not self._problem

    def progress(self) -> float | None:
        """Of the plane, unless it was cancelled or can't be."""
        if not self._is_wanted or self._problem:
            return None
        return self._found.done if self._found is not None else 0.0

    # ---------------------------------------------------------------- what comes in

    def show_answer(self, name: str, answer: Answer) -> None:
        """More of the surface, or a new place of the run."""
        if name == "plane" and answer.inquiry == self._inquiry and self._is_wanted:
            self._take_plane(answer)
        elif name == "place" and isinstance(answer.value, Place) and answer.inquiry == self._place_inquiry:
            self._take_place(answer.value)

    def _take_plane(self, answer: Answer) -> None:
        if answer.problem:
            self._found, self._problem = None, answer.problem
            self._show_field()
        elif isinstance(answer.value, PlaneLoss):
            before, self._found = self._found, answer.value
            is_new = before is None or before.plane is not self._found.plane
            if is_new:
                self._places = list(self._found.plane.way)
            if is_new or not self._is_busy:
                self.wishes_changed.emit()
            if before is None or before.values is not self._found.values:
                self._show_field()
            self._show_progress()

    def _take_place(self, place: Place) -> None:
        if self._places and place.step < self._places[-1].step:  # training went back
            self._places = [each for each in self._places if each.step < place.step]
        if not self._places or place.step > self._places[-1].step:
            self._places.append(place)
            if len(self._places) > _MOST_PLACES:
                self._places = self._places[::2]
        self._show_way()

    def show_events(self, events: Sequence[Event]) -> None:
        """Another run has other weights: its surface is another one."""
        for event in events:
            if isinstance(event, RunStarted) and event.run_id != self._run_id:
                self._run_id = event.run_id
                self._begin()
            elif isinstance(event, NetworkChanged):
                self._begin()
            elif isinstance(event, Rewound):
                self._places = self._places[:1]

    # ---------------------------------------------------------------- what is shown

    def _recolor(self) -> None:
        self._show_field()

    def _show_field(self) -> None:
        """The surface as far as it is known."""
        found = self._found
        has_surface = found is not None and found.values is not None
        self._pages.setCurrentIndex(1 if has_surface else 0)
        if found is not None and found.values is not None:
            plane = found.plane
            is_log = self.height_choice.choice == _LOG
            field = Field(found.values, plane.alphas, plane.betas, _AXES[plane.kind], is_log=is_log)
            self.surface.show_field(field)
            self.map.show_field(field)
            self.plane_text.show_text(_told(found))
        else:
            self.message.show_text(self._problem or ("Computing the first points…" if self._is_wanted else _EMPTY))
        self._show_way()
        self._show_progress()

    def _show_progress(self) -> None:
        done = self._found.done if self._found is not None else 0.0
        self.bar.setValue(round(100 * done))
        self.bar.setAccessibleDescription(f"{done:.0%}")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.bar.setVisible(self._is_busy)
        self.button.setText("Cancel" if self._is_busy else "Compute anew")
        self.button.setIcon(icon("x" if self._is_busy else "rotate-ccw"))
        tip = "Stop computing" if self._is_busy else "Through the weights as they are now"
        self.button.setToolTip(tip)
        self.button.setAccessibleName(f"{self.button.text()}: {tip}")

    def _show_way(self) -> None:
        places = self._places
        points = np.array([(each.alpha, each.beta) for each in places]).reshape(-1, 2)
        spots = []
        if self._found is not None and self._found.plane.way:
            begun = self._found.plane.way[-1]
            spots = [Spot(begun.alpha, begun.beta, f"step {begun.step:,}")]
        ways = [Way(points, theme().color("bad"), "●", shows_steps=True)] if places else []
        scene = Scene(ways, (), spots, self.map.scene.pointer)
        self.surface.show_scene(scene)
        self.map.show_scene(scene)
        self.strip.show_places([(each.step, each.distance, each.travelled) for each in places])
        is_whole = self._found is not None and self._found.plane.kind == WHOLE
        self.kind.setVisible(not is_whole)  # there is but one plane
        self.strip.setVisible(not is_whole and self.width() >= _NARROW)
        if places and is_whole:
            last = places[-1]
            self.place_text.show_text(f"Step {last.step:,}: w0 = {short(last.alpha)}, w1 = {short(last.beta)}.")
        elif places:
            last = places[-1]
            self.place_text.show_text(
                f"Step {last.step:,}: {short(last.distance)} from the plane, "
                f"{short(last.travelled)} from its centre. {_LINE if len(places) > 1 else _NO_LINE}"
            )
        else:
            self.place_text.show_text("")

    def _point_at(self, place: tuple[float, float] | None) -> None:
        scene = self.map.scene
        moved = Scene(scene.ways, scene.curves, scene.spots, place)
        self.surface.show_scene(moved)
        self.map.show_scene(moved)
        value = self._value_at(place) if place else None
        self.map.show_level(value[0] if value else None, value[1] if value else "")

    def _value_at(self, place: tuple[float, float]) -> tuple[float, str] | None:
        """The nearest point's computed loss: nothing is interpolated."""
        field = self.map.field
        if field is None:
            return None
        column, row = field.cells(np.array([place]))
        rows, columns = field.values.shape
        value = float(field.values[min(max(round(row[0]), 0), rows - 1), min(max(round(column[0]), 0), columns - 1)])
        return (value, f"loss {short(value)}") if np.isfinite(value) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the map stands below the surface, and the strip gives way."""
        super().resizeEvent(event)
        self._show_way()
        is_wide = event.size().width() >= _NARROW
        is_beside = is_wide or event.size().width() > event.size().height()
        self._pictures.setOrientation(Qt.Orientation.Horizontal if is_beside else Qt.Orientation.Vertical)


def _told(found: PlaneLoss) -> str:
    """What is seen, in words."""
    plane = found.plane
    if plane.kind == WHOLE:
        what = "The network learns these two numbers only, so nothing is left out."
    elif plane.kind == RANDOM:
        what = "α and β count in norms of the filters."
    else:
        first, second = plane.shares
        what = f"The two directions hold {first:.0%} and {second:.0%} of the run's squared movement."
    at = "at" if plane.kind == WHOLE else "at the centre,"
    return (
        f"Mean loss over {found.samples:,} training samples, without penalties; {at} the weights of step "
        f"{plane.step:,}, it is {short(found.loss)}. {what}"
    )
