"""RowsWidget: a table of words and numbers; one row may be marked."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Rows
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.theme import number_font, text_font, theme

_ROW = 24
_GAPS = (20.0, 12.0, 8.0)
_SIZES = (12, 11, 10)
_NUMBER = re.compile(r"^[−+-]?[\d.,∞–]")


class RowsWidget(PictureWidget):
    """Columns are as wide as their words; where that is too wide, letters are smaller, and then words are cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = Rows("", (), ())

    def take(self, picture: BenchPicture) -> None:
        """Note the cells."""
        assert isinstance(picture, Rows)
        self._table = picture
        self.read("")

    def in_words(self) -> str:
        """Row by row."""
        columns = self._table.columns
        rows = [
            ", ".join(f"{word} {cell}".strip() for word, cell in zip(columns, row, strict=False))
            for row in self._table.rows
        ]
        return "; ".join(rows)

    @property
    def least_width(self) -> int:
        """Where no word is cut, and letters are of full size."""
        widths = self._widths_at(_SIZES[0])
        return max(super().least_width, round(sum(widths) + _GAPS[0] * (len(widths) - 1) + 16))

    def height_in(self, width: int) -> int:
        """Of all rows."""
        return HEAD + _ROW * (len(self._table.rows) + 1) + 4

    def _is_number(self, column: int) -> bool:
        cells = [row[column] for row in self._table.rows if column < len(row) and row[column]]
        return bool(cells) and all(_NUMBER.match(each) for each in cells)

    def _widths_at(self, size: int, with_heads: bool = True) -> list[float]:
        digit = QFontMetricsF(number_font(size, QFont.Weight.DemiBold)).horizontalAdvance("0")
        heads = QFontMetricsF(text_font(size, QFont.Weight.DemiBold))
        return [
            max(
                [
                    heads.horizontalAdvance(word) if with_heads else 0.0,
                    *(digit * len(row[at]) for row in self._table.rows if at < len(row)),
                ]
            )
            + 2
            for at, word in enumerate(self._table.columns)
        ]

    def _widths(self) -> tuple[list[float], float, int]:
        """Of the columns, of the gaps, and the size of letters."""
        widths: list[float] = []
        for size, gap in zip(_SIZES, _GAPS, strict=True):
            widths = self._widths_at(size)
            if sum(widths) + gap * (len(widths) - 1) + 16 <= self.width():
                return widths, gap, size
        spare = self.width() - 16 - _GAPS[-1] * (len(widths) - 1)
        cells = self._widths_at(_SIZES[-1], with_heads=False)
        slack = sum(widths) - sum(cells)
        if slack > 0:  # rather than a number, the head above it is cut
            part = min(1.0, max(0.0, sum(widths) - spare) / slack)
            widths = [wide - part * (wide - cell) for wide, cell in zip(widths, cells, strict=True)]
        while widths and sum(widths) > spare and max(widths) > 24:
            widest = widths.index(max(widths))
            widths[widest] = max(24.0, widths[widest] - max(4.0, (sum(widths) - spare) / 2))
        return widths, _GAPS[-1], _SIZES[-1]

    def paint_body(self, painter: QPainter) -> None:
        """Head, rows, lines between them."""
        widths, gap, size = self._widths()
        places, left = [], 8.0
        for width in widths:
            places.append((left, width))
            left += width + gap
        wide, top = min(left - gap + 8, self.width()), self.room.top()
        head = text_font(size, QFont.Weight.DemiBold)
        for at, word in enumerate(self._table.columns):
            self._paint_cell(painter, QRectF(places[at][0], top, places[at][1], _ROW), word, at, head, "second_text")
        for number, row in enumerate(self._table.rows):
            y = top + (number + 1) * _ROW
            is_marked = number == self._table.outlined
            if is_marked:
                painter.setPen(QPen(theme().color("accent"), 1.2))
                painter.setBrush(theme().color("accent_soft"))
                painter.drawRoundedRect(QRectF(0.6, y + 0.6, wide - 1.2, _ROW - 1.2), 5, 5)
            elif number != self._table.outlined + 1:
                painter.setPen(QPen(theme().color("line"), 1))
                painter.drawLine(0, round(y), round(wide), round(y))
            weight = QFont.Weight.DemiBold if is_marked else QFont.Weight.Normal
            for at, cell in enumerate(row[: len(places)]):
                font = number_font(size, weight) if self._is_number(at) else text_font(size, weight)
                self._paint_cell(painter, QRectF(places[at][0], y, places[at][1], _ROW), cell, at, font, "text")

    def _paint_cell(self, painter: QPainter, box: QRectF, text: str, column: int, font: QFont, token: str) -> None:
        painter.setFont(font)
        painter.setPen(theme().color(token))
        side = Qt.AlignmentFlag.AlignRight if self._is_number(column) else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()) + 1)
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer in full, where it was cut."""
        row = int((event.position().y() - self.room.top()) // _ROW) - 1
        is_over = 0 <= row < len(self._table.rows)
        self.setToolTip(" · ".join(self._table.rows[row]) if is_over else "")
