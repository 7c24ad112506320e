"""ProblemBox: what is wrong with a module, in words, with a button that mends it where that takes one click."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from convnet_studio.engine.project.validate import Problem
from convnet_studio.ui.controls.label import Sentence
from convnet_studio.ui.theme import icon, icon_pixmap, text_font, theme, theme_switch

_RADIUS = 8.0


class ProblemBox(QWidget):
    """A tinted box with an icon: a problem is told by words and sign, the colour only helps."""

    mend_requested = Signal(object)
    """The Problem whose `change` is to be made."""

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        words = f"{problem.what}: {problem.fix}." if problem.fix else f"{problem.what}."
        column = QVBoxLayout(self)
        column.setContentsMargins(36, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(Sentence(words, "text"))
        self.button: QPushButton | None = None
        if problem.mend:
            self.button = QPushButton(problem.mend)
            self.button.setFont(text_font(12))
            self.button.setIcon(icon("wrench"))
            self.button.setIconSize(QSize(14, 14))
            self.button.setAccessibleName(f"Mend: {problem.fix}")
            self.button.clicked.connect(lambda: self.mend_requested.emit(problem))
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.setAccessibleName(f"Problem: {words}")
        theme_switch().changed.connect(self._recolor)

    def _recolor(self) -> None:
        if self.button is not None:
            self.button.setIcon(icon("wrench"))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tinted ground and the icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("warn_soft"))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        pixmap = icon_pixmap("triangle-alert", theme().color("warn_text"), 16, self.devicePixelRatioF())
        painter.drawPixmap(12, 9, pixmap)
