"""LegendBar: a colour map with the numbers that its ends stand for, and its zero."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.map_images import Scale
from convnet_studio.ui.theme import color_table, number_font, theme, theme_switch

BAR_HEIGHT = 8
_HEIGHT = 28
_APART = 6
"""Pixels between its words."""


class LegendBar(QWidget):
    """A strip of colours over its two ends, exact where there is room, with zero marked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: Scale | None = None
        self._ends = ("", "")
        self._brief = ("", "")
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    @property
    def ends(self) -> tuple[str, str]:
        """The words at the low and the high end."""
        return self._ends

    @property
    def shown_ends(self) -> tuple[str, str]:
        """What is written: shorter numbers where exact ones would touch."""
        return self._ends if self._fits(self._ends) else self._brief

    def show_scale(self, scale: Scale | None, ends: tuple[str, str] | None = None) -> None:
        """Show `scale` (None: nothing); `ends` replace its numbers where they differ from map to map."""
        shown = ends or ((_end(scale.low), _end(scale.high)) if scale else ("", ""))
        if scale != self._scale or shown != self._ends:
            self._scale, self._ends = scale, shown
            self._brief = ends or ((short(scale.low), short(scale.high)) if scale else ("", ""))
            self.setAccessibleDescription(f"from {shown[0]} to {shown[1]}" if scale else "")
            self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The strip, its ends and zero."""
        if self._scale is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 0, self.width(), BAR_HEIGHT)
        path = QPainterPath()
        path.addRoundedRect(bar, 3, 3)
        painter.setClipPath(path)
        painter.drawImage(bar, _strip(theme().name, self._scale.map_name))
        painter.setClipping(False)
        painter.setFont(number_font(11))
        painter.setPen(theme().color("second_text"))
        words = QRectF(0, BAR_HEIGHT + 3, self.width(), _HEIGHT - BAR_HEIGHT - 3)
        top = Qt.AlignmentFlag.AlignTop
        low, high = self.shown_ends
        painter.drawText(words, top | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(words, top | Qt.AlignmentFlag.AlignRight, high)
        if self._scale.low < 0:
            if self._fits((low, high)):
                painter.drawText(words, top | Qt.AlignmentFlag.AlignHCenter, "0")
            painter.setPen(QPen(theme().color("second_text"), 1))
            middle = round(self.width() / 2) + 0.5
            painter.drawLine(QPointF(middle, BAR_HEIGHT - 2), QPointF(middle, BAR_HEIGHT + 2))

    def _fits(self, ends: tuple[str, str]) -> bool:
        """Whether the words do not touch each other, nor the zero in the middle."""
        metrics = QFontMetrics(number_font(11))
        low, high = (metrics.horizontalAdvance(each) for each in ends)
        if self._scale is not None and self._scale.low < 0:
            return max(low, high) + _APART <= (self.width() - metrics.horizontalAdvance("0")) / 2
        return low + high + _APART <= self.width()


def _end(value: float) -> str:
    return exact(value) if value else "0"


def _strip(theme_name: str, map_name: str) -> QImage:
    table = np.ascontiguousarray(color_table(theme_name, map_name))
    return QImage(table.data, len(table), 1, 4 * len(table), QImage.Format.Format_RGB32).copy()
