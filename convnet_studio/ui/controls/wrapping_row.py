"""WrappingRow: controls in a row that goes on in the next line where it is narrow, so that no panel is kept wide."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget, QWidgetItem


class WrappingRow(QLayout):
    """Lines of widgets from the left, each as wide as it likes to be; one that expands takes what its line has left.

    Args:
        parts: in reading order.
        spacing: pixels between parts, and between lines.
    """

    def __init__(self, parts: Sequence[QWidget], spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)
        for part in parts:
            self.addWidget(part)

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item; Qt calls this."""
        self._items.append(item)

    def addWidget(self, widget: QWidget) -> None:
        """Append a widget."""
        self.addChildWidget(widget)
        self.addItem(QWidgetItem(widget))

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item `index`; Qt asks past the end, for None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take out the item `index`."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """It wants no more height than its lines need."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Pixels of all lines in this width."""
        return self._place(QRect(0, 0, width, 0), only_measures=True)

    def sizeHint(self) -> QSize:
        """All in one line."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """The widest part in a line of its own."""
        sizes = [item.minimumSize() for item in self._items if not item.isEmpty()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def setGeometry(self, place: QRect) -> None:
        """Lay out anew."""
        super().setGeometry(place)
        self._place(place, only_measures=False)

    def _place(self, place: QRect, only_measures: bool) -> int:
        """Put the parts in lines; returns the height of all."""
        top, lines = place.top(), self._lines(place.width())
        for line in lines:
            height = max(item.sizeHint().height() for item in line)
            if not only_measures:
                self._place_line(line, QRect(place.left(), top, place.width(), height))
            top += height + self.spacing()
        return top - place.top() - (self.spacing() if lines else 0)

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        taken = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wanted = _begins(item)
            if lines and taken + self.spacing() + wanted <= width:
                lines[-1].append(item)
                taken += self.spacing() + wanted
            else:
                lines.append([item])
                taken = wanted
        return lines

    def _place_line(self, line: Sequence[QLayoutItem], place: QRect) -> None:
        expanding = [item for item in line if _expands(item)]
        wanted = sum(map(_begins, line)) + self.spacing() * (len(line) - 1)
        share = max(0, place.width() - wanted) // max(1, len(expanding))
        left = place.left()
        for item in line:
            width = min(_begins(item) + (share if item in expanding else 0), place.width())
            height = item.sizeHint().height()
            item.setGeometry(QRect(left, place.top() + (place.height() - height) // 2, width, height))
            left += width + self.spacing()


def _expands(item: QLayoutItem) -> bool:
    return bool(item.expandingDirections() & Qt.Orientation.Horizontal)


def _begins(item: QLayoutItem) -> int:
    """Pixels that an item takes before what is left is shared out."""
    return (item.minimumSize() if _expands(item) else item.sizeHint()).width()
