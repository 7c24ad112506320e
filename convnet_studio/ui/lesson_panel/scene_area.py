"""SceneArea: the live scene beside a page: the views that it names, the most important one largest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QPushButton, QSplitter, QToolButton, QVBoxLayout, QWidget

from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.segmented import SegmentedControl
from convnet_studio.ui.theme import icon, text_font, theme, theme_switch
from convnet_studio.ui.view import View

_SHARES = (0.58, 0.42)
"""Of the height, for the first view and for the others."""
_EDGE = 12
_HEAD = 32
"""Height of a view's title."""
PANELS = ("Modules", "Inspector")
"""Of Build, that a learner edits with."""
_ICONS = ("plus", "wrench")


class SceneArea(QWidget):
    """The first view stands above, the others side by side below it; the lines between can be dragged."""

    return_wanted = Signal()
    """Back to the page's own scene."""
    views_turned = Signal()
    """Another view came into sight."""
    panel_wanted = Signal(str, bool)
    """A panel of Build, by its title, that is to be shown or hidden beside the canvas."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Scene of the lesson")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._column.addWidget(self._split)
        self._shown: tuple[View, ...] = ()
        self._frames: list[QWidget] = []
        self._lower: QSplitter | None = None
        self._turn: SegmentedControl | None = None
        self._is_presenting = False
        self.back = QPushButton("Return to lesson", self)
        self.back.setToolTip("Set the scene of this page up again")
        self.back.setProperty("primary", True)
        self.back.clicked.connect(self.return_wanted)
        self.back.hide()
        self.panels = {title: self._switch(title) for title in PANELS}
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def _recolor(self) -> None:
        for button, name in zip(self.panels.values(), _ICONS, strict=True):
            button.setIcon(icon(name, "second_text"))
        self.update()

    def _switch(self, title: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(title)
        button.setAccessibleName(f"Panel {title}")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(14, 14))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"Show or hide the panel {title} beside the canvas")
        button.toggled.connect(lambda is_on: self.panel_wanted.emit(title, is_on))
        button.hide()
        return button

    @property
    def shown(self) -> tuple[View, ...]:
        """The views that stand here now."""
        return self._shown

    def show_views(self, views: Sequence[View]) -> None:
        """Put these views here; those that stood here are let go, hidden."""
        if tuple(views) == self._shown:
            return
        self.clear()
        self._shown = tuple(views)
        lower = QSplitter(Qt.Orientation.Horizontal)
        for number, view in enumerate(views):
            _leave_keys(view)
            frame = _Framed(view, tuple(self.panels.values()) if view.name == "canvas" else ())
            self._frames.append(frame)
            (self._split if number == 0 else lower).addWidget(frame)
        if len(views) > 1:
            self._split.addWidget(lower)
            self._lower = lower
        else:
            lower.deleteLater()
        self._show_in_turn()
        self._share()
        self._show_switches()

    def clear(self) -> None:
        """Let all views go; they belong to nobody then."""
        for button in self.panels.values():
            button.setParent(self)
            button.hide()
        for view in self._shown:
            view.hide()
            view.setParent(None)
        self._shown = ()
        self._frames.clear()
        self._lower = None
        while (gone := self._split.widget(0)) is not None:
            gone.hide()
            gone.setParent(None)
            gone.deleteLater()

    def show_panels(self, titles: Sequence[str]) -> None:
        """Show just these panels of Build."""
        for title, button in self.panels.items():
            button.setChecked(title in titles)

    def _show_switches(self) -> None:
        """Panels to edit with are offered where there is something to edit."""
        has_canvas = any(view.name == "canvas" for view in self._shown)
        for button in self.panels.values():
            button.setVisible(has_canvas)
            if not has_canvas:
                button.setChecked(False)
        QTimer.singleShot(0, self, self._place)  # when all is laid out

    def use_presenting(self, is_presenting: bool) -> None:
        """On the screen of a presentation views stand one at a time, and panels of the window can't."""
        for button in self.panels.values():
            button.setEnabled(not is_presenting)
        self._is_presenting = is_presenting
        self._show_in_turn()
        QTimer.singleShot(0, self, self._place)  # when all is laid out

    def _show_in_turn(self) -> None:
        """While presenting, show one view and offer the others; else all."""
        in_turn = self._is_presenting and len(self._shown) > 1
        if self._turn is not None:
            self._column.removeWidget(self._turn)
            self._turn.hide()
            self._turn.deleteLater()
            self._turn = None
        if in_turn:
            self._turn = SegmentedControl("Views of the page", [view.title for view in self._shown])
            self._turn.chosen.connect(self._show_only)
            self._column.insertWidget(0, self._turn, 0, Qt.AlignmentFlag.AlignHCenter)
            self._show_only(self._shown[0].title)
        else:
            for frame in self._frames:
                frame.show()
            if self._lower is not None:
                self._lower.show()

    def _show_only(self, title: str) -> None:
        for view, frame in zip(self._shown, self._frames, strict=True):
            frame.setVisible(view.title == title)
        if self._lower is not None:
            self._lower.setVisible(self._shown[0].title != title)
        self.views_turned.emit()

    def offer_return(self, is_offered: bool) -> None:
        """Show the way back to the page's scene, or hide it."""
        self.back.setVisible(is_offered)
        self._place()

    def _share(self) -> None:
        if len(self._shown) > 1:
            self._split.setSizes([round(each * max(200, self.height())) for each in _SHARES])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the shares until somebody drags, and the button in its corner."""
        super().resizeEvent(event)
        if event.oldSize().height() <= 100:
            self._share()
        self._place()

    def _place(self) -> None:
        """The way back stands in the head of the first view, left of the switches that are there."""
        self.back.adjustSize()
        right, top = self.width() - _EDGE, 0
        if self._frames:
            head = self._frames[0]
            top = head.mapTo(self, QPoint(0, 0)).y()
            inside = [each for each in self.panels.values() if head.isAncestorOf(each) and not each.isHidden()]
            right = min([right, *(each.mapTo(self, QPoint(-_EDGE, 0)).x() for each in inside)])
        self.back.move(QPoint(right - self.back.width(), top + (_HEAD - self.back.height()) // 2))
        self.back.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("canvas"))


def _leave_keys(view: View) -> None:
    """A click on a button of the scene does not take the keys from the lesson, so that Space goes on; Tab does."""
    for button in view.findChildren(QAbstractButton):
        if button.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class _Framed(QWidget):
    """A view under its title, with what is offered beside it."""

    def __init__(self, view: View, offered: Sequence[QWidget]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 2, 12, 0)
        head.addWidget(Label(view.title, "second_text", text_font(12, QFont.Weight.DemiBold)), 1)
        for each in offered:
            head.addWidget(each)
        place = QWidget()
        place.setLayout(head)
        place.setFixedHeight(_HEAD)
        column.addWidget(place)
        column.addWidget(view, 1)
        view.show()
        theme_switch().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of panels."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
