"""UnitView: what views of one unit have in common: the picker, in which it is chosen among those of the module."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.unit_picker import UnitPicker
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import theme
from convnet_studio.ui.view import View


class UnitView(View):
    """Asks about the unit that its `picker` has. A subclass puts that in place and calls `refresh` when it is made.

    Args:
        picks_place, begins_strongest: of the picker.
    """

    def __init__(
        self,
        open_project: OpenProject,
        parent: QWidget | None = None,
        *,
        picks_place: bool = True,
        begins_strongest: bool = False,
    ) -> None:
        super().__init__(open_project, parent)
        self.picker = UnitPicker(open_project, picks_place, begins_strongest)
        self.picker.picked.connect(self.ask_anew)
        open_project.selection_changed.connect(self.refresh)
        self.setAccessibleName(self.title)

    @abstractmethod
    def refresh(self) -> None:
        """Show what is known of the unit."""

    def ask_anew(self) -> None:
        """Another unit was picked, or something else is asked about it."""
        self.refresh()
        self.wishes_changed.emit()

    def set_summary(self, summary: Summary) -> None:
        """Learn shapes and problems."""
        self.picker.set_summary(summary)
        self.refresh()

    def probes(self) -> Probes:
        """The selected module's output, to pick from."""
        return self.picker.probes()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what there is to pick from."""
        self.picker.show_snapshot(snapshot)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
