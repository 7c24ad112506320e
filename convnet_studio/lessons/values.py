"""Values: what the probes of a lesson say now, expressions over them, and texts that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.expression import Expression, parse
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.probe import Desk, Probe

NOTHING = "–"
"""Stands for a number that there is not."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}", re.IGNORECASE)
_PLACE = re.compile(r"\{(?P<name>[A-Za-z][A-Za-z0-9_]*)(?::(?P<format>,|,?\.[0-9]{1,2}[efg%]))?\}")
_FORMULA = re.compile(r"(\$\$.*?\$\$|\$[^$]*\$)", re.DOTALL)
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers by name; not a number where there is none, with the sentence why in `problems`."""

    numbers: Mapping[str, float]
    problems: Mapping[str, str]

    def number(self, expression: Expression) -> float:
        """What an expression over these says; not a number where a name it takes has none."""
        taken = (self.numbers[step.name] for step in expression.steps if step.name)
        if any(map(math.isnan, taken)):  # a comparison would tell it from no number by 0 or 1
            return math.nan
        return float(expression.value(**self.numbers))

    def holds(self, expression: Expression) -> bool:
        """Whether it says something other than 0."""
        value = self.number(expression)
        return not math.isnan(value) and value != 0


@dataclass(frozen=True)
class AskValues(Inquiry):
    """All probes of a lesson, on the run of now.

    Attributes:
        probes: by name. `benches`: that are not as by default, by name.
        remembered: numbers that were kept when the page began.
    """

    probes: tuple[tuple[str, Probe], ...]
    benches: tuple[tuple[str, Bench], ...] = ()
    remembered: tuple[tuple[str, float], ...] = ()
    about: object = None
    """Whatever else they are of, such as the project: with another one they are asked anew."""

    def work(self, moment: Moment) -> Iterator[object]:
        """`Values`, once all probes were read; one probe is a piece of work."""
        desk = Desk(moment, dict(self.benches))
        numbers, problems = dict(self.remembered), dict[str, str]()
        for name, probe in self.probes:
            try:
                numbers[name] = probe.read(desk)
            except (ValueError, KeyError) as problem:
                numbers[name], problems[name] = math.nan, str(problem.args[0])
            yield None
        yield Values(numbers, problems)


def read_expression(text: object, names: Collection[str], where: str) -> Expression:
    """An expression over the names of probes; a plain number is one too.

    Raises:
        LessonProblem: one sentence.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise LessonProblem(f"{where}: an expression is a text in quotation marks, or a number.")
    try:
        return parse(str(text), tuple(names))
    except ValueError as problem:
        raise LessonProblem(f'{where}: "{str(text)[:80]}" can\'t be read. {problem}') from None


def number_text(value: float, form: str = "") -> str:
    """A number as texts show it: four significant digits, or by a format such as ``.2f``, ``,`` or ``.1%``."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if not form:
        whole = float(value).is_integer() and abs(value) < 1e15
        written = f"{int(value):,}" if whole else f"{value:.4g}"
    elif form == ",":
        written = f"{value:,.0f}"
    else:
        written = f"{value:{form}}"
    return written.replace("-", _MINUS)


def places(text: str) -> tuple[str, ...]:
    """The names that stand in braces in a text, formulas between dollar signs left out."""
    spoken = _FORMULA.split(text)[::2]
    return tuple(match["name"] for part in spoken for match in _PLACE.finditer(part))


def filled(text: str, values: Values) -> str:
    """The text with every ``{name}`` or ``{name:format}`` replaced by its number; formulas stay as they are."""

    def number(match: re.Match[str]) -> str:
        return number_text(values.numbers.get(match["name"], math.nan), match["format"] or "")

    parts = _FORMULA.split(text)
    return "".join(part if index % 2 else _PLACE.sub(number, part) for index, part in enumerate(parts))
