"""Learning curves: exactly the numbers of the events, however many there are."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.training import events as news
from convnet_studio.ui.controls.curve import Curve, RunningMean
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.learning_curves import (
    ERROR,
    LOG,
    LearningCurvesView,
    even_ticks,
    log_ticks,
    round_up,
)


@pytest.fixture
def curves(qtbot: QtBot) -> LearningCurvesView:
    view = LearningCurvesView(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(700, 180)
    view.show()
    return view


def run(run_id: int, epochs: int, steps_per_epoch: int = 100, per_event: int = 10) -> Iterator[news.Event]:
    random = np.random.default_rng(run_id)
    yield news.RunStarted(run_id, steps_per_epoch, epochs, 5994, compiled=True)
    yield news.Tested(run_id, 0, 0.0, 2.3, 0.9, 100, 0.1)
    for step in range(per_event, epochs * steps_per_epoch + 1, per_event):
        losses = tuple(float(each) for each in random.exponential(100 / (step + 50), per_event))
        yield news.Stepped(run_id, step, step / steps_per_epoch, float(np.mean(losses)), 0.25, 0.01, 160, 0.02, losses)
        if step % steps_per_epoch == 0:
            yield news.Tested(run_id, step, step / steps_per_epoch, 100 / (step + 60), 0.1, 100, 0.1)


def test_curves_hold_exactly_the_numbers_of_the_events(curves: LearningCurvesView) -> None:
    events = list(run(1, 3))
    curves.show_events(events)
    stepped = [each for each in events if isinstance(each, news.Stepped)]
    tested = [each for each in events if isinstance(each, news.Tested)]
    record = curves.record
    assert record.loss["train"].y.tolist() == [loss for each in stepped for loss in each.losses]
    assert record.loss["train"].x == pytest.approx(np.arange(1, 301) / 100)
    assert record.error["train"].y.tolist() == [100 * each.error for each in stepped]
    assert record.loss["test"].y.tolist() == [each.loss for each in tested]
    assert record.error["test"].x.tolist() == [each.epoch for each in tested]


def test_the_latest_numbers_are_read_aloud(curves: LearningCurvesView) -> None:
    events = list(run(1, 2))
    curves.show_events(events)
    curves.redraw()
    smooth = curves.record.loss["smooth"].y[-1]
    assert curves.accessibleDescription() == f"epoch 2.00, train {exact(smooth)}, test {exact(100 / 260)}"
    curves._hover(2.0)
    last = [each for each in events if isinstance(each, news.Stepped)][-1].losses[-1]
    assert f"train {exact(last)}" in curves.accessibleDescription(), "pointed at, the curve tells the step itself"


def test_a_new_run_keeps_the_one_before_for_comparison(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    first = curves.record
    curves.show_events(list(run(2, 1)))
    assert curves.previous is first
    assert curves.record.run_id == 2
    assert len(curves.record.loss["train"]) == 100


def test_a_run_that_never_began_is_not_kept(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    first = curves.record
    curves.show_events(
        [news.RunStarted(2, 100, 2, 5994, compiled=True), news.RunStarted(3, 100, 2, 5994, compiled=True)]
    )
    assert curves.previous is first


def test_a_rewind_takes_the_curves_back(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    curves.show_events([news.Stepped(1, 110, 1.1, 0.7, 0.2, 0.01, 160, 0.02, (0.7,) * 10)])
    x = curves.record.loss["train"].x
    assert np.all(np.diff(x) >= 0)
    assert x[-1] == pytest.approx(1.1)
    assert curves.record.loss["test"].x[-1] == 1.0


def test_all_ways_of_looking_draw(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    curves.show_events([news.Tested(1, 200, 2.0, 0.0, 0.0, 100, 0.1)])
    for quantity in (ERROR, "Loss"):
        for axis in (LOG, "Linear"):
            curves.quantity.choose(quantity)
            curves.axis.choose(axis)
            curves.redraw()
            assert not curves.grab().isNull()


def test_pointing_reads_the_nearest_step(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    curves.redraw()
    QApplication.processEvents()
    view_box = curves.plot.getPlotItem().getViewBox()
    curves._on_mouse(view_box.mapViewToScene(curves.plot.getPlotItem().getViewBox().viewRect().center()))
    hovered = curves._hovered
    assert hovered is not None
    index = int(np.argmin(np.abs(curves.record.loss["train"].x - hovered)))
    assert f"train {exact(curves.record.loss['train'].y[index])}" in curves.accessibleDescription()


def test_arrow_keys_read_along_the_curve(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    curves.redraw()
    QTest.keyClick(curves.plot, Qt.Key.Key_Left)
    assert curves.accessibleDescription().startswith("epoch 1.98")
    QTest.keyClick(curves.plot, Qt.Key.Key_Right)
    assert curves.accessibleDescription().startswith("epoch 2.00")


def test_thinning_never_hides_an_extreme() -> None:
    random = np.random.default_rng(7)
    y = random.normal(size=100_000)
    curve = Curve()
    curve.extend(np.arange(100_000.0), y)
    x_kept, y_kept = curve.thinned(700)
    assert len(x_kept) <= 720
    assert y_kept.min() == y.min()
    assert y_kept.max() == y.max()
    assert np.all(np.diff(x_kept) >= 0)
    assert curve.every(100)[0][-1] == 99_999


def test_thinning_survives_what_is_not_finite() -> None:
    curve = Curve()
    curve.extend(np.arange(10_000.0), np.full(10_000, np.nan))
    assert len(curve.thinned(100)[0]) <= 220


def test_a_running_mean_of_equal_values_is_that_value() -> None:
    mean = RunningMean(20)
    assert mean.take([3.0] * 50) == pytest.approx([3.0] * 50)
    assert mean.take([float("nan")]) == pytest.approx([3.0])


def test_ticks_are_round() -> None:
    assert even_ticks(5, 6) == [0, 1, 2, 3, 4, 5]
    assert log_ticks(0.02, 3.0) == pytest.approx([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]) or log_ticks(0.02, 3.0) == [0.1, 1]
    assert [round_up(each) for each in (0.1, 1.2, 3, 5, 7)] == pytest.approx([0.1, 2, 5, 5, 10])


@pytest.mark.parametrize("epochs", [5, 50])
def test_an_update_is_cheap(curves: LearningCurvesView, epochs: int) -> None:
    curves.show_events(list(run(1, epochs, steps_per_epoch=2000)))
    curves.redraw()
    durations = []
    for _ in range(20):
        start = time.perf_counter()
        curves.redraw()
        curves.plot.viewport().repaint()
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.012  # 3 ms here; three times that leaves room for a busy machine
