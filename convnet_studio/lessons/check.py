"""Checks: what a page asks, how an answer is judged, and what it predicts before it acts."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from convnet_studio.engine.expression import Expression
from convnet_studio.engine.project.spec import Project
from convnet_studio.lessons.structure import Structure
from convnet_studio.lessons.values import Values, number_text

Answer = float | str | tuple[str, ...] | None
"""What a learner gives: a number, the text of an option, several or ordered texts; None where the scene is judged."""
NO_KEY = "The right answer can't be measured now: bring the scene back to how the page sets it up."
"""In place of the right answer where there is none."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what the right one is, in words."""

    is_right: bool
    key: str


@dataclass(frozen=True)
class Check(ABC):
    """What is asked at the end of a page.

    Attributes:
        ask: the question. `right`, `wrong`: what is said to an answer; Markdown with {values}.
        hints: shown one by one on demand.
    """

    kind: ClassVar[str]
    judges_scene: ClassVar[bool] = False
    """Whether what the learner did is judged, rather than an answer."""

    ask: str
    right: str
    wrong: str
    hints: tuple[str, ...]

    @abstractmethod
    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """What an answer is worth, by what is measured now."""

    @abstractmethod
    def key(self, values: Values) -> Answer:
        """The right answer as it is measured now; None where the scene is judged."""

    @abstractmethod
    def expressions(self) -> list[Expression]:
        """All that it takes into account."""

    @abstractmethod
    def agrees(self, values: Values, project: Project) -> bool:
        """Whether what is measured is what the author froze as `expect`; of the scene, after the scripted solution."""


@dataclass(frozen=True)
class NumberCheck(Check):
    """A number.

    Attributes:
        answer: the key. `expect`: what it was when the lesson was written.
        tolerance: relative, above 0 and at most 0.05; `scale`: what it is relative to at least, for keys near 0.
        is_whole: then nothing is tolerated.
        unit: written behind the field.
    """

    kind: ClassVar = "number"

    answer: Expression
    expect: float
    tolerance: float
    scale: float
    is_whole: bool
    unit: str

    def expressions(self) -> list[Expression]:
        """The key."""
        return [self.answer]

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right within the tolerance."""
        key = values.number(self.answer)
        if not math.isfinite(key):
            return Verdict(False, NO_KEY)
        is_number = isinstance(answer, float | int) and math.isfinite(answer)
        return Verdict(is_number and self._is_near(float(answer), key), number_text(key))  # type: ignore[arg-type]

    def key(self, values: Values) -> Answer:
        """What the expression says."""
        return values.number(self.answer)

    def agrees(self, values: Values, project: Project) -> bool:
        """Within the tolerance."""
        return self._is_near(values.number(self.answer), self.expect)

    def _is_near(self, given: float, wanted: float) -> bool:
        return given == wanted if self.is_whole else is_near(given, wanted, self.tolerance, self.scale)


@dataclass(frozen=True)
class Option:
    """One text of a choice or an order; `tells`: whether it is right (not 0), or its place."""

    text: str
    tells: Expression


@dataclass(frozen=True)
class ChoiceCheck(Check):
    """One of some texts: the one whose expression holds."""

    kind: ClassVar = "choice"

    options: tuple[Option, ...]
    expect: tuple[str, ...]

    def expressions(self) -> list[Expression]:
        """Those of the options."""
        return [each.tells for each in self.options]

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right where it is the one that holds."""
        key = self.key(values)
        return Verdict(answer == key, str(key)) if key is not None else Verdict(False, NO_KEY)

    def key(self, values: Values) -> Answer:
        """The text that holds; None unless just one does, and where one can't be told."""
        if not _is_measured(self.options, values):
            return None
        holding = _holding(self.options, values)
        return holding[0] if len(holding) == 1 else None

    def agrees(self, values: Values, project: Project) -> bool:
        """Whether it is the expected one."""
        return self.key(values) == self.expect[0]


@dataclass(frozen=True)
class SeveralCheck(Check):
    """All texts whose expressions hold, and no other."""

    kind: ClassVar = "several"

    options: tuple[Option, ...]
    expect: tuple[str, ...]

    def expressions(self) -> list[Expression]:
        """Those of the options."""
        return [each.tells for each in self.options]

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right where exactly those that hold were given, in any order."""
        if not _is_measured(self.options, values):
            return Verdict(False, NO_KEY)
        key = _holding(self.options, values)
        return Verdict(isinstance(answer, tuple) and set(answer) == set(key), ", ".join(key))

    def key(self, values: Values) -> Answer:
        """Those that hold, in the order of the page; None where one can't be told."""
        return _holding(self.options, values) if _is_measured(self.options, values) else None

    def agrees(self, values: Values, project: Project) -> bool:
        """Whether they are the expected ones."""
        return _is_measured(self.options, values) and set(_holding(self.options, values)) == set(self.expect)


