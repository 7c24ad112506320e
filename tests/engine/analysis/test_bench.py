"""Every bench keeps its contract: dials hold what they may, readings are numbers, equal values look the same."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import pytest
from moments import moment_of

import convnet_studio.engine.analysis.benches  # noqa: F401
from convnet_studio.engine.analysis.bench import AskBench, Bench, Dial, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.training.inquiry import Moment

KINDS = tuple(Bench.registry.values())


@cache
def moment() -> Moment:
    return moment_of("tiny-digits")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> type[Bench]:
    return request.param


def pictures(bench: Bench) -> tuple[BenchPicture, ...]:
    said = [each for each in AskBench(bench).work(moment()) if each is not None]
    return said[-1] if said else ()


def pictures_or_problem(bench: Bench) -> tuple[BenchPicture, ...] | str:
    try:
        return pictures(bench)
    except ValueError as problem:
        return str(problem)


def are_same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other, equal_nan=True)
    if is_dataclass(one):
        told = type(one) is type(other)
        return told and all(are_same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(are_same(one[each], other[each]) for each in one)
        )
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(are_same, one, other))
    return one == other


def outside(dial: Dial, now: object) -> object:
    """A value that the dial can't have."""
    if dial.is_switch:
        return "perhaps"
    if dial.options:
        return "no such word"
    beyond = dial.high + 1 if math.isfinite(dial.high) else math.nan
    return (beyond, *now[1:]) if isinstance(now, tuple) else beyond


def is_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and len(re.findall(r"\. [A-Z]", text)) == 0


def test_tells_its_name_and_purpose(kind: type[Bench]) -> None:
    assert kind.title
    assert is_sentence(kind.summary)
    assert kind.name in Bench.registry


def test_every_field_is_a_dial_and_holds_what_the_dial_may(kind: type[Bench]) -> None:
    bench = kind()
    assert list(kind.dials()) == [each.name for each in fields(kind)]
    for name, dial in kind.dials().items():
        value = getattr(bench, name)
        assert dial.label
        assert dial.checked(value, value) == value
        assert bench.turned(**{name: value}) == bench


def test_a_value_out_of_range_is_refused_in_a_sentence(kind: type[Bench]) -> None:
    for name, dial in kind.dials().items():
        with pytest.raises(ValueError, match=re.escape(dial.label)) as refused:
            kind().turned(**{name: outside(dial, getattr(kind(), name))})
        assert is_sentence(str(refused.value))
    with pytest.raises(ValueError, match="no dial"):
        kind().turned(no_such_dial=1)


def test_every_reading_is_finite_or_says_when_not(kind: type[Bench]) -> None:
    assert kind.readings()
    for name in kind.readings():
        told = getattr(kind, name).__doc__
        assert told
        assert told.strip().endswith(".")
        said = np.asarray(kind().read(name, moment()))
        assert np.isfinite(said).all() or "not a number" in told or "infinite" in told, name
    with pytest.raises(ValueError, match="no reading"):
        kind().read("no such reading", moment())


def test_equal_values_read_and_look_the_same(kind: type[Bench]) -> None:
    one, other = kind(), kind()
    for name in kind.readings():
        assert np.array_equal(one.read(name, moment()), other.read(name, moment()), equal_nan=True), name
    assert are_same(pictures(one), pictures(other))


def test_draws_something_unless_a_view_of_its_own_does(kind: type[Bench]) -> None:
    shown = pictures(kind())
    assert all(isinstance(each, BenchPicture) for each in shown)
    assert bool(shown) != kind.has_own_view


def test_looks_at_both_ends_of_every_dial(kind: type[Bench]) -> None:
    for name, dial in kind.dials().items():
        ends: list[object] = list(dial.options) if dial.options else [False, True] if dial.is_switch else []
        if not dial.options and not dial.is_switch and not dial.is_row:
            ends = [each for each in (dial.low, dial.high) if math.isfinite(each)]
        for end in ends:
            bench = kind().turned(**{name: end})
            said = pictures_or_problem(bench)
            assert is_sentence(said) if isinstance(said, str) else bool(said) != kind.has_own_view


def test_comparing_pictures_sees_a_difference() -> None:
    connections = Bench.registry["connections"]
    assert not are_same(pictures(connections()), pictures(connections().turned(side=100)))


def test_whole_numbers_stay_whole() -> None:
    connections = Bench.registry["connections"]
    assert connections().turned(side=32.0).side == 32
    with pytest.raises(ValueError, match="whole number"):
        connections().turned(side=32.5)


def test_a_class_without_a_name_is_no_bench() -> None:
    before = len(Bench.registry)

    @dataclass(frozen=True)
    class Nameless(Bench):
        title: ClassVar = "Nameless"
        size: int = whole(1, 0, 2, "Size")

        def pictures(self, moment: Moment):  # type: ignore[no-untyped-def]
            yield ()

    assert Nameless.dials()["size"].is_whole
    assert len(Bench.registry) == before
