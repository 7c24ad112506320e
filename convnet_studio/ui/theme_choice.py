"""ThemeChoice: light, dark, or as the system has it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from convnet_studio.ui.actions import Actions
from convnet_studio.ui.settings import Settings
from convnet_studio.ui.style import apply_style
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch

SYSTEM = "system"


class ThemeChoice(QObject):
    """Dresses the application, keeps the choice in the settings and marks it in the menu, while `owner` lives."""

    def __init__(self, owner: QObject, settings: Settings, actions: Actions) -> None:
        super().__init__(owner)
        self._settings = settings
        self._actions = actions
        theme_switch().changed.connect(self._dress)
        self._mark()

    def use(self, name: str) -> None:
        """Light, dark, or as the system has it; kept for the next start."""
        self._settings.theme = name
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        theme_switch().use((DARK if dark else LIGHT) if name == SYSTEM else name)
        self._mark()

    def _mark(self) -> None:
        for name in (LIGHT, DARK, SYSTEM):
            action = self._actions[f"theme_{name}"]
            action.setCheckable(True)
            action.setChecked(self._settings.theme == name)

    def _dress(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_style(app)
        self._actions.recolor()
