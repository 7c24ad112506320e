"""LabPage: the benches of the lab as a list; one click opens a bench large in the middle of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from convnet_studio.ui.controls.label import ElidedLabel, Label
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import LARGE_RADIUS, text_font, theme, theme_switch
from convnet_studio.ui.view import View

_WIDTH = 920
_MARGIN = 32
_PADDING = 14


class LabPage(QWidget):
    """Benches look at the project and the network of Build.

    Args:
        wire_view: keeps a view up to date that has just been made.
    """

    def __init__(self, open_project: OpenProject, wire_view: Callable[[View], None]) -> None:
        super().__init__()
        self._open_project = open_project
        self._wire_view = wire_view
        self._views: dict[str, View] = {}
        self.setAccessibleName("Lab")
        self.back = QPushButton("← All benches")
        self.back.setToolTip("Back to the list (Alt+←)")
        self.back.setShortcut("Alt+Left")
        self.back.clicked.connect(self.show_list)
        self._title = Label("", "text", text_font(15, QFont.Weight.DemiBold))
        self._summary = ElidedLabel("", "second_text", text_font(12))
        self.cards: dict[str, BenchCard] = {}
        self._stack = QStackedWidget()
        self._stack.addWidget(self._list())
        self._stack.addWidget(self._place())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        theme_switch().changed.connect(self.update)

    def views(self) -> list[View]:
        """The benches that were opened here."""
        return list(self._views.values())

    @property
    def shown(self) -> str:
        """The name of the bench that is open; empty: the list is."""
        is_open = self._stack.currentIndex() == 1
        return next((name for name, view in self._views.items() if is_open and not view.isHidden()), "")

    def open(self, name: str) -> None:
        """Open a bench."""
        if name not in self._views:
            self._views[name] = view = View.registry[name](self._open_project)
            self._room.addWidget(view)
            self._wire_view(view)
        for other, view in self._views.items():
            view.setVisible(other == name)
        self._title.setText(View.registry[name].title)
        self._summary.setText(View.registry[name].summary)
        self._stack.setCurrentIndex(1)
        self._views[name].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_list(self) -> None:
        """Show all benches."""
        before = self.shown
        self._stack.setCurrentIndex(0)
        if before:
            self.cards[before].setFocus(Qt.FocusReason.OtherFocusReason)

    def _list(self) -> QWidget:
        inside = QWidget()
        inside.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(_MARGIN, 28, _MARGIN, 28)
        column.setSpacing(8)
        column.addWidget(Label("Lab", "text", text_font(26, QFont.Weight.DemiBold)))
        words = "Experiments beside your network: one question each, and every number in your hands."
        column.addWidget(Label(words, "second_text", text_font(13)))
        column.addSpacing(12)
        for kind in sorted((each for each in View.registry.values() if each.is_bench), key=lambda each: each.title):
            card = BenchCard(kind.title, kind.summary)
            card.clicked.connect(lambda _=False, name=kind.name: self.open(name))
            self.cards[kind.name] = card
            column.addWidget(card)
        column.addStretch(1)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inside, 100)
        row.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(middle)
        return area

    def _place(self) -> QWidget:
        place = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(12, 10, 16, 6)
        head.setSpacing(14)
        head.addWidget(self.back)
        head.addWidget(self._title)
        head.addWidget(self._summary, 1)
        self._room = QVBoxLayout()
        column = QVBoxLayout(place)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(self._room, 1)
        return place

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface" if self.shown else "canvas"))


class BenchCard(QAbstractButton):
    """The title of a bench and what it shows."""

    def __init__(self, title: str, summary: str) -> None:
        super().__init__()
        self.setText(title)
        self._summary = summary
        self.setAccessibleName(f"{title}: {summary}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFont(text_font(13))
        theme_switch().changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        """The summary may need several lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Of title and summary in a card so wide."""
        room = QRect(0, 0, max(100, width - 2 * _PADDING), 10_000)
        lines = self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self._summary).height()
        return 2 * _PADDING + 22 + lines

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(640, self.heightForWidth(max(400, self.width())))

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(300, self.heightForWidth(max(300, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card and words."""
        painter, now = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(now.color("strong_line" if self.underMouse() else "line"), 1))
        painter.setBrush(now.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), LARGE_RADIUS, LARGE_RADIUS)
        room = self.rect().adjusted(_PADDING, _PADDING - 1, -_PADDING, -_PADDING)
        painter.setFont(text_font(15, QFont.Weight.DemiBold))
        painter.setPen(now.color("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self.text())
        painter.setFont(self.font())
        painter.setPen(now.color("second_text"))
        below = room.adjusted(0, 23, 0, 0)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), self._summary)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), LARGE_RADIUS)
