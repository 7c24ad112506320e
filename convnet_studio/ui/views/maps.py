"""Maps: the output of the selected module, large: feature maps, values, the scores of the classes, or the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.build import judges_classes
from convnet_studio.engine.project.kinds import is_input, is_loss
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.bar_list import Bar, BarList
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.color_scope import (
    ColorScope,
    RunMaxima,
    largest,
    largest_of_all,
    scale_up_to,
    stretched_to_own_end,
)
from convnet_studio.ui.controls.loss_panel import LossPanel
from convnet_studio.ui.controls.map_panel import MapPanel
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored, rgb_pixels
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme_switch
from convnet_studio.ui.view import View

MOST_BARS = 20
"""Lists of more values are shown as a strip of cells."""
_HINT = "Point at a value to read it exactly"


@dataclass(frozen=True)
class _Output:
    """What is on show: `values` as they came, and as tiles ``(count, height, width)``."""

    module: ModuleSpec
    values: Array
    tiles: Array

    @property
    def is_flat(self) -> bool:
        return self.values.ndim == 1


class MapsView(View):
    """All maps of one module on a common scale; a click enlarges one, pointing reads any value exactly."""

    name: ClassVar = "maps"
    title: ClassVar = "Maps"
    summary: ClassVar = "Output of the selected module: every feature map with its exact values, or the class scores."

    probes_changed = Signal()
    """It wants to see more or less of the network than before."""

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._output: _Output | None = None
        self._enlarged: int | None = None
        self._run_maxima = RunMaxima()
        self.scope = ColorScope.MODULE
        words = [each.value for each in ColorScope]
        self._scope_field = ChoiceField("Scale of the colours", words, [f"Scale: {word}" for word in words], height=24)
        self._scope_field.setToolTip("Whose largest value stands at the end of the colours")
        self._scope_field.show_value(self.scope.value)
        self._scope_field.entered.connect(lambda word: self.use_scope(ColorScope(word)))
        self.panel = MapPanel("Activations", _HINT)
        self.panel.add_tool(self._scope_field)
        self.bars = BarList("Values")
        self.loss = LossPanel()
        self.panel.add_body(self.bars, 1)
        self.panel.add_body(self.loss, 1)
        column = QVBoxLayout(self)
        self.setContentsMargins(12, 8, 12, 12)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.panel.sheet.pointed.connect(self._point_at_cell)
        self.panel.sheet.picked.connect(self._pin)
        self.panel.sheet.picked.connect(self._toggle_enlarged)
        self.bars.pointed.connect(self._point_at_bar)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._refresh)
        self._refresh()

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the names of the classes."""
        self._dataset = dataset
        self._refresh()

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes, signs and problems."""
        self._facts = summary
        self._refresh()

    def probes(self) -> Probes:
        """The selected module's output; with colours that span the network, all outputs."""
        module = shown_module(self.open_project)
        if module is None or is_loss(module.kind):
            return Probes()
        if self.scope is ColorScope.NETWORK:
            modules = self.open_project.project.network.modules
            return Probes(outputs=frozenset(each.id for each in modules if not is_loss(each.kind)))
        return Probes(outputs=frozenset({module.id}))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest outputs."""
        self._snapshot = snapshot
        self._refresh()

    def use_scope(self, scope: ColorScope) -> None:
        """Choose what the colours span."""
        self.scope = scope
        self._scope_field.show_value(scope.value)
        self._refresh()
        self.probes_changed.emit()

    def spare_height(self) -> int:
        """What the sheet has no use for."""
        return self.panel.spare_height()

    def _on_selection(self) -> None:
        self._enlarged = None
        self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        module = shown_module(self.open_project)
        self._output = None
        if module is None:
            self.panel.say("Select a module on the canvas to see its maps.")
        elif reason := why_not_computed(module, self._facts):
            self.panel.say(reason)
        elif is_loss(module.kind):
            self._show_loss(module, self._snapshot)
        elif self._snapshot is None or module.id not in self._snapshot.outputs:
            self.panel.say(f"The maps of {title(module)} appear with the first picture that runs through the network.")
        else:
            values = self._snapshot.outputs[module.id]
            tiles = values if values.ndim == 3 else values.reshape(-1, 1, 1)
            self._output = _Output(module, values, tiles)
            self._show_output(self._output)

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

    def _show_output(self, output: _Output) -> None:
        assert self._snapshot
        as_bars = output.is_flat and len(output.values) <= MOST_BARS
        panel = self.panel
        panel.show_parts()
        self._show_only(self.bars if as_bars else panel.sheet)
        panel.caption.show_text(self._caption(output))
        if as_bars:
            self._show_bars(output)
        else:
            self._show_tiles(output)
            panel.distribution.show_statistics(output.values)

    def _caption(self, output: _Output) -> str:
        count, height, width = output.tiles.shape
        if self._enlarged is not None and self._enlarged < count and not output.is_flat:
            return f"Map {self._enlarged} · click for all"
        if output.is_flat:
            return f"{count:,} values"
        if self._is_colour_picture:
            return f"Picture of {height}×{width}"
        return f"{count} map{'s' if count > 1 else ''} of {height}×{width}"

    def _show_tiles(self, output: _Output) -> None:
        scale = self._scale(output)
        own_ends = self.scope is ColorScope.UNIT and scale.map_name != "picture"
        tiles, labels = output.tiles, [str(index) for index in range(len(output.tiles))]
        if self._is_enlarged(output):
            assert self._enlarged is not None
            tiles, labels = tiles[self._enlarged : self._enlarged + 1], []
        if own_ends and len(tiles) == 1:
            scale, own_ends = scale_up_to(largest(tiles), scale.map_name), False
        elif own_ends:
            tiles = stretched_to_own_end(tiles)
        pixels = colored(tiles, scale)
        if self._is_colour_picture:
            pixels = rgb_pixels(output.values)[None]
        show_labels = labels if len(pixels) > 1 and not output.is_flat else []
        self.panel.sheet.setAccessibleName(f"{self._caption(output)} of {title(output.module)}")
        self.panel.sheet.show_tiles(pixels, labels=show_labels)
        ends = ("0" if scale.low == 0 else "−largest of each", "largest of each") if own_ends else None
        self.panel.distribution.show_values(tiles, scale, ends)
        self._read_cell(self.panel.sheet.pointed_cell)

    def _is_enlarged(self, output: _Output) -> bool:
        return self._enlarged is not None and not output.is_flat and self._enlarged < len(output.tiles)

    def _scale(self, output: _Output) -> Scale:
        assert self._snapshot
        map_name = self._map_name(output)
        own = self._run_maxima.take(self._snapshot.run_id, output.module.id, output.values)
        if self.scope is ColorScope.UNIT:
            return scale_up_to(1.0, map_name)
        if self.scope is ColorScope.MODULE:
            return scale_up_to(largest(output.values), map_name)
        if self.scope is ColorScope.NETWORK:
            return scale_up_to(largest_of_all(self._snapshot.outputs.values()), map_name)
        return scale_up_to(own, map_name)

    @property
    def _is_picture(self) -> bool:
        """Whether what is shown are pixels as they were, whose scale is always 0 .. 1."""
        is_raw = self._dataset is None or not self._dataset.is_signed
        return self._output is not None and is_input(self._output.module.kind) and is_raw

    @property
    def _is_colour_picture(self) -> bool:
        """Whether the maps are the red, green and blue of one picture, which is then shown as people see it."""
        return self._is_picture and self._output is not None and self._output.values.shape[:-2] == (3,)

    def _map_name(self, output: _Output) -> str:
        if self._is_picture:
            return "picture"
        known = self._facts.modules.get(output.module.id) if self._facts else None
        return "non_negative" if known and known.non_negative else "activation"

    # ---------------------------------------------------------------- lists of values

    def _show_bars(self, output: _Output) -> None:
        assert self._snapshot
        values = output.values.astype(np.float64)
        shown = np.where(np.isfinite(values), values, 0.0)
        are_scores = self._dataset is not None and len(values) == self._dataset.classes
        as_probabilities = are_log_probabilities(values)
        lengths = np.exp(shown) if as_probabilities else shown / (largest(shown) or 1.0)
        names = self._dataset.class_names if are_scores and self._dataset else [str(i) for i in range(len(values))]
        bars = [Bar(*each) for each in zip(names, values.tolist(), lengths.tolist(), strict=True)]
        if as_probabilities:
            self.panel.caption.show_text("Bars: probability e^y · numbers: y")
        answer = int(np.argmax(shown)) if are_scores else -1
        self.bars.show_bars(bars, answer, self._snapshot.label if are_scores else -1)

    # ---------------------------------------------------------------- what is pointed at

    def _toggle_enlarged(self, tile: int) -> None:
        if self._output is None or self._output.is_flat or len(self._output.tiles) < 2 or self._is_colour_picture:
            return
        self._enlarged = tile if self._enlarged is None else None
        self._refresh()

    def _tile(self, output: _Output, cell: Cell) -> int:
        return self._enlarged if self._is_enlarged(output) and self._enlarged is not None else cell.tile

    def _place(self, cell: Cell | None) -> Place | None:
        """Where the value of a cell is stored."""
        output = self._output
        if cell is None or output is None:
            return None
        tile = self._tile(output, cell)
        index = (tile,) if output.is_flat else (tile, cell.row, cell.column)
        return Place(output.module.id, What.OUTPUT, index) if output.values.ndim in (1, 3) else None

    def _point_at_cell(self, cell: Cell | None) -> None:
        self._read_cell(cell)
        self.open_project.pointed.hover(self._place(cell))

    def _pin(self, _tile: int) -> None:
        self.open_project.pointed.pin(self._place(self.panel.sheet.pointed_cell))

    def _point_at_bar(self, row: int) -> None:
        self._read_bar(row)
        is_value = self._output is not None and row >= 0
        place = Place(self._output.module.id, What.OUTPUT, (row,)) if self._output is not None and is_value else None
        self.open_project.pointed.hover(place)

    def _read_cell(self, cell: Cell | None) -> None:
        output = self._output
        if cell is None or output is None:
            self.panel.read_out.show_value("", "")
            return
        if self._is_colour_picture:
            colours = (exact(each) for each in output.tiles[:, cell.row, cell.column])
            self.panel.read_out.show_value(f"row {cell.row} · column {cell.column}", " ".join(colours))
            return
        tile = self._tile(output, cell)
        place = f"value {tile}" if output.is_flat else f"map {tile} · row {cell.row} · column {cell.column}"
        self.panel.read_out.show_value(place, exact(output.tiles[tile, cell.row, cell.column]))

    def _read_bar(self, row: int) -> None:
        if self._output is None or row < 0:
            self.panel.read_out.show_value("", "")
        else:
            self.panel.read_out.show_value(f"value {row}", exact(self._output.values[row]))


def are_log_probabilities(values: Array) -> bool:
    """Whether these are logarithms of numbers that add up to 1, as LogSoftmax gives them."""
    return bool(np.all(values <= 1e-6) and abs(float(np.exp(values).sum()) - 1.0) < 1e-3)
