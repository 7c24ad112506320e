"""ClassBarsBody: one bar for each class, the largest in the colour of success."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, elided, hatch
from convnet_studio.ui.canvas.card import Card, Reading
from convnet_studio.ui.canvas.card_layout import small_number_font
from convnet_studio.ui.theme import theme

MOST_CLASSES = 10
ROW_HEIGHT = 14.0
BAR_HEIGHT = 8.0
BAR_WIDTH = 64.0
GAP = 6.0
SMALLEST_NAME = 12.0
LARGEST_NAME = 56.0


def probabilities(values: Array, reading: Reading) -> Array:
    """What the bars stand for; numbers that are not finite stay so."""
    numbers = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        if reading is Reading.SCORES:
            powers = np.exp(numbers - numbers.max(initial=-np.inf))
            return np.asarray(powers / powers.sum())
        if reading is Reading.LOGARITHMS and (numbers < 0).any():
            return np.asarray(np.exp(numbers))
    return numbers


class ClassBarsBody(Body):
    """Class names, bars and numbers; of many classes the ten most probable."""

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        assert card.shape is not None
        self._classes = card.shape[0]
        self._rows = min(self._classes, MOST_CLASSES)
        metrics = QFontMetricsF(small_number_font())
        widest = max((metrics.horizontalAdvance(self.class_name(i)) for i in range(self._classes)), default=0.0)
        self._name_width = min(max(widest, SMALLEST_NAME), LARGEST_NAME)
        self._number_width = metrics.horizontalAdvance("0.00" if card.reading is not Reading.VALUES else "−0.00")
        width = self._name_width + GAP + BAR_WIDTH + GAP + self._number_width
        self.size = QSizeF(round(width), self._rows * ROW_HEIGHT)
        self._values: Array | None = None
        self._order = range(self._rows)

    def clear(self) -> None:
        """Forget the numbers."""
        self._values = None

    def show(self, snapshot: Snapshot) -> bool:
        """Work out the bars."""
        output = self.own_output(snapshot)
        if output is None:
            return False
        self._values = probabilities(output, self.card.reading)
        if self._classes > self._rows:
            ranks = np.nan_to_num(self._values, nan=-np.inf)
            self._order = np.argsort(-ranks, kind="stable")[: self._rows].tolist()
        return True

    def paint(self, painter: QPainter) -> None:
        """One row for each class."""
        painter.setFont(small_number_font())
        values = self._values
        finite = values is not None and bool(np.isfinite(values).all())
        winner = int(np.argmax(values)) if values is not None and finite else -1
        largest = 1.0
        if values is not None and finite and self.card.reading is Reading.VALUES:
            largest = float(np.abs(values).max()) or 1.0
        for row, index in enumerate(self._order):
            top = row * ROW_HEIGHT
            self._paint_name(painter, top, index, index == winner)
            if values is None or not finite:
                left = self._name_width + GAP
                hatch(painter, QRectF(left, top + 3, BAR_WIDTH, BAR_HEIGHT))
            else:
                self._paint_bar(painter, top, float(values[index]), largest, index == winner)

    def tip_at(self, at: QPointF) -> str:
        """The class in full and its number with more digits."""
        row = int(at.y() // ROW_HEIGHT)
        if not 0 <= row < self._rows or self._values is None or not 0 <= at.x() <= self.size.width():
            return ""
        index = self._order[row]
        what = "output" if self.card.reading is Reading.VALUES else "probability"
        return f"{self.class_name(index)}: {what} {float(self._values[index]):.4f}"

    def _paint_name(self, painter: QPainter, top: float, index: int, wins: bool) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(theme().color("text" if wins else "second_text"))
        room = QRectF(0, top, self._name_width + 1, ROW_HEIGHT)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, align, elided(metrics, self.class_name(index), self._name_width))

    def _paint_bar(self, painter: QPainter, top: float, value: float, largest: float, wins: bool) -> None:
        left = self._name_width + GAP
        length = max(1.5, BAR_WIDTH * min(1.0, abs(value) / largest))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("good" if wins else "strong_line"))
        painter.drawRoundedRect(QRectF(left, top + (ROW_HEIGHT - BAR_HEIGHT) / 2, length, BAR_HEIGHT), 1.5, 1.5)
        painter.setPen(theme().color("text" if wins else "second_text"))
        room = QRectF(left + BAR_WIDTH + GAP - 12, top, self._number_width + 12, ROW_HEIGHT)
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, align, f"{value:.2f}".replace("-", "−"))
