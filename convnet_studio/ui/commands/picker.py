"""Picker: a list over the window to choose from by typing a few letters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QLabel, QListWidget, QListWidgetItem, QWidget

from convnet_studio.ui.commands.choice import Choice, Found, find
from convnet_studio.ui.commands.choice_delegate import FOUND, ROW_HEIGHT, ChoiceDelegate
from convnet_studio.ui.commands.overlay import Overlay
from convnet_studio.ui.commands.search_line import HEIGHT as SEARCH_HEIGHT
from convnet_studio.ui.theme import text_font, theme, theme_switch

SIZE = (620, 460)
_HINT_HEIGHT = 32
_PAGE = 8
_LONG = 50
"""Notes of more letters may be cut in their row."""
HINT = "↑ ↓  choose      Enter  take it      Esc  close"
_STEPS = {
    int(Qt.Key.Key_Down): 1,
    int(Qt.Key.Key_Up): -1,
    int(Qt.Key.Key_PageDown): _PAGE,
    int(Qt.Key.Key_PageUp): -_PAGE,
}


class Picker(Overlay):
    """Up and down walk the rows, Enter chooses, Escape closes. `uses` counts what was chosen, by its name."""

    def __init__(self, window: QWidget, uses: dict[str, int] | None = None) -> None:
        super().__init__(window, "Choose", SIZE)
        self._uses = uses if uses is not None else {}
        self._counts = False
        self._choices: Sequence[Choice] = ()
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(ChoiceDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(False)
        self.list.viewport().setAutoFillBackground(False)
        self._hint = QLabel()
        self._hint.setFont(text_font(11))
        self._hint.setFixedHeight(_HINT_HEIGHT)
        self._hint.setContentsMargins(16, 0, 16, 0)
        self.column.addWidget(self.list, 1)
        self.column.addWidget(self._hint)
        self.search.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(self._tell_current)
        self.list.itemClicked.connect(self._choose)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def ask(self, question: str, choices: Sequence[Choice], counts: bool = False) -> None:
        """Let the user choose one of `choices`, whose `act` is then called.

        Args:
            question: stands in the search line while it is empty.
            choices: in the order in which they stand while nothing is typed.
            counts: what is used most stands first, and a choice counts as a use.
        """
        self._choices, self._counts = choices, counts
        self.search.setPlaceholderText(question)
        self.search.setAccessibleName(question.rstrip("…"))
        self.list.setAccessibleName(question.rstrip("…"))
        self.open()
        self._filter("")

    @property
    def current(self) -> Choice | None:
        """The row that Enter would choose."""
        item = self.list.currentItem()
        found: Found | None = item.data(FOUND) if item else None
        return found.choice if found else None

    def rows(self) -> list[Choice]:
        """The rows that are left."""
        return [found.choice for found in (item.data(FOUND) for item in self._items()) if found]

    def takes_key(self, event: QKeyEvent) -> bool:
        """Up, down, Enter, and the keys that opened it."""
        if step := _STEPS.get(event.key()):
            self._step(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item := self.list.currentItem():
                self._choose(item)
        elif event.key() == Qt.Key.Key_K and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.close()
        else:
            return False
        return True

    def wanted_height(self) -> int:
        """As high as its rows."""
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        return SEARCH_HEIGHT + max(rows, ROW_HEIGHT) + 8 + _HINT_HEIGHT

    def _filter(self, typed: str) -> None:
        self.list.clear()
        section = ""
        for found in find(self._choices, typed, self._uses if self._counts else {}):
            if found.section != section:
                section = found.section
                title = QListWidgetItem(section)
                title.setFlags(Qt.ItemFlag.NoItemFlags)
                self.list.addItem(title)
            self.list.addItem(_item_of(found))
        first = next((row for row, item in enumerate(self._items()) if item.data(FOUND)), -1)
        self.list.setCurrentRow(first)
        self.list.scrollToTop()
        if first < 0:
            nothing = f"Nothing here is called “{typed}”." if typed.strip() else "There is nothing to choose from."
            self._say(nothing)
        self.fit()

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _step(self, step: int) -> None:
        rows = [item for item in self._items() if item.data(FOUND)]
        if not rows:
            return
        current = self.list.currentItem()
        place = rows.index(current) + step if current in rows else 0
        is_page = abs(step) > 1
        place = max(0, min(len(rows) - 1, place)) if is_page else place % len(rows)
        self.list.setCurrentItem(rows[place])
        if place == 0:
            self.list.scrollToTop()

    def _choose(self, item: QListWidgetItem) -> None:
        found: Found | None = item.data(FOUND)
        if found is None or found.choice.why_not:
            return  # the reason stands in the row and in the line below
        if self._counts:
            self._uses[found.choice.name] = self._uses.get(found.choice.name, 0) + 1
        self.close()
        found.choice.act()

    def _tell_current(self) -> None:
        choice = self.current
        if choice is None:
            return
        words = choice.why_not or choice.note
        self._say(words if choice.why_not or len(words) > _LONG else HINT)
        told = f"{choice.text}. {words}".rstrip() if words else choice.text
        self.search.setAccessibleDescription(told)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.search, told))

    def _say(self, words: str) -> None:
        self._hint.setText(words)
        self._hint.setAccessibleName(words)

    def sizeHint(self) -> QSize:
        """As large as it may be."""
        return QSize(*SIZE)

    def _recolor(self) -> None:
        colors = theme().colors
        self.list.setStyleSheet("QListWidget { background: transparent; outline: none; padding: 4px 0; }")
        self._hint.setStyleSheet(f"color: {colors['second_text']}; border-top: 1px solid {colors['line']};")
        palette = self.list.palette()
        palette.setColor(QPalette.ColorRole.Base, theme().color("surface"))
        self.list.setPalette(palette)
        self.update()


def _item_of(found: Found) -> QListWidgetItem:
    choice = found.choice
    item = QListWidgetItem(choice.text)
    item.setData(FOUND, found)
    keys = ", ".join(choice.keys)
    words = [choice.text, choice.why_not or choice.note, keys]
    item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(each for each in words if each))
    item.setToolTip(choice.why_not or choice.note)
    return item
