"""MapView: what Maps and Gradient maps share: all numbers at one module's output, on a scale that is chosen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.analysis.explain import Reach, Reached
from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.reach import Mask
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.project.kinds import is_loss
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.training.inquiry import Answer, Inquiry
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
from convnet_studio.ui.shown_module import shown_module
from convnet_studio.ui.theme import theme_switch
from convnet_studio.ui.view import View


class MapView(View):
    """Numbers ``(maps, height, width)`` or ``(n,)`` of the selected module as tiles; a click enlarges one.

    What is under the pointer is read exactly and pointed at for all views; a click keeps it. What the number pointed
    at, here or anywhere, is computed from is outlined, and what it can touch.

    Args:
        numbers: what they are called, such as ``Activations``. `word`: one of them, such as ``value``.
    """

    what: ClassVar[What]
    """Which numbers of a module they are."""

    def __init__(self, open_project: OpenProject, numbers: str, word: str, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._values: Array | None = None
        self._enlarged: int | None = None
        self._reached: Reached | None = None
        self._run_maxima = RunMaxima()
        self.scope = ColorScope.MODULE
        words = [each.value for each in ColorScope]
        self._scope_field = ChoiceField("Scale of the colours", words, [f"Scale: {word}" for word in words], height=24)
        self._scope_field.setToolTip(f"Whose largest {word} stands at the end of the colours")
        self._scope_field.show_value(self.scope.value)
        self._scope_field.entered.connect(lambda word: self.use_scope(ColorScope(word)))
        self.panel = MapPanel(numbers, f"Point at a {word} to read it exactly")
        self.panel.add_tool(self._scope_field)
        column = QVBoxLayout(self)
        self.setContentsMargins(12, 8, 12, 12)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.panel.sheet.pointed.connect(self._point_at_cell)
        self.panel.sheet.picked.connect(self._pick)
        open_project.selection_changed.connect(self._on_selection)
        open_project.pointed.changed.connect(self._on_pointed)
        theme_switch().changed.connect(self.refresh)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the names of the classes."""
        self._dataset = dataset
        self.refresh()

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes, signs and problems."""
        self._facts = summary
        self.refresh()

    def probes(self) -> Probes:
        """The numbers of the selected module; with colours that span the network, of all modules."""
        module = shown_module(self.open_project)
        if module is None or is_loss(module.kind):
            return Probes()
        ids = {module.id}
        if self.scope is ColorScope.NETWORK:
            ids = {each.id for each in self.open_project.project.network.modules if not is_loss(each.kind)}
        wanted = frozenset(ids)
        return Probes(outputs=wanted) if self.what is What.OUTPUT else Probes(gradients=wanted)

    def inquiries(self) -> Mapping[str, Inquiry]:
        """What the number pointed at is computed from, and what it can touch."""
        place = self.open_project.pointed.place
        return {"reach": Reach(place)} if place is not None and shown_module(self.open_project) is not None else {}

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest numbers."""
        self._snapshot = snapshot
        self.refresh()

    def show_answer(self, name: str, answer: Answer) -> None:
        """Outline what the number pointed at is computed from, and what it can touch."""
        if isinstance(answer.inquiry, Reach) and answer.inquiry.place == self.open_project.pointed.place:
            self._reached = answer.value if isinstance(answer.value, Reached) else None
            self._outline()

    def use_scope(self, scope: ColorScope) -> None:
        """Choose what the colours span."""
        self.scope = scope
        self._scope_field.show_value(scope.value)
        self.refresh()
        self.wishes_changed.emit()

    def spare_height(self) -> int:
        """What the sheet has no use for."""
        return self.panel.spare_height()

    def _on_selection(self) -> None:
        self._enlarged = None
        self.refresh()

    def _on_pointed(self) -> None:
        if self.open_project.pointed.place is None:
            self._reached = None
            self._outline()
        if self.isVisible():
            self.wishes_changed.emit()

    # ---------------------------------------------------------------- what is shown

    @abstractmethod
    def refresh(self) -> None:
        """Show the selected module, or one sentence."""

    def numbers_of(self, snapshot: Snapshot) -> Mapping[str, Array]:
        """Those of all modules that were asked for."""
        return snapshot.outputs if self.what is What.OUTPUT else snapshot.gradients

    @property
    def tiles(self) -> Array:
        """The numbers as maps ``(count, height, width)``."""
        assert self._values is not None
        return self._values if self._values.ndim == 3 else self._values.reshape(-1, 1, 1)

    @property
    def is_flat(self) -> bool:
        """Whether they are no maps."""
        return self._values is not None and self._values.ndim != 3

    @property
    def is_enlarged(self) -> bool:
        """Whether one map is shown alone."""
        return self._enlarged is not None and not self.is_flat and self._enlarged < len(self.tiles)

    @property
    def can_enlarge(self) -> bool:
        """Whether there are maps of which one can be shown alone."""
        return self._values is not None and not self.is_flat and len(self.tiles) > 1

    def show_tiles(self, map_name: str, labels: Sequence[str], pixels: NDArray[np.uint32] | None = None) -> None:
        """Paint all tiles, or the one that is enlarged, on the scale of their choice.

        Args:
            map_name: of colours. `labels`: of all tiles.
            pixels: instead of the numbers' colours.
        """
        scale, tiles = self._scale(map_name), self.tiles
        own_ends = self.scope is ColorScope.UNIT and map_name != "picture"
        if self.is_enlarged:
            assert self._enlarged is not None
            tiles, labels = tiles[self._enlarged : self._enlarged + 1], ()
        if own_ends and len(tiles) == 1:
            scale, own_ends = scale_up_to(largest(tiles), map_name), False
        elif own_ends:
            tiles = stretched_to_own_end(tiles)
        self.panel.sheet.show_tiles(colored(tiles, scale) if pixels is None else pixels, labels=labels)
        ends = ("0" if scale.low == 0 else "−largest of each", "largest of each") if own_ends else None
        self.panel.distribution.show_values(tiles, scale, ends)
        self._read_cell(self.panel.sheet.pointed_cell)
        self._outline()

    def _scale(self, map_name: str) -> Scale:
        module = shown_module(self.open_project)
        assert module is not None
        assert self._snapshot is not None
        assert self._values is not None
        own = self._run_maxima.take(self._snapshot.run_id, module.id, self._values)
        if self.scope is ColorScope.UNIT:
            return scale_up_to(1.0, map_name)
        if self.scope is ColorScope.MODULE:
            return scale_up_to(largest(self._values), map_name)
        if self.scope is ColorScope.NETWORK:
            return scale_up_to(largest_of_all(self.numbers_of(self._snapshot).values()), map_name)
        return scale_up_to(own, map_name)

    def _outline(self) -> None:
        module, reached = shown_module(self.open_project), self._reached
        if module is None or reached is None or reached.place != self.open_project.pointed.place:
            self.show_outlines(None, None)
        else:
            is_own = module.id == reached.place.module_id
            self.show_outlines(reached.footprint.get(module.id), None if is_own else reached.cone.get(module.id))

    def show_outlines(self, seen: Mask | None, touched: Mask | None) -> None:
        """Outline marked numbers; the masks are in the output's shape."""
        self.panel.sheet.outline(*(None if mask is None else self.as_tiles(mask) for mask in (seen, touched)))

    def as_tiles(self, mask: Mask) -> Mask:
        """A mask of the numbers, in the shape of the tiles that are drawn."""
        tiles = mask if mask.ndim == 3 else mask.reshape(-1, 1, 1)
        return tiles[self._enlarged][None] if self.is_enlarged and self._enlarged is not None else tiles

    # ---------------------------------------------------------------- what is pointed at

    def place_of(self, cell: Cell | None) -> Place | None:
        """Where the number of a cell is stored; None where there is none."""
        module, values = shown_module(self.open_project), self._values
        if cell is None or module is None or values is None:
            return None
        tile = self.tile_of(cell)
        at = np.unravel_index(tile, values.shape) if self.is_flat else (tile, cell.row, cell.column)
        return Place(module.id, self.what, tuple(map(int, at)))

    def tile_of(self, cell: Cell) -> int:
        """The map that a cell is of."""
        return self._enlarged if self.is_enlarged and self._enlarged is not None else cell.tile

    def reading(self, cell: Cell) -> tuple[str, str]:
        """Place and exact value of a cell, in words."""
        tile = self.tile_of(cell)
        place = f"value {tile}" if self.is_flat else f"map {tile} · row {cell.row} · column {cell.column}"
        return place, exact(self.tiles[tile, cell.row, cell.column])

    def _read_cell(self, cell: Cell | None) -> None:
        is_known = cell is not None and self._values is not None
        self.panel.read_out.show_value(*(self.reading(cell) if is_known and cell is not None else ("", "")))

    def _point_at_cell(self, cell: Cell | None) -> None:
        self._read_cell(cell)
        self.open_project.pointed.hover(self.place_of(cell))

    def _pick(self, tile: int) -> None:
        """Keep the number that was clicked, and show its map alone, or all maps again."""
        self.open_project.pointed.pin(self.place_of(self.panel.sheet.pointed_cell))
        if self.can_enlarge:
            self._enlarged = tile if self._enlarged is None else None
            self.refresh()
