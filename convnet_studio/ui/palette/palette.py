"""Palette: search, ready stages, the modules by family, the presets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.presets import preset_names
from convnet_studio.engine.project.stages import stage_names
from convnet_studio.ui.palette.entries import kind_entries, preset_entries, stage_entries
from convnet_studio.ui.palette.kind_list import KindList
from convnet_studio.ui.palette.search_field import SearchField
from convnet_studio.ui.theme import text_font, theme, theme_switch

SMALLEST_WIDTH = 184


class Palette(QWidget):
    """Everything that can be dragged, double-clicked or entered onto the canvas."""

    add_requested = Signal(str)
    """The kind of a module that was double-clicked or entered."""
    stage_requested = Signal(str)
    """The name of a ready stage that was double-clicked or entered."""
    preset_chosen = Signal(str)
    """The name of a preset that was double-clicked or entered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Palette")
        self.setMinimumWidth(SMALLEST_WIDTH)
        self._presets, self._stages = frozenset(preset_names()), frozenset(stage_names())
        self.search = SearchField("Search modules…")
        self.list = KindList(is_draggable=True)
        self.list.setAccessibleName("Stages, modules and presets")
        kinds = kind_entries([*Module.registry, *Loss.registry])
        self.list.show_entries([*stage_entries(), *kinds, *preset_entries()])
        self._none = QLabel()
        self._none.setFont(text_font(12))
        self._none.setWordWrap(True)
        self._none.setContentsMargins(8, 8, 8, 8)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._none.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 2, 4)
        column.setSpacing(4)
        field = QHBoxLayout()
        field.setContentsMargins(8, 0, 10, 0)
        field.addWidget(self.search)
        column.addLayout(field)
        column.addWidget(self._none, 1)
        column.addWidget(self.list, 1)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list.chosen.connect(self._choose)
        self.list.typed.connect(self._take_letters)
        self._recolor()
        theme_switch().changed.connect(self._recolor)

    def focus_search(self) -> None:
        """Go to the search field."""
        self.search.setFocus()
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, down and Enter in the field work on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.list.take_key(event.key())
        return False

    def _filter(self, text: str) -> None:
        found = self.list.filter(text)
        self._none.setText(f"There is no module, stage or preset called “{text}”.")
        self._none.setVisible(not found)

    def _take_letters(self, text: str) -> None:
        self.search.setFocus()
        self.search.insert(text)

    def _choose(self, name: str) -> None:
        if name in self._presets:
            self.preset_chosen.emit(name)
        elif name in self._stages:
            self.stage_requested.emit(name)
        else:
            self.add_requested.emit(name)

    def _recolor(self) -> None:
        self._none.setStyleSheet(f"color: {theme().colors['second_text']};")
        self.update()
