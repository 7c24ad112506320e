"""PaneGrid: a few panes in rows and columns, as many side by side as lets their pictures be largest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.controls.scrolling import steady_width

_GAP = 16
_NARROW, _NARROW_WITH_TEXT = 400, 620
"""Pixels: in less, panes stand in two or three columns and scroll, so that their numbers can be read."""
_LEAST_CELL, _LEAST_PICTURE = 150, 110
"""Pixels: of smaller pictures nothing can be told, nor their headings be read."""
_AROUND = 56
"""Pixels of a pane's height that are not picture: heading and legend."""


class PaneGrid(QWidget):
    """Equal cells in reading order; where it is narrow, few columns that need a scroll area around them.

    Args:
        panes: in reading order.
        text: the one of them that is more text than picture: it then has a line of its own below the others.
    """

    def __init__(self, panes: Sequence[QWidget], text: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panes = tuple(panes)
        self._text = text
        for pane in self._panes:
            pane.setParent(self)

    @property
    def columns(self) -> int:
        """Panes side by side."""
        count = len(self._panes)
        fitting = [
            each for each in range(1, count + 1) if count % each == 0 and self._cell(each).width() >= _LEAST_CELL
        ]
        return max(fitting, key=self._side, default=1)

    def _side(self, columns: int) -> float:
        cell = self._cell(columns)
        return min(cell.width(), cell.height() - _AROUND)

    def _cell(self, columns: int) -> QSize:
        rows = -(-len(self._panes) // columns)
        width = (self.width() - (columns - 1) * _GAP) // columns
        return QSize(width, (self._room - (rows - 1) * _GAP) // rows)

    @property
    def _room(self) -> int:
        """Pixels of height there are without scrolling."""
        frame = self.parentWidget()
        return frame.height() if frame else self.height()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(720, 480)

    def minimumSizeHint(self) -> QSize:
        """Where there is still something to see."""
        return QSize(160, self._narrow_height() if self._is_narrow else 160)

    @property
    def _is_narrow(self) -> bool:
        return steady_width(self) < self._narrow or self._side(self.columns) < _LEAST_PICTURE

    @property
    def _narrow(self) -> int:
        return _NARROW_WITH_TEXT if self._text is not None else _NARROW

    @property
    def _narrow_columns(self) -> int:
        return 3 if steady_width(self) >= _NARROW else 2

    @property
    def _narrow_side(self) -> int:
        columns = self._narrow_columns
        return (steady_width(self) - (columns - 1) * _GAP) // columns

    def _narrow_height(self) -> int:
        """Pixels of the pictures in a few columns and of the text below them."""
        columns = self._narrow_columns
        rows = -(-(len(self._panes) - (self._text is not None)) // columns)
        return rows * (self._narrow_side + _AROUND + _GAP) + (self._text.sizeHint().height() if self._text else -_GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self.updateGeometry()
        if self._is_narrow:
            self._place_narrow()
            return
        columns = self.columns
        cell = self._cell(columns)
        for number, pane in enumerate(self._panes):
            row, column = divmod(number, columns)
            left, top = column * (cell.width() + _GAP), row * (cell.height() + _GAP)
            pane.setGeometry(QRect(left, top, cell.width(), cell.height()))

    def _place_narrow(self) -> None:
        """The pictures in a few columns, the text below them."""
        columns, side, top = self._narrow_columns, self._narrow_side, 0
        pictures = [each for each in self._panes if each is not self._text]
        for number, pane in enumerate(pictures):
            row, column = divmod(number, columns)
            top = row * (side + _AROUND + _GAP)
            pane.setGeometry(QRect(column * (side + _GAP), top, side, side + _AROUND))
            top += side + _AROUND + _GAP
        if self._text is not None:
            self._text.setGeometry(QRect(0, top, self.width(), self._text.sizeHint().height()))