@dataclass(frozen=True)
class OrderCheck(Check):
    """Texts to be put in order, smallest expression first."""

    kind: ClassVar = "order"

    options: tuple[Option, ...]
    expect: tuple[str, ...]

    def expressions(self) -> list[Expression]:
        """Those of the options."""
        return [each.tells for each in self.options]

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right in this order; those that are equal may stand in any."""
        key = self.key(values)
        if not isinstance(key, tuple):
            return Verdict(False, NO_KEY)
        return Verdict(isinstance(answer, tuple) and self._is_sorted(answer, values), " < ".join(key))

    def key(self, values: Values) -> Answer:
        """By what the expressions say."""
        if not _is_measured(self.options, values):
            return None
        return tuple(each.text for each in sorted(self.options, key=lambda each: values.number(each.tells)))

    def agrees(self, values: Values, project: Project) -> bool:
        """Whether it is the expected order."""
        return _is_measured(self.options, values) and self._is_sorted(self.expect, values)

    def _is_sorted(self, texts: tuple[str, ...], values: Values) -> bool:
        numbers = {each.text: values.number(each.tells) for each in self.options}
        if Counter(texts) != Counter(numbers.keys()):
            return False
        return all(numbers[one] <= numbers[other] for one, other in pairwise(texts))


@dataclass(frozen=True)
class StructureCheck(Check):
    """A network that the learner is to build."""

    kind: ClassVar = "structure"
    judges_scene: ClassVar = True

    structure: Structure
    expect: Mapping[str, int]
    """How many modules of each kind there are after the scripted solution."""

    def expressions(self) -> list[Expression]:
        """None: the canvas is judged."""
        return []

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right where the canvas has it; else what is missing."""
        missing = self.structure.missing_in(project)
        return Verdict(not missing, missing or "It is there.")

    def key(self, values: Values) -> Answer:
        """None: the scene is judged."""
        return None

    def agrees(self, values: Values, project: Project) -> bool:
        """Whether it is there, made of the expected modules."""
        found = Counter(each.kind for each in project.network.modules)
        return not self.structure.missing_in(project) and found == Counter(self.expect)


@dataclass(frozen=True)
class ReachCheck(Check):
    """Something that the learner is to bring about.

    Attributes:
        goal: holds then. `measure`: a number that tells how far it is.
        expect, tolerance, scale: of that number after the scripted solution, as for a number.
    """

    kind: ClassVar = "reach"
    judges_scene: ClassVar = True

    goal: Expression
    measure: Expression
    expect: float
    tolerance: float
    scale: float

    def expressions(self) -> list[Expression]:
        """The goal and its measure."""
        return [self.goal, self.measure]

    def judge(self, answer: Answer, values: Values, project: Project) -> Verdict:
        """Right as soon as the goal holds."""
        is_right = values.holds(self.goal)
        return Verdict(is_right, number_text(values.number(self.measure)))

    def key(self, values: Values) -> Answer:
        """None: the scene is judged."""
        return None

    def agrees(self, values: Values, project: Project) -> bool:
        """Whether the goal is reached with the expected number."""
        return values.holds(self.goal) and is_near(values.number(self.measure), self.expect, self.tolerance, self.scale)


@dataclass(frozen=True)
class Prediction:
    """What a learner guesses before the act; options, or a number where there are none. It is never judged."""

    ask: str
    options: tuple[str, ...]


def is_near(given: float, wanted: float, tolerance: float, scale: float) -> bool:
    """Whether a number is within a tolerance relative to `wanted`, or to `scale` where that is larger."""
    return math.isfinite(wanted) and abs(given - wanted) <= tolerance * max(abs(wanted), scale)


def _is_measured(options: tuple[Option, ...], values: Values) -> bool:
    return not any(math.isnan(values.number(each.tells)) for each in options)


def _holding(options: tuple[Option, ...], values: Values) -> tuple[str, ...]:
    return tuple(each.text for each in options if values.holds(each.tells))
