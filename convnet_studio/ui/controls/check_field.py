"""CheckField: yes or no."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from convnet_studio.ui.controls.painting import FIELD_HEIGHT, blend, paint_focus_ring
from convnet_studio.ui.theme import text_font, theme, theme_switch

_BOX = 16.0


class CheckField(QAbstractButton):
    """A box to tick; beside it the word for its state, so that nothing is told by colour alone."""

    entered = Signal(object)
    """True or False, as the user chose (not sent by `show_value`)."""

    def __init__(self, name: str, words: tuple[str, str] = ("no", "yes"), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setFont(text_font(12))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda: self.entered.emit(self.isChecked()))
        theme_switch().changed.connect(self.update)

    @property
    def value(self) -> bool:
        """Whether it is ticked."""
        return self.isChecked()

    def show_value(self, value: object) -> None:
        """Show the value in force."""
        self.setChecked(bool(value))

    def set_refused(self, refused: bool) -> None:
        """Both answers are always allowed."""

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        widest = max(self.fontMetrics().horizontalAdvance(word) for word in self._words)
        return QSize(round(_BOX) + 12 + widest, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:
        """The box and its word, not the empty rest of the row."""
        return position.x() <= self.sizeHint().width()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, tick and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(2.5, (self.height() - _BOX) / 2 + 0.5, _BOX - 1, _BOX - 1)
        ticked = self.isChecked()
        painter.setPen(QPen(theme().color("accent" if ticked else "strong_line"), 1))
        hovered = blend(theme().color("accent"), theme().color("surface"), 0.12 if self.underMouse() else 0)
        painter.setBrush(theme().color("accent") if ticked else hovered)
        painter.drawRoundedRect(box, 4, 4)
        if ticked:
            painter.setPen(QPen(theme().color("on_accent"), 1.8))
            corner = box.topLeft()
            painter.drawPolyline(QPolygonF([corner + QPointF(*xy) for xy in ((3.6, 7.8), (6.4, 10.6), (11.6, 4.6))]))
        painter.setPen(theme().color("text"))
        words = self.rect().adjusted(round(_BOX) + 10, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._words[ticked])
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(-3, -3, 3, 3))
