"""Bench: an experiment with dials, as a value: what the dials say follows from nothing but them and the moment.

A file in ``benches/`` defines one: its fields are the dials, its methods marked `reading` are numbers that lessons can
ask for, and `pictures` is what is drawn. The lab shows every bench by the same panel, and lessons turn its dials and
read it without a window. Turning a dial makes another value.
"""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from convnet_studio.engine.analysis.bench_pictures import BenchPicture
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.registry import Registry
from convnet_studio.engine.training.inquiry import Inquiry, Moment

DialValue = bool | int | float | str | tuple[float, ...]
Reading = float | Array
Read = TypeVar("Read", bound=Callable[..., Reading])


@dataclass(frozen=True)
class Dial:
    """What one field of a bench may be.

    Attributes:
        label: what people read beside it. `unit`: after its value; may be empty.
        low, high: bounds of a number, both allowed. `is_whole`: only whole numbers. `is_log`: turned by factors.
        options: what a choice is made from; empty for numbers and switches.
        is_switch: on or off.
        is_row: a row of numbers, each within the bounds; their count stays.
    """

    label: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    is_whole: bool = False
    is_log: bool = False
    options: tuple[str, ...] = ()
    is_switch: bool = False
    is_row: bool = False

    def checked(self, value: object, before: DialValue) -> DialValue:
        """`value` as the dial keeps it.

        Raises:
            ValueError: one sentence that says what would be right.
        """
        if self.is_switch:
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.label} is {value!r}: it can be true or false.")
        if self.options:
            if isinstance(value, str) and value in self.options:
                return value
            raise ValueError(f"{self.label} is {value!r}: choose one of {', '.join(self.options)}.")
        if self.is_row:
            return self._checked_row(value, before)
        return self._checked_number(value)

    def _checked_row(self, value: object, before: DialValue) -> DialValue:
        count = len(before) if isinstance(before, tuple) else 0
        if not isinstance(value, list | tuple) or len(value) != count:
            raise ValueError(f"{self.label} is {value!r}: it takes {count} numbers.")
        return tuple(float(self._checked_number(each)) for each in value)

    def _checked_number(self, value: object) -> float:
        number = math.nan
        if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
            number = float(value)
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.label} is {value!r}: it takes a number from {self.low:g} to {self.high:g}.")
        if not self.is_whole:
            return number
        if not number.is_integer():
            raise ValueError(f"{self.label} is {value!r}: it takes a whole number from {self.low:g} to {self.high:g}.")
        return int(number)


def number(default: float, low: float, high: float, label: str, unit: str = "", is_log: bool = False) -> Any:
    """A dial for a number."""
    return field(default=default, metadata={"dial": Dial(label, unit, low, high, is_log=is_log)})


def whole(default: int, low: int, high: int, label: str, unit: str = "") -> Any:
    """A dial for a whole number."""
    return field(default=default, metadata={"dial": Dial(label, unit, low, high, is_whole=True)})


def choice(default: str, options: tuple[str, ...], label: str) -> Any:
    """A dial for one of some words."""
    return field(default=default, metadata={"dial": Dial(label, options=options)})


def switch(default: bool, label: str) -> Any:
    """A dial that is on or off."""
    return field(default=default, metadata={"dial": Dial(label, is_switch=True)})


def numbers(default: tuple[float, ...], low: float, high: float, label: str, unit: str = "") -> Any:
    """A dial for a row of numbers."""
    return field(default=default, metadata={"dial": Dial(label, unit, low, high, is_row=True)})


def reading(method: Read) -> Read:
    """Mark a method ``(self, moment)`` of a bench as what lessons can read; its docstring tells what it is."""
    method.is_reading = True  # type: ignore[attr-defined]
    return method


@dataclass(frozen=True)
class Bench(ABC):
    """One experiment. Subclasses are frozen dataclasses whose fields are made by `number`, `whole`, `choice`, `switch`
    and `numbers`; equal values give equal readings and pictures for the same moment."""

    registry: ClassVar[Registry[type[Bench]]] = Registry("bench")

    name: ClassVar[str]
    """As lessons and the command line know it, such as ``connections``."""
    title: ClassVar[str]
    """As people read it."""
    summary: ClassVar[str]
    """One sentence for lists."""
    has_own_view: ClassVar[bool] = False
    """Whether a file in ui/views draws it, under the same name; else the common panel does."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and "name" in vars(cls):
            Bench.registry.add(cls.name, cls)

    @classmethod
    def dials(cls) -> Mapping[str, Dial]:
        """All dials by name, in the order of the fields."""
        return {each.name: each.metadata["dial"] for each in fields(cls) if "dial" in each.metadata}

    @classmethod
    def readings(cls) -> tuple[str, ...]:
        """Names of what can be read."""
        return tuple(name for name, each in inspect.getmembers(cls) if getattr(each, "is_reading", False))

    def turned(self, /, **values: object) -> Self:
        """With some dials at other values.

        Raises:
            ValueError: one sentence, for an unknown dial or a value that it can't have.
        """
        dials, kept = self.dials(), {}
        for name, value in values.items():
            if name not in dials:
                raise ValueError(f"{self.title} has no dial {name!r}: there are {', '.join(dials)}.")
            kept[name] = dials[name].checked(value, getattr(self, name))
        return replace(self, **kept)

    def read(self, name: str, moment: Moment) -> Reading:
        """What a reading says at `moment`.

        Raises:
            ValueError: one sentence, where there is no such reading, or none for these dials.
        """
        if name not in self.readings():
            raise ValueError(f"{self.title} has no reading {name!r}: there are {', '.join(self.readings())}.")
        said: Reading = getattr(self, name)(moment)
        return said

    @abstractmethod
    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """What there is to see, from top to bottom; whatever takes long yields what it has so far, some 5 ms apart
        (an empty tuple: nothing new).

        Benches with `has_own_view` yield nothing.
        """


@dataclass(frozen=True)
class AskBench(Inquiry):
    """What a bench looks like now: answers are tuples of `BenchPicture`."""

    bench: Bench
    is_live: ClassVar[bool] = False

    def work(self, moment: Moment) -> Iterator[object]:
        """The pictures of the bench, as they come."""
        for shown in self.bench.pictures(moment):
            yield shown or None
