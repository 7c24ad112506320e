"""ParameterStrip: a learnable list of numbers, such as the biases, as one row of cells."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.theme import text_font

_HEIGHT = 20
_LARGEST_CELL = 16.0


class ParameterStrip(QWidget):
    """A name and a row of cells."""

    read = Signal(str, str)
    """(place, exact value) of what is pointed at; both empty: nothing is."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._values: Array = np.zeros(0, np.float32)
        self.sheet = MapSheet(name, _LARGEST_CELL)
        self.sheet.pointed.connect(self._tell)
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

    def _tell(self, cell: Cell | None) -> None:
        if cell is None:
            self.read.emit("", "")
            return
        index = np.unravel_index(cell.tile, self._values.shape)
        place = f"{self._name}[{', '.join(str(int(each)) for each in index)}]"
        self.read.emit(place, exact(self._values[index]))
