"""TransferPlot: a non-linearity as a curve with its slope, between the numbers before and after it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.pointwise import Study, Transfer
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import blend, paint_focus_ring
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_BARS = 60.0
_LEFT, _TOP, _FOOT = 44.0, 8.0, 18.0


class TransferPlot(QWidget):
    """One Transfer of a Study: curve, slope (dashed), a dot for each of some numbers as they are now."""

    pointed = Signal(int)
    """Index on the curve, -1 for none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._transfer: Transfer | None = None
        self._pointed = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_transfer(self, study: Study, transfer: Transfer) -> None:
        """Show what one non-linearity makes of the numbers."""
        self._study, self._transfer = study, transfer
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(480, 320)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(180, 180)

    @property
    def room(self) -> QRectF:
        """Where the curve lies."""
        return QRectF(
            _LEFT,
            _TOP,
            max(40.0, self.width() - _LEFT - _BARS - 12),
            max(40.0, self.height() - _TOP - _BARS - _FOOT - 8),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, histograms, curves, dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._study is not None and self._transfer is not None:
            self._paint_axes(painter)
            self._paint_bars(painter, self._study, self._transfer)
            self._paint_curves(painter, self._study, self._transfer)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _range(self) -> tuple[float, float]:
        assert self._transfer
        drawn = np.concatenate([self._transfer.curve, self._transfer.slope, [0.0, self._transfer.high]])
        drawn = drawn[np.isfinite(drawn)]
        low, high = float(drawn.min()), float(drawn.max())
        spare = 0.04 * ((high - low) or 1.0)
        return low - spare, high + spare

    def _at(self, x: float, y: float) -> QPointF:
        assert self._study
        room, (low, high), end = self.room, self._range(), float(self._study.x[-1])
        y = min(max(y, low), high)
        return QPointF(
            room.left() + (x + end) / (2 * end) * room.width(), room.bottom() - (y - low) / (high - low) * room.height()
        )

    def _paint_axes(self, painter: QPainter) -> None:
        assert self._study
        room, (low, high), end = self.room, self._range(), float(self._study.x[-1])
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawRect(room)
        painter.setPen(QPen(theme().color("strong_line"), 1))
        painter.drawLine(self._at(-end, 0), self._at(end, 0))
        painter.drawLine(QPointF(self._at(0, 0).x(), room.top()), QPointF(self._at(0, 0).x(), room.bottom()))
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (low, 0.0, high):
            if value == 0 or abs(self._at(0, value).y() - self._at(0, 0).y()) > 14:
                at = min(max(self._at(0, value).y(), room.top() + 6), room.bottom() - 6)
                painter.drawText(QRectF(0, at - 7, _LEFT - 6, 14), right, short(value))
        foot = QRectF(room.left(), room.bottom() + _BARS + 6, room.width(), 14)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, short(-end))
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, "0")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, short(end))

    def _paint_bars(self, painter: QPainter, study: Study, transfer: Transfer) -> None:
        """Before below, growing downwards; after at the right, growing to the right. Heights are square roots."""
        room = self.room
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(blend(theme().color("second_text"), theme().color("surface"), 0.45))
        width = room.width() / len(study.counts)
        for index, height in enumerate(_heights(study.counts)):
            painter.drawRect(QRectF(room.left() + index * width, room.bottom() + 2, width - 0.5, height * _BARS))
        painter.setBrush(blend(theme().color("accent"), theme().color("surface"), 0.6))
        edges = np.linspace(transfer.low, transfer.high, len(transfer.counts) + 1)
        for index, length in enumerate(_heights(transfer.counts)):
            bottom, top = self._at(0, float(edges[index])).y(), self._at(0, float(edges[index + 1])).y()
            painter.drawRect(QRectF(room.right() + 2, top, length * _BARS, max(1.0, bottom - top - 0.5)))
        painter.setFont(text_font(10))
        painter.setPen(theme().color("second_text"))
        painter.drawText(QPointF(room.left() + 4, room.bottom() + _BARS), "before")
        painter.drawText(QPointF(room.right() + 8, room.bottom() + 14), "after")

    def _paint_curves(self, painter: QPainter, study: Study, transfer: Transfer) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("test"), 1.5, Qt.PenStyle.DashLine))
        painter.drawPolyline(self._line(study.x, transfer.slope))
        painter.setPen(QPen(theme().color("accent"), 2.5))
        painter.drawPolyline(self._line(study.x, transfer.curve))
        places = np.interp(study.points, study.x, transfer.curve)
        painter.setPen(QPen(theme().color("surface"), 1))
        painter.setBrush(theme().color("text"))
        for x, y in zip(study.points.tolist(), places.tolist(), strict=True):
            painter.drawEllipse(self._at(x, y), 3.5, 3.5)
        if 0 <= self._pointed < len(study.x):
            x = float(study.x[self._pointed])
            for y, token in ((transfer.slope[self._pointed], "test"), (transfer.curve[self._pointed], "accent")):
                painter.setBrush(theme().color(token))
                painter.drawEllipse(self._at(x, float(y)), 5, 5)

    def _line(self, x: Array, y: Array) -> QPolygonF:
        return QPolygonF([self._at(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if np.isfinite(b)])

    # ---------------------------------------------------------------- pointing

    def _point_at(self, index: int) -> None:
        if index != self._pointed:
            self._pointed = index
            self.pointed.emit(index)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the nearest point."""
        if self._study is not None:
            share = (event.position().x() - self.room.left()) / self.room.width()
            last = len(self._study.x) - 1
            self._point_at(round(share * last) if 0 <= share <= 1 else -1)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self._point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move along the curve, from its middle on."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step and self._study is not None:
            last = len(self._study.x) - 1
            self._point_at(last // 2 if self._pointed < 0 else min(max(self._pointed + step, 0), last))
        else:
            super().keyPressEvent(event)


def _heights(counts: Array) -> list[float]:
    """Square roots of the counts, the largest 1: so that a spike at 0 leaves the rest to be seen."""
    roots = np.sqrt(counts)
    return [float(each) for each in roots / (roots.max() or 1.0)]
