"""Maps: the output of the selected module, large: feature maps, values, the scores of the classes, or the loss."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.reach import Mask
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.build import judges_classes
from convnet_studio.engine.project.kinds import is_input, is_loss
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.bar_list import Bar, BarList
from convnet_studio.ui.controls.color_scope import largest
from convnet_studio.ui.controls.loss_panel import LossPanel
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import rgb_pixels
from convnet_studio.ui.map_view import MapView
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed

MOST_BARS = 20
"""Lists of more values are shown as a strip of cells."""


class MapsView(MapView):
    """All maps of one module on a common scale; a click enlarges one, pointing reads any value exactly."""

    name: ClassVar = "maps"
    title: ClassVar = "Maps"
    summary: ClassVar = "Output of the selected module: every feature map with its exact values, or the class scores."
    what: ClassVar = What.OUTPUT

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, "Activations", "value", parent)
        self.bars = BarList("Values")
        self.loss = LossPanel()
        self.panel.add_body(self.bars, 1)
        self.panel.add_body(self.loss, 1)
        self.bars.pointed.connect(self._point_at_bar)
        self.bars.picked.connect(lambda row: open_project.pointed.pin(self._place_of_bar(row)))
        self.loss.pointed.connect(lambda is_at: open_project.pointed.hover(self._place_of_loss() if is_at else None))
        self.loss.picked.connect(lambda: open_project.pointed.pin(self._place_of_loss()))
        self.refresh()

    # ---------------------------------------------------------------- what is shown

    def refresh(self) -> None:
        """Show the output of the selected module, or one sentence."""
        module, snapshot = shown_module(self.open_project), self._snapshot
        self._values = None
        if module is None:
            self.panel.say("Select a module on the canvas to see its maps.")
        elif reason := why_not_computed(module, self._facts):
            self.panel.say(reason)
        elif is_loss(module.kind):
            self._show_loss(module, snapshot)
        elif snapshot is None or module.id not in snapshot.outputs:
            self.panel.say(f"The maps of {title(module)} appear with the first picture that runs through the network.")
        else:
            self._values = snapshot.outputs[module.id]
            self._show_output(module, self._values, snapshot)

    def _show_loss(self, module: ModuleSpec, snapshot: Snapshot | None) -> None:
        if snapshot is None or not np.isfinite(snapshot.loss_at(module.id)):
            self.panel.say(f"{title(module)} gives one number, the loss: it is not known yet.")
            return
        names = self._dataset.class_names if self._dataset and judges_classes(module) else ()
        target = names[snapshot.label] if 0 <= snapshot.label < len(names) else ""
        answer = ""
        if snapshot.scores is not None and len(snapshot.scores) == len(names):
            answer = names[int(np.argmax(np.nan_to_num(snapshot.scores)))]
        self.panel.show_parts()
        self._show_only(self.loss)
        self.panel.caption.show_text("Loss of this picture")
        self.loss.show_loss(snapshot.loss_at(module.id), answer, target)

    def _show_only(self, body: QWidget) -> None:
        """One body at a time; colours and statistics belong to the sheet of maps."""
        for each in (self.panel.sheet, self.bars, self.loss):
            each.setVisible(each is body)
        is_sheet = body is self.panel.sheet
        self._scope_field.setVisible(is_sheet and not self._is_picture)
        self.panel.use_distribution(is_sheet)
        self.panel.read_out.setVisible(body is not self.loss)

    def _show_output(self, module: ModuleSpec, values: Array, snapshot: Snapshot) -> None:
        as_bars = values.ndim == 1 and len(values) <= MOST_BARS
        panel = self.panel
        panel.show_parts()
        self._show_only(self.bars if as_bars else panel.sheet)
        panel.caption.show_text(self._caption())
        if as_bars:
            self._show_bars(values, snapshot)
            self._outline()
            return
        panel.sheet.setAccessibleName(f"{self._caption()} of {title(module)}")
        has_labels = not self.is_flat and not self._is_colour_picture and len(self.tiles) > 1
        labels = [str(index) for index in range(len(self.tiles))] if has_labels else []
        self.show_tiles(self._map_name(module), labels, rgb_pixels(values)[None] if self._is_colour_picture else None)
        panel.distribution.show_statistics(values)

    def _caption(self) -> str:
        count, height, width = self.tiles.shape
        if self.is_enlarged:
            return f"Map {self._enlarged} · click for all"
        if self.is_flat:
            return f"{count:,} values"
        if self._is_colour_picture:
            return f"Picture of {height}×{width}"
        return f"{count} map{'s' if count > 1 else ''} of {height}×{width}"

    @property
    def _is_picture(self) -> bool:
        """Whether what is shown are pixels as they were, whose scale is always 0 .. 1."""
        module = shown_module(self.open_project)
        is_raw = self._dataset is None or not self._dataset.is_signed
        return self._values is not None and module is not None and is_input(module.kind) and is_raw

    @property
    def _is_colour_picture(self) -> bool:
        """Whether the maps are the red, green and blue of one picture, which is then shown as people see it."""
        return self._is_picture and self._values is not None and self._values.shape[:-2] == (3,)

    @property
    def can_enlarge(self) -> bool:
        """Whether there are maps of which one can be shown alone."""
        return super().can_enlarge and not self._is_colour_picture

    def as_tiles(self, mask: Mask) -> Mask:
        """A mask of the numbers, in the shape of the tiles that are drawn."""
        return super().as_tiles(np.logical_or.reduce(mask)[None] if self._is_colour_picture else mask)

    def _map_name(self, module: ModuleSpec) -> str:
        if self._is_picture:
            return "picture"
        known = self._facts.modules.get(module.id) if self._facts else None
        return "non_negative" if known and known.non_negative else "activation"

    # ---------------------------------------------------------------- lists of values

    def _show_bars(self, output: Array, snapshot: Snapshot) -> None:
        values = output.astype(np.float64)
        shown = np.where(np.isfinite(values), values, 0.0)
        are_scores = self._dataset is not None and len(values) == self._dataset.classes
        as_probabilities = are_log_probabilities(values)
        lengths = np.exp(shown) if as_probabilities else shown / (largest(shown) or 1.0)
        names = self._dataset.class_names if are_scores and self._dataset else [str(i) for i in range(len(values))]
        bars = [Bar(*each) for each in zip(names, values.tolist(), lengths.tolist(), strict=True)]
        if as_probabilities:
            self.panel.caption.show_text("Bars: probability e^y · numbers: y")
        answer = int(np.argmax(shown)) if are_scores else -1
        self.bars.show_bars(bars, answer, snapshot.label if are_scores else -1)
        self._read_bar(self.bars.pointed_row)

    def show_outlines(self, seen: Mask | None, touched: Mask | None) -> None:
        """Outline marked numbers, on maps or bars."""
        super().show_outlines(seen, touched)
        masks = (mask if mask is not None and mask.ndim == 1 else np.zeros(0, bool) for mask in (seen, touched))
        self.bars.outline(*(frozenset(np.flatnonzero(mask).tolist()) for mask in masks))

    # ---------------------------------------------------------------- what is pointed at

    def reading(self, cell: Cell) -> tuple[str, str]:
        """Place and exact value of a cell; of a picture in colours, all three."""
        if not self._is_colour_picture:
            return super().reading(cell)
        colours = (exact(each) for each in self.tiles[:, cell.row, cell.column])
        return f"row {cell.row} · column {cell.column}", " ".join(colours)

    def _place_of_bar(self, row: int) -> Place | None:
        return self.place_of(Cell(row, 0, 0)) if row >= 0 else None

    def _place_of_loss(self) -> Place | None:
        module = shown_module(self.open_project)
        return Place(module.id, What.LOSS) if module is not None and is_loss(module.kind) else None

    def _point_at_bar(self, row: int) -> None:
        self._read_bar(row)
        self.open_project.pointed.hover(self._place_of_bar(row))

    def _read_bar(self, row: int) -> None:
        is_value = self._values is not None and 0 <= row < len(self._values)
        self.panel.read_out.show_value(*(self.reading(Cell(row, 0, 0)) if is_value else ("", "")))


def are_log_probabilities(values: Array) -> bool:
    """Whether these are logarithms of numbers that add up to 1, as LogSoftmax gives them."""
    return bool(np.all(values <= 1e-6) and abs(float(np.exp(values).sum()) - 1.0) < 1e-3)
