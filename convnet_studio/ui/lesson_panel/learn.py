"""Learn: the workspace of lessons: the course page, or the lesson that is open on a desk of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QWidget

from convnet_studio.engine.training.control import Clear
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.engine.training.trainer import OWN
from convnet_studio.lessons.course import CATALOGUE, load_course
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import CHAPTERS, Lesson
from convnet_studio.lessons.lesson_file import ENDING, read_lesson
from convnet_studio.lessons.progress import Progress
from convnet_studio.ui.lesson_panel.answers_export import ask_export
from convnet_studio.ui.lesson_panel.course_page import CoursePage
from convnet_studio.ui.lesson_panel.desk import DESK, LessonDesk
from convnet_studio.ui.lesson_panel.highlight import Highlight
from convnet_studio.ui.lesson_panel.lesson_view import LessonView
from convnet_studio.ui.lesson_panel.live_preview import LivePreview
from convnet_studio.ui.lesson_panel.targets import Targets
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.live import LiveViews
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.settings import config_folder
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView


class Learn(QObject):
    """Opens lessons and lets them go; whatever a lesson does, the user's own project lies untouched on its desk.

    Args:
        wire_view: keeps a view up to date that has just been made.
        button_of: the button of an action by its name, or None.
        place_canvas: puts the canvas back where it stands in Build.
    """

    place_changed = Signal()
    """Another page is open, or the course."""
    leaving_own = Signal()
    """The user's own project is about to go aside."""
    came_back = Signal()
    """The user's own project is in the window again."""
    said = Signal(str)
    """One sentence that is amiss."""

    def __init__(
        self,
        open_project: OpenProject,
        session: TrainingSession,
        live: LiveViews,
        canvas: CanvasView,
        wire_view: Callable[[View], None],
        button_of: Callable[[str], QWidget | None],
        place_canvas: Callable[[], None],
    ) -> None:
        super().__init__()
        self._open_project, self._session, self._canvas = open_project, session, canvas
        self._wire_view, self._place_canvas = wire_view, place_canvas
        self.page = QStackedWidget()
        self.course_page = CoursePage()
        self.view = LessonView()
        self.page.addWidget(self.course_page)
        self.page.addWidget(self.view)
        self.desk = LessonDesk(open_project, session, live, lambda: self.view.scene.shown)
        self.targets = Targets(open_project, canvas, lambda: self.view.scene.shown, button_of)
        self.highlight = Highlight(self.targets, self.page)
        self.walk: Walk | None = None
        self._pool: dict[str, View] = {}
        self._pictures: dict[str, ProbePicture | None] = {}
        self._canvas_view: tuple[bool, float, QPointF] | None = None
        self.progress = Progress(config_folder() / "progress.json")
        self._preview = LivePreview()
        self._preview.changed.connect(self._reload_lesson)
        self.reload_course()
        self.course_page.opened.connect(self.open)
        self.course_page.forgotten.connect(self.forget)
        self.course_page.export_wanted.connect(self._export)
        self.course_page.folder_wanted.connect(self._open_folder)
        self.view.sheet.course.connect(self.close_lesson)

    # ---------------------------------------------------------------- the course

    @property
    def own_folder(self) -> Path:
        """Where the user's own lessons lie."""
        return config_folder() / "lessons"

    def reload_course(self) -> None:
        """Read all lessons anew."""
        self.course = load_course(self.own_folder)
        self._show_course()

    def _show_course(self) -> None:
        self.course_page.show_course(self.course, self.progress)

    def _open_folder(self) -> None:
        """Show the user's own lessons in the system's file manager, and read them anew."""
        try:
            self.own_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.course_page.say(f"The folder {self.own_folder} can't be made ({error.strerror}).")
            return
        self.reload_course()
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.own_folder)))

    def _export(self) -> None:
        self.course_page.say(ask_export(self.course, self.progress, self.page))

    def forget(self, name: str) -> None:
        """Let a lesson begin anew, if the learner really wants that."""
        lesson = self.course.lessons[name]
        question = QMessageBox(self.page)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle("Forget the progress?")
        question.setText(f"Forget what was done and answered in lesson {lesson.number}, “{lesson.title}”?")
        question.setInformativeText("Answers that were not exported are lost.")
        question.setStandardButtons(QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(QMessageBox.StandardButton.Cancel)
        if question.exec() == QMessageBox.StandardButton.Discard:
            self.progress.forget(name)
            self._store()
            self._show_course()

    def _store(self) -> None:
        try:
            self.progress.store()
        except OSError as error:
            self.said.emit(f"Progress could not be kept ({error.strerror}): make room, or allow writing.")

    # ---------------------------------------------------------------- the lesson

    @property
    def has_lesson(self) -> bool:
        """Whether a lesson is open, seen or not."""
        return self.walk is not None

    @property
    def is_on_desk(self) -> bool:
        """Whether the lesson's project is in the window."""
        return self._open_project.desk == DESK

    @property
    def place(self) -> str:
        """Where the learner is, as a line for the top bar."""
        if self.walk is None:
            return "Course"
        lesson = self.walk.lesson
        return f"Chapter {lesson.chapter} · {CHAPTERS[lesson.chapter - 1]}  ›  {lesson.number} {lesson.title}"

    def views(self) -> list[View]:
        """Those of the lesson, shown or not."""
        return [self._canvas, *self._pool.values()]

    def open(self, name: str) -> None:
        """Open a lesson where it was left, complete ones at their beginning."""
        lesson = self.course.lessons.get(name)
        if lesson is None:
            return
        record = self.progress.of(name)
        titles = tuple(each.title for each in lesson.pages)
        if record.completed(titles) == len(titles):
            record.page = 0
        self.begin(lesson, record.page)

    def begin(self, lesson: Lesson, index: int) -> None:
        """Walk through a lesson, from one of its pages on."""
        self._end_walk()
        self._note_left()
        self.desk.begin(lesson)
        self.walk = Walk(
            lesson,
            self.progress.of(lesson.name),
            self.desk,
            self.view,
            self.highlight,
            self._open_project,
            self._view_called,
            self._store,
        )
        self.walk.page_changed.connect(self.place_changed)
        self.walk.over.connect(self.close_lesson)
        self.walk.lesson_wanted.connect(self.open)
        self.page.setCurrentWidget(self.view)
        self.highlight.attach(self.view.window())
        self.progress.last_open = lesson.name
        self._preview.watch(self._file_of(lesson))
        self.walk.go(index)
        self.view.sheet.setFocus(Qt.FocusReason.OtherFocusReason)
        self.view.scene.show_panels(lesson.controls)
        self.place_changed.emit()

    def close_lesson(self) -> None:
        """Back to the course; the user's own project is in the window again."""
        self.view.scene.show_panels(())
        self.leave_desk()
        self._clear_desk()
        self._end_walk()
        self.desk.end()
        self._preview.watch(None)
        for view in self._pool.values():
            view.deleteLater()
        self._pool.clear()
        self._show_course()
        self.page.setCurrentWidget(self.course_page)
        self.course_page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.place_changed.emit()

    def _clear_desk(self) -> None:
        """Another lesson must not find this one's network, and the engine need not keep it."""
        self._open_project.clear(DESK)
        self._pictures.pop(DESK, None)
        self._session.wish(Clear(DESK))

    def _file_of(self, lesson: Lesson) -> Path:
        return (self.own_folder if lesson.own else CATALOGUE) / f"{lesson.name}{ENDING}"

    def _reload_lesson(self) -> None:
        """The file of the open lesson has changed: go on at the same page, or say what is wrong with it."""
        if self.walk is None:
            return
        before = self.walk.lesson
        try:
            lesson = read_lesson(self._file_of(before), own=before.own)
        except LessonProblem as problem:
            self.view.sheet.warn(str(problem))
            return
        self.course.lessons[lesson.name] = lesson
        self.desk.begin(lesson)
        self.walk.take_lesson(lesson)
        self.place_changed.emit()

    def show_presenting(self, is_presenting: bool) -> None:
        """The lesson stands on a screen for a class, or in the window again."""
        self.view.sheet.use_presenting(is_presenting)
        self.view.scene.use_presenting(is_presenting)
        if self.walk is not None and self.is_on_desk:
            self.highlight.attach(self.view.window())

    def _end_walk(self) -> None:
        if self.walk is not None:
            self._store()
            self.walk.close()
            self.walk = None

    def _view_called(self, name: str) -> View:
        if name == "canvas":
            return self._canvas
        if name not in self._pool:
            view = View.registry[name](self._open_project)
            view.bench_changed.connect(self.desk.note_bench)
            self._pool[name] = view
            self._wire_view(view)
        return self._pool[name]

    # ---------------------------------------------------------------- between the desks

    def _note_left(self) -> None:
        """Keep what of the window goes with the desk that is about to be left."""
        self._pictures[self._open_project.desk] = self._session.picture
        if self._open_project.desk == OWN:
            self._canvas_view = self._canvas.look_of_now()
            self.leaving_own.emit()

    def leave_desk(self) -> None:
        """Bring the user's own project back, exactly as it was left."""
        self.highlight.detach()
        self.desk.stop()
        if self.is_on_desk:
            self._note_left()
        self.view.scene.clear()
        self._place_canvas()
        if not self.is_on_desk:  # the lesson's scene could not be made
            self.came_back.emit()
            return
        self._go_to(OWN)
        if self._canvas_view is not None:
            self._canvas.look_again(self._canvas_view)

    def come_back(self) -> None:
        """Go on with the lesson that is open, as it was left."""
        if self.walk is None or self.is_on_desk:
            return
        self._note_left()
        if not self.desk.has_scene or not self._open_project.has_left(DESK):
            self.walk.return_to_scene()
            return
        self._go_to(DESK)
        self.walk.show_scene()
        self._canvas.fit()
        self.highlight.attach(self.view.window())
        self.desk.refresh()

    def _go_to(self, desk: str) -> None:
        self._session.switch(desk)
        self._open_project.switch(desk)
        picture = self._pictures.get(desk)
        self._session.look(picture, self._session.probes)
        if desk == OWN:
            self.came_back.emit()
