"""BarsWidget: numbers side by side as bars, with their names and, where given, words of their own."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import Bars, BenchPicture
from convnet_studio.ui.bench_pictures.axes import Axis, tick_text
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.theme import number_font, text_font, theme

_ROW, _LOW_ROW, _MANY = 26, 18, 12
_FOOT = 32
_NAMES = 0.35
"""Of the width, which names take at most."""
_BELOW = 10.0
"""On a logarithmic scale bars begin at so many times less than the smallest number."""


class BarsWidget(PictureWidget):
    """A row for each number: name, bar, number; below them the axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = Bars("", {})
        self._texts: tuple[str, ...] = ()
        self._pointed = -1

    def take(self, picture: BenchPicture) -> None:
        """Note the numbers."""
        assert isinstance(picture, Bars)
        self._bars = picture
        self._texts = picture.texts or tuple(short(each) for each in picture.values.values())
        self._point_at(self._pointed if self._pointed < len(picture.values) else -1)

    def in_words(self) -> str:
        """Every number with its name."""
        return ", ".join(f"{name} {text}" for name, text in zip(self._bars.values, self._texts, strict=True))

    @property
    def _row(self) -> int:
        return _ROW if len(self._bars.values) <= _MANY else _LOW_ROW

    def height_in(self, width: int) -> int:
        """Of all rows and the axis."""
        return HEAD + self._row * len(self._bars.values) + _FOOT

    @property
    def axis(self) -> Axis:
        """The numbers from end to end of the longest bar, always with 0 unless it goes by factors."""
        values = np.array(list(self._bars.values.values()), np.float64)
        seen = values[np.isfinite(values)]
        if self._bars.is_log:
            seen = seen[seen > 0]
            low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.1, 1.0)
            low = 10.0 ** math.floor(math.log10(low / _BELOW) + 1e-9)
            return Axis(low, max(high, 10 * low), self._bars.unit, True)
        low, high = min(0.0, float(seen.min(initial=0.0))), max(0.0, float(seen.max(initial=0.0)))
        return Axis(low, high if high > low else low + 1.0, self._bars.unit)

    @property
    def track(self) -> QRectF:
        """Where the bars lie."""
        names = max((QFontMetricsF(text_font(12)).horizontalAdvance(each) for each in self._bars.values), default=0.0)
        font = number_font(12, QFont.Weight.DemiBold)
        texts = max((QFontMetricsF(font).horizontalAdvance(each) for each in self._texts), default=0.0)
        left = min(names, _NAMES * self.width()) + 10
        return QRectF(left, self.room.top(), max(16.0, self.width() - left - texts - 12), self.room.height())

    def paint_body(self, painter: QPainter) -> None:
        """Axis, bars, words."""
        axis, track = self.axis, self.track
        bottom = self.room.top() + self._row * len(self._bars.values)
        self._paint_axis(painter, axis, track, bottom)
        zero = track.left() + track.width() * (0.0 if axis.is_log else float(axis.parts(np.array([0.0]))[0]))
        for index, (name, value) in enumerate(self._bars.values.items()):
            box = QRectF(0, self.room.top() + index * self._row, self.width(), self._row)
            if index == self._pointed:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color("raised"))
                painter.drawRoundedRect(box, 4, 4)
            part = float(axis.parts(np.array([value]))[0])
            if math.isfinite(part):
                end = track.left() + min(max(part, 0.0), 1.0) * track.width()
                tall = min(14.0, self._row - 6)
                bar = QRectF(min(zero, end), box.center().y() - tall / 2, abs(end - zero), tall)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color("accent" if value >= 0 else "test"))
                radius = min(2.0, bar.width() / 2)
                painter.drawRoundedRect(bar, radius, radius)
            self._paint_words(painter, box, track, name, self._texts[index])
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawLine(QPointF(zero, self.room.top()), QPointF(zero, bottom + 3))

    def _paint_words(self, painter: QPainter, box: QRectF, track: QRectF, name: str, text: str) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(text_font(12))
        painter.setPen(theme().color("text"))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(track.left()) - 6)
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setFont(number_font(12, QFont.Weight.DemiBold))
        painter.drawText(box.adjusted(0, 0, -4, 0), middle | Qt.AlignmentFlag.AlignRight, text)

    def _paint_axis(self, painter: QPainter, axis: Axis, track: QRectF, bottom: float) -> None:
        painter.setFont(number_font(10))
        metrics, end = QFontMetricsF(number_font(10)), -math.inf
        for tick in axis.ticks(max(2, int(track.width() / 72))):
            x = track.left() + float(axis.parts(np.array([tick]))[0]) * track.width()
            painter.setPen(QPen(theme().color("line"), 1))
            painter.drawLine(QPointF(x, track.top()), QPointF(x, bottom + 3))
            words = tick_text(tick, axis.is_log)
            left = x - metrics.horizontalAdvance(words) / 2
            if left > end + 4:
                painter.setPen(theme().color("second_text"))
                painter.drawText(QPointF(left, bottom + 14), words)
                end = left + metrics.horizontalAdvance(words)
        told = ", ".join(each for each in (axis.title, "logarithmic scale" if axis.is_log else "") if each)
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        line = QRectF(track.left(), bottom + 16, self.width() - track.left() - 4, 15)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, told)

    def _point_at(self, index: int) -> None:
        self._pointed = index
        if index < 0:
            self.read("")
        else:
            name, value = list(self._bars.values.items())[index]
            self.read(f"{name}: {value:,.9g} {self._bars.unit}".strip())

    def read(self, words: str) -> None:
        """Where nothing is read, no row is marked either."""
        if not words:
            self._pointed = -1
        super().read(words)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the row under the pointer."""
        row = math.floor((event.position().y() - self.room.top()) / self._row)
        self._point_at(row if 0 <= row < len(self._bars.values) else -1)
