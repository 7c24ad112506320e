"""Attribution: what of the shown picture a unit answers to: deconvnet, gradient and guided backpropagation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.deconvnet import DECONVNET, GRADIENT, GUIDED, Attribute, Attribution
from convnet_studio.engine.analysis.unit import Box
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.picture_pane import PicturePane
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.unit_view import UnitView

_NARROW = 480
"""Pixels: in less, words stand below controls."""
_ABOVE, _AROUND = 140, 60
"""Pixels of the view's height above units and panes, and of a pane's around its picture."""
WHOLE, SEEN = "Whole picture", "Seen part"
_WAYS = {
    DECONVNET: ("Deconvnet", "Going down, a ReLU lets pass what is positive."),
    GRADIENT: ("Gradient", "Going down, a ReLU lets pass what it let through on the way up."),
    GUIDED: ("Guided", "Going down, a ReLU lets pass what is positive and what it let through on the way up."),
}
_ALIKE = (
    "There is no ReLU on the way, so the three are the same. "
    "The preset photo-objects, with ReLU and max pooling, shows how they differ."
)


class AttributionView(UnitView):
    """Maps back to the pixels of the shown picture, side by side, for any unit of the selected module."""

    name: ClassVar = "attribution"
    title: ClassVar = "Deconvnet and gradients"
    summary: ClassVar = "What of the picture any unit answers to: deconvnet, plain gradient, guided backpropagation."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent, begins_strongest=True)
        self._dataset: Dataset | None = None
        self._shown: Attribution | None = None
        self._picture: Array | None = None
        self.part = SegmentedControl("What is shown", (WHOLE, SEEN))
        self.words = Sentence()
        self.remark = Sentence()
        self.picture = PicturePane("Picture")
        self.panes = {way: PicturePane(word) for way, (word, _) in _WAYS.items()}
        for way, pane in self.panes.items():
            pane.sheet.setToolTip(_WAYS[way][1])
        self._arrange()
        self.part.chosen.connect(lambda _: self.refresh())
        self.refresh()

    def _arrange(self) -> None:
        self._maps = QWidget()
        self._grid = QGridLayout(self._maps)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(16)
        self._place_panes(4)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(16)
        self._halves.addWidget(self.picker, 1)
        self._halves.addWidget(self._maps, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(8)
        self._head.addWidget(self.part)
        self._head.addWidget(self.words, 1)
        column.addLayout(self._head)
        column.addWidget(self.remark)
        column.addLayout(self._halves, 1)

    def _place_panes(self, columns: int) -> None:
        for number, pane in enumerate((self.picture, *self.panes.values())):
            self._grid.addWidget(pane, *divmod(number, columns))

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn whether pixels are signed."""
        self._dataset, self._shown = dataset, None
        self.refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The three ways back from the picked unit."""
        unit = self.picker.unit
        return {"attribution": Attribute(unit)} if unit else {}

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what there is to pick from."""
        super().show_snapshot(snapshot)
        self.refresh()

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest maps."""
        value = answer.value
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._shown = None
            self.refresh(answer.problem)
        elif isinstance(value, Attribution):
            self._shown = value
            self.refresh()

    # ---------------------------------------------------------------- what is shown

    def refresh(self, problem: str = "") -> None:
        """Show what is known of the picked unit, or why nothing is."""
        shown, unit = self._shown, self.picker.unit
        reason = problem or self.picker.problem
        is_known = shown is not None and unit is not None and shown.unit.module == unit.module and not reason
        self._maps.setVisible(is_known)
        self.picker.setVisible(unit is not None)
        self.remark.setVisible(is_known)
        self.part.setVisible(is_known)
        if not is_known or shown is None:
            self.words.show_text(reason or "The maps appear with the first picture that runs through the network.")
            return
        if next(iter(shown.maps.values())).ndim != 3:
            self._maps.setVisible(False)
            self.words.show_text("Only what units see of pictures can be shown: this data set has none.")
            return
        self.words.show_text(f"{self.picker.name[:1].upper()}{self.picker.name[1:]} answers {exact(shown.value)}.")
        is_signed = self._dataset is not None and self._dataset.is_signed
        self._show_part(self.picture, shown.picture, "activation" if is_signed else "picture", shown.box)
        for way, pane in self.panes.items():
            self._show_part(pane, shown.maps[way], "gradient", shown.box)
        self.remark.show_text(self._remark(shown))

    def _show_part(self, pane: PicturePane, values: Array, map_name: str, box: Box) -> None:
        """All of a picture with a frame around what the unit sees, or that alone."""
        is_whole = self.part.choice == WHOLE
        pane.show_values(values if is_whole else values[(slice(None), *box)], map_name)
        pane.sheet.frame(box if is_whole else None)

    def _remark(self, shown: Attribution) -> str:
        network = self.open_project.project.network
        known = list(dict.fromkeys(title(network.module(each)) for each in shown.without_rule if each in network))
        told = []
        if not shown.has_relu:
            told.append(_ALIKE)
        if known:
            names = ", ".join(known[:4]) + (" and others" if len(known) > 4 else "")
            told.append(f"Deconvnet and guided have no rule for {names}: the gradient is used there.")
        if len(next(iter(shown.maps.values()))) == 3:
            told.append("In colours, middle grey is 0.")
        return " ".join(told) or "Each map begins with 1 at the unit, and has colours of its own."

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The units stand beside the maps where there is room, else above."""
        super().resizeEvent(event)
        is_wide = event.size().width() > 2.2 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(direction)
        is_narrow = event.size().width() < _NARROW
        self._head.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
        columns = _columns(event.size())
        self._place_panes(columns)
        self._halves.setStretch(1, columns)  # in two rows the panes are smaller, and units should not be


def _columns(size: QSize) -> int:
    """How many panes stand side by side where all of them are largest: four or two."""
    room = size.height() - _ABOVE
    in_four = min((size.width() - 80) / 4, 0.8 * room - _AROUND)
    in_two = min((size.width() - 48) / 2, 0.67 * room / 2 - _AROUND)
    return 4 if in_four >= in_two else 2
