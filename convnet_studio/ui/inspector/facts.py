"""Facts: named values in two columns, none of which can be changed here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.theme import number_font, text_font

_NAME_WIDTH = 92


class Facts(QWidget):
    """A few lines of name and value; values may be marked and copied.

    Args:
        names: of the lines. `name_width`: pixels of their column.
    """

    def __init__(self, names: Sequence[str], name_width: int = _NAME_WIDTH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Label] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, name in enumerate(names):
            label = Label(name, "second_text", text_font(12))
            label.setFixedWidth(name_width)
            value = Label("", "text", number_font(12))
            value.setWordWrap(True)
            value.setMinimumWidth(1)
            self._values[name] = value
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)

    def show_fact(self, name: str, value: str) -> None:
        """Replace one value."""
        self._values[name].show_text(value)
        self._values[name].setAccessibleName(f"{name}: {value}")

    def fact(self, name: str) -> str:
        """The value shown."""
        return self._values[name].text()
