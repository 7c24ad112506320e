"""ShortcutSheet: every key of the program on one sheet over the window, made from the tables of actions and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.commands.key_caps import caps_width, key_text, paint_caps
from convnet_studio.ui.commands.key_table import KEYS
from convnet_studio.ui.commands.overlay import Overlay
from convnet_studio.ui.theme import text_font, theme, theme_switch
from convnet_studio.ui.window_menu import TITLES

SIZE = (1080, 780)
_COLUMN_WIDTH = 320
_ROW_HEIGHT = 28
_TITLE_HEIGHT = 34
_OR_GAP = 8.0
_WITHOUT_MENU = "Help"


@dataclass(frozen=True)
class Line:
    """One line of the sheet: what the `keys` do."""

    section: str
    text: str
    keys: tuple[str, ...]

    @property
    def told(self) -> str:
        """All its words, for a search."""
        return f"{self.section} {self.text} {' '.join(self.keys)}".casefold()


def lines() -> list[Line]:
    """All lines, from the tables of actions and of keys, in their order."""
    actions = [
        Line(row.menu or _WITHOUT_MENU, row.text.rstrip("…"), (*map(key_text, row.shortcuts), *_own(row.canvas_key)))
        for row in ACTIONS
        if row.shortcuts or row.canvas_key
    ]
    actions.sort(key=lambda each: TITLES.index(each.section))
    return [*actions, *(Line(row.where, row.text, row.keys) for row in KEYS)]


def _own(canvas_key: str) -> tuple[str, ...]:
    return (key_text(canvas_key),) if canvas_key else ()


class ShortcutSheet(Overlay):
    """Typing leaves the lines that match; PageUp and PageDown scroll, Escape closes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, "Keyboard shortcuts", SIZE)
        self.search.setPlaceholderText("Search the keyboard shortcuts…")
        self.search.setAccessibleName("Search the keyboard shortcuts")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        self.column.addWidget(self._area, 1)
        self.column.setContentsMargins(0, 0, 0, 8)
        self._columns = 0
        self._tallest = 0
        self.search.textChanged.connect(self._fill)
        theme_switch().changed.connect(self._fill)

    def show_sheet(self) -> None:
        """Open it with all lines."""
        self.open()
        self._fill()

    def visible_lines(self) -> list[Line]:
        """The lines that the typed words leave."""
        typed = self.search.text().casefold().split()
        return [each for each in lines() if all(word in each.told for word in typed)]

    def takes_key(self, event: QKeyEvent) -> bool:
        """Scrolling, and the key that opened it."""
        bar = self._area.verticalScrollBar()
        step = {
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
        }.get(Qt.Key(event.key()))
        if step is not None:
            bar.setValue(bar.value() + step)
            return True
        if event.key() in (Qt.Key.Key_F1, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
            return True
        return False

    def wanted_height(self) -> int:
        """As high as its longest column."""
        return self.search.height() + self._tallest + 24

    def _place(self, shown: object = None) -> None:
        super()._place(shown)
        if self.isVisible() and self._columns_that_fit() != self._columns:
            self._fill()

    def _columns_that_fit(self) -> int:
        return max(1, (min(SIZE[0], self.width() - 48) - 24) // _COLUMN_WIDTH)

    def _fill(self) -> None:
        """Set the sections in columns of about equal height."""
        self._columns = self._columns_that_fit()
        shown = self.visible_lines()
        sections = list(dict.fromkeys(each.section for each in shown))
        page = QWidget()
        page.setAutoFillBackground(False)
        row = QHBoxLayout(page)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(24)
        heights = {name: _TITLE_HEIGHT + _ROW_HEIGHT * sum(each.section == name for each in shown) for name in sections}
        self._tallest = _TITLE_HEIGHT
        for names in in_columns([heights[name] for name in sections], self._columns):
            column = QVBoxLayout()
            column.setSpacing(0)
            for index in names:
                column.addWidget(_Section(sections[index], [each for each in shown if each.section == sections[index]]))
            column.addStretch(1)
            row.addLayout(column, 1)
            self._tallest = max(self._tallest, sum(heights[sections[index]] for index in names))
        if not shown:
            nothing = QLabel(f"No shortcut is called “{self.search.text()}”.")
            nothing.setFont(text_font(13))
            nothing.setStyleSheet(f"color: {theme().colors['second_text']};")
            row.addWidget(nothing, 1)
        self._area.setWidget(page)
        if self.isVisible():
            super()._place()


def in_columns(heights: Sequence[int], count: int) -> list[list[int]]:
    """Which sections stand in which column: in their order, the highest column as low as it can be."""
    if not heights:
        return [[]]
    for most in sorted({sum(heights[i:j]) for i in range(len(heights)) for j in range(i + 1, len(heights) + 1)}):
        columns: list[list[int]] = [[]]
        for index, height in enumerate(heights):
            if columns[-1] and sum(heights[each] for each in columns[-1]) + height > most:
                columns.append([])
            columns[-1].append(index)
        if len(columns) <= count and all(sum(heights[each] for each in column) <= most for column in columns):
            return columns + [[] for _ in range(count - len(columns))]
    return [list(range(len(heights)))]


class _Section(QWidget):
    """A title and its lines, as rows that a screen reader reads one by one."""

    def __init__(self, title: str, shown: Sequence[Line]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QLabel(title)
        head.setFont(text_font(12, QFont.Weight.DemiBold))
        head.setFixedHeight(_TITLE_HEIGHT)
        head.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        head.setContentsMargins(0, 0, 0, 4)
        head.setStyleSheet(f"color: {theme().colors['second_text']};")
        column.addWidget(head)
        for line in shown:
            column.addWidget(_Row(line))


class _Row(QWidget):
    """What it does at the left, the keys at the right."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self.setFixedHeight(_ROW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{line.text}: {' or '.join(line.keys)}")

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(_COLUMN_WIDTH - 24, _ROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words and keys."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect())
        painter.setFont(text_font(13))
        painter.setPen(theme().color("text"))
        words = painter.fontMetrics().horizontalAdvance(self._line.text)
        shown = list(self._line.keys)
        while len(shown) > 1 and words + 16 + sum(caps_width(key) + _OR_GAP for key in shown) > room.width():
            shown.pop()
        right = room.right()
        for key in reversed(shown):
            paint_caps(painter, key, QRectF(room.left(), room.top(), right - room.left(), room.height()))
            right -= caps_width(key) + _OR_GAP
        painter.setFont(text_font(13))
        painter.setPen(theme().color("text"))
        space = QRectF(room.left(), room.top(), right - room.left(), room.height())
        told = painter.fontMetrics().elidedText(self._line.text, Qt.TextElideMode.ElideRight, round(space.width()))
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, told)
