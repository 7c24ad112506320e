"""LCN bench: local contrast normalisation of the shown picture, step by step, under any light that is painted on it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.analysis.benches.lcn_bench import LcnBench
from convnet_studio.engine.analysis.lcn_bench import (
    LcnSteps,
    Light,
    correlation,
    lcn_arithmetic,
    lcn_steps,
    neighbour_correlation,
    painted,
    relative_change,
)
from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.project.kinds import allowed_settings
from convnet_studio.engine.project.spec import ModuleSpec
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.lcn_controls import LIGHT, LcnControls
from convnet_studio.ui.controls.lcn_sheet import LcnSheet
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.pane_grid import PaneGrid
from convnet_studio.ui.controls.pixel_pane import PixelPane
from convnet_studio.ui.map_images import Scale, rgb_pixels, scale_of
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

_EMPTY = "The bench shows the picture that the network is shown, as soon as there is one."
_NO_PICTURE = "There is no picture of finite numbers to normalise: choose another one."
_MOMENT = 16
_CONTROLS_WIDTH = 248
_NARROW = 620
_BRUSH = 0.07
"""Radius of the brush, as a part of the picture's larger side."""
_DABS = {True: 0.06, False: -0.08}
"""How much one dab of light adds, and one of shadow takes away."""


class LcnBenchView(View):
    """Five linked panes of x, m, v, σ and y, and the arithmetic of the pixel that was last pointed at."""

    name: ClassVar = "lcn_bench"
    title: ClassVar = "Local contrast normalisation"
    summary: ClassVar = "The shown picture normalised step by step; paint light and shadow on it and see what is left."
    is_bench: ClassVar = True

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self._is_signed = False
        self._picture: Array | None = None
        self._light: Light | None = None
        self._before: LcnSteps | None = None
        self._steps: LcnSteps | None = None
        self._cell = (0, 0)
        self._told: LcnBench | None = None
        self.controls = LcnControls()
        self.like_module = QPushButton("")
        self.like_module.setToolTip("Set window, width, divisor and border as in the network's own module")
        self.words = Sentence(_EMPTY)
        self.input = PixelPane("x", "input", is_painted_on=True)
        self.mean = PixelPane("m = w ∗ x", "local mean")
        self.subtracted = PixelPane("v = x − m", "subtracted")
        self.sheet = LcnSheet()
        self.deviation = PixelPane("σ = √(w ∗ v²)", "local deviation")
        self.output = PixelPane("y = v / max(c, σ)", "divided")
        self.panes = (self.input, self.mean, self.subtracted, self.deviation, self.output)
        self._judged = {pane: pane.heading.text() for pane in (self.input, self.subtracted, self.output)}
        self.grid = PaneGrid((self.input, self.mean, self.subtracted, self.sheet, self.deviation, self.output))
        self._soon = QTimer(self, singleShot=True, interval=_MOMENT)
        self._arrange()
        self._connect()
        self.setAccessibleName(self.title)
        self._take_module()
        self._refresh()

    def _arrange(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.like_module)
        column.addWidget(self.controls, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(side)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(16)
        self._halves.addWidget(self._scroll)
        self._halves.addWidget(self.grid, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 12)
        whole.setSpacing(8)
        whole.addWidget(self.words)
        whole.addLayout(self._halves, 1)

    def _connect(self) -> None:
        self._soon.timeout.connect(self._refresh)
        self.controls.norm_changed.connect(self._forget_before)
        self.controls.light_changed.connect(self._soon.start)
        self.controls.cleared.connect(self._clear_light)
        self.like_module.clicked.connect(self._be_like_module)
        self.input.canvas.stroked.connect(self._dab)
        for pane in self.panes:
            pane.canvas.pointed.connect(self._point_at)
        self.open_project.changed.connect(self._name_module)
        theme_switch().changed.connect(self._refresh)

    # ---------------------------------------------------------------- what comes in

    def set_dataset(self, dataset: Dataset) -> None:
        """Learn whether pictures have a black."""
        self._is_signed = dataset.is_signed

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take the picture that is shown to the network; nothing is done while it is the same."""
        picture = snapshot.picture
        if self._picture is not None and np.array_equal(picture, self._picture):
            return
        is_usable = picture.ndim == 3 and bool(np.isfinite(picture).all())
        before = self._picture
        self._picture = picture if is_usable else None
        if is_usable and (before is None or before.shape != picture.shape):
            maps, height, width = picture.shape
            self._light = Light.none(height, width)
            self._cell = (height // 2, width // 2)
            self.controls.show_maps(maps)
        self._before = None
        self._refresh()
        if not is_usable:
            self.words.show_text(_NO_PICTURE)

    def catch_up(self) -> None:
        """Do at once what would be done in a moment."""
        if self._soon.isActive():
            self._soon.stop()
            self._refresh()

    @property
    def shown_steps(self) -> LcnSteps | None:
        """What the panes show: the picture in the light that falls on it, and what is made of it."""
        return self._steps

    # ---------------------------------------------------------------- the bench

    @property
    def bench(self) -> LcnBench:
        """What is set, but for what is painted."""
        return self.controls.bench(self._cell)

    def set_bench(self, bench: Bench) -> None:
        """Set everything as `bench` has it, and clear what was painted."""
        if not isinstance(bench, LcnBench):
            raise TypeError(f"{self.title} shows no {type(bench).title}.")
        self.controls.show_bench(bench)
        self._cell = (bench.row, bench.column)
        if self._picture is not None:
            height, width = self._picture.shape[1:]
            self._cell = (min(bench.row, height - 1), min(bench.column, width - 1))
            self._light = Light.none(height, width)
        self._before = None
        self._refresh()

    def control(self, dial: str) -> QWidget | None:
        """What turns a dial: of the marked pixel the picture."""
        return self.input if dial in ("row", "column") else self.controls.control(dial)

    def _tell_bench(self) -> None:
        if self.bench != self._told:
            self._told = self.bench
            self.bench_changed.emit(self._told)

    # ---------------------------------------------------------------- what the user does

    def _own_module(self) -> ModuleSpec | None:
        modules = self.open_project.project.network.modules
        return next((each for each in modules if each.kind == LocalContrastNorm.__name__), None)

    def _name_module(self, *_: object) -> None:
        module = self._own_module()
        self.like_module.setVisible(module is not None)
        if module is not None:
            self.like_module.setText(f"Set as in {title(module)}")
            self.like_module.setAccessibleName(self.like_module.text())

    def _take_module(self) -> None:
        module = self._own_module()
        if module is not None:
            self.controls.show_settings(allowed_settings(LocalContrastNorm, module.settings))
        self._name_module()

    def _be_like_module(self) -> None:
        self._take_module()
        self._forget_before()

    def _forget_before(self) -> None:
        self._before = None
        self._soon.start()

    def _clear_light(self) -> None:
        if self._picture is not None:
            self._light = Light.none(*self._picture.shape[1:])
        self._refresh()

    def _dab(self, row: float, column: float) -> None:
        if self._light is not None:
            radius = max(1.0, _BRUSH * max(self._light.factor.shape))
            strength = _DABS[self.controls.brush.choice == LIGHT]
            self._light = painted(self._light, row, column, radius, strength)
            if not self._soon.isActive():
                self._soon.start()

    def _point_at(self, row: int, column: int) -> None:
        self._cell = (row, column)
        self._show_arithmetic()
        self._tell_bench()

    # ---------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        self._tell_bench()
        has_picture = self._picture is not None and self._light is not None
        self.grid.setVisible(has_picture)
        self._scroll.setVisible(has_picture)
        self.words.setVisible(not has_picture)
        if self._picture is None or self._light is None:
            self.words.show_text(_EMPTY)
            self._steps = None
            return
        norm = self.controls.norm
        if self._before is None:
            self._before = lcn_steps(norm, self._picture)
        height, width = self._picture.shape[1:]
        light = self._light.and_(self.bench.light(height, width))
        lit = light.changes_anything
        self._steps = lcn_steps(norm, light.on(self._picture)) if lit else self._before
        self._show_panes(self._steps)
        self._show_numbers(self._before, self._steps, lit)
        self._show_arithmetic()

    def _show_panes(self, steps: LcnSteps) -> None:
        index = self.controls.map_index
        shared = 0 if steps.norm.across_maps else index
        scale = self._picture_scale(steps.x[index])
        if len(steps.x) == 3 and not self._is_signed:
            self.input.show_pixels(rgb_pixels(steps.x))
        else:
            self.input.show_values(steps.x[index], scale)
        self.mean.show_values(steps.mean[shared], scale)
        self.subtracted.show_values(steps.subtracted[index], scale_of(steps.subtracted[index], "activation"))
        self.deviation.show_values(steps.deviation[shared], scale_of(steps.deviation[shared], "non_negative"))
        self.output.show_values(steps.y[index], scale_of(steps.y[index], "activation"))

    def _picture_scale(self, values: Array) -> Scale:
        """Grey, from black to white; wider where light has made something whiter than white."""
        largest = float(np.abs(values).max())
        return (
            Scale("picture", -(largest or 1.0), largest or 1.0)
            if self._is_signed
            else Scale("picture", 0.0, max(1.0, largest))
        )

    def _show_numbers(self, before: LcnSteps, after: LcnSteps, lit: bool) -> None:
        pairs = ((before.x, after.x), (before.subtracted, after.subtracted), (before.y, after.y))
        kept = [correlation(*each) for each in pairs]
        self.controls.kept.show_numbers([f"{each:.4f}" for each in kept] if lit else [])
        for (pane, word), each in zip(self._judged.items(), kept, strict=True):
            pane.heading.show_text(f"r {each:.2f} · {word}" if lit else word)
        self.controls.changed.show_numbers([short(relative_change(*each)) for each in pairs] if lit else [])
        shown = slice(self.controls.map_index, self.controls.map_index + 1)  # maps differ in their means
        self.controls.neighbours.show_numbers([f"{neighbour_correlation(each[shown]):.3f}" for _, each in pairs])

    def _show_arithmetic(self) -> None:
        steps = self._steps
        if steps is None:
            self.sheet.clear()
            return
        index, (row, column) = self.controls.map_index, self._cell
        told = lcn_arithmetic(steps, index, row, column)
        rows, columns = told.weights.shape
        window = QRect(told.left, told.top, columns, rows)
        for pane in self.panes:
            pane.canvas.mark(self._cell, window if pane in (self.input, self.subtracted) else None)
        inside = steps.x[index, told.top : told.top + rows, told.left : told.left + columns]
        of_map = f", map {index}" if len(steps.x) > 1 else ""
        heading = f"At row {row}, column {column}{of_map}"
        scale = self._picture_scale(steps.x[index])
        self.sheet.show_arithmetic(heading, told, inside, scale, steps.norm.threshold == "fixed")

    # ---------------------------------------------------------------- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The controls stand beside the panes, or above them where it is narrow."""
        super().resizeEvent(event)
        if self.width() < _NARROW:
            self._halves.setDirection(QBoxLayout.Direction.TopToBottom)
            self._scroll.setMinimumWidth(0)
            self._scroll.setMaximumSize(16_777_215, max(72, self.height() // 3))  # QWIDGETSIZE_MAX
        else:
            self._halves.setDirection(QBoxLayout.Direction.LeftToRight)
            self._scroll.setMaximumHeight(16_777_215)
            self._scroll.setFixedWidth(_CONTROLS_WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
