"""Lesson files: what is wrong in one is told in one sentence, and nothing else happens."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from lesson_texts import text_of

from convnet_studio.lessons.course import load_course
from convnet_studio.lessons.fields import LessonProblem
from convnet_studio.lessons.lesson_file import parse_lesson, read_lesson
from convnet_studio.lessons.rehearsal import start_of

DEEP = functools.reduce(lambda inner, _: rf"\frac{{{inner}}}{{2}}", range(5), "x")
LEFT = r"\left(" * 10 + "x" + r"\right)" * 10
UNTIL = '[{ do = "train", steps = 5, until = "lost > 1" }]'
HOSTILE = {
    "calls a function": ('answer = "parameters"', 'answer = "open(1)"', "'open' is not known"),
    "imports": ('answer = "parameters"', "answer = \"__import__('os')\"", "can't be read"),
    "reaches into an object": ('answer = "parameters"', 'answer = "parameters.__class__"', "can't be read"),
    "an endless power": ('answer = "parameters"', 'answer = "9^9^9^9^9"', "can't be read"),
    "a path outside": ('preset = "two-one"', 'preset = "../../etc/passwd"', "There is no preset"),
    "an unknown act": ('{ do = "open", preset', '{ do = "run", preset', "there is no act 'run'"),
    "an unknown probe": ('of = "count" }', 'of = "shell" }', "there is no probe 'shell'"),
    "an unknown bench": ('bench = "connections", read_out = "weights" }', 'bench = "x", read_out = "y" }', "no bench"),
    "an unknown key": ("minutes = 5", "minutes = 5\ncommand = 'rm'", "the key 'command' is not known"),
    "html": ('text = "Count."', 'text = "<script>alert(1)</script>"', "HTML is not shown"),
    "an address": ('text = "Count."', 'text = "[here](https://example.org)"', "leads nowhere"),
    "a picture": ('text = "Count."', 'text = "![x](file:///etc/passwd)"', "leads nowhere"),
    "a number that is none": ('text = "Count."', 'text = "{nothing}"', "which no probe is called"),
    "a long text": ('text = "Count."', f'text = "{"a" * 5000}"', "5,000 characters"),
    "a deep formula": ('text = "Count."', f"text = '${DEEP}$'", "nests more than 4 deep"),
    "deep brackets": ('text = "Count."', f"text = '${LEFT}$'", "nests more than 4 deep"),
    "a deep hint": ('wrong = "No."', f"wrong = 'No.'\nhints = ['${DEEP}$']", "nests more than 4 deep"),
    "a long formula": ('text = "Count."', f'text = "${"x+" * 200}x$"', "401 characters"),
    "many formulas": ('text = "Count."', f'text = "{"$x$ " * 41}"', "41 formulas"),
    "a long key": ("minutes = 5", f"minutes = 5\n{'k' * 100_000} = 1", "is not known here"),
    "a long value": (
        'read_out = "weights" }',
        f'read_out = "weights", at = {{ side = "{"v" * 50_000}" }} }}',
        "it takes a",
    ),
    "training at the start": (
        'name = "hidden" }',
        'name = "hidden" }, { do = "train", steps = 5 }',
        "start can't train",
    ),
    "until in a scene": ('show = ["canvas"]', f'show = ["canvas"]\nscene = {UNTIL}', "scene, until"),
    "until in a solution": ('show = ["canvas"]', f'show = ["canvas"]\nsolution = {UNTIL}', "solution, until"),
    "a type": ("expect = 9", 'expect = "nine"', "expect must be a number"),
    "not finite": ("expect = 9", "expect = nan", "expect must be a number"),
    "a page without views": ('show = ["canvas"]', "show = []", "show is empty"),
    "a chapter": ("chapter = 2", "chapter = 9", "from 1 to 6"),
    "a classroom": ('classroom = ["Whole"]', 'classroom = ["Lost"]', "classroom must be"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_lesson_gets_one_sentence(name: str) -> None:
    good, bad, said = HOSTILE[name]
    text = text_of("integer")
    assert good in text
    with pytest.raises(LessonProblem) as problem:
        start_of(parse_lesson(text.replace(good, bad, 1), "whole"))
    told = str(problem.value.args[0])
    assert said in told, told
    assert "\n" not in told
    assert len(told) < 600


HUGE = "1" + "0" * 400
BESIDES = {
    "more digits than Python reads": ("expect = 9", f"expect = {'9' * 5000}", "can't be read"),
    "a dial called self": ('read_out = "weights" }', 'read_out = "weights", at = { self = 1 } }', "'self'"),
    "one number to show": ('name = "hidden" }', 'name = "hidden" }, { do = "show_numbers", numbers = 5 }', "a list in"),
    "a huge number": (
        'name = "hidden" }',
        f'name = "hidden" }}, {{ do = "show_numbers", numbers = [{HUGE}] }}',
        "number",
    ),
    "a huge key": ("expect = 9", f"expect = {HUGE}", "expect must be a number"),
    "lists in a list": ("expect = 9", "expect = [[1]]", "expect must be a number"),
}


@pytest.mark.parametrize("name", BESIDES)
def test_a_broken_lesson_keeps_no_other_from_being_read(name: str, tmp_path: Path) -> None:
    good, bad, said = BESIDES[name]
    text = text_of("integer")
    assert good in text
    (tmp_path / "broken.toml").write_text(text.replace(good, bad, 1))
    (tmp_path / "whole.toml").write_text(text)
    course = load_course(tmp_path)
    assert "whole" in course.lessons
    assert said in course.problems["broken.toml"]


def test_an_order_of_lists_is_refused() -> None:
    with pytest.raises(LessonProblem, match=r"expect must be made of the texts"):
        parse_lesson(text_of("order").replace('expect = ["a", "b"]', 'expect = [["a"]]'), "whole")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("number", "tolerance = 0.01", "tolerance = 0.0"),
        ("number", "tolerance = 0.01", "tolerance = 0.06"),
        ("reach", "tolerance = 0.01", "tolerance = 0.5"),
        ("number", "expect = 0.5", "expect = 0.0"),
    ],
)
def test_tolerances_are_neither_nothing_nor_wide(kind: str, good: str, bad: str) -> None:
    parse_lesson(text_of(kind), "whole")
    with pytest.raises(LessonProblem, match=r"tolerance is|tolerates nothing"):
        parse_lesson(text_of(kind).replace(good, bad, 1), "whole")


def test_formulas_are_not_set_when_a_lesson_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a formula was set")

    monkeypatch.setattr("convnet_studio.lessons.markup.Latex", never)
    parse_lesson(text_of("integer").replace('"Count."', '"Count $x_{ij}$, $\\\\{a\\\\}$."'), "whole")


def test_a_file_of_a_hundred_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(LessonProblem, match=r"large.toml: it has 100,000,000 bytes"):
        read_lesson(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes in folders")
def test_links_and_devices_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "lessons"
    folder.mkdir()
    (tmp_path / "outside.toml").write_text(text_of("integer"))
    (folder / "outside.toml").symlink_to(tmp_path / "outside.toml")
    (folder / "device.toml").symlink_to("/dev/null")
    (folder / "inside.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    for path in sorted(folder.iterdir()):
        with pytest.raises(LessonProblem, match=r"must be a file in this very folder"):
            read_lesson(path)
    (tmp_path / "way").symlink_to(folder.parent)  # a folder that is a link is as good as any
    assert read_lesson(tmp_path / "way" / "outside.toml").title


def test_what_is_no_text_or_no_toml_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(LessonProblem, match=r"no text in UTF-8"):
        read_lesson(binary)
    with pytest.raises(LessonProblem, match=r"this is no TOML"):
        parse_lesson("title = ", "whole")
    with pytest.raises(LessonProblem):
        parse_lesson("a = " + "[" * 5000, "whole")
    with pytest.raises(LessonProblem, match=r"small letters"):
        parse_lesson(text_of("integer"), "../whole")
    with pytest.raises(LessonProblem, match=r"can't be read"):
        read_lesson(tmp_path / "none.toml")


def test_every_page_begins_from_the_lessons_start() -> None:
    text = text_of("integer")
    with pytest.raises(LessonProblem, match="keeps"):
        parse_lesson(text.replace("show = ", "keeps = true\nshow = "), "whole")
