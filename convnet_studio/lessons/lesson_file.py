"""Lesson files: TOML read into a `Lesson`. Whatever is wrong is one sentence; nothing in a file is ever run.

CONTRIBUTING.md describes the format for authors; ``catalogue/`` has examples.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

import convnet_studio.lessons.acts
import convnet_studio.lessons.probes  # noqa: F401  (importing the folders registers what they hold)
from convnet_studio.engine.expression import CONSTANTS, Expression
from convnet_studio.engine.expression_operations import FUNCTIONS
from convnet_studio.lessons.act import Act, read_act
from convnet_studio.lessons.acts.train import Train
from convnet_studio.lessons.check import (
    Check,
    ChoiceCheck,
    NumberCheck,
    Option,
    OrderCheck,
    Prediction,
    ReachCheck,
    SeveralCheck,
    StructureCheck,
)
from convnet_studio.lessons.fields import Fields, LessonProblem
from convnet_studio.lessons.lesson import CHAPTERS, Deed, Lesson, Page
from convnet_studio.lessons.markup import check_markup
from convnet_studio.lessons.probe import Probe, read_probe
from convnet_studio.lessons.structure import Structure
from convnet_studio.lessons.values import NAME, places, read_expression

LARGEST_FILE = 200_000
"""Bytes."""
MOST_PAGES = 20
MOST_PROBES = 60
LARGEST_TOLERANCE = 0.05
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
ENDING = ".toml"


def read_lesson(path: Path, own: bool = False) -> Lesson:
    """The lesson in a file.

    Raises:
        LessonProblem: one sentence that names the file and the place.
    """
    try:
        found = Path(os.path.realpath(path, strict=True))
        if not found.is_file() or found.parent != Path(os.path.realpath(path.parent)):
            raise LessonProblem(f"{path.name}: it must be a file in this very folder, not a link or a device.")
        with found.open("rb") as file:
            read = file.read(LARGEST_FILE + 1)  # its size now may be another than the one that the folder tells
        if len(read) > LARGEST_FILE:
            size = found.stat().st_size
            raise LessonProblem(f"{path.name}: it has {size:,} bytes: a lesson has at most {LARGEST_FILE:,}.")
        text = read.decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise LessonProblem(f"{path.name}: it can't be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise LessonProblem(f"{path.name}: it is no text in UTF-8.") from None
    return parse_lesson(text, path.stem, own)


def parse_lesson(text: str, name: str, own: bool = False) -> Lesson:
    """The lesson that a text in TOML describes; `name` is that of its file.

    Raises:
        LessonProblem: one sentence that names the file and the place.
    """
    try:
        if not FILE_NAME.fullmatch(name):
            raise LessonProblem("its name may have small letters, digits, - and _ only.")
        if len(text) > LARGEST_FILE:
            raise LessonProblem(f"it has {len(text):,} characters: a lesson has at most {LARGEST_FILE:,}.")
        return _lesson(Fields(tomllib.loads(text), "the lesson"), name, own)
    except tomllib.TOMLDecodeError as error:
        raise LessonProblem(f"{name}{ENDING}: this is no TOML: {error}.") from None
    except RecursionError:
        raise LessonProblem(f"{name}{ENDING}: lists lie too deep within lists.") from None
    except LessonProblem as problem:
        raise LessonProblem(f"{name}{ENDING}: {problem}") from None
    except Exception as error:  # a file may hold anything, and no other lesson may suffer from it
        raise LessonProblem(f"{name}{ENDING}: it can't be read ({error}): correct its keys and values.") from None


def _lesson(top: Fields, name: str, own: bool) -> Lesson:
    title = _line(top, "title")
    objective = _line(top, "objective")
    chapter = top.whole("chapter", low=1, high=len(CHAPTERS))
    position = top.whole("position", low=1, high=99)
    minutes = top.whole("minutes", low=1, high=180)
    requires, controls = top.texts("requires", ()), top.texts("controls", ())
    start = _acts(top, "start")
    if not start or start[0].do != "open":
        raise top.wrong('start must be a list of acts that begins with {do = "open", preset = "..."}.')
    if any(isinstance(each, Train) for each in start):
        raise top.wrong("start can't train: let the scene of a page do so.")
    probes = _probes(top.table("probes"))
    pages = top.tables("pages")
    if not 1 <= len(pages) <= MOST_PAGES:
        raise top.wrong(f"there are {len(pages)} pages: a lesson has 1 to {MOST_PAGES}.")
    read = tuple(_page(each, number, probes) for number, each in enumerate(pages, 1))
    titles = [each.title for each in read]
    if len(set(titles)) < len(titles):
        raise top.wrong("two pages have the same title: rename one of them.")
    classroom = top.texts("classroom")
    if len(classroom) != min(3, len(read)) or not set(classroom) <= set(titles):
        raise top.wrong("classroom must be the titles of three pages of this lesson.")
    top.end()
    return Lesson(
        name, title, objective, chapter, position, minutes, requires, start, probes, read, classroom, controls, own
    )


def _line(fields: Fields, key: str) -> str:
    text = fields.text(key, longest=120)
    if not text or "\n" in text:
        raise fields.wrong(f"{key} must be one line that is not empty.")
    return text


def _acts(fields: Fields, key: str) -> tuple[Act, ...]:
    return tuple(read_act(each) for each in fields.tables(key))


def _probes(fields: Fields | None) -> Mapping[str, Probe]:
    if fields is None:
        return {}
    named = fields.rest()
    if len(named) > MOST_PROBES:
        raise fields.wrong(f"there are {len(named)}: a lesson has at most {MOST_PROBES}.")
    for name in named:
        if not NAME.fullmatch(name) or name in FUNCTIONS or name in CONSTANTS:
            raise fields.wrong(f"{name[:50]!r} is no name for a probe: take letters, digits and _, and no function's.")
    return {name: read_probe(Fields(table, f"probe {name}")) for name, table in named.items()}


def _page(fields: Fields, number: int, probes: Mapping[str, Probe]) -> Page:
    title = _line(fields, "title")
    fields.where = f'page {number} "{title}"'
    where = fields.where
    remembered = fields.table("remember")
    kept = remembered.rest() if remembered else {}
    for name in kept:
        if not NAME.fullmatch(name) or name in probes:
            raise fields.wrong(f"{name[:50]!r} can't be remembered: take a name that no probe has.")
    remember = {name: read_expression(text, probes, f"{where}, remember {name}") for name, text in kept.items()}
    names = (*probes, *remember)
    act = fields.table("act")
    page = Page(
        title=title,
        text=_markup(fields, "text", names),
        show=fields.texts("show"),
        highlight=fields.texts("highlight", ()),
        scene=_acts(fields, "scene"),
        remember=remember,
        predict=_prediction(fields.table("predict")),
        observe=_markup(act, "observe", names, "") if act else "",
        deed=_deed(act, names),
        check=_check(fields.table("check"), names),
        solution=_acts(fields, "solution"),
    )
    if not page.show:
        raise fields.wrong("show is empty: name at least one view, such as canvas.")
    _check_until(page.scene, probes, f"{where}, scene")
    _check_until(page.solution, names, f"{where}, solution")
    fields.end()
    return page


def _markup(fields: Fields, key: str, names: tuple[str, ...] | None, default: object = ...) -> str:
    """A text that may hold the values of these names; with None braces stand for themselves."""
    text = fields.text(key) if default is ... else fields.text(key, default)
    for name in places(text):
        if names is not None and name not in names:
            raise fields.wrong(f"{key} holds {{{name}}}, which no probe is called: there are {', '.join(names)}.")
    _check_markup(fields, key, text)
    return text


def _check_markup(fields: Fields, key: str, text: str) -> None:
    try:
        check_markup(text)
    except ValueError as problem:
        raise fields.wrong(f"{key}: {problem}") from None


def _prediction(fields: Fields | None) -> Prediction | None:
    if fields is None:
        return None
    made = Prediction(_markup(fields, "ask", None), fields.texts("options", ()))
    fields.end()
    return made


def _deed(fields: Fields | None, names: tuple[str, ...]) -> Deed | None:
    if fields is None:
        return None
    done = _expression(fields, "done", names) if fields.has("done") else None
    made = Deed(_markup(fields, "ask", names), _acts(fields, "show_me"), done)
    if not made.acts:
        raise fields.wrong("show_me is empty: list the acts that do what is asked.")
    _check_until(made.acts, names, fields.where)
    fields.end()
    return made


def _check_until(acts: tuple[Act, ...], names: Collection[str], where: str) -> None:
    for act in acts:
        until = getattr(act, "until", "")
        if until:
            read_expression(until, names, f"{where}, until")


def _expression(fields: Fields, key: str, names: tuple[str, ...]) -> Expression:
    return read_expression(fields.take(key), names, f"{fields.where}, {key}")


def _check(fields: Fields | None, names: tuple[str, ...]) -> Check | None:
    if fields is None:
        return None
    kind = fields.text("kind", longest=20)
    said = {
        "ask": _markup(fields, "ask", names),
        "right": _markup(fields, "right", names),
        "wrong": _markup(fields, "wrong", names),
    }
    hints = fields.texts("hints", ())
    for hint in hints:
        _check_markup(fields, "hints", hint)
    common = (said["ask"], said["right"], said["wrong"], hints)
    readers = {
        "number": _number,
        "integer": _number,
        "choice": _choice,
        "several": _several,
        "order": _order,
        "structure": _structure,
        "reach": _reach,
    }
    if kind not in readers:
        raise fields.wrong(f"kind is {kind!r}: choose one of {', '.join(readers)}.")
    check = readers[kind](fields, names, common, kind)
    fields.end()
    return check


_Common = tuple[str, str, str, tuple[str, ...]]


def _number(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    is_whole = kind == "integer"
    answer, expect = _expression(fields, "answer", names), fields.number("expect")
    tolerance = 0.0 if is_whole else fields.number("tolerance", 0.01)
    scale = 0.0 if is_whole else fields.number("scale", 0.0)
    if is_whole and not expect.is_integer():
        raise fields.wrong("expect must be a whole number for a check of the kind integer.")
    if not is_whole:
        _check_tolerance(fields, tolerance, scale, expect)
    return NumberCheck(*common, answer, expect, tolerance, scale, is_whole, fields.text("unit", "", 20))


def _check_tolerance(fields: Fields, tolerance: float, scale: float, expect: float) -> None:
    if not 0 < tolerance <= LARGEST_TOLERANCE:
        raise fields.wrong(f"tolerance is {tolerance:g}: it must be above 0 and at most {LARGEST_TOLERANCE:g}.")
    if tolerance * max(abs(expect), scale) == 0:
        raise fields.wrong("the answer 0 tolerates nothing: give a scale that the tolerance is relative to.")


def _options(fields: Fields, names: tuple[str, ...], key: str) -> tuple[Option, ...]:
    options = []
    for each in fields.tables("options"):
        options.append(Option(each.text("text", longest=200), _expression(each, key, names)))
        each.end()
    texts = [each.text for each in options]
    if len(options) < 2 or len(set(texts)) < len(texts):
        raise fields.wrong("options must be two or more tables with different texts.")
    return tuple(options)


def _expected(fields: Fields, options: tuple[Option, ...]) -> tuple[str, ...]:
    given = fields.take("expect")
    expect = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else ()
    texts = [each.text for each in options]
    if not all(each in texts for each in expect):
        raise fields.wrong("expect must be made of the texts of options.")
    return expect


def _choice(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    options = _options(fields, names, "right")
    expect = _expected(fields, options)
    if len(expect) != 1:
        raise fields.wrong("expect must be the text of one option.")
    return ChoiceCheck(*common, options, expect)


def _several(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    options = _options(fields, names, "right")
    return SeveralCheck(*common, options, _expected(fields, options))


def _order(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    options = _options(fields, names, "place")
    expect = _expected(fields, options)
    if len(expect) != len(options):
        raise fields.wrong("expect must hold the texts of all options, in their right order.")
    return OrderCheck(*common, options, expect)


def _structure(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    wanted = fields.table("wants")
    if wanted is None:
        raise fields.wrong("wants is missing: a table of what the network must have.")
    kinds = wanted.table("kinds")
    counts = {key: Fields({key: n}, wanted.where).whole(key) for key, n in kinds.rest().items()} if kinds else None
    structure = Structure(
        wanted.texts("chain", ()),
        counts,
        wanted.whole("recurrent", 0),
        wanted.whole("shared", 0),
        wanted.text("same_as", "", 60),
    )
    wanted.end()
    if structure == Structure():
        raise wanted.wrong("it is empty: give chain, kinds, recurrent, shared or same_as.")
    expected = fields.table("expect")
    if expected is None:
        raise fields.wrong("expect is missing: a table of how many modules of each kind the solution has.")
    expect = {key: Fields({key: n}, expected.where).whole(key) for key, n in expected.rest().items()}
    return StructureCheck(*common, structure, expect)


def _reach(fields: Fields, names: tuple[str, ...], common: _Common, kind: str) -> Check:
    goal, measure = _expression(fields, "goal", names), _expression(fields, "measure", names)
    expect, tolerance, scale = fields.number("expect"), fields.number("tolerance", 0.01), fields.number("scale", 0.0)
    _check_tolerance(fields, tolerance, scale, expect)
    return ReachCheck(*common, goal, measure, expect, tolerance, scale)
