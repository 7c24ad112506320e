"""ClassBarsBody: one bar for each class, the largest in the colour of right or wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFontMetricsF, QPainter

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, elided, hatch
from convnet_studio.ui.canvas.card import Card, Reading
from convnet_studio.ui.canvas.card_layout import CLASSES_WIDTH, small_font, small_number_font
from convnet_studio.ui.theme import theme

MOST_CLASSES = 10
ROW_HEIGHT = 14.0
BAR_HEIGHT = 8.0
WIDTH = CLASSES_WIDTH
GAP = 6.0
SMALLEST_NAME = 12.0
LARGEST_NAME = 56.0


def probabilities(values: Array, reading: Reading) -> Array:
    """What the bars stand for; numbers that are not finite stay so."""
    numbers = values.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        if reading is Reading.LOGARITHMS and (numbers < 0).any():
            return np.asarray(np.exp(numbers))
    return numbers


class ClassBarsBody(Body):
    """Class names, bars and numbers; of many classes the ten most probable."""

    has_words = True

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        self._classes = card.body_shape[0]
        self._rows = min(self._classes, MOST_CLASSES)
        self._font = small_number_font()
        metrics = QFontMetricsF(self._font)
        names = [self.class_name(index) for index in range(self._classes)]
        self._name_font = self._font if all(len(name) < 3 for name in names) else small_font()
        name_metrics = QFontMetricsF(self._name_font)
        widest = max((name_metrics.horizontalAdvance(name) for name in names), default=0.0)
        self._name_width = min(max(widest, SMALLEST_NAME), LARGEST_NAME)
        self._names = [elided(name_metrics, name, self._name_width) for name in names]
        self._digit_width = metrics.horizontalAdvance("0")
        self._baseline = (ROW_HEIGHT + metrics.ascent() - metrics.descent()) / 2
        number_width = self._digit_width * (4 if card.reading is not Reading.VALUES else 6)
        self._bar_left = self._name_width + GAP
        self._bar_width = WIDTH - self._bar_left - GAP - number_width
        self.size = QSizeF(WIDTH, self._rows * ROW_HEIGHT)
        self._values: Array | None = None
        self._label = -1
        self._order: Sequence[int] = range(self._rows)

    def clear(self) -> None:
        """Forget the numbers."""
        self._values = None

    def show(self, snapshot: Snapshot) -> bool:
        """Work out the bars."""
        output = self.own_output(snapshot)
        if output is None:
            return False
        self._values = probabilities(output, self.card.reading)
        self._label = snapshot.label
        if self._classes > self._rows:
            ranks = np.nan_to_num(self._values, nan=-np.inf)
            self._order = np.argsort(-ranks, kind="stable")[: self._rows].tolist()
        return True

    def paint(self, painter: QPainter) -> None:
        """One row for each class."""
        now = theme()
        quiet, strong, groove = now.color("second_text"), now.color("text"), now.color("raised")
        values = self._values if self._values is not None and np.isfinite(self._values).all() else None
        winner = int(np.argmax(values)) if values is not None else -1
        largest = float(np.abs(values).max(initial=0)) if values is not None else 0.0
        full = largest if self.card.reading is Reading.VALUES and largest > 0 else 1.0
        has_negative = values is not None and bool((values < 0).any())
        for row, index in enumerate(self._order):
            top = row * ROW_HEIGHT
            painter.setPen(strong if index == winner else quiet)
            painter.setFont(self._name_font)
            painter.drawText(QPointF(0, top + self._baseline), self._names[index])
            bar = QRectF(self._bar_left, top + (ROW_HEIGHT - BAR_HEIGHT) / 2, self._bar_width, BAR_HEIGHT)
            if values is None:
                hatch(painter, bar)
                continue
            value = float(values[index])
            painter.fillRect(bar, groove)
            self._cut(bar, value / full, has_negative)
            painter.fillRect(bar, now.color(self._winner_token(index) if index == winner else "strong_line"))
            number = (f"{value:.2f}" if abs(value) < 99.995 else f"{value:.0f}").replace("-", "−")
            painter.setFont(self._font)
            left = self.size.width() - len(number) * self._digit_width
            painter.drawText(QPointF(left, top + self._baseline), number)

    @staticmethod
    def _cut(bar: QRectF, share: float, has_negative: bool) -> None:
        """Let a bar reach from 0 to its share of the whole: from the middle, where some numbers are negative."""
        whole = bar.width() / 2 if has_negative else bar.width()
        zero = bar.left() + (whole if has_negative else 0.0)
        length = max(1.5, whole * min(1.0, abs(share)))
        bar.setLeft(zero - length if share < 0 else zero)
        bar.setWidth(length)

    def _winner_token(self, winner: int) -> str:
        """The loss card tells right from wrong by words and sign, so that colour is not alone in it."""
        if self._label < 0:
            return "accent"
        return "good" if winner == self._label else "bad"

    def index_at(self, at: QPointF) -> tuple[int, ...] | None:
        """The class whose row it is."""
        row = int(at.y() // ROW_HEIGHT)
        if not 0 <= row < self._rows or self._values is None or not 0 <= at.x() <= self.size.width():
            return None
        return (self._order[row], *(0,) * (len(self.card.shape or ()) - 1))

    def boxes_of(self, mask: NDArray[np.bool_]) -> list[QRectF]:
        """The bars of the marked classes, those below each other in one box."""
        if mask.shape != self.card.shape:
            return []
        marked = mask.reshape(-1)
        boxes: list[QRectF] = []
        for row, index in enumerate(self._order):
            if not marked[index]:
                continue
            box = QRectF(self._bar_left, row * ROW_HEIGHT, self._bar_width, ROW_HEIGHT)
            if boxes and boxes[-1].bottom() == box.top():
                boxes[-1] = boxes[-1].united(box)
            else:
                boxes.append(box)
        return boxes

    def tip_at(self, at: QPointF) -> str:
        """The class in full and its number with more digits."""
        place = self.index_at(at)
        if place is None or self._values is None:
            return ""
        index = place[0]
        what = "output" if self.card.reading is Reading.VALUES else "probability"
        return f"{self.class_name(index)}: {what} {float(self._values[index]):.4f}"
