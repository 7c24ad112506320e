"""Answer fields: what a learner answers with, for each kind of check, and for predictions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from convnet_studio.lessons.check import Answer, Check, ChoiceCheck, NumberCheck, OrderCheck, SeveralCheck
from convnet_studio.lessons.typed_number import typed_number
from convnet_studio.ui.controls.label import Label
from convnet_studio.ui.lesson_panel.option_list import OptionList
from convnet_studio.ui.lesson_panel.order_list import OrderList
from convnet_studio.ui.theme import number_font

NOT_A_NUMBER = "Type a number, such as 0.25, −3 or 2/3."


class AnswerField(QWidget):
    """One field; who derives from it fills `answer`."""

    changed = Signal()
    """There is another answer in it."""
    confirmed = Signal()
    """Enter was pressed."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.inside = inside
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(inside)
        self.setFocusProxy(inside)

    @property
    def answer(self) -> Answer:
        """As checks take it; None where there is none yet."""
        raise NotImplementedError

    def choose(self, number: int) -> bool:
        """Take the option of this number; False where there is none."""
        return False

    def why_not(self) -> str:
        """Why what was entered is no answer; empty where it is one."""
        return ""


class NumberField(AnswerField):
    """A number, typed as people write it: 1,000 or −0.5 or 0,25 or 2/3 or 1.6e10."""

    def __init__(self, name: str, unit: str = "") -> None:
        line = _NumberLine()
        super().__init__(line)
        self._line = line
        line.setAccessibleName(name)
        line.setFont(number_font(15))
        line.setFixedWidth(150)
        line.setMinimumHeight(28)
        line.setMaxLength(60)
        if unit:
            self._row.addWidget(Label(unit, "second_text"))
        line.textEdited.connect(lambda _: self.changed.emit())
        line.returnPressed.connect(self.confirmed)

    @property
    def answer(self) -> Answer:
        """The number; None where it is none."""
        return typed_number(self._line.text())

    def why_not(self) -> str:
        """What a number looks like."""
        return "" if self.answer is not None else NOT_A_NUMBER


class _NumberLine(QLineEdit):
    """A line in which Space means nothing, so that it turns pages."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All keys but Space."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)


class WordsField(AnswerField):
    """Words or a number, as they come: for predictions, which nobody judges."""

    def __init__(self, name: str) -> None:
        line = QLineEdit()
        super().__init__(line)
        self._line = line
        line.setAccessibleName(name)
        line.setMinimumHeight(28)
        line.setMaxLength(200)
        line.textEdited.connect(lambda _: self.changed.emit())
        line.returnPressed.connect(self.confirmed)

    @property
    def answer(self) -> Answer:
        """What was typed."""
        return self._line.text().strip() or None

    def why_not(self) -> str:
        """Anything will do."""
        return "" if self.answer else "Type what you expect; nobody judges it."


class OptionField(AnswerField):
    """One or several of some texts."""

    def __init__(self, name: str, texts: tuple[str, ...], several: bool = False) -> None:
        options = OptionList(name, texts, several)
        super().__init__(options)
        self.options = options
        self._several = several
        self.setFocusProxy(options.rows[0])
        options.chosen.connect(self.changed)
        options.confirmed.connect(self.confirmed)

    @property
    def answer(self) -> Answer:
        """The text, or all of them."""
        if self._several:
            return self.options.texts
        return self.options.texts[0] if self.options.texts else None

    def choose(self, number: int) -> bool:
        """Take the option of this number."""
        return self.options.choose(number)

    def why_not(self) -> str:
        """One must be chosen where only one can be."""
        return "" if self._several or self.options.texts else "Choose one of the answers first."


class OrderField(AnswerField):
    """Texts in an order."""

    def __init__(self, name: str, texts: tuple[str, ...]) -> None:
        order = OrderList(name, texts)
        super().__init__(order)
        self.order = order
        order.chosen.connect(self.changed)
        order.confirmed.connect(self.confirmed)

    @property
    def answer(self) -> Answer:
        """In their order now."""
        return self.order.texts


class SceneField(AnswerField):
    """Nothing to enter: what is on the screen is judged."""

    def __init__(self) -> None:
        super().__init__(QWidget())
        self.inside.setFixedHeight(0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def answer(self) -> Answer:
        """None: checks look at the scene."""
        return None


def field_for(check: Check) -> AnswerField:
    """What a check is answered with."""
    name = "Your answer"
    if isinstance(check, NumberCheck):
        return NumberField(name, check.unit)
    if isinstance(check, ChoiceCheck | SeveralCheck):
        return OptionField(name, tuple(each.text for each in check.options), isinstance(check, SeveralCheck))
    if isinstance(check, OrderCheck):
        texts = tuple(each.text for each in check.options)
        return OrderField(name, texts if texts != check.expect else texts[::-1])
    return SceneField()
