"""Top patches: the parts of the data set's pictures to which a map of the selected module answers most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.top_patches import TEST, TRAINING, FindTopPatches, TopPatches
from convnet_studio.engine.analysis.unit import seen_box
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.picture_pane import picture_pixels
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.unit_view import UnitView

_NARROW = 480
"""Pixels: in less, words stand below controls."""
_SPLITS = {"Test": TEST, "Training": TRAINING}


class TopPatchesView(UnitView):
    """The nine strongest patches of any map, cut out of the pictures as far as a unit sees."""

    name: ClassVar = "top_patches"
    title: ClassVar = "Strongest patches"
    summary: ClassVar = "The nine parts of the data's pictures to which a map answers most strongly."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent, picks_place=False)
        self._dataset: Dataset | None = None
        self._shown: TopPatches | None = None
        self._asked: Inquiry | None = None
        self._is_partial = False
        self.split = SegmentedControl("Pictures", tuple(_SPLITS))
        self.words = Sentence()
        self.sheet = MapSheet("The nine strongest patches")
        self.sheet.setToolTip("Click a patch to show its picture to the network")
        self.legend = LegendBar("Colours of the patches")
        self.read_out = ReadOut("Point at a patch to read it, click to show its picture")
        self._arrange()
        self.split.chosen.connect(lambda _: self.ask_anew())
        self.sheet.pointed.connect(self._read)
        self.sheet.picked.connect(self._show_picture)
        theme_switch().changed.connect(self.refresh)
        self.refresh()

    def _arrange(self) -> None:
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(8)
        self._head.addWidget(self.split)
        self._head.addWidget(self.words, 1)
        self._patches = QWidget()
        patches = QVBoxLayout(self._patches)
        patches.setContentsMargins(0, 0, 0, 0)
        patches.setSpacing(4)
        patches.addWidget(self.read_out)
        patches.addWidget(self.sheet, 1)
        patches.addWidget(self.legend)
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._halves.setSpacing(16)
        self._halves.addWidget(self.picker, 1)
        self._halves.addWidget(self._patches, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(self._head)
        column.addLayout(self._halves, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the pictures and the names of their classes."""
        self._dataset, self._shown = dataset, None
        self.refresh()

    def inquiries(self) -> Mapping[str, Inquiry]:
        """The strongest patches of all maps of the selected module."""
        unit = self.picker.unit
        return {"patches": FindTopPatches(unit.module, _SPLITS[self.split.choice])} if unit else {}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint what is found; where it is looked for anew, only when it is found again."""
        if answer.inquiry != self.inquiries().get(name):
            return
        if answer.problem:
            self._shown = None
            self.refresh(answer.problem)
        elif isinstance(answer.value, TopPatches) and (answer.is_final or self._is_partial or self._is_new(answer)):
            self._shown, self._asked, self._is_partial = answer.value, answer.inquiry, not answer.is_final
            self.refresh()

    def _is_new(self, answer: Answer) -> bool:
        return self._shown is None or answer.inquiry != self._asked

    # ---------------------------------------------------------------- what is shown

    @property
    def _is_known(self) -> bool:
        unit, shown = self.picker.unit, self._shown
        return (
            unit is not None
            and shown is not None
            and self._dataset is not None
            and self._asked == self.inquiries().get("patches")
            and unit.channel < len(shown.values)
        )

    def refresh(self, problem: str = "") -> None:
        """Show what is known of the picked unit, or why nothing is."""
        reason = problem or self.picker.problem
        is_known = self._is_known and not reason
        self._patches.setVisible(is_known)
        self.picker.setVisible(self.picker.unit is not None)
        unit, shown, dataset = self.picker.unit, self._shown, self._dataset
        if not is_known or unit is None or shown is None or dataset is None:
            self.words.show_text(reason or "The patches appear when the pictures have run through the network.")
            return
        if len(dataset.input_shape) != 3:
            self._patches.setVisible(False)
            self.words.show_text("Patches are parts of pictures: this data set has none.")
            return
        which = next(word for word, split in _SPLITS.items() if split == self._split_of(shown))
        part = f" of {shown.total:,}" if shown.seen < shown.total else ""
        self.words.show_text(
            f"Where the {shown.seen:,}{part} {which.lower()} pictures excite map {unit.channel} most, strongest first."
        )
        self._show_patches(shown, unit.channel, dataset)

    def _split_of(self, shown: TopPatches) -> str:
        return self._asked.split if isinstance(self._asked, FindTopPatches) else TEST

    def _show_patches(self, shown: TopPatches, channel: int, dataset: Dataset) -> None:
        patches, labels = [], []
        for rank, index in enumerate(shown.pictures[channel].tolist()):
            if index >= 0:
                picture = self._picture(index)
                box = seen_box(shown.field, shown.places[channel, rank].tolist(), picture.shape)
                patches.append(picture[(slice(None), *box)])
                labels.append(short(float(shown.values[channel, rank])))
        if not patches:
            self.sheet.clear()
            return
        height, width = (max(each.shape[axis] for each in patches) for axis in (1, 2))
        everything = np.full((len(patches), patches[0].shape[0], height, width), np.nan, np.float32)
        for row, patch in enumerate(patches):
            everything[row, :, : patch.shape[1], : patch.shape[2]] = patch
        map_name = "activation" if dataset.is_signed else "picture"
        scale = scale_up_to(largest(everything), map_name)
        tiles = np.stack([picture_pixels(each, scale)[0] for each in everything])
        tiles[np.isnan(everything[:, 0])] = theme().color("missing").rgb()
        self.sheet.show_tiles(tiles, labels=labels)
        self.legend.setVisible(dataset.is_signed and patches[0].shape[0] != 3)
        self.legend.show_scale(scale)
        self.sheet.setAccessibleName(f"The strongest patches of {self.picker.name}")
        self._read(self.sheet.pointed_cell)

    def _picture(self, index: int) -> Array:
        """One of all pictures, those to learn from first."""
        assert self._dataset is not None
        count = len(self._dataset.train.labels)
        part, place = (self._dataset.train, index) if index < count else (self._dataset.test, index - count)
        return part.picture(place)

    def _read(self, cell: Cell | None) -> None:
        unit, shown = self.picker.unit, self._shown
        if cell is None or unit is None or shown is None or cell.tile >= shown.values.shape[1]:
            self.read_out.show_value("", "")
            return
        value = shown.values[unit.channel, cell.tile]
        self.read_out.show_value(self._describe(shown, unit.channel, cell.tile), exact(value))

    def _describe(self, shown: TopPatches, channel: int, rank: int) -> str:
        assert self._dataset is not None
        index, count = int(shown.pictures[channel, rank]), len(self._dataset.train.labels)
        name = self._dataset.class_name(int(shown.labels[channel, rank]))
        which = f"training picture {index}" if index < count else f"test picture {index - count}"
        place = shown.places[channel, rank].tolist()
        where = f" · at row {place[0]}, column {place[1]} of the map" if len(place) == 2 else ""
        return f"{which}{f', {name}' if name else ''}{where}"

    def _show_picture(self, rank: int) -> None:
        unit, shown = self.picker.unit, self._shown
        if unit is None or shown is None or not self._is_known or shown.pictures[unit.channel, rank] < 0:
            return
        picture = self._picture(int(shown.pictures[unit.channel, rank]))
        self.picture_chosen.emit(ProbePicture(picture, int(shown.labels[unit.channel, rank])))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The maps stand beside the patches where there is room, else above."""
        super().resizeEvent(event)
        is_wide = event.size().width() > 1.25 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(direction)
        is_narrow = event.size().width() < _NARROW
        self._head.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
