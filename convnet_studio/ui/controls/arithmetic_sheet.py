"""ArithmeticSheet: the terms of an explanation as tiles: an input above, the weight that it is multiplied by below."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.arithmetic_text import exact_decimal
from convnet_studio.engine.analysis.explanation import Column, Explanation, Group, Step, What
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.map_images import colored, scale_of
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

GAP = 16
LABEL = 20
LINE = 24
MOST_TILES = 6000
_SIDES = ((120, 46.0), (260, 24.0), (900, 14.0), (MOST_TILES, 7.0))
"""(up to so many terms, pixels of a tile): numbers stand in the larger ones."""
_READABLE = 36.0
_SINGLE = 20.0
"""Smaller tiles are not drawn one by one."""
_DIFFERENT_PARTS = (What.PARAMETER, What.PARAMETER_GRADIENT)


@dataclass(frozen=True)
class Block:
    """The tiles of one group: where they lie, how many in a row, and their side in pixels."""

    step: int
    group: Group
    rect: QRectF
    columns: int
    side: float
    height: float

    def tiles(self, count: int) -> QRectF:
        """Where the first so many tiles lie."""
        rows = -(-count // self.columns)
        return QRectF(self.rect.x(), self.rect.y() + LABEL, self.columns * self.side, rows * self.height)

    def tile(self, term: int) -> QRectF:
        """Where the tile of a term lies."""
        row, column = divmod(term, self.columns)
        return QRectF(
            self.rect.x() + column * self.side, self.rect.y() + LABEL + row * self.height, self.side, self.height
        )


class ArithmeticSheet(QWidget):
    """Paints an Explanation; pointing at a tile reads its factors and product exactly.

    Args:
        name: for people who do not see it.
    """

    told = Signal(str, str)
    """What the term under the pointer was made of, and the term with all its decimals."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._explanation: Explanation | None = None
        self._blocks: list[Block] = []
        self._headings: list[tuple[float, str]] = []
        self._height = 0
        self._pointed: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    def show_explanation(self, explanation: Explanation | None) -> None:
        """Show how a number came about; None: nothing."""
        self._explanation = explanation
        self._lay_out()
        self.update()

    def sizeHint(self) -> QSize:
        """As tall as what it shows."""
        return QSize(320, self._height)

    def minimumSizeHint(self) -> QSize:
        """As tall as what it shows."""
        return QSize(160, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other rows of groups."""
        super().resizeEvent(event)
        self._lay_out()

    # ---------------------------------------------------------------- where what lies

    def _lay_out(self) -> None:
        self._blocks, self._headings, self._pointed = [], [], None
        top = 0.0
        explanation = self._explanation
        if explanation is not None:
            for number, step in enumerate(explanation.steps):
                self._headings.append((top, f"{step.formula}{_legend(step)}"))
                top = self._lay_out_step(number, step, top + LINE)
        if math.ceil(top) != self._height:
            self._height = math.ceil(top)
            self.setFixedHeight(self._height)

    def _lay_out_step(self, number: int, step: Step, top: float) -> float:
        """Place the groups of a step side by side, in as many rows as it takes; where the next one begins."""
        count = sum(min(len(group.values), MOST_TILES) for group in step.groups)
        side = next((side for most, side in _SIDES if count <= most), _SIDES[-1][1])
        left, row_height = 0.0, 0.0
        metrics = QFontMetricsF(text_font(11))
        for group in step.groups:
            terms = min(len(group.values), MOST_TILES)
            fitting = max(1, int(self.width() // side))
            columns = min(-(-terms // max(1, group.rows)), fitting)
            height = side * (1.5 if len(group.columns) > 1 else 1.0)
            rows = -(-terms // max(1, columns))
            width = max(columns * side, metrics.horizontalAdvance(group.name), 72.0)
            if left and left + width > self.width():
                top, left, row_height = top + row_height, 0.0, 0.0
            self._blocks.append(
                Block(number, group, QRectF(left, top, width, LABEL + rows * height + LABEL), columns, side, height)
            )
            left += width + GAP
            row_height = max(row_height, LABEL + rows * height + LABEL + 8)
        return top + row_height + 4

    # ---------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Steps with their tiles."""
        explanation = self._explanation
        if explanation is None:
            return
        painter = QPainter(self)
        painter.setClipRect(self.visibleRegion().boundingRect())  # vector pictures know no scroll area
        for top, formula in self._headings:
            self._write(painter, QRectF(0, top, self.width(), LINE), formula, "text", number_font(12))
        scales = _Scales(explanation)
        for index, block in enumerate(self._blocks):
            if block.rect.adjusted(0, -8, 0, 8).intersects(QRectF(event.rect())):
                pointed = self._pointed[1] if self._pointed and self._pointed[0] == index else -1
                self._paint_block(painter, block, scales, pointed)

    def _paint_block(self, painter: QPainter, block: Block, scales: _Scales, pointed: int) -> None:
        group = block.group
        name = QRectF(block.rect.x(), block.rect.y(), block.rect.width(), LABEL)
        self._write(painter, name, group.name, "second_text", text_font(11))
        upper, lower = scales.colors(group)
        tiles = min(len(group.values), MOST_TILES)
        if block.side < _SINGLE:
            draw_cells(painter, block.tiles(tiles), _cells(upper[:tiles], lower, block.columns))
        else:
            for term in range(tiles):
                self._paint_tile(painter, block, term, int(upper[term]), None if lower is None else int(lower[term]))
        for term in {pointed, group.chosen} - {-1}:
            painter.setPen(QPen(theme().color("accent" if term == pointed else "text"), 2))
            painter.drawRect(block.tile(term).adjusted(1, 1, -2, -2))
        left = QRectF(block.rect.x(), block.rect.bottom() - LABEL, block.rect.width(), LABEL)
        rest = f" · first {tiles:,} of {len(group.values):,} shown" if tiles < len(group.values) else ""
        total = math.fsum(group.counting().tolist())
        sign = "= " if len(group.values) > 1 and group.chosen < 0 else ""
        self._write(painter, left, f"{sign}{short(total)}{rest}", "text", number_font(11))

    def _paint_tile(self, painter: QPainter, block: Block, term: int, upper: int, lower: int | None) -> None:
        tile, side = block.tile(term), block.side - 1
        square = QRectF(tile.x(), tile.y(), side, side)
        strip = QRectF(tile.x(), tile.y() + side, side, block.side / 2)
        painter.fillRect(square, QColor.fromRgb(upper))
        if lower is not None:
            painter.fillRect(strip, QColor.fromRgb(lower))
        if block.side >= _READABLE:
            self._number(painter, square, _upper(block.group)[term], upper)
            if lower is not None:
                self._number(painter, strip, block.group.columns[1].values[term], lower)

    def _number(self, painter: QPainter, box: QRectF, value: float, pixel: int) -> None:
        """A number on a coloured ground, light or dark as can be read there."""
        text = short(float(value))
        painter.setFont(_font_for(text, box.width() - 2))
        ground = QColor.fromRgb(pixel)
        is_dark = 0.299 * ground.red() + 0.587 * ground.green() + 0.114 * ground.blue() < 140
        painter.setPen(theme().color("surface" if is_dark != theme().dark else "text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _write(self, painter: QPainter, room: QRectF, text: str, token: str, font: QFont) -> None:
        painter.setFont(font)
        painter.setPen(theme().color(token))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width() + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    # ---------------------------------------------------------------- what is pointed at

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the term under the pointer."""
        self._point_at(self._term_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        self._point_at(None)
        super().leaveEvent(event)

    def _term_at(self, at: QPointF) -> tuple[int, int] | None:
        for index, block in enumerate(self._blocks):
            column = math.floor((at.x() - block.rect.x()) / block.side)
            row = math.floor((at.y() - block.rect.y() - LABEL) / block.height)
            term = row * block.columns + column
            if 0 <= column < block.columns and row >= 0 and term < min(len(block.group.values), MOST_TILES):
                return index, term
        return None

    def _point_at(self, pointed: tuple[int, int] | None) -> None:
        if pointed == self._pointed:
            return
        self._pointed = pointed
        self.update()
        if pointed is None:
            self.told.emit("", "")
            return
        group, term = self._blocks[pointed[0]].group, pointed[1]
        factors = " × ".join(f"{each.symbol} {each.values[term]!s}{_at(each, term)}" for each in group.columns)
        value = float(group.values[term])
        self.told.emit(factors or group.name, exact_decimal(value) if math.isfinite(value) else str(value))


class _Scales:
    """One colour scale for all values of an explanation, one for all its weights."""

    def __init__(self, explanation: Explanation) -> None:
        groups = [group for step in explanation.steps for group in step.groups]
        is_gradient = explanation.place.what in (What.OUTPUT_GRADIENT, What.PARAMETER_GRADIENT)
        self._upper = "gradient" if is_gradient else "activation"
        self._lower = "weight"
        self._most = {
            True: _largest([_upper(group) for group in groups]),
            False: _largest([group.columns[1].values for group in groups if len(group.columns) > 1]),
        }

    def colors(self, group: Group) -> tuple[Array, Array | None]:
        """0xffRRGGBB of the upper and the lower part of each tile."""
        is_weight = bool(group.columns) and group.columns[0].what in _DIFFERENT_PARTS
        upper = colored(_upper(group), scale_of(np.array([self._most[True]]), "weight" if is_weight else self._upper))
        if len(group.columns) < 2:
            return upper, None
        second = group.columns[1]
        name = "activation" if second.what is What.OUTPUT and second.module_id else self._lower
        return upper, colored(second.values, scale_of(np.array([self._most[False]]), name))


def _font_for(text: str, width: float) -> QFont:
    """The largest in which a number keeps clear of its neighbours."""
    sizes = (number_font(pixels) for pixels in (9, 8, 7, 6))
    return next((each for each in sizes if QFontMetricsF(each).horizontalAdvance(text) <= width), number_font(5))


def _cells(upper: Array, lower: Array | None, columns: int) -> QImage:
    """Many small tiles as one image, a cell wide each: two cells of the upper colour, one of the lower."""
    rows, count = -(-len(upper) // columns), len(upper)
    parts = [upper, upper] if lower is None else [upper, upper, lower[:count]]
    pixels = np.zeros((len(parts), rows * columns), np.uint32)
    for place, part in enumerate(parts):
        pixels[place, :count] = part
    image = np.ascontiguousarray(pixels.reshape(len(parts), rows, columns).swapaxes(0, 1).reshape(-1, columns))
    height, width = image.shape
    return QImage(image.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _upper(group: Group) -> Array:
    """What the upper part of the tiles shows: the first factor, or the term."""
    return group.columns[0].values if group.columns else group.values


def _largest(arrays: list[Array]) -> float:
    sizes = [float(np.abs(each[np.isfinite(each)]).max(initial=0)) for each in arrays]
    return max(sizes, default=0.0) or 1.0


def _legend(step: Step) -> str:
    """What the parts of a tile are."""
    symbols = max(([each.symbol for each in group.columns[:2]] for group in step.groups), key=len, default=[])
    if not symbols:
        return ""
    return f"     tiles: {symbols[0]} above, {symbols[1]} below" if len(symbols) > 1 else f"     tiles: {symbols[0]}"


def _at(column: Column, term: int) -> str:
    place = column.place(term)
    if place is None:
        return " (padding)" if column.module_id else ""
    return f" at {', '.join(map(str, place.index))}"
