"""Main window: the Build workspace. It arranges palette, canvas, inspector and panels and wires them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QMessageBox, QWidget

from convnet_studio import __version__
from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.program import CompileProgress
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.edits import rename_project, set_dataset, set_training
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.control import (
    Pause,
    Play,
    Reset,
    Rewind,
    StepBatch,
    StepEpoch,
    StepSample,
    Weights,
)
from convnet_studio.engine.training.events import (
    Diverged,
    Event,
    Failed,
    NetworkChanged,
    Rewound,
    RunStarted,
    StateChanged,
    Stepped,
)
from convnet_studio.ui import settings as settings_files
from convnet_studio.ui.actions import Actions
from convnet_studio.ui.credits import CreditsDialog
from convnet_studio.ui.data_strip import DataStrip
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.live import LiveViews
from convnet_studio.ui.marks import Mark, Marks
from convnet_studio.ui.notice import Notice
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.palette import Palette
from convnet_studio.ui.panel import Panel
from convnet_studio.ui.project_files import ProjectFiles
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.stage import Stage
from convnet_studio.ui.style import apply_style
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch
from convnet_studio.ui.top_bar import TopBar
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView
from convnet_studio.ui.views.learning_curves import LearningCurvesView

STATE, ENGINE = "state of training", "engine"
"""Topics of messages that are taken back when they are no longer true."""
SMALLEST_SIZE = (1024, 640)
FIRST_SIZE = (1440, 900)


class MainWindow(QMainWindow):
    """The window over one open project and one training session."""

    def __init__(
        self,
        project: Project,
        weights: Weights | None = None,
        path: Path | None = None,
        settings: Settings | None = None,
        session_record: Session | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.session_record = session_record or Session()
        self.open_project = OpenProject(project)
        if path is not None:
            self.open_project.mark_saved(path)
        self.session = TrainingSession(project, weights, self.settings.threads)
        self._divergence: Diverged | None = None
        self._marks: Marks | None = None
        self._make_parts()
        self._arrange()
        self._connect()
        self._mark_theme()
        self._default_layout = self.saveState()
        self._show_project()
        self.session.start()

    # ---------------------------------------------------------------- parts and their places

    def _make_parts(self) -> None:
        self._further_views: list[View] = []
        self.canvas = CanvasView(self.open_project)
        self.curves = LearningCurvesView(self.open_project)
        self.inspector = Inspector(self.open_project)
        self.palette_panel = Palette()
        self.data_strip = DataStrip()
        self.notice = Notice()
        self.files = ProjectFiles(self.open_project, self.session, self.session_record, self.notice, self)
        self.actions_table = Actions(self, self._handlers())
        self.top_bar = TopBar(self.actions_table, self._menu())
        self.live = LiveViews(self.session, self.views)

    def views(self) -> Sequence[View]:
        """Every view that is there now, seen or not."""
        return [self.canvas, self.curves, *self.inspector.views(), *self._further_views]

    def add_view(self, view: View) -> None:
        """Keep one more view up to date, wherever it is shown."""
        self._further_views.append(view)
        view.set_dataset(seen_dataset(self.open_project.project))
        view.set_summary(self._summary)

    def learning_modules(self) -> frozenset[str]:
        """Ids of the modules that have parameters."""
        return frozenset(each for each, summary in self._summary.modules.items() if summary.parameters)

    def _arrange(self) -> None:
        self.setMinimumSize(*SMALLEST_SIZE)
        self.resize(*FIRST_SIZE)
        self.setMenuWidget(self.top_bar)
        self.setCentralWidget(Stage(self.canvas, self.notice))
        self.setDockNestingEnabled(True)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        self._docks = [
            self._dock("Modules", self.palette_panel, Qt.DockWidgetArea.LeftDockWidgetArea),
            self._dock("Inspector", self.inspector, Qt.DockWidgetArea.RightDockWidgetArea),
            self._dock("Learning curves", self.curves, Qt.DockWidgetArea.BottomDockWidgetArea),
            self._dock("Data", self.data_strip, Qt.DockWidgetArea.BottomDockWidgetArea),
        ]
        modules, inspector, curves, data = self._docks
        self.splitDockWidget(curves, data, Qt.Orientation.Horizontal)
        self.resizeDocks([modules, inspector], [208, 320], Qt.Orientation.Horizontal)
        self.resizeDocks([curves, data], [460, 380], Qt.Orientation.Horizontal)
        self.resizeDocks([curves, data], [226, 226], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> Panel:
        dock = Panel(title, widget, self)
        self.addDockWidget(area, dock)
        return dock

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name in ("File", "Edit", "Train", "View", "Help"):
            part = menu.addMenu(name)
            self.actions_table.fill_menu(part, name)
            if name == "File":
                before = self.actions_table["save"]
                part.insertMenu(before, self.files.recent_menu(part))
                part.insertMenu(before, self.files.preset_menu(part))
            if name == "View":
                self._panel_menu = part.addMenu("Panels")
                self._panel_menu.aboutToShow.connect(self._fill_panel_menu)
        return menu

    def _fill_panel_menu(self) -> None:
        self._panel_menu.clear()
        for dock in self._docks:
            self._panel_menu.addAction(dock.toggleViewAction())

    # ---------------------------------------------------------------- what leads to what

    def _handlers(self) -> dict[str, Callable[[], object]]:
        stack = self.open_project.undo_stack
        return {
            "menu": lambda: self.top_bar.open_menu(),
            "new": lambda: self.files.new(),
            "open": lambda: self.files.ask_open(),
            "save": lambda: self.files.save(),
            "save_as": lambda: self.files.save_as(),
            "quit": self.close,
            "undo": stack.undo,
            "redo": stack.redo,
            "delete": self.canvas.delete_selection,
            "duplicate": self.canvas.duplicate_selection,
            "rename": self.canvas.rename_selection,
            "select_all": self.canvas.select_all,
            "find_module": lambda: self.palette_panel.focus_search(),
            "play": self.toggle_play,
            "step_sample": lambda: self.session.wish(StepSample()),
            "step_batch": lambda: self.session.wish(StepBatch()),
            "step_epoch": lambda: self.session.wish(StepEpoch()),
            "reset": lambda: self.session.wish(Reset()),
            "new_weights": self.draw_new_weights,
            "zoom_in": self.canvas.zoom_in,
            "zoom_out": self.canvas.zoom_out,
            "zoom_reset": self.canvas.zoom_reset,
            "fit": self.canvas.fit,
            "theme_light": lambda: self.use_theme(LIGHT),
            "theme_dark": lambda: self.use_theme(DARK),
            "theme_system": lambda: self.use_theme("system"),
            "restore_layout": lambda: self.restoreState(self._default_layout),
            "credits": lambda: CreditsDialog(self).exec(),
            "about": self._about,
        }

    def _connect(self) -> None:
        project, session = self.open_project, self.session
        project.changed.connect(self._on_edit)
        project.replaced.connect(self._on_replaced)
        project.name_changed.connect(self._show_name)
        project.selection_changed.connect(self.live.refresh_probes)
        self.inspector.views_changed.connect(self.live.refresh_probes)
        stack = project.undo_stack
        stack.canUndoChanged.connect(self.actions_table["undo"].setEnabled)
        stack.canRedoChanged.connect(self.actions_table["redo"].setEnabled)
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self.actions_table["undo"].setEnabled(False)
        self.actions_table["redo"].setEnabled(False)
        session.events_arrived.connect(self._show_events)
        self.notice.answered.connect(self.top_bar.play.setFocus)
        session.state_changed.connect(self._show_state)
        session.compile_progressed.connect(self._show_compiling)
        self.top_bar.speed_chosen.connect(session.set_speed)
        self.top_bar.dataset_chosen.connect(
            lambda name: project.edit("Change the data", set_dataset(project.project, name))
        )
        self.palette_panel.add_requested.connect(self.canvas.add_kind)
        self.palette_panel.preset_chosen.connect(lambda name: self.files.open_preset(name))
        self.data_strip.picture_chosen.connect(lambda picture, _index, _split: self.live.look_at(picture))
        theme_switch().changed.connect(self._on_theme)

    def _name_undo(self, text: str) -> None:
        self.actions_table["undo"].setText(f"Undo: {text}" if text else "Undo")

    def _name_redo(self, text: str) -> None:
        self.actions_table["redo"].setText(f"Redo: {text}" if text else "Redo")

    def _on_edit(self, before: Project, after: Project) -> None:
        self.session.edit(after, self.open_project.returns)
        if (before.network, before.data, before.name) != (after.network, after.data, after.name):
            self._show_project(before)

    def _on_replaced(self) -> None:
        self.session.open(self.open_project.project, self.files.take_weights())
        self.notice.clear()
        self._show_project()
        QTimer.singleShot(0, self.canvas.fit)

    def _show_project(self, before: Project | None = None) -> None:
        """Bring everything that is derived from the project up to date."""
        project = self.open_project.project
        dataset = seen_dataset(project)
        if before is None or seen_dataset(before) is not dataset:
            self.live.look_at(None)
            self.data_strip.set_dataset(dataset)
            self.inspector.set_dataset(dataset)
            self.top_bar.show_dataset(project.data.dataset)
            for view in self.views():
                view.set_dataset(dataset)
        self._summary = summarize(project, dataset.input_shape, dataset.classes)
        self.inspector.set_summary(self._summary)
        for view in self.views():
            view.set_summary(self._summary)
        self.live.refresh_probes()
        self._show_name()

    def _show_name(self) -> None:
        name, unsaved = self.open_project.project.name, self.open_project.is_unsaved
        self.top_bar.show_name(name, unsaved)
        self.setWindowTitle(f"{name}[*] — ConvNet Studio")
        self.setWindowModified(unsaved)

    # ---------------------------------------------------------------- training

    def toggle_play(self) -> None:
        """Train, or rest."""
        if self._marks is not None:
            self._marks.close()
            self._marks = None
            self.settings.marks_seen = True
        self.session.wish(Pause() if self.session.is_playing else Play())

    def draw_new_weights(self) -> None:
        """Start afresh from the next seed; undo brings the old seed back, and the run with its trained weights."""
        project = self.open_project.project
        seed = (project.training.seed + 1) % 2**32
        self.open_project.edit("New weights", set_training(project, seed=seed))
        self.session.wish(Reset())

    def _show_events(self, events: Sequence[Event]) -> None:
        self.top_bar.metrics.show_events(events)
        for event in events:
            if isinstance(event, Stepped):
                self.open_project.mark_trained()
            elif isinstance(event, Diverged):
                self._show_divergence(event)
            elif isinstance(event, Failed):
                where = f"In {self._title_of(event.where)}: " if event.where else ""
                self.notice.retract(ENGINE)
                self.notice.say("bad", where + event.why)
            elif isinstance(event, StateChanged):
                self.notice.retract(STATE)
                if event.why and self._divergence is not None:
                    self._show_divergence(self._divergence)  # its answers are the only ways out
                elif event.why:
                    self.notice.say("good" if event.is_done else "warn", event.why, topic=STATE)
            elif isinstance(event, RunStarted | NetworkChanged | Rewound):
                self._divergence = None
                self.notice.retract(STATE)

    def _show_divergence(self, event: Diverged) -> None:
        self._divergence = event
        if event.where in self.open_project.project.network:
            self.open_project.select(frozenset((event.where,)))
        array = f" ({event.array})" if event.array else ""
        where = f" first in {self._title_of(event.where)}{array}" if event.where else ""
        text = (
            f"The numbers grew out of bounds{where}. {event.why} A learning rate of {self._rate_text(event.rate)} is"
            f" too large for this network; the last good step is {event.checkpoint_step:,}."
        )
        answers = {"Halve the rate and rewind": self.halve_rate_and_rewind, "Only rewind": self._rewind}
        self.notice.say("bad", text, answers, topic=STATE)

    def _rate_text(self, rate: float) -> str:
        """The rate that the user has set, and what the schedule has made of it by now."""
        typed = self.open_project.project.training.rate
        return f"{typed:g}" if math.isclose(typed, rate, rel_tol=1e-3) else f"{typed:g} ({rate:.3g} by now)"

    def halve_rate_and_rewind(self) -> None:
        """The way out of divergence: half the learning rate (can be undone), weights of the last good step."""
        project = self.open_project.project
        self.open_project.edit("Halve the learning rate", set_training(project, rate=project.training.rate / 2))
        self._rewind()

    def _rewind(self) -> None:
        self.session.wish(Rewind())

    def _title_of(self, module_id: str) -> str:
        if module_id not in self.open_project.project.network:
            return "a module"
        module = self.open_project.project.network.module(module_id)
        return module.name or module.kind

    def _show_state(self) -> None:
        self.top_bar.show_playing(self.session.is_playing)

    def _show_compiling(self, progress: CompileProgress | None) -> None:
        if progress is None:
            self.notice.retract(ENGINE)
            text = "The fast engine is ready: training starts again from its seed on it."
            self.notice.say("good", text, topic=ENGINE)
            QTimer.singleShot(6000, lambda: self.notice.retract(ENGINE))
            return
        text = (
            f"First start: making the fast engine for this computer, part {progress.done} of {progress.total}. "
            "Until then a slower preview engine trains."
        )
        self.notice.show_progress(text, progress.done, progress.total, ENGINE)

    # ---------------------------------------------------------------- looks, start and end

    def use_theme(self, name: str) -> None:
        """Light, dark, or as the system has it; kept for the next start."""
        self.settings.theme = name
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        theme_switch().use((DARK if dark else LIGHT) if name == "system" else name)
        self._mark_theme()

    def _mark_theme(self) -> None:
        """A tick at the theme in force, in the menu."""
        for name in (LIGHT, DARK, "system"):
            action = self.actions_table[f"theme_{name}"]
            action.setCheckable(True)
            action.setChecked(self.settings.theme == name)

    def _on_theme(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_style(app)
        self.actions_table.recolor()

    def show_marks(self) -> None:
        """Show a newcomer where to begin."""
        if self.settings.marks_seen or self._marks is not None:
            return
        self._marks = Marks(
            self,
            [
                Mark("Press Play: the network learns to read digits", self._below(self.top_bar.play)),
                Mark("Watch the maps change; click a card to look closer", self._below_a_card),
                Mark("Drag modules from here onto the canvas", self._right_of(self.palette_panel), below=False),
            ],
        )

    def _below(self, widget: QWidget) -> Callable[[], QPoint]:
        return lambda: widget.mapTo(self, QPoint(widget.width() // 2, widget.height() + 2))

    def _right_of(self, widget: QWidget) -> Callable[[], QPoint]:
        return lambda: widget.mapTo(self, QPoint(widget.width() - 16, widget.height() - 96))

    def _below_a_card(self) -> QPoint:
        learning = (m.id for m in self.open_project.project.network.modules if m.id in self.learning_modules())
        card = next(learning, None)
        place = self.canvas.point_below(card) if card else self.canvas.rect().center()
        return self.canvas.mapTo(self, place)

    def restore_layout(self) -> None:
        """Put window and panels where they stood at the last end."""
        if self.session_record.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.session_record.geometry.encode()))
        if self.session_record.docks:
            self.restoreState(QByteArray.fromBase64(self.session_record.docks.encode()))

    def showEvent(self, event: QShowEvent) -> None:
        """The first look: the whole network, Play focused."""
        super().showEvent(event)
        self.top_bar.play.setFocus()
        QTimer.singleShot(0, self.canvas.fit)
        QTimer.singleShot(0, self.live.refresh_probes)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask before anything is lost, then end the worker and keep the layout."""
        if not self.files.may_leave():
            event.ignore()
            return
        self.session_record.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.session_record.docks = bytes(self.saveState().toBase64().data()).decode()
        settings_files.store(self.session_record)
        settings_files.store(self.settings)
        self.files.close()
        self.session.close()
        event.accept()

    def _about(self) -> None:
        text = (
            f"<b>ConvNet Studio {__version__}</b><p>Build, train and look inside convolutional networks.</p>"
            "<p>After Y. LeCun's deep-learning tutorial of 2013. MIT licence.</p>"
        )
        QMessageBox.about(self, "About ConvNet Studio", text)

    def rename(self, name: str) -> None:
        """Give the project another name."""
        self.open_project.edit("Rename the project", rename_project(self.open_project.project, name))


def seen_dataset(project: Project) -> Dataset:
    """The data set of `project` with its pictures as the network sees them."""
    return prepare(load_dataset(project.data.dataset), preparation_of(project.data)).dataset
