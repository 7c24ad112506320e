"""Outlines of what a number is computed from, and of what it can touch, alike wherever numbers are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from convnet_studio.ui.theme import theme

SEAM = 3.0
_LINE = 1.5


def draw_outlines(painter: QPainter, seen: Sequence[QRectF], touched: Sequence[QRectF]) -> None:
    """Solid lines around what a number sees, dashed ones around what it can touch; as wide at any zoom.

    A seam lies below them, so that they show on every colour.
    """
    painter.setBrush(Qt.BrushStyle.NoBrush)
    accent, seam = theme().color("accent"), theme().color("surface")
    for boxes, style in ((touched, Qt.PenStyle.DashLine), (seen, Qt.PenStyle.SolidLine)):
        for color, width, line in ((seam, SEAM, Qt.PenStyle.SolidLine), (accent, _LINE, style)):
            pen = QPen(color, width, line)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRects(list(boxes))
