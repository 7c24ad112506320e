"""DistanceStrip: how far a run is from a plane, step by step, beside how far it is from the plane's centre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_HEIGHT = 84
_LEFT, _TOP, _BOTTOM = 44, 20, 16
_MOST = 400


class DistanceStrip(QWidget):
    """Two lines over the steps."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: Sequence[tuple[int, float, float]] = ()
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    def show_places(self, places: Sequence[tuple[int, float, float]]) -> None:
        """Show (step, distance from the plane, distance from its centre) of each place, in order."""
        self._places = places[:: -(-len(places) // _MOST)] if places else ()
        if places:
            step, distance, travelled = places[-1]
            self.setAccessibleDescription(
                f"At step {step} {short(distance)} from the plane, {short(travelled)} from its centre"
            )
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(280, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines, their names, and the ends of the axes."""
        if len(self._places) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -4, -_BOTTOM)
        table = np.array(self._places, np.float64)
        first, last = table[0, 0], table[-1, 0]
        high = float(table[:, 1:].max()) or 1.0
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        x = area.left() + (table[:, 0] - first) / max(last - first, 1) * area.width()
        left = 0.0
        painter.setFont(text_font(11))
        for column, (token, word) in enumerate((("accent", "from the plane"), ("second_text", "from its centre")), 1):
            y = area.bottom() - table[:, column] / high * area.height()
            style = Qt.PenStyle.SolidLine if column == 1 else Qt.PenStyle.DashLine
            painter.setPen(QPen(theme().color(token), 1.6, style))
            painter.drawPolyline(QPolygonF([QPointF(*each) for each in zip(x.tolist(), y.tolist(), strict=True)]))
            painter.drawLine(QPointF(area.left() + left, 8), QPointF(area.left() + left + 16, 8))
            painter.setPen(theme().color("second_text"))
            painter.drawText(QPointF(area.left() + left + 20, 12), word)
            left += 20 + painter.fontMetrics().horizontalAdvance(word) + 12
        painter.setFont(number_font(11))
        align = Qt.AlignmentFlag
        painter.drawText(QRectF(0, area.top() - 7, _LEFT - 6, 14), align.AlignRight, short(high))
        painter.drawText(QRectF(0, area.bottom() - 8, _LEFT - 6, 14), align.AlignRight, "0")
        below = QRectF(area.left(), area.bottom() + 2, area.width(), 14)
        painter.drawText(below, align.AlignLeft, f"step {int(first):,}")
        painter.drawText(below, align.AlignRight, f"{int(last):,}")
