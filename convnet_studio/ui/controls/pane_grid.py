"""PaneGrid: a few panes in rows and columns, as many side by side as lets their pictures be largest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

_GAP = 16
_AROUND = 56
"""Pixels of a pane's height that are not picture: heading and legend."""


class PaneGrid(QWidget):
    """Equal cells in reading order."""

    def __init__(self, panes: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panes = tuple(panes)
        for pane in self._panes:
            pane.setParent(self)

    @property
    def columns(self) -> int:
        """Panes side by side."""
        count = len(self._panes)
        fitting = [each for each in range(1, count + 1) if count % each == 0]
        return max(fitting, key=self._side)

    def _side(self, columns: int) -> float:
        cell = self._cell(columns)
        return min(cell.width(), cell.height() - _AROUND)

    def _cell(self, columns: int) -> QSize:
        rows = -(-len(self._panes) // columns)
        width = (self.width() - (columns - 1) * _GAP) // columns
        return QSize(width, (self.height() - (rows - 1) * _GAP) // rows)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(720, 480)

    def minimumSizeHint(self) -> QSize:
        """Where there is still something to see."""
        return QSize(160, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        columns = self.columns
        cell = self._cell(columns)
        for number, pane in enumerate(self._panes):
            row, column = divmod(number, columns)
            left, top = column * (cell.width() + _GAP), row * (cell.height() + _GAP)
            pane.setGeometry(QRect(left, top, cell.width(), cell.height()))
