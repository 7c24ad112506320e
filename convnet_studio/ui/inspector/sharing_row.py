"""SharingRow: whose weights a module uses, its own or those of another of its kind."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from convnet_studio.engine.project.sharing import can_share_with
from convnet_studio.engine.project.spec import ModuleSpec, Project
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.controls.choice_field import ChoiceField
from convnet_studio.ui.controls.mark import Mark
from convnet_studio.ui.controls.setting_field import FormRow

OWN = "its own"
_HELP = "Modules that share weights learn one set of them together; their gradients add up."


class SharingRow(QWidget):
    """A row of the form; hidden where there is nobody to share with."""

    chosen = Signal(str)
    """The id of the module whose weights are to be used; empty: its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = ChoiceField("Weights", [""], [OWN])
        self.row = FormRow("Weights", self.field, Mark.NEXT_STEP, _HELP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.row)
        self._offered: list[tuple[str, str]] = [("", OWN)]
        self.field.entered.connect(lambda owner: self.chosen.emit(str(owner)))

    def show_module(self, project: Project, module: ModuleSpec) -> None:
        """Offer the modules of the same kind that have weights of their own."""
        others = can_share_with(project, module.id)
        offered = [("", OWN), *((each.id, f"those of {_name(each)}") for each in others)]
        if offered != self._offered:
            self._offered = offered
            self.field.set_choices([each for each, _ in offered], [words for _, words in offered])
        self.field.show_value(module.shares)
        self.setVisible(bool(others))


def _name(module: ModuleSpec) -> str:
    return title(module) if module.name else f"{module.kind} ({module.id})"
