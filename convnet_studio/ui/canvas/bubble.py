"""Bubble: a short sentence beside the mouse, such as why a wire may not run where it is held."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget

from convnet_studio.ui.theme import text_font, theme

LARGEST_WIDTH = 300
OFFSET = QPoint(16, 18)
_LOOKS = {"bad": ("bad_soft", "bad"), "warn": ("warn_soft", "warn"), "info": ("surface", "strong_line")}


class Bubble(QLabel):
    """Floats over the canvas while it has something to say."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._kind = ""
        self.setObjectName("bubble")
        self.setFont(text_font(12))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setWordWrap(True)
        self.setMargin(8)
        self.hide()

    def say(self, text: str, at: QPoint | None = None, kind: str = "bad") -> None:
        """Show `text` near `at` (in the host's coordinates); nothing to say hides it.

        `kind` is bad for what can't be, warn for what can but does not fit, info for what is only worth knowing.
        """
        if not text:
            self.hide()
            return
        if (text, kind) != (self.text(), self._kind) or not self.isVisible():
            self.setText(text)
            self._kind = kind
            ground, line = (theme().colors[token] for token in _LOOKS[kind])
            self.setStyleSheet(
                f"#bubble {{ background: {ground}; color: {theme().colors['text']};"
                f" border: 1px solid {line}; border-radius: 8px; }}"
            )
            room = self.fontMetrics().boundingRect(0, 0, LARGEST_WIDTH, 400, Qt.TextFlag.TextWordWrap, text)
            self.resize(room.width() + 22, room.height() + 20)
        host = self._host
        place = (at or QPoint()) + OFFSET
        x = max(4, min(place.x(), host.width() - self.width() - 4))
        y = place.y() if place.y() + self.height() < host.height() else place.y() - self.height() - 2 * OFFSET.y()
        self.move(x, max(4, y))
        self.show()
        self.raise_()
