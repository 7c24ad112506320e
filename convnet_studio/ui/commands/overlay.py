"""Overlay: a panel over the dimmed window; Escape or a click beside it closes it, and the focus goes back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QStyle, QVBoxLayout, QWidget

from convnet_studio.ui.commands.search_line import SearchLine
from convnet_studio.ui.theme import LARGE_RADIUS, theme, theme_switch

MILLISECONDS = 120
TOP = 64
EDGE = 24
_RISE = 8
_DIM = 0.24
_SHADOW = 18


class Overlay(QWidget):
    """Covers `window` while it is open. Who derives from it fills `column` below the search line.

    Args:
        window: that it lies over.
        name: for people who do not see it.
        size: of the panel at most.
    """

    def __init__(self, window: QWidget, name: str, size: tuple[int, int]) -> None:
        super().__init__(window)
        self._window = window
        self._most = size
        self._before: QWidget | None = None
        self._under: QWidget = window
        self.setAccessibleName(name)
        self.panel = QWidget(self)
        self.search = SearchLine()
        self.column = QVBoxLayout(self.panel)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.search)
        self._fade = QVariantAnimation(self)
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.valueChanged.connect(self._place)
        self._shown = 1.0
        self.search.installEventFilter(self)
        window.installEventFilter(self)
        theme_switch().changed.connect(self.update)
        self.hide()

    def open(self) -> None:
        """Show it, with the focus in its search line."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
            self._rise_above_others()
        self.search.clear()
        self._place()
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        moves = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self)
        self._fade.setDuration(min(MILLISECONDS, moves))
        if moves > 0:  # else the system asks for less motion
            self._fade.start()

    def _rise_above_others(self) -> None:
        """Where other windows of ours may lie over this one, be a popup: it is on top and has all keys."""
        others = [
            each
            for each in QApplication.topLevelWidgets()
            if each.isVisible()
            and each.parentWidget() is self._window
            and each.windowType() in (Qt.WindowType.Tool, Qt.WindowType.Window)
        ]
        active = QApplication.activeWindow()
        self._under = active if active in others and active.isFullScreen() else self._window
        self.setParent(self._window, Qt.WindowType.Popup if others else Qt.WindowType.Widget)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The focus goes back to where it was."""
        self._fade.stop()
        before, self._before = self._before, None
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        super().closeEvent(event)

    def takes_key(self, event: QKeyEvent) -> bool:
        """Whether a key in the search line means something here (for who derives from it)."""
        return False

    def wanted_height(self) -> int:
        """Of the panel's content."""
        return self._most[1]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size; while it is open, no key is a shortcut of the window."""
        if watched is not self.search:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
            return event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) or self.takes_key(event)
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Beside the panel: close."""
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window dimmed, the panel with its shadow."""
        now = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dim = now.color("dim")
        dim.setAlphaF(_DIM * self._shown)
        if not self.isWindow():
            painter.fillRect(self.rect(), dim)
        box = QRectF(self.panel.geometry())
        shadow = now.color("dim")
        shadow.setAlphaF(0.02 * self._shown)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shadow)
        for spread in range(2, _SHADOW, 2):
            painter.drawRoundedRect(
                box.adjusted(-spread, 4 - spread, spread, 4 + spread), LARGE_RADIUS + spread, LARGE_RADIUS + spread
            )
        painter.setBrush(now.color("surface"))
        painter.setPen(QPen(now.color("line"), 1))
        painter.drawRoundedRect(box.adjusted(-0.5, -0.5, 0.5, 0.5), LARGE_RADIUS, LARGE_RADIUS)

    def fit(self) -> None:
        """The content has another height."""
        self._place()

    def _place(self, shown: object = None) -> None:
        if isinstance(shown, float):
            self._shown = shown
        room = self._under.rect()
        width = min(self._most[0], room.width() - 2 * EDGE)
        height = min(self.wanted_height(), self._most[1], room.height() - TOP - EDGE)
        place = QRect((room.width() - width) // 2, TOP, width, height)
        if self.isWindow():  # as large as the panel: what lies under a popup can't be dimmed on every system
            self.setGeometry(place.translated(self._under.mapToGlobal(QPoint())).adjusted(-1, -1, 1, 1))
            self.panel.setGeometry(QRect(QPoint(1, 1), place.size()))
        else:
            self.setGeometry(room)
            self.panel.setGeometry(place.translated(0, round(_RISE * (1 - self._shown))))
        self.update()

    def panel_corner(self) -> QPoint:
        """The panel's upper left corner in the window."""
        return self.panel.pos()
