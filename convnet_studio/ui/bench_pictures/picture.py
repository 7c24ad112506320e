"""PictureWidget: what all pictures of benches share: a heading, beside it what is read, and room for the rest."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch

HEAD = 24
"""Pixels of the heading's line."""
_LEAST_TITLE = 0.3
"""Of the width, which is left to the title where much is read."""


class PictureWidget(QWidget):
    """One picture. Showing another of the same kind moves and makes no widget where shapes are the same."""

    grows = False
    """Whether it is better for more height than it needs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.reading = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_switch().changed.connect(self.update)

    def show_picture(self, picture: BenchPicture) -> None:
        """Show `picture`, which is of the kind that this widget is for."""
        self.title = picture.title
        self.setAccessibleName(picture.title)
        self.take(picture)
        self.setAccessibleDescription(self.in_words())
        self.update()

    @abstractmethod
    def take(self, picture: BenchPicture) -> None:
        """Note what is to be painted."""

    @abstractmethod
    def in_words(self) -> str:
        """What it shows, for people who do not see it."""

    @abstractmethod
    def height_in(self, width: int) -> int:
        """Pixels of height that it needs where it is so wide."""

    def paint_body(self, painter: QPainter) -> None:
        """Paint what stands below the heading, within `room`."""

    @property
    def least_width(self) -> int:
        """Pixels below which it does not stand beside another one."""
        return 300

    @property
    def room(self) -> QRectF:
        """What the heading leaves."""
        head = HEAD if self.title else 0
        return QRectF(0, head, self.width(), max(1, self.height() - head))

    def read(self, words: str) -> None:
        """Say what lies under the pointer; empty: nothing."""
        if words != self.reading:
            self.reading = words
            self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(400, self.height_in(400))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        self.read("")
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Heading and body."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.title:
            self._paint_head(painter)
        self.paint_body(painter)

    def _paint_head(self, painter: QPainter) -> None:
        line = QRectF(0, 0, self.width(), HEAD - 4)
        number, bold = number_font(11), text_font(12, QFont.Weight.DemiBold)
        painter.setFont(bold)
        title = painter.fontMetrics().horizontalAdvance(self.title) + 12
        painter.setFont(number)
        most = self.width() - min(title, _LEAST_TITLE * self.width()) if self.reading else 0
        words = painter.fontMetrics().elidedText(self.reading, Qt.TextElideMode.ElideRight, int(most))
        taken = painter.fontMetrics().horizontalAdvance(words) + 8 if words else 0
        painter.setPen(theme().color("second_text"))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(bold)
        painter.setPen(theme().color("text"))
        shown = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, self.width() - taken)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
