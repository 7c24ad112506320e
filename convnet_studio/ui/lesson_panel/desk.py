"""LessonDesk: a lesson's scenes on the program itself: it opens them, does acts, and measures what probes say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.control import Pause
from convnet_studio.engine.training.events import Event, RunStarted
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.lessons.act import Act
from convnet_studio.lessons.acts.train import Restart, Train
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import Lesson, Page
from convnet_studio.lessons.rehearsal import chosen_picture, start_of
from convnet_studio.lessons.scene import Scene, weights_to_open
from convnet_studio.lessons.values import AskValues, Values, read_expression
from convnet_studio.ui.controls.learning_record import LearningRecord
from convnet_studio.ui.lesson_panel.training_act import TrainingAct
from convnet_studio.ui.live import LiveViews
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.seen_dataset import seen_dataset
from convnet_studio.ui.training_session import TrainingSession
from convnet_studio.ui.view import View

DESK = "lesson"
"""Of the project and its runs, beside the user's own."""
_VALUES = "lesson values"


class LessonDesk(QObject):
    """Plays the scenes of one lesson at a time, as `Rehearsal` does without a window.

    Args:
        views: those that show the scene now.
    """

    values_changed = Signal(object)
    """The newest `Values`."""
    busy_changed = Signal()
    """Acts are being done, or all are done."""
    failed = Signal(str)
    """One sentence, why an act can't be done."""

    def __init__(
        self,
        open_project: OpenProject,
        session: TrainingSession,
        live: LiveViews,
        views: Callable[[], Iterable[View]],
    ) -> None:
        super().__init__()
        self._open_project = open_project
        self._session = session
        self._live = live
        self._views = views
        self.lesson: Lesson | None = None
        self.values: Values | None = None
        """Of now; None until they are measured."""
        self.training = TrainingAct(session)
        self.record = LearningRecord()
        """The curves of the run that is under way."""
        self._scene: Scene | None = None
        """As it was last set; reality may have gone on."""
        self._benches: dict[str, Bench] = {}
        self._remembered: dict[str, float] = {}
        self._page: Page | None = None
        self._to_remember: Page | None = None
        """The page whose numbers are still to be kept."""
        self._waiting: deque[Act] = deque()
        self._then: Callable[[], None] | None = None
        self._is_busy = False
        self.is_whole = True
        """Whether the acts last done were done to their end: no training was stopped by hand."""
        self._on_path: object = None
        self.training.finished.connect(self._on_trained)
        self.training.failed.connect(self._fail)
        open_project.changed.connect(self._on_edit)
        session.events_arrived.connect(self._note_events)

    # ---------------------------------------------------------------- coming and going

    @property
    def is_here(self) -> bool:
        """Whether the lesson's project is the one in the window."""
        return self._open_project.desk == DESK

    @property
    def has_scene(self) -> bool:
        """Whether the scene of the page that is open could be made."""
        return self._scene is not None

    @property
    def is_busy(self) -> bool:
        """Whether acts are being done."""
        return self._is_busy

    def begin(self, lesson: Lesson) -> None:
        """Take up another lesson; its scene comes with the first `set_page`."""
        self.stop()
        self.lesson, self._scene, self._page = lesson, None, None
        self._benches.clear()

    def end(self) -> None:
        """Let go of the lesson."""
        self.stop()
        self.lesson = self._scene = self._page = self.values = None
        self._live.ask(_VALUES, None, self._take_answer)

    def stop(self) -> None:
        """Leave whatever acts are still to be done."""
        was_busy, self._is_busy = self._is_busy, False
        self._waiting.clear()
        self._then = None
        self.training.stop()
        if was_busy:
            self.busy_changed.emit()

    # ---------------------------------------------------------------- scenes

    def set_page(self, page: Page, then: Callable[[], None]) -> None:
        """Set a page's scene up and remember what it wants remembered; `then` is called when that is done.

        Raises:
            LessonProblem: one sentence, where it can't be made.
        """
        assert self.lesson is not None
        self.stop()
        self._page = self._to_remember = page
        self._scene = self.values = None
        self._remembered = {}
        scene = start_of(self.lesson)
        acts = list(page.scene)
        while acts and not _needs_engine(acts[0]):  # one run for all of them
            scene = _applied(acts.pop(0), scene)
        self._open(scene)
        self._benches = dict(scene.benches)
        self._open_project.select(scene.selection)  # first: a bench may take numbers of what is selected
        self._show_benches(scene.benches)
        self._show_picture(scene)
        self._stay_on_path()
        self.perform(acts, then)

    def perform(self, acts: Sequence[Act], then: Callable[[], None]) -> None:
        """Do some acts, one after the other; `then` is called when all are done."""
        self._waiting = deque(acts)
        self._then = then
        self._is_busy = self.is_whole = True
        self.busy_changed.emit()
        self._go_on()

    def _on_trained(self, is_whole: bool) -> None:
        self.is_whole = self.is_whole and is_whole
        self._go_on()

    def _fail(self, why: str) -> None:
        self.stop()
        self.failed.emit(why)

    def _go_on(self) -> None:
        while self._is_busy and self._waiting:
            act = self._waiting.popleft()
            try:
                if isinstance(act, Train):
                    names = (*self._lesson.probes, *self._remembered)
                    until = read_expression(act.until, names, "until") if act.until else None
                    self._ask()
                    self.training.begin(act.steps, act.seconds, until)
                    return  # it goes on when training rests
                self._do(act)
            except LessonProblem as problem:
                self._fail(str(problem))
                return
        if self._is_busy:
            self._is_busy = False
            self._stay_on_path()
            self._ask()
            then, self._then = self._then, None
            self.busy_changed.emit()
            if then is not None:
                then()

    @property
    def _lesson(self) -> Lesson:
        assert self.lesson is not None
        return self.lesson

    def _do(self, act: Act) -> None:
        before = self.scene_of_now()
        if isinstance(act, Restart):
            self._begin_run(before)
            return
        moves_weights = act.do == "weights" or act.needs_weights
        if moves_weights:
            before = replace(before, weights=self._session.fetch_weights() or before.weights)
        after = _applied(act, before)
        if act.do == "open":
            self._open(after)
        elif after.weights is not before.weights:
            self._begin_run(after)
        elif after.project != before.project:
            self._open_project.edit(_words(act), after.project)
        if after.selection != before.selection:
            self._open_project.select(after.selection)
        if after.benches != before.benches:
            self._benches = dict(after.benches)
            self._show_benches(after.benches)
        if (after.sample, after.numbers) != (before.sample, before.numbers):
            self._show_picture(after)
        self._scene = after

    def scene_of_now(self) -> Scene:
        """What the learner sees and has changed, as a value."""
        assert self._scene is not None
        return replace(
            self._scene,
            project=self._open_project.project,
            benches=dict(self._benches),
            selection=self._open_project.selection,
        )

    def _open(self, scene: Scene) -> None:
        """Begin a scene with a project of its own."""
        self._session.switch(DESK, scene.project, weights_to_open(scene))
        self._scene = scene
        if self.is_here:
            self._open_project.open(scene.project, brings_run=True)
        else:
            self._open_project.switch(DESK, scene.project)

    def _begin_run(self, scene: Scene) -> None:
        """Begin a new run of what is open."""
        weights = weights_to_open(scene)
        self._scene = scene
        picture = self._session.picture
        self._session.switch(DESK, scene.project, weights)
        self._session.look(picture, self._session.probes)

    def _show_picture(self, scene: Scene) -> None:
        self._live.look_at(chosen_picture(scene, seen_dataset(scene.project)))

    # ---------------------------------------------------------------- benches

    def note_bench(self, bench: Bench) -> None:
        """A dial was turned in some view: whatever else shows that bench follows."""
        if self._benches.get(bench.name) != bench:
            self._benches[bench.name] = bench
            self._show_benches({bench.name: bench})
            self._ask()

    def set_up_view(self, view: View) -> None:
        """Turn the dials of a view that has just come as they stand."""
        if view.bench is not None and view.bench.name in self._benches:
            view.set_bench(self._benches[view.bench.name])

    def _show_benches(self, benches: Mapping[str, Bench]) -> None:
        for view in self._views():
            shown = view.bench
            if shown is not None:
                view.set_bench(benches.get(shown.name) or self._benches.get(shown.name) or type(shown)())

    # ---------------------------------------------------------------- the path

    @property
    def is_off_path(self) -> bool:
        """Whether the network, its training or its data are others than the page and the learner's task made them."""
        return self.is_here and self._scene is not None and self._on_path != _gist(self._open_project.project)

    def _stay_on_path(self) -> None:
        """What is there now is what the page asked for."""
        self._on_path = _gist(self._open_project.project)

    def note_reached(self) -> None:
        """The learner has done what was asked: from here on this is the path."""
        self._stay_on_path()

    # ---------------------------------------------------------------- values

    def refresh(self) -> None:
        """Ask for the values anew, after coming back to the lesson."""
        self._ask()

    def _ask(self) -> None:
        if self._page is None or not self.is_here:
            return
        self.inquiry = AskValues(
            self._lesson.probes_of(self._page),
            tuple(sorted(self._benches.items())),
            tuple(self._remembered.items()),
            self._open_project.project,
        )
        self._live.ask(_VALUES, self.inquiry, self._take_answer)

    def _on_edit(self) -> None:
        if self.is_here:
            self._ask()

    def _take_answer(self, answer: Answer) -> None:
        if not isinstance(answer.value, Values) or not answer.is_final:
            return
        page, values = self._to_remember, answer.value
        if page is not None and page.remember and not self._is_busy:
            self._to_remember = None
            self._remembered = {name: values.number(each) for name, each in page.remember.items()}
            values = Values({**values.numbers, **self._remembered}, values.problems)
            self._ask()
        self.values = values
        self.training.note_values(values)
        self.values_changed.emit(values)

    def _note_events(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, RunStarted):
                self.record = LearningRecord(event.run_id, event.steps_per_epoch)
            elif self.is_here:
                self.record.take(event)
        self.training.note_events(events)

    def pause(self) -> None:
        """Let training rest before the lesson is left."""
        if self._session.is_playing:
            self._session.wish(Pause())


def _needs_engine(act: Act) -> bool:
    return isinstance(act, Train | Restart) or act.needs_weights


def _applied(act: Act, scene: Scene) -> Scene:
    try:
        return act.apply(scene)
    except (ValueError, KeyError) as error:
        raise LessonProblem(f"The act {act.do!r} can't be done: {error.args[0]}") from None


def _words(act: Act) -> str:
    """As the list of undo has it."""
    return f"Show me: {act.do.replace('_', ' ')}"


def _gist(project: Project) -> object:
    """What of a project a lesson speaks of: not where cards lie, nor what notes say."""
    return project.network.structure, project.training, project.data
