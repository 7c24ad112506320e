"""BarList: a short list of numbers as bars with names, such as the scores of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.outlines import draw_outlines
from convnet_studio.ui.controls.sheet_layout import joined
from convnet_studio.ui.theme import icon_pixmap, number_font, text_font, theme, theme_switch

_SMALLEST_ROW = 16
_LARGEST_ROW = 28
_VALUE_WIDTH = 62
_LARGEST_NAME = 120


@dataclass(frozen=True)
class Bar:
    """One row: `length` of its bar (signed, 1 at most), and beside it `value`, as in `words` if there are any."""

    name: str
    value: float
    length: float
    words: str = ""

    @property
    def told(self) -> str:
        """The number in writing."""
        return self.words or short(self.value)


class BarList(QWidget):
    """Rows of name, bar and number. The longest bar is the answer; the `target` row bears a sign of its own."""

    pointed = Signal(int)
    """Row under the pointer, -1 for none."""
    picked = Signal(int)
    """Row that was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self._answer = -1
        self._target = -1
        self._pointed = -1
        self._outlined: tuple[frozenset[int], ...] = (frozenset(), frozenset())
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar], answer: int = -1, target: int = -1) -> None:
        """Show `bars`; `answer` and `target` are rows that are marked, -1 for none."""
        count_changed = len(bars) != len(self._bars)
        self._bars, self._answer, self._target = tuple(bars), answer, target
        words = [f"{each.name} {each.told}" for each in bars]
        self.setAccessibleDescription(", ".join(words))
        if count_changed:
            self.updateGeometry()
        self.update()

    def outline(self, seen: frozenset[int], touched: frozenset[int]) -> None:
        """Draw solid lines around the rows `seen`, dashed ones around those `touched`."""
        if self._outlined != (seen, touched):
            self._outlined = seen, touched
            self.update()

    @property
    def outlines(self) -> tuple[list[QRectF], list[QRectF]]:
        """What is outlined, in pixels: what was `seen`, and what was `touched`."""
        seen, touched = (joined([self._box(row) for row in sorted(rows)]) for rows in self._outlined)
        return seen, touched

    @property
    def pointed_row(self) -> int:
        """The row under the pointer; -1: none."""
        return self._pointed

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, 22 * max(1, len(self._bars)))

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(160, _SMALLEST_ROW * max(1, len(self._bars)))

    @property
    def _row_height(self) -> float:
        return min(_LARGEST_ROW, self.height() / max(1, len(self._bars)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the pointer."""
        row = int(event.position().y() // self._row_height)
        self._point_at(row if 0 <= row < len(self._bars) else -1)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self._point_at(-1)
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click picks the row that it points at."""
        if event.button() == Qt.MouseButton.LeftButton and self._pointed >= 0:
            self.picked.emit(self._pointed)

    @property
    def _name_width(self) -> int:
        metrics = QFontMetrics(text_font(12))
        return min(_LARGEST_NAME, max((metrics.horizontalAdvance(each.name) for each in self._bars), default=0))

    def _box(self, row: int) -> QRectF:
        """Where the bar of a row can lie."""
        left = self._name_width + 8
        width = max(8, self.width() - left - _VALUE_WIDTH - 24)
        return QRectF(left, row * self._row_height, width, self._row_height)

    def _point_at(self, row: int) -> None:
        if row != self._pointed:
            self._pointed = row
            self.pointed.emit(row)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Row by row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        name_width, track = self._name_width, self._box(0)
        has_negative = any(each.length < 0 for each in self._bars)
        zero = track.center().x() if has_negative else track.left()
        reach = track.width() / 2 if has_negative else track.width()
        for row, bar in enumerate(self._bars):
            box = QRectF(0, row * self._row_height, self.width(), self._row_height)
            if row == self._pointed:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color("raised"))
                painter.drawRoundedRect(box, 4, 4)
            self._paint_bar(painter, box, zero, reach * bar.length, row)
            self._paint_words(painter, box, name_width, row)
        draw_outlines(painter, *self.outlines)

    def _paint_bar(self, painter: QPainter, box: QRectF, zero: float, length: float, row: int) -> None:
        token = "strong_line"
        if row == self._answer:
            token = "good" if self._target == row else "bad" if self._target >= 0 else "accent"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(token))
        tall = min(12.0, box.height() - 6)
        bar = QRectF(zero, box.center().y() - tall / 2, length, tall).normalized()
        radius = min(2.0, bar.width() / 2)
        painter.drawRoundedRect(bar, radius, radius)
        painter.setPen(QPen(theme().color("strong_line"), 1))
        axis = round(zero) + 0.5
        painter.drawLine(QPointF(axis, box.top() + 2), QPointF(axis, box.bottom() - 2))

    def _paint_words(self, painter: QPainter, box: QRectF, name_width: float, row: int) -> None:
        bar = self._bars[row]
        strong = row in (self._answer, self._target)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme().color("text" if strong else "second_text"))
        painter.setFont(text_font(12, QFont.Weight.DemiBold if row == self._target else QFont.Weight.Normal))
        name = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, round(name_width) + 4)
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(number_font(12, QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
        painter.drawText(box.adjusted(0, 0, -22, 0), middle | Qt.AlignmentFlag.AlignRight, bar.told)
        sign = self._sign(row)
        if sign:
            icon_name, token = sign
            pixmap = icon_pixmap(icon_name, theme().color(token), 14, self.devicePixelRatioF())
            painter.drawPixmap(round(box.right()) - 15, round(box.center().y()) - 7, pixmap)

    def _sign(self, row: int) -> tuple[str, str] | None:
        """Icon and colour: a tick for a right answer, a cross for a wrong one, a ring at what it should have been."""
        if row == self._answer and self._target >= 0:
            return ("check", "good") if row == self._target else ("x", "bad")
        return ("target", "second_text") if row == self._target else None
