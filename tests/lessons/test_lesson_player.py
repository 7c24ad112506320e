"""The player: predictions before acts, answers kept, progress by name, sheets for the teacher."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from lesson_texts import PAGES, lesson, text_of

from convnet_studio.engine.expression import parse
from convnet_studio.engine.project.presets import new_project
from convnet_studio.lessons import sheet
from convnet_studio.lessons.check import NO_KEY, Answer, Verdict
from convnet_studio.lessons.lesson_file import parse_lesson
from convnet_studio.lessons.player import Player
from convnet_studio.lessons.progress import PageRecord, Progress
from convnet_studio.lessons.rehearsal import Rehearsal
from convnet_studio.lessons.values import Values, filled, number_text, places


def test_an_act_waits_for_the_prediction_and_ticks_itself(tmp_path: Path) -> None:
    whole = lesson("integer", "choice")
    player = Player(whole, Progress(tmp_path / "progress.json").of("whole"))
    rehearsal = Rehearsal(whole)
    player.go(1)
    rehearsal.set_page(player.page)
    rehearsal.perform(player.page.deed.acts)  # type: ignore[union-attr]
    values = rehearsal.values()
    assert not player.may_act
    assert not player.note_values(values)
    player.predict("more")
    player.predict("fewer")
    assert player.page_record.prediction == "more"
    assert player.note_values(values)
    assert [each.is_done for each in player.goals()] == [True, True, False]
    assert not player.answer("more", values, rehearsal.scene.project).is_right
    assert not player.page_record.is_complete
    assert player.answer("fewer", values, rehearsal.scene.project).is_right
    assert player.page_record.is_complete
    player.go(0)
    player.go(1)
    assert not player.is_acted  # the scene begins anew
    assert player.page_record.is_complete
    rehearsal.close()


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("number", 0.504, 0.506),
        ("integer", 9, 9.4),
        ("choice", "fewer", "more"),
        ("several", ("c", "a"), ("a",)),
        ("order", ("a", "b"), ("b", "a")),
    ],
)
def test_answers_are_judged_by_what_is_measured(kind: str, right: object, wrong: object) -> None:
    rehearsal = Rehearsal(lesson(kind))
    page = rehearsal.lesson.pages[0]
    rehearsal.set_page(page)
    if page.deed:
        rehearsal.perform(page.deed.acts)
    values, project = rehearsal.values(), rehearsal.scene.project
    assert page.check is not None
    assert page.check.judge(right, values, project).is_right  # type: ignore[arg-type]
    assert not page.check.judge(wrong, values, project).is_right  # type: ignore[arg-type]
    assert not page.check.judge(None, values, project).is_right
    rehearsal.close()


@pytest.mark.parametrize(
    ("kind", "measured", "answers"),
    [
        ("number", math.inf, (3.0, math.inf)),
        ("number", math.nan, (3.0, math.nan)),
        ("choice", math.nan, ("None", "fewer")),
        ("several", math.nan, ((), ("a", "c"), ("c",))),
        ("order", math.nan, (None, ("a", "b"))),
    ],
)
def test_without_a_key_no_answer_is_right(kind: str, measured: float, answers: tuple[Answer, ...]) -> None:
    text = text_of(kind).replace('right = "1 < 2"', 'right = "w < 2"')
    check = parse_lesson(text, "whole").pages[0].check
    assert check is not None
    names = ("w", "weights", "parameters")
    values = Values({**dict.fromkeys(names, measured), "full": 2.0}, {})
    for answer in answers:
        assert check.judge(answer, values, new_project()) == Verdict(False, NO_KEY)
    assert not check.agrees(values, new_project())


def test_equal_ones_may_stand_in_any_order() -> None:
    text = text_of("order").replace('text = "a", place = "1"', 'text = "a", place = "1" }, { text = "c", place = "1"')
    text = text.replace('expect = ["a", "b"]', 'expect = ["c", "a", "b"]')
    check = parse_lesson(text, "whole").pages[0].check
    assert check is not None
    values = Values({"parameters": 9.0}, {})
    for right in (("a", "c", "b"), ("c", "a", "b")):
        assert check.judge(right, values, new_project()).is_right
    for wrong in (("a", "b", "c"), ("a", "b"), ("a", "a", "b"), ("x", "a", "b"), None):
        assert not check.judge(wrong, values, new_project()).is_right
    assert check.agrees(values, new_project())


def test_progress_survives_the_file_and_a_broken_file_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    progress = Progress(path)
    player = Player(lesson("integer", "order"), progress.of("whole"))
    player.go(1)
    player.predict("x")
    progress.store()
    again = Progress(path)
    assert again.of("whole").page == 1
    assert again.of("whole").pages["Order"].is_seen
    assert Player(lesson("integer", "order"), again.of("whole")).index == 1
    path.write_text('{"lessons": {"whole": 3}}')
    broken = Progress(path)
    assert "kept as progress.unread" in broken.problem
    assert broken.of("whole").pages == {}
    assert json.loads((tmp_path / "progress.unread").read_text())["lessons"]["whole"] == 3


def test_two_windows_keep_each_others_progress(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    one, other = Progress(path), Progress(path)
    Player(lesson("integer", "order"), one.of("first")).go(1)
    one.of("both").pages["Whole"] = PageRecord(is_right=True)
    one.store()
    Player(lesson("integer", "order"), other.of("second")).go(1)
    other.of("both").pages["Whole"] = PageRecord(prediction="9", is_seen=True)
    other.store()
    again = Progress(path)
    assert again.of("first").pages["Order"].is_seen
    assert again.of("second").pages["Order"].is_seen
    assert again.of("both").pages["Whole"] == PageRecord(prediction="9", is_right=True, is_seen=True)
    again.forget("first")
    again.store()
    assert not Progress(path).of("first").pages
    assert [each.name for each in tmp_path.iterdir()] == ["progress.json"]


def test_a_good_file_that_can_not_be_read_now_stays_and_bad_ones_are_all_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress.json"
    for number in range(2):
        path.write_text(f'{{"lessons": {{"whole": {{"pages": {{"a": {{"hints": Infinity}}}}, "page": {number}}}}}}}')
        assert "was kept" in Progress(path).problem
    assert {each.name for each in tmp_path.iterdir()} == {"progress.unread", "progress.unread-2"}
    path.write_text('{"lessons": {}}')

    def refused(*_: object, **__: object) -> str:
        raise PermissionError("locked")

    monkeypatch.setattr(Path, "read_text", refused)
    locked = Progress(path)
    assert "locked" in locked.problem
    with pytest.raises(PermissionError):
        locked.store()
    monkeypatch.undo()
    assert path.read_text() == '{"lessons": {}}'


def test_sheets_hold_predictions_and_answers_and_no_formulas(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    whole = lesson(*PAGES)
    player = Player(whole, progress.of("whole"))
    player.go(2)
    player.predict('=HYPERLINK("x")')
    rows = list(csv.reader(io.StringIO(sheet.as_csv([whole], progress))))
    assert rows[0] == list(sheet.COLUMNS)
    assert rows[3][1] == "Choice"
    assert rows[3][2].startswith("'=HYPERLINK")
    player.page_record.prediction = "<b>bold</b>"
    assert "&lt;b&gt;bold" in sheet.as_html([whole], progress)


def test_sheets_keep_numbers_and_tell_answers_apart(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    text = text_of("number").replace("How large is it?", "How large is it beside {w:.2f}?")
    whole = parse_lesson(text, "whole")
    assert len(list(sheet.rows([whole], progress))) == 0
    assert progress.begun("whole") is None
    record = progress.of("whole").pages.setdefault("Number", PageRecord(prediction="-1+cmd", answers=["-0.25"]))
    row = list(csv.reader(io.StringIO(sheet.as_csv([whole], progress))))[1]
    assert row[2:5] == ["'-1+cmd", "How large is it beside –?", "-0.25"]
    record.answers.append("a; b")
    assert next(sheet.rows([whole], progress))[4] == "-0.25\na; b"
    assert "<td>-0.25<br>a; b</td>" in sheet.as_html([whole], progress)


def test_sheets_hold_the_answers_of_pages_that_were_renamed(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json")
    pages = progress.of("whole").pages
    pages["Whole of old"] = PageRecord(answers=["9"], is_right=True)
    pages["Never answered"] = PageRecord(is_seen=True)
    told = [(row[1], row[4], row[5]) for row in sheet.rows([lesson("integer")], progress)]
    assert told == [("Whole", "", "no"), ("Whole of old", "9", "yes")]


def test_hints_come_one_by_one() -> None:
    player = Player(lesson("number"), Progress(Path("/nonexistent/progress.json")).of("whole"))
    assert [player.take_hint() for _ in range(3)] == ["Look.", "Look again.", "Look again."]


@pytest.mark.parametrize("text", ["a >= 1", "a <= 1", "a > 1", "where(a, 1, 1)", "(b > 1) * (a <= 1)"])
def test_nothing_holds_of_what_could_not_be_measured(text: str) -> None:
    expression = parse(text, ("a", "b", "c"))
    assert not Values({"a": math.nan, "b": 2.0, "c": 0.0}, {}).holds(expression)
    assert math.isnan(Values({"a": math.nan, "b": 2.0, "c": 0.0}, {}).number(expression))
    assert not math.isnan(Values({"a": 1.0, "b": 2.0, "c": math.nan}, {}).number(expression))


def test_numbers_in_texts() -> None:
    values = Values({"a": -0.12345, "b": 1e6, "c": float("nan")}, {})
    assert (
        filled("a is {a}, {a:.2f}; b {b:,}; c {c}; $x_{a}$", values) == "a is −0.1235, −0.12; b 1,000,000; c –; $x_{a}$"
    )
    assert filled("$$y = \\frac{a}{b}$$ and {a:.1f}", values) == "$$y = \\frac{a}{b}$$ and −0.1"
    assert number_text(0.25, ".1%") == "25.0%"
    assert number_text(float("inf")) == "∞"


def test_formulas_on_lines_of_their_own_hold_no_places() -> None:
    text = "$$\\sum_{ij} x$$\n\nis {a}, not ${b}$, and {c} after $$y$$"
    assert places(text) == ("a", "c")
    assert filled(text, Values({"a": 1.0, "c": 2.0}, {})) == text.replace("{a}", "1").replace("{c}", "2")
