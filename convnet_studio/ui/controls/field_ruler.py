"""FieldRuler: the units of several modules along one axis, all on the pixels' scale, and the cone between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.controls.axis_ticks import even_ticks
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

_ROW, _STRIP, _TEXT, _AXIS = 62, 10, 34, 18
_DENSEST = 4.0
"""Pixels of the screen: units that lie closer are drawn as one bar."""


@dataclass(frozen=True)
class RulerRow:
    """One module along the axis.

    Attributes:
        center: of unit 0, in pixels of the picture. `jump`: pixels to the next unit (0: one unit that sees all).
        count: units. `extent`: from where to where the row reaches in pixels, used where `jump` is 0.
        first, last: the units that belong to the chosen place; None: none do.
        sizes, field: how the number of units, and how their field, come about, in words.
        below: keys of the rows that it is computed from.
    """

    key: str
    title: str
    family: Family
    center: float
    jump: float
    count: int
    extent: tuple[float, float]
    first: int | None
    last: int | None
    sizes: str
    field: str
    below: tuple[str, ...]
    is_chosen: bool = False

    def edges(self, first: int, last: int) -> tuple[float, float]:
        """Where the units first .. last begin and end, in pixels."""
        if self.jump == 0:
            return self.extent
        return self.center + (first - 0.5) * self.jump, self.center + (last + 0.5) * self.jump

    @property
    def marked(self) -> tuple[float, float] | None:
        """Where the units that belong begin and end, in pixels."""
        return None if self.first is None or self.last is None else self.edges(self.first, self.last)


class FieldRuler(QWidget):
    """Rows from the picture, at the bottom, to the highest module, with the arithmetic of each step written out."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[RulerRow, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    def show_rows(self, rows: Sequence[RulerRow]) -> None:
        """Show these modules, the lowest first."""
        if self._rows == tuple(rows):
            return  # a new picture changes none of it
        self._rows = tuple(rows)
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleDescription("; ".join(f"{each.title}: {each.sizes}, {each.field}" for each in rows))
        self.update()

    @property
    def rows(self) -> tuple[RulerRow, ...]:
        """What is shown, the lowest first."""
        return self._rows

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(420, max(1, len(self._rows)) * _ROW + _AXIS)

    def minimumSizeHint(self) -> QSize:
        """All rows."""
        return QSize(160, self.sizeHint().height())

    def _strip(self, index: int) -> QRectF:
        """Where the units of a row lie."""
        from_top = len(self._rows) - 1 - index
        return QRectF(0, from_top * _ROW + _TEXT, self.width(), _STRIP)

    def _range(self) -> tuple[float, float]:
        reach = [each.edges(0, each.count - 1) for each in self._rows]
        reach += [each.marked for each in self._rows if each.marked]
        return min(low for low, _ in reach), max(high for _, high in reach)

    def _x(self, pixel: float) -> float:
        low, high = self._range()
        return 1 + (pixel - low) / ((high - low) or 1.0) * (self.width() - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cones first, so that rows lie on them."""
        if not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = {each.key: index for index, each in enumerate(self._rows)}
        for index, row in enumerate(self._rows):
            for below in row.below:
                if below in places:
                    self._paint_cone(painter, index, places[below])
        for index, row in enumerate(self._rows):
            self._paint_row(painter, row, self._strip(index))
        self._paint_axis(painter)

    def _paint_cone(self, painter: QPainter, upper: int, lower: int) -> None:
        above, beneath = self._rows[upper].marked, self._rows[lower].marked
        if above is None or beneath is None:
            return
        top, bottom = self._strip(upper).bottom(), self._strip(lower).top()
        color = QColor(theme().color("warn"))
        color.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        corners = [(above[0], top), (above[1], top), (beneath[1], bottom), (beneath[0], bottom)]
        painter.drawPolygon(QPolygonF([QPointF(self._x(x), y) for x, y in corners]))

    def _paint_row(self, painter: QPainter, row: RulerRow, strip: QRectF) -> None:
        now = theme()
        low, high = (self._x(each) for each in row.edges(0, row.count - 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("line"))
        painter.drawRect(QRectF(low, strip.top(), high - low, strip.height()))
        if row.marked:
            left, right = (self._x(each) for each in row.marked)
            painter.setBrush(now.color("accent" if row.is_chosen else "warn"))
            painter.drawRect(QRectF(left, strip.top(), max(2.0, right - left), strip.height()))
        step = abs(self._x(row.jump) - self._x(0.0))
        if row.jump and step >= _DENSEST:
            painter.setPen(QPen(now.color("surface"), 1))
            for unit in range(1, row.count):
                at = self._x(row.edges(unit, unit)[0])
                painter.drawLine(QPointF(at, strip.top()), QPointF(at, strip.bottom()))
        self._paint_words(painter, row, strip)

    def _paint_words(self, painter: QPainter, row: RulerRow, strip: QRectF) -> None:
        now = theme()
        top = strip.top() - _TEXT
        painter.fillRect(QRectF(0, top + 3, 3, 11), now.family(row.family))
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(now.color("accent" if row.is_chosen else "text"))
        title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, int(self.width() * 0.42))
        taken = painter.fontMetrics().horizontalAdvance(title) + 20
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(8, top, taken, 16), middle, title)
        painter.setFont(number_font(10))
        painter.setPen(now.color("second_text"))
        room = QRectF(taken, top, self.width() - taken, 16)
        shown = painter.fontMetrics().elidedText(row.sizes, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, shown)
        room = QRectF(8, top + 15, self.width() - 8, 16)
        shown = painter.fontMetrics().elidedText(row.field, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, middle, shown)

    def _paint_axis(self, painter: QPainter) -> None:
        """Numbers of pixels below the picture's row."""
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        top, end = self._strip(0).bottom(), self._rows[0].edges(0, self._rows[0].count - 1)[1]
        for tick in even_ticks(max(1.0, end - 1), 6):
            at = self._x(tick)
            words = f"{tick:g}"
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawLine(QPointF(at, top + 1), QPointF(at, top + 4))
            painter.drawText(QPointF(min(max(0.0, at - width / 2), self.width() - width), top + 15), words)
