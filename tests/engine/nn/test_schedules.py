"""Schedules: the learning rate in the course of training, by their formulas."""

from __future__ import annotations

import math

import pytest

from convnet_studio.engine.nn.schedule import Drawn, Moment, Schedule, points_from_text, text_of_points


def at(progress: float = 0.0, epochs: float = 0.0, steps: int = 0) -> Moment:
    return Moment(progress, epochs, steps)


def make(name: str, **settings: float | str) -> Schedule:
    return Schedule.registry[name](**settings)


def test_constant_and_linear() -> None:
    moments = [at(progress) for progress in (0, 0.5, 1, 1.1)]
    assert [make("constant").factor(each) for each in moments] == [1, 1, 1, 1]
    assert [make("linear to 0").factor(each) for each in moments] == [1, 0.5, 0, 0]


def test_steps_fall_at_whole_multiples_of_epochs() -> None:
    schedule = make("step", gamma=0.5, every=2.0)
    found = [schedule.factor(at(epochs=epochs)) for epochs in (0, 1.99, 2, 3.5, 4, 10)]
    assert found == [1, 1, 0.5, 0.5, 0.25, 0.5**5]


def test_inverse_falls_as_torch7s_learning_rate_decay() -> None:
    schedule = make("1/(1 + t d)", decay=0.01)
    assert [schedule.factor(at(steps=t)) for t in (0, 100, 300)] == [1, 0.5, 0.25]


def test_inverse_root() -> None:
    schedule = make("1/√(1 + t d)", decay=0.01)
    assert [schedule.factor(at(steps=t)) for t in (0, 300, 1500)] == [1, 0.5, 0.25]


def test_a_drawn_curve_is_straight_between_its_points() -> None:
    schedule = Drawn(points="0.2 1, 0.4 0.5, 1 0")
    found = [schedule.factor(at(progress)) for progress in (0, 0.2, 0.3, 0.4, 0.7, 1)]
    assert found == pytest.approx([1, 1, 0.75, 0.5, 0.25, 0])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no point"),
        ("0 1", "2 to 200 points"),
        ("0 1, 1", "no point"),
        ("0 1, 0 2", "rise"),
        ("0 1, 2 0", "outside"),
        ("0 1, 1 nan", "outside"),
        ("0 1, 1 0; import os", "no point"),
    ],
)
def test_a_curve_that_is_none_is_refused_in_a_sentence(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        points_from_text(text)
    with pytest.raises(ValueError, match="Curve"):
        Drawn(points=text)


def test_a_curve_survives_being_written() -> None:
    points = tuple((number / 199, math.sin(number) ** 2) for number in range(200))
    again = points_from_text(text_of_points(points))
    assert all(abs(a - b) < 1e-3 for old, new in zip(points, again, strict=True) for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize("name", list(Schedule.registry))
def test_every_schedule_begins_at_the_initial_rate_and_never_turns_negative(name: str) -> None:
    schedule = make(name)
    assert schedule.factor(at()) == 1
    assert all(schedule.factor(at(p / 10, p * 3.0, p * 1000)) >= 0 for p in range(11))
    assert Schedule.registry[name].formula
    assert Schedule.registry[name].__doc__
