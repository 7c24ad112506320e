"""Learning curves: exactly the numbers of the events, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import apply_change
from convnet_studio.engine.training import events as news
from convnet_studio.ui.controls.axis_ticks import even_ticks, log_ticks, round_up
from convnet_studio.ui.controls.curve import Curve, RunningMean
from convnet_studio.ui.controls.learning_record import LearningRecord
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.learning_curves import (
    ERROR,
    LOG,
    LearningCurvesView,
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
    losses = [loss for each in events if isinstance(each, news.Stepped) for loss in each.losses]
    weights = [0.8**age for age in range(len(losses) - 1, -1, -1)]  # it remembers a twentieth of an epoch: 5 steps
    mean = float(np.average(losses, weights=weights))
    assert curves.record.smooth_loss == pytest.approx(mean, rel=1e-12)
    told = exact(curves.record.smooth_loss)
    assert curves.accessibleDescription() == f"epoch 2.00, train {told}, test {exact(100 / 260)}"
    curves._hover(2.0)
    assert f"train {exact(losses[-1])}" in curves.accessibleDescription(), "pointed at, the curve tells the step itself"


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
def test_no_more_points_are_drawn_than_there_are_pixels(curves: LearningCurvesView, epochs: int) -> None:
    """However long the run: what an update costs depends on the points."""
    curves.show_events(list(run(1, epochs, steps_per_epoch=2000)))
    curves.redraw()
    points = {item: len(item.xData) for item in curves.plot.getPlotItem().listDataItems() if item.xData is not None}
    assert len(curves.record.loss["train"].x) == epochs * 2000
    assert 100 < max(points.values()) <= 3 * max(64, curves.plot.width())


def test_curves_of_any_length_are_small_in_a_file_and_come_back(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 50, steps_per_epoch=2000)))
    text = json.dumps(curves.record.to_json(), allow_nan=False)
    assert len(text) < 120_000
    again = LearningRecord(2, 2000)
    again.take_up(json.loads(text))
    assert again.epoch == 50.0
    assert again.loss["test"].y == pytest.approx(curves.record.loss["test"].y)
    assert again.smooth_loss == pytest.approx(curves.record.smooth_loss)
    again.take(news.Stepped(2, 100_001, 50.0005, 9.0, 0.5, 0.01, 16, 0.02, (9.0,)))
    assert again.smooth_loss == pytest.approx(curves.record.smooth_loss, abs=0.2)  # alone it would be 9


def test_a_run_looks_the_same_when_it_is_opened_again(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 20, steps_per_epoch=2000)))
    curves.redraw()
    before = drawn(curves)
    curves.take_up(json.loads(json.dumps(curves.record.to_json())))
    curves.show_events([news.RunStarted(2, 2000, 20, 5994, compiled=True)])
    curves.redraw()
    for name, (x, y) in drawn(curves).items():
        assert x == before[name][0], name
        assert y == pytest.approx(before[name][1], rel=1e-6), name


def drawn(curves: LearningCurvesView) -> dict[str, tuple[list[float], list[float]]]:
    """The points of the lines of this run."""
    lines = {name: curves._curves[name] for name in ("train", "smooth", "test")}
    return {name: (line.xData.tolist(), line.yData.tolist()) for name, line in lines.items()}


# An edit of the network


def edit(curves: LearningCurvesView, kind: str, **settings: object) -> None:
    """Change a setting of the first module of a kind; training follows."""
    project = curves.open_project.project
    where = next(each.id for each in project.network.modules if each.kind == kind)
    curves.open_project.edit(f"Change {kind}", apply_change(project, where, settings))
    curves.show_events([news.NetworkChanged(1, (), (), (where,), ())])


def step(step: int) -> news.Event:
    return news.Stepped(1, step, step / 100, 1.5, 0.25, 0.01, 16, 0.02, (1.5,))


def test_no_line_joins_two_networks(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    edit(curves, "Conv2d", out_channels=5)
    curves.show_events([news.Tested(1, 200, 2.0, 2.4, 0.92, 100, 0.1), step(201), step(202)])
    curves.quantity.choose(ERROR)
    curves.redraw()
    x, y = drawn(curves)["test"]
    assert x[-3:] == [2.0, 2.0, 2.0]
    assert y[-3:] == pytest.approx([10.0, np.nan, 92.0], nan_ok=True)
    assert all(np.isnan(drawn(curves)[name][1]).sum() == 1 for name in ("train", "smooth"))
    assert curves.record.smooth_loss == pytest.approx(1.5), "the mean begins anew"


def test_an_edit_has_a_mark_that_tells_what_it_was(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    edit(curves, "Conv2d", out_channels=5)
    edit(curves, "Conv2d", out_channels=7)
    curves.show_events([step(201), step(300)])
    again = LearningRecord(2)
    again.take_up(json.loads(json.dumps(curves.record.to_json())))
    assert again.edits == curves.record.edits
    assert [len(each.pieces) for each in (*again.loss.values(), *again.error.values())] == [2] * 6
    curves.redraw()
    assert curves._edit_marks.xData.tolist() == [2.0]
    curves._hover(1.0)
    assert "Edit" not in curves.accessibleDescription()
    curves._hover(2.0)
    assert curves.accessibleDescription().endswith("Edit at epoch 2.00: Change Conv2d, Change Conv2d")


def test_an_edit_that_is_taken_back_at_once_leaves_nothing(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    known = curves.record.smooth_loss
    edit(curves, "Conv2d", out_channels=5)
    curves.show_events([news.Tested(1, 200, 2.0, 2.4, 0.92, 100, 0.1)])
    assert np.isnan(curves.record.smooth_loss), "this network never made a step"
    curves.open_project.undo_stack.undo()
    curves.show_events([news.NetworkChanged(1, (), (), (), ())])
    assert curves.record.edits == []
    assert curves.record.loss["test"].y.max() == 2.3
    assert curves.record.smooth_loss == known


def test_a_network_that_comes_back_brings_its_last_loss(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 2)))
    known = curves.record.smooth_loss
    edit(curves, "Conv2d", out_channels=5)
    curves.show_events([step(201)])
    curves.open_project.undo_stack.undo()
    curves.show_events([news.NetworkChanged(1, (), (), (), ())])
    assert [each.text for each in curves.record.edits] == ["Change Conv2d", "Undo: Change Conv2d"]
    assert curves.record.smooth_loss == known
    curves.show_events([step(202)])
    assert curves.record.smooth_loss == 1.5


def test_edits_before_the_first_step_leave_nothing(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 0)))
    edit(curves, "Conv2d", out_channels=5)
    assert not curves.record
    assert curves.record.edits == []


@pytest.mark.parametrize(
    "edits", [3, [[1]], [["x", "y"]], [[-1.0, "x"]], [[2.0, "x"], [1.0, "y"]], [[float("nan"), ""]]]
)
def test_what_is_no_edit_is_left_out(edits: object) -> None:
    record = LearningRecord()
    record.take_up({"loss": {"train": [[0.0, 1.0], [2.3, 0.5]]}, "edits": edits})
    assert record.edits == []
    assert record.loss["train"].y.tolist() == [2.3, 0.5]


@pytest.mark.parametrize(
    "points",
    [None, 3, "x", [[1.0]], [[1.0], [1.0, 2.0]], [[2.0, 1.0], [0.0, 0.0]], [[0.0], [float("inf")]], [[-1.0], [0.0]]],
)
def test_what_is_no_curve_is_left_out(points: object) -> None:
    record = LearningRecord()
    record.take_up({"loss": {"train": points, "test": [[0.0, 1.0], [2.3, 0.5]]}, "error": points})
    assert len(record.loss["train"]) == 0
    assert record.loss["test"].y.tolist() == [2.3, 0.5]
    LearningRecord().take_up(points)


def test_another_project_is_not_compared_with_the_curves_before(curves: LearningCurvesView) -> None:
    curves.show_events(list(run(1, 3)))
    curves.open_project.replaced.emit()
    curves.show_events(list(run(2, 1)))
    curves.redraw()
    assert not curves.previous
    assert curves._ranges[0] == 1
    curves.show_events(list(run(3, 1)))
    assert curves.previous.run_id == 2
