"""ChoiceField: one of several words from a list that drops down."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from convnet_studio.ui.controls.painting import FIELD_HEIGHT, paint_chevron, paint_field
from convnet_studio.ui.theme import text_font, theme, theme_switch


class ChoiceField(QComboBox):
    """Chooses one of `choices`; the wheel acts only while it has the focus."""

    entered = Signal(object)
    """The value that the user chose (not sent by `show_value`)."""

    def __init__(
        self,
        name: str,
        choices: Sequence[str],
        titles: Sequence[str] | None = None,
        height: int = FIELD_HEIGHT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._height = height
        self.set_choices(choices, titles)
        self.setAccessibleName(name)
        self.setFixedHeight(height)
        self.setFont(text_font(12))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda index: self.entered.emit(self._choices[index]))
        theme_switch().changed.connect(self.update)

    def set_choices(self, choices: Sequence[str], titles: Sequence[str] | None = None) -> None:
        """Offer other choices; the first of them is shown."""
        self._choices = list(choices)
        self.clear()
        self.addItems(list(titles or choices))
        self.updateGeometry()

    @property
    def value(self) -> str:
        """The choice in force; empty where it is none of the choices."""
        index = self.currentIndex()
        return self._choices[index] if index >= 0 else ""

    def show_value(self, value: object) -> None:
        """Show the choice in force."""
        self.setCurrentIndex(self._choices.index(str(value)) if value in self._choices else -1)

    def set_refused(self, refused: bool) -> None:
        """A list offers nothing that could be refused."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only while it has the focus: nobody changes a value by scrolling over it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=40)
        return QSize(widest + 34, self._height)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(min(72, self.sizeHint().width()), self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, word and arrow."""
        painter = QPainter(self)
        paint_field(painter, self)
        room = self.rect().adjusted(8, 0, -22, 0)
        painter.setFont(self.font())
        painter.setPen(theme().color("text"))
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        paint_chevron(painter, QPointF(self.width() - 13, self.height() / 2), 3.5, True, theme().color("second_text"))
