"""What tests of lessons share: a lesson of a learner's own that has every kind of page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow

SECONDS = 20_000

LESSON = '''
title = "Every kind of page"
objective = "Try each once."
chapter = 2
position = 9
minutes = 10
classroom = ["Look", "Turn", "Order"]
start = [{ do = "open", preset = "one-one-one" }, { do = "name", module = "m3", name = "first" }]

[probes]
w0 = { of = "parameter", module = "first", name = "weight", index = [0, 0] }
loss = { of = "loss" }
step = { of = "step" }
chosen = { of = "bench", bench = "connections", dial = "connection" }
counted = { of = "bench", bench = "connections", read_out = "weights" }

[[pages]]
title = "Look"
text = """
The [first](module:first) weight is {w0:.3f}; $h = w_0 x$ and the [dial](dial:connections.connection).
"""
show = ["canvas", "connections"]
highlight = ["module:first"]
[pages.check]
kind = "number"
ask = "How large is it?"
answer = "w0"
expect = 0.744
tolerance = 0.05
right = "Yes, {w0:.3f}."
wrong = "It is {w0:.3f}."
hints = ["Look at the card.", "It is below 1."]

[[pages]]
title = "Turn"
text = "Turn it."
show = ["connections"]
[pages.predict]
ask = "What will come?"
options = ["more", "less"]
[pages.act]
ask = "Set the [dial](dial:connections.connection) to **local**."
show_me = [{ do = "turn", bench = "connections", to = { connection = "local" } }]
done = "(chosen > 0.5) * (chosen < 1.5)"
[pages.check]
kind = "choice"
ask = "And?"
options = [{ text = "less", right = "counted < 1e9" }, { text = "more", right = "counted > 1e9" }]
expect = "less"
right = "There are {counted:,}."
wrong = "No: {counted:,}."

[[pages]]
title = "Order"
text = "Sort."
show = ["connections"]
[pages.check]
kind = "order"
ask = "Smallest first."
options = [{ text = "c", place = "3" }, { text = "a", place = "1" }, { text = "b", place = "2" }]
expect = ["a", "b", "c"]
right = "Sorted."
wrong = "Not sorted."

[[pages]]
title = "Build"
text = "Put a bend behind the first."
show = ["canvas"]
[pages.check]
kind = "structure"
ask = "Add a **ReLU**."
wants = { kinds = { ReLU = 1 } }
expect = { ReLU = 1 }
right = "There it is."
wrong = "Press A."
[pages.act]
ask = "Add it."
show_me = [{ do = "insert", kind = "ReLU", behind = "first" }]

[[pages]]
title = "Train"
text = "The loss is {loss:.4f} at step {step}."
show = ["canvas", "learning_curves"]
scene = [{ do = "weights", module = "first", to = [[0.1]] }, { do = "weights", module = "m5", to = [[0.1]] }]
remember = { before = "loss" }
[pages.act]
ask = "Train."
show_me = [{ do = "train", steps = 50, seconds = 1 }]
done = "step > 49.5"
[pages.check]
kind = "reach"
ask = "Bring the loss below where it began."
goal = "loss < before - 0.001"
measure = "loss"
expect = 0.0
tolerance = 0.05
scale = 1.0
right = "It is {loss:.4f}."
wrong = "It is still {loss:.4f}."
'''


def write_lesson(text: str = LESSON, name: str = "every-kind") -> Path:
    """A file among the user's own lessons."""
    folder = Path(os.environ["CONVNET_STUDIO_HOME"]) / "lessons"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def walk(window: MainWindow, qtbot: QtBot) -> Walk:
    """The lesson, open at its first page with its scene."""
    write_lesson()
    window.learn.reload_course()
    assert not window.learn.course.problems
    window.open_lesson("every-kind")
    assert window.learn.walk is not None
    qtbot.waitUntil(lambda: window.learn.desk.values is not None, timeout=SECONDS)
    return window.learn.walk


@pytest.fixture
def go(window: MainWindow, walk: Walk, qtbot: QtBot) -> Callable[[int], None]:
    """Jump to a page and wait until its scene is measured."""

    def jump(index: int) -> None:
        walk.go(index)
        window.learn.desk.values = None
        qtbot.waitUntil(lambda: window.learn.desk.values is not None, timeout=SECONDS)

    return jump
