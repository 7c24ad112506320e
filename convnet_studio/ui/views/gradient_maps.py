"""Gradient maps: how the loss of the shown picture would change with each output of the selected module."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.nn.module import Shape
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_view import MapView
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed

_MOST_NAMED = 20
"""Lists of more values bear numbers only when they are pointed at."""


class GradientMapsView(MapView):
    """The gradient of the loss by the output of one module, as maps from purple (negative) to green (positive).

    What has no gradient is drawn in the colour of what is not computed, which is none of the scale's.
    """

    name: ClassVar = "gradient_maps"
    title: ClassVar = "Gradient maps"
    summary: ClassVar = "Gradient of the picture's loss by the selected module's output, as maps with exact values."
    what: ClassVar = What.OUTPUT_GRADIENT

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, "Gradients", "gradient", parent)
        self.setAccessibleName(self.title)
        self.refresh()

    # ---------------------------------------------------------------- what is shown

    def refresh(self) -> None:
        """Show the gradients at the selected module, or one sentence."""
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
        self._values = np.full(shape, np.nan, np.float32) if found is None else found
        self.panel.show_parts()
        self.panel.caption.show_text(self._caption(found is not None, snapshot))
        self.panel.use_distribution(found is not None)
        self._scope_field.setVisible(found is not None)
        self.panel.sheet.setAccessibleName(f"Gradients at {title(module)}: {self.panel.caption.text()}")
        self.show_tiles("gradient", self._labels())
        if found is not None:
            self.panel.distribution.show_statistics(found)

    def _shape(self, module: ModuleSpec) -> Shape:
        known = self._facts.modules.get(module.id) if self._facts else None
        return (known.shape or ()) if known else ()

    def _why_none(self, snapshot: Snapshot) -> str:
        """What keeps the gradient from being computed, in words."""
        if not snapshot.losses or not np.isfinite(snapshot.loss):
            return "Without a loss, or a label for this picture, there is nothing to go back from"
        return "No gradient has come to it: no way leads from it to a loss"

    def _caption(self, is_computed: bool, snapshot: Snapshot) -> str:
        if not is_computed:
            return f"Not computed. {self._why_none(snapshot)}"
        count, height, width = self.tiles.shape
        zeros = 100 * float(np.mean(self.tiles == 0))
        share = f" · {zeros:.0f} % exactly 0" if zeros else ""
        if self.is_enlarged:
            return f"∂loss/∂output, map {self._enlarged} · click for all"
        if self.is_flat:
            return f"∂loss/∂output of {count:,} values{share}"
        return f"∂loss/∂output of {count} map{'s' if count > 1 else ''} of {height}×{width}{share}"

    @property
    def _class_names(self) -> tuple[str, ...]:
        """The names of the values where there are as many as classes, else none."""
        names = tuple(self._dataset.class_names) if self._dataset else ()
        return names if self.is_flat and len(names) == len(self.tiles) else ()

    def _labels(self) -> list[str]:
        """The classes where there are as many values as classes; of maps and other short lists, numbers."""
        count = len(self.tiles)
        if count < 2 or (self.is_flat and count > _MOST_NAMED):
            return []
        if self._class_names and all(len(each) < 4 for each in self._class_names):
            return list(self._class_names)
        return [str(index) for index in range(count)]

    # ---------------------------------------------------------------- what is pointed at

    def place_of(self, cell: Cell | None) -> Place | None:
        """Where the gradient of a cell is stored; None where there is none."""
        is_known = cell is not None and self._values is not None and not np.isnan(self._number(cell))
        return super().place_of(cell) if is_known else None

    def reading(self, cell: Cell) -> tuple[str, str]:
        """Place and exact value of a cell, with the name of its class."""
        place, value = super().reading(cell)
        if self._class_names:
            place = f"{place} · {self._class_names[self.tile_of(cell)]}"
        return place, "not computed" if np.isnan(self._number(cell)) else value

    def _number(self, cell: Cell) -> float:
        return float(self.tiles[self.tile_of(cell), cell.row, cell.column])
