"""ExactSum: how the sum of an explanation grows, and the lines that lead from it to the stored number, exactly."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.arithmetic_text import FLOAT32_ROUNDING, decimals_for, summed
from convnet_studio.engine.analysis.explanation import Explanation, Step, What
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.map_images import colored, scale_of
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

LINE = 20
LINES = 4
MOST_BARS = 160
_MORE_DECIMALS = 4
"""Than seven digits have: so many that the rounding is seen."""
_WIDE = 560
_LINES_WIDTH = 400.0
_WIDEST_BAR = 24.0


class ExactSum(QWidget):
    """Bars, each from the sum before to the sum after some terms; sum, rounding and number below or beside them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explanation: Explanation | None = None
        self._lines: list[tuple[str, str, str, bool]] = []
        self.setAccessibleName("Sum of all terms")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(LINES * LINE + 8)
        theme_switch().changed.connect(self.update)

    def show_explanation(self, explanation: Explanation | None) -> None:
        """Show the sum of another one."""
        self._explanation = explanation
        self._lines = _lines(explanation) if explanation is not None else []
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """What its lines say."""
        return ". ".join(f"{words}: {value}" for words, value, _, _ in self._lines)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(_WIDE, LINES * LINE + 8)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(200, LINES * LINE + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars at the left where there is room, the lines at the right."""
        if self._explanation is None:
            return
        painter = QPainter(self)
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(0, 0, self.width(), 0)
        room = QRectF(self.rect()).adjusted(0, 8, 0, 0)
        is_wide = self.width() >= _WIDE
        lines = QRectF(room)
        if is_wide:
            lines.setLeft(room.right() - _LINES_WIDTH)
            bars = QRectF(room)
            bars.setRight(lines.left() - 24)
            self._paint_bars(painter, bars)
        self._paint_lines(painter, lines)

    def _paint_bars(self, painter: QPainter, room: QRectF) -> None:
        assert self._explanation is not None
        steps = increments(self._explanation.last)
        if not np.isfinite(steps).all():
            return
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, "The sum as it grows")
        ends = np.cumsum(steps)
        low, high = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
        area = room.adjusted(0, 18, 0, -4)
        down = area.height() / ((high - low) or 1.0)
        painter.setPen(QPen(theme().color("strong_line"), 1))
        zero = area.bottom() + low * down
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        width, before = min(_WIDEST_BAR, area.width() / len(steps)), 0.0
        colors = [self._color(-0.75), self._color(0.75)]
        for place, end in enumerate(ends.tolist()):
            top, bottom = (area.bottom() - (each - low) * down for each in (max(before, end), min(before, end)))
            bar = QRectF(area.left() + place * width, top, max(1.0, width - 1), max(1.0, bottom - top))
            painter.fillRect(bar, colors[end >= before])
            before = end

    def _color(self, value: float) -> QColor:
        assert self._explanation is not None
        is_gradient = self._explanation.place.what in (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT)
        scale = scale_of(np.array([1.0]), "gradient" if is_gradient else "activation")
        return QColor.fromRgb(int(colored(np.array([value]), scale)[0]))

    def _paint_lines(self, painter: QPainter, room: QRectF) -> None:
        top = room.top()
        for words, value, token, is_bold in self._lines:
            weight = QFont.Weight.DemiBold if is_bold else QFont.Weight.Normal
            line = QRectF(room.left(), top, room.width(), LINE)
            painter.setPen(theme().color(token))
            painter.setFont(number_font(12, weight))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
            rest = line.width() - QFontMetricsF(painter.font()).horizontalAdvance(value) - 8
            painter.setFont(text_font(12, weight))
            shown = QFontMetricsF(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, rest)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
            top += LINE


def increments(step: Step) -> Array:
    """By how much each bar grows: a term each, or as many terms each as make `MOST_BARS` bars at most."""
    terms = np.concatenate([group.counting() for group in step.groups])
    together = -(-len(terms) // MOST_BARS)
    grown: Array = np.add.reduceat(terms, np.arange(0, len(terms), max(1, together)))
    return grown


def _lines(explanation: Explanation) -> list[tuple[str, str, str, bool]]:
    """Words, number, colour, and whether it is bold."""
    decimals = decimals_for(explanation) + _MORE_DECIMALS
    count = sum(len(group.counting()) for group in explanation.last.groups)
    missing = ("not a number", "not a number", str(explanation.stored))
    total, rounding, stored = summed(explanation, decimals) or missing
    lines = [
        (f"Sum of {count:,} term{'s' if count != 1 else ''}", total, "text", False),
        (FLOAT32_ROUNDING, rounding, "second_text", False),
        ("= stored value, exactly", stored, "accent", True),
    ]
    if math.isfinite(explanation.measured):
        lines.append(("Measured by finite differences", f"{explanation.measured:.{decimals}f}", "good", False))
    return lines
