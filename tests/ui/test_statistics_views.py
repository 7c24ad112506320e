"""Gradient flow and histograms: what they say of a network, and what a run's end makes them forget."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.statistics import AskStatistics, ModuleStatistics, NetworkStatistics, spread_of
from convnet_studio.engine.training.events import Rewound, RunStarted
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.gradient_flow import GradientFlowView
from convnet_studio.ui.views.histograms import MOST_MOMENTS, OUTPUTS, HistogramsView


def statistics(first_gradient: float = 1e-2) -> NetworkStatistics:
    """Of a net whose first convolution gets gradients of this size, and all others of 0.01."""
    random, found = np.random.default_rng(1), {}
    first = live().id_of("Conv2d")
    for module in live().project.network.modules:
        size = first_gradient if module.id == first else 1e-2
        values = random.normal(size=200)
        weights = spread_of(values) if module.kind == "Conv2d" else None
        found[module.id] = ModuleStatistics(
            spread_of(values), spread_of(size * values), weights, spread_of(size * values) if weights else None, 0.0
        )
    return NetworkStatistics(found, 16, 0.1)


def answer(value: object, step: int = 0) -> Answer:
    return Answer(1, step, AskStatistics(), value, is_final=True)


@pytest.fixture
def flow(qtbot: QtBot) -> GradientFlowView:
    made = GradientFlowView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(500, 600)
    made.show()
    return made


@pytest.fixture
def histograms(qtbot: QtBot) -> HistogramsView:
    made = HistogramsView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    made.open_project.select(frozenset({live().id_of("Conv2d")}))
    return made


def test_a_vanishing_gradient_is_named(flow: GradientFlowView) -> None:
    flow.show_answer("statistics", answer(statistics()))
    assert flow.words.text() == "Gradients reach every module (on 16 training pictures)."
    flow.show_answer("statistics", answer(statistics(first_gradient=1e-7)))
    assert flow.words.text() == "The gradient vanishes: hardly any arrives at Conv2d."


def test_a_row_tells_its_numbers_and_selects_its_module(flow: GradientFlowView) -> None:
    flow.show_answer("statistics", answer(statistics()))
    said = flow.table.accessibleDescription()
    assert "Conv2d: output" in said
    assert "step / weights 0.001" in said  # rate 0.1, gradients a hundredth of the weights
    assert "Tanh: output" in said
    middle = next(y for y in range(40, 600) if flow.table.row_at(QPoint(10, y).toPointF()) == 2)
    QTest.mouseClick(flow.table, Qt.MouseButton.LeftButton, pos=QPoint(30, middle + 4))
    assert flow.open_project.selection == {live().project.network.modules[2].id}


def test_moments_are_recorded_thinned_and_forgotten(histograms: HistogramsView) -> None:
    assert not histograms.band.isVisible()
    for step in range(MOST_MOMENTS + 1):
        histograms.show_answer("statistics", answer(statistics(), step))
    steps = [step for step, _, _ in histograms._record]
    assert len(steps) <= MOST_MOMENTS
    assert steps[-1] == MOST_MOMENTS  # the newest stays
    assert histograms.band.isVisible()
    assert histograms.band.density().sum(axis=0) == pytest.approx(histograms.band.density().sum(axis=0)[0], rel=0.2)
    histograms.show_events([Rewound(1, 50, 0.1)])
    assert histograms._record[-1][0] <= 50
    histograms.show_events([RunStarted(2, 10, 1, 100, False)])
    assert not histograms.band.isVisible()


def test_what_a_module_does_not_have_is_said(histograms: HistogramsView) -> None:
    histograms.show_answer("statistics", answer(statistics()))
    histograms.open_project.select(frozenset({live().id_of("Tanh")}))
    assert histograms.words.text() == "Tanh has no weights."
    histograms.quantity.choose(OUTPUTS)
    histograms._refresh()
    assert histograms.band.isVisible()
