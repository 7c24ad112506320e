"""SettingField: one row of a form, made from a Setting: label, editor, mark, and a sentence when a value is refused."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from convnet_studio.engine.nn.module import Setting, SettingValue
from convnet_studio.engine.nn.schedule import points_from_text
from convnet_studio.ui.controls.check_field import CheckField
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.curve_field import CurveField
from convnet_studio.ui.controls.label import Label, Sentence
from convnet_studio.ui.controls.mark import SIZE, Mark, MarkIcon
from convnet_studio.ui.controls.number_field import NumberField
from convnet_studio.ui.controls.text_field import TextField
from convnet_studio.ui.theme import text_font

LABEL_WIDTH = 108

Editor = NumberField | ChoiceField | CheckField | CurveField | TextField


class FormRow(QWidget):
    """A label, an editor and a mark in columns that line up with those of the rows above and below."""

    def __init__(self, label: str, editor: QWidget, mark: Mark, help: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Label(label, "text", text_font(12))
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setToolTip(help)
        self.label.setBuddy(editor)
        editor.setToolTip(help)
        self._editor = editor
        self._help = help
        self.mark = MarkIcon(mark)
        self.problem = Sentence("", "bad")
        self.problem.setVisible(False)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(editor, 0, 1)
        grid.addWidget(self.mark, 0, 2, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.problem, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, SIZE)
        self.show_mark(mark)

    def show_mark(self, mark: Mark, more: str = "") -> None:
        """Say when a change takes effect; the editor's accessible description says it too."""
        self.mark.show_mark(mark, more)
        self._editor.setAccessibleDescription(f"{self._help} {self.mark.toolTip()}".strip())

    def show_problem(self, sentence: str) -> None:
        """Say why an entry was not taken; empty: it was."""
        self.problem.show_text(sentence)
        self.problem.setVisible(bool(sentence))


class SettingField(FormRow):
    """The form row of one Setting. It decides nothing: `entered` goes to the form, which answers by showing the value
    in force or a problem."""

    entered = Signal(str, object)
    """(name of the setting, value as typed)"""

    def __init__(self, setting: Setting, mark: Mark = Mark.NEXT_STEP, parent: QWidget | None = None) -> None:
        self.setting = setting
        self.editor = editor_of(setting)
        super().__init__(setting.label, self.editor, mark, setting.help, parent)
        self.editor.entered.connect(self._send)

    def show_value(self, value: SettingValue) -> None:
        """Show the value in force."""
        self.editor.show_value(value)
        self.show_problem("")

    def refuse(self, sentence: str) -> None:
        """Say why the entry was not taken; it stays to be mended."""
        self.editor.set_refused(True)
        self.show_problem(sentence)

    def _send(self, value: object) -> None:
        self.entered.emit(self.setting.name, value)


def editor_of(setting: Setting) -> Editor:
    """The control that suits a setting's type."""
    if setting.type is bool:
        return CheckField(setting.label)
    if setting.choices:
        return ChoiceField(setting.label, setting.choices)
    if setting.syntax is points_from_text:
        return CurveField(setting.label)
    if setting.type is str:
        return TextField(setting.label, next(iter(setting.examples), ""))
    return NumberField(setting)
