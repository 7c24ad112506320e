"""OrderList: texts that are put in order by dragging, or with Alt and the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from convnet_studio.ui.theme import text_font, theme, theme_switch

_LETTERS = 14


class OrderList(QListWidget):
    """The first text stands at the top."""

    chosen = Signal()
    """The order has changed."""
    confirmed = Signal()
    """Enter was pressed."""

    def __init__(self, name: str, texts: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setAccessibleDescription("Drag the rows, or move the chosen one with Alt and the arrow keys.")
        self.setFont(text_font(_LETTERS))
        self.setWordWrap(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSpacing(2)
        for text in texts:
            self.addItem(QListWidgetItem(text))
        self.setCurrentRow(0)
        self.model().rowsMoved.connect(lambda *_: self.chosen.emit())
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    @property
    def texts(self) -> tuple[str, ...]:
        """In their order now."""
        return tuple(self.item(row).text() for row in range(self.count()))

    def move(self, step: int) -> None:  # type: ignore[override]
        """Move the chosen text up or down."""
        row = self.currentRow()
        to = row + step
        if 0 <= to < self.count():
            item = self.takeItem(row)
            self.insertItem(to, item)
            self.setCurrentRow(to)
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt with an arrow moves, Enter confirms."""
        is_arrow = event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if is_arrow and event.modifiers() & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier):
            self.move(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            event.ignore()  # these turn pages
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        rows = sum(self.sizeHintForRow(row) + 2 * self.spacing() for row in range(self.count()))
        return QSize(300, rows + 4)

    def minimumSizeHint(self) -> QSize:
        """The same: it does not scroll."""
        return QSize(120, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()
        self.setFixedHeight(self.sizeHint().height())

    def _recolor(self) -> None:
        colors = theme().colors
        self.setStyleSheet(
            f"QListWidget {{ background: transparent; border: none; outline: none; color: {colors['text']}; }}"
            f"QListWidget::item {{ background: {colors['surface']}; border: 1px solid {colors['line']};"
            f" border-radius: 8px; padding: 7px 10px; color: {colors['text']}; }}"
            f"QListWidget::item:selected {{ background: {colors['accent_soft']}; border-color: {colors['accent']}; }}"
        )
