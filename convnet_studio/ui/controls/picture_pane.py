"""PicturePane: one picture of numbers, large, under a caption and over its colours; pointing reads a pixel exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.unit import Box
from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.color_scope import largest, scale_up_to
from convnet_studio.ui.controls.label import Caption, ElidedLabel
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored, rgb_pixels
from convnet_studio.ui.theme import number_font, theme, theme_switch

_HEAD = 16


class FramedSheet(MapSheet):
    """A MapSheet with a frame around some of the cells of every tile."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._frame: Box | None = None

    def frame(self, box: Box | None) -> None:
        """Draw a frame around rows and columns, or none."""
        if box != self._frame:
            self._frame = box
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles, and the frame."""
        super().paintEvent(event)
        layout = self.layout_now
        if layout is None or self._frame is None or len(self._frame) != 2:
            return
        rows, columns = self._frame
        painter = QPainter(self)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index in range(layout.count):
            tile, zoom = layout.tile(index), layout.zoom
            box = QRectF(
                tile.x() + columns.start * zoom,
                tile.y() + rows.start * zoom,
                (columns.stop - columns.start) * zoom,
                (rows.stop - rows.start) * zoom,
            )
            painter.setPen(QPen(theme().color("surface"), 4))
            painter.drawRect(box)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRect(box)


class PicturePane(QWidget):
    """Caption, picture, what is read, and the colours.

    Args:
        name: what it shows, for people who do not see it too.
    """

    pointed = Signal(object)
    """(row, column) under the pointer or the keyboard's cursor, or None."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._values: Array = np.zeros((0, 1, 1))
        self._scale: Scale | None = None
        self.caption = Caption(name)
        self.sheet = FramedSheet(name)
        self.reading = ElidedLabel("", "second_text", number_font(11))
        self.legend = LegendBar(f"Colours of {name}")
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for part in (self.caption, self.reading, self.sheet, self.legend):
            part.setParent(self)
        self.sheet.pointed.connect(self._read)
        self.sheet.reshaped.connect(self._place_parts)
        self.setMinimumSize(72, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self._paint_values)

    def show_caption(self, text: str) -> None:
        """Replace the caption."""
        if text != self.caption.text():
            self.caption.show_text(text)
            self._place_parts()

    def show_values(self, values: Array, map_name: str, scale: Scale | None = None) -> None:
        """Show ``(channel, height, width)``: three channels as colours, others side by side.

        Args:
            values: the picture.
            map_name: of its colours; ``picture`` for pixels in 0 .. 1.
            scale: None: up to the largest value.
        """
        self._values = values
        self._scale = scale or scale_up_to(largest(values), map_name)
        self._paint_values()

    def clear(self) -> None:
        """Show nothing."""
        self._values, self._scale = np.zeros((0, 1, 1)), None
        self.sheet.clear()
        self.legend.show_scale(None)
        self._read(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        """The colours stand right below the picture, and are as wide; they keep their room where there are none.

        So pictures side by side are equally large.
        """
        words = self.caption.sizeHint()
        self.caption.setGeometry(0, 0, words.width(), _HEAD)
        left = words.width() + 8
        top = _HEAD + 4
        foot = self.legend.height() + 6
        self.sheet.setGeometry(0, top, self.width(), max(24, self.height() - top - foot))
        layout = self.sheet.layout_now
        width, height = layout.size if layout is not None else (self.width(), self.sheet.height())
        self.reading.setGeometry(left, 0, max(0, max(round(width), 160) - left), _HEAD)
        self.legend.setGeometry(
            0, top + min(round(height), self.sheet.height()) + 6, round(width), self.legend.height()
        )

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(280, 320)

    def _paint_values(self) -> None:
        if self._scale is None or not self._values.size:
            return
        self.sheet.show_tiles(picture_pixels(self._values, self._scale))
        is_coloured = len(self._values) == 3
        if self.legend.isHidden() != (is_plain := is_coloured or self._scale.map_name == "picture"):
            self.legend.setVisible(not is_plain)
            self._place_parts()
        self.legend.show_scale(self._scale)
        self._read(self.sheet.pointed_cell)

    def _read(self, cell: Cell | None) -> None:
        if cell is None or not self._values.size or cell.row >= self._values.shape[1]:
            self.reading.show_text("")
            self.pointed.emit(None)
            return
        channels = self._values if len(self._values) == 3 else self._values[cell.tile : cell.tile + 1]
        numbers = " ".join(exact(each[cell.row, cell.column]) for each in channels)
        self.reading.show_text(f"row {cell.row} · column {cell.column}: {numbers}")
        self.pointed.emit((cell.row, cell.column))


def picture_pixels(values: Array, scale: Scale) -> NDArray[np.uint32]:
    """Tiles of 0xffRRGGBB for ``(channel, height, width)``: three channels as one coloured tile, else one for each.

    Signed colours stand about the middle grey, which means 0.
    """
    if len(values) != 3:
        return colored(values, scale)
    span = scale.high - scale.low
    return rgb_pixels((values - scale.low) / (span if span > 0 else 1))[None]
