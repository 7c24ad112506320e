"""Histogram: how often each size of value occurs, over the same axis as the legend bar below it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.theme import theme, theme_switch

BINS = 41
"""Odd, so that the middle bin of a symmetric axis holds the values around zero."""
_HEIGHT = 48
_LARGEST_SAMPLE = 40_000
"""Of more values only every k-th is counted: the shape stays, and a frame stays cheap."""


class Histogram(QWidget):
    """Bars over the range of a scale; values beyond its ends are counted in the last bars."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: list[float] = []
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    def show_values(self, values: Array, low: float, high: float) -> None:
        """Count `values` between `low` and `high`; what is not finite is left out."""
        self._heights = bin_heights(values, low, high)
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._heights = []
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars on a hairline."""
        painter = QPainter(self)
        base = self.height() - 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(blend(theme().color("accent"), theme().color("surface"), 0.5))
        width = self.width() / BINS
        for index, height in enumerate(self._heights):
            if height > 0:
                tall = max(1.0, height * (base - 1))
                painter.drawRect(QRectF(index * width + 0.5, base - tall, max(1.0, width - 1), tall))
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(0, round(base), self.width(), round(base))


def bin_heights(values: Array, low: float, high: float) -> list[float]:
    """The fraction of `values` in each of BINS even bins, the tallest bin set to 1."""
    flat = values.reshape(-1)
    sample = flat[:: max(1, -(-flat.size // _LARGEST_SAMPLE))]
    sample = sample[np.isfinite(sample)]
    if not sample.size or not high > low:
        return []
    places = np.clip((sample - low) * (BINS / (high - low)), 0, BINS - 1).astype(np.int64)
    counts = np.bincount(places, minlength=BINS)
    return [float(each) for each in counts / counts.max()]
