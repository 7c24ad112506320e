"""MapsWidget: maps side by side on one scale, with outlined windows; pointing reads a number exactly."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Maps
from convnet_studio.ui.bench_pictures.meaning import scale_for
from convnet_studio.ui.bench_pictures.picture import HEAD, PictureWidget
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.pictures.vector import draw_cells
from convnet_studio.ui.theme import text_font, theme, theme_switch

_NAME, _GAP = 18, 14
_SIDE, _LEAST, _LARGEST = 150, 84, 300
"""Pixels of a map's longer side: as it likes best, at least, and at most."""
_WIDEST_LEGEND = 320


class MapsWidget(PictureWidget):
    """Tiles in rows, each under its name, and one legend of the colours."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps = Maps("", {})
        self._scale = Scale("activation", -1.0, 1.0)
        self._images: list[QImage] = []
        self.colors = LegendBar("Colours")
        self.colors.setParent(self)
        self._pointed: tuple[int, int, int] | None = None
        theme_switch().changed.connect(self._color)

    def take(self, picture: BenchPicture) -> None:
        """Note the maps, and colour them."""
        assert isinstance(picture, Maps)
        self._maps = picture
        self._scale = scale_for(picture.maps.values(), picture.meaning)
        self.colors.show_scale(self._scale, (short(self._scale.low), short(self._scale.high)))
        self._color()
        self._read_cell()
        self._place_parts()

    def _color(self) -> None:
        self._images = []
        for values in self._maps.maps.values():
            pixels = np.ascontiguousarray(colored(np.asarray(values, np.float64), self._scale))
            rows, columns = pixels.shape
            image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
            self._images.append(image.copy())
        self.update()

    def in_words(self) -> str:
        """Sizes, and from where to where the numbers go."""
        sizes = ", ".join(f"{name} {len(each)}×{each.shape[1]}" for name, each in self._maps.maps.items())
        return f"{sizes}; colours from {short(self._scale.low)} to {short(self._scale.high)}"

    # ---------------------------------------------------------------- places

    @property
    def _foot(self) -> int:
        return self.colors.height() + 8

    @property
    def _shape(self) -> tuple[float, float]:
        """Height and width of the room of one map, as parts of the longest side of all."""
        shapes = [each.shape for each in self._maps.maps.values()] or [(1, 1)]
        tall, wide = max(rows for rows, _ in shapes), max(columns for _, columns in shapes)
        return tall / max(tall, wide, 1), wide / max(tall, wide, 1)

    def _columns(self, width: float, height: float) -> int:
        """So many side by side that the maps are as large as there is room for."""
        count = max(1, len(self._maps.maps))
        return max(range(1, count + 1), key=lambda columns: (self._side(columns, width, height), columns))

    def _side(self, columns: int, width: float, height: float) -> float:
        """The longest side of maps, so many side by side."""
        rows = -(-max(1, len(self._maps.maps)) // columns)
        tall, wide = self._shape
        across = (width - (columns - 1) * _GAP) / columns / wide
        return min(across, ((height - (rows - 1) * _GAP) / rows - _NAME) / tall, _LARGEST)

    @property
    def least_width(self) -> int:
        """Many maps have a row of their own."""
        return max(super().least_width, round(len(self._maps.maps) * (_LEAST * self._shape[1] + _GAP)))

    def height_in(self, width: int) -> int:
        """As many maps side by side as are not too small, at the side that is liked best."""
        count = max(1, len(self._maps.maps))
        tall, wide = self._shape
        columns = max(1, min(count, int((width + _GAP) // (_LEAST * wide + _GAP))))
        side = min(_SIDE, (width - (columns - 1) * _GAP) / columns / wide)
        rows = -(-count // columns)
        return HEAD + math.ceil(rows * (side * tall + _NAME + _GAP)) + self._foot

    def tiles(self) -> list[QRectF]:
        """Where the maps lie; a map's cells are square."""
        shapes = [each.shape for each in self._maps.maps.values()]
        room = self.room.adjusted(0, 0, 0, -self._foot)
        columns = self._columns(room.width(), room.height())
        side = max(8.0, self._side(columns, room.width(), room.height()))
        longest = max((max(shape) for shape in shapes), default=1)
        zoom = side / longest
        zoom = math.floor(zoom) if zoom >= 2 else zoom
        wide = max((shape[1] for shape in shapes), default=1) * zoom
        tall = max((shape[0] for shape in shapes), default=1) * zoom
        cell = (max(wide, min(side, _LEAST)) + _GAP, tall + _NAME + _GAP)
        found = []
        for index, shape in enumerate(shapes):
            row, column = divmod(index, columns)
            corner = room.topLeft() + QPointF(column * cell[0], row * cell[1] + _NAME)
            found.append(QRectF(corner.x(), corner.y(), shape[1] * zoom, shape[0] * zoom))
        return found

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        tiles = self.tiles()
        right = max((each.right() for each in tiles), default=80.0)
        bottom = max((each.bottom() for each in tiles), default=self.room.top())
        wide = int(min(max(right, 160.0), _WIDEST_LEGEND, self.width()))
        self.colors.setGeometry(0, int(bottom) + 8, wide, self.colors.height())

    # ---------------------------------------------------------------- painting

    def paint_body(self, painter: QPainter) -> None:
        """Names, maps, windows, and the cell that is read."""
        tiles = self.tiles()
        for name, tile, image in zip(self._maps.maps, tiles, self._images, strict=True):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            draw_cells(painter, tile, image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("line"), 1))
            painter.drawRect(tile.adjusted(-0.5, -0.5, 0.5, 0.5))
            painter.setFont(text_font(11))
            painter.setPen(theme().color("second_text"))
            line = QRectF(tile.left(), tile.top() - _NAME, max(tile.width(), _LEAST), _NAME - 2)
            words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(line.width()))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        names = list(self._maps.maps)
        for name, row, column, rows, columns in self._maps.windows:
            if name in names:
                self._outline(painter, tiles[names.index(name)], names.index(name), (row, column, rows, columns))
        if self._pointed is not None:
            index, row, column = self._pointed
            self._outline(painter, tiles[index], index, (row, column, 1, 1), "text")

    def _outline(
        self, painter: QPainter, tile: QRectF, index: int, window: tuple[int, int, int, int], token: str = "accent"
    ) -> None:
        zoom = tile.width() / max(1, self._images[index].width())
        row, column, rows, columns = window
        box = QRectF(tile.left() + column * zoom, tile.top() + row * zoom, columns * zoom, rows * zoom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((theme().color("surface"), 4), (theme().color(token), 2)):
            painter.setPen(QPen(color, width))
            painter.drawRect(box)

    # ---------------------------------------------------------------- what is read

    def _read_cell(self) -> None:
        shapes = [each.shape for each in self._maps.maps.values()]
        if self._pointed is None or self._pointed[0] >= len(shapes):
            self.read("")
            return
        index, row, column = self._pointed
        if row >= shapes[index][0] or column >= shapes[index][1]:
            self.read("")
            return
        name = list(self._maps.maps)[index]
        self.read(f"{name} · row {row} · column {column}: {self._maps.maps[name][row, column]:.7g}")

    def read(self, words: str) -> None:
        """Where nothing is read, no cell is marked either."""
        if not words:
            self._pointed = None
        super().read(words)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the cell under the pointer."""
        found = None
        for index, tile in enumerate(self.tiles()):
            at = event.position()
            if tile.contains(at) and self._images[index].width():
                zoom = tile.width() / self._images[index].width()
                row, column = int((at.y() - tile.top()) / zoom), int((at.x() - tile.left()) / zoom)
                rows, columns = list(self._maps.maps.values())[index].shape
                found = (index, min(row, rows - 1), min(column, columns - 1))
        self._pointed = found
        self._read_cell()
