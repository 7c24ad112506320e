"""Inquiries: worked on in turn between steps, begun anew when what they are about has changed, never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.project.edits import set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Ask, Control, Edit, Look, Play, Reset, StepBatch, Stop
from convnet_studio.engine.training.events import Event, Failed, Stepped
from convnet_studio.engine.training.inquiry import Answer, Inquiry, Moment
from convnet_studio.engine.training.probes import ProbePicture, Probes
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
    step(talk)
    step(talk)
    talk.control.put(Reset())
    step(talk)
    step(talk)
    runs = [answer.run_id for answer in finals(talk, "count")]
    assert len(runs) == len(set(runs)) == 2


@dataclass(frozen=True)
class CountPictures(Count):
    """Counts whatever picture is shown."""

    asks_of_picture: ClassVar = False


def test_another_picture_begins_anew_only_what_asks_of_it(talk: Talk) -> None:
    talk.control.put(Ask({"asks": Count(2), "does not": CountPictures(2)}))
    for _ in range(4):
        step(talk)
    picture = np.zeros(load_dataset("digits_8x8").input_shape, np.float32)
    talk.control.put(Look(ProbePicture(picture, -1), Probes()))
    for _ in range(4):
        step(talk)
    assert len(finals(talk, "asks")) == 2
    assert len(finals(talk, "does not")) == 1


def test_work_begins_anew_when_another_program_runs_the_network(talk: Talk) -> None:
    """A closed program must not be asked: another batch size makes a new one."""
    talk.control.put(Ask({"count": Count(2)}))
    step(talk)
    step(talk)
    talk.control.put(Edit(set_training(load_preset("tiny-digits"), batch_size=7)))
    step(talk)
    step(talk)
    assert len(finals(talk, "count")) == 2


def test_a_question_that_fails_says_why_and_training_goes_on(talk: Talk) -> None:
    talk.control.put(Ask({"broken": Broken(), "norm": Norm()}))
    for _ in range(3):
        step(talk)
    assert finals(talk, "broken")[0].problem == "This net has no second stage."
    assert finals(talk, "norm")
    assert not any(isinstance(event, Failed) for event in talk.events)


def test_training_keeps_most_of_the_time(talk: Talk) -> None:
    """A question without end gets some of the worker, not all of it."""
    talk.control.put(Ask({"count": Count(10**9)}))
    talk.control.put(Play())
    talk.until(Stepped)
    talk.go(20)
    assert sum(isinstance(event, Stepped) for event in talk.events) >= 5
    assert any(key == "count" for key, _ in talk.answers)
