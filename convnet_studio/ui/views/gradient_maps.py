"""Gradient maps: how the loss of the shown picture would change with each output of the selected module."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.color_scope import (
    ColorScope,
    RunMaxima,
    largest,
    largest_of_all,
    scale_up_to,
    stretched_to_own_end,
)
from convnet_studio.ui.controls.map_panel import MapPanel
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme_switch
from convnet_studio.ui.view import View

_HINT = "Point at a gradient to read it exactly"
_MAP = "gradient"
_MOST_NAMED = 20
"""Lists of more values bear numbers only when they are pointed at."""


class GradientMapsView(View):
    """The gradient of the loss by the output of one module, as maps from purple (negative) to green (positive).

    What has no gradient is drawn in the colour of what is not computed, which is none of the scale's.
    """

    name: ClassVar = "gradient_maps"
    title: ClassVar = "Gradient maps"
    summary: ClassVar = "Gradient of the picture's loss by the selected module's output, as maps with exact values."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._class_names: tuple[str, ...] = ()
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._values: Array | None = None  # as they came, or not-a-number where nothing is computed
        self._enlarged: int | None = None
        self._run_maxima = RunMaxima()
        self.scope = ColorScope.MODULE
        words = [each.value for each in ColorScope]
        self._scope_field = ChoiceField("Scale of the colours", words, [f"Scale: {word}" for word in words], height=24)
        self._scope_field.setToolTip("Whose largest gradient stands at the end of the colours")
        self._scope_field.show_value(self.scope.value)
        self._scope_field.entered.connect(lambda word: self.use_scope(ColorScope(word)))
        self.panel = MapPanel("Gradients", _HINT)
        self.panel.add_tool(self._scope_field)
        self.setContentsMargins(12, 8, 12, 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.panel.sheet.pointed.connect(self._read_cell)
        self.panel.sheet.picked.connect(self._toggle_enlarged)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._refresh)
        self.setAccessibleName(self.title)
        self._refresh()

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the names of the classes."""
        self._class_names = tuple(dataset.class_names)
        self._refresh()

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes and problems."""
        self._facts = summary
        self._refresh()

    def probes(self) -> Probes:
        """The gradient by the selected module's output; with colours that span the network, by all outputs."""
        module = shown_module(self.open_project)
        if module is None or is_loss(module.kind):
            return Probes()
        if self.scope is ColorScope.NETWORK:
            modules = self.open_project.project.network.modules
            return Probes(gradients=frozenset(each.id for each in modules if not is_loss(each.kind)))
        return Probes(gradients=frozenset({module.id}))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest gradients."""
        self._snapshot = snapshot
        self._refresh()

    def use_scope(self, scope: ColorScope) -> None:
        """Choose what the colours span."""
        self.scope = scope
        self._scope_field.show_value(scope.value)
        self._refresh()
        self.wishes_changed.emit()

    def spare_height(self) -> int:
        """What the sheet has no use for."""
        return self.panel.spare_height()

    def _on_selection(self) -> None:
        self._enlarged = None
        self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        module, snapshot = shown_module(self.open_project), self._snapshot
        self._values = None
        if module is None:
            self.panel.say("Select a module on the canvas to see the gradient of the loss by its output.")
        elif reason := why_not_computed(module, self._facts):
            self.panel.say(reason)
        elif is_loss(module.kind):
            self.panel.say("The gradient of the loss by itself is 1: this is where the way back begins.")
        elif snapshot is None:
            self.panel.say(f"The gradients at {title(module)} appear with the first picture that runs back.")
        else:
            self._show(module, snapshot)

    def _show(self, module: ModuleSpec, snapshot: Snapshot) -> None:
        found = snapshot.gradients.get(module.id)
        shape = self._shape(module)
        if found is None and not shape:
            self.panel.say(f"The gradients at {title(module)} are not computed. {self._why_none(snapshot)}.")
            return
        values = np.full(shape, np.nan, np.float32) if found is None else found
        self._values = values
        tiles = self._tiles
        self.panel.show_parts()
        self.panel.caption.show_text(self._caption(tiles, found is not None, snapshot))
        self.panel.use_distribution(found is not None)
        self._scope_field.setVisible(found is not None)
        self._show_tiles(module, tiles, snapshot)
        if found is not None:
            self.panel.distribution.show_statistics(values)

    def _shape(self, module: ModuleSpec) -> Shape:
        known = self._facts.modules.get(module.id) if self._facts else None
        return (known.shape or ()) if known else ()

    @property
    def _tiles(self) -> Array:
        assert self._values is not None
        return self._values if self._values.ndim == 3 else self._values.reshape(-1, 1, 1)

    @property
    def _is_flat(self) -> bool:
        return self._values is not None and self._values.ndim != 3

    @property
    def _is_enlarged(self) -> bool:
        return self._enlarged is not None and not self._is_flat and self._enlarged < len(self._tiles)

    def _why_none(self, snapshot: Snapshot) -> str:
        """What keeps the gradient from being computed, in words."""
        if not snapshot.losses or not np.isfinite(snapshot.loss):
            return "Without a loss, or a label for this picture, there is nothing to go back from"
        return "No gradient has come to it: no way leads from it to a loss"

    def _caption(self, tiles: Array, is_computed: bool, snapshot: Snapshot) -> str:
        if not is_computed:
            return f"Not computed. {self._why_none(snapshot)}"
        count, height, width = tiles.shape
        zeros = 100 * float(np.mean(tiles == 0))
        share = f" · {zeros:.0f} % exactly 0" if zeros else ""
        if self._is_enlarged:
            return f"∂loss/∂output, map {self._enlarged} · click for all"
        if self._is_flat:
            return f"∂loss/∂output of {count:,} values{share}"
        return f"∂loss/∂output of {count} map{'s' if count > 1 else ''} of {height}×{width}{share}"

    def _show_tiles(self, module: ModuleSpec, tiles: Array, snapshot: Snapshot) -> None:
        scale = self._scale(module, tiles, snapshot)
        labels = self._labels(tiles)
        if self._is_enlarged:
            assert self._enlarged is not None
            tiles, labels = tiles[self._enlarged : self._enlarged + 1], []
        own_ends = self.scope is ColorScope.UNIT
        if own_ends and len(tiles) == 1:
            scale, own_ends = scale_up_to(largest(tiles), _MAP), False
        elif own_ends:
            tiles = stretched_to_own_end(tiles)
        self.panel.sheet.setAccessibleName(f"Gradients at {title(module)}: {self.panel.caption.text()}")
        self.panel.sheet.show_tiles(colored(tiles, scale), labels=labels)
        self.panel.distribution.show_values(tiles, scale, ("−largest of each", "largest of each") if own_ends else None)
        self._read_cell(self.panel.sheet.pointed_cell)

    def _labels(self, tiles: Array) -> list[str]:
        """The classes where there are as many values as classes; of maps and other short lists, numbers."""
        if len(tiles) < 2 or (self._is_flat and len(tiles) > _MOST_NAMED):
            return []
        if self._is_flat and len(tiles) == len(self._class_names) and all(len(each) < 4 for each in self._class_names):
            return list(self._class_names)
        return [str(index) for index in range(len(tiles))]

    def _scale(self, module: ModuleSpec, values: Array, snapshot: Snapshot) -> Scale:
        own = self._run_maxima.take(snapshot.run_id, module.id, values)
        if self.scope is ColorScope.UNIT:
            return scale_up_to(1.0, _MAP)
        if self.scope is ColorScope.MODULE:
            return scale_up_to(largest(values), _MAP)
        if self.scope is ColorScope.NETWORK:
            return scale_up_to(largest_of_all(snapshot.gradients.values()), _MAP)
        return scale_up_to(own, _MAP)

    # ---------------------------------------------------------------- what is pointed at

    def _toggle_enlarged(self, tile: int) -> None:
        if self._values is not None and not self._is_flat and len(self._tiles) > 1:
            self._enlarged = tile if self._enlarged is None else None
            self._refresh()

    def _read_cell(self, cell: Cell | None) -> None:
        if cell is None or self._values is None:
            self.panel.read_out.show_value("", "")
            return
        tile = self._enlarged if self._is_enlarged and self._enlarged is not None else cell.tile
        place = f"value {tile}" if self._is_flat else f"map {tile} · row {cell.row} · column {cell.column}"
        if self._is_flat and len(self._tiles) == len(self._class_names):
            place = f"{place} · {self._class_names[tile]}"
        value = self._tiles[tile, cell.row, cell.column]
        self.panel.read_out.show_value(place, "not computed" if np.isnan(value) else exact(value))
