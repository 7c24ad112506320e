"""Desks: another project is worked at and left, and the run of one's own goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Clear, Control, Keep, Play, Reset, Stop, Switch, Weights, Wish
from convnet_studio.engine.training.events import Event, RunStarted, StateChanged, Stepped, Switched
from convnet_studio.engine.training.session import Session
from convnet_studio.engine.training.standing import Standing
from convnet_studio.engine.training.trainer import Trainer


class Talk:
    """A trainer that is led step by step."""

    def __init__(self) -> None:
        self.control = Control()
        self.events = Trainer(compiled=False).run(load_preset("tiny-digits"), self.control)
        self.seen: list[Event] = []

    def until(self, is_true: Callable[[Event], bool], *wishes: Wish) -> Event:
        for each in wishes:
            self.control.put(each)
        while True:
            event = next(self.events)
            self.seen.append(event)
            if is_true(event):
                return event

    def end(self) -> None:
        self.control.put(Stop())
        self.seen += list(self.events)


def rests(event: Event) -> bool:
    return isinstance(event, StateChanged) and not event.playing


def test_a_run_goes_on_where_it_was_left_and_the_other_is_told_apart() -> None:
    alone = Talk()
    alone.until(rests)
    alone.until(rests, Play(steps=20))
    expected = [event.loss for event in alone.seen if isinstance(event, Stepped)]
    alone.end()

    talk = Talk()
    own = talk.until(lambda event: isinstance(event, RunStarted)).run_id
    talk.until(rests)
    talk.until(lambda event: isinstance(event, Stepped) and event.step >= 5, Play(steps=20))
    other = talk.until(lambda event: isinstance(event, RunStarted), Switch("lesson", load_preset("two-one"), 1)).run_id
    assert other != own
    talk.until(rests)
    talk.until(rests, Play(steps=3))
    lesson = [event for event in talk.seen if isinstance(event, Stepped) and event.run_id == other]
    assert lesson[-1].step == 3
    switched = talk.until(lambda event: isinstance(event, Switched), Switch("own", None, 2))
    assert isinstance(switched, Switched)
    assert switched.number == 2
    assert switched.run_id == own
    state = talk.until(lambda event: isinstance(event, StateChanged))
    assert isinstance(state, StateChanged)
    assert state.playing
    talk.until(rests)
    steps = [event for event in talk.seen if isinstance(event, Stepped) and event.run_id == own]
    assert steps[-1].step == 20
    losses = [loss for event in steps for loss in event.losses]
    assert losses == [loss for event in alone.seen if isinstance(event, Stepped) for loss in event.losses]
    assert expected
    again = talk.until(lambda event: isinstance(event, RunStarted), Switch("lesson", None, 3)).run_id
    assert again == other
    talk.end()


def test_weights_come_with_the_project_of_a_desk() -> None:
    talk = Talk()
    talk.until(rests)
    kept: list[Weights] = []

    def deliver(weights: Weights, standing: Standing | None) -> None:
        kept.append(weights)

    project = load_preset("two-one")
    talk.until(rests, Switch("lesson", project, 1))
    talk.until(rests, Keep(deliver), Reset())
    module = next(each for each in kept[0] if "weight" in kept[0][each])
    brought = {module: {name: array + 1 for name, array in kept[0][module].items()}}
    talk.until(rests, Switch("lesson", project, 2, brought))
    talk.until(rests, Keep(deliver), Reset())
    assert (kept[1][module]["weight"] == kept[0][module]["weight"] + 1).all()
    talk.end()


def test_a_desk_that_is_cleared_keeps_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    close = Session.close

    def note_and_close(session: Session) -> None:
        closed.append(session.run_id)
        close(session)

    talk = Talk()
    talk.until(rests)
    lesson = talk.until(rests, Switch("lesson", load_preset("two-one"), 1)).run_id
    own = talk.until(rests, Switch("own", None, 2)).run_id
    monkeypatch.setattr(Session, "close", note_and_close)
    talk.until(rests, Clear("lesson"), Clear("own"), Clear("nobody's"), Play(steps=1))
    assert closed == [lesson], "the desk that is worked at stays"
    talk.end()
    assert closed == [lesson, own]
