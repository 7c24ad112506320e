"""PixelPane: a picture of numbers with its formula above and the legend of its colours below."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.pixel_canvas import PixelCanvas
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.theme import number_font, text_font

_GAP = 4
_HEADING = 20
_FORMULA_FIRST = 1000
"""Stretch of the formula, which has all the room it can use before the word gets any."""
_NARROWEST = 96
"""Of a legend, so that its two ends can be read."""


class PixelPane(QWidget):
    """A heading, a PixelCanvas, a legend as wide as the picture.

    Args:
        symbol: of the numbers, such as ``v = x − m``; may be empty.
        word: what they are.
        is_painted_on: whether it tells strokes.
    """

    def __init__(self, symbol: str, word: str, is_painted_on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = ElidedLabel(word, "second_text" if symbol else "text", text_font(12))
        self.canvas = PixelCanvas(word, is_painted_on)
        self.legend = LegendBar(f"Colours of {word}", self)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.heading.setFixedHeight(_HEADING)
        if symbol:
            font = number_font(13, QFont.Weight.DemiBold)
            formula = ElidedLabel(symbol, "text", font)
            formula.setMaximumWidth(math.ceil(QFontMetricsF(font).horizontalAdvance(symbol)) + 1)
            row.addWidget(formula, _FORMULA_FIRST)
        row.addWidget(self.heading, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, self.legend.height() + _GAP)
        column.setSpacing(_GAP)
        column.addLayout(row)
        column.addWidget(self.canvas, 1)
        self.canvas.reshaped.connect(self._place_legend)

    def show_values(self, values: Array | None, scale: Scale | None) -> None:
        """Show numbers ``(height, width)`` in the colours of a scale; None: nothing."""
        self.canvas.show_pixels(colored(values, scale) if values is not None and scale else None)
        ends = (short(scale.low), short(scale.high)) if scale else None
        self.legend.show_scale(scale if values is not None else None, ends)

    def show_pixels(self, pixels: NDArray[np.uint32]) -> None:
        """Show a picture as people see it, which needs no legend."""
        self.canvas.show_pixels(pixels)
        self.legend.show_scale(None)

    def _place_legend(self) -> None:
        """Right below the picture, wherever that ends."""
        box = self.canvas.box.translated(self.canvas.pos())
        width = max(_NARROWEST, round(box.width()))
        self.legend.setGeometry(round(box.left()), round(box.bottom()) + _GAP, width, self.legend.height())
        self.legend.raise_()
