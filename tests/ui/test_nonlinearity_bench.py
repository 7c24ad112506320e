"""The bench of non-linearities: what it asks for, and that numbers and settings are those in force."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.pointwise import AskPointwise, Study, pointwise_kinds, study
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.nonlinearity_bench import NonlinearityBench


@pytest.fixture
def bench(qtbot: QtBot) -> NonlinearityBench:
    made = NonlinearityBench(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.open_project.select(frozenset({live().id_of("Conv2d")}))
    return made


def numbers() -> Study:
    values = np.array([[-1.0, 2.0, -3.0, 0.5], [-2.0, -1.0, 4.0, 0.25]])
    return list(study(values, dict.fromkeys(pointwise_kinds(), ())))[-1]


def answered(bench: NonlinearityBench) -> None:
    bench.show_answer("study", Answer(1, 0, bench.inquiries()["study"], numbers(), is_final=True))


def test_shows_the_numbers_of_the_chosen_one(bench: NonlinearityBench) -> None:
    answered(bench)
    QTest.mouseClick(bench.kinds, Qt.MouseButton.LeftButton, pos=middle_of("ReLU", bench))
    assert bench.kinds.choice == "ReLU"
    assert bench.numbers.texts == ["0.0 %", "50.0 %", "50.0 %", "25.0 %", "0.500"]
    bench.plot.setFocus()
    QTest.keyClick(bench.plot, Qt.Key.Key_Right)  # begins in the middle, at 0
    assert bench.read_out.value == "y = 0.0   dy/dx = 0.0"


def middle_of(kind: str, bench: NonlinearityBench) -> QPoint:
    kinds = pointwise_kinds()
    return QPoint(20, round((kinds.index(kind) + 0.5) * bench.kinds.height() / len(kinds)))


def test_a_setting_is_part_of_the_question_and_a_wrong_one_is_refused(bench: NonlinearityBench) -> None:
    bench.kinds.chosen.emit("Softshrink")
    ((_, field),) = bench._fields
    field.entered.emit(1.5)
    module_id = live().id_of("Conv2d")
    assert bench.inquiries()["study"] == AskPointwise(module_id, (("Softshrink", (("lambd", 1.5),)),))
    field.entered.emit(-1)
    assert "at least" in bench.words.text()
    assert bench.inquiries()["study"] == AskPointwise(module_id, (("Softshrink", (("lambd", 1.5),)),))


def test_an_answer_to_another_question_is_not_shown(bench: NonlinearityBench) -> None:
    bench.show_answer("study", Answer(1, 0, AskPointwise("another"), numbers(), is_final=True))
    assert not bench.plot.isVisible()
    answered(bench)
    assert bench.plot.isVisible()
