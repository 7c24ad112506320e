"""UnitPicker: the maps of the selected module, in which a click picks one unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.unit import Unit, middle
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.label import Caption
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import colored
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme, theme_switch


class UnitSheet(MapSheet):
    """A MapSheet in which one cell is marked as picked, by a frame around its map and, if wanted, a ring around it."""

    def __init__(self, name: str, marks_cell: bool) -> None:
        super().__init__(name, largest_zoom=24)
        self._marks_cell = marks_cell
        self._marked: Cell | None = None

    def mark(self, cell: Cell | None) -> None:
        """Mark a cell, or none."""
        if cell != self._marked:
            self._marked = cell
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles, and the mark."""
        super().paintEvent(event)
        layout = self.layout_now
        if layout is None or self._marked is None or self._marked.tile >= layout.count:
            return
        painter = QPainter(self)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        cell = layout.cell_rect(self._marked)
        spare = max(0.0, 5 - cell.width()) / 2
        shapes = [layout.tile(self._marked.tile).adjusted(1, 1, -1, -1), cell.adjusted(-spare, -spare, spare, spare)]
        for shape in shapes[: 2 if self._marks_cell and layout.width * layout.height > 1 else 1]:
            painter.setPen(QPen(theme().color("surface"), 4))
            painter.drawRect(shape)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRect(shape)


