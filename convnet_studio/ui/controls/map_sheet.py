"""MapSheet: many maps side by side, sharp and as large as they fit; pointing at a cell says which."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.ui.controls.outlines import draw_outlines
from convnet_studio.ui.controls.sheet_layout import GAP, LARGEST_ZOOM, Cell, SheetLayout, best_layout
from convnet_studio.ui.pictures.vector import draw_cells, is_vector
from convnet_studio.ui.theme import number_font, theme, theme_switch

_SMALLEST_RING = 6.0
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class MapSheet(QWidget):
    """Paints tiles of coloured cells. It knows no numbers: who fills it answers `pointed` with the value.

    Args:
        name: for people who do not see it.
        largest_zoom: pixels a cell at most.
    """

    pointed = Signal(object)
    """Cell under the pointer or the keyboard's cursor, or None."""
    reshaped = Signal()
    """Other tiles are shown, which may want to be laid out otherwise."""
    picked = Signal(int)
    """Tile that was clicked, or on which Enter was pressed."""

    def __init__(
        self,
        name: str,
        largest_zoom: float = LARGEST_ZOOM,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._largest_zoom = largest_zoom
        self._columns = 0
        self._labels: tuple[str, ...] = ()
        self._tiles = QPixmap()
        self._shape = (0, 1, 1)
        self._layout: SheetLayout | None = None
        self._pointed: Cell | None = None
        self._outlined: tuple[NDArray[np.bool_] | None, ...] = (None, None)
        self._tallest = 0
        self._hug_soon = QTimer(self, singleShot=True, interval=0)
        self._hug_soon.timeout.connect(self._hug)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_tiles(self, pixels: NDArray[np.uint32], columns: int = 0, labels: Sequence[str] = ()) -> None:
        """Show tiles ``(count, height, width)`` of 0xffRRGGBB.

        Args:
            pixels: the cells in their colours.
            columns: tiles in a row; 0: whatever lets them be largest.
            labels: of the tiles, or of the rows where `columns` is given (its columns are then numbered); none: none.
        """
        if (pixels.shape, columns) != (self._shape, self._columns) or bool(labels) != bool(self._labels):
            self._shape, self._columns, self._layout = pixels.shape, columns, None
            self._point_at(None)
            self._labels = tuple(labels)
            self._hug()
            self.reshaped.emit()
        self._labels = tuple(labels)
        count, height, width = pixels.shape
        packed = np.ascontiguousarray(pixels)
        image = QImage(packed.data, width, count * height, 4 * width, QImage.Format.Format_RGB32)
        self._tiles = QPixmap.fromImage(image)
        self.update()

    def outline(self, seen: NDArray[np.bool_] | None, touched: NDArray[np.bool_] | None) -> None:
        """Draw solid lines around the cells `seen`, dashed ones around those `touched`; None: around nothing.

        Masks are shaped as the tiles, ``(count, height, width)``; any others are not drawn.
        """
        if any(mask is not None for mask in (seen, touched, *self._outlined)):
            self._outlined = seen, touched
            self.update()

    @property
    def outlines(self) -> tuple[list[QRectF], list[QRectF]]:
        """What is outlined, in pixels: what was `seen`, and what was `touched`."""
        layout = self.layout_now
        seen, touched = (
            layout.boxes_of(mask) if layout is not None and mask is not None and mask.shape == self._shape else []
            for mask in self._outlined
        )
        return seen, touched

    def clear(self) -> None:
        """Show nothing."""
        self._shape, self._layout = (0, 1, 1), None
        self._point_at(None)
        self.update()

    def hug(self, tallest: int) -> None:
        """From now on be only as tall as the tiles need at the width there is, at most `tallest`."""
        self._tallest = tallest
        self._hug()

    def _hug(self) -> None:
        if self._tallest and self._shape[0]:
            height = math.ceil(self._layout_in(self.width(), self._tallest).size[1])
            if self.minimumHeight() != height or self.maximumHeight() != height:
                self.setFixedHeight(height)
                self._settle()

    def _settle(self) -> None:
        """Lay out everything around at once: Qt would do it parent by parent, a frame each."""
        ancestor = self.parentWidget()
        while ancestor is not None:
            if layout := ancestor.layout():
                layout.activate()
            ancestor = ancestor.parentWidget()

    @property
    def layout_now(self) -> SheetLayout | None:
        """Where the tiles lie; None while there are none."""
        if self._layout is None and self._shape[0] and self.width() > 0:
            self._layout = self._layout_in(self.width(), self.height())
        return self._layout

    def zoom_in(self, width: int, height: int) -> float:
        """How large cells would be in a room of this size; 0 while there are none."""
        return self._layout_in(max(1, width), max(1, height)).zoom if self._shape[0] else 0.0

    def _layout_in(self, width: int, height: int) -> SheetLayout:
        return best_layout(
            self._shape,
            (width, height),
            columns=self._columns,
            labelled=bool(self._labels),
            ratio=self.devicePixelRatioF(),
            gap=self._gap,
            largest_zoom=self._largest_zoom,
        )

    @property
    def _gap(self) -> float:
        """Single values stand close."""
        return 1.0 if self._shape[1:] == (1, 1) else GAP

    @property
    def pointed_cell(self) -> Cell | None:
        """The cell under the pointer or the keyboard's cursor."""
        return self._pointed

    def _point_at(self, cell: Cell | None) -> None:
        if cell != self._pointed:
            self._pointed = cell
            self.pointed.emit(cell)
            self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(256, 224)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(120, 24)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._layout = None
        if self._tallest:
            self._hug_soon.start()  # a layout must not be changed while it is at work

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the pointer."""
        at = event.position()
        self._point_at(self.layout_now.cell_at(at.x(), at.y()) if self.layout_now else None)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self._point_at(None)
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard's cursor appears on the first cell: that is how the focus is seen."""
        super().focusInEvent(event)
        if self._shape[0] and self._pointed is None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._point_at(Cell(0, 0, 0))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard has moved on."""
        self._point_at(None)
        super().focusOutEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Point, so that a touch without a hover works too."""
        self.mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click picks what it points at."""
        if (
            event.button() == Qt.MouseButton.LeftButton
            and self._pointed
            and self.rect().contains(event.position().toPoint())
        ):
            self.picked.emit(self._pointed.tile)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move from cell to cell, Enter picks."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step and self._shape[0]:
            self._point_at(self._neighbour(*step) if self._pointed else Cell(0, 0, 0))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._pointed:
            self.picked.emit(self._pointed.tile)
        else:
            super().keyPressEvent(event)

    def _neighbour(self, down: int, right: int) -> Cell:
        """The next cell in a direction, across the gap to the neighbouring tile; at the rim the cell itself."""
        assert self._pointed
        assert self.layout_now
        count, height, width = self._shape
        columns = self.layout_now.columns
        tile_row, tile_column = divmod(self._pointed.tile, columns)
        tile_down, row = divmod(self._pointed.row + down, height)
        tile_right, column = divmod(self._pointed.column + right, width)
        tile_row, tile_column = tile_row + tile_down, tile_column + tile_right
        tile = tile_row * columns + tile_column
        is_inside = tile_row >= 0 and 0 <= tile_column < columns and tile < count
        return Cell(tile, row, column) if is_inside else self._pointed

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tiles, numbers, outlines, and a ring around the cell pointed at."""
        layout = self.layout_now
        painter = QPainter(self)
        if layout is not None:
            self._paint_tiles(painter, layout)
            self._paint_labels(painter, layout)
            draw_outlines(painter, *self.outlines)
            if self._pointed is not None:
                self._paint_pointed(painter, layout, self._pointed)

    def _paint_tiles(self, painter: QPainter, layout: SheetLayout) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, layout.zoom * self.devicePixelRatioF() < 1)
        for index in range(layout.count):
            source = QRectF(0, index * layout.height, layout.width, layout.height)
            if is_vector(painter):
                draw_cells(painter, layout.tile(index), self._tiles.copy(source.toRect()).toImage())
            else:
                painter.drawPixmap(layout.tile(index), self._tiles, source)

    def _paint_labels(self, painter: QPainter, layout: SheetLayout) -> None:
        painter.setFont(number_font(10))
        painter.setPen(theme().color("second_text"))
        if layout.left:
            self._paint_headers(painter, layout)
        elif layout.label:
            for index, label in enumerate(self._labels):
                tile = layout.tile(index)
                painter.drawText(QPointF(tile.x(), tile.y() - 3), label)

    def _paint_headers(self, painter: QPainter, layout: SheetLayout) -> None:
        """Numbers of the columns above, labels of the rows at the left, as many as do not touch each other."""
        across, down = layout.pitch
        every_column = max(1, math.ceil(20 / across))
        for column in range(0, layout.columns, every_column):
            tile = layout.tile(column)
            painter.drawText(QPointF(tile.x(), tile.y() - 4), str(column))
        every_row = max(1, math.ceil(11 / down))
        for row in range(0, layout.rows, every_row):
            tile = layout.tile(row * layout.columns)
            line = QRectF(0, tile.center().y() - 7, layout.left - 6, 14)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._labels[row])

    def _paint_pointed(self, painter: QPainter, layout: SheetLayout, cell: Cell) -> None:
        box = layout.cell_rect(cell)
        spare = max(0.0, _SMALLEST_RING - box.width()) / 2
        box.adjust(-spare, -spare, spare, spare)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("surface"), 3))  # a seam, so that the ring shows on every colour
        painter.drawRect(box)
        painter.setPen(QPen(theme().color("accent"), 1.5))
        painter.drawRect(box)
