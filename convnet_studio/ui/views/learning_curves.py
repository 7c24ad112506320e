"""Learning curves: training and test loss (or error) over the epochs, beside those of the run before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QCursor, QFontMetrics, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.events import Event, NetworkChanged, RunStarted, Stepped
from convnet_studio.ui.controls.axis_ticks import even_ticks, log_ticks, round_up
from convnet_studio.ui.controls.curve import Points
from convnet_studio.ui.controls.curve_reading import CurveReading, Reading
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.learning_record import MOST_POINTS, LearningRecord
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import number_font, theme, theme_switch
from convnet_studio.ui.view import View

LOSS, ERROR = "Loss", "Error"
LINEAR, LOG = "Linear", "Log"
REDRAW_MILLISECONDS = 50
"""A curve moves by less than a pixel in this time; drawing it more often would only cost."""
NOT_YET = "–"
_SMALLEST_GUTTER = 34
"""Of the numbers left of the curves, in pixels: wide enough for most, so that it rarely moves."""
_MOST_EARLIER = 8
"""Records of runs that ended, which undo may bring back."""
_EDIT_REACH = 0.008
"""Part of the axis within which the pointer is at the mark of an edit."""
_KEY_STEPS = 100
"""Presses of an arrow key from one end of the axis to the other."""


class LearningCurvesView(View):
    """Every training step as a thin line, its running mean as a strong one, the test set after every pass."""

    name: ClassVar = "learning_curves"
    title: ClassVar = "Learning curves"
    summary: ClassVar = "Training and test loss or error over the epochs, with the previous run for comparison."

    def __init__(self, open_project: OpenProject, parent: QWidget | None = None) -> None:
        super().__init__(open_project, parent)
        self.record = LearningRecord()
        self.previous = LearningRecord()
        self._earlier: list[LearningRecord] = []
        self._stored: object = None
        self._edits: list[tuple[str, object, object]] = []
        """Edits of the network that training does not follow yet: what was done, the structures before and after."""
        self._is_other_project = False
        """Whether the next run is that of another project, to which the curves so far say nothing."""
        self._is_beginning = False
        """Whether a run has just begun: that its network changed is then no edit."""
        self._planned_epochs = 1
        self._ranges = (0.0, 0.0, 0.0)
        self._hovered: float | None = None
        self.quantity = SegmentedControl("What is drawn", (LOSS, ERROR))
        self.axis = SegmentedControl("Axis", (LINEAR, LOG))
        self.reading = CurveReading("Numbers of the curves")
        self._make_plot()
        self._arrange()
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MILLISECONDS)
        self._timer.timeout.connect(self.redraw)
        self.quantity.chosen.connect(self.redraw)
        self.axis.chosen.connect(self.redraw)
        open_project.changed.connect(self._note_edit)
        open_project.replaced.connect(self._expect_other)
        theme_switch().changed.connect(self._recolor)
        self.setAccessibleName(self.title)
        self._recolor()

    # ---------------------------------------------------------------- parts

    def _make_plot(self) -> None:
        self.plot: Any = pg.PlotWidget(background=None)
        self.plot.setAccessibleName("Learning curves, drawn: arrow keys read them")
        self.plot.setMinimumHeight(72)
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=False, y=False)
        item.getViewBox().setDefaultPadding(0)
        self._curves = {name: item.plot([], []) for name in _DRAWN}
        for name in ("smooth", "test"):  # Qt joins the pieces of a thick line slowly; drawn one by one they are cheap
            self._curves[name].curve.setSegmentedLineMode("on")
            self._curves[name].opts["antialias"] = True
        self._edit_lines = item.plot([], [], connect="pairs")
        self._edit_marks = item.plot([], [], pen=None, symbol="t", symbolSize=9)
        self._best = item.plot([], [], pen=None, symbol="o", symbolSize=7)
        self._line = pg.InfiniteLine(angle=90)
        self._line.setVisible(False)
        self._invitation = Label("The curves begin with the first training step.", "second_text")
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        QVBoxLayout(self.plot).addWidget(self._invitation)
        item.addItem(self._line, ignoreBounds=True)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse)
        self.plot.installEventFilter(self)
        self.plot.viewport().installEventFilter(self)

    def _arrange(self) -> None:
        row = WrappingRow((self.quantity, self.axis, self.reading))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.plot, 1)

    def _recolor(self) -> None:
        now = theme()
        self.plot.setBackground(now.color("surface"))
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(pg.mkPen(now.color("line")))
            axis.setTextPen(pg.mkPen(now.color("second_text")))
            axis.setTickFont(number_font(11))
            axis.setStyle(tickLength=0, tickTextOffset=6, autoExpandTextSpace=False)
        self.plot.getPlotItem().getAxis("left").setGrid(160)
        self.plot.getPlotItem().getAxis("bottom").setHeight(22)
        for name, (token, opacity, width) in _DRAWN.items():
            # Opaque: a line that shines through costs Qt several times as much.
            self._curves[name].setPen(pg.mkPen(blend(now.color(token), now.color("surface"), opacity), width=width))
        self._best.setSymbolBrush(now.color("test"))
        self._best.setSymbolPen(pg.mkPen(now.color("surface"), width=1))
        self._edit_lines.setPen(pg.mkPen(now.color("strong_line"), style=Qt.PenStyle.DotLine))
        self._edit_marks.setSymbolBrush(now.color("second_text"))
        self._edit_marks.setSymbolPen(None)
        self._line.setPen(pg.mkPen(now.color("strong_line")))
        self.redraw()

    # ---------------------------------------------------------------- what comes in

    def show_events(self, events: Sequence[Event]) -> None:
        """Extend the curves; a new run begins new ones and keeps the last as a faint picture."""
        has_news = False
        for event in events:
            if isinstance(event, RunStarted):
                self._planned_epochs = max(1, event.planned_epochs)
                self._is_beginning = True
                if event.run_id != self.record.run_id:
                    self._begin(event)
                    has_news = True
            elif isinstance(event, NetworkChanged) and not self._is_beginning:
                has_news = self._take_edit() or has_news
            else:
                self._is_beginning = False
                has_news = self.record.take(event) or has_news
                if isinstance(event, Stepped):
                    self._stored = None  # until then another engine may begin the run again
        if has_news and self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def catch_up(self) -> None:
        """Draw the news that wait for the next redraw."""
        if self._timer.isActive():
            self._timer.stop()
            self.redraw()

    def take_up(self, stored: object) -> None:
        """Begin the next run with the curves that came with it in a file."""
        self._stored = stored

    def _expect_other(self) -> None:
        self._edits.clear()
        self._is_other_project = True

    def _note_edit(self, before: Project, after: Project) -> None:
        """Remember an edit until training follows it; one of the data begins a run of its own."""
        if before.data == after.data and before.network.structure != after.network.structure:
            self._edits.append((self.open_project.doing, before.network.structure, after.network.structure))

    def _take_edit(self) -> bool:
        """Training follows another network now; whether that is news to the curves."""
        if not self._edits:
            return False
        words = ", ".join(text for text, _, _ in self._edits)
        self.record.take_edit(words, self._edits[0][1], self._edits[-1][2])
        self._edits.clear()
        return True

    def _begin(self, event: RunStarted) -> None:
        """Begin new curves, or go on with those of a run that is taken up again."""
        self.previous = LearningRecord() if self._is_other_project else self.record or self.previous
        others = [each for each in self._earlier if each is not self.record]
        self._earlier = [*others[-_MOST_EARLIER:], self.record]
        if self._is_other_project:
            self._earlier.clear()
            self._is_other_project = False
        known = (each for each in self._earlier if each.run_id == event.run_id)
        self.record = next(known, None) or LearningRecord(event.run_id, event.steps_per_epoch)
        if self._stored is not None:
            self.record.take_up(self._stored)

    # ---------------------------------------------------------------- drawing

    @property
    def _is_error(self) -> bool:
        return self.quantity.choice == ERROR

    def _shown(self, record: LearningRecord) -> dict[str, Any]:
        return record.error if self._is_error else record.loss

    def redraw(self) -> None:
        """Draw the curves as they are now."""
        room = min(max(64, self.plot.width()), MOST_POINTS)
        now, before = self._shown(self.record), self._shown(self.previous)
        drawn: dict[str, Points] = {
            "previous train": before["smooth"].every(room // 4),
            "previous test": before["test"].thinned(room),
            "train": now["train"].thinned(room),
            "smooth": now["smooth"].every(room // 4),
            "test": now["test"].thinned(MOST_POINTS),
        }
        logarithmic = self.axis.choice == LOG
        with np.errstate(divide="ignore", invalid="ignore"):
            for name, (x, y) in drawn.items():
                self._curves[name].setData(x, np.log10(y) if logarithmic else y, connect="finite")
        self._invitation.setVisible(not self.record and not self.previous)
        self._show_best(logarithmic)
        self._set_ranges(drawn, logarithmic)
        self._show_edits()
        self._show_numbers()

    def _show_best(self, logarithmic: bool) -> None:
        tests = self._shown(self.record)["test"]
        finite = np.flatnonzero(np.isfinite(tests.y) & ((tests.y > 0) | (not logarithmic)))
        best = finite[np.argmin(tests.y[finite])] if len(finite) else None
        x, y = ([], []) if best is None else ([tests.x[best]], [tests.y[best]])
        self._best.setData(x, np.log10(y) if logarithmic and y else y)

    def _show_edits(self) -> None:
        """A dotted line from bottom to top, and a mark at its head, where the network became another one."""
        _, bottom, top = self._ranges
        epochs = [each.epoch for each in self.record.edits]
        self._edit_lines.setData(np.repeat(epochs, 2), np.tile([bottom, top], len(epochs)))
        self._edit_marks.setData(epochs, [top - 0.03 * (top - bottom)] * len(epochs))

    def _set_ranges(self, drawn: dict[str, Points], logarithmic: bool) -> None:
        """Axes that rarely move: the strong curves have room, single steps may stick out of a linear axis."""
        item = self.plot.getPlotItem()
        epochs = max([self.record.epoch, *(float(x[-1]) for x, _ in drawn.values() if len(x))])
        plans = max(1, math.ceil(epochs / self._planned_epochs - 1e-6))
        last = float(plans * self._planned_epochs)
        if self.record:
            last = min(last, round_up(max(epochs, 0.1)))
        strong = np.concatenate([drawn["smooth"][1], drawn["test"][1], drawn["train"][1] if logarithmic else []])
        strong = strong[np.isfinite(strong) & ((strong > 0) | (not logarithmic))]
        low, high = (float(strong.min()), float(strong.max())) if len(strong) else (0.1, 1.0)
        if logarithmic:
            bottom, top = math.log10(low) - 0.05, max(math.log10(high), math.log10(low) + 0.3) + 0.05
            marks = [(math.log10(value), f"{value:g}") for value in log_ticks(low, high)]
        else:
            bottom, top = 0.0, 1.1 * (high if high > 0 else 1.0)
            marks = [(value, f"{value:g}") for value in even_ticks(top)]
        if (last, bottom, top) != self._ranges:
            self._ranges = (last, bottom, top)
            item.setXRange(0, last, padding=0.01)
            item.setYRange(bottom, top, padding=0)
            item.getAxis("left").setTicks([marks])
            words = QFontMetrics(number_font(11))
            widest = max((words.horizontalAdvance(text) for _, text in marks), default=0)
            item.getAxis("left").setWidth(max(_SMALLEST_GUTTER, widest + 10))
            item.getAxis("bottom").setTicks([[(value, f"{value:g}") for value in even_ticks(last, 6)]])

    def _show_numbers(self) -> None:
        """The values of the step under the pointer; without one the latest, of training its running mean."""
        curves = self._shown(self.record)
        unit = " %" if self._is_error else ""
        x = self._last_hovered
        is_known = bool(self.record) or self._hovered is not None
        epoch = f"{x:.2f}" if is_known else NOT_YET
        readings = [Reading("epoch", "second_text", epoch, epoch, digits=(6, 6))]
        for name in ("train", "test"):
            is_head = name == "train" and self._hovered is None  # of the head as the top bar: one step says little
            curve = curves["smooth" if is_head else name]
            index = curve.nearest(x)
            value = float(curve.y[index]) if index >= 0 else None
            texts = (exact(value) + unit, short(value) + unit) if value is not None else (NOT_YET, NOT_YET)
            readings.append(Reading(name, name, *texts))
        self.reading.show_readings(readings)
        self.setAccessibleDescription(", ".join(filter(None, [self.reading.text, self._edit_at(self._hovered)])))

    def _edit_at(self, epoch: float | None) -> str:
        """What was edited at a place of the axis; empty where nothing was."""
        reach = _EDIT_REACH * self._ranges[0]
        near = [each for each in self.record.edits if epoch is not None and abs(each.epoch - epoch) <= reach]
        return "\n".join(f"Edit at epoch {each.epoch:.2f}: {each.text}" for each in near)

    # ---------------------------------------------------------------- pointing

    def _on_mouse(self, position: QPointF) -> None:
        view_box = self.plot.getPlotItem().getViewBox()
        if not view_box.sceneBoundingRect().contains(position) or not self.record:
            self._hover(None)
            QToolTip.hideText()
            return
        epoch = float(view_box.mapSceneToView(position).x())
        self._hover_near(epoch)
        QToolTip.showText(QCursor.pos(), self._edit_at(epoch), self.plot)

    def _hover_near(self, epoch: float) -> None:
        """Put the line at the training step nearest to `epoch`."""
        train = self._shown(self.record)["train"]
        nearest = train.nearest(epoch)
        self._hover(float(train.x[nearest]) if nearest >= 0 else epoch)

    def _hover(self, epoch: float | None) -> None:
        self._hovered = epoch
        self._line.setVisible(epoch is not None)
        if epoch is not None:
            self._line.setValue(epoch)
        self._show_numbers()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The plot has no signal for a pointer that leaves it, nor for keys: left and right arrow move the line."""
        if event.type() == QEvent.Type.ToolTip:
            return True  # it would take away what is told of an edit
        if event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut):
            self._hover(None)
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            direction = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
            if direction and self.record:
                self._hover_near(self._last_hovered + direction * self._ranges[0] / _KEY_STEPS)
                return True
        return super().eventFilter(watched, event)

    @property
    def _last_hovered(self) -> float:
        return self.record.epoch if self._hovered is None else self._hovered

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened unseen."""
        super().showEvent(event)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many points as there are pixels."""
        super().resizeEvent(event)
        self.redraw()


_DRAWN = {
    "previous train": ("train", 0.3, 1),
    "previous test": ("test", 0.3, 1),
    "train": ("train", 0.35, 1),
    "smooth": ("train", 1.0, 2),
    "test": ("test", 1.0, 2),
}
