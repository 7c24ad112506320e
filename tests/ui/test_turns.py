"""Views have their turns: who has waited longest is the next, and gets the newest; the canvas never waits."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from live_digits import live
from pytestqt.qtbot import QtBot

import convnet_studio.ui.turns as turns_module
from convnet_studio.engine.training.inquiry import Answer, Inquiry
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.turns import TURN_SECONDS, Turns
from convnet_studio.ui.view import View


class Clock:
    """A clock that only views move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(turns_module, "perf_counter", made)
    return made


class Slow(View):
    """Takes `seconds` of the clock for whatever it is given, and keeps it."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__(OpenProject(live().project))
        self.clock = clock
        self.seconds = seconds
        self.given: list[object] = []

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.clock.now += self.seconds
        self.given.append(snapshot.step)

    def show_answer(self, name: str, answer: Answer) -> None:
        self.clock.now += self.seconds
        self.given.append((name, answer.step))


class Deaf(View):
    """Has no use for snapshots."""


def slow_views(qtbot: QtBot, clock: Clock, *seconds: float) -> list[Slow]:
    views = [Slow(clock, each) for each in seconds]
    for view in views:
        qtbot.addWidget(view)
    return views


def snapshot(step: int) -> Snapshot:
    return Snapshot(1, step, 0.0, live().snapshot.picture, 0)


def answer(step: int) -> Answer:
    return Answer(1, step, _Question())


class _Question(Inquiry):
    def work(self, moment: object) -> object:  # type: ignore[override]
        raise AssertionError("nobody works on it")


def test_quick_views_are_all_served_in_one_go(qtbot: QtBot, clock: Clock) -> None:
    views, turns = slow_views(qtbot, clock, *[TURN_SECONDS / 100] * 10), Turns()
    for view in views:
        turns.put_snapshot(view, snapshot(1))
    turns.go_on()
    assert [view.given for view in views] == [[1]] * 10
    assert not turns


def test_slow_views_have_their_turns_and_none_waits_longer_than_a_round(qtbot: QtBot, clock: Clock) -> None:
    views, turns = slow_views(qtbot, clock, *[TURN_SECONDS] * 4, TURN_SECONDS * 20), Turns()
    for step in range(50):
        for view in views:
            turns.put_snapshot(view, snapshot(step))
        turns.go_on()
    assert [len(view.given) for view in views] == [10] * 5
    for view in views:
        steps = [step for step in view.given if isinstance(step, int)]
        assert {later - earlier for earlier, later in pairwise(steps)} == {5}


def test_a_go_ends_when_the_time_is_up(qtbot: QtBot, clock: Clock) -> None:
    views, turns = slow_views(qtbot, clock, *[TURN_SECONDS * 0.4] * 7), Turns()
    for view in views:
        turns.put_snapshot(view, snapshot(1))
    turns.go_on()
    assert [len(view.given) for view in views] == [1, 1, 1, 0, 0, 0, 0]


def test_who_waits_is_given_the_newest_of_each_kind(qtbot: QtBot, clock: Clock) -> None:
    first, second = slow_views(qtbot, clock, TURN_SECONDS, 0.0)
    turns = Turns()
    turns.put_snapshot(first, snapshot(1))
    for step in (1, 2):
        turns.put_snapshot(second, snapshot(step))
        turns.put_answer(second, "what", answer(step))
    turns.put_answer(second, "why", answer(1))
    turns.go_on()
    assert second.given == []
    turns.go_on()
    assert second.given == [2, ("what", 2), ("why", 1)]
    assert not turns


def test_who_went_out_of_sight_is_given_nothing(qtbot: QtBot, clock: Clock) -> None:
    seen, hidden = slow_views(qtbot, clock, 0.0, 0.0)
    turns = Turns()
    for view in (hidden, seen):
        turns.put_snapshot(view, snapshot(1))
        turns.put_answer(view, "what", answer(1))
    turns.keep_only({seen})
    turns.go_on()
    assert hidden.given == []
    assert seen.given == [1, ("what", 1)]


def test_a_view_without_use_for_snapshots_takes_no_turn(qtbot: QtBot) -> None:
    deaf, turns = Deaf(OpenProject(live().project)), Turns()
    qtbot.addWidget(deaf)
    turns.put_snapshot(deaf, snapshot(1))
    assert not turns


def test_in_the_window_the_canvas_gets_all_and_others_take_turns(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock by which every view takes as long as a go may last."""
    names = ("maps", "filters", "predictions", "pooling_dial")
    for name in names:
        window.view_panels.show(name)
        window.view_panels.panel(name).setFloating(True)
    hidden = window.view_panels.panel("gradient_maps").widget()
    clock, served = Clock(), Counter[str]()
    monkeypatch.setattr(turns_module, "perf_counter", clock)
    views = [*(view for view in window.views() if view.name in names and view.isVisible()), window.canvas, hidden]
    assert len(views) == 6
    for view in views:
        show = view.show_snapshot

        def shown(snapshot: Snapshot, view: View = view, show=show) -> None:  # type: ignore[no-untyped-def]
            clock.now += TURN_SECONDS
            served[f"{view.name} {id(view)}"] += 1
            show(snapshot)

        monkeypatch.setattr(view, "show_snapshot", shown)
    window.session._timer.stop()  # the ticks are ours
    qtbot.waitUntil(lambda: not window.live._turns)
    served.clear()
    for _ in range(30):
        window.session.snapshot_arrived.emit(window.live.snapshot)
        window.live._serve()
    assert served.pop(f"canvas {id(window.canvas)}") == 30
    assert f"{hidden.name} {id(hidden)}" not in served
    assert sum(served.values()) == 30
    assert max(served.values()) - min(served.values()) <= 1
    qtbot.waitUntil(lambda: not window.live._turns)  # who still waits is served though nothing comes any more
    assert sum(served.values()) >= 30 + 3
