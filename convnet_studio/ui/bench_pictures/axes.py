"""Axes: a frame with round numbers along both sides, and where places of the plane lie in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.axis_ticks import log_ticks, round_up
from convnet_studio.ui.theme import number_font, text_font, theme

_HUGE = 1e150
"""Numbers are drawn as if they ended here: beyond it their spans overflow."""
_LINE, _FOOT, _TICK_GAP = 16, 16, 6
_SPARE = 0.04
_FEWEST_TICKS = 3
_PLAIN_POWERS = 4
"""Powers of ten from this one on are written as powers."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """Numbers along one side, from `low` to `high`."""

    low: float
    high: float
    title: str = ""
    is_log: bool = False

    def parts(self, values: Array) -> Array:
        """Where values lie, 0 .. 1 from end to end; not a number where the logarithm has none."""
        with np.errstate(all="ignore"):
            if self.is_log:
                found = np.log(np.where(values > 0, values, np.nan) / self.low) / math.log(self.high / self.low)
            else:
                found = (np.clip(values, -_HUGE, _HUGE) - self.low) / (self.high - self.low)
        inside: Array = np.clip(found, -50.0, 50.0)  # Qt has no room for what lies far outside
        return inside

    def value(self, part: float) -> float:
        """The number at a part of the axis."""
        if self.is_log:
            return self.low * math.pow(self.high / self.low, part)
        return self.low + part * (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """Round numbers, about `most`."""
        if self.is_log:
            powers = log_ticks(self.low, self.high)
            return powers[:: -(-len(powers) // max(1, most))] or [self.low, self.high]
        found = list[float]()
        for count in range(max(1, most), max(1, most) + 4):  # a few more where only one or two would be round
            step = round_up((self.high - self.low) / count)
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            found = [float(f"{index * step:.10g}") for index in range(first, last + 1)]
            if len(found) >= _FEWEST_TICKS:
                break
        return found


def axis_for(values: Array, title: str, is_log: bool, is_tight: bool = False) -> Axis:
    """The axis that holds the finite `values` (of logarithms the positive ones).

    Args:
        values: any shape. `title`: of the axis.
        is_log: whether it goes by factors.
        is_tight: no room beside the ends; else a little, and down to 0 where that is near.
    """
    seen = values[np.isfinite(values) & ((values > 0) | (not is_log))]
    if not len(seen):
        return Axis(0.1, 1.0, title, True) if is_log else Axis(0.0, 1.0, title)
    low, high = (float(np.clip(each, -_HUGE, _HUGE)) for each in (seen.min(), seen.max()))
    if is_log:
        high = high if high > low * (1 + 1e-9) else 10 * low
        reach = 1.0 if is_tight else (high / low) ** _SPARE
        return Axis(low / reach, high * reach, title, True)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-30):
        half = abs(low) / 2 or 0.5
        return Axis(low - half, high + half, title)
    if is_tight:
        return Axis(low, high, title)
    spare = _SPARE * (high - low)
    return Axis(0.0 if 0 <= low < high / 4 else low - spare, high + spare, title)


@dataclass(frozen=True)
class Axes:
    """Two axes in a place of a widget."""

    place: QRectF
    x: Axis
    y: Axis

    @property
    def _y_words(self) -> list[str]:
        return [tick_text(each, self.y.is_log) for each in self.y.ticks(max(2, int(self.place.height() / 44)))]

    @cached_property
    def room(self) -> QRectF:
        """What lies within the frame."""
        metrics = QFontMetricsF(number_font(10))
        left = max((metrics.horizontalAdvance(each) for each in self._y_words), default=10.0) + _TICK_GAP
        top = _LINE if self.y.title else 6
        bottom = _FOOT + (_LINE if self.x.title else 0)
        room = self.place.adjusted(left, top, -8, -bottom)
        return QRectF(room.left(), room.top(), max(8.0, room.width()), max(8.0, room.height()))

    def points(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Where places are drawn; not-finite where they can't be."""
        room = self.room
        with np.errstate(all="ignore"):
            across = room.left() + self.x.parts(np.asarray(x, np.float64)) * room.width()
            up = room.bottom() - self.y.parts(np.asarray(y, np.float64)) * room.height()
        return across, up

    def point(self, x: float, y: float) -> QPointF:
        """Where one place is drawn."""
        across, up = self.points(np.array([x]), np.array([y]))
        return QPointF(float(across[0]), float(up[0]))

    def paint(self, painter: QPainter) -> None:
        """Lines of the ticks, frame, numbers and titles."""
        room, metrics = self.room, QFontMetricsF(number_font(10))
        painter.setFont(number_font(10))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in self.y.ticks(max(2, int(self.place.height() / 44))):
            y = self.point(self.x.low, tick).y()
            self._paint_line(painter, QPointF(room.left(), y), QPointF(room.right(), y), tick == 0)
            line = QRectF(self.place.left(), y - 7, room.left() - _TICK_GAP - self.place.left() + 2, 14)
            painter.drawText(line, right, tick_text(tick, self.y.is_log))
        end = -math.inf
        for tick in self.x.ticks(max(2, int(room.width() / 64))):
            x, words = self.point(tick, self.y.low).x(), tick_text(tick, self.x.is_log)
            self._paint_line(painter, QPointF(x, room.top()), QPointF(x, room.bottom()), tick == 0 and self.x.low < 0)
            wide = metrics.horizontalAdvance(words)
            left = min(max(self.place.left(), x - wide / 2), self.place.right() - wide)
            if left > end + 4:
                painter.drawText(QPointF(left, room.bottom() + 13), words)
                end = left + wide
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        above = QRectF(self.place.left(), self.place.top() - 2, self.place.width(), _LINE)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, _fitting(painter, self.y.title, above.width()))
        below = QRectF(self.place.left(), room.bottom() + _FOOT, self.place.width() - 8, _LINE)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, _fitting(painter, self.x.title, below.width()))

    def _paint_line(self, painter: QPainter, start: QPointF, end: QPointF, is_zero: bool) -> None:
        painter.setPen(QPen(theme().color("strong_line" if is_zero else "line"), 1))
        painter.drawLine(start, end)
        painter.setPen(theme().color("second_text"))


def tick_text(value: float, is_log: bool = False) -> str:
    """A round number, short; large and small powers of ten of a logarithmic axis as such."""
    power = math.log10(value) if is_log and value > 0 else 0.0
    if abs(power) >= _PLAIN_POWERS and abs(power - round(power)) < 1e-9:
        return f"10{str(round(power)).translate(_RAISED)}"
    return f"{value:.6g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def _fitting(painter: QPainter, text: str, width: float) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(width))
