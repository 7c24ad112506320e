"""What the command line does with lessons: check them, begin one, list them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from convnet_studio.lessons.course import Course, load_course
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson_file import ENDING, FILE_NAME, read_lesson
from convnet_studio.lessons.lint import Report, Surroundings, lint_course
from convnet_studio.lessons.template import TEMPLATE


def own_folder() -> Path:
    """Where a user's own lessons lie; it need not exist."""
    from convnet_studio.ui.settings import config_folder

    return config_folder() / "lessons"


def course_of_now() -> Course:
    """All lessons of the program and of the user."""
    return load_course(own_folder())


def surroundings(course: Course) -> Surroundings:
    """What lessons may name."""
    from convnet_studio.ui.actions import ACTIONS
    from convnet_studio.ui.render import view_summaries

    return Surroundings(tuple(view_summaries()), tuple(each.name for each in ACTIONS), tuple(course.lessons))


def check_lessons(names: Sequence[str], as_json: bool) -> int:
    """Print a report on each lesson; 1 where one does not hold.

    Raises:
        LessonProblem: where there is no lesson of a name.
    """
    course = course_of_now()
    files = [Path(each) for each in names if each.endswith(ENDING)]
    for path in files:
        course.lessons[path.stem] = read_lesson(path, own=True)
    wanted = [Path(each).stem if each.endswith(ENDING) else each for each in names]
    for name in wanted:
        if name not in course.lessons and f"{name}{ENDING}" not in course.problems:
            raise LessonProblem(f"There is no lesson {name!r}: there are {', '.join(course.lessons)}.")
    failed = False
    for report in lint_course(course, surroundings(course), wanted):
        failed = failed or bool(report.problems)
        _tell(report, as_json)
    return int(failed)


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(report)), flush=True)
        return
    state = "does not hold" if report.problems else "holds"
    print(f"{report.lesson}: {state} ({len(report.keys)} checks, {report.seconds:.1f} s)", flush=True)
    for problem in report.problems:
        print(f"  {problem}", file=sys.stderr, flush=True)


def new_lesson(name: str, folder: Path | None) -> Path:
    """Write a lesson to begin with; its path.

    Raises:
        LessonProblem: where the name can't be one, or there is such a file.
    """
    if not FILE_NAME.fullmatch(name):
        raise LessonProblem(f"{name!r} is no name for a lesson: take small letters, digits, - and _.")
    path = (folder or own_folder()) / f"{name}{ENDING}"
    if path.exists():
        raise LessonProblem(f"{path} is there already: choose another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE, encoding="utf-8")
    return path
