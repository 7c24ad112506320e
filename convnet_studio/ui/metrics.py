"""Metrics: the numbers of the top bar, kept up to date from events."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convnet_studio.engine.training.events import (
    Event,
    NetworkChanged,
    Rewound,
    RunStarted,
    StateChanged,
    Stepped,
    Tested,
)
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

NOT_YET = "–"
NO_CLASSES = "—"
"""Where no loss judges classes."""
RATE_WINDOW_SECONDS = 1.0
GAP, NARROW_GAP = 14, 9


class Metrics(QWidget):
    """Epoch, step, samples per second, training loss and test error; each of a fixed width, so that nothing moves.

    Samples per second are those that pass while somebody watches: waiting and measuring count as time.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._recent: deque[tuple[float, int]] = deque()
        """(when news came, samples that it told of)"""
        self._epoch = _Metric("epoch", 5, "text")
        self._step = _Metric("step", 7, "text")
        self._rate = _Metric("samples/s", 7, "text")
        self._loss = _Metric("train loss", 6, "train")
        self._error = _Metric("test error", 7, "test")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        self._row = row
        for metric in (self._epoch, self._step, self._rate, self._loss, self._error):
            row.addWidget(metric)

    def show_events(self, events: Sequence[Event]) -> None:
        """Follow what training reports but the loss; numbers of a network that is no longer there are taken back."""
        samples = 0
        for event in events:
            if isinstance(event, RunStarted | NetworkChanged | Rewound):
                for metric in (self._rate, self._error):
                    metric.show_value(NOT_YET)
            if isinstance(event, RunStarted):
                self._show_place(0.0, 0)
            elif isinstance(event, Rewound):
                self._show_place(event.epoch, event.step)
            elif isinstance(event, Stepped):
                samples += event.samples
                self._show_place(event.epoch, event.step)
            elif isinstance(event, Tested):
                self._show_place(event.epoch, event.step)
                self._error.show_value(f"{100 * event.error:.1f} %" if math.isfinite(event.error) else NO_CLASSES)
            elif isinstance(event, StateChanged) and event.playing:
                self._recent.clear()
        if samples:
            self._show_rate(samples)

    def set_gap(self, pixels: int) -> None:
        """Stand so far apart."""
        self._row.setSpacing(pixels)

    def show_loss(self, loss: float) -> None:
        """Show the training loss that the learning curves have come to."""
        text = f"{loss:.3f}" if abs(loss) < 100 else f"{loss:.3g}"
        self._loss.show_value(text if math.isfinite(loss) else NOT_YET)

    def texts(self) -> dict[str, str]:
        """All numbers as shown, by their words."""
        return {each.accessibleName(): each.text for each in self.findChildren(_Metric)}

    def _show_place(self, epoch: float, step: int) -> None:
        self._epoch.show_value(f"{epoch:.2f}")
        self._step.show_value(f"{step:,}")

    def _show_rate(self, samples: int) -> None:
        now = self._clock()
        self._recent.append((now, samples))
        while len(self._recent) > 2 and now - self._recent[1][0] >= RATE_WINDOW_SECONDS:
            self._recent.popleft()
        seconds = now - self._recent[0][0]
        if seconds > 0:
            since = sum(each for _, each in self._recent) - self._recent[0][1]
            self._rate.show_value(f"{since / seconds:,.0f}")


class _Metric(QWidget):
    """A small word above a number of fixed width."""

    def __init__(self, word: str, digits: int, token: str) -> None:
        super().__init__()
        self._token = token
        self._word = QLabel(word)
        self._word.setFont(text_font(11))
        self._value = QLabel(NOT_YET)
        self._value.setFont(number_font(15))
        self._value.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._value.setFixedWidth(self._value.fontMetrics().horizontalAdvance("0" * digits) + 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._word)
        column.addWidget(self._value)
        self.setAccessibleName(word)
        self._recolor()
        theme_switch().changed.connect(self._recolor)

    @property
    def text(self) -> str:
        """The number as shown."""
        return self._value.text()

    def show_value(self, text: str) -> None:
        """Replace the number."""
        if text != self._value.text():
            self._value.setText(text)
            self.setAccessibleDescription(text)

    def _recolor(self) -> None:
        self._word.setStyleSheet(f"color: {theme().colors['second_text']};")
        self._value.setStyleSheet(f"color: {theme().colors[self._token]};")
