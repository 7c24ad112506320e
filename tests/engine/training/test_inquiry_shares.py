"""What part of the worker's time a question gets, by a clock that only the work moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import convnet_studio.engine.training.inquiries as inquiries_module
from convnet_studio.engine.training.inquiries import Inquiries
from convnet_studio.engine.training.inquiry import AnswerBox, Inquiry, Moment

MILLISECOND = 0.001


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Long(Inquiry):
    """An answer after so many pieces of a millisecond."""

    clock: Clock
    pieces: int

    def work(self, moment: Moment) -> Iterator[object]:
        for _ in range(self.pieces):
            self.clock.now += MILLISECOND
            yield 1


class Worker:
    """Trains a millisecond whenever no question is due."""

    def __init__(self, clock: Clock, inquiry: Inquiry) -> None:
        self.clock = clock
        self.box = AnswerBox()
        self.inquiries = Inquiries(self.box)
        self.inquiries.ask({"long": inquiry})
        run: Any = SimpleNamespace(run_id=1, network=object(), program=object(), course=SimpleNamespace(step=0))
        self.moment = Moment(run, np.zeros((1, 2, 2), np.float32), 0)

    def share(self, milliseconds: int) -> float:
        """The part of so many milliseconds that the question got."""
        began, trained = self.clock.now, 0.0
        while self.clock.now - began < milliseconds * MILLISECOND:
            if self.inquiries.is_due(self.moment, is_busy=True):
                self.inquiries.go_on(self.moment, lambda: False)
            else:
                self.clock.now += MILLISECOND
                trained += MILLISECOND
                self.moment.run.course.step += 1
        return 1 - trained / (self.clock.now - began)

    def until_answered(self) -> None:
        while not any(answer.is_final for answer in self.box.take().values()):
            self.share(1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(inquiries_module, "perf_counter", made)
    return made


def test_a_question_gets_its_share_until_it_is_answered(clock: Clock) -> None:
    assert Worker(clock, Long(clock, 10**9)).share(10_000) == pytest.approx(0.1, abs=0.005)


def test_a_question_that_was_answered_gets_half_of_it(clock: Clock) -> None:
    worker = Worker(clock, Long(clock, 200))
    worker.until_answered()
    assert worker.share(20_000) == pytest.approx(0.05, abs=0.005)


def test_another_picture_is_a_question_that_was_not_answered_yet(clock: Clock) -> None:
    worker = Worker(clock, Long(clock, 200))
    worker.until_answered()
    worker.moment = Moment(worker.moment.run, np.ones((1, 2, 2), np.float32), 0)
    worker.share(60)  # what the last piece has spent
    assert worker.share(1500) == pytest.approx(0.1, abs=0.01)
