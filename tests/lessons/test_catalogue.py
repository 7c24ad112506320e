"""The catalogue: every lesson of the program holds, and its file is where progress will look for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from convnet_studio.lesson_commands import new_lesson, surroundings
from convnet_studio.lessons.course import CATALOGUE, load_course
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson_file import read_lesson
from convnet_studio.lessons.lint import lint_lesson

NAMES = sorted(each.stem for each in CATALOGUE.glob("*.toml"))


def test_there_are_lessons_and_all_can_be_read() -> None:
    course = load_course()
    assert NAMES
    assert not course.problems
    assert sorted(course.lessons) == NAMES
    numbers = [each.number for each in course.in_order()]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_holds(name: str) -> None:
    course = load_course()
    report = lint_lesson(course.lessons[name], surroundings(course))
    assert not report.problems
    assert report.keys or not any(page.check for page in course.lessons[name].pages)


def test_lessons_load_no_qt() -> None:
    load = "import sys, convnet_studio.lessons.course as c; c.load_course(); "
    code = load + "print(any('PySide6' in m for m in sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert told.stdout.strip() == "False"


def test_the_template_of_a_new_lesson_holds(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = new_lesson("mine", tmp_path)
    course = load_course(tmp_path)
    report = lint_lesson(read_lesson(path, own=True), surroundings(course))
    assert not report.problems
    with pytest.raises(LessonProblem, match="is there already"):
        new_lesson("mine", tmp_path)
    with pytest.raises(LessonProblem, match="is no name"):
        new_lesson("../mine", tmp_path)


def test_an_own_lesson_is_loaded_beside_a_broken_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    new_lesson("mine", tmp_path)
    (tmp_path / "broken.toml").write_text("title = 3")
    (tmp_path / f"{NAMES[0]}.toml").write_text((tmp_path / "mine.toml").read_text())
    course = load_course(tmp_path)
    assert course.lessons["mine"].own
    assert set(course.problems) == {"broken.toml", f"{NAMES[0]}.toml"}
    assert not course.lessons[NAMES[0]].own


def test_check_lessons_tells_what_does_not_hold(tmp_path, capsys, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from convnet_studio import lesson_commands

    monkeypatch.setenv("CONVNET_STUDIO_HOME", str(tmp_path))
    path = new_lesson("mine", tmp_path)
    assert lesson_commands.check_lessons([str(path)], as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []
    path.write_text(path.read_text().replace("show_me = [{ do", "show_me = [{ done"))
    with pytest.raises(LessonProblem, match="do is missing"):
        lesson_commands.check_lessons([str(path)], as_json=False)
