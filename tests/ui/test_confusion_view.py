"""Confusion view: the matrix of the answers, the pictures behind a cell, and which of them is shown to the network."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.answers import Answers, AskAnswers
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.confusion import CELL, ConfusionView


def some_answers() -> Answers:
    labels = live().dataset.test.labels[:40].astype(np.int64)
    guesses = np.where(np.arange(40) % 4 == 0, (labels + 1) % 10, labels)
    losses = np.linspace(0, 1, 40, dtype=np.float32)
    sureness = np.where(np.arange(40) % 2 == 0, np.float32(0.61), np.float32(np.nan))
    return Answers(labels, guesses, losses, -losses, sureness, 10)


@pytest.fixture
def view(qtbot: QtBot) -> ConfusionView:
    made = ConfusionView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(800, 500)
    made.show()
    made.show_answer("answers", Answer(1, 0, AskAnswers(), some_answers(), is_final=True))
    return made


def test_it_counts_what_is_wrong(view: ConfusionView) -> None:
    assert view.words.text().startswith("10 of 40 test pictures are answered wrong: 25.0\u00a0%")


def test_a_click_on_a_cell_shows_its_pictures_hardest_first(view: ConfusionView) -> None:
    label, guess = int(some_answers().labels[36]), int(some_answers().guesses[36])
    cell = view.matrix.cell_rect(label, guess)
    QTest.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=cell.center().toPoint())
    assert view.choice.choice == CELL
    assert list(view.grid._indices) == list(some_answers().of_cell(label, guess))
    assert f"were answered “{guess}”" in view.caption.text()


def test_how_sure_is_told_only_where_it_is_known(view: ConfusionView) -> None:
    assert "(61 % sure); loss" in view._describe(36)
    assert "sure" not in view._describe(35)


def test_arrow_keys_walk_the_cells(view: ConfusionView) -> None:
    view.matrix.setFocus()
    QTest.keyClick(view.matrix, Qt.Key.Key_Right)
    assert "answered “1”" in view.matrix.accessibleDescription()


def test_a_chosen_picture_is_shown_to_the_network(view: ConfusionView, qtbot: QtBot) -> None:
    hardest = int(some_answers().wrong()[0])
    with qtbot.waitSignal(view.picture_chosen) as caught:
        view.grid.chosen.emit(0)
    assert caught.args is not None
    picture = caught.args[0]
    assert isinstance(picture, ProbePicture)
    assert picture.label == live().dataset.test.labels[hardest]


def test_why_there_is_no_matrix_is_said(view: ConfusionView) -> None:
    view.show_answer("answers", Answer(1, 0, AskAnswers(), None, is_final=True, problem="No loss judges classes."))
    assert view.words.text() == "No loss judges classes."
    assert view.matrix.isHidden()
