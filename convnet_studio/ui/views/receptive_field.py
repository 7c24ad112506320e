"""Receptive-field ruler: what one unit sees in every module below it, and whom one pixel reaches above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.footprints import (
    Patch,
    ancestors,
    field_arithmetic,
    map_arithmetic,
    patches_above,
    patches_below,
    shown_sources,
    windows_of,
)
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Family, Module
from convnet_studio.engine.nn.receptive_field import Field, receptive_fields
from convnet_studio.engine.project.build import resolve_project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.field_panes import FieldPanes, Pane
from convnet_studio.ui.controls.field_ruler import FieldRuler, RulerRow
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.map_images import colored, rgb_pixels
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

DOWN, ACROSS = "Rows", "Columns"
_EMPTY = "Select a module on the canvas; its unit in the middle then shows what it sees."


class ReceptiveFieldView(View):
    """A place is chosen in any map: below it lies what it sees, above it whom it reaches, pixels to unit as a ruler."""

    name: ClassVar = "receptive_field"
    title: ClassVar = "Receptive-field ruler"
    summary: ClassVar = "What one unit sees in every module below it, down to pixels, and which units a pixel reaches."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._dataset: Dataset | None = None
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._nodes: tuple[Node, ...] | None = None  # None: not known since the last change
        self._fields: dict[str, Field] = {}
        self._place: tuple[str, int, int] | None = None  # module, row, column; None: the middle of the selected one
        self.words = Sentence(_EMPTY, "text")
        self.axis = SegmentedControl("Axis of the ruler", (ACROSS, DOWN))
        self.panes = FieldPanes("Maps from the picture to the selected module")
        self.ruler = FieldRuler("Ruler from pixels to units")
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.setSpacing(16)
        inner.addWidget(self.panes)
        inner.addWidget(self.ruler)
        inner.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(page)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.words, 1)
        row.addWidget(self.axis, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(12)
        column.addLayout(row)
        column.addWidget(self._scroll, 1)
        self.panes.chosen.connect(self._choose)
        self.axis.chosen.connect(self._refresh)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._refresh)
        self.setAccessibleName(self.title)
        self._refresh()

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn the shape of a picture."""
        self._dataset, self._nodes = dataset, None
        self._refresh()

    def set_summary(self, summary: Summary) -> None:
        """Learn that the network is another one."""
        self._facts, self._nodes = summary, None
        self._refresh()

    def probes(self) -> Probes:
        """The outputs of the modules shown."""
        return Probes(outputs=frozenset(node.id for node in self._shown()))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest maps."""
        self._snapshot = snapshot
        self._refresh()

    def _on_selection(self) -> None:
        self._place = None
        self._refresh()

    def _choose(self, module_id: str, row: int, column: int) -> None:
        self._place = (module_id, row, column)
        self._refresh()

    # ---------------------------------------------------------------- what is known

    def _all_nodes(self) -> tuple[Node, ...]:
        """The modules that compute, resolved once after each change, and their fields."""
        if self._nodes is None and self._dataset is not None:
            project = self.open_project.project
            graph = resolve_project(project, self._dataset.input_shape, self._dataset.classes)
            self._nodes = graph.nodes
            self._fields = receptive_fields(graph.nodes, self._dataset.input_shape)
        return self._nodes or ()

    def _shown(self) -> list[Node]:
        """On the ways from the picture to the selected module, all that changes what a unit sees, and that module."""
        module, nodes = shown_module(self.open_project), self._all_nodes()
        if module is None or all(node.id != module.id for node in nodes):
            return []
        wanted = ancestors(nodes, module.id)
        kept = [node for node in nodes if node.id in wanted and not isinstance(node.module, Loss)]
        return [node for node in kept if not node.sources or node.id == module.id or windows_of(node) != ()]

    # ---------------------------------------------------------------- what is shown

    def _refresh(self, _choice: str = "") -> None:
        module, shown = shown_module(self.open_project), self._shown()
        is_shown = bool(shown) and len(shown[0].shape) == 3
        self._scroll.setVisible(is_shown)
        self.axis.setVisible(is_shown)
        if module is None or self._dataset is None:
            self.words.show_text(_EMPTY)
        elif reason := why_not_computed(module, self._facts):
            self.words.show_text(reason)
        elif not is_shown:
            self.words.show_text("The ruler needs pictures of rows and columns; these data have none.")
        else:
            self._show(shown)

    def _show(self, shown: list[Node]) -> None:
        nodes, by_id = self._all_nodes(), {node.id: node for node in shown}
        at, row, column = self._place or ("", 0, 0)
        if at not in by_id:
            at = shown[-1].id
            row, column = (count // 2 for count in _room(shown[-1]))
        place = (row, column) if len(by_id[at].shape) == 3 else ()
        below, above = patches_below(nodes, at, place), patches_above(nodes, at, place)
        patches = above | below
        self.words.show_text(self._sentence(by_id[at], place, shown, patches))
        self.panes.show_panes([self._pane(node, patches.get(node.id), at) for node in shown])
        axis = 1 if self.axis.choice == ACROSS else 0
        sources = shown_sources(nodes, by_id)
        self.ruler.show_rows([self._row(node, patches.get(node.id), at, axis, sources[node.id]) for node in shown])

    def _sentence(self, node: Node, place: tuple[int, ...], shown: Sequence[Node], patches: dict[str, Patch]) -> str:
        name, pixels, top = self._title(node), shown[0], shown[-1]
        where = f"Row {place[0]}, column {place[1]} of " if place else "A unit of "
        said = []
        if node is not pixels:
            height, width = (each.size for each in patches[pixels.id])
            outside = _outside(patches[pixels.id], _room(pixels))
            if not place and (seen := _within(patches[pixels.id], pixels)):
                height, width, outside = seen[2], seen[3], ""
            said.append(f"sees {height}×{width} of {pixels.shape[1]}×{pixels.shape[2]} pixels{outside}")
        if node is not top:
            reached = _within(patches.get(top.id), top)
            units = "no unit" if reached is None else f"{reached[2]}×{reached[3]} units of each map"
            units = "every unit" if reached is not None and len(top.shape) != 3 else units
            said.append(f"reaches {units} of {self._title(top)}")
        return f"{where}{name} {' and '.join(said) or 'is the picture itself'}."

    def _title(self, node: Node) -> str:
        network = self.open_project.project.network
        spec = network.module(origin(node.id)) if origin(node.id) in network else None
        name = title(spec) if spec else node.id
        return f"{name} {self._caption(node)}".strip()

    @staticmethod
    def _caption(node: Node) -> str:
        """What windows it has: ``9×9 / 2``."""
        windows = windows_of(node)
        if not windows:
            return ""
        stride = f" / {windows[0].stride}" if windows[0].stride != 1 else ""
        return f"{'×'.join(str(each.size) for each in windows)}{stride}"

    def _pane(self, node: Node, patch: Patch | None, at: str) -> Pane:
        height, width = _room(node)
        frame = _within(patch, node)
        if len(node.shape) != 3:
            words = (f"{node.shape[0]:,} values", "each sees all")
        elif patch is None or frame is None:
            words = ("not reached", f"of {height}×{width}")
        elif node.id == at:
            words = (f"row {frame[0]}, column {frame[1]}", f"of {height}×{width}")
        else:
            size = "×".join(str(each.size) for each in patch)
            down, across = patch
            words = (f"{size} of {height}×{width}", f"{down.first}…{down.last}, {across.first}…{across.last}")
        return Pane(node.id, self._title(node), _family(node), self._pixels(node), frame, words, node.id == at)

    def _pixels(self, node: Node) -> NDArray[np.uint32]:
        """Map 0 of the newest picture; of a list, and before there is any, the ground."""
        height, width = _room(node)
        values = self._snapshot.outputs.get(node.id) if self._snapshot else None
        if values is None or values.shape != node.shape or values.ndim != 3:
            return np.full((height, width), theme().color("missing" if values is None else "line").rgb(), np.uint32)
        if not node.sources and self._dataset is not None and not self._dataset.is_signed and len(values) in (1, 3):
            return rgb_pixels(values)
        return colored(
            values[0], scale_up_to(largest(values[0]), "non_negative" if node.non_negative else "activation")
        )

    def _row(self, node: Node, patch: Patch | None, at: str, axis: int, below: tuple[str, ...]) -> RulerRow:
        field, pixels = self._fields[node.id][axis], self._shown()[0]
        is_list = len(node.shape) != 3
        count = 1 if is_list else _room(node)[axis]
        stretch = (patch[axis] if not is_list else None) if patch is not None else None
        first, last = (stretch.first, stretch.last) if stretch else (0, 0) if patch is not None else (None, None)
        sizes, said = self._arithmetic(node, axis, count, below)
        return RulerRow(
            node.id,
            self._title(node),
            _family(node),
            float(field.first + field.last) / 2,
            float(field.jump) if not is_list else 0.0,
            count,
            (-0.5, _room(pixels)[axis] - 0.5) if field.jump == 0 else (float(field.first), float(field.last)),
            first,
            last,
            sizes,
            said,
            below,
            node.id == at,
        )

    def _arithmetic(self, node: Node, axis: int, count: int, below: tuple[str, ...]) -> tuple[str, str]:
        """How the number of units, and how the field of one, come from those of the module below."""
        field, windows = self._fields[node.id][axis], windows_of(node)
        if not node.sources:
            return f"{count} pixels", "each pixel sees itself"
        if windows == ():
            return f"{count} units", f"sees what the module below it sees: {field.size} pixels"
        if not windows or len(below) != 1:
            return (
                f"{node.shape[0]:,} values" if len(node.shape) == 1 else f"{count} unit{'s' if count > 1 else ''}"
            ), (f"sees all units below: {field.size} pixels")
        lower = self._fields[below[0]][axis]
        before = next(each for each in self._shown() if each.id == below[0]).shape[axis + 1]
        window, jump = windows[axis], int(lower.jump) if lower.jump == int(lower.jump) else lower.jump
        step = f"{jump}·{window.stride} = {field.jump}" if window.stride != 1 else str(field.jump)
        grown = field_arithmetic(lower.size, jump, window, field.size)
        apart = f"a unit every {step} pixel{'' if field.jump == 1 else 's'}"
        units = "unit" if count == 1 else "units"
        return f"{map_arithmetic(before, window, count)} {units}", f"sees {grown} pixels · {apart}"

    def spare_height(self) -> int:
        """Pixels below the ruler that show nothing."""
        page = self._scroll.widget()
        used = self.ruler.geometry().bottom() + 1
        return max(0, self._scroll.viewport().height() - used) if page and self._scroll.isVisible() else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _room(node: Node) -> tuple[int, int]:
    """Rows and columns of its maps; a list counts as one place."""
    return (node.shape[1], node.shape[2]) if len(node.shape) == 3 else (1, 1)


def _family(node: Node) -> Family:
    assert isinstance(node.module, Module)
    return node.module.family


def _within(patch: Patch | None, node: Node) -> tuple[int, int, int, int] | None:
    """(top, left, height, width) of what of the patch lies on the module's maps; None where nothing does."""
    if patch is None:
        return None
    if len(patch) != 2:
        return (0, 0, 1, 1)
    down, across = (each.within(count) for each, count in zip(patch, _room(node), strict=True))
    return None if down is None or across is None else (down.first, across.first, down.size, across.size)


def _outside(patch: Patch, room: tuple[int, int]) -> str:
    """What to say of pixels that padding adds."""
    beyond = any(each.first < 0 or each.last >= count for each, count in zip(patch, room, strict=True))
    return ", padding counted" if beyond else ""
