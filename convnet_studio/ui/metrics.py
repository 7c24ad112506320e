"""Metrics: the four numbers of the top bar, kept up to date from events."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convnet_studio.engine.training.events import (
    EpochDone,
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
RATE_WINDOW_SECONDS = 1.0


class Metrics(QWidget):
    """Epoch, samples per second, training loss and test error; each of a fixed width, so that nothing moves."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: deque[tuple[float, int]] = deque()
        """When samples were told of, and how many they were."""
        self._epoch = _Metric("epoch", 5, "text")
        self._rate = _Metric("samples/s", 7, "text")
        self._loss = _Metric("train loss", 6, "train")
        self._error = _Metric("test error", 6, "test")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for metric in (self._epoch, self._rate, self._loss, self._error):
            row.addWidget(metric)

    def show_events(self, events: Sequence[Event]) -> None:
        """Follow what training reports."""
        for event in events:
            if isinstance(event, RunStarted):
                self._clear()
            elif isinstance(event, Stepped):
                self._take_step(event)
            elif isinstance(event, NetworkChanged | Rewound):
                self._error.show_value(NOT_YET)  # what was measured was another network; the test comes at once
                if isinstance(event, Rewound):
                    self._show_epoch(event.epoch)
                    self._loss.show_value(NOT_YET)
            elif isinstance(event, StateChanged) and event.playing:
                self._recent.clear()
            elif isinstance(event, Tested):
                self._error.show_value(f"{100 * event.error:.1f} %" if math.isfinite(event.error) else "—")
            elif isinstance(event, EpochDone):
                self._loss.show_value(f"{event.loss:.3f}")

    def _clear(self) -> None:
        self._recent.clear()
        self._show_epoch(0.0)
        for metric in (self._rate, self._loss, self._error):
            metric.show_value(NOT_YET)

    def _take_step(self, event: Stepped) -> None:
        now = time.monotonic()
        self._recent.append((now, event.samples))
        while len(self._recent) > 2 and now - self._recent[1][0] > RATE_WINDOW_SECONDS:
            self._recent.popleft()
        seconds = now - self._recent[0][0]
        if seconds > 0:
            self._rate.show_value(f"{sum(each for _, each in list(self._recent)[1:]) / seconds:,.0f}")
        self._show_epoch(event.epoch)
        self._loss.show_value(f"{event.loss:.3f}" if event.loss < 100 else f"{event.loss:.3g}")

    def _show_epoch(self, epoch: float) -> None:
        """So exact that a single step is seen, as far as the width allows."""
        decimals = 3 if epoch < 10 else 2 if epoch < 100 else 1
        self._epoch.show_value(f"{epoch:.{decimals}f}")


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

    def show_value(self, text: str) -> None:
        """Replace the number."""
        if text != self._value.text():
            self._value.setText(text)
            self.setAccessibleDescription(text)

    def _recolor(self) -> None:
        self._word.setStyleSheet(f"color: {theme().colors['second_text']};")
        self._value.setStyleSheet(f"color: {theme().colors[self._token]};")
