"""KindList: a list of modules under the titles of their families, searched, walked with keys and dragged from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from convnet_studio.ui.palette.entries import Entry, kind_entries
from convnet_studio.ui.palette.ghost import ghost_pixmap
from convnet_studio.ui.palette.row_delegate import ENTRY, SECTION, RowDelegate
from convnet_studio.ui.theme import theme, theme_switch

MODULE_MIME = "application/x-convnet-module"
"""What a drag from the palette carries: the kind, as UTF-8 text."""
STAGE_MIME = "application/x-convnet-stage"
"""What a drag of a ready stage carries: its name, as UTF-8 text."""
GHOST_GRASP = QPointF(-16.0, -16.0)
"""Where the mouse holds a dragged card: outside, so that what it would land on is seen."""


class KindList(QListWidget):
    """Rows of entries; `chosen` tells the name of the row that was clicked, entered or double-clicked."""

    chosen = Signal(str)
    typed = Signal(str)
    """Letters that were typed while the list had the focus, meant for the search field."""

    def __init__(self, is_draggable: bool) -> None:
        super().__init__()
        self._is_draggable = is_draggable
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setDragEnabled(is_draggable)
        self.setMouseTracking(True)
        self.setItemDelegate(RowDelegate(self))
        self.setAutoScroll(False)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        if is_draggable:
            self.itemDoubleClicked.connect(self._choose)
        else:
            self.itemClicked.connect(self._choose)
        self._recolor()
        theme_switch().changed.connect(self._recolor)

    def show_kinds(self, kinds: Iterable[str]) -> None:
        """Show these modules and losses."""
        self.show_entries(kind_entries(kinds))

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these rows under the titles of their sections."""
        self.clear()
        section = ""
        for entry in entries:
            if entry.section != section:
                section = entry.section
                self._add_title(section)
            item = QListWidgetItem(entry.name)
            item.setData(ENTRY, entry)
            item.setToolTip(f"{entry.word}\n{entry.help}" if entry.word and entry.word != entry.help else entry.help)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.shown}, {entry.word}, {section}")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, entry.help)
            self.addItem(item)

    def filter(self, text: str) -> bool:
        """Leave only the rows that match `text`, the best of them current; False if there are none."""
        found: set[str] = set()
        best: tuple[int, QListWidgetItem] | None = None
        for item in self._items():
            entry: Entry | None = item.data(ENTRY)
            if entry is not None:
                item.setHidden(not entry.matches(text))
                if not item.isHidden():
                    found.add(entry.section)
                    if best is None or entry.distance(text) < best[0]:
                        best = entry.distance(text), item
        for item in self._items():
            if item.data(ENTRY) is None:
                item.setHidden(item.data(SECTION) not in found)
        self.setVisible(bool(found))
        if text and best:
            self.setCurrentItem(best[1])
        elif not text:
            self.setCurrentRow(-1)
            self.scrollToTop()
        return bool(found)

    def take_key(self, key: int) -> bool:
        """Whether a key pressed in the search field meant something here: up, down, Enter."""
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Down else -1)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.currentItem() or next(iter(self._rows()), None)
            if item is not None and not item.isHidden():
                self._choose(item)
            return True
        return False

    def visible_names(self) -> list[str]:
        """The names of the rows that are not filtered out."""
        return [item.text() for item in self._rows()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows are as high as their words need at this width."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the current module or stage away."""
        item = self.currentItem()
        entry: Entry | None = item.data(ENTRY) if item else None
        if not self._is_draggable or entry is None or (entry.family is None and not entry.slots):
            return
        mime = QMimeData()
        mime.setData(STAGE_MIME if entry.slots else MODULE_MIME, entry.name.encode())
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.setPixmap(ghost_pixmap(entry, self.devicePixelRatioF()))
        drag.setHotSpot(GHOST_GRASP.toPoint())
        drag.exec(Qt.DropAction.CopyAction)
        self.setCurrentRow(-1)  # it is on the canvas now, or was let go of

    def event(self, event: QEvent) -> bool:
        """Letters are meant for the search, also those that are shortcuts of the window."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_letter(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down walk the rows, Enter chooses, letters go to the search field."""
        if self.take_key(event.key()):
            return
        if _is_letter(event):
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(index) for index in range(self.count())]

    def _rows(self) -> list[QListWidgetItem]:
        return [item for item in self._items() if item.data(ENTRY) is not None and not item.isHidden()]

    def _step(self, step: int) -> None:
        rows = self._rows()
        current = self.currentItem()
        at = rows.index(current) + step if current in rows else 0 if step > 0 else len(rows) - 1
        if rows:
            self.setCurrentItem(rows[max(0, min(len(rows) - 1, at))])

    def _add_title(self, section: str) -> None:
        title = QListWidgetItem(section)
        title.setData(SECTION, section)
        title.setFlags(Qt.ItemFlag.NoItemFlags)
        self.addItem(title)

    def _choose(self, item: QListWidgetItem) -> None:
        if item.data(ENTRY) is not None:
            self.chosen.emit(item.text())

    def _recolor(self) -> None:
        self.setStyleSheet(f"QListWidget {{ background: {theme().colors['surface']}; outline: none; }}")


def _is_letter(event: QKeyEvent) -> bool:
    is_plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return is_plain and bool(event.text()) and event.text().isprintable()
