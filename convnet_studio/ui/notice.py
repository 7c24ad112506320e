"""Notice: what the window has to say, in strips over the canvas's lower edge; nothing is modal, nothing moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convnet_studio.ui.theme import icon, icon_pixmap, theme, theme_switch

MOST_STRIPS = 3

_ICONS = {"good": "check", "info": "info", "warn": "triangle-alert", "bad": "circle-alert"}
_GROUNDS = {"good": "surface", "info": "surface", "warn": "warn_soft", "bad": "bad_soft"}
_COLORS = {"good": "good", "info": "accent", "warn": "warn_text", "bad": "bad"}


class Notice(QWidget):
    """Sentences, each in a strip of its own, the newest at the bottom.

    A plain sentence is there until it is closed or another plain one comes. One that asks something (it has answers)
    or shows progress stays beside them. Sentences of one `topic` replace each other, and are taken back together when
    they are no longer true.

    Args:
        host: the widget whose lower edge is covered.
    """

    height_changed = Signal(int)
    """How many pixels of the host are covered now."""
    left = Signal()
    """A strip that had the keyboard is gone."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._strips: list[_Strip] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        host.installEventFilter(self)
        self.hide()

    def lie_over(self, host: QWidget) -> None:
        """Cover the lower edge of another widget from now on."""
        if host is not self._host:
            self._host.removeEventFilter(self)
            self.height_changed.emit(0)
            self._host = host
            self.setParent(host)
            host.installEventFilter(self)
            self._place()
            self.raise_()

    @property
    def text(self) -> str:
        """All sentences shown, the newest last."""
        return "\n".join(strip.text for strip in self._strips)

    def say(
        self, kind: str, text: str, answers: Mapping[str, Callable[[], object]] | None = None, topic: str = ""
    ) -> None:
        """Show `text`; `kind` is good, info, warn or bad; each answer is a button that also closes the strip."""
        self._add(_Strip(kind, text, topic, answers or {}))

    def show_progress(self, text: str, done: int, total: int, topic: str) -> None:
        """Show how far long work has come."""
        strip = next((each for each in self._strips if each.topic == topic and each.is_at_work), None)
        if strip is None:
            strip = _Strip("info", text, topic, {}, is_at_work=True)
            self._add(strip)
        strip.show_progress(text, done, total)
        self._place()

    def retract(self, topic: str) -> None:
        """Close what was said of `topic`: it is no longer true."""
        self._drop([each for each in self._strips if each.topic == topic])

    def forget_passing(self) -> None:
        """Close what asks nothing and shows no progress."""
        self._drop([each for each in self._strips if not each.stays])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the host's size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        """Be as high as the strips come to want."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return handled

    def _add(self, strip: _Strip) -> None:
        outdated = [each for each in self._strips if strip.topic and each.topic == strip.topic]
        if not strip.stays:
            outdated += [each for each in self._strips if not each.stays and each not in outdated]
        self._drop(outdated)
        self._drop(self._strips[: max(0, len(self._strips) + 1 - MOST_STRIPS)])
        strip.closed.connect(lambda: self._drop([strip]))
        self._strips.append(strip)
        self._column.addWidget(strip)
        self.show()
        self.raise_()
        self._place()

    def _drop(self, strips: list[_Strip]) -> None:
        had_focus = False
        for strip in strips:
            if strip in self._strips:
                focused = self.window().focusWidget()
                had_focus = had_focus or (focused is not None and strip.isAncestorOf(focused))
                self._strips.remove(strip)
                self._column.removeWidget(strip)
                strip.hide()
                strip.deleteLater()
        if had_focus:
            self.left.emit()
        if strips:
            self._place()

    def _place(self) -> None:
        width = self._host.width()
        height = sum(strip.height_for(width) for strip in self._strips)
        self.setVisible(bool(height))
        self.setGeometry(0, self._host.height() - height, width, height)
        self.height_changed.emit(height)


class _Strip(QFrame):
    """One sentence with its sign, its answers or its progress."""

    closed = Signal()

    def __init__(
        self,
        kind: str,
        text: str,
        topic: str,
        answers: Mapping[str, Callable[[], object]],
        is_at_work: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.topic = topic
        self.is_at_work = is_at_work
        self.stays = is_at_work or bool(answers)
        self._kind = kind
        self._icon = QLabel()
        self._text = QLabel(text)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(140)
        self._progress.setAccessibleName("Progress")
        self._progress.setVisible(is_at_work)
        self._close = QToolButton()
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 8, 5)
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self._progress)
        for word, act in answers.items():
            row.addWidget(self._answer(word, act), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(text)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def height_for(self, width: int) -> int:
        """How high it must be to show everything."""
        self.ensurePolished()
        layout = self.layout()
        return max(layout.heightForWidth(width), layout.minimumSize().height()) if layout else 0

    def show_progress(self, text: str, done: int, total: int) -> None:
        """Say `text` and how far the work has come."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self._progress.setMaximum(total)
        self._progress.setValue(done)

    def _answer(self, word: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(word)

        def answer() -> None:
            self.closed.emit()
            act()

        button.clicked.connect(answer)
        return button

    def _recolor(self) -> None:
        now = theme()
        ground, line = now.colors[_GROUNDS[self._kind]], now.colors["line"]
        self.setStyleSheet(f"#notice {{ background: {ground}; border-top: 1px solid {line}; }}")
        self._icon.setPixmap(icon_pixmap(_ICONS[self._kind], now.color(_COLORS[self._kind]), 18))
        self._close.setIcon(icon("x", "second_text"))
