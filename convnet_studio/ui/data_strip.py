"""DataStrip: the pictures of the data set, small; a click shows one to the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.data.dataset import Dataset, Split
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.picture_grid import PictureGrid
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.theme import text_font, theme, theme_switch

TEST, TRAIN = "Test", "Train"
ALL_CLASSES = "All classes"
_WIDE = 340


class DataStrip(QWidget):
    """A filter by split and class over a grid of thumbnails; arrow keys move from picture to picture."""

    picture_chosen = Signal(object, int, str)
    """(ProbePicture, its index within the split, ``test`` or ``train``)"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dataset: Dataset | None = None
        self._class = -1
        self._shown = np.zeros(0, np.int64)
        self._probe: tuple[str, int] | None = None
        self.setAccessibleName("Data")
        self.split_control = SegmentedControl("Part of the data", (TEST, TRAIN))
        self.class_field = ChoiceField("Class", [ALL_CLASSES])
        self.class_field.setMinimumWidth(self.class_field.sizeHint().width())
        self.chosen = ElidedLabel("", "second_text", text_font(12))
        self.chosen.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.grid = PictureGrid("Pictures to probe")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.split_control)
        row.addWidget(self.class_field)
        row.addWidget(self.chosen, 1)
        row.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self.split_control.chosen.connect(self._show_pictures)
        self.grid.chosen.connect(self._choose)
        self.class_field.entered.connect(self._choose_class)
        theme_switch().changed.connect(self.update)

    def set_dataset(self, dataset: Dataset) -> None:
        """Show another data set; its first test picture is the probe until another is chosen."""
        self._dataset = dataset
        self._class, self._probe = -1, ("test", 0)  # where the trainer looks first
        self.class_field.set_choices([ALL_CLASSES, *dataset.class_names])
        self.class_field.setVisible(dataset.classes > 0)
        self._name_probe()
        self._show_pictures()

    @property
    def split_name(self) -> str:
        """``test`` or ``train``."""
        return self.split_control.choice.lower()

    @property
    def shown_indices(self) -> NDArray[np.int64]:
        """Which pictures of the split the grid shows, in its order."""
        return self._shown

    def choose(self, index: int, split: str = "test") -> None:
        """Show picture `index` of a split to the network."""
        if self._dataset is None:
            return
        self._probe = (split, index)
        self._name_probe()
        self._mark_probe()
        part = self._split(split)
        self.picture_chosen.emit(ProbePicture(part.picture(index), int(part.labels[index])), index, split)

    def mark_shown(self, shown: ProbePicture) -> None:
        """Mark the picture that something else shows to the network; none where it is not of this data."""
        found = (
            (split, int(index))
            for split in ("test", "train")
            for index in np.flatnonzero(self._split(split).labels == shown.label)
            if np.array_equal(self._split(split).picture(int(index)), shown.picture)
        )
        self._probe = next(found, None) if shown.label >= 0 else None
        self._name_probe()
        self._mark_probe()

    def _name_probe(self) -> None:
        assert self._dataset
        if self._probe is None:
            self.chosen.show_text("drawn by hand")
            return
        split, index = self._probe
        name = self._dataset.class_name(int(self._split(split).labels[index]))
        self.chosen.show_text(f"{split} {index} · {name}" if name else f"{split} {index}")

    def _split(self, name: str) -> Split:
        assert self._dataset
        return self._dataset.test if name == "test" else self._dataset.train

    def _choose_class(self, name: object) -> None:
        names = self._dataset.class_names if self._dataset else ()
        self._class = names.index(str(name)) if name in names else -1
        self._show_pictures()

    def _show_pictures(self) -> None:
        if self._dataset is None:
            return
        part = self._split(self.split_name)
        every = np.arange(len(part))
        self._shown = every if self._class < 0 else every[part.labels == self._class]
        self.grid.show_pictures(part.images, self._shown, self._describe, is_signed=self._dataset.is_signed)
        self._mark_probe()

    def _describe(self, index: int) -> str:
        assert self._dataset
        name = self._dataset.class_name(int(self._split(self.split_name).labels[index]))
        pair = ", left of a stereo pair" if self._dataset.input_shape[0] == 2 else ""
        return f"{self.split_name} picture {index}{': ' * bool(name)}{name}{pair}"

    def _mark_probe(self) -> None:
        split, index = self._probe or ("", -1)
        places = np.flatnonzero(self._shown == index) if split == self.split_name else np.zeros(0, np.int64)
        self.grid.mark(int(places[0]) if len(places) else -1)

    def _choose(self, place: int) -> None:
        self.choose(int(self._shown[place]), self.split_name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The name of the probe stands where it has room; its ring in the grid is always there."""
        super().resizeEvent(event)
        self.chosen.setVisible(event.size().width() >= _WIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
