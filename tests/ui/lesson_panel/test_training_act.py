"""TrainingAct follows the training it asked for, and no other."""

from __future__ import annotations

import pytest

from convnet_studio.engine.expression import parse
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.control import Play, Wish
from convnet_studio.engine.training.events import Diverged, Event, Failed, StateChanged, Stepped
from convnet_studio.lessons.values import Values
from convnet_studio.ui.lesson_panel.training_act import TrainingAct
from convnet_studio.ui.training_session import TrainingSession

STEPS = 10


class Told:
    """An act that was begun, its number, and what it told."""

    def __init__(self, until: str = "") -> None:
        session = TrainingSession(load_preset("two-one"))
        self.act = TrainingAct(session)
        self.ends: list[object] = []
        self.act.finished.connect(self.ends.append)
        self.act.failed.connect(self.ends.append)
        self.act.begin(STEPS, 0, parse(until, ("loss",)) if until else None)
        self.wishes: list[Wish] = []
        while (wish := session.control.take()) is not None:
            self.wishes.append(wish)
        self.number = next(each.number for each in self.wishes if isinstance(each, Play))


@pytest.fixture
def told(qapp: object) -> Told:
    return Told()


def stepped(step: int) -> Stepped:
    return Stepped(1, step, 0.1, 1.0, 0.0, 0.1, 1, 0.0, losses=(1.0,))


def rest(why: str = "", is_done: bool = False) -> StateChanged:
    return StateChanged(1, False, why, is_done)


def test_what_other_training_did_before_is_not_its_own(told: Told) -> None:
    told.act.note_events([StateChanged(1, True), stepped(700), rest(), rest("All 5 epochs are done.", is_done=True)])
    assert told.act.is_under_way
    told.act.note_events([StateChanged(1, True, number=told.number), stepped(1), stepped(STEPS), rest()])
    assert told.ends == [True]


def test_training_that_cannot_begin_fails(told: Told) -> None:
    told.act.note_events([StateChanged(1, False, "There is no loss.", number=told.number)])
    assert told.ends == ["There is no loss."]
    assert not told.act.is_under_way


@pytest.mark.parametrize("has_begun", [False, True])
def test_an_error_of_the_engine_ends_it(told: Told, has_begun: bool) -> None:
    begun: list[Event] = [StateChanged(1, True, number=told.number), stepped(3)] if has_begun else []
    told.act.note_events([*begun, Failed(1, "m1", "It broke.", ""), rest()])
    assert told.ends == ["It broke."]
    assert not told.act.is_under_way


def test_it_goes_on_where_only_the_fast_engine_failed_to_come(told: Told) -> None:
    begun = StateChanged(1, True, number=told.number)
    told.act.note_events([begun, stepped(1), Failed(1, "", "The preview goes on.", ""), stepped(STEPS), rest()])
    assert told.ends == [True]


@pytest.mark.parametrize(
    ("last", "is_whole"),
    [
        ([rest()], False),
        ([rest("All 5 epochs are done.", is_done=True)], True),
        ([Diverged(1, 3, "m1", "weight", "It exploded.", 0.1, 0), rest()], True),
    ],
)
def test_only_the_learners_hand_leaves_it_unfinished(told: Told, last: list[Event], is_whole: bool) -> None:
    told.act.note_events([StateChanged(1, True, number=told.number), stepped(3), *last])
    assert told.ends == [is_whole]


def test_what_was_waited_for_ends_it_whole(qapp: object) -> None:
    told = Told("loss < 0.5")
    told.act.note_events([StateChanged(1, True, number=told.number), stepped(3)])
    told.act.note_values(Values({"loss": 0.4}, {}))
    told.act.note_events([rest()])
    assert told.ends == [True]
