"""Pooling dial: a window of a live map pooled with any sharpness from the mean to the maximum."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.analysis.benches.pooling_dial import SIDE, SIZES, PoolingDialBench
from convnet_studio.engine.analysis.pooling_dial import (
    AMOUNTS,
    FAMILIES,
    P_NORM,
    gradient,
    neighbourhood,
    sweep,
)
from convnet_studio.engine.nn.module import Array, Family, Setting
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.bar_list import Bar, BarList
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.dial_plot import DialPlot, amount_text
from convnet_studio.ui.controls.field_panes import FieldPanes, Pane
from convnet_studio.ui.controls.label import Caption, Sentence
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.map_images import colored
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, why_not_computed
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

_EMPTY = "Select a module that gives maps; a window of one of them is then pooled from the mean to the maximum."
_MOST_PANES = 4
_WIDE = 640


class PoolingDial(View):
    """Value, change under a 1-pixel shift, and shares of the gradient of one window, as p or b is turned."""

    name: ClassVar = "pooling_dial"
    title: ClassVar = "Pooling dial"
    summary: ClassVar = "One window pooled from mean to maximum: value, change under a shift, shares of the gradient."
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._facts: Summary | None = None
        self._snapshot: Snapshot | None = None
        self._corner: tuple[int, int, int] | None = None  # map, row, column of the window; None: where most goes on
        self._edited: dict[tuple[int, int], float] = {}
        self._bench = PoolingDialBench()
        self._numbers = self._bench.numbers
        self._places = {family: AMOUNTS[family].index(2.0 if family == P_NORM else 1.0) for family in FAMILIES}
        self.words = Sentence(_EMPTY, "text")
        self.family = SegmentedControl("Kind of pooling", FAMILIES)
        self.window_size = SegmentedControl("Size of the window", SIZES)
        self.window_size.choose(SIZES[1])
        self.panes = FieldPanes("Maps to take a window from")
        self.value = DialPlot("Pooled value")
        self.change = DialPlot("Change when the window moves by 1 pixel, at most", percent=True)
        self.shares = BarList("Shares of the gradient")
        self._fields: dict[tuple[int, int], NumberField] = {}
        self._cells = QGridLayout()
        self._cells.setSpacing(4)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._page = QScrollArea()
        self._arrange()
        self.family.chosen.connect(self._refresh)
        self.window_size.chosen.connect(self._resize_window)
        self.panes.chosen.connect(self._choose)
        self.value.turned.connect(self.turn_to)
        self.change.turned.connect(self.turn_to)
        open_project.selection_changed.connect(self._on_selection)
        theme_switch().changed.connect(self._refresh)
        self.setAccessibleName(self.title)
        self._make_cells()
        self._refresh()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.family)
        top.addWidget(self.window_size)
        top.addStretch(1)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(8)
        left.addWidget(Caption("Window (numbers can be edited)"))
        left.addLayout(self._cells)
        left.addSpacing(8)
        left.addWidget(Caption("Row, column · share of |∂y/∂x| in %"))
        left.addWidget(self.shares)
        left.addStretch(1)
        right.addWidget(self.value, 3)
        right.addWidget(self.change, 2)
        self._halves.setSpacing(24)
        self._halves.addLayout(left, 2)
        self._halves.addLayout(right, 3)
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, 8, 0)
        body.setSpacing(12)
        body.addWidget(self.panes)
        body.addLayout(self._halves, 1)
        self._page.setWidgetResizable(True)
        self._page.setFrameShape(QFrame.Shape.NoFrame)
        self._page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addWidget(self._page, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The curves stand beside the window's numbers, or below them where that leaves them more room."""
        super().resizeEvent(event)
        is_wide = self.width() >= _WIDE
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)

    # ---------------------------------------------------------------- the bench

    @property
    def bench(self) -> PoolingDialBench:
        """The dials, with the window that is shown and what lies around it; beyond the map's edge that is repeated."""
        return self._bench

    def set_bench(self, bench: Bench) -> None:
        """Turn the dials, and put the numbers into the window: p and b stand at the nearest place of the dial."""
        if not isinstance(bench, PoolingDialBench):
            raise TypeError(f"{self.title} shows no {type(bench).title}.")
        self.family.choose(bench.family)
        for family, amount in zip(FAMILIES, (bench.p, bench.b), strict=True):
            self._places[family] = _nearest(AMOUNTS[family], amount)
        if bench.size != self.window_size.choice:
            self.window_size.choose(bench.size)
            self._edited.clear()
            self._make_cells()
        if bench.numbers != self._numbers:
            self._numbers = bench.numbers
            around = range(-1, bench.side + 1)
            patch = bench.patch.tolist()
            self._edited = {(row, column): patch[row + 1][column + 1] for row in around for column in around}
        self._refresh()

    def control(self, dial: str) -> QWidget | None:
        """What turns a dial: of p and b the curve."""
        fields = self._fields.get((0, 0))
        found = {"family": self.family, "size": self.window_size, "p": self.value, "b": self.value, "numbers": fields}
        return found.get(dial)

    def _tell_bench(self, patch: Array | None, corner: tuple[int, int]) -> None:
        if patch is not None:
            before = [(1 - corner[axis], 0) for axis in (0, 1)]
            whole = np.pad(patch, before, mode="edge")[:SIDE, :SIDE]
            after = [(0, SIDE - whole.shape[axis]) for axis in (0, 1)]
            self._numbers = tuple(np.pad(whole, after, mode="edge").ravel().tolist())
        p, b = (AMOUNTS[family][self._places[family]] for family in FAMILIES)
        now = PoolingDialBench(self.family.choice, p, b, self.window_size.choice, self._numbers)
        if now != self._bench:
            self._bench = now
            self.bench_changed.emit(now)

    # ---------------------------------------------------------------- what comes in

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes, signs and problems."""
        self._facts = summary
        self._refresh()

    def probes(self) -> Probes:
        """The maps that are pooled."""
        module = self._source()
        return Probes(outputs=frozenset({module.id})) if module else Probes()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint the newest maps and their window."""
        self._snapshot = snapshot
        self._refresh()

    def turn_to(self, place: int) -> None:
        """Turn the dial to a place of `AMOUNTS`."""
        self._places[self.family.choice] = place
        self._refresh()

    def _on_selection(self) -> None:
        self._corner = None
        self._edited.clear()
        self._refresh()

    def _choose(self, key: str, row: int, column: int) -> None:
        self._corner = (int(key), row, column)
        self._edited.clear()
        self._refresh()

    def _resize_window(self, _size: str) -> None:
        self._edited.clear()
        self._make_cells()
        self._refresh()

    def _source(self) -> ModuleSpec | None:
        """The selected module; of one that pools, the module whose maps it pools."""
        module, network = shown_module(self.open_project), self.open_project.project.network
        kind = find_kind(module.kind) if module else None
        if module is None or getattr(kind, "family", None) is not Family.POOLING:
            return module
        source = next((each.source for each in network.links if each.target == module.id), None)
        return network.module(source) if source and source in network else module

    # ---------------------------------------------------------------- the window's numbers

    def _make_cells(self) -> None:
        while item := self._cells.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._fields = {}
        for row, column in np.ndindex(self._side, self._side):
            field = NumberField(Setting("x", f"Row {row}, column {column} of the window", "", float, 0.0))
            field.entered.connect(lambda value, at=(row, column): self._edit(at, value))
            self._cells.addWidget(field, row, column)
            self._fields[row, column] = field

    @property
    def _side(self) -> int:
        return SIZES.index(self.window_size.choice) + 2

    def _edit(self, at: tuple[int, int], value: object) -> None:
        if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 1e6:
            self._edited[at] = float(value)
            self._refresh()
        else:
            self._fields[at].set_refused(True)
            self.words.show_text("A number of the window must be a number below 1,000,000, such as 0.5.")

    # ---------------------------------------------------------------- what is shown

    def _refresh(self, _choice: str = "") -> None:
        module = self._source()
        maps = self._snapshot.outputs.get(module.id) if module and self._snapshot else None
        is_shown = maps is not None and maps.ndim == 3 and min(maps.shape[1:]) >= self._side
        if not is_shown:
            self._tell_bench(None, (1, 1))
        self._page.setVisible(is_shown)
        if module is None:
            self.words.show_text(_EMPTY)
        elif reason := why_not_computed(module, self._facts):
            self.words.show_text(reason)
        elif maps is None:
            self.words.show_text(f"The maps of {title(module)} appear with the first picture.")
        elif not is_shown:
            self.words.show_text(
                f"{title(module)} gives no maps of {self.window_size.choice} or more: select one before it."
            )
        else:
            self._show(module, np.nan_to_num(maps, posinf=0.0, neginf=0.0))

    def _show(self, module: ModuleSpec, maps: Array) -> None:
        side, family = self._side, self.family.choice
        index, row, column = self._corner or _liveliest(maps, side)
        index = min(index, len(maps) - 1)
        row, column = min(row, maps.shape[1] - side), min(column, maps.shape[2] - side)
        patch, corner = neighbourhood(maps[index], row, column, side)
        for (down, across), value in self._edited.items():
            at = corner[0] + down, corner[1] + across
            if 0 <= at[0] < patch.shape[0] and 0 <= at[1] < patch.shape[1]:  # the map may end beside the window
                patch[at] = value
        self._tell_bench(patch, corner)
        window = patch[corner[0] : corner[0] + side, corner[1] : corner[1] + side]
        self._show_panes(module, maps, (index, row, column))
        for at, field in self._fields.items():
            if not field.hasFocus() or at in self._edited:
                field.show_value(float(exact(window[at])))
                field.lineEdit().setCursorPosition(0)  # where it is narrow, the first digits are seen
        found, place = sweep(family, patch, corner, side), self._places[family]
        seen = np.abs(window) if family == P_NORM else window
        sizes = "|x|" if family == P_NORM else "x"
        levels = ((float(seen.mean()), f"mean of {sizes}"), (float(seen.max()), f"largest {sizes}"))
        self.value.show_curve(AMOUNTS[family], found.values, place, levels)
        self.change.show_curve(AMOUNTS[family], found.changes, place)
        self._show_shares(gradient(family, AMOUNTS[family][place], window))
        letter = "p" if family == P_NORM else "b"
        edited = ", with edited numbers" if self._edited else ""
        self.words.show_text(
            f"{letter} = {amount_text(AMOUNTS[family][place])} on a window of {title(module)}, map {index}, "
            f"row {row}, column {column}{edited}."
        )

    def _show_shares(self, slopes: Array) -> None:
        sizes = np.abs(slopes)
        total = float(sizes.sum()) or 1.0
        bars = [
            Bar(f"{row}, {column}", 100 * float(sizes[row, column]) / total, float(sizes[row, column]) / total)
            for row, column in np.ndindex(slopes.shape)
        ]
        self.shares.show_bars(bars, int(sizes.argmax()))

    def _show_panes(self, module: ModuleSpec, maps: Array, at: tuple[int, int, int]) -> None:
        known = self._facts.modules.get(module.id) if self._facts else None
        scale = scale_up_to(largest(maps), "non_negative" if known and known.non_negative else "activation")
        kind = find_kind(module.kind)
        family = kind.family if kind else Family.WIRING
        first = min(max(0, at[0] - _MOST_PANES + 1), max(0, len(maps) - _MOST_PANES))
        panes = []
        for index in range(first, min(first + _MOST_PANES, len(maps))):
            is_here = index == at[0]
            frame = (at[1], at[2], self._side, self._side) if is_here else None
            words = (
                (f"row {at[1]}, column {at[2]}", self.window_size.choice) if is_here else ("click to take", "a window")
            )
            panes.append(Pane(str(index), f"map {index}", family, colored(maps[index], scale), frame, words, is_here))
        self.panes.show_panes(panes)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _nearest(amounts: tuple[float, ...], amount: float) -> int:
    """The place of the dial that is nearest to `amount`."""
    if math.isinf(amount):
        return len(amounts) - 1
    return min(range(len(amounts)), key=lambda place: abs(amounts[place] - amount))


def _liveliest(maps: Array, side: int) -> tuple[int, int, int]:
    """Around the largest number of the first maps: map, row and column of the window."""
    shown = np.abs(maps[:_MOST_PANES])
    index, row, column = (int(each) for each in np.unravel_index(int(shown.argmax()), shown.shape))
    return index, max(0, row - side // 2), max(0, column - side // 2)
