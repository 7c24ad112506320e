"""PageList: the pages of a lesson with what is done, as in a table of contents; a click opens one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from convnet_studio.lessons.player import Player
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import icon_pixmap, text_font, theme, theme_switch

_HEIGHT = 30
_MARK = 20


class PageList(QWidget):
    """All pages of one lesson."""

    chosen = Signal(int)
    """The index of a page."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        caption = Label("This lesson", "second_text", text_font(13, QFont.Weight.DemiBold))
        caption.setFixedHeight(26)
        self._column.addWidget(caption)
        self.rows: list[PageRow] = []

    def show_player(self, player: Player, shown: tuple[int, ...]) -> None:
        """Show where a learner stands; `shown` are the indices of the pages that are listed."""
        if [(row.index, row.title) for row in self.rows] != [(i, player.lesson.pages[i].title) for i in shown]:
            for row in self.rows:
                self._column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.rows = [PageRow(index, player.lesson.pages[index].title) for index in shown]
            for row in self.rows:
                row.clicked.connect(lambda _=False, index=row.index: self.chosen.emit(index))
                self._column.addWidget(row)
        for number, row in enumerate(self.rows, 1):
            record = player.record.pages.get(row.title)
            row.show_state(number, row.index == player.index, record is not None and record.is_complete)


class PageRow(QAbstractButton):
    """A number, or a tick once the page is complete, and a title."""

    def __init__(self, index: int, title: str) -> None:
        super().__init__()
        self.index = index
        self.title = title
        self._number, self._is_here, self.is_complete = 1, False, False
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme_switch().changed.connect(self.update)

    def show_state(self, number: int, is_here: bool, is_complete: bool) -> None:
        """Show what is done."""
        self._number, self._is_here, self.is_complete = number, is_here, is_complete
        state = "open now" if is_here else "complete" if is_complete else "not complete"
        self.setAccessibleName(f"Page {number}: {self.title}, {state}")
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(240, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Mark and title."""
        painter, now = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mark = QRectF(1, (_HEIGHT - _MARK) / 2, _MARK, _MARK)
        ground = "accent" if self._is_here else "good" if self.is_complete else "raised"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color(ground))
        painter.drawEllipse(mark)
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.setPen(now.color("second_text" if ground == "raised" else "on_accent"))
        if self.is_complete and not self._is_here:
            painter.drawPixmap(
                mark.adjusted(4, 4, 0, 0).topLeft().toPoint(), icon_pixmap("check", now.color("surface"), 12)
            )
        else:
            painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.setFont(text_font(13, QFont.Weight.DemiBold if self._is_here else QFont.Weight.Normal))
        painter.setPen(now.color("text" if self._is_here or self.underMouse() else "second_text"))
        room = QRectF(self.rect()).adjusted(_MARK + 10, 0, -2, 0)
        title = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))
