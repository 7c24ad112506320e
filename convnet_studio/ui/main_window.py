"""Main window: the Build workspace. It arranges palette, canvas, inspector and panels and wires them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from convnet_studio.engine.export.form import Form
from convnet_studio.engine.project.edits import set_dataset, set_training
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.control import Pause, Play, Reset, StepBatch, StepEpoch, StepSample, Weights
from convnet_studio.engine.training.events import Event, Stepped
from convnet_studio.engine.training.standing import Standing
from convnet_studio.ui import settings as settings_files
from convnet_studio.ui.action_states import ActionStates
from convnet_studio.ui.actions import Actions
from convnet_studio.ui.canvas.edit_commands import EditCommands
from convnet_studio.ui.canvas_display import CanvasDisplay
from convnet_studio.ui.commands.command_palette import QUESTION, all_choices, lesson_choices
from convnet_studio.ui.commands.picker import Picker
from convnet_studio.ui.commands.shortcut_sheet import ShortcutSheet
from convnet_studio.ui.credits import CreditsDialog, show_about
from convnet_studio.ui.data_strip import DataStrip
from convnet_studio.ui.first_marks import FirstMarks
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.lab_page import LabPage
from convnet_studio.ui.lesson_panel.learn import Learn
from convnet_studio.ui.live import LiveViews
from convnet_studio.ui.notice import Notice
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.outline.outline import Outline
from convnet_studio.ui.palette import Palette
from convnet_studio.ui.panel import Panel
from convnet_studio.ui.panel_focus import PanelFocus
from convnet_studio.ui.panel_layout import PanelLayout
from convnet_studio.ui.pictures.export import PictureExport
from convnet_studio.ui.present.presenter import Presenter
from convnet_studio.ui.project_files import ProjectFiles
from convnet_studio.ui.seen_dataset import seen_dataset
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.theme import DARK, LIGHT
from convnet_studio.ui.theme_choice import SYSTEM, ThemeChoice
from convnet_studio.ui.top_bar import TopBar
from convnet_studio.ui.training_news import TrainingNews
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View
from convnet_studio.ui.view_panels import ViewPanels
from convnet_studio.ui.views.canvas import CanvasView
from convnet_studio.ui.views.code import CodeView
from convnet_studio.ui.views.learning_curves import LearningCurvesView
from convnet_studio.ui.window_menu import window_menu
from convnet_studio.ui.workspaces import BUILD, LAB, LEARN, Workspaces

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
        self._make_parts()
        self.curves.take_up(curves)
        self._arrange()
        self._connect()
        self._show_project()
        self.session.start()

    # ---------------------------------------------------------------- parts and their places

    def _make_parts(self) -> None:
        self._further_views: list[View] = []
        self.canvas = CanvasView(self.open_project)
        self.workspaces = Workspaces(self.canvas)
        self.curves = LearningCurvesView(self.open_project)
        self.code = CodeView(self.open_project)
        self.inspector = Inspector(self.open_project, stages=self.canvas.editor.stages)
        self.palette_panel = Palette()
        self.data_strip = DataStrip()
        self.notice = Notice(self.canvas)
        self.picker = Picker(self, self.session_record.uses)
        self.commands = EditCommands(self.open_project, self.canvas, self.picker)
        self.outline = Outline(self.open_project, self.canvas, self.commands)
        self.shortcut_sheet = ShortcutSheet(self)
        self.focus = PanelFocus(self._parts)
        self.files = ProjectFiles(
            self.open_project,
            self.session,
            self.session_record,
            self.notice,
            self,
            lambda: self.curves.record.to_json(),
        )
        self.display = CanvasDisplay(self.canvas, self.settings)
        self.actions_table = Actions(self, self._handlers())
        self.display.follow(self.actions_table)
        self._menu = window_menu(
            self,
            self.actions_table,
            self.files,
            lambda menu: self.panel_layout.fill_menu(menu),
            {
                "Views": lambda menu: self.view_panels.fill_menu(menu, benches=False),
                "Lab": lambda menu: self.view_panels.fill_menu(menu, benches=True),
            },
        )
        self._theme = ThemeChoice(self, self.settings, self.actions_table)
        self.top_bar = TopBar(self.actions_table, self._menu)
        self.first_marks = FirstMarks(
            self, self.settings, self.top_bar.play, self.canvas, self.palette_panel, self.inspector
        )
        self.live = LiveViews(self.session, self.views, self)
        self.learn = Learn(
            self.open_project,
            self.session,
            self.live,
            self.canvas,
            self.wire_view,
            self.top_bar.button_of,
            self.workspaces.place_canvas,
        )
        self.learn.view.sheet.lesson_after = lambda lesson: self.learn.course.after(lesson)
        self.lab = LabPage(self.open_project, self.add_view)
        self.presenter = Presenter(self, self.canvas, self.actions_table.by_name)
        self.pictures = PictureExport(
            self, self.canvas, self.live, self.session, self.picker, self.notice, lambda: list(self.views())
        )
        self._states = ActionStates(
            self, self.actions_table, self.open_project, self.canvas.scene, self.canvas.area.commands, self.commands
        )
        self.news = TrainingNews(self.open_project, self.session, self.notice)

    def views(self) -> Sequence[View]:
        """Every view that is there now, seen or not, of the project that is in the window."""
        if self.learn.is_on_desk:
            return [*self.learn.views(), *self.inspector.views()]
        return [self.canvas, self.curves, self.code, *self.inspector.views(), *self._further_views]

    def add_view(self, view: View) -> None:
        """Keep one more view up to date, wherever it is shown."""
        self._further_views.append(view)
        self.wire_view(view)

    def wire_view(self, view: View) -> None:
        """Bring a view that has just been made up to date, and hear what it wants."""
        view.set_dataset(seen_dataset(self.open_project.project))
        view.set_summary(self._summary)
        view.picture_chosen.connect(self.live.look_at)
        view.picture_chosen.connect(self.data_strip.mark_shown)
        view.wishes_changed.connect(self.live.refresh_probes)
        self.live.catch_up(view)

    def learning_modules(self) -> frozenset[str]:
        """Ids of the modules that have parameters."""
        return frozenset(each for each, summary in self._summary.modules.items() if summary.parameters)

    def _arrange(self) -> None:
        self.setMinimumSize(*SMALLEST_SIZE)
        self.resize(QSize(*FIRST_SIZE).boundedTo(self.screen().availableSize()))
        self.setMenuWidget(self.top_bar)
        self.setCentralWidget(self.workspaces.middle)
        self.panel_layout = PanelLayout(
            self,
            ("Modules", self.palette_panel),
            ("Inspector", self.inspector),
            [("Learning curves", self.curves), ("Data", self.data_strip)],
            beside=("Code", self.code),
            on_wish=("Outline", self.outline),
        )
        placed = {view.name for view in (self.canvas, self.curves, self.code)}
        self.view_panels = ViewPanels(
            self.open_project, self.panel_layout, placed, self.add_view, self.live.refresh_probes
        )
        self.workspaces.complete(self.learn, self.lab, self.panel_layout)

    # ---------------------------------------------------------------- what leads to what

    def _handlers(self) -> dict[str, Callable[[], object]]:
        undo = self.open_project.undo_group
        return {
            "menu": lambda: self.top_bar.open_menu(),
            "new": lambda: self.files.new(),
            "open": lambda: self.files.ask_open(),
            "save": lambda: self.files.save(),
            "save_as": lambda: self.files.save_as(),
            **{f"export_{name}": partial(self.export, name) for name in Form.registry},
            "export_picture": lambda: self.pictures.ask(),
            "quit": self.close,
            "undo": undo.undo,
            "redo": undo.redo,
            "rename_project": self._ask_name,
            **self.canvas.handlers,
            "rename": self.rename_selection,
            "add_module": self.commands.ask_to_add,
            "connect": self.commands.ask_to_connect,
            "replace": self.commands.ask_to_replace,
            "move_earlier": lambda: self.commands.move(later=False),
            "move_later": lambda: self.commands.move(later=True),
            "recurrent": self.commands.set_recurrent,
            "find_module": lambda: self.palette_panel.focus_search(),
            "play": self.toggle_play,
            "step_sample": lambda: self.session.wish(StepSample()),
            "step_batch": lambda: self.session.wish(StepBatch()),
            "step_epoch": lambda: self.session.wish(StepEpoch()),
            "reset": lambda: self.session.wish(Reset()),
            "new_weights": self.draw_new_weights,
            "code": lambda: self.panel_layout.toggle_beside(),
            "copy_code": self.code.copy,
            "outline": self.toggle_outline,
            "inspect": self.visit_settings,
            "next_panel": lambda: self.focus.step(),
            "previous_panel": lambda: self.focus.step(forward=False),
            "learn": lambda: self.workspaces.go(LEARN),
            "build": lambda: self.workspaces.go(BUILD),
            "lab": lambda: self.workspaces.go(LAB),
            "present": lambda: self.presenter.toggle(),
            "lesson_next": lambda: self.learn.view.sheet.next.emit(),
            "lesson_back": lambda: self.learn.view.sheet.back.emit(),
            "lesson_return": self.return_to_lesson,
            **self.display.handlers(),
            "theme_light": lambda: self.use_theme(LIGHT),
            "theme_dark": lambda: self.use_theme(DARK),
            "theme_system": lambda: self.use_theme(SYSTEM),
            "restore_layout": lambda: self.panel_layout.restore_default(),
            "commands": self.show_commands,
            "shortcuts": lambda: self.shortcut_sheet.show_sheet(),
            "credits": lambda: CreditsDialog(self).exec(),
            "about": lambda: show_about(self),
        }

    def _connect(self) -> None:
        project, session = self.open_project, self.session
        self.notice.height_changed.connect(self.canvas.keep_free_below)
        self.notice.left.connect(self.top_bar.play.setFocus)
        project.changed.connect(self._on_edit)
        project.replaced.connect(self._on_replaced)
        project.name_changed.connect(self._show_name)
        project.selection_changed.connect(self.live.refresh_probes)
        self.canvas.area.said.connect(lambda text: self.notice.say("warn", text))
        self.outline.settings_wanted.connect(self.visit_settings)
        self.inspector.views_changed.connect(self.live.refresh_probes)
        self.canvas.probes_changed.connect(self.live.refresh_probes)
        session.events_arrived.connect(self._show_events)
        session.state_changed.connect(self._show_state)
        self.top_bar.speed_chosen.connect(session.set_speed)
        self.top_bar.dataset_chosen.connect(
            lambda name: project.edit("Change the data", set_dataset(project.project, name))
        )
        self.code.save_requested.connect(self.export)
        self.palette_panel.add_requested.connect(self.canvas.add_kind)
        self.palette_panel.stage_requested.connect(self.canvas.add_stage)
        self.palette_panel.preset_chosen.connect(lambda name: self.files.open_preset(name))
        self.data_strip.picture_chosen.connect(lambda picture, _index, _split: self.live.look_at(picture))

        self.top_bar.workspace_chosen.connect(lambda name: self.actions_table[name.lower()].trigger())
        self.workspaces.changed.connect(self._show_workspace)
        self.learn.place_changed.connect(self._show_workspace)
        self.presenter.changed.connect(self.learn.show_presenting)
        self.presenter.changed.connect(lambda _: self.live.refresh_probes())
        self.learn.view.scene.panel_wanted.connect(self.panel_layout.show_in_passing)
        self.learn.view.scene.views_turned.connect(self.live.refresh_probes)
        self.learn.leaving_own.connect(self.files.leave)
        self.learn.came_back.connect(self.files.come_back)
        self.learn.said.connect(lambda text: self.notice.say("warn", text))
        self.files.replacing.connect(lambda: self.workspaces.go(BUILD))
        self._show_workspace()

    def _show_workspace(self) -> None:
        """Bring everything around the middle in line with the workspace that is seen."""
        now, learn = self.workspaces.now, self.learn
        self.actions_table[now.lower()].setChecked(True)
        is_walking = now == LEARN and learn.has_lesson
        for name in ("lesson_next", "lesson_back"):
            self.actions_table.allow(name, "" if is_walking else "No lesson is open: choose one in Learn.")
        self.actions_table.allow("lesson_return", "" if learn.has_lesson else "No lesson is open.")
        for name in ("save", "save_as"):
            self.actions_table.allow(name, "This is the lesson's network: yours waits in Build." if is_walking else "")
        self.first_marks.rest(now != BUILD)
        self.notice.lie_over(
            self.canvas if now == BUILD else learn.view.scene if is_walking else self.workspaces.middle
        )
        has_network = is_walking and learn.walk is not None and learn.walk.page_trains
        self.top_bar.show_workspace(now, learn.place if now == LEARN else "", has_network)
        self.top_bar.offer_return(learn.has_lesson and now != LEARN)
        self.live.refresh_probes()

    def return_to_lesson(self) -> None:
        """Go to the lesson that is open, to the scene of its page."""
        if self.workspaces.now != LEARN:
            self.workspaces.go(LEARN)
        elif self.learn.walk is not None:
            self.learn.walk.return_to_scene()

    def _on_edit(self, before: Project, after: Project) -> None:
        self.session.edit(after, self.open_project.returns)
        if (before.network, before.data, before.name) != (after.network, after.data, after.name):
            self._show_project(before)

    def _on_replaced(self) -> None:
        if not self.open_project.brings_run:
            run = self.files.take_run()
            self.curves.take_up(run.curves)
            self.session.open(self.open_project.project, run.weights, run.standing)
        self._show_project()
        if not self.open_project.brings_run:
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
        self.outline.set_summary(self._summary)
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

    # ---------------------------------------------------------------- the keyboard's ways

    def _parts(self) -> list[QWidget]:
        """In the order in which F6 visits them."""
        if self.workspaces.now == LAB:
            return [self.top_bar, self.lab]
        if self.workspaces.now == LEARN:
            beside = (self.palette_panel, self.inspector)
            return [self.top_bar, self.learn.course_page, self.learn.view.sheet, *self.learn.view.scene.shown, *beside]
        contents = (self.palette_panel, self.outline, self.canvas, self.inspector, self.curves, self.data_strip)
        return [self.top_bar, *contents]

    def visit_settings(self) -> None:
        """Go to the settings of what is selected, or back."""
        self.panel_layout.panels[1].show()
        self.panel_layout.panels[1].raise_()
        self.focus.visit(self.inspector, self.inspector.settings)

    def toggle_outline(self) -> None:
        """Open the outline and go there, or close it."""
        if self.outline.isVisible():
            self.panel_layout.on_wish.hide()
            self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.panel_layout.show_on_wish()
            self.outline.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def rename_selection(self) -> None:
        """Edit the name of what is selected: in the outline where the keyboard is there, else on the canvas."""
        if self.outline.tree.hasFocus():
            self.outline.rename()
        else:
            self.canvas.rename_selection()

    def show_commands(self) -> None:
        """Open the command palette."""
        adds = self.canvas.add_kind, self.canvas.add_stage
        panels = self.panel_layout.panels
        choices = all_choices(self.actions_table, panels, self.view_panels, *adds, self.files.open_preset)
        choices += lesson_choices(self.learn.course, self.open_lesson)
        self.picker.ask(QUESTION, choices, counts=True)

    def open_lesson(self, name: str) -> None:
        """Open a lesson, wherever one is."""
        self.workspaces.go(LEARN)
        self.learn.open(name)

    # ---------------------------------------------------------------- training

    def toggle_play(self) -> None:
        """Train, or rest."""
        self.first_marks.close()
        self.session.wish(Pause() if self.session.is_playing else Play())

    def draw_new_weights(self) -> None:
        """Start afresh from the next seed; undo brings the old seed back, and the run with its trained weights."""
        project = self.open_project.project
        seed = (project.training.seed + 1) % 2**32
        self.open_project.edit("New weights", set_training(project, seed=seed))
        self.session.wish(Reset())

    def export(self, form_name: str) -> None:
        """Ask for a file and write the network there in a form."""
        self.files.ask_export(form_name)

    def _show_events(self, events: Sequence[Event]) -> None:
        self.top_bar.metrics.show_events(events)
        record = self.learn.desk.record if self.learn.is_on_desk else self.curves.record
        self.top_bar.metrics.show_loss(record.smooth_loss)
        if any(isinstance(event, Stepped) for event in events):
            self.open_project.mark_trained()

    def _show_state(self) -> None:
        self.top_bar.show_playing(self.session.is_playing)

    # ---------------------------------------------------------------- looks, start and end

    def use_theme(self, name: str) -> None:
        """Light, dark, or as the system has it; kept for the next start."""
        self._theme.use(name)

    def show_marks(self) -> None:
        """Show a newcomer where to begin."""
        self.first_marks.show()

    def restore_layout(self) -> None:
        """Put window and panels where they stood at the last end."""
        if self.session_record.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self.session_record.geometry.encode()))
        self.view_panels.open_again(self.session_record.views)
        self.panel_layout.restore(self.session_record.docks)

    def showEvent(self, event: QShowEvent) -> None:
        """The first look: the whole network, Play focused."""
        super().showEvent(event)
        self.top_bar.play.setFocus()
        QTimer.singleShot(0, self.canvas.fit)
        QTimer.singleShot(0, self.live.refresh_probes)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask before anything is lost, then end the worker and keep the layout."""
        self.presenter.end()
        if not self.files.may_leave():
            event.ignore()
            return
        self.session_record.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.session_record.docks = self.panel_layout.state()
        self.session_record.views = self.view_panels.open_names
        settings_files.store(self.session_record)
        settings_files.store(self.settings)
        self.leave()
        event.accept()

    def leave(self) -> None:
        """End the worker, and put away what floats beside the window, so that nothing in sight outlives it."""
        self.files.close()
        self.session.close()
        for panel in self.findChildren(Panel):
            if panel.isFloating() or panel.is_full_screen:
                panel.put_away()

    def _ask_name(self) -> None:
        """Let the user type the project's name where it stands."""
        self.panel_layout.panels[1].show()
        self.open_project.select(frozenset())
        self.inspector.focus_project_name()
