"""LessonCard: a lesson of the course in one row: number, title, objective, minutes, and how much of it is done."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy

from convnet_studio.lessons.lesson import Lesson
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import LARGE_RADIUS, icon_pixmap, number_font, text_font, theme, theme_switch

_PADDING = 14
_NUMBER_WIDTH = 52
_SIDE_WIDTH = 150
_BAR = 4.0


class LessonCard(QAbstractButton):
    """A click opens the lesson; its menu, or the Delete key, lets it begin anew."""

    forgotten = Signal()

    def __init__(self, lesson: Lesson, done: int, is_begun: bool) -> None:
        super().__init__()
        self.lesson = lesson
        self.done = done
        self._is_begun = is_begun
        count = len(lesson.pages)
        own = ", one of your own" if lesson.own else ""
        self.setAccessibleName(f"Lesson {lesson.number}: {lesson.title}{own}")
        self.setAccessibleDescription(f"{lesson.objective} {lesson.minutes} minutes, {done} of {count} pages done.")
        self.setToolTip("Open the lesson; right-click or Del: forget its progress" if is_begun else "Open the lesson")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme_switch().changed.connect(self.update)

    @property
    def is_complete(self) -> bool:
        """Whether all its pages are."""
        return self.done == len(self.lesson.pages)

    def hasHeightForWidth(self) -> bool:
        """The objective may need several lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Of title and objective in a card so wide."""
        return 2 * _PADDING + 22 + self._objective_height(width)

    def _objective_height(self, width: int) -> int:
        self.setFont(text_font(13))
        room = QRect(0, 0, max(100, width - _NUMBER_WIDTH - _SIDE_WIDTH - 2 * _PADDING), 10_000)
        return self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.lesson.objective).height()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(640, self.heightForWidth(max(400, self.width())))

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(360, self.heightForWidth(max(360, self.width())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete forgets."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Delete and self._is_begun:
            self.forgotten.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What else can be done with it."""
        menu = QMenu(self)
        forget = menu.addAction("Forget the progress…")
        forget.setEnabled(self._is_begun)
        forget.triggered.connect(lambda: self.forgotten.emit())
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, words and progress."""
        painter, now = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(now.color("strong_line" if self.underMouse() else "line"), 1))
        painter.setBrush(now.color("surface"))
        painter.drawRoundedRect(box, LARGE_RADIUS, LARGE_RADIUS)
        left, width = _PADDING + _NUMBER_WIDTH, self.width() - _NUMBER_WIDTH - _SIDE_WIDTH - 2 * _PADDING
        painter.setFont(number_font(15, QFont.Weight.DemiBold))
        painter.setPen(now.color("accent"))
        painter.drawText(
            QRect(_PADDING + 4, _PADDING, _NUMBER_WIDTH, 20), Qt.AlignmentFlag.AlignLeft, self.lesson.number
        )
        painter.setFont(text_font(15, QFont.Weight.DemiBold))
        painter.setPen(now.color("text"))
        title = painter.fontMetrics().elidedText(self.lesson.title, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(left, _PADDING - 1, width, 22), Qt.AlignmentFlag.AlignLeft, title)
        painter.setFont(text_font(13))
        painter.setPen(now.color("second_text"))
        room = QRect(left, _PADDING + 22, width, self.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), self.lesson.objective)
        self._paint_side(painter)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), LARGE_RADIUS)

    def _paint_side(self, painter: QPainter) -> None:
        """Minutes, a bar of the pages done, and their count; a tick in place of the bar when all are."""
        now, count = theme(), len(self.lesson.pages)
        right = self.width() - _PADDING
        painter.setFont(text_font(12))
        painter.setPen(now.color("second_text"))
        words = f"{self.lesson.minutes} min"
        if self.lesson.own:
            words = f"yours · {words}"
        line = QRect(right - _SIDE_WIDTH, _PADDING, _SIDE_WIDTH, 18)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        second = line.translated(0, 20)
        told = f"{self.done} of {count} pages"
        if self.is_complete:
            painter.setPen(now.color("good"))
            told = "complete"
            width = painter.fontMetrics().horizontalAdvance(told)
            at = QPoint(right - width - 20, second.top() + 2)
            painter.drawPixmap(at, icon_pixmap("check", now.color("good"), 14))
        painter.drawText(second, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, told)
        if self._is_begun and not self.is_complete:
            groove = QRectF(right - 96, second.bottom() + 4, 96, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("raised"))
            painter.drawRoundedRect(groove, 2, 2)
            painter.setBrush(now.color("accent"))
            painter.drawRoundedRect(QRectF(groove.topLeft(), QSize(round(96 * self.done / count), int(_BAR))), 2, 2)
