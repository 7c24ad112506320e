"""LCN reconstruction: the shown picture from equally many coefficients, without LCN and with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.sparse_reconstruction import AskReconstruction, Kept, Reconstruction
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.ui.controls.bank_sheet import BankSheet
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.pane_grid import PaneGrid
from convnet_studio.ui.controls.pixel_pane import PixelPane
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.controls.scrolling import scrolling
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.slider import Slider
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.map_images import Scale, rgb_pixels, scale_of
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

OWN, GABOR = "network's filters", "Gabor filters"
PICTURE, CONTRAST = "picture", "local contrast"
_WAITING = "The pictures appear as soon as their coefficients have been found."
_HINT = "Point at a pixel to read it in all three pictures"
_USUAL_SHARE = 6 / 81
"""Coefficients to a pixel, at first: six for a patch of 9 x 9."""
_STOPS = 60
_NARROWEST_SLIDER = 220
"""Pixels: its name and its number."""
_ERRORS = "Error: length of v̂ − v over that of v, the local contrast; faint is where σ ≤ c, strong where σ > c."
_MOMENT = 16


class LcnReconstructionView(View):
    """Original, rebuilt without LCN, rebuilt with it; below, which coefficients that took."""

    name: ClassVar = "lcn_reconstruction"
    title: ClassVar = "Reconstruction with and without LCN"
    summary: ClassVar = "The shown picture from the k largest coefficients of a filter bank, with LCN and without."
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._is_signed = False
        self._found: Reconstruction | None = None
        self._kept: tuple[Kept, Kept] | None = None
        self.filters = SegmentedControl("Filters", (OWN, GABOR))
        self.shown = SegmentedControl("What is shown", (PICTURE, CONTRAST))
        self.count = Slider(
            "k, active coefficients each",
            (0, 1),
            lambda n: f"{n:.0f}",
            "Coefficients of each of the two codes.",
        )
        self.words = Sentence(_WAITING)
        self.read_out = ReadOut(_HINT)
        self.original = PixelPane("", "Original")
        self.without = PixelPane("", "Without LCN")
        self.with_lcn = PixelPane("", "With LCN")
        self.bank = BankSheet()
        self.where_without = PixelPane("", "Where they lie, without")
        self.where_with = PixelPane("", "Where they lie, with")
        self.pictures = (self.original, self.without, self.with_lcn)
        self.places = (self.where_without, self.where_with)
        self.grid = PaneGrid((*self.pictures, self.bank, *self.places))
        self._soon = QTimer(self, singleShot=True, interval=_MOMENT)
        self._arrange()
        self._soon.timeout.connect(self._rebuild)
        self.count.entered.connect(lambda _: self._soon.start())
        self.shown.chosen.connect(self._show)
        self.filters.chosen.connect(self._begin_anew)
        for pane in (self.without, self.with_lcn):
            pane.canvas.setToolTip(_ERRORS)
        for pane in (*self.pictures, *self.places):
            pane.canvas.pointed.connect(self._point_at)
        theme_switch().changed.connect(self._show)
        self.setAccessibleName(self.title)
        self._show()

    def _arrange(self) -> None:
        self.count.setMinimumWidth(_NARROWEST_SLIDER)
        row = WrappingRow((self.count, self.filters, self.shown), spacing=16)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 8, 12, 12)
        whole.setSpacing(8)
        whole.addLayout(row)
        whole.addWidget(self.words)
        whole.addWidget(self.read_out)
        self._pictures = scrolling(self.grid)
        whole.addWidget(self._pictures, 1)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn whether pictures have a black."""
        self._is_signed = dataset.is_signed

    def inquiries(self) -> Mapping[str, Inquiry]:
        """Both codes of the shown picture."""
        return {"codes": AskReconstruction(own=self.filters.choice == OWN)}

    def show_answer(self, name: str, answer: Answer) -> None:
        """Paint the newest codes."""
        if answer.inquiry != self.inquiries()["codes"]:
            return
        if answer.problem:
            self._found = None
            self._show()
            self.words.show_text(answer.problem)
        elif isinstance(answer.value, Reconstruction):
            self._take(answer.value)

    def catch_up(self) -> None:
        """Do at once what would be done in a moment."""
        if self._soon.isActive():
            self._soon.stop()
            self._rebuild()

    def _take(self, found: Reconstruction) -> None:
        is_first = self._found is None or self._found.steps.x.shape != found.steps.x.shape
        if self._found is None or self._found.most != found.most or is_first:
            stops = sorted({round(each) for each in np.linspace(0, max(1, found.most), _STOPS)})
            self.count.set_stops(stops)
        if is_first:
            self.count.show_number(_USUAL_SHARE * found.steps.x[0].size)
        self._found = found
        self._rebuild()

    def _begin_anew(self, _choice: str = "") -> None:
        self.words.show_text(_WAITING)
        self.wishes_changed.emit()

    # ---------------------------------------------------------------- what is shown

    def _rebuild(self) -> None:
        found, count = self._found, int(self.count.number)
        if found is not None:
            self._kept = found.kept_without(count), found.kept_with(count)
        self._show()

    def _show(self, _choice: str = "") -> None:
        found, kept = self._found, self._kept
        self._pictures.setVisible(found is not None)
        self.read_out.setVisible(found is not None)
        if found is None or kept is None:
            return
        self._show_pictures(found, kept)
        most = max(1, *(int(each.where.max()) for each in kept))
        for pane, each in zip(self.places, kept, strict=True):
            pane.show_values(each.where, Scale("non_negative", 0.0, float(most)))
        self.bank.show_bank(found.bank.atoms, kept[0].by_filter, kept[1].by_filter)
        self.words.show_text(self._sentence(found, kept))
        for pane, name, each in zip(self.pictures[1:], ("Without LCN", "With LCN"), kept, strict=True):
            errors = f"error {short(each.low_error)} where faint, {short(each.high_error)} where strong"
            pane.heading.show_text(f"{name} · {errors}")

    def _show_pictures(self, found: Reconstruction, kept: tuple[Kept, Kept]) -> None:
        steps = found.steps
        if self.shown.choice == CONTRAST:
            divisor = steps.divisor
            values = [steps.y, *(each.contrast / np.where(divisor > 0, divisor, 1) for each in kept)]
            scale = scale_of(steps.y[0], "activation")
            for pane, each in zip(self.pictures, values, strict=True):
                pane.show_values(each[0], scale)
            self.original.heading.show_text("Local contrast of the original")
            return
        self.original.heading.show_text("Original")
        values = [steps.x, *(each.picture for each in kept)]
        if len(steps.x) == 3 and not self._is_signed:
            for pane, each in zip(self.pictures, values, strict=True):
                pane.show_pixels(rgb_pixels(each))
            return
        largest = float(np.abs(steps.x[0]).max()) or 1.0
        scale = Scale("picture", -largest, largest) if self._is_signed else Scale("picture", 0.0, 1.0)
        for pane, each in zip(self.pictures, values, strict=True):
            pane.show_values(each[0], scale)

    def _sentence(self, found: Reconstruction, kept: tuple[Kept, Kept]) -> str:
        network = self.open_project.project.network
        module_id = origin(found.bank.module_id) if found.bank.module_id else ""
        if module_id and module_id in network:
            source = f"{title(network.module(module_id))}'s filters"
        else:
            source = "Gabor filters"
        without, with_lcn = kept
        flat = "a flat one" if len(found.steps.x) == 1 else "a flat one for each map"
        count = f"{without.count}" if without.count == with_lcn.count else f"{without.count} and {with_lcn.count}"
        return (
            f"{count} coefficients each, of {source} and {flat}, found by matching pursuit. "
            f"Spent on brightness: {without.slow} without LCN, {with_lcn.slow} with it, where local mean and spread "
            f"are kept beside them."
        )

    def _point_at(self, row: int, column: int) -> None:
        for pane in (*self.pictures, *self.places):
            pane.canvas.mark((row, column))
        if self._found is None or self._kept is None:
            return
        values: list[Array] = [self._found.steps.x, *(each.picture for each in self._kept)]
        words = ("x", "without", "with")
        said = (f"{word} {exact(float(each[0, row, column]))}" for word, each in zip(words, values, strict=True))
        self.read_out.show_value(f"row {row} · column {column}", "  ".join(said))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
