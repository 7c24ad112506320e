"""Inquiries: worked on in turn between steps, begun anew when what they are about has changed, never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.edits import set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Ask, Control, Edit, Look, Play, Reset, StepBatch, Stop
from convnet_studio.engine.training.events import Event, Failed, Stepped
from convnet_studio.engine.training.inquiries import FRESH_SECONDS, FRESH_SHARE, Inquiries
from convnet_studio.engine.training.inquiry import Answer, AnswerBox, Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.probes import ProbePicture, Probes
from convnet_studio.engine.training.run import Run
from convnet_studio.engine.training.trainer import Trainer


@dataclass(frozen=True)
class Count(Inquiry):
    """Counts to `most`, a piece for each number."""

    is_live: ClassVar = False
    most: int

    def work(self, moment: Moment) -> Iterator[object]:
        """1, 2, 3, ..."""
        yield None
        yield from range(1, self.most + 1)


@dataclass(frozen=True)
class CountAnyway(Count):
    """As Count, whatever picture is shown."""

    asks_of_picture: ClassVar = False


@dataclass(frozen=True)
class Norm(Inquiry):
    """The norm of the weights."""

    def work(self, moment: Moment) -> Iterator[object]:
        """One number."""
        yield float((moment.run.network.parameters**2).sum())


@dataclass(frozen=True)
class Broken(Inquiry):
    """Can't be answered."""

    def work(self, moment: Moment) -> Iterator[object]:
        """Nothing comes."""
        yield None
        raise ValueError("This net has no second stage.")


class Talk:
    """A trainer in a plain loop: answers are taken out after every event."""

    def __init__(self) -> None:
        self.control = Control()
        self.answers: list[tuple[object, Answer]] = []
        self.events: list[Event] = []
        trainer = Trainer(compiled=False)
        self._run = trainer.run(load_preset("tiny-digits"), self.control)

    def go(self, events: int) -> None:
        for _ in range(events):
            self.events.append(next(self._run))
            self.answers += self.control.answers.take().items()

    def until(self, kind: type[Event]) -> Event:
        while not isinstance(self.events[-1] if self.events else None, kind):
            self.go(1)
        return self.events.pop()

    def end(self) -> None:
        self.control.put(Stop())
        self.events += list(self._run)
        self.answers += self.control.answers.take().items()


@pytest.fixture
def talk() -> Iterator[Talk]:
    made = Talk()
    yield made
    made.end()


def step(talk: Talk) -> None:
    talk.control.put(StepBatch())
    talk.until(Stepped)


def finals(talk: Talk, key: object) -> list[Answer]:
    return [answer for each, answer in talk.answers if each == key and answer.is_final]


def wait(talk: Talk, key: object, count: int) -> None:
    """Step until there are so many final answers: on a busy machine a question may wait for its share of the time."""
    for _ in range(500):
        if len(finals(talk, key)) >= count:
            return
        step(talk)


def test_an_answer_comes_while_training_rests(talk: Talk) -> None:
    talk.control.put(Ask({"count": Count(3)}))
    step(talk)
    step(talk)
    (answer,) = finals(talk, "count")
    assert answer.value == 3
    assert answer.problem == ""
    assert answer.inquiry == Count(3)


def test_live_questions_are_answered_again_when_weights_have_changed(talk: Talk) -> None:
    talk.control.put(Ask({"norm": Norm()}))
    for _ in range(4):
        step(talk)
    talk.end()
    answers = {answer.step: answer.value for answer in finals(talk, "norm")}
    assert len(answers) >= 2
    assert len(set(answers.values())) == len(answers)


def test_a_question_that_was_answered_is_not_begun_anew_when_asked_again(talk: Talk) -> None:
    talk.control.put(Ask({"count": Count(2)}))
    step(talk)
    step(talk)
    talk.control.put(Ask({"count": Count(2), "norm": Norm()}))
    step(talk)
    step(talk)
    assert len(finals(talk, "count")) == 1
    assert finals(talk, "norm")


def test_a_new_run_is_asked_anew(talk: Talk) -> None:
    talk.control.put(Ask({"count": Count(2)}))
    wait(talk, "count", 1)
    talk.control.put(Reset())
    wait(talk, "count", 2)
    runs = [answer.run_id for answer in finals(talk, "count")]
    assert len(runs) == len(set(runs)) == 2


@dataclass(frozen=True)
class CountPictures(Count):
    """Counts whatever picture is shown."""

    asks_of_picture: ClassVar = False


def test_another_picture_begins_anew_only_what_asks_of_it(talk: Talk) -> None:
    talk.control.put(Ask({"asks": Count(2), "does not": CountPictures(2)}))
    wait(talk, "asks", 1)
    wait(talk, "does not", 1)
    picture = np.zeros(load_dataset("digits_8x8").input_shape, np.float32)
    talk.control.put(Look(ProbePicture(picture, -1), Probes()))
    wait(talk, "asks", 2)
    for _ in range(4):
        step(talk)
    assert len(finals(talk, "asks")) == 2
    assert len(finals(talk, "does not")) == 1


