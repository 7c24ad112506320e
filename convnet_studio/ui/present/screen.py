"""PresentScreen: a window over the whole screen that shows a widget of the main window, larger and alive."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QGraphicsScene, QGraphicsView, QWidget

from convnet_studio.ui.present.blank import Blank
from convnet_studio.ui.present.scale_bar import LARGEST, SMALLEST, ScaleBar
from convnet_studio.ui.present.spotlight import Spotlight
from convnet_studio.ui.theme import theme, theme_switch

STEP = 1.1
_SCALING = {Qt.Key.Key_Plus: STEP, Qt.Key.Key_Equal: STEP, Qt.Key.Key_Minus: 1 / STEP}
"""With Ctrl."""
DESIGN_HEIGHT = 1080
AT_DESIGN_HEIGHT = 1.8
"""Scale at that height: letters of 15 pixels come out at 27, which the back row reads."""


class PresentScreen(QGraphicsView):
    """The widget is laid out in as many pixels as are left, and drawn `scale` times as large: letters stay sharp.

    Args:
        actions: whose shortcuts hold here too.
    """

    left = Signal()
    """Somebody has seen enough; the widget is to be taken back by `release`."""

    def __init__(self, content: QWidget, actions: list[QAction]) -> None:
        super().__init__()
        self._content = content
        self.setScene(QGraphicsScene(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Presentation")
        self.setWindowTitle("ConvNet Studio, presenting")
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        content.setParent(None)
        proxy = self.scene().addWidget(content)
        assert proxy is not None
        self._proxy = proxy
        proxy.setPos(0, 0)
        content.show()
        self.blank = Blank(self)
        self.spotlight = Spotlight(self)
        self.bar = ScaleBar(self)
        self.bar.scaled.connect(self.use_scale)
        self.scale_now = 1.0
        self.addActions(actions)
        theme_switch().changed.connect(self._recolor)
        self._recolor()
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def use_scale(self, scale: float) -> None:
        """Draw everything so many times as large, from 1 to 3."""
        self.scale_now = min(max(scale, SMALLEST), LARGEST)
        self._fit()
        self.bar.show_scale(self.scale_now)

    def release(self) -> QWidget:
        """Give the widget back, and close."""
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        self.spotlight.stop()
        self._proxy.setWidget(None)  # type: ignore[arg-type]  # PySide forgets that None releases it
        self.close()
        return self._content

    def _fit(self) -> None:
        room = self.viewport().size()
        width, height = round(room.width() / self.scale_now), round(room.height() / self.scale_now)
        self._proxy.setScale(self.scale_now)
        self._proxy.setPos(0, 0)
        self._content.setMinimumSize(QSize(1, 1))
        self._proxy.resize(width, height)
        self.setSceneRect(0, 0, room.width(), room.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the screen, whatever its size; a first scale that the back row reads."""
        super().resizeEvent(event)
        if event.oldSize().width() <= 0 or not event.oldSize().isValid():
            self.scale_now = max(SMALLEST, AT_DESIGN_HEIGHT * event.size().height() / DESIGN_HEIGHT)
        self.use_scale(self.scale_now)
        for layer in (self.blank, self.spotlight):
            layer.setGeometry(self.rect())
        self.bar.place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of a presenter, wherever the focus is, but in a field that takes letters."""
        if isinstance(event, QKeyEvent):
            is_here = isinstance(watched, QWidget) and watched.window() in (self, self._content)
            if not is_here and watched is not self.windowHandle():
                return False
            if event.type() == QEvent.Type.KeyPress:
                return self._take_key(event)
            if event.type() == QEvent.Type.ShortcutOverride and self._wants_key(event):
                event.accept()  # no shortcut of the window takes it
                return True
        if event.type() == QEvent.Type.MouseMove and watched is self.viewport():
            self.bar.wake()
        return False

    def _wants_key(self, event: QKeyEvent) -> bool:
        """Whether a key is this screen's own before it is anybody's shortcut."""
        is_scaling = event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in _SCALING
        return self.blank.isVisible() or bool(is_scaling)

    def _take_key(self, event: QKeyEvent) -> bool:
        if self.blank.isVisible():
            self.blank.hide()
            return True
        key, is_typing = event.key(), self._is_typing
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held & Qt.KeyboardModifier.ControlModifier and key in _SCALING:
            self.use_scale(self.scale_now * _SCALING[Qt.Key(key)])
            return True
        self.bar.hide()  # who knows the keys wants to read what is below it
        if held:
            return False
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            self.left.emit()
        elif key in (Qt.Key.Key_B, Qt.Key.Key_Period) and not is_typing:
            self.blank.show()
            self.blank.raise_()
        elif key == Qt.Key.Key_L and not is_typing:
            self.spotlight.toggle()
        else:
            return False
        return True

    @property
    def _is_typing(self) -> bool:
        """Whether the focus takes letters: a field, a text, a note on the canvas.

        The content is asked, since to the application this screen itself has the focus of what is embedded in it.
        """
        focus = self._content.focusWidget()
        takes_letters = (
            focus is not None and focus.isVisible() and focus.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        )
        return takes_letters and not isinstance(focus, QAbstractItemView)  # a list takes them only to search

    def _recolor(self) -> None:
        self.setBackgroundBrush(theme().color("canvas"))
