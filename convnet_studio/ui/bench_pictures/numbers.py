"""NumbersWidget: a matrix on the colours of its numbers, which are written in its cells where there is room."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Numbers
from convnet_studio.ui.bench_pictures.meaning import scale_for
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme

_CELL, _LEAST_CELL, _WIDEST = 26, 6.0, 76.0
_LETTERS = (12, 11, 10, 9)
_HEADER = 18
_WIDEST_ROW = 900
_TINT = 0.5
"""How strong the colours are: pale enough for letters in the colour of text."""


class NumbersWidget(PictureWidget):
    """Rows and columns with their names; cells without a number are empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers = Numbers("", np.zeros((1, 1)))
        self._scale = Scale("activation", -1.0, 1.0)
        self._texts: list[list[str]] = [[""]]
        self._pointed: tuple[int, int] | None = None

    def take(self, picture: BenchPicture) -> None:
        """Note the numbers."""
        assert isinstance(picture, Numbers)
        self._numbers = picture
        self._scale = scale_for([picture.values], picture.meaning)
        self._texts = [["" if math.isnan(each) else _brief(each) for each in row] for row in picture.values.tolist()]
        self._read_cell()

    def in_words(self) -> str:
        """Row by row."""
        names = self._numbers.rows or [f"row {index}" for index in range(len(self._texts))]
        return "; ".join(f"{name}: {', '.join(row)}" for name, row in zip(names, self._texts, strict=False))

    # ---------------------------------------------------------------- places

    def _layout(self, width: float) -> tuple[float, float, float, int]:
        """(left, width and height of a cell, size of letters; 0 where no number has room)."""
        columns = self._numbers.values.shape[1]
        names = [*self._numbers.rows, ""]
        left = max(QFontMetricsF(text_font(11)).horizontalAdvance(each) for each in names)
        left = min(left, 0.35 * width) + 8 if self._numbers.rows else 0.0
        room = (width - left - 2) / max(1, columns)
        longest = max((len(each) for row in self._texts for each in row), default=0)
        for size in _LETTERS:
            metrics = QFontMetricsF(number_font(size))
            heads = QFontMetricsF(text_font(11))
            wanted = metrics.horizontalAdvance("0") * longest + 8  # every digit is equally wide
            if wanted <= room:
                named = max((heads.horizontalAdvance(each) for each in self._numbers.columns), default=0.0) + 8
                return left, min(room, max(_CELL, wanted, min(named, _WIDEST))), _CELL, size
        return left, max(_LEAST_CELL, min(room, _CELL)), max(_LEAST_CELL, min(room, _CELL)), 0

    @property
    def least_width(self) -> int:
        """Where the numbers can be read, unless they have no room even in a row of their own."""
        columns, longest = (
            self._numbers.values.shape[1],
            max((len(each) for row in self._texts for each in row), default=0),
        )
        wanted = columns * (QFontMetricsF(number_font(_LETTERS[1])).horizontalAdvance("0") * longest + 8) + 60
        return max(super().least_width, round(wanted)) if wanted <= _WIDEST_ROW else super().least_width

    def height_in(self, width: int) -> int:
        """Of all rows."""
        header = _HEADER if self._numbers.columns else 0
        return HEAD + header + math.ceil(self._layout(width)[2] * len(self._texts)) + 4

    def cell(self, row: int, column: int) -> QRectF:
        """Where one number stands."""
        left, wide, tall, _ = self._layout(self.width())
        top = self.room.top() + (_HEADER if self._numbers.columns else 0) + 1
        return QRectF(left + 1 + column * wide, top + row * tall, wide, tall)

    # ---------------------------------------------------------------- painting

    def paint_body(self, painter: QPainter) -> None:
        """Names, grounds, numbers, outlines."""
        left, wide, tall, size = self._layout(self.width())
        first = self.cell(0, 0)
        rgb = np.ascontiguousarray(colored(np.asarray(self._numbers.values, np.float64), self._scale))
        if size:
            painter.setFont(number_font(size))
            self._paint_cells(painter, rgb, first, wide, tall)
        else:
            rows, columns = rgb.shape
            image = QImage(rgb.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
            draw_cells(painter, QRectF(first.topLeft(), QSizeF(columns * wide, rows * tall)), image)
        self._paint_names(painter, left, first, wide, tall)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        marked = [(each, "accent") for each in self._numbers.outlined]
        for (row, column), token in [*marked, *([(self._pointed, "text")] if self._pointed else [])]:
            painter.setPen(QPen(theme().color(token), 2))
            painter.drawRect(self.cell(row, column).adjusted(0, 0, -1, -1))

    def _paint_cells(self, painter: QPainter, rgb: NDArray[np.uint32], first: QRectF, wide: float, tall: float) -> None:
        surface, ink = theme().color("surface"), theme().color("text")
        for row, texts in enumerate(self._texts):
            for column, text in enumerate(texts):
                box = QRectF(first.left() + column * wide, first.top() + row * tall, wide, tall).adjusted(0, 0, -1, -1)
                if text:
                    painter.fillRect(box, blend(QColor.fromRgb(int(rgb[row, column])), surface, _TINT))
                    painter.setPen(ink)
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                else:
                    painter.setPen(QPen(theme().color("line"), 1))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_names(self, painter: QPainter, left: float, first: QRectF, wide: float, tall: float) -> None:
        painter.setFont(text_font(11))
        painter.setPen(theme().color("second_text"))
        metrics, cut = painter.fontMetrics(), Qt.TextElideMode.ElideRight
        if wide >= 14:
            for column, name in enumerate(self._numbers.columns):
                box = QRectF(first.left() + column * wide, first.top() - _HEADER, wide, _HEADER)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, metrics.elidedText(name, cut, int(wide)))
        if tall >= 12:
            for row, name in enumerate(self._numbers.rows):
                box = QRectF(0, first.top() + row * tall, left - 6, tall)
                side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, side, metrics.elidedText(name, cut, int(left) - 6))

    # ---------------------------------------------------------------- what is read

    def _read_cell(self) -> None:
        rows, columns = self._numbers.values.shape
        if self._pointed is None or self._pointed[0] >= rows or self._pointed[1] >= columns:
            self.read("")
            return
        row, column = self._pointed
        names = (self._numbers.rows, self._numbers.columns)
        words = [
            told[at] if at < len(told) else f"{word} {at}"
            for told, at, word in zip(names, (row, column), ("row", "column"), strict=True)
        ]
        self.read(f"{' · '.join(words)}: {self._numbers.values[row, column]:.7g}")

    def read(self, words: str) -> None:
        """Where nothing is read, no cell is marked either."""
        if not words:
            self._pointed = None
        super().read(words)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the cell under the pointer."""
        first, at = self.cell(0, 0), event.position()
        row, column = (
            math.floor((at.y() - first.top()) / first.height()),
            math.floor((at.x() - first.left()) / first.width()),
        )
        rows, columns = self._numbers.values.shape
        is_over = 0 <= row < rows and 0 <= column < columns and bool(self._texts[row][column])
        self._pointed = (row, column) if is_over else None
        self._read_cell()


def _brief(value: float) -> str:
    """Whole numbers as such; others with three digits."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e5 else short(value)
