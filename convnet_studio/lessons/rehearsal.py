"""Rehearsal: a lesson's scenes on the real engine without a window, for the linter, the author and the tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from convnet_studio.engine.data.dataset import Dataset, load_dataset
from convnet_studio.engine.expression import Expression
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram, compiled_set_ready
from convnet_studio.engine.project.presets import new_project
from convnet_studio.engine.training.capture import shown_picture
from convnet_studio.engine.training.control import Control
from convnet_studio.engine.training.events import Event, Failed
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.engine.training.session import Session
from convnet_studio.lessons.act import Act, apply_all
from convnet_studio.lessons.acts.train import Restart, Train
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import Lesson, Page
from convnet_studio.lessons.scene import Scene, weights_to_open
from convnet_studio.lessons.values import AskValues, Values, read_expression


class Rehearsal:
    """Plays one lesson. Whoever makes one closes it.

    Raises (every method):
        LessonProblem: one sentence, where the lesson asks for what can't be done.
    """

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self._session = Session(Control(), _program, load_dataset, compiled_set_ready())
        self._opened = False
        self._page: Page | None = None
        self._remembered: dict[str, float] = {}
        self.scene = start_of(lesson)

    def close(self) -> None:
        """Let go of the engine."""
        self._session.close()

    def set_page(self, page: Page) -> None:
        """Set the page's scene up and remember what it wants remembered."""
        self.open(start_of(self.lesson))
        self._page = page
        self.perform(page.scene)
        self._remembered = {}
        if page.remember:
            values = self.values()
            self._remembered = {name: values.number(each) for name, each in page.remember.items()}

    def open(self, scene: Scene) -> None:
        """Begin a run of a scene."""
        self.scene = scene
        self._opened = True
        self._begin()

    def perform(self, acts: Iterable[Act]) -> None:
        """Do some acts, one after the other."""
        for act in acts:
            if isinstance(act, Train):
                self._train(act)
            elif isinstance(act, Restart):
                self._begin()
            else:
                self._apply(act)

    def values(self) -> Values:
        """What the page measures, now; before the first page everything."""
        probes = self.lesson.probes_of(self._page) if self._page else tuple(self.lesson.probes.items())
        benches = tuple(self.scene.benches.items())
        ask = AskValues(probes, benches, tuple(self._remembered.items()))
        with np.errstate(all="ignore"):
            said = [each for each in ask.work(self.moment()) if isinstance(each, Values)]
        return said[-1]

    def moment(self) -> Moment:
        """The run and the picture that the scene shows."""
        run = self._session.run
        if run is None or run.program is None:
            raise LessonProblem("The scene's network can't be built: see its problems in Build.")
        shown = shown_picture(run, chosen_picture(self.scene, run.material.dataset))
        return Moment(run, shown.picture, shown.label)

    def problems(self) -> tuple[str, ...]:
        """What keeps the scene's network from computing."""
        return tuple(f"{each.what}." for each in self._session.problems)

    def _begin(self) -> None:
        self._take(self._session.open(self.scene.project, weights_to_open(self.scene)))

    def _apply(self, act: Act) -> None:
        before = self.scene
        if act.needs_weights:
            before = replace(before, weights=self._session.weights())
        try:
            self.scene = act.apply(before)
        except (ValueError, KeyError) as error:
            raise LessonProblem(f"The act {act.do!r} can't be done: {error.args[0]}") from None
        if not self._opened:
            return
        if self.scene.weights is not before.weights or act.do == "open":
            self._begin()
        elif self.scene.project != before.project:
            self._take(self._session.follow(self.scene.project))

    def _train(self, act: Train) -> None:
        until: Expression | None = None
        if act.until:
            names = (*self.lesson.probes, *self._remembered)
            until = read_expression(act.until, names, "until")
        self._take(self._session.play(steps=act.steps))
        if not self._is_training():
            raise LessonProblem("The scene's network can't be trained: see its problems in Build.")
        while self._is_training():
            self._take(self._session.work())
            if until is not None and self.values().holds(until):
                self._take(self._session.rest())
        self.scene = replace(self.scene, weights=self._session.weights())

    def _is_training(self) -> bool:
        return self._session.is_playing

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Failed):
                raise LessonProblem(f"The scene's network fails: {event.why}")


def start_of(lesson: Lesson) -> Scene:
    """The scene that a lesson starts from.

    Raises:
        LessonProblem: one sentence, where it can't be made.
    """
    return apply_all(lesson.start, Scene(new_project()))


def chosen_picture(scene: Scene, dataset: Dataset) -> ProbePicture:
    """The picture or the numbers that a scene shows, as the network sees them.

    Raises:
        LessonProblem: one sentence, where the data has no such picture, or takes another count of numbers.
    """
    shape = dataset.input_shape
    part = dataset.test if len(dataset.test) else dataset.train
    if not scene.sample < len(part):
        raise LessonProblem(f"There is no sample {scene.sample}: the data has {len(part):,}, counted from 0.")
    label = int(part.labels[scene.sample])
    if scene.numbers is None:
        return ProbePicture(part.picture(scene.sample), label)
    numbers: Array = np.array(scene.numbers, np.float32)
    if numbers.size != int(np.prod(shape)):
        raise LessonProblem(f"The scene shows {numbers.size} numbers where the data has {int(np.prod(shape))}.")
    return ProbePicture(numbers.reshape(shape), label)


def _program(network: Network, batch_size: int, compiled: bool) -> Program:
    return CompiledProgram(network, batch_size) if compiled else ReferenceProgram(network, batch_size)
