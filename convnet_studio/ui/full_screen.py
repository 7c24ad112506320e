"""FullScreen: a plain window that fills the screen with what a panel otherwise holds."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class FullScreen(QWidget):
    """Shows `title` above `content`; Escape, where `content` has no use for it, asks to leave.

    A window of its own, because a dock that floats is a tool window: window managers refuse those the full screen.

    Args:
        owner: of whose window it is one more, with the same shortcuts.
    """

    left = Signal()
    """Somebody wants to return."""

    def __init__(self, owner: QWidget, title: QWidget, content: QWidget) -> None:
        window = owner.window()
        super().__init__(window, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle(owner.windowTitle())
        self.addActions(window.actions())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(content, 1)
        content.show()

    def fill(self, near: QWidget) -> None:
        """Cover the screen that `near` is on, also where nobody manages windows."""
        self.setGeometry(near.screen().geometry())
        self.showFullScreen()
        self.activateWindow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window manager closes it: what it shows is not lost, it returns."""
        event.ignore()
        self.left.emit()
