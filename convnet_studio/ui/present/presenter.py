"""Presenter: puts the middle of the main window onto a screen of its own, and back exactly as it was."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, QPointF, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow, QScrollBar, QSplitter, QWidget
from shiboken6 import isValid

from convnet_studio.ui.present.screen import PresentScreen
from convnet_studio.ui.views.canvas import CanvasView

_OTHERWISE = frozenset({"zoom_in", "zoom_out"})
"""Actions whose keys scale everything here."""


class Presenter(QObject):
    """At most one presentation goes on.

    Args:
        window: whose middle is shown.
        canvas: that keeps zoom and place through it.
        actions: of the window, by name.
    """

    changed = Signal(bool)
    """A presentation has begun (True) or ended; what is shown has another window now."""

    def __init__(self, window: QMainWindow, canvas: CanvasView, actions: Mapping[str, QAction]) -> None:
        super().__init__(window)
        self._window, self._canvas, self._actions = window, canvas, actions
        self.screen: PresentScreen | None = None
        self._docks = QByteArray()
        self._look: tuple[bool, float, QPointF] | None = None
        self._focus: QWidget | None = None
        self._splits: list[tuple[QSplitter, QByteArray]] = []
        self._scrolled: list[tuple[QScrollBar, int]] = []

    def toggle(self) -> None:
        """Begin, or end."""
        if self.screen is None:
            self.begin()
        else:
            self.end()

    def begin(self) -> None:
        """Show the middle of the window full screen."""
        self._docks = self._window.saveState()
        self._look = self._canvas.look_of_now()
        self._splits = [(each, each.saveState()) for each in self._window.findChildren(QSplitter)]
        bars = self._window.findChildren(QScrollBar)
        self._scrolled = [(each, each.value()) for each in bars if not self._canvas.isAncestorOf(each)]
        self._focus = QApplication.focusWidget()
        content = self._window.takeCentralWidget()
        assert content is not None
        kept = [action for name, action in self._actions.items() if name not in _OTHERWISE]
        self.screen = PresentScreen(content, kept)
        self.screen.left.connect(self.end)
        self.screen.setGeometry(self._window.screen().geometry())
        self.changed.emit(True)
        self.screen.showFullScreen()
        self.screen.activateWindow()
        content.setFocus()

    def end(self) -> None:
        """Bring everything back to where it stood."""
        if self.screen is None:
            return
        screen, self.screen = self.screen, None
        content = screen.release()
        self._window.setCentralWidget(content)
        content.show()
        self._window.restoreState(self._docks)
        screen.deleteLater()
        self.changed.emit(False)
        self._window.activateWindow()
        self._put_back()
        QTimer.singleShot(0, self, self._put_back)  # once more, when all is laid out

    def _put_back(self) -> None:
        """Splitters, scroll bars, the canvas and the focus stand as they stood; what is gone since is left out."""
        for split, state in self._splits:
            if isValid(split):
                split.restoreState(state)
        for bar, value in self._scrolled:
            if isValid(bar):
                bar.setValue(value)
        if self._look is not None:
            self._canvas.look_again(self._look)
        if self._focus is not None and isValid(self._focus) and self._focus.isVisible():
            self._focus.setFocus()
