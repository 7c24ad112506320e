"""KindMenu: a small search menu of modules that opens under the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from convnet_studio.ui.palette.kind_list import KindList
from convnet_studio.ui.palette.search_field import SearchField
from convnet_studio.ui.theme import text_font, theme

SIZE = (232, 300)


class KindMenu(QFrame):
    """Typing filters, Enter or a click chooses, Escape closes."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host, Qt.WindowType.Popup)
        self.setObjectName("kind_menu")
        self._take: Callable[[str], object] | None = None
        self.search = SearchField("Search what fits…")
        self.list = KindList(is_draggable=False)
        self.list.setAccessibleName("Modules that fit")
        self.list.chosen.connect(self._choose)
        self._none = QLabel("Nothing here fits that port.")
        self._none.setFont(text_font(12))
        self._none.setWordWrap(True)
        self._none.setMargin(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self._none)
        column.addWidget(self.list, 1)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.resize(*SIZE)

    def ask(
        self, kinds: Iterable[str], at: QPoint, take: Callable[[str], object], hint: str = "Search what fits…"
    ) -> None:
        """Open at the screen position `at`; `take` gets the chosen kind; `hint` stands in the empty field."""
        self.search.setPlaceholderText(hint)
        self.search.setAccessibleName(hint.rstrip("…"))
        colors = theme().colors
        self.setStyleSheet(
            f"#kind_menu {{ background: {colors['surface']}; border: 1px solid {colors['line']}; }}"
            f"QLabel {{ color: {colors['second_text']}; }}"
        )
        self._take = take
        self.list.show_kinds(kinds)
        self.search.clear()
        self._filter("")
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        x = min(at.x(), room.right() - self.width())
        y = min(at.y(), room.bottom() - self.height())
        self.move(max(room.left(), x), max(room.top(), y))
        self.show()
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, down and Enter in the field work on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.list.take_key(event.key())
        return False

    def _filter(self, text: str) -> None:
        found = self.list.filter(text)
        self._none.setVisible(not found)
        self._none.setText(f"Nothing here is called “{text}”." if text else "Nothing here fits that port.")

    def _choose(self, kind: str) -> None:
        take, self._take = self._take, None
        self.close()
        if take is not None:
            take(kind)
