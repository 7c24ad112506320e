"""Main window: the Build workspace. It arranges palette, canvas, inspector and panels and wires them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QMessageBox, QWidget

from convnet_studio import __version__
from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.data.preparation import prepare
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.edits import set_dataset, set_training
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.control import (
    Pause,
    Play,
    Reset,
    StepBatch,
    StepEpoch,
    StepSample,
    Weights,
)
from convnet_studio.engine.training.events import (
    Event,
    Stepped,
)
from convnet_studio.engine.training.standing import Standing
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
from convnet_studio.ui.panel_layout import PanelLayout
from convnet_studio.ui.project_files import ProjectFiles
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.style import apply_style
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch
from convnet_studio.ui.top_bar import TopBar
from convnet_studio.ui.training_news import TrainingNews
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView
from convnet_studio.ui.views.learning_curves import LearningCurvesView

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
        standing: Standing | None = None,
        curves: object = None,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.session_record = session_record or Session()
        self.open_project = OpenProject(project)
        if path is not None:
            self.open_project.mark_saved(path)
        self.session = TrainingSession(project, weights, self.settings.threads, standing)
        self._marks: Marks | None = None
        self._make_parts()
        self.curves.take_up(curves)
        self._arrange()
        self._connect()
        self._mark_theme()
        self._show_project()
        self.session.start()

    # ---------------------------------------------------------------- parts and their places

    def _make_parts(self) -> None:
        self._further_views: list[View] = []
        self.canvas = CanvasView(self.open_project)
        self.curves = LearningCurvesView(self.open_project)
        self.inspector = Inspector(self.open_project, stages=self.canvas.editor.stages)
        self.palette_panel = Palette()
        self.data_strip = DataStrip()
        self.notice = Notice(self.canvas)
        self.files = ProjectFiles(
            self.open_project,
            self.session,
            self.session_record,
            self.notice,
            self,
            lambda: self.curves.record.to_json(),
        )
        self.actions_table = Actions(self, self._handlers())
        self.top_bar = TopBar(self.actions_table, self._menu())
        self.live = LiveViews(self.session, self.views)
        self.news = TrainingNews(self.open_project, self.session, self.notice)

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
        self.setCentralWidget(self.canvas)
        self.panel_layout = PanelLayout(
            self,
            ("Modules", self.palette_panel),
            ("Inspector", self.inspector),
            [("Learning curves", self.curves), ("Data", self.data_strip)],
        )

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
                self._panel_menu.aboutToShow.connect(lambda: self.panel_layout.fill_menu(self._panel_menu))
        return menu

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
            "rename_project": self._ask_name,
            **self.canvas.handlers(),
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
            "restore_layout": lambda: self.panel_layout.restore_default(),
            "credits": lambda: CreditsDialog(self).exec(),
            "about": self._about,
        }

    def _connect(self) -> None:
        project, session = self.open_project, self.session
        self.notice.height_changed.connect(self.canvas.keep_free_below)
        self.notice.left.connect(self.top_bar.play.setFocus)
        project.changed.connect(self._on_edit)
        project.replaced.connect(self._on_replaced)
        project.name_changed.connect(self._show_name)
        project.selection_changed.connect(self.live.refresh_probes)
        project.selection_changed.connect(self._enable_actions)
        self.canvas.scene.links_selected.connect(self._enable_actions)
        self._enable_actions()
        self.inspector.views_changed.connect(self.live.refresh_probes)
        stack = project.undo_stack
        stack.canUndoChanged.connect(self.actions_table["undo"].setEnabled)
        stack.canRedoChanged.connect(self.actions_table["redo"].setEnabled)
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self.actions_table["undo"].setEnabled(False)
        self.actions_table["redo"].setEnabled(False)
        session.events_arrived.connect(self._show_events)
        session.state_changed.connect(self._show_state)
        self.top_bar.speed_chosen.connect(session.set_speed)
        self.top_bar.dataset_chosen.connect(
            lambda name: project.edit("Change the data", set_dataset(project.project, name))
        )
        self.palette_panel.add_requested.connect(self.canvas.add_kind)
        self.palette_panel.stage_requested.connect(self.canvas.add_stage)
        self.palette_panel.preset_chosen.connect(lambda name: self.files.open_preset(name))
        self.data_strip.picture_chosen.connect(lambda picture, _index, _split: self.live.look_at(picture))
        theme_switch().changed.connect(self._on_theme)

    def _name_undo(self, text: str) -> None:
        self.actions_table["undo"].setText(f"Undo: {text}" if text else "Undo")

    def _name_redo(self, text: str) -> None:
        self.actions_table["redo"].setText(f"Redo: {text}" if text else "Redo")

    def _enable_actions(self) -> None:
        """Offer only what can be done with the selection."""
        for name, can in self.canvas.possible_actions().items():
            self.actions_table[name].setEnabled(can)

    def _on_edit(self, before: Project, after: Project) -> None:
        self.session.edit(after, self.open_project.returns)
        if (before.network, before.data, before.name) != (after.network, after.data, after.name):
            self._show_project(before)

    def _on_replaced(self) -> None:
        run = self.files.take_run()
        self.curves.take_up(run.curves)
        self.session.open(self.open_project.project, run.weights, run.standing)
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
        self.top_bar.show_name(name, unsaved, self.open_project.path)
        file = self.open_project.path
        self.setWindowTitle(f"{name}[*] — {f'{file.name} — ' if file else ''}ConvNet Studio")
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
        if any(isinstance(event, Stepped) for event in events):
            self.top_bar.metrics.show_loss(self.curves.record.smooth_loss)
            self.open_project.mark_trained()

    def _show_state(self) -> None:
        self.top_bar.show_playing(self.session.is_playing)

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
        self.panel_layout.restore(self.session_record.docks)

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
        self.session_record.docks = self.panel_layout.state()
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

    def _ask_name(self) -> None:
        """Let the user type the project's name where it stands."""
        self.panel_layout.panels[1].show()
        self.open_project.select(frozenset())
        self.inspector.focus_project_name()


def seen_dataset(project: Project) -> Dataset:
    """The data set of `project` with its pictures as the network sees them."""
    return prepare(load_dataset(project.data.dataset), preparation_of(project.data)).dataset
