"""The linter: a lesson that holds passes; broken in one place it does not, for each kind of check."""

from __future__ import annotations

import pytest
from lesson_texts import AROUND, PAGES, text_of

from convnet_studio.lessons.lesson_file import parse_lesson
from convnet_studio.lessons.lint import Report, Surroundings, lint_lesson


def report_on(text: str, around: Surroundings = AROUND) -> Report:
    report = lint_lesson(parse_lesson(text, "whole"), around)
    problems = tuple(each for each in report.problems if "is used nowhere" not in each)
    return Report(report.lesson, problems, report.seconds, report.keys)


def test_the_whole_lesson_holds() -> None:
    report = lint_lesson(parse_lesson(text_of(*PAGES), "whole"), AROUND)
    assert not [each for each in report.problems if "is used nowhere" not in each]
    assert report.keys["Number"] == "0.5"
    assert report.keys["Whole"] == "9"
    assert report.keys["Order"] == "a, b"
    assert report.keys["Reach"] == "10"


BROKEN = {
    # kind, what stands there, what is put in its place, what the report says
    "number key": ("number", 'answer = "w"', 'answer = "w + 0.1"', "not what expect says"),
    "number expect": ("number", "expect = 0.5", "expect = 0.6", "not what expect says"),
    "number scene": ("number", "[[0.5,", "[[0.7,", "not what expect says"),
    "number scene shape": ("number", "[[0.5, -0.25], [1.0, 2.0]]", "[[0.5, -0.25]]", "have no place"),
    "integer key": ("integer", 'answer = "parameters"', 'answer = "parameters + 1"', "not what expect says"),
    "integer expect": ("integer", "expect = 9", "expect = 10", "not what expect says"),
    "choice key": ("choice", 'text = "fewer", right = "weights < full"', 'text = "fewer", right = "0"', "computed"),
    "choice two keys": ("choice", 'right = "weights > full"', 'right = "1"', "can't be computed"),
    "choice expect": ("choice", 'expect = "fewer"', 'expect = "more"', "not what expect says"),
    "choice scene": ("choice", 'connection = "shared"', 'connection = "full"', "done does not hold"),
    "several key": ("several", 'text = "b", right = "0"', 'text = "b", right = "1"', "not what expect says"),
    "several expect": ("several", '["a", "c"]', '["a"]', "not what expect says"),
    "order key": ("order", 'place = "1"', 'place = "100"', "not what expect says"),
    "order expect": ("order", 'expect = ["a", "b"]', 'expect = ["b", "a"]', "not what expect says"),
    "structure key": ("structure", '"Linear", "ReLU"', '"Linear", "Abs"', "does not hold after the scripted"),
    "structure expect": ("structure", "ReLU = 1", "ReLU = 2", "not what expect says"),
    "structure scene": ("structure", 'kind = "ReLU"', 'kind = "Abs"', "does not hold after the scripted"),
    "structure at once": ("structure", '["Linear", "ReLU", "Tanh"]', '["Linear", "Tanh"]', "before anything was done"),
    "reach key": ("reach", 'goal = "(loss < before)', 'goal = "(loss < before - 99)', "does not hold after"),
    "reach expect": ("reach", "expect = 10", "expect = 12", "not what expect says"),
    "reach scene": ("reach", "steps = 10", "steps = 3", "done does not hold"),
    "reach at once": ("reach", '"(loss < before) * (step > 0)"', '"1"', "before anything was done"),
    "act done at once": ("reach", 'done = "step > 9.5"', 'done = "step < 5"', "done before it begins"),
    "formula": ("integer", 'text = "Count."', 'text = "$\\\\frac{1}$"', "can't be set"),
    "formula of a hint": ("integer", 'wrong = "No."', "wrong = 'No.'\nhints = ['$\\frac{1}$']", "can't be set"),
    "a setting called project": (
        "integer",
        'show = ["canvas"]',
        'show = ["canvas"]\nscene = [{ do = "training", to = { project = 1 } }]',
        "can't be done: There is no",
    ),
    "a way of learning called module_id": (
        "integer",
        'show = ["canvas"]',
        'show = ["canvas"]\nscene = [{ do = "learning", module = "hidden", to = { module_id = 1 } }]',
        "can't be done: ",
    ),
    "a dial called self": (
        "integer",
        'show = ["canvas"]',
        'show = ["canvas"]\nscene = [{ do = "turn", bench = "connections", to = { self = 1 } }]',
        "has no dial 'self'",
    ),
    "a dial called name": (
        "integer",
        'show = ["canvas"]',
        'show = ["canvas"]\nscene = [{ do = "turn", bench = "connections", to = { name = 1 } }]',
        "has no dial 'name'",
    ),
    "something of data called project": (
        "integer",
        'show = ["canvas"]',
        'show = ["canvas"]\nscene = [{ do = "data", to = { project = 1 } }]',
        "can't be done: ",
    ),
    "index of a slope": (
        "number",
        "index = [0, 0] }",
        'index = [5, 0], what = "slope" }',
        "There is no number at index [5, 0]",
    ),
    "unknown view": ("number", 'show = ["canvas"]', 'show = ["television"]', "no view 'television'"),
    "unknown module": ("number", "(module:hidden)", "(module:lost)", "no module 'lost'"),
    "unknown action": ("reach", "(action:play)", "(action:explode)", "nothing called 'action:explode'"),
    "unknown dial": ("choice", "dial:connections.side", "dial:connections.volume", "no dial"),
    "unknown parameter": ("number", "index = [0, 0] }", 'index = [0, 0], name = "gain" }', "can't be"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_lesson_broken_in_one_place_is_refused(name: str) -> None:
    kind, good, bad, said = BROKEN[name]
    text = text_of(kind)
    assert good in text
    assert not report_on(text).problems
    problems = report_on(text.replace(good, bad, 1)).problems
    assert any(said in each for each in problems), problems
    assert all(each.startswith("whole") for each in problems)


def test_lessons_that_are_required_must_exist() -> None:
    text = text_of("integer").replace("minutes = 5", 'minutes = 5\nrequires = ["lost"]')
    assert any("requires the lesson 'lost'" in each for each in report_on(text).problems)


def test_a_probe_may_be_called_self() -> None:
    text = text_of("integer").replace("parameters = {", "self = {").replace('answer = "parameters"', 'answer = "self"')
    assert not report_on(text).problems


def test_whatever_happens_on_a_page_is_one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise TypeError("something")

    monkeypatch.setattr("convnet_studio.lessons.rehearsal.Rehearsal.set_page", fails)
    assert len(report_on(text_of("integer", "order")).problems) == 2
    monkeypatch.setattr("convnet_studio.lessons.rehearsal.start_of", fails)
    assert "start can't be made" in report_on(text_of("integer")).problems[0]