class UnitPicker(QWidget):
    """Shows what the selected module answers to the shown picture; a click picks a map and a place in it.

    Args:
        open_project: whose selection counts.
        picks_place: whether the place in the map is picked too; else it stays in the middle.
        begins_strongest: whether the unit picked at first is the strongest of all, else the first map's in the middle.
    """

    picked = Signal()
    """`unit` is another one now."""

    def __init__(self, open_project: OpenProject, picks_place: bool = True, begins_strongest: bool = False) -> None:
        super().__init__()
        self._open_project = open_project
        self._picks_place = picks_place
        self._begins_strongest = begins_strongest
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._values: Array | None = None
        self._unit: Unit | None = None
        self.caption = Caption()
        self.sheet = UnitSheet("Units", picks_place)
        self.sheet.setToolTip("Click a place in a map to pick that unit" if picks_place else "Click a map to pick it")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.caption)
        column.addWidget(self.sheet, 1)
        self.sheet.pointed.connect(self._point_at)
        self.sheet.picked.connect(self._pick)
        open_project.selection_changed.connect(self.refresh)
        open_project.pointed.unit_changed.connect(self.refresh)
        theme_switch().changed.connect(self.refresh)

    # ---------------------------------------------------------------- what is picked

    @property
    def unit(self) -> Unit | None:
        """The unit picked of the selected module; None where there is none."""
        module = shown_module(self._open_project)
        if module is None or self.problem or self._unit is None or self._unit.module != module.id:
            return None
        return self._unit

    @property
    def maps(self) -> int:
        """How many maps (or values) the selected module has; 0 while that is not known."""
        return 0 if self._values is None else len(self._values)

    @property
    def problem(self) -> str:
        """Why no unit can be picked, in one sentence; empty where one can, or where nothing is known yet."""
        module = shown_module(self._open_project)
        if module is None:
            return "Select a module on the canvas to pick one of its units."
        if is_loss(module.kind):
            return f"{title(module)} gives one number, the loss: select a module before it."
        return why_not_computed(module, self._facts)

    @property
    def name(self) -> str:
        """The picked unit in words: ``map 3 of Conv2d 2 · row 4 · column 7``."""
        module = shown_module(self._open_project)
        unit = self.unit
        if module is None or unit is None:
            return ""
        kind = "map" if self._values is not None and self._values.ndim > 1 else "value"
        words = zip(("row", "column"), unit.place, strict=False) if len(unit.place) == 2 else ()
        return " · ".join([f"{kind} {unit.channel} of {title(module)}", *(f"{word} {at}" for word, at in words)])

    def pick(self, unit: Unit) -> None:
        """Pick a unit of the selected module, here and in all views of one unit."""
        self._open_project.pointed.choose(unit)
        self._take(unit)

    def _take(self, unit: Unit) -> None:
        if unit != self._unit:
            self._unit = unit
            self._show_mark()
            self.picked.emit()

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes, signs and problems."""
        self._facts = summary
        self.refresh()

    def probes(self) -> Probes:
        """The selected module's output."""
        module = shown_module(self._open_project)
        return Probes() if module is None or is_loss(module.kind) else Probes(outputs=frozenset({module.id}))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what the module answers now."""
        self._snapshot = snapshot
        self.refresh()

    def refresh(self) -> None:
        """Show the selected module; pick a unit where none of it is picked."""
        module = shown_module(self._open_project)
        values = self._snapshot.outputs.get(module.id) if module and self._snapshot and not self.problem else None
        self._values = values
        if module is None or values is None or values.ndim not in (1, 3):
            self.sheet.clear()
            self.sheet.mark(None)
            self.caption.show_text("")
            return
        known = self._facts.modules.get(module.id) if self._facts else None
        tiles = values.reshape(len(values), 1, 1) if values.ndim == 1 else values
        scale = scale_up_to(largest(values), "non_negative" if known and known.non_negative else "activation")
        self.sheet.setAccessibleName(f"Units of {title(module)}")
        labels = [str(each) for each in range(len(tiles))] if values.ndim == 3 and len(tiles) > 1 else []
        self.sheet.show_tiles(colored(tiles, scale), labels=labels)
        shared = self._shared(module.id, values)
        if shared is not None:
            self._take(shared)
        elif self._unit is None or not self._fits(self._unit, module.id, values):
            self.pick(self._first_unit(module.id, values))
        self._show_mark()
        self._show_caption(self.sheet.pointed_cell)

    def _show_caption(self, cell: Cell | None) -> None:
        """How many units there are, or the value of the one that is pointed at."""
        module, values, place = shown_module(self._open_project), self._values, self._place(cell)
        if module is None or values is None:
            return
        what = "map" if values.ndim == 3 else "value"
        words = f"{len(values)} {what}{'s' if len(values) > 1 else ''} of {title(module)}"
        if place is not None:
            where = zip((what, "row", "column"), place.index, strict=False)
            words = f"{' · '.join(f'{word} {at}' for word, at in where)}: {exact(values[place.index])}"
        self.caption.show_text(words)

    def _place(self, cell: Cell | None) -> Place | None:
        """Where the value of a cell is stored."""
        module, values = shown_module(self._open_project), self._values
        if cell is None or module is None or values is None or cell.tile >= len(values):
            return None
        return Place(module.id, What.OUTPUT, (cell.tile, cell.row, cell.column)[: values.ndim])

    def _point_at(self, cell: Cell | None) -> None:
        self._show_caption(cell)
        self._open_project.pointed.hover(self._place(cell))

    def _shared(self, module: str, values: Array) -> Unit | None:
        """The unit picked in another view, where it is one of this module; the place as it is picked here."""
        unit = self._open_project.pointed.unit
        if unit is None or not self._fits(unit, module, values):
            return None
        return unit if self._picks_place else replace(unit, place=middle(values.shape))

    def _fits(self, unit: Unit, module: str, values: Array) -> bool:
        index = (unit.channel, *unit.place)
        return unit.module == module and len(index) == values.ndim and all(np.less(index, values.shape))

    def _first_unit(self, module: str, values: Array) -> Unit:
        if not self._begins_strongest:
            return Unit(module, 0, middle(values.shape))
        best = np.unravel_index(int(np.nan_to_num(values, nan=-np.inf).argmax()), values.shape)
        place = tuple(int(each) for each in best[1:]) if self._picks_place else middle(values.shape)
        return Unit(module, int(best[0]), place)

    def _show_mark(self) -> None:
        unit = self.unit
        self.sheet.mark(Cell(unit.channel, *(unit.place or (0, 0))) if unit is not None else None)

    def _pick(self, tile: int) -> None:
        cell, module = self.sheet.pointed_cell, shown_module(self._open_project)
        if module is None or self._values is None or tile >= len(self._values):
            return
        place = middle(self._values.shape)
        if self._picks_place and cell is not None and self._values.ndim == 3:
            place = (cell.row, cell.column)
        self._open_project.pointed.pin(self._place(cell))
        self.pick(Unit(module.id, tile, place))
