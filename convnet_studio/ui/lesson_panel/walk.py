"""Walk: a lesson that is open: it brings together the player, the page, and the scene on the program itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from convnet_studio.lessons.acts.train import Restart, Train
from convnet_studio.lessons.check import Answer
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.markup import links
from convnet_studio.lessons.player import Player
from convnet_studio.lessons.progress import LessonRecord
from convnet_studio.lessons.values import Values
from convnet_studio.ui.lesson_panel.desk import LessonDesk
from convnet_studio.ui.lesson_panel.highlight import Highlight
from convnet_studio.ui.lesson_panel.lesson_view import LessonView
from convnet_studio.ui.lesson_panel.page_sheet import PageSheet
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View

_NO_VALUES = Values({}, {})


class Walk(QObject):
    """One lesson and one learner.

    Args:
        view_called: makes or finds a view by its name.
        store: keeps what the learner did.
    """

    page_changed = Signal()
    over = Signal()
    """The learner went on behind the last page."""
    lesson_wanted = Signal(str)
    """Words that lead to another lesson were followed."""

    def __init__(
        self,
        lesson: Lesson,
        record: LessonRecord,
        desk: LessonDesk,
        view: LessonView,
        highlight: Highlight,
        open_project: OpenProject,
        view_called: Callable[[str], View],
        store: Callable[[], None],
    ) -> None:
        super().__init__()
        self.player = Player(lesson, record)
        self._desk, self._view, self._highlight = desk, view, highlight
        self._open_project = open_project
        self._view_called = view_called
        self._store = store
        self.is_classroom = False
        """Whether only the pages for a class are gone through, each with all its chunks."""
        sheet = view.sheet
        self._links = [
            sheet.back.connect(self.back),
            sheet.next.connect(self.next),
            sheet.jumped.connect(self.go),
            sheet.page_made.connect(self._take_page),
            sheet.classroom.connect(self.use_classroom),
            view.scene.return_wanted.connect(self.return_to_scene),
            desk.values_changed.connect(self._take_values),
            desk.busy_changed.connect(self._show_state),
            desk.failed.connect(self._view.sheet.warn),
            desk.training.progressed.connect(self._show_progress),
            open_project.changed.connect(self._on_edit),
            highlight.touched.connect(self._light),
        ]

    def close(self) -> None:
        """Follow nothing any more."""
        for link in self._links:
            QObject.disconnect(link)
        self._links.clear()

    @property
    def lesson(self) -> Lesson:
        """The lesson that is open."""
        return self.player.lesson

    @property
    def shown(self) -> tuple[int, ...]:
        """Indices of the pages that are gone through."""
        lesson = self.lesson
        if self.is_classroom and lesson.classroom:
            return tuple(lesson.page_called(title) for title in lesson.classroom)
        return tuple(range(len(lesson.pages)))

    @property
    def page_trains(self) -> bool:
        """Whether the page shows the network, or speaks of training: then the transport is at hand."""
        page = self.player.page
        acts = (*page.solution, *(page.deed.acts if page.deed else ()))
        is_shown = any(each == "canvas" or not View.registry[each].is_bench for each in page.show)
        return is_shown or any(isinstance(each, Train | Restart) for each in acts)

    # ---------------------------------------------------------------- from page to page

    def next(self) -> None:
        """The next chunk; where all are there, the next page; behind the last one the course."""
        if not self._view.sheet.reveal():
            self.next_page()

    def next_page(self) -> None:
        """The next page of those that are gone through."""
        later = [each for each in self.shown if each > self.player.index]
        if later:
            self.go(later[0])
        else:
            self.over.emit()

    def back(self) -> None:
        """The page before."""
        earlier = [each for each in self.shown if each < self.player.index]
        if earlier:
            self.go(earlier[-1])

    def go(self, index: int) -> None:
        """Open a page: first what is read, at once, then its scene."""
        self._desk.stop()
        self.player.go(index)
        self._store()
        self._view.sheet.warn("")
        self._view.sheet.show_page(self.player, self.shown, self.is_classroom)
        self._view.sheet.show_classroom(self.is_classroom, bool(self.lesson.classroom))
        self._view.scene.offer_return(False)
        self.page_changed.emit()
        QTimer.singleShot(0, self, lambda: self._set_scene(index))

    def _set_scene(self, index: int) -> None:
        """Set the scene of the page up, unless another was opened meanwhile."""
        if index != self.player.index or not self._links:
            return
        page = self.player.page
        try:
            self._desk.set_page(page, self._on_ready)
        except LessonProblem as problem:
            self._view.sheet.warn(str(problem))
            self._view.scene.clear()
        else:
            self.show_scene()

    def show_scene(self) -> None:
        """Let the page's views stand beside it, set up as the scene is."""
        page = self.player.page
        self._view.scene.show_views([self._view_called(each) for each in page.show])
        for view in self._view.scene.shown:
            self._desk.set_up_view(view)
        spoken = [page.text, page.observe, page.deed.ask if page.deed else "", page.check.ask if page.check else ""]
        self._highlight.mark(page.highlight, [target for text in spoken for target in links(text)])

    def _on_ready(self) -> None:
        """The scene stands."""
        self._show_state()

    def return_to_scene(self) -> None:
        """Set the page's scene up again; what was answered stays."""
        self._set_scene(self.player.index)
        self._view.scene.offer_return(False)

    def take_lesson(self, lesson: Lesson) -> None:
        """Go on in another version of the lesson, at the page of the same title, else of the same number."""
        before = self.player.page.title
        titles = [each.title for each in lesson.pages]
        index = titles.index(before) if before in titles else min(self.player.index, len(titles) - 1)
        self.player = Player(lesson, self.player.record)
        self.go(index)

    def use_classroom(self, is_classroom: bool) -> None:
        """Go through the pages for a class only, or through all."""
        self.is_classroom = is_classroom
        at = self.player.index
        self.go(at if at in self.shown else self.shown[0])

    # ---------------------------------------------------------------- what the learner does

    def _take_page(self, page: PageSheet) -> None:
        page.predicted.connect(self.predict)
        page.show_me.connect(self.show_me)
        page.stopped.connect(self._desk.training.stop_early)
        page.answered.connect(self.answer)
        page.hint_wanted.connect(self.hint)
        page.pointed.connect(self._highlight.point_at)
        page.followed.connect(self._follow)
        if self._desk.values is not None:
            page.show_values(self._desk.values)

    def predict(self, guess: str) -> None:
        """Keep what the learner expects."""
        self.player.predict(guess)
        self._store()
        self._show_state()
        self._view.sheet.setFocus()
        self._view.sheet.reveal()

    def show_me(self) -> None:
        """Let the program do what is asked."""
        deed = self.player.page.deed
        if deed is not None and self.player.may_act and self._desk.has_scene and not self._desk.is_busy:
            self._view.sheet.warn("")
            self._desk.perform(deed.acts, self._on_shown)

    def _on_shown(self) -> None:
        """All acts are over: where the page says when it is done, that must hold, by now or by the next values."""
        deed, values = self.player.page.deed, self._desk.values
        if deed is not None and deed.done is None:
            if self._desk.is_whole:
                self.player.note_act()
                self._note_done()
        elif values is not None and self.player.note_values(values):
            self._note_done()

    def _note_done(self) -> None:
        self._desk.note_reached()
        self._store()
        self._show_state()

    def answer(self, answer: Answer) -> None:
        """Judge what the learner answered."""
        values = self._desk.values
        if values is None:
            if self._view.sheet.page is not None and self._view.sheet.page.check is not None:
                self._view.sheet.page.check.say("One moment: the engine is still measuring.")
            return
        verdict = self.player.answer(answer, values, self._open_project.project)
        self._store()
        if self._view.sheet.page is not None:
            self._view.sheet.page.show_verdict(verdict)
        if verdict.is_right:
            self._view.sheet.setFocus()  # so that Space goes on
        self._show_state()

    def hint(self) -> None:
        """Show the next hint."""
        self.player.take_hint()
        self._store()
        page, check = self._view.sheet.page, self.player.page.check
        if page is not None and page.check is not None and check is not None:
            page.check.show_hints(check.hints[: self.player.page_record.hints])

    def _follow(self, target: str) -> None:
        kind, _, name = target.partition(":")
        if kind == "lesson":
            self.lesson_wanted.emit(name)

    # ---------------------------------------------------------------- what comes of it

    def _take_values(self, values: Values) -> None:
        page = self._view.sheet.page
        if page is not None:
            page.show_values(values)
        if self._desk.is_busy:
            return
        if self.player.note_values(values):
            self._note_done()
        self._judge_scene(values)
        self._offer_return()

    def _judge_scene(self, values: Values) -> None:
        """A check of the scene ticks by itself as soon as it holds."""
        check = self.player.page.check
        if check is None or not check.judges_scene or self.player.page_record.is_right or not self.player.may_act:
            return
        if check.judge(None, values, self._open_project.project).is_right:
            self._desk.note_reached()
            self.answer(None)

    def _on_edit(self) -> None:
        if self._desk.is_here and not self._desk.is_busy:
            self._judge_scene(self._desk.values or _NO_VALUES)
            self._offer_return()

    def _offer_return(self) -> None:
        self._view.scene.offer_return(self._desk.is_off_path and not self._desk.is_busy)

    def _show_state(self) -> None:
        self._view.sheet.show_state(self._desk.is_busy)
        self._offer_return()

    def _show_progress(self, share: float) -> None:
        page = self._view.sheet.page
        if page is not None and page.act is not None:
            page.act.show_progress(share, self._desk.training.seconds)

    def _light(self, target: str) -> None:
        """A thing on the screen was touched: the words that speak of it light up."""
        if self._view.sheet.page is not None:
            self._view.sheet.page.light(target)
