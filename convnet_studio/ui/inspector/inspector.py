"""Inspector: the right-hand panel. One module or stage: all about it; several modules: a count; none: the project."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from convnet_studio.engine.data.dataset import Dataset
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.ui.canvas.stage_editor import StageEditor
from convnet_studio.ui.canvas.stage_face import face_of
from convnet_studio.ui.inspector.module_page import ModulePage
from convnet_studio.ui.inspector.project_page import ProjectPage
from convnet_studio.ui.inspector.selection_page import SelectionPage
from convnet_studio.ui.inspector.stage_page import StagePage
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.shown_module import shown_module, shown_stage
from convnet_studio.ui.theme import theme, theme_switch
from convnet_studio.ui.view import View

SMALLEST_WIDTH = 288


class Inspector(QWidget):
    """Follows the selection. The window hands it summary and data set, and keeps its `views` up to date."""

    views_changed = Signal()
    """Another view has come into sight or wants to see something else: ask `visible_views` for their probes."""

    def __init__(
        self, open_project: OpenProject, parent: QWidget | None = None, stages: StageEditor | None = None
    ) -> None:
        super().__init__(parent)
        self._open_project = open_project
        self._summary: Summary | None = None
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(SMALLEST_WIDTH)
        self.module_page = ModulePage(open_project)
        self.selection_page = SelectionPage()
        self.project_page = ProjectPage(open_project)
        self._pages = QStackedWidget()
        for page in (self.module_page, self.selection_page, self.project_page):
            self._pages.addWidget(_scrolled(page))
        self.stage_page = StagePage(open_project, stages) if stages else None
        if self.stage_page:
            self._pages.addWidget(_scrolled(self.stage_page))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self.module_page.probes_changed.connect(self.views_changed)
        open_project.selection_changed.connect(self._show_selection)
        open_project.replaced.connect(self._show_selection)
        open_project.changed.connect(self._show_selection)
        theme_switch().changed.connect(self.update)
        self._show_selection()

    def set_summary(self, summary: Summary) -> None:
        """Take note of shapes, costs and problems after a change of the network."""
        self._summary = summary
        for view in self.views():
            view.set_summary(summary)
        self._show_selection()

    def set_dataset(self, dataset: Dataset) -> None:
        """Take note of the data set in use."""
        self.module_page.set_dataset(dataset)
        self.project_page.set_dataset(dataset)
        for view in self.views():
            view.set_dataset(dataset)

    def focus_project_name(self) -> None:
        """Let the project's name be typed over."""
        self.project_page.header.name.setFocus()
        self.project_page.header.name.selectAll()

    @property
    def settings(self) -> QWidget:
        """Where the settings of what is shown are."""
        return self.module_page.form if self._pages.currentIndex() == 0 else self

    def views(self) -> tuple[View, ...]:
        """All views that it holds, seen or not."""
        return tuple(self.module_page.views.values())

    def visible_views(self) -> tuple[View, ...]:
        """The views that can be seen now."""
        return tuple(view for view in self.views() if view.isVisible())

    def _show_selection(self, *_change: Project) -> None:
        """Show what the selection calls for, with the values of now."""
        project, selection = self._open_project.project, self._open_project.selection
        module, stage = shown_module(self._open_project), shown_stage(self._open_project)
        if stage is not None and self.stage_page:
            self.stage_page.show_stage(face_of(project, stage, self._summary), project, self._summary)
            self._pages.setCurrentIndex(3)
        elif module is not None:
            self.module_page.show_module(module, self._summary)
            self._pages.setCurrentIndex(0)
        elif selection:
            chosen = [each for each in project.network.modules if each.id in selection]
            self.selection_page.show_modules(chosen, self._summary)
            self._pages.setCurrentIndex(1)
        else:
            self.project_page.show_project(project)
            self._pages.setCurrentIndex(2)
        if self._summary is not None:
            self.project_page.show_summary(self._summary)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(self.rect(), theme().color("surface"))


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.viewport().setAutoFillBackground(False)
    page.setContentsMargins(12, 8, 12, 16)
    page.setAutoFillBackground(False)
    area.setWidget(page)
    return area
