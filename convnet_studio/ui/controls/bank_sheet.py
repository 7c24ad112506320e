"""BankSheet: the filters of a bank, and how many coefficients of each two codes use."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Array
from convnet_studio.ui.controls.color_scope import stretched_to_own_end
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.read_out import ReadOut
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored
from convnet_studio.ui.theme import text_font

_HINT = "Point at a filter"


class BankSheet(QWidget):
    """Tiles with two numbers each: coefficients without LCN, and with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[Array, Array] | None = None
        self.heading = ElidedLabel("Coefficients of each filter, without : with", "text", text_font(12))
        self.sheet = MapSheet("Filters and their coefficients")
        self.read_out = ReadOut(_HINT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.sheet, 1)
        column.addWidget(self.read_out)
        self.sheet.pointed.connect(self._read)

    def show_bank(self, atoms: Array, without: Array, with_lcn: Array) -> None:
        """Show filters ``(count, maps, side, side)``, of each its first map it is not 0 in, and counts ``(count,)``."""
        self._counts = without, with_lcn
        strongest = (atoms**2).sum(axis=(2, 3)).argmax(axis=1)
        tiles = stretched_to_own_end(atoms[range(len(atoms)), strongest])
        labels = [f"{a}:{b}" for a, b in zip(without, with_lcn, strict=True)]
        self.sheet.show_tiles(colored(tiles, Scale("weight", -1.0, 1.0)), labels=labels)
        self._read(self.sheet.pointed_cell)

    def _read(self, cell: Cell | None) -> None:
        if cell is None or self._counts is None or cell.tile >= len(self._counts[0]):
            self.read_out.show_value("", "")
            return
        without, with_lcn = (int(each[cell.tile]) for each in self._counts)
        self.read_out.show_value(f"filter {cell.tile}", f"{without} without LCN, {with_lcn} with it")
