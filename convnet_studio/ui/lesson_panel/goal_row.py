"""GoalRow: what a page asks for, each with a tick that comes by itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.lessons.player import Goal
from convnet_studio.ui.theme import icon_pixmap, text_font, theme, theme_switch

_HEIGHT = 22
_MARK = 14
_GAP = 6
_BETWEEN = 18
_LETTERS = 13


class GoalRow(QWidget):
    """Words in a row, each behind an empty or a ticked circle."""

    def __init__(self) -> None:
        super().__init__()
        self._goals: tuple[Goal, ...] = ()
        self.setFont(text_font(_LETTERS))
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self.update)

    @property
    def goals(self) -> tuple[Goal, ...]:
        """As shown."""
        return self._goals

    def show_goals(self, goals: Sequence[Goal]) -> None:
        """Show these."""
        self._goals = tuple(goals)
        self.setVisible(bool(goals))
        told = ", ".join(f"{each.text}: {'done' if each.is_done else 'open'}" for each in goals)
        self.setAccessibleName(f"Goals of this page: {told}")
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(200, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Circles and words."""
        painter, now = QPainter(self), theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        x = 0.0
        for goal in self._goals:
            mark = QRectF(x + 0.5, (_HEIGHT - _MARK) / 2 + 0.5, _MARK - 1, _MARK - 1)
            painter.setPen(QPen(now.color("good" if goal.is_done else "strong_line"), 1.2))
            painter.setBrush(now.color("good" if goal.is_done else "surface"))
            painter.drawEllipse(mark)
            if goal.is_done:
                painter.drawPixmap(
                    mark.adjusted(2, 2, 0, 0).topLeft().toPoint(), icon_pixmap("check", now.color("surface"), 10)
                )
            x += _MARK + _GAP
            painter.setPen(now.color("good" if goal.is_done else "second_text"))
            width = self.fontMetrics().horizontalAdvance(goal.text)
            painter.drawText(QRectF(x, 0, width + 2, _HEIGHT), int(Qt.AlignmentFlag.AlignVCenter), goal.text)
            x += width + _BETWEEN
