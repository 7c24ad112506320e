"""Workspaces: Learn, Build and Lab in the middle of one window; going from one to another loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from convnet_studio.ui.lab_page import LabPage
from convnet_studio.ui.lesson_panel.learn import Learn
from convnet_studio.ui.panel_layout import PanelLayout
from convnet_studio.ui.view import View

LEARN, BUILD, LAB = "Learn", "Build", "Lab"
WORKSPACES = (LEARN, BUILD, LAB)


class Workspaces(QObject):
    """Panels belong to Build; the others have the middle for themselves, and Build gets all back as it was.

    Args:
        canvas: that stands in Build, and in lessons while these show it.
        layout: of the panels.
    """

    changed = Signal()
    """Another workspace is seen."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__()
        self._canvas = canvas
        self.middle = QStackedWidget()
        self._build = QWidget()
        column = QVBoxLayout(self._build)
        column.setContentsMargins(0, 0, 0, 0)
        self.place_canvas()
        self.middle.addWidget(self._build)
        self.now = BUILD

    def place_canvas(self) -> None:
        """Put the canvas where it stands in Build."""
        layout = self._build.layout()
        assert layout is not None
        layout.addWidget(self._canvas)
        self._canvas.show()

    def complete(self, learn: Learn, lab: LabPage, layout: PanelLayout) -> None:
        """Take up the parts that need the window to be there."""
        self._learn, self._lab, self._layout = learn, lab, layout
        self.middle.addWidget(learn.page)
        self.middle.addWidget(lab)

    def go(self, name: str) -> None:
        """Go to a workspace."""
        if name == self.now:
            return
        if self.now == BUILD:
            self._layout.put_away()
        if self.now == LEARN:
            self._learn.leave_desk()
        self.now = name
        pages: dict[str, QWidget] = {LEARN: self._learn.page, BUILD: self._build, LAB: self._lab}
        self.middle.setCurrentWidget(pages[name])
        if name == BUILD:
            self._layout.bring_back()
        if name == LEARN:
            self._learn.come_back()
        self.changed.emit()
        field: Callable[[], object] = pages[name].setFocus
        field()

    def further_views(self) -> list[View]:
        """Benches that stand in the lab."""
        return self._lab.views()