def test_work_begins_anew_when_another_program_runs_the_network(talk: Talk) -> None:
    """A closed program must not be asked: another batch size makes a new one."""
    talk.control.put(Ask({"count": Count(2)}))
    wait(talk, "count", 1)
    talk.control.put(Edit(set_training(load_preset("tiny-digits"), batch_size=7)))
    wait(talk, "count", 2)
    assert len(finals(talk, "count")) == 2


def test_another_picture_begins_only_those_anew_that_ask_of_it(talk: Talk) -> None:
    data = load_dataset("digits_8x8").test
    talk.control.put(Ask({"count": Count(2), "anyway": CountAnyway(2)}))
    for _ in range(20):
        step(talk)
    talk.control.put(Look(ProbePicture(data.picture(3), int(data.labels[3])), Probes()))
    for _ in range(20):
        step(talk)
    assert len(finals(talk, "count")) == 2
    assert len(finals(talk, "anyway")) == 1


def test_a_question_that_fails_says_why_and_training_goes_on(talk: Talk) -> None:
    talk.control.put(Ask({"broken": Broken(), "norm": Norm()}))
    for _ in range(3):
        step(talk)
    assert finals(talk, "broken")[0].problem == "This net has no second stage."
    assert finals(talk, "norm")
    assert not any(isinstance(event, Failed) for event in talk.events)


def test_training_goes_on_beside_a_question_without_end(talk: Talk) -> None:
    talk.control.put(Ask({"count": Count(10**9)}))
    talk.control.put(Play())
    talk.until(Stepped)
    talk.go(20)
    assert sum(isinstance(event, Stepped) for event in talk.events) >= 5
    assert any(key == "count" for key, _ in talk.answers)


class FakeTime:
    """A clock that stands still between pieces of work; seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, eq=False)
class Slow(Inquiry):
    """Works without end, in pieces that take so many seconds each."""

    clock: FakeTime
    seconds: float
    pieces: list[int]

    def work(self, moment: Moment) -> Iterator[object]:
        """Piece after piece."""
        while True:
            self.clock.now += self.seconds
            self.pieces.append(1)
            yield None


@pytest.fixture(scope="module")
def moment() -> Moment:
    project = load_preset("tiny-digits")
    material = Material(load_dataset(project.data.dataset), None, 1)
    shown = material.first_test_sample
    return Moment(Run(1, project, material, ReferenceProgram), shown.picture, shown.label)


@pytest.mark.parametrize("pieces", [(0.0003,), (0.005, 0.02), (0.001, 0.001, 0.03, 0.0001)])
def test_all_questions_together_get_a_tenth_of_the_time_once_they_are_no_longer_fresh(
    moment: Moment, pieces: tuple[float, ...]
) -> None:
    clock = FakeTime()
    inquiries = Inquiries(AnswerBox(), clock)
    asked = {number: Slow(clock, seconds, []) for number, seconds in enumerate(pieces)}
    inquiries.ask(asked)
    assert 0.7 * FRESH_SHARE < _share_of_questions(inquiries, clock, moment, FRESH_SECONDS) < 1.1 * FRESH_SHARE
    assert 0.08 < _share_of_questions(inquiries, clock, moment, 60) <= 0.101
    assert all(each.pieces for each in asked.values())
    assert inquiries.is_due(moment, is_busy=False)  # all of it while there is nothing else to do


def _share_of_questions(inquiries: Inquiries, clock: FakeTime, moment: Moment, seconds: float) -> float:
    """Of so many seconds, which part is spent on questions while training goes on in steps of half a millisecond."""
    questions, begun = 0.0, clock.now
    while clock.now - begun < seconds:
        started = clock.now
        if inquiries.is_due(moment, is_busy=True):
            inquiries.go_on(moment, lambda: False)
            questions += clock.now - started
        else:
            clock.now += 0.0005  # a step of training
    return questions / (clock.now - begun)


def test_what_two_ask_is_worked_on_once_and_both_are_told(moment: Moment) -> None:
    box, begun = AnswerBox(), []

    @dataclass(frozen=True)
    class Once(Count):
        def work(self, moment: Moment) -> Iterator[object]:
            begun.append(self)
            yield from super().work(moment)

    inquiries = Inquiries(box)

    def answered() -> dict[object, Answer]:
        while inquiries.is_due(moment, is_busy=False):
            inquiries.go_on(moment, lambda: False)
        return dict(box.take())

    inquiries.ask({"one": Once(3), "other": Once(3), "third": Once(4)})
    assert {key: each.value for key, each in answered().items()} == {"one": 3, "other": 3, "third": 4}
    assert len(begun) == 2
    inquiries.ask({"late": Once(3), "one": Once(3)})
    assert answered()["late"].value == 3
    inquiries.ask({"one": Once(3)})
    assert answered() == {}
    assert len(begun) == 2
