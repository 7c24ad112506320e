"""NumberField: a number that is typed, or stepped with arrows, wheel and keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QValidator,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QWidget

from convnet_studio.engine.nn.module import Setting, SettingValue
from convnet_studio.ui.controls.painting import FIELD_HEIGHT, paint_chevron, paint_field
from convnet_studio.ui.controls.undo_keys import is_undo_for_window
from convnet_studio.ui.theme import number_font, theme, theme_switch

_STEPPER_WIDTH = 16


class NumberField(QAbstractSpinBox):
    """The value of a numeric Setting.

    What the user typed is handed on as it is, right or wrong: whoever listens to `entered` judges it and answers with
    `show_value` or `set_refused`. Arrows step within the bounds.
    """

    entered = Signal(object)
    """An int or float, or the text itself where it is no number."""

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setting = setting
        self._value: int | float = 0
        self._refused = False
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setFrame(False)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setMinimumWidth(72)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(number_font(12))
        self.setAccessibleName(setting.label)
        self.lineEdit().setFont(number_font(12))
        self._steppers = (_Stepper(self, up=True), _Stepper(self, up=False))
        self.editingFinished.connect(self._hand_on)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    @property
    def value(self) -> int | float:
        """The value last shown."""
        return self._value

    def show_value(self, value: SettingValue) -> None:
        """Show the value in force; a refused entry is replaced by it."""
        self._value = value if isinstance(value, int | float) else 0
        self.set_refused(False)
        text = number_text(self._value)
        if self.lineEdit().text() != text:
            self.lineEdit().setText(text)

    def set_refused(self, refused: bool) -> None:
        """Mark the entry as one that was not taken."""
        if refused != self._refused:
            self._refused = refused
            self.update()

    def stepBy(self, steps: int) -> None:
        """Arrow keys, wheel and the small arrows."""
        start = _number_in(self.text())
        value = stepped(start if isinstance(start, int | float) else self._value, steps, self._setting)
        self.lineEdit().setText(number_text(value))
        self._hand_on()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both directions; the bounds are kept by `stepped`."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Anything may be typed: the form judges it and says why."""
        return QValidator.State.Acceptable, text, position

    def event(self, event: QEvent) -> bool:
        """Undo is the window's once the number is entered."""
        if is_undo_for_window(event, _number_in(self.text()) != self._value):
            event.ignore()
            return False
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """A style puts the inner line where it likes; it stays where it was."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._place_parts()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the old value back."""
        if event.key() == Qt.Key.Key_Escape:
            self.show_value(self._value)
            self.entered.emit(self._value)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only while it has the focus: nobody changes a value by scrolling over it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the page scrolls; nobody changes a value by passing over it

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(120, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(72, FIELD_HEIGHT)

    def _hand_on(self) -> None:
        entry = _number_in(self.text())
        if entry != self._value or self._refused:
            self.entered.emit(entry)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        self.lineEdit().setGeometry(8, 2, self.width() - _STEPPER_WIDTH - 12, self.height() - 4)
        up, down = self._steppers
        half = self.height() // 2
        up.setGeometry(self.width() - _STEPPER_WIDTH - 4, 2, _STEPPER_WIDTH, half - 2)
        down.setGeometry(self.width() - _STEPPER_WIDTH - 4, half, _STEPPER_WIDTH, half - 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The hairline answers the pointer."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer points at nothing any more."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground; the text is the inner line's."""
        paint_field(QPainter(self), self, self._refused)

    def _recolor(self) -> None:
        colors = theme().colors
        self.lineEdit().setStyleSheet(
            "QLineEdit { background: transparent; border: none; padding: 0; min-height: 0;"
            f" color: {colors['text']}; selection-background-color: {colors['accent']};"
            f" selection-color: {colors['on_accent']}; }}"
        )
        self.update()


class _Stepper(QAbstractButton):
    """One of the two small arrows; the keyboard has the arrow keys instead, so it takes no focus."""

    def __init__(self, field: NumberField, up: bool) -> None:
        super().__init__(field)
        self._up = up
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoRepeat(True)
        self.setAccessibleName("Increase" if up else "Decrease")
        self.clicked.connect(lambda: field.stepBy(1 if up else -1))

    def paintEvent(self, event: QPaintEvent) -> None:
        color = theme().color("text" if self.underMouse() else "strong_line")
        center = QPointF(self.width() / 2, self.height() / 2 + (1 if self._up else -1))
        paint_chevron(QPainter(self), center, 3, not self._up, color)


def number_text(value: float) -> str:
    """The number as a field shows it: the shortest text that reads back the same."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def stepped(value: float, steps: int, setting: Setting) -> int | float:
    """The value `steps` steps further, within the setting's bounds.

    Whole numbers go by 1 (odd ones by 2); others by a tenth of their power of ten, so that 0.01 becomes 0.011.
    """
    if setting.type is int:
        result: float = round(value) + steps * (2 if setting.odd else 1)
    else:
        magnitude = math.floor(math.log10(abs(value))) if value else -1
        digits = 1 - magnitude
        result = round(value + steps * 10.0**-digits, max(0, digits) + 2)
    if setting.minimum is not None:
        result = max(setting.minimum, result)
    if setting.maximum is not None:
        result = min(setting.maximum, result)
    return int(result) if setting.type is int else result


def _number_in(text: str) -> int | float | str:
    """The number that `text` says, or the text itself; a comma is taken as the decimal point."""
    plain = text.strip().replace(",", ".").replace("−", "-")
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text.strip()
