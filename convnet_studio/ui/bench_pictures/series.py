"""Series: how the lines and groups of one picture are told apart, by colour, stroke and shape, and their legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from convnet_studio.ui.theme import number_font, text_font, theme

_FAMILIES = ("filter bank", "loss", "pooling", "non-linearity", "normalization", "output", "input")
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2.5), (1.2, 2), (7, 2, 1.2, 2), (3, 1.5), (9, 3))
_SHAPES: tuple[tuple[tuple[float, float], ...], ...] = (
    (),
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.25), (1.2, 0.9), (-1.2, 0.9)),
    ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
    ((-1.2, -0.9), (1.2, -0.9), (0, 1.25)),
)
"""Corners of the marks of groups; the first is a disc."""
ROW = 18
_SAMPLE, _GAP = 26, 16


def color_of(index: int) -> QColor:
    """The colour of the line or group of this number."""
    return QColor(theme().families[_FAMILIES[index % len(_FAMILIES)]])


def pen_of(index: int, width: float = 2.0) -> QPen:
    """The stroke of the line of this number."""
    pen = QPen(color_of(index), width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes := _DASHES[index % len(_DASHES)]:
        pen.setDashPattern(list(dashes))
    return pen


def paint_mark(painter: QPainter, index: int, place: QPointF, radius: float = 3.5) -> None:
    """The mark of a group at a place."""
    painter.setPen(QPen(theme().color("surface"), 1))
    painter.setBrush(color_of(index))
    corners = _SHAPES[index % len(_SHAPES)]
    if corners:
        painter.drawPolygon(QPolygonF([place + QPointF(x, y) * radius for x, y in corners]))
    else:
        painter.drawEllipse(place, radius, radius)


class Legend:
    """Names with a sample each, in lines; behind each name there is room for a number where `digits` is more than 0."""

    def __init__(self, names: Sequence[str], digits: int = 0) -> None:
        self._names, self._digits = tuple(names), digits

    def places(self, width: float) -> list[QRectF]:
        """Where the entries stand, from (0, 0) on."""
        words, numbers = QFontMetricsF(text_font(11)), QFontMetricsF(number_font(11))
        tail = numbers.horizontalAdvance("0") * (self._digits + 1) if self._digits else 0.0
        found, x, y = [], 0.0, 0.0
        for name in self._names:
            wide = min(width, _SAMPLE + words.horizontalAdvance(name) + tail + 2)
            if x and x + wide > width:
                x, y = 0.0, y + ROW
            found.append(QRectF(x, y, wide, ROW))
            x += wide + _GAP
        return found

    def height_in(self, width: float) -> float:
        """Of all its lines."""
        return max((each.bottom() for each in self.places(width)), default=0.0)

    def paint(
        self,
        painter: QPainter,
        corner: QPointF,
        width: float,
        sample: Callable[[QPainter, int, QRectF], None],
        numbers: Sequence[str] = (),
    ) -> None:
        """Paint it.

        Args:
            painter: where. `corner`, `width`: its place.
            sample: paints the sample of an entry into a rectangle.
            numbers: behind the names, if there are any.
        """
        for index, (name, place) in enumerate(zip(self._names, self.places(width), strict=True)):
            box = place.translated(corner)
            sample(painter, index, QRectF(box.left(), box.top(), _SAMPLE - 6, box.height()))
            painter.setFont(text_font(11))
            painter.setPen(theme().color("second_text"))
            room = box.adjusted(_SAMPLE, 0, 0, 0)
            metrics = painter.fontMetrics()
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()) + 1)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            if index < len(numbers):
                room.setLeft(room.left() + metrics.horizontalAdvance(shown) + 6)
                painter.setFont(number_font(11))
                painter.setPen(theme().color("text"))
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, numbers[index])


def paint_stroke(painter: QPainter, index: int, place: QRectF) -> None:
    """A piece of the line of this number, for a legend."""
    painter.setPen(pen_of(index))
    painter.drawLine(QPointF(place.left(), place.center().y()), QPointF(place.right(), place.center().y()))


def paint_shape(painter: QPainter, index: int, place: QRectF) -> None:
    """The mark of the group of this number, for a legend."""
    paint_mark(painter, index, QPointF(place.right() - 8, place.center().y()), 4)
