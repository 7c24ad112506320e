"""A small lesson with every kind of check, which holds, for tests to break in one place at a time."""

from __future__ import annotations

from convnet_studio.lessons.lesson import Lesson
from convnet_studio.lessons.lesson_file import parse_lesson
from convnet_studio.lessons.lint import Surroundings

VIEWS = ("canvas", "maps", "connections")
AROUND = Surroundings(VIEWS, ("play",), ("whole",))

HEAD = """
title = "Every kind of check"
objective = "Try them all."
chapter = 2
position = 1
minutes = 5
start = [{ do = "open", preset = "two-one" }, { do = "name", module = "m3", name = "hidden" }]
classroom = ["Number", "Whole", "Choice"]

[probes]
parameters = { of = "count" }
step = { of = "step" }
w = { of = "parameter", module = "hidden", index = [0, 0] }
bias = { of = "parameter", module = "hidden", name = "bias", index = [0] }
weights = { of = "bench", bench = "connections", read_out = "weights" }
full = { of = "bench", bench = "connections", read_out = "weights", at = { connection = "full" } }
modules = { of = "count", what = "modules" }
loss = { of = "loss" }
"""

PAGES = {
    "number": """
[[pages]]
title = "Number"
text = "The first weight is {w:.3f}. See [the layer](module:hidden)."
show = ["canvas"]
scene = [{ do = "weights", module = "hidden", to = [[0.5, -0.25], [1.0, 2.0]] }]
[pages.check]
kind = "number"
ask = "How large is it?"
answer = "w"
expect = 0.5
tolerance = 0.01
right = "Yes."
wrong = "It is {w}."
hints = ["Look.", "Look again."]
""",
    "integer": """
[[pages]]
title = "Whole"
text = "Count."
show = ["canvas"]
[pages.check]
kind = "integer"
ask = "How many parameters?"
answer = "parameters"
expect = 9
right = "Yes."
wrong = "No."
""",
    "choice": """
[[pages]]
title = "Choice"
text = "Which?"
show = ["connections"]
highlight = ["dial:connections.side"]
[pages.predict]
ask = "More or fewer?"
options = ["more", "fewer"]
[pages.act]
ask = "Turn the dial."
show_me = [{ do = "turn", bench = "connections", to = { connection = "shared" } }]
done = "weights < full"
[pages.check]
kind = "choice"
ask = "Now there are"
options = [{ text = "more", right = "weights > full" }, { text = "fewer", right = "weights < full" }]
expect = "fewer"
right = "Yes."
wrong = "No."
""",
    "several": """
[[pages]]
title = "Several"
text = "Which?"
show = ["canvas"]
[pages.check]
kind = "several"
ask = "What holds?"
options = [{ text = "a", right = "1 < 2" }, { text = "b", right = "0" }, { text = "c", right = "1" }]
expect = ["a", "c"]
right = "Yes."
wrong = "No."
""",
    "order": """
[[pages]]
title = "Order"
text = "Sort."
show = ["canvas"]
[pages.check]
kind = "order"
ask = "Smallest first"
options = [{ text = "b", place = "parameters" }, { text = "a", place = "1" }]
expect = ["a", "b"]
right = "Yes."
wrong = "No."
""",
    "structure": """
[[pages]]
title = "Structure"
text = "Build."
show = ["canvas"]
solution = [{ do = "insert", kind = "ReLU", behind = "hidden" }]
[pages.check]
kind = "structure"
ask = "Put a ReLU behind the layer."
wants = { chain = ["Linear", "ReLU", "Tanh"] }
expect = { Input = 1, Flatten = 1, Linear = 2, ReLU = 1, Tanh = 1, EuclideanLoss = 1 }
right = "Yes."
wrong = "No."
""",
    "reach": """
[[pages]]
title = "Reach"
text = "Train."
show = ["canvas"]
[pages.remember]
before = "loss"
[pages.act]
ask = "Press [Play](action:play)."
show_me = [{ do = "train", steps = 10 }]
done = "step > 9.5"
[pages.check]
kind = "reach"
ask = "Bring the loss down."
goal = "(loss < before) * (step > 0)"
measure = "step"
expect = 10
tolerance = 0.01
right = "From {before:.3f} to {loss:.3f}."
wrong = "Not yet."
""",
}


def text_of(*kinds: str) -> str:
    """The lesson with these pages."""
    text = HEAD + "".join(PAGES[each] for each in kinds)
    titles = [part.partition('"')[2].partition('"')[0] for part in text.split("[[pages]]\ntitle = ")[1:]]
    names = ", ".join(f'"{PAGES[each].partition(chr(34))[2].partition(chr(34))[0]}"' for each in kinds[:3])
    assert titles is not None
    return text.replace('classroom = ["Number", "Whole", "Choice"]', f"classroom = [{names}]")


def lesson(*kinds: str) -> Lesson:
    """That lesson, read."""
    return parse_lesson(text_of(*kinds), "whole")
