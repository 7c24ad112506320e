"""SettingsForm: a form that follows from a list of Settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.nn.module import Setting, SettingValue
from convnet_studio.ui.controls.fold import Fold
from convnet_studio.ui.controls.setting_field import SettingField
from convnet_studio.ui.inspector.change_marks import ChangeMark


class SettingsForm(QWidget):
    """One row for each setting. Entries go out as they are; the owner answers with `show_values` or `refuse`.

    Args:
        settings: in the order of the rows.
        folded: titles of groups, and the names of the settings in each; they stand below all others. A group opens by
            itself when one of its settings is not at its default.
    """

    entered = Signal(str, object)
    """(name of the setting, value as typed)"""

    def __init__(
        self,
        settings: Iterable[Setting],
        folded: Mapping[str, Collection[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.fields: dict[str, SettingField] = {}
        self.folds: dict[str, Fold] = {}
        self._folded = dict(folded or {})
        column = _column_in(self)
        groups = {title: QWidget() for title in self._folded}
        columns = {title: _column_in(group) for title, group in groups.items()}
        for setting in settings:
            field = SettingField(setting)
            field.entered.connect(self.entered)
            self.fields[setting.name] = field
            title = next((title for title, names in self._folded.items() if setting.name in names), "")
            columns.get(title, column).addWidget(field)
        for title, group in groups.items():
            self.folds[title] = Fold(title, group)
            column.addWidget(self.folds[title])

    def show_values(self, values: Mapping[str, SettingValue]) -> None:
        """Show the values in force; a setting without one has its default."""
        for name, field in self.fields.items():
            field.show_value(values.get(name, field.setting.default))
        for title, names in self._folded.items():
            if any(
                values.get(name, self.fields[name].setting.default) != self.fields[name].setting.default
                for name in names
            ):
                self.folds[title].open()

    def show_marks(self, marks: Mapping[str, ChangeMark]) -> None:
        """Show when a change takes effect."""
        for name, mark in marks.items():
            if name in self.fields:
                self.fields[name].show_mark(mark.mark, mark.more)

    def refuse(self, name: str, sentence: str) -> None:
        """Say at a field why its entry was not taken."""
        self.fields[name].refuse(sentence)


def _column_in(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    return column
