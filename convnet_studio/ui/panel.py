"""Panel: a dock of the window with a title in our own hand: quiet words, three quiet buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QMainWindow, QToolButton, QWidget

from convnet_studio.ui.full_screen import FullScreen
from convnet_studio.ui.theme import icon, text_font, theme, theme_switch

TITLE_HEIGHT = 32


class Panel(QDockWidget):
    """A dock named `title` around `widget`: it can be moved, floated, shown full screen, and closed."""

    closed = Signal()
    """Somebody pressed its cross."""
    opening = Signal()
    """It is about to be shown; nothing has made room for it yet."""

    def __init__(self, title: str, widget: QWidget, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(title)
        self.setWidget(widget)
        self.setTitleBarWidget(_PanelTitle(self))
        self._content = widget
        self._screen: FullScreen | None = None
        self.topLevelChanged.connect(self._on_floating)

    @property
    def is_full_screen(self) -> bool:
        """Whether what it holds fills the screen now, while its place is kept."""
        return self._screen is not None

    def toggle_full_screen(self) -> None:
        """Fill the screen with what it holds, or take that back; Escape returns too."""
        screen, self._screen = self._screen, None
        if screen is not None:
            self.setWidget(self._content)
            self._content.show()
            screen.hide()
            screen.deleteLater()
            if not self.isHidden():
                self.raise_()
                self.activateWindow()
        else:
            self.setWidget(QWidget())  # keeps the place
            self._screen = FullScreen(self, _PanelTitle(self), self._content)
            self._screen.left.connect(self.toggle_full_screen)
            self._screen.fill(self)
        self._content.setFocus(Qt.FocusReason.OtherFocusReason)

    def toggle_floating(self) -> None:
        """Take it out of the window, or put it back."""
        if self.is_full_screen:
            self.toggle_full_screen()
        self.setFloating(not self.isFloating())

    def put_away(self) -> None:
        """Close it, from the full screen too."""
        if self.is_full_screen:
            self.toggle_full_screen()
        self.close()

    def _on_floating(self, floats: bool) -> None:
        """Back among the docked ones, it stands before those that are tabs there."""
        if not floats:
            QTimer.singleShot(0, self, self.raise_)  # the dock area puts it behind the tabs only after this

    def setVisible(self, visible: bool) -> None:
        """Show or hide it."""
        if visible and self.isHidden():
            self.opening.emit()
        super().setVisible(visible)


class _PanelTitle(QWidget):
    """The title bar; dragging it moves the panel, a double-click floats it."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._label = QLabel(panel.windowTitle())
        self._label.setFont(text_font(12, QFont.Weight.DemiBold))
        self._float = self._button(f"Float {panel.windowTitle()}", "picture-in-picture-2")
        self._float.clicked.connect(panel.toggle_floating)
        self._full = self._button(f"Full screen: {panel.windowTitle()}", "maximize")
        self._full.clicked.connect(panel.toggle_full_screen)
        self._close = self._button(f"Close {panel.windowTitle()}", "x")
        self._close.clicked.connect(panel.put_away)
        self._close.clicked.connect(panel.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 0)
        row.setSpacing(0)
        row.addWidget(self._label, 1)
        row.addWidget(self._full)
        row.addWidget(self._float)
        row.addWidget(self._close)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def sizeHint(self) -> QSize:
        """As wide as it may, of one height for all panels."""
        return QSize(120, TITLE_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same height when narrow."""
        return QSize(80, TITLE_HEIGHT)

    def _button(self, name: str, icon_name: str) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setProperty("icon_name", icon_name)
        button.setIconSize(QSize(13, 13))
        button.setFixedSize(24, 24)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _recolor(self) -> None:
        self._label.setStyleSheet(f"color: {theme().colors['second_text']};")
        for button in (self._full, self._float, self._close):
            button.setIcon(icon(str(button.property("icon_name")), "strong_line"))
