"""Filters: what the selected module has learned: filters as pictures, weights as a matrix, and the biases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.module import Array, Shape
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.color_scope import largest_of_all, scale_up_to
from convnet_studio.ui.controls.map_panel import MapPanel
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.parameter_strip import ParameterStrip
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.controls.weight_tiles import by_norm, main_parameter, reduced, weight_tiles
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme_switch
from convnet_studio.ui.view import View

BY_NUMBER, BY_NORM = "number", "norm"
_FULL = "full"
"""The connection table in which each filter sees every input map."""
_HINT = "Point at a weight to read it exactly"


@dataclass(frozen=True)
class _Picture:
    """The main array as tiles; `index` tells which weight a cell stands for."""

    tiles: Array
    columns: int
    labels: tuple[str, ...]
    caption: str
    index: Callable[[Cell], tuple[int, ...]]


class FiltersView(View):
    """The learnable arrays of one module, all on one scale symmetric about 0."""

    name: ClassVar = "filters"
    title: ClassVar = "Filters"
    summary: ClassVar = "Weights and biases of the selected module, as pictures with their exact values."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._parameters: Mapping[str, Array] = {}
        self._picture: _Picture | None = None
        self._order: Array | None = None
        self._enlarged: int | None = None
        self._strips: dict[str, ParameterStrip] = {}
        self._pointed_weight: Callable[[], Place | None] = lambda: None
        self._pointed_sheet: MapSheet | None = None
        titles = [f"Sort: {order}" for order in (BY_NUMBER, BY_NORM)]
        self.sorting = ChoiceField("Order of the filters", (BY_NUMBER, BY_NORM), titles, height=24)
        self.panel = MapPanel("Weights", _HINT)
        self.panel.add_tool(self.sorting)
        column = QVBoxLayout(self)
        self.setContentsMargins(12, 8, 12, 12)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.panel.sheet.pointed.connect(lambda cell: self._point_at(self.panel.sheet, lambda: self._place(cell)))
        self.panel.sheet.picked.connect(self._pin)
        self.panel.sheet.picked.connect(self._toggle_enlarged)
        self.sorting.entered.connect(self._sort)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._refresh)
        self._refresh()

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes and problems."""
        self._facts = summary
        self._refresh()

    def probes(self) -> Probes:
        """The selected module's parameters."""
        module = shown_module(self.open_project)
        return Probes(parameters=frozenset({module.id})) if module else Probes()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest weights."""
        self._snapshot = snapshot
        self._refresh()

    def spare_height(self) -> int:
        """What the sheet has no use for."""
        return self.panel.spare_height()

    def _on_selection(self) -> None:
        self._enlarged = None
        self._order = None
        self.sorting.show_value(BY_NUMBER)
        self._refresh()

    def _sort(self, order: object) -> None:
        """Sort now, and keep that order: filters that changed places while they learn could not be watched."""
        name = main_parameter(self._parameters)
        self._order = by_norm(self._parameters[name]) if order == BY_NORM and name else None
        self._refresh()

    def _toggle_enlarged(self, tile: int) -> None:
        if self._picture is not None and (self._enlarged is not None or len(self._picture.tiles) > 1):
            self._enlarged = tile if self._enlarged is None else None
            self._refresh()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        module = shown_module(self.open_project)
        self._parameters, self._picture = {}, None
        known = self._facts.modules.get(module.id) if module and self._facts else None
        if module is None:
            self.panel.say("Select a module on the canvas to see its filters.")
        elif reason := why_not_computed(module, self._facts):
            self.panel.say(reason)
        elif known is not None and known.parameters == 0:
            self.panel.say(f"{title(module)} learns nothing: it has no parameters.")
        elif self._snapshot is None or module.id not in self._snapshot.parameters:
            self.panel.say(f"The filters of {title(module)} appear with its first weights.")
        else:
            self._parameters = self._snapshot.parameters[module.id]
            self.panel.show_parts()
            self._show_parameters(module)

    def _show_parameters(self, module: ModuleSpec) -> None:
        scale = scale_up_to(largest_of_all(self._parameters.values()), "weight")
        name = main_parameter(self._parameters)
        self.panel.sheet.setVisible(bool(name))
        self.sorting.setVisible(bool(name))
        if name:
            self._picture = self._picture_of(module, self._parameters[name])
            self._show_picture(self._picture, scale)
        self.panel.sheet.setAccessibleName(f"{self.panel.caption.text()} of {title(module)}")
        strips = {each: value for each, value in self._parameters.items() if each != name}
        self._show_strips(strips, scale)
        everything = np.concatenate([value.reshape(-1) for value in self._parameters.values()])
        self.panel.distribution.show_values(everything, scale)
        self.panel.distribution.show_statistics(everything)
        self._read()

    def _show_picture(self, picture: _Picture, scale: Scale) -> None:
        tiles, columns, labels, caption = picture.tiles, picture.columns, picture.labels, picture.caption
        if self._enlarged is not None and self._enlarged < len(tiles):
            output, *rest = picture.index(Cell(self._enlarged, 0, 0))
            source = f" ← map {rest[0]}" if columns and len(rest) == 3 else ""
            tiles, columns, labels = tiles[self._enlarged : self._enlarged + 1], 0, ()
            name = picture.labels[self._enlarged] if picture.labels and not picture.columns else str(output)
            caption = f"Filter {name.replace('←', ' ← map ')}{source} · click for all"
        self.panel.caption.show_text(caption)
        self.panel.sheet.show_tiles(colored(tiles, scale), columns, labels)

    def _picture_of(self, module: ModuleSpec, weights: Array) -> _Picture:
        maps = self._flattened_maps(module, weights)
        if weights.ndim == 4 or maps is not None:
            made = weight_tiles(weights, maps, self._order)
            across = max(1, made.columns)
            labels = tuple(str(made.sources[row * across][0]) for row in range(made.shown))
            if pairs := self._pairs(module, len(weights)):
                labels = tuple(pairs[int(output)] for output in labels)
            height, width = made.tiles.shape[1:]
            count = f"{made.outputs}" if made.shown == made.outputs else f"first {made.shown} of {made.outputs}"
            inputs = f" × {made.columns}" if made.columns else ""
            caption = f"{count}{inputs} filters of {height}×{width}"
            return _Picture(made.tiles, made.columns, labels, caption, lambda c: made.index(c.tile, c.row, c.column))
        return self._matrix_of(weights.reshape(len(weights), -1))

    def _matrix_of(self, matrix: Array) -> _Picture:
        room = self.panel.sheet.size()
        order = np.arange(len(matrix)) if self._order is None else self._order
        small = reduced(matrix[order], room.height(), room.width())
        down, across = small.block
        note = f" · each cell the largest of {down}×{across}" if down * across > 1 else ""
        caption = f"{matrix.shape[0]} outputs × {matrix.shape[1]} inputs{note}"

        def index(cell: Cell) -> tuple[int, ...]:
            row, column = small.rows[cell.row, cell.column], small.columns[cell.row, cell.column]
            return int(order[row]), int(column)

        return _Picture(small.cells[None], 0, (), caption, index)

    def _pairs(self, module: ModuleSpec, count: int) -> tuple[str, ...]:
        """Of a bank with a connection table: which output map each filter adds to, and from which input map."""
        table = str(module.settings.get("table", _FULL))
        feeding = next(
            (each.source for each in self.open_project.project.network.links if each.target == module.id), ""
        )
        before, here = (self._facts.modules.get(each) if self._facts else None for each in (feeding, module.id))
        if table == _FULL or before is None or here is None or not before.shape or not here.shape:
            return ()
        pairs = connected_pairs(table, before.shape[0], here.shape[0])
        return tuple(f"{output}←{source}" for output, source in pairs) if len(pairs) == count else ()

    def _flattened_maps(self, module: ModuleSpec, weights: Array) -> Shape | None:
        """The maps whose numbers the inputs of a weight matrix are, if they came from maps through one module."""
        if weights.ndim != 2 or self._facts is None:
            return None
        feeding = {each.target: each.source for each in self.open_project.project.network.links}
        flat = feeding.get(module.id, "")
        known = self._facts.modules.get(feeding.get(flat, ""))
        shape = known.shape if known else None
        is_flattened = shape is not None and len(shape) == 3 and prod(shape) == weights.shape[1]
        return shape if is_flattened else None

    def _show_strips(self, arrays: Mapping[str, Array], scale: Scale) -> None:
        for name in [each for each in self._strips if each not in arrays]:
            self._strips.pop(name).deleteLater()
        for name, values in arrays.items():
            if name not in self._strips:
                self._strips[name] = self._strip(name)
                self.panel.add_body(self._strips[name])
            self._strips[name].show_values(values, scale)

    def _strip(self, name: str) -> ParameterStrip:
        strip = ParameterStrip(name)
        strip.pointed.connect(lambda index: self._point_at(strip.sheet, lambda: index and self._weight(name, index)))
        strip.picked.connect(lambda index: self.open_project.pointed.pin(self._weight(name, index)))
        return strip

    # ---------------------------------------------------------------- what is pointed at

    def _index(self, picture: _Picture, cell: Cell) -> tuple[int, ...]:
        """Which weight of the main array a cell stands for."""
        tile = self._enlarged if self._enlarged is not None else cell.tile
        return picture.index(Cell(tile, cell.row, cell.column))

    def _weight(self, name: str, index: tuple[int, ...]) -> Place | None:
        """Where a number of the array `name` is stored."""
        module, values = shown_module(self.open_project), self._parameters.get(name)
        if module is None or values is None:
            return None
        # A filter bank is shown with all axes of its array, a matrix of any other shape by rows and the rest in one.
        if len(index) != values.ndim:
            index = (index[0], *map(int, np.unravel_index(index[1], values.shape[1:])))
        return Place(module.id, What.PARAMETER, index, name)

    def _place(self, cell: Cell | None) -> Place | None:
        """Where the weight of a cell is stored."""
        if cell is None or self._picture is None:
            return None
        return self._weight(main_parameter(self._parameters), self._index(self._picture, cell))

    def _point_at(self, sheet: MapSheet, weight: Callable[[], Place | None]) -> None:
        """Point at whatever weight a sheet has under the pointer, now and with the next weights."""
        if weight() is None and self._pointed_sheet not in (None, sheet):
            return  # a click on one sheet takes the keyboard's cursor from another, at which nobody points any more
        self._pointed_weight, self._pointed_sheet = weight, sheet
        self._read()
        self.open_project.pointed.hover(weight())

    def _pin(self, _tile: int) -> None:
        self.open_project.pointed.pin(self._place(self.panel.sheet.pointed_cell))

    def _read(self) -> None:
        place = self._pointed_weight()
        if place is None:
            self.panel.read_out.show_value("", "")
        else:
            value = self._parameters[place.name][place.index]
            self.panel.read_out.show_value(place_text(place.name, place.index), exact(value))


_AXES = {
    2: ("unit", "input"),
    3: ("filter", "map", "place"),
    4: ("filter", "map", "row", "column"),
    5: ("filter", "map", "depth", "row", "column"),
}


def place_text(name: str, index: tuple[int, ...]) -> str:
    """Where in the array `name` a weight lies, in the words of the maps: ``filter 5 · map 0 · row 2 · column 4``."""
    words = _AXES.get(len(index), ())
    if name != "weight" or not words:
        return f"{name}[{', '.join(map(str, index))}]"
    return " · ".join(f"{word} {number}" for word, number in zip(words, index, strict=True))
