"""Embedding and manifold path: what they ask, show and say."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.embedding import AskEmbedding, Embedding
from convnet_studio.engine.analysis.manifold import SHIFT, AskManifoldPath, Curve, ManifoldPath
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.embedding import EmbeddingView
from convnet_studio.ui.views.manifold import ManifoldView

COUNT = 6


@pytest.fixture
def embedding(qtbot: QtBot) -> EmbeddingView:
    made = EmbeddingView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(500, 500)
    made.show()
    return made


@pytest.fixture
def manifold(qtbot: QtBot) -> ManifoldView:
    made = ManifoldView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(500, 600)
    made.show()
    return made


def show_embedding(view: EmbeddingView, places: np.ndarray) -> None:
    module_id = live().id_of("Tanh")
    labels = live().dataset.test.labels[:COUNT]
    found = Embedding(places, np.array([0.6, 0.2]), labels, 4608, 2.5)
    view.show_answer("embedding", Answer(1, 0, AskEmbedding(module_id), found, is_final=True))


def test_it_asks_for_the_selected_module_and_for_no_loss(embedding: EmbeddingView) -> None:
    assert embedding.inquiries() == {}
    embedding.open_project.select(frozenset({live().id_of("Tanh")}))
    assert embedding.inquiries() == {"embedding": AskEmbedding(live().id_of("Tanh"))}
    embedding.open_project.select(frozenset({live().id_of("NLLLoss")}))
    assert embedding.inquiries() == {}
    assert embedding.words.text().startswith("A loss gives one number")


def test_pictures_lie_where_they_lie_and_stay_when_an_axis_is_mirrored(embedding: EmbeddingView, qtbot: QtBot) -> None:
    embedding.open_project.select(frozenset({live().id_of("Tanh")}))
    places = np.array([[0, 0], [4, 1], [-3, 2], [2, -2], [-4, -1], [1, 3]], float)
    show_embedding(embedding, places)
    assert "60 + 20 % of their variance" in embedding.words.text()
    before = embedding.scatter.points()
    show_embedding(embedding, places * np.array([-1, 1]))
    assert embedding.scatter.points() == pytest.approx(before)
    with qtbot.waitSignal(embedding.picture_chosen) as caught:
        place = QPointF(*before[3]).toPoint()
        QTest.mouseClick(embedding.scatter, Qt.MouseButton.LeftButton, pos=place)
    assert caught.args is not None
    assert caught.args[0].label == live().dataset.test.labels[3]
    embedding.scatter.mark(0)
    QTest.keyClick(embedding.scatter, Qt.Key.Key_Right)
    assert embedding.scatter.accessibleDescription().startswith("test picture")


def test_an_answer_of_another_module_is_not_shown(embedding: EmbeddingView) -> None:
    embedding.open_project.select(frozenset({live().id_of("Conv2d")}))
    show_embedding(embedding, np.eye(COUNT)[:, :2])
    assert embedding.scatter.isHidden()


def path() -> ManifoldPath:
    steps = np.linspace(-1, 1, 5)
    flat = Curve(np.stack([steps, 0 * steps], axis=1), np.array([1.0, 0.0]), 2.0, 1.0, 0.0)
    bent = Curve(np.stack([steps, steps**2], axis=1), np.array([0.8, 0.2]), 3.0, 0.6, 30.0)
    pictures = np.repeat(live().snapshot.picture[None], 5, axis=0)
    return ManifoldPath(pictures, 45 * steps, {live().id_of("Conv2d"): bent, live().id_of("Linear"): flat})


def test_the_flattest_module_is_named_and_tiles_tell_their_numbers(manifold: ManifoldView) -> None:
    manifold.show_answer("path", Answer(1, 0, AskManifoldPath(), path(), is_final=True))
    assert manifold.words.text().endswith("Flattest in Linear (1.00).")
    assert "Conv2d: flatness 0.600" in manifold.plot.accessibleDescription()
    assert manifold._describe(4) == "turned by +45 degrees"
    middle = manifold.plot.tile_rect(1).center().toPoint()
    QTest.mouseClick(manifold.plot, Qt.MouseButton.LeftButton, pos=middle)
    assert manifold.open_project.selection == {live().id_of("Linear")}


def test_another_change_asks_anew_and_old_answers_are_left_out(manifold: ManifoldView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(manifold.wishes_changed):
        manifold.change.segment("Shift").click()
    assert manifold.inquiries() == {"path": AskManifoldPath(SHIFT)}
    before = manifold.words.text()
    manifold.show_answer("path", Answer(1, 0, AskManifoldPath(), path(), is_final=True))
    assert manifold.words.text() == before
