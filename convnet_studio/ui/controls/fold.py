"""Fold: a heading that shows or hides what stands below it, so that a form stays short."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from convnet_studio.ui.controls.painting import paint_chevron, paint_focus_ring
from convnet_studio.ui.theme import text_font, theme, theme_switch

_HEIGHT = 24


class FoldHeading(QAbstractButton):
    """The heading: an arrow and a word."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFixedHeight(_HEIGHT)
        self.setFont(text_font(12))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme_switch().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(24 + self.fontMetrics().horizontalAdvance(self.text()), _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Arrow and word."""
        painter = QPainter(self)
        color = theme().color("text" if self.underMouse() else "second_text")
        paint_chevron(painter, QPointF(7, self.height() / 2), 3.5, not self.isChecked(), color)
        painter.setFont(self.font())
        painter.setPen(color)
        words = self.rect().adjusted(18, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.hasFocus():
            paint_focus_ring(painter, self.rect().toRectF().adjusted(0, 0, 0, 0))


class Fold(QWidget):
    """A heading over `content`, which is hidden until it is opened, by a click or by `open`."""

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = FoldHeading(title)
        self.content = content
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(content)
        content.setVisible(False)
        self.heading.toggled.connect(content.setVisible)

    def open(self) -> None:
        """Show what stands below."""
        self.heading.setChecked(True)
