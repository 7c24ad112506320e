"""SettingsForm: a form that follows from a list of Settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Setting, SettingValue
from convnet_studio.ui.controls.setting_field import SettingField
from convnet_studio.ui.inspector.change_marks import ChangeMark


class SettingsForm(QWidget):
    """One row for each setting. Entries go out as they are; the owner answers with `show_values` or `refuse`."""

    entered = Signal(str, object)
    """(name of the setting, value as typed)"""

    def __init__(self, settings: Iterable[Setting], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, SettingField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for setting in settings:
            field = SettingField(setting)
            field.entered.connect(self.entered)
            self.fields[setting.name] = field
            column.addWidget(field)

    def show_values(self, values: Mapping[str, SettingValue]) -> None:
        """Show the values in force; a setting without one has its default."""
        for name, field in self.fields.items():
            field.show_value(values.get(name, field.setting.default))

    def show_marks(self, marks: Mapping[str, ChangeMark]) -> None:
        """Show when a change takes effect."""
        for name, mark in marks.items():
            if name in self.fields:
                self.fields[name].show_mark(mark.mark, mark.more)

    def refuse(self, name: str, sentence: str) -> None:
        """Say at a field why its entry was not taken."""
        self.fields[name].refuse(sentence)
