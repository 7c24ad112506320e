"""Predictions: scores as probabilities, the verdict in words, and a pad whose strokes reach the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.training.probes import ProbePicture
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.predictions import PredictionsView


@pytest.fixture
def view(qtbot: QtBot) -> PredictionsView:
    made = PredictionsView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(400, 700)
    made.show()
    return made


@pytest.mark.parametrize(
    ("label", "words"),
    [(3, "“3”, 90 % sure: right."), (4, "“3”, 90 % sure; it is “4”."), (-1, "The network says “3”, 90 % sure.")],
)
def test_the_verdict(view: PredictionsView, label: int, words: str) -> None:
    shares = np.full(10, 0.1 / 9)
    shares[3] = 0.9
    view.show_snapshot(replace(live().snapshot, scores=np.log(shares), probabilities=shares, label=label))
    assert view.words.text().endswith(words)
    assert "3 90.0 %" in view.bars.accessibleDescription()


def test_scores_that_are_no_probabilities_are_shown_as_they_are(view: PredictionsView) -> None:
    scores = np.full(10, -0.6)
    scores[3] = -0.5
    view.show_snapshot(replace(live().snapshot, scores=scores, probabilities=None, label=3))
    assert view.words.text() == "The network says “3”: right."
    assert "3 -0.5" in view.bars.accessibleDescription()


def test_a_network_without_scores_says_so(view: PredictionsView) -> None:
    view.show_snapshot(replace(live().snapshot, scores=None))
    assert view.words.text().startswith("This network gives no score for each class")


def test_a_stroke_reaches_the_network_and_can_be_rubbed_out(view: PredictionsView, qtbot: QtBot) -> None:
    middle = view.pad.rect().center()
    with qtbot.waitSignal(view.picture_chosen) as caught:
        QTest.mousePress(view.pad, Qt.MouseButton.LeftButton, pos=middle)
        QTest.mouseMove(view.pad, middle + QPoint(40, 0))
        QTest.mouseRelease(view.pad, Qt.MouseButton.LeftButton, pos=middle + QPoint(40, 0))
    assert caught.args is not None
    shown = caught.args[0]
    assert isinstance(shown, ProbePicture)
    assert (shown.picture.shape, shown.label) == ((1, 28, 28), -1)
    assert shown.picture[0, 13:15, 13:15].min() > 0.5
    assert not shown.picture[0, :5].any()
    view.pad.stroke(QPointF(0, 14), QPointF(28, 14), 0.0)
    assert view.pad.picture[0, 13, 14] == 0


def test_the_keyboard_draws_too(view: PredictionsView) -> None:
    view.pad.setFocus()
    QTest.keyClick(view.pad, Qt.Key.Key_Space)
    QTest.keyClick(view.pad, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.pad.picture.max() == 1
    view.clear.click()
    assert not view.pad.picture.any()


def test_what_is_drawn_is_prepared_as_the_data_is(window: MainWindow, qtbot: QtBot) -> None:
    """The whole way: the drawing becomes the picture that the running network sees."""
    window.view_panels.show("predictions")
    (view,) = [each for each in window._further_views if isinstance(each, PredictionsView)]
    view.pad.stroke(QPointF(14, 4), QPointF(14, 24), 1.0)
    qtbot.waitUntil(lambda: window.live.snapshot is not None and window.live.snapshot.label == -1)
    assert window.live.snapshot is not None
    assert np.array_equal(window.live.snapshot.picture, view.pad.picture)
