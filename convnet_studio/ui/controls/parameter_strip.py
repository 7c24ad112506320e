"""ParameterStrip: a learnable list of numbers, such as the biases, as one row of cells."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.theme import text_font

_HEIGHT = 20
_LARGEST_CELL = 16.0


class ParameterStrip(QWidget):
    """A name and a row of cells."""

    pointed = Signal(object)
    """Index in the array of the number under the pointer or the keyboard's cursor, or None."""
    picked = Signal(object)
    """Index of the number that was clicked, or on which Enter was pressed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._values: Array = np.zeros(0, np.float32)
        self.sheet = MapSheet(name, _LARGEST_CELL)
        self.sheet.pointed.connect(self._tell)
        self.sheet.picked.connect(lambda tile: self.picked.emit(self._index(tile)))
        self.setFixedHeight(_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Label(name, "second_text", text_font(11)))
        row.addWidget(self.sheet, 1)

    def show_values(self, values: Array, scale: Scale) -> None:
        """Show an array of any shape, in the order in which it lies in memory."""
        self._values = values
        flat = values.reshape(-1, 1, 1)
        self.sheet.setAccessibleName(f"{self._name}: {len(flat)} values")
        self.sheet.show_tiles(colored(flat, scale), columns=len(flat))

    def _index(self, tile: int) -> tuple[int, ...]:
        return tuple(int(each) for each in np.unravel_index(tile, self._values.shape))

    def _tell(self, cell: Cell | None) -> None:
        self.pointed.emit(None if cell is None else self._index(cell.tile))
