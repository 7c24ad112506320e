"""Lint: proof that a lesson holds. Every page is played on the real engine, without a window.

The start of an act's scene must not fulfil it and "Show me" must; keys are computed and compared with what the author
froze; wrong answers must be told from right ones; whatever a page names must be there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from time import perf_counter

from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.lessons.acts.train import Train
from convnet_studio.lessons.check import Answer, Check, ChoiceCheck, NumberCheck, OrderCheck, ReachCheck, SeveralCheck
from convnet_studio.lessons.course import Course
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson import Lesson, Page
from convnet_studio.lessons.markup import check_formulas, links
from convnet_studio.lessons.rehearsal import Rehearsal
from convnet_studio.lessons.scene import module_called
from convnet_studio.lessons.values import NOTHING, Values, filled, number_text


@dataclass(frozen=True)
class Surroundings:
    """What pages may name beside what is in their scene: views of the window, actions of its table, other lessons."""

    views: Collection[str]
    actions: Collection[str]
    lessons: Collection[str]


@dataclass(frozen=True)
class Report:
    """What came of a lesson.

    Attributes:
        problems: one sentence each; none where it holds. `seconds`: that playing it took.
        keys: the measured key of each check, by title of its page.
    """

    lesson: str
    problems: tuple[str, ...]
    seconds: float
    keys: dict[str, str]


def lint_course(course: Course, surroundings: Surroundings, only: Collection[str] = ()) -> Iterator[Report]:
    """A report on each lesson (or those called so), and on each file that is none."""
    for name, problem in course.problems.items():
        if not only or name.rpartition(".")[0] in only:
            yield Report(name, (problem,), 0.0, {})
    places: dict[str, str] = {}
    for lesson in course.in_order():
        other = places.setdefault(lesson.number, lesson.name)
        if only and lesson.name not in only:
            continue
        report = lint_lesson(lesson, surroundings)
        if other != lesson.name:
            clash = f"{lesson.name}: its place {lesson.number} is that of {other}: choose another position."
            report = Report(report.lesson, (*report.problems, clash), report.seconds, report.keys)
        yield report


def lint_lesson(lesson: Lesson, surroundings: Surroundings) -> Report:
    """Play a lesson from its first page to its last."""
    started = perf_counter()
    problems: list[str] = [f"{lesson.name}: {each}" for each in _missing(lesson, surroundings)]
    keys: dict[str, str] = {}
    try:
        rehearsal = Rehearsal(lesson)
    except LessonProblem as problem:
        return Report(lesson.name, (*problems, f"{lesson.name}: {problem}"), perf_counter() - started, {})
    except Exception as error:  # of a file that may hold anything
        what = f"{lesson.name}: its start can't be made ({type(error).__name__}: {error})."
        return Report(lesson.name, (*problems, what), perf_counter() - started, {})
    try:
        for number, page in enumerate(lesson.pages, 1):
            where = f'{lesson.name}, page {number} "{page.title}"'
            try:
                problems += [f"{where}: {each}" for each in _play(rehearsal, page, surroundings, keys)]
            except (LessonProblem, ValueError, KeyError) as problem:
                problems.append(f"{where}: {problem.args[0]}")
            except Exception as error:  # the author is to learn of all pages, whatever one of them asks for
                problems.append(f"{where}: it can't be played ({type(error).__name__}: {error}).")
    finally:
        rehearsal.close()
    return Report(lesson.name, tuple(problems), perf_counter() - started, keys)


def _missing(lesson: Lesson, surroundings: Surroundings) -> Iterator[str]:
    """What the lesson as a whole names and there is not."""
    for name in lesson.requires:
        if name not in surroundings.lessons:
            yield f"it requires the lesson {name!r}, which there is not."
    used = frozenset().union(*(page.names for page in lesson.pages))
    for name in lesson.probes:
        if name not in used:
            yield f"the probe {name!r} is used nowhere: take it out."


def _play(rehearsal: Rehearsal, page: Page, around: Surroundings, keys: dict[str, str]) -> Iterator[str]:
    """Play one page; yields what is wrong with it."""
    rehearsal.set_page(page)
    yield from _unset_formulas(page)
    yield from _dead_links(rehearsal, page, around)
    before = rehearsal.values()
    project = rehearsal.scene.project
    deed, check = page.deed, page.check
    yield from _unknown(page.text, before, "text")
    if deed is not None and deed.done is not None and before.holds(deed.done):
        yield "its act is done before it begins: let done hold only afterwards."
    if check is not None and check.judges_scene and check.judge(None, before, project).is_right:
        yield "its check holds before anything was done: let the scene begin without it."
    if deed is not None:
        rehearsal.perform(deed.acts)
        yield from _untold_time(page)
    after = rehearsal.values()
    if deed is not None and deed.done is not None and not after.holds(deed.done):
        yield "its act is not done by show_me: done does not hold afterwards."
    yield from _unknown(page.observe, after, "observe")
    if check is None:
        return
    if check.judges_scene and page.solution:
        rehearsal.perform(page.solution)
        after = rehearsal.values()
    yield from _judged(check, after, rehearsal)
    keys[page.title] = _key_text(check, after)
    for name, text in (("ask", check.ask), ("right", check.right), ("wrong", check.wrong)):
        yield from _unknown(text, after, f"check, {name}")


def _judged(check: Check, values: Values, rehearsal: Rehearsal) -> Iterator[str]:
    """Whether the right answer is taken, a wrong one is not, and the key is what the author froze."""
    project = rehearsal.scene.project
    key = check.key(values)
    if check.judges_scene:
        verdict = check.judge(None, values, project)
        if not verdict.is_right:
            yield f"its check does not hold after the scripted solution: {verdict.key}"
    elif key is None or (isinstance(key, float) and not math.isfinite(key)):
        yield f"its key can't be computed. {' '.join(values.problems.values())}".strip()
        return
    elif not check.judge(key, values, project).is_right:
        yield "its check refuses its own key."
    elif check.judge(_another(check, key), values, project).is_right:
        yield "its check takes a wrong answer: make it narrower."
    if not check.agrees(values, project):
        yield f"its key is {_key_text(check, values)}, not what expect says: correct whichever is wrong."


def _another(check: Check, key: Answer) -> Answer:
    """An answer that is wrong."""
    if isinstance(check, NumberCheck):
        assert isinstance(key, float)
        return key + 1.0 if check.is_whole else key + 3 * check.tolerance * max(abs(key), check.scale) + 1e-9
    if isinstance(check, ChoiceCheck):
        return next(each.text for each in check.options if each.text != key)
    if isinstance(check, OrderCheck):
        assert isinstance(key, tuple)
        return tuple(reversed(key))
    assert isinstance(check, SeveralCheck)
    assert isinstance(key, tuple)
    texts = [each.text for each in check.options]
    return tuple(texts) if len(key) < len(texts) else ()


def _key_text(check: Check, values: Values) -> str:
    if isinstance(check, ReachCheck):
        return number_text(values.number(check.measure))
    key = check.key(values)
    if isinstance(key, float):
        return number_text(key)
    return ", ".join(key) if isinstance(key, tuple) else str(key or "")


def _unknown(text: str, values: Values, where: str) -> Iterator[str]:
    """Numbers that a text shows and there are not."""
    if NOTHING in filled(text, values).replace(NOTHING, "", text.count(NOTHING)):
        why = " ".join(values.problems.values())
        yield f"its {where} shows a number that can't be measured. {why}".strip()


def _unset_formulas(page: Page) -> Iterator[str]:
    """Formulas that the page shows and that are no LaTeX."""
    deed, check = page.deed, page.check
    texts = [page.text, page.observe, deed.ask if deed else ""]
    if page.predict is not None:
        texts.append(page.predict.ask)
    if check is not None:
        texts += [check.ask, check.right, check.wrong, *check.hints]
    for text in texts:
        try:
            check_formulas(text)
        except ValueError as problem:
            yield str(problem)


def _untold_time(page: Page) -> Iterator[str]:
    assert page.deed is not None
    for act in page.deed.acts:
        if isinstance(act, Train) and act.steps > 50 and not act.seconds:
            yield "its act trains: say in seconds how long that takes about."


def _dead_links(rehearsal: Rehearsal, page: Page, around: Surroundings) -> Iterator[str]:
    """Views, modules, dials and actions that the page names and there are not."""
    for view in page.show:
        if view not in around.views:
            yield f"there is no view {view!r} to show: there are {', '.join(sorted(around.views))}."
    texts = [page.text, page.observe, page.deed.ask if page.deed else "", page.check.ask if page.check else ""]
    for target in (*page.highlight, *(link for text in texts for link in links(text))):
        kind, _, name = target.partition(":")
        if kind == "module":
            try:
                module_called(rehearsal.scene.project, name)
            except ValueError as problem:
                yield str(problem)
        elif kind == "dial":
            bench, _, dial = name.partition(".")
            if bench not in Bench.registry or dial not in Bench.registry[bench].dials():
                yield f"there is no dial {name!r}: name it as bench.dial."
        else:
            known = {"view": around.views, "action": around.actions, "lesson": around.lessons}.get(kind)
            if known is None or name not in known:
                yield f"there is nothing called {target!r} to point at."
