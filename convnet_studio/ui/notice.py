"""Notice: one sentence at the foot of the canvas: what happened, and what can be done about it; nothing is modal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QToolButton, QWidget

from convnet_studio.ui.theme import icon, icon_pixmap, theme, theme_switch

_ICONS = {"good": "check", "info": "info", "warn": "triangle-alert", "bad": "circle-alert"}
_GROUNDS = {"good": "surface", "info": "surface", "warn": "warn_soft", "bad": "bad_soft"}
_COLORS = {"good": "good", "info": "accent", "warn": "warn_text", "bad": "bad"}


@dataclass(frozen=True)
class _Message:
    kind: str
    text: str
    answers: Mapping[str, Callable[[], object]]
    topic: str
    progress: tuple[int, int] | None = None


class Notice(QFrame):
    """A strip at the foot of the canvas, there until it is closed, answered, replaced or taken back.

    A message that asks something is not lost when another one comes: it is shown again afterwards.
    """

    answered = Signal()
    """One of the answers was chosen; the focus needs another place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._message = _Message("info", "", {}, "")
        self._waiting: list[_Message] = []
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
        self._close.clicked.connect(self._show_next)
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

    def say(
        self,
        kind: str,
        text: str,
        answers: Mapping[str, Callable[[], object]] | None = None,
        topic: str = "",
    ) -> None:
        """Show `text`; `kind` is good, info, warn or bad; each answer is a button that also closes the notice.

        `topic` names what it is about, for `retract`.
        """
        self._come(_Message(kind, text, answers or {}, topic))

    def show_progress(self, text: str, done: int, total: int, topic: str = "") -> None:
        """Show how far long work has come; while another message asks something, only when that is answered."""
        message = _Message("info", text, {}, topic, (done, total))
        if self.isVisible() and self._message.answers:
            self._waiting = [each for each in self._waiting if each.topic != topic]
            self._waiting.append(message)
        else:
            self._come(message)

    def retract(self, topic: str) -> None:
        """Take back what was said of `topic`: it is no longer true."""
        self._waiting = [each for each in self._waiting if each.topic != topic]
        if self.isVisible() and self._message.topic == topic:
            self._show_next()

    def clear(self) -> None:
        """Take everything back."""
        self._waiting.clear()
        self.hide()

    def _come(self, message: _Message) -> None:
        now = self._message
        if self.isVisible() and now.answers and now.text != message.text and now.topic != (message.topic or None):
            self._waiting.append(now)
        self._show(message)

    def _show_next(self) -> None:
        if self._waiting:
            self._show(self._waiting.pop())
        else:
            self.hide()

    def _show(self, message: _Message) -> None:
        self._message = message
        self._text.setText(message.text)
        self._progress.setVisible(message.progress is not None)
        if message.progress:
            done, total = message.progress
            self._progress.setMaximum(total)
            self._progress.setValue(done)
        while (old := self._answers.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for word, act in message.answers.items():
            self._answers.addWidget(self._answer(word, act))
        self.setAccessibleName(message.text)
        self._recolor()
        self.show()

    def _answer(self, word: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(word)

        def answer() -> None:
            self.answered.emit()
            self._show_next()
            act()

        button.clicked.connect(answer)
        return button

    def _recolor(self) -> None:
        now = theme()
        ground, line = now.colors[_GROUNDS[self._message.kind]], now.colors["line"]
        self.setStyleSheet(f"#notice {{ background: {ground}; border-top: 1px solid {line}; }}")
        self._icon.setPixmap(icon_pixmap(_ICONS[self._message.kind], now.color(_COLORS[self._message.kind]), 18))
        self._close.setIcon(icon("x", "second_text"))
