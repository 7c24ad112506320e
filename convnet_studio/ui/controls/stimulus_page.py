"""StimulusPage: the stimulus of one unit while it is climbed to, the curve of its answers, and its tuning."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QVBoxLayout, QWidget

from convnet_studio.engine.analysis.optimal_stimulus import Stimulus
from convnet_studio.engine.analysis.tuning import ORIENTATIONS, Tuning
from convnet_studio.ui.controls.axis_ticks import even_ticks
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.controls.line_plot import LinePlot
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.controls.picture_pane import PicturePane
from convnet_studio.ui.controls.unit_picker import UnitPicker

_TALLEST_PLOT = 200
_LOWEST_PICKER, _LOWEST_PANE = 132, 200
"""Pixels, where the parts stand below each other."""
_FRAME_MILLISECONDS = 33
_MOST_FRAMES = 45
"""A climb is shown in at most so many pictures, so that it takes no longer than one and a half seconds."""


class StimulusPage(QWidget):
    """Shows what it is given; a climb that was faster than the eye is played frame by frame.

    Args:
        picker: of the unit, which stands at its left or top.
    """

    def __init__(self, picker: UnitPicker) -> None:
        super().__init__()
        self._stimulus: Stimulus | None = None
        self._frame = 0
        self.picker = picker
        self.pane = PicturePane("Stimulus")
        self.curve = LinePlot("Answer while climbing", "step")
        self.orientation = LinePlot("Orientation", unit="°")
        self.phase = LinePlot("Phase", unit="°")
        self.frequency = LinePlot("Frequency, cycles per pixel")
        self.words = Sentence()
        self.tuned = Sentence()
        self._timer = QTimer(self, interval=_FRAME_MILLISECONDS)
        self._timer.timeout.connect(self._play)
        self._arrange()

    def _arrange(self) -> None:
        plots = QGridLayout()
        plots.setHorizontalSpacing(12)
        plots.setVerticalSpacing(8)
        for number, plot in enumerate((self.curve, self.orientation, self.phase, self.frequency)):
            plot.setMaximumHeight(_TALLEST_PLOT)
            plots.addWidget(plot, *divmod(number, 2))
        numbers = QWidget()
        column = QVBoxLayout(numbers)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(plots, 100)
        column.addWidget(self.words)
        column.addWidget(self.tuned)
        column.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(20)
        self._parts.addWidget(self.picker, 3)
        self._parts.addWidget(self.pane, 4)
        self._parts.addWidget(numbers, 5)

    # ---------------------------------------------------------------- what comes in

    def show_stimulus(self, stimulus: Stimulus | None) -> None:
        """Show where the climb stands; the frames of one from noise are played if they have not been seen."""
        before = self._stimulus
        self._stimulus = stimulus
        if stimulus is None:
            self._timer.stop()
            self.pane.clear()
            self.curve.clear()
            self.words.show_text("")
            return
        is_same = before is not None and before.unit == stimulus.unit and len(before.frames) <= len(stimulus.frames)
        is_going_on = is_same and before is not None and bool(before.frames) and before.frames[0] is stimulus.frames[0]
        if not is_going_on:
            self._frame = 0
        if not stimulus.frames:
            self._timer.stop()
            self._show_frame(stimulus)
        elif not self._timer.isActive() and self._frame < len(stimulus.frames) - 1:
            self._timer.start()
            self._show_frame(stimulus)
        elif self._frame >= len(stimulus.frames) - 1:
            self._show_frame(stimulus)

    def show_tuning(self, tuning: Tuning | None) -> None:
        """Show the tuning of the picked unit's map."""
        unit = self.picker.unit
        if tuning is None or unit is None or unit.channel >= tuning.responses.shape[-1]:
            for plot in (self.orientation, self.phase, self.frequency):
                plot.clear()
            self.tuned.show_text("")
            return
        channel = unit.channel
        best, frequency, _ = tuning.best(channel)
        turned = np.append(ORIENTATIONS, 180.0)
        answers = tuning.by_orientation(channel)
        note = f"best {ORIENTATIONS[best]:.0f}°"
        self.orientation.show_curve(turned, np.append(answers, answers[0]), (0, 45, 90, 135, 180), note)
        answers = tuning.by_phase(channel)
        ratio = tuning.modulation(channel)
        phases = np.append(tuning.phases, 360.0)
        note = "" if math.isinf(ratio) else f"F1/F0 {ratio:.2f}"
        self.phase.show_curve(phases, np.append(answers, answers[0]), (0, 90, 180, 270, 360), note)
        note = f"best {tuning.frequencies[frequency]:.2f}"
        self.frequency.show_curve(tuning.frequencies, tuning.by_frequency(channel), (0.1, 0.2, 0.3, 0.4), note)
        self.tuned.show_text(_tuning_words(tuning.selectivity(channel), ratio))

    def catch_up(self) -> None:
        """Show the end of the climb at once."""
        if self._stimulus is not None:
            self._timer.stop()
            self._frame = max(0, len(self._stimulus.frames) - 1)
            self._show_frame(self._stimulus)

    # ---------------------------------------------------------------- what is shown

    def _play(self) -> None:
        stimulus = self._stimulus
        if stimulus is None or not self.isVisible():
            self._timer.stop()
            return
        last = len(stimulus.frames) - 1
        self._frame = min(last, self._frame + max(1, -(-len(stimulus.frames) // _MOST_FRAMES)))
        if self._frame >= last:
            self._timer.stop()
        self._show_frame(stimulus)

    def _show_frame(self, stimulus: Stimulus) -> None:
        trace, picture = stimulus.trace, stimulus.seen
        is_last = True
        if stimulus.frames:
            frame = min(self._frame, len(stimulus.frames) - 1)
            is_last = frame == len(stimulus.frames) - 1
            trace, picture = stimulus.trace[: frame + 1], stimulus.frames[frame]
        if picture.ndim == 3:
            height, width = picture.shape[1:]
            self.pane.show_caption(f"Stimulus · {height}×{width} pixels that the unit sees")
            self.pane.show_values(picture, "activation")
        steps = len(trace) - 1
        reference = stimulus.reference if is_last else None
        level = None if reference is None else (reference.value, "by linear algebra")
        ticks = even_ticks(steps) if steps >= 4 else range(steps + 1)
        self.curve.show_curve(np.arange(len(trace)), trace, ticks, short(float(trace[-1])), level)
        self.words.show_text(self._words(stimulus) if is_last else "Climbing …")

    def _words(self, stimulus: Stimulus) -> str:
        if stimulus.is_silent:
            return "No noise moves this unit: its gradient is 0 wherever the climb began. Try other noise."
        told = f"Answers {exact(stimulus.value)} to this picture of norm {short(stimulus.norm)}"
        told += f", {short(float(stimulus.trace[0]))} to the noise."
        told += f" Converged after {len(stimulus.trace) - 1} steps." if stimulus.has_converged else " Climbing …"
        if reference := stimulus.reference:
            share = 100 * stimulus.value / reference.value if reference.value else math.nan
            what = "the exact optimum, bias included," if reference.has_bias else "the top right singular vector"
            told += f" By linear algebra {what} brings {exact(reference.value)}: the climb reached {share:.2f} % of it"
            inside = reference.share_inside(stimulus.seen.ravel().astype(np.float64))
            plane = "along it" if len(reference.directions) == 1 else "in the plane of the first two"
            told += f", its cosine {plane} is {inside:.3f}."
        return told

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The parts stand beside each other where there is room, else below each other."""
        super().resizeEvent(event)
        is_wide = event.size().width() >= 1.15 * event.size().height()
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        self._parts.setDirection(direction)
        self.picker.sheet.setMinimumHeight(0 if is_wide else _LOWEST_PICKER)
        self.pane.setMinimumHeight(0 if is_wide else _LOWEST_PANE)


def _tuning_words(selectivity: float, modulation: float) -> str:
    """What the tuning curves come to."""
    told = f"Gratings of the same norm: orientation selectivity {selectivity:.2f} (0 any, 1 a single one)"
    if math.isinf(modulation):
        return f"{told}; over phases the answers cancel, as those of a linear unit do."
    cell = "complex cell, which hardly minds the phase" if modulation < 1 else "simple cell, which minds the phase"
    return f"{told}; F1/F0 of {modulation:.2f} is that of a {cell}."
