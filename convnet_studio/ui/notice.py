"""Notice: one sentence below the canvas that something happened, with what can be done about it; nothing is modal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QToolButton, QWidget

from convnet_studio.ui.theme import icon, icon_pixmap, theme, theme_switch

_ICONS = {"good": "check", "info": "info", "warn": "triangle-alert", "bad": "circle-alert"}
_GROUNDS = {"good": "surface", "info": "surface", "warn": "warn_soft", "bad": "bad_soft"}
_COLORS = {"good": "good", "info": "accent", "warn": "warn_text", "bad": "bad"}


class Notice(QFrame):
    """A strip below the canvas, so that it covers nothing; there until it is closed, answered or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._kind = "info"
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(140)
        self._progress.setAccessibleName("Progress")
        self._answers = QHBoxLayout()
        self._answers.setSpacing(8)
        self._close = QToolButton()
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self._progress)
        row.addLayout(self._answers)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        theme_switch().changed.connect(self._recolor)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def say(self, kind: str, text: str, answers: Mapping[str, Callable[[], object]] | None = None) -> None:
        """Show `text`; `kind` is good, info, warn or bad; each answer is a button that also closes the notice."""
        self._kind = kind
        self._text.setText(text)
        self._progress.hide()
        while (old := self._answers.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.deleteLater()
        for word, act in (answers or {}).items():
            self._answers.addWidget(self._answer(word, act))
        self.setAccessibleName(text)
        self._recolor()
        self.show()

    def show_progress(self, text: str, done: int, total: int) -> None:
        """Show how far long work has come."""
        if not self._progress.isVisible():
            self.say("info", text)
            self._progress.show()
        self._text.setText(text)
        self._progress.setMaximum(total)
        self._progress.setValue(done)

    def _answer(self, word: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(word)

        def answer() -> None:
            self.hide()
            act()

        button.clicked.connect(answer)
        return button

    def _recolor(self) -> None:
        now = theme()
        ground, line = now.colors[_GROUNDS[self._kind]], now.colors["line"]
        self.setStyleSheet(f"#notice {{ background: {ground}; border-top: 1px solid {line}; }}")
        self._icon.setPixmap(icon_pixmap(_ICONS[self._kind], now.color(_COLORS[self._kind]), 18))
        self._close.setIcon(icon("x", "second_text"))
