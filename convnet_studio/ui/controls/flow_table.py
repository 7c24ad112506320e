"""FlowTable: a row for each module, with bars on one logarithmic scale for each column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import blend, paint_focus_ring
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_HEAD, _FOOT = 40, 18
_LEAST_ROW, _MOST_ROW = 18, 30
_VALUE = 58
_GAP = 14
_LARGEST_NAME = 150
_STACKED_NAME = 88
_LEAST_BAR = 40
"""Pixels of the longest bar: with less beside its number, it lies below it."""
NOT_COMPUTED = "–"


@dataclass(frozen=True)
class FlowRow:
    """One module: its name and family, a number for each column (None: there is none), and a remark (mostly empty)."""

    key: str
    name: str
    family: Family
    values: tuple[float | None, ...]
    remark: str = ""


@dataclass(frozen=True)
class FlowColumn:
    """A column: title (and a brief one), token of its bars, a value worth a mark (None: none) and its word, tooltip."""

    title: str
    token: str
    mark: float | None = None
    help: str = ""
    brief: str = ""
    mark_word: str = ""


class FlowTable(QWidget):
    """Rows of name and bars; a click or the arrow keys choose a row."""

    chosen = Signal(str)
    """Key of the row."""

    def __init__(self, name: str, columns: Sequence[FlowColumn], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: tuple[FlowRow, ...] = ()
        self._marked = ""
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_rows(self, rows: Sequence[FlowRow]) -> None:
        """Show these modules, in this order."""
        if len(rows) != len(self._rows):
            self.updateGeometry()
        self._rows = tuple(rows)
        self.setAccessibleDescription("; ".join(self._words(row) for row in self._rows))
        self.update()

    def mark(self, key: str) -> None:
        """Mark the row of a module; empty: none."""
        self._marked = key
        self.update()

    def sizeHint(self) -> QSize:
        """Every row with room."""
        return QSize(420, _HEAD + 24 * len(self._rows) + _FOOT)

    def minimumSizeHint(self) -> QSize:
        """Every row, close together."""
        return QSize(260, _HEAD + _LEAST_ROW * len(self._rows) + _FOOT)

    def _words(self, row: FlowRow) -> str:
        said = [
            f"{column.title} {NOT_COMPUTED if value is None else short(value)}"
            for column, value in zip(self._columns, row.values, strict=True)
        ]
        return f"{row.name}: {', '.join(said)}{'. ' + row.remark if row.remark else ''}"

    # ---------------------------------------------------------------- places

    def _pitch(self) -> float:
        room = (self.height() - _HEAD - _FOOT) / max(1, len(self._rows))
        return min(_MOST_ROW, max(_LEAST_ROW, room))

    def _name_width(self) -> int:
        metrics = QFontMetrics(text_font(12))
        widest = max((metrics.horizontalAdvance(row.name) for row in self._rows), default=60)
        name = min(_LARGEST_NAME, widest + 2) + 16
        return min(name, _STACKED_NAME + 16) if self._is_stacked(name) else name

    def _is_stacked(self, name_width: int) -> bool:
        """Whether there is so little room that bars lie below their numbers."""
        return (self.width() - name_width) / len(self._columns) - _GAP - _VALUE < _LEAST_BAR

    def _column_rect(self, column: int) -> QRectF:
        left = self._name_width()
        width = (self.width() - left) / len(self._columns)
        return QRectF(left + column * width, 0, width - _GAP, self.height())

    def row_at(self, point: QPointF) -> int:
        """The row at a point, -1 for none."""
        row = math.floor((point.y() - _HEAD) / self._pitch())
        return row if 0 <= row < len(self._rows) else -1

    # ---------------------------------------------------------------- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses a row."""
        row = self.row_at(event.position())
        if row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._rows[row].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from row to row."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            super().keyPressEvent(event)
            return
        keys = [row.key for row in self._rows]
        now = keys.index(self._marked) if self._marked in keys else -1 if step > 0 else len(keys)
        self.chosen.emit(keys[min(max(now + step, 0), len(keys) - 1)])

    def event(self, event: QEvent) -> bool:
        """The tooltip tells a row in words, a head what it means."""
        if isinstance(event, QHelpEvent):
            row = self.row_at(QPointF(event.pos()))
            heads = [c.help for i, c in enumerate(self._columns) if self._column_rect(i).contains(QPointF(event.pos()))]
            words = self._words(self._rows[row]) if row >= 0 else heads[0] if heads else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), words, self)
            return True
        return super().event(event)

    # ---------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heads, names and bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, row in enumerate(self._rows):
            self._paint_name(painter, number, row)
        for column in range(len(self._columns)):
            self._paint_column(painter, column)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))

    def _row_rect(self, number: int) -> QRectF:
        return QRectF(0, _HEAD + number * self._pitch(), self.width(), self._pitch())

    def _paint_name(self, painter: QPainter, number: int, row: FlowRow) -> None:
        place, now = self._row_rect(number), theme()
        if row.key == self._marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("accent_soft"))
            painter.drawRoundedRect(place.adjusted(2, 1, -2, -1), 4, 4)
        painter.fillRect(QRectF(4, place.top() + 3, 3, place.height() - 6), now.family(row.family))
        painter.setFont(text_font(12))
        painter.setPen(now.color("warn_text" if row.remark else "text"))
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, self._name_width() - 16)
        painter.drawText(place.adjusted(12, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_column(self, painter: QPainter, number: int) -> None:
        column, place, now = self._columns[number], self._column_rect(number), theme()
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(now.color("second_text"))
        head = QRectF(place.left(), 2, place.width(), 16)
        is_cut = painter.fontMetrics().horizontalAdvance(column.title) > place.width()
        painter.drawText(
            head, Qt.AlignmentFlag.AlignVCenter, (column.brief or column.title) if is_cut else column.title
        )
        values = [row.values[number] for row in self._rows]
        known = [each for each in values if each is not None and 0 < each < math.inf]
        if column.mark is not None:
            known.append(column.mark)
        low = math.floor(math.log10(min(known, default=0.1))) if known else -1
        high = max(low + 1, math.ceil(math.log10(max(known, default=1.0))))
        is_stacked = place.width() - _VALUE < _LEAST_BAR
        bars = QRectF(place.left(), _HEAD, place.width() - (0 if is_stacked else _VALUE), 0)
        self._paint_scale(painter, bars, low, high, only_ends=is_stacked)
        for row, value in enumerate(values):
            box = self._row_rect(row)
            self._paint_number(painter, box, bars, value, is_stacked)
            middle, height = (box.bottom() - 4, 4) if is_stacked else (box.center().y(), 10)
            self._paint_bar(painter, bars, middle, height, value, low, high, column.token)
        if column.mark is not None:
            x = bars.left() + bars.width() * (math.log10(column.mark) - low) / (high - low)
            painter.setPen(QPen(now.color("second_text"), 1, Qt.PenStyle.DashLine))
            bottom = self._row_rect(len(self._rows)).top()
            painter.drawLine(QPointF(x, _HEAD), QPointF(x, bottom))
            painter.setFont(text_font(10))
            left = min(x - 40, self.width() - 80.0)
            side = Qt.AlignmentFlag.AlignRight if left < x - 40 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(left, bottom + 2, 80, 14), side, column.mark_word)

    def _paint_scale(self, painter: QPainter, bars: QRectF, low: int, high: int, only_ends: bool) -> None:
        painter.setFont(number_font(10))
        bottom = self._row_rect(len(self._rows)).top()
        every = high - low if only_ends else max(1, -(-(high - low) * 34 // max(1, int(bars.width()))))
        for power in range(low, high + 1, every):
            x = bars.left() + bars.width() * (power - low) / (high - low)
            painter.setPen(QPen(theme().color("line"), 1))
            painter.drawLine(QPointF(x, _HEAD - 2), QPointF(x, bottom))
            painter.setPen(theme().color("second_text"))
            words = f"1e{power}" if power not in (0, 1) else str(10**power)
            if only_ends:
                side = Qt.AlignmentFlag.AlignLeft if power == low else Qt.AlignmentFlag.AlignRight
                painter.drawText(QRectF(bars.left(), 20, bars.width(), 14), side, words)
            else:
                painter.drawText(QRectF(x - 17, 20, 34, 14), Qt.AlignmentFlag.AlignCenter, words)

    def _paint_number(
        self, painter: QPainter, row: QRectF, bars: QRectF, value: float | None, is_stacked: bool
    ) -> None:
        text = QRectF(bars.right() + 6, row.top(), _VALUE - 6, row.height())
        if is_stacked:
            text = QRectF(bars.left() + 2, row.top(), bars.width() - 2, row.height() - 6)
        painter.setFont(number_font(11))
        painter.setPen(theme().color("second_text"))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, NOT_COMPUTED if value is None else short(value))

    def _paint_bar(
        self,
        painter: QPainter,
        bars: QRectF,
        middle: float,
        height: float,
        value: float | None,
        low: int,
        high: int,
        token: str,
    ) -> None:
        if value is None or not 0 < value < math.inf:
            return
        length = bars.width() * min(1.0, max(0.01, (math.log10(value) - low) / (high - low)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(blend(theme().color(token), theme().color("surface"), 0.8))
        painter.drawRoundedRect(QRectF(bars.left(), middle - height / 2, length, height), 2, 2)
