"""Cells: where each number of the Backprop view stands, and how one is painted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.backprop.walker import Number, Walker
from convnet_studio.ui.backprop.words import check_token, number
from convnet_studio.ui.canvas.bodies.body import elided, hatch
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.painting import blend
from convnet_studio.ui.map_images import Scale
from convnet_studio.ui.theme import color_table, number_font, theme

CELL_WIDTH, CELL_HEIGHT = 58.0, 20.0
TALL = 36.0
"""Height of a cell with the measured slope beneath the gradient."""
_TINT = 0.45
_MARK = 8.0
_MAPS = {
    Kind.OUT: "activation",
    Kind.PARAMETER: "weight",
    Kind.GRAD_OUT: "gradient",
    Kind.GRAD_IN: "gradient",
    Kind.GRAD_PARAMETER: "gradient",
}


@dataclass(frozen=True)
class Cell:
    """One number on the screen."""

    slot: Slot
    index: int
    rect: QRectF

    @property
    def number(self) -> Number:
        """Which it is."""
        return self.slot, self.index


@dataclass(frozen=True)
class Emphasis:
    """What is pointed out: the numbers that the selected one is made of, and those of the product under way."""

    sources: frozenset[Number] = frozenset()
    product: frozenset[Number] = frozenset()


def scale_of_slot(stepper: Stepper, slot: Slot, values: Array) -> Scale:
    """The colours of an array: up to its largest number, each sort of number on a map of its own; pixels as grey."""
    is_pixels = slot.kind is Kind.OUT and not stepper.nodes[slot.module].sources
    if is_pixels and values.min(initial=0.0) >= 0 and values.max(initial=0.0) <= 1:
        return scale_up_to(1.0, "picture")
    return scale_up_to(largest(values), _MAPS[slot.kind])


def tint(kind: Kind, value: float, largest: float) -> QColor:
    """The ground of a number: its colour on the map that ends at `largest`, pale enough for letters."""
    share = value / largest if largest > 0 else 0.0
    place = int(min(255.0, max(0.0, (share + 1) / 2 * 255.999))) if share == share else 128
    table = color_table(theme().name, _MAPS[kind])
    return blend(QColor.fromRgb(int(table[place])), theme().color("surface"), _TINT)


def paint_cell(painter: QPainter, cell: Cell, walker: Walker, largest: float, emphasis: Emphasis) -> None:
    """A number on its ground: hatched where it is not computed, marked where stale, edited, selected, checked."""
    rect, value = cell.rect.adjusted(1, 1, -1, -1), walker.value(cell.number)
    if value is None:
        hatch(painter, rect)
    else:
        _paint_value(painter, cell, rect, value, walker, largest)
    _paint_frame(painter, cell, rect, walker, emphasis)


def _paint_value(painter: QPainter, cell: Cell, rect: QRectF, value: float, walker: Walker, largest: float) -> None:
    assert walker.walk is not None
    is_stale = walker.is_stale(cell.number)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().color("warn_soft") if is_stale else tint(cell.slot.kind, value, largest))
    painter.drawRoundedRect(rect, 3, 3)
    is_tall = rect.height() >= TALL - 2
    line = QRectF(rect.left(), rect.top() + (1 if is_tall else 0), rect.width(), 18 if is_tall else rect.height())
    if cell.slot.kind.is_gradient and not is_tall:
        line.setRight(line.right() - _MARK)
    painter.setFont(number_font(11))
    painter.setPen(theme().color("warn_text" if is_stale else "text"))
    painter.drawText(line, Qt.AlignmentFlag.AlignCenter, number(value))
    if cell.index in walker.walk.edited.get(cell.slot, ()):
        painter.setBrush(theme().color("accent"))
        painter.setPen(Qt.PenStyle.NoPen)
        corner = rect.topLeft()
        painter.drawPolygon([corner, corner + QPointF(7, 0), corner + QPointF(0, 7)])
    if cell.slot.kind.is_gradient:
        _paint_check(painter, cell, rect, walker, is_tall)


def _paint_check(painter: QPainter, cell: Cell, rect: QRectF, walker: Walker, is_tall: bool) -> None:
    """The slope measured, beneath the gradient where there is room; else a mark in its corner."""
    found = walker.checks.get(cell.number)
    if found is None:
        return
    color = theme().color(check_token(found))
    if is_tall:
        painter.setFont(number_font(9))
        painter.setPen(color)
        below = QRectF(rect.left(), rect.top() + 18, rect.width(), 14)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, f"≈{number(found.measured)}")
        return
    painter.setPen(QPen(color, 1.5))
    corner = rect.bottomRight() + QPointF(-3, -3)
    if found.is_rounding:
        painter.drawLine(corner + QPointF(-4, 0), corner)
    elif found.agrees:
        painter.drawPolyline([corner + QPointF(-4, -1), corner + QPointF(-2.5, 1), corner + QPointF(1, -3.5)])
    elif found.is_at_kink:
        painter.drawPolyline([corner + QPointF(-5, 0), corner + QPointF(-2, -4), corner + QPointF(1, 0)])
    else:
        painter.drawLine(corner + QPointF(-4, -4), corner)
        painter.drawLine(corner + QPointF(-4, 0), corner + QPointF(0, -4))


def _paint_frame(painter: QPainter, cell: Cell, rect: QRectF, walker: Walker, emphasis: Emphasis) -> None:
    pen = None
    if cell.number in (walker.selected, walker.current):
        pen = QPen(theme().color("accent"), 2)
    elif cell.number in emphasis.product:
        pen = QPen(theme().color("warn"), 2)
    elif cell.number in emphasis.sources:
        pen = QPen(theme().color("accent"), 1)
    elif walker.is_stale(cell.number) and walker.value(cell.number) is not None:
        pen = QPen(theme().color("warn"), 1, Qt.PenStyle.DashLine)
    if pen is not None:
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


def bold_number_font(pixels: int) -> QFont:
    """For the numbers that a reader should see first."""
    return number_font(pixels, QFont.Weight.DemiBold)


def shortened(painter: QPainter, text: str, width: float) -> str:
    """`text` in the painter's font, with an ellipsis at its end where it is wider than `width`."""
    return elided(QFontMetricsF(painter.font()), text, width)
