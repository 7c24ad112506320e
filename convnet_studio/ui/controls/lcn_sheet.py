"""LcnSheet: the arithmetic of one output of a local contrast normalisation: its weighted window, sums and division."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.lcn_bench import LcnArithmetic
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.number_text import exact, short
from convnet_studio.ui.map_images import Scale, colored, scale_of
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import LARGE_RADIUS, number_font, text_font, theme, theme_switch

_PADDING = 12
_HEADING = 24
_ROW = 19
_TILE = 84
_SMALLEST_TILE = 36
_SIGN = 20
_TERMS = 2
_SHORTEST = 36
"""Pixels: a working with less is left out."""
_ROOMY = 380
"""Pixels: in less the lines are written smaller, so that their numbers stay whole."""


@dataclass(frozen=True)
class Line:
    """``name = working = result``, and a remark; a line without a name or a result goes on with the one above."""

    name: str
    working: str
    result: str = ""
    remark: str = ""

    def __str__(self) -> str:
        return " = ".join(each for each in (self.name, self.working, self.result) if each) + self.remark


def lines_of(told: LcnArithmetic, fixed: bool) -> tuple[Line, ...]:
    """The arithmetic in writing; `fixed`: c is a number that was set, not the mean of σ."""
    weights, values = np.broadcast_to(told.weights, told.x.shape).reshape(-1), told.x.reshape(-1)
    largest = np.argsort(-weights, kind="stable")[:_TERMS]
    terms = " + ".join(f"{short(float(weights[i]))}·{short(float(values[i]))}" for i in largest)
    rest = len(weights) - len(largest)
    over = f" / {short(told.excess)}" if told.excess != 1 else ""
    divisor = told.smallest if told.divides_by_smallest else told.deviation
    smallest = "as set" if fixed else "mean of σ"
    relation = ", more than σ" if told.smallest > told.deviation else ", not more than σ"
    return (
        Line("m", "Σ w·x", exact(told.mean)),
        Line("", f"{terms} + … {rest} more"),
        Line("v", f"{exact(told.value)} − {exact(told.mean)}", exact(told.subtracted)),
        Line("σ", f"√(Σ w·v²{over})", exact(told.deviation)),
        Line("c", smallest, exact(told.smallest), relation),
        Line("y", f"{exact(told.subtracted)} / {exact(divisor)}", exact(told.y)),
    )


class LcnSheet(QWidget):
    """Heading, the window as three small pictures (w, x, w·x), and the lines below; what has no room is left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = ""
        self.lines: tuple[Line, ...] = ()
        self._tiles: tuple[tuple[str, Array, Scale], ...] = ()
        self.setAccessibleName("Arithmetic of the marked pixel")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_arithmetic(self, heading: str, told: LcnArithmetic, x: Array, scale: Scale, fixed: bool) -> None:
        """Show how a value comes about.

        Args:
            heading: which one.
            told: its arithmetic.
            x: ``(rows, columns)``, what lies in the window in the map itself; `scale`: in which colours.
            fixed: whether c is a number that was set.
        """
        products = told.weights * x
        signed = "activation" if products.min() < 0 else "non_negative"
        self.heading = heading
        self.lines = lines_of(told, fixed)
        self._tiles = (
            ("w", told.weights, scale_of(told.weights, "non_negative")),
            ("x", x, scale),
            ("w·x", products, scale_of(products, signed)),
        )
        self.setAccessibleDescription("; ".join([heading, *map(str, self.lines)]))
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.heading, self.lines, self._tiles = "", (), ()
        self.setAccessibleDescription("")
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(340, _HEADING + 2 * _PADDING + len(self.lines or (1,) * 6) * _ROW + _TILE + _ROW)

    def minimumSizeHint(self) -> QSize:
        """Where the beginning can be read."""
        return QSize(120, _HEADING + 2 * _PADDING + 2 * _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heading, box, tiles, lines."""
        if not self.lines:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(text_font(13, QFont.Weight.DemiBold))
        painter.setPen(theme().color("text"))
        painter.drawText(QRectF(0, 0, self.width(), _HEADING - 4), Qt.AlignmentFlag.AlignVCenter, self.heading)
        lines_height = len(self.lines) * _ROW
        room = self.height() - _HEADING - 2 * _PADDING - lines_height - _ROW - 8
        tile = min(_TILE, room, (self.width() - 2 * _PADDING - 2 * _SIGN) // 3)
        has_tiles = tile >= _SMALLEST_TILE
        height = lines_height + 2 * _PADDING + (tile + _ROW + 8 if has_tiles else 0)
        box = QRectF(0.5, _HEADING + 0.5, self.width() - 1, min(height, self.height() - _HEADING - 1))
        painter.setPen(QPen(theme().color("line"), 1))
        painter.setBrush(theme().color("surface"))
        painter.drawRoundedRect(box, LARGE_RADIUS, LARGE_RADIUS)
        painter.setClipRect(box)
        top = _HEADING + _PADDING
        if has_tiles:
            self._paint_tiles(painter, top, tile)
            top += tile + _ROW + 8
        for line in self.lines:
            self._paint_line(painter, line, top)
            top += _ROW

    def _paint_tiles(self, painter: QPainter, top: int, side: int) -> None:
        left = float(_PADDING)
        for number, (name, values, scale) in enumerate(self._tiles):
            pixels = np.ascontiguousarray(colored(np.asarray(values, np.float64), scale))
            rows, columns = pixels.shape
            image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
            zoom = side / max(rows, columns)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            draw_cells(painter, QRectF(left, top, columns * zoom, rows * zoom), image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(number_font(12, QFont.Weight.DemiBold))
            painter.setPen(theme().color("text"))
            painter.drawText(QRectF(left, top + side + 2, side, _ROW), Qt.AlignmentFlag.AlignHCenter, name)
            left += side
            if number < len(self._tiles) - 1:
                painter.setFont(number_font(14))
                sign = QRectF(left, top, _SIGN, side)
                painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, "×" if number == 0 else "=")
                left += _SIGN

    def _paint_line(self, painter: QPainter, line: Line, top: float) -> None:
        pixels = 12 if self.width() >= _ROOMY else 11
        plain, bold = number_font(pixels), number_font(pixels, QFont.Weight.DemiBold)
        start = f"{line.name} = " if line.name else "  "
        result = f" = {line.result}" if line.result else ""
        metrics, room = QFontMetricsF(plain), self.width() - 2 * _PADDING
        rest = room - QFontMetricsF(bold).horizontalAdvance(result) - metrics.horizontalAdvance(start)
        working = metrics.elidedText(line.working, Qt.TextElideMode.ElideRight, rest)
        if result and rest < _SHORTEST:
            start, working = line.name, ""
        left = float(_PADDING)
        for text, font, token in (
            (start + working, plain, "second_text"),
            (result, bold, "accent" if line.name == "y" else "text"),
            (line.remark, plain, "second_text"),
        ):
            painter.setFont(font)
            painter.setPen(theme().color(token))
            painter.drawText(QRectF(left, top, room, _ROW), Qt.AlignmentFlag.AlignVCenter, text)
            left += QFontMetricsF(font).horizontalAdvance(text)
