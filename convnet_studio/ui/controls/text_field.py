"""TextField: a line of text with a syntax of its own, and a list of examples to begin from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from convnet_studio.ui.controls.line_field import LineField
from convnet_studio.ui.controls.painting import FIELD_HEIGHT, paint_chevron, paint_field
from convnet_studio.ui.theme import number_font, theme

_OPENER_WIDTH = 20


class TextField(LineField):
    """The value of a Setting that is a text.

    What the user typed is handed on as it is, right or wrong: whoever listens to `entered` judges it and answers with
    `show_value` or `set_refused`. The arrow at its end, or the Down key, offers the examples.
    """

    entered = Signal(object)
    """The text as typed, or an example that was chosen."""

    def __init__(self, name: str, examples: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(name, FIELD_HEIGHT, 2, parent)
        self._value = ""
        self._refused = False
        self.setPlaceholderText(next(iter(examples), ""))
        self.setFont(number_font(12))
        self.setMinimumWidth(72)
        self.examples = QMenu(self)
        for example in examples:
            self.examples.addAction(example.replace("&", "&&")).triggered.connect(
                lambda _=False, text=example: self._choose(text)
            )
        self._opener = _Opener(self)
        self._opener.setVisible(bool(examples))
        self.setTextMargins(4, 0, _OPENER_WIDTH if examples else 4, 0)
        self.editingFinished.connect(self._hand_on)

    @property
    def value(self) -> str:
        """The text last shown."""
        return self._value

    def show_value(self, value: object) -> None:
        """Show the text in force; a refused entry is replaced by it."""
        self._value = str(value)
        self.set_refused(False)
        if self.text() != self._value:
            self.setText(self._value)
            self.setCursorPosition(0)

    def set_refused(self, refused: bool) -> None:
        """Mark the entry as one that was not taken."""
        self._refused = refused
        self.update()

    def open_examples(self) -> None:
        """Drop the list of examples down."""
        if self.examples.actions():
            self.examples.setMinimumWidth(self.width())
            self.examples.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def _choose(self, example: str) -> None:
        self.setText(example)
        self._hand_on()

    def _hand_on(self) -> None:
        if self.text() != self._value or self._refused:
            self.entered.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the old text back, Down offers the examples."""
        if event.key() == Qt.Key.Key_Escape:
            self.show_value(self._value)
            self.entered.emit(self._value)
        elif event.key() == Qt.Key.Key_Down:
            self.open_examples()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(120, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(72, FIELD_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._opener.setGeometry(self.width() - _OPENER_WIDTH - 3, 2, _OPENER_WIDTH, self.height() - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground, then the text."""
        paint_field(QPainter(self), self, self._refused)
        super().paintEvent(event)


class _Opener(QAbstractButton):
    """The small arrow that opens the examples; the keyboard has the Down key instead, so it takes no focus."""

    def __init__(self, field: TextField) -> None:
        super().__init__(field)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Examples")
        self.setToolTip("Examples")
        self.clicked.connect(field.open_examples)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A chevron."""
        color = theme().color("text" if self.underMouse() else "second_text")
        paint_chevron(QPainter(self), QPointF(self.width() / 2, self.height() / 2), 3.5, True, color)
