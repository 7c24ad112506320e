"""Benches with views of their own hold a value too: what is set there turns it, and setting it turns the controls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import convnet_studio.ui.views  # noqa: F401
from convnet_studio.engine.analysis.bench import Bench
from convnet_studio.engine.analysis.pooling_dial import LOG_SUM_EXP
from convnet_studio.engine.training.inquiry import Moment
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.lcn_bench import LcnBenchView
from convnet_studio.ui.views.one_one_one import OneOneOneView
from convnet_studio.ui.views.pooling_dial import PoolingDial

OTHERS: dict[str, dict[str, object]] = {
    "one_one_one": {
        "units": "linear",
        "inputs": (0.5, 1.5),
        "targets": (-0.25, 1.0),
        "w0": 1.25,
        "w1": -0.5,
        "rate": 0.125,
        "rule": "Adam",
        "steps": 20,
        "reach": "6",
        "log_height": True,
    },
    "lcn_bench": {
        "kernel_size": 13,
        "width": 3.25,
        "threshold": "fixed",
        "smallest": 0.3,
        "border": "reflect",
        "across_maps": False,
        "added": 0.77,
        "taken": 0.35,
        "gain": 5.0,
        "offset": 7.25,
        "row": 3,
        "column": 20,
    },
    "pooling_dial": {
        "family": LOG_SUM_EXP,
        "p": math.inf,
        "b": 10.0,
        "size": "4×4",
        "numbers": tuple(0.25 * index for index in range(36)),
    },
}


@pytest.fixture(params=sorted(OTHERS))
def view(request: pytest.FixtureRequest, qtbot: QtBot) -> View:
    made = View.registry[request.param](OpenProject(live().project))
    qtbot.addWidget(made)
    made.set_dataset(live().dataset)
    made.resize(1000, 700)
    made.show()
    made.set_summary(live().summary)
    made.open_project.select(frozenset({live().id_of("Conv2d")}))
    made.show_snapshot(live().snapshot)
    return made


def kind(view: View) -> type[Bench]:
    return Bench.registry[view.name]


def test_every_bench_with_a_view_of_its_own_is_tried_here() -> None:
    tried = {*OTHERS, "backprop"}  # that one beside the other tests of its view
    assert tried == {name for name, each in Bench.registry.items() if each.has_own_view}


def test_setting_the_bench_turns_every_control_and_tells(view: View) -> None:
    told: list[Bench] = []
    view.bench_changed.connect(told.append)
    assert isinstance(view.bench, kind(view))
    wanted = view.bench.turned(**OTHERS[view.name])
    view.set_bench(wanted)
    assert view.bench == wanted
    assert told[-1] == wanted
    told.clear()
    view.set_bench(wanted)
    assert not told


def test_every_dial_has_a_control_to_point_at(view: View) -> None:
    for dial in kind(view).dials():
        assert isinstance(view.control(dial), QWidget), dial
    assert view.control("no such dial") is None


def test_refuses_a_bench_of_another_kind(view: View) -> None:
    with pytest.raises(TypeError, match="shows no"):
        view.set_bench(Bench.registry["connections"]())


def test_the_one_one_one_net_tells_what_its_controls_say(qtbot: QtBot) -> None:
    view = OneOneOneView(OpenProject(live().project))
    qtbot.addWidget(view)
    told: list[Bench] = []
    view.bench_changed.connect(told.append)
    view.controls.rate._choose(0.25)
    view.map.picked.emit(1.5, -0.5)
    view.controls.samples[1][1].entered.emit(0.75)
    view.controls.checks[0].click()
    assert told[-1] == view.bench
    assert (view.bench.w0, view.bench.w1) == (1.5, -0.5)
    assert view.bench.rate == view.controls.rate.rate != 1
    assert view.bench.targets == (0.5, 0.75)
    assert view.bench.rule == "Momentum 0.9"
    assert view.bench.loss() == pytest.approx(float(view.net.loss(1.5, -0.5)))


def test_setting_the_one_one_one_net_drops_its_one_ball(qtbot: QtBot) -> None:
    view = OneOneOneView(OpenProject(live().project))
    qtbot.addWidget(view)
    view.set_bench(view.bench.turned(rule="Adam", rate=0.5, w0=2, w1=1))
    (walker,) = view.race.walkers
    assert (walker.rule.title, walker.rate, walker.place) == ("Adam", 0.5, (2, 1))


def test_lcn_reads_what_it_shows(qtbot: QtBot) -> None:
    view = LcnBenchView(OpenProject(live().project))
    qtbot.addWidget(view)
    view.show_snapshot(live().snapshot)
    view.set_bench(view.bench.turned(added=0.5, gain=2.0, row=12, column=15))
    steps, moment = view.shown_steps, Moment(None, live().snapshot.picture, -1)  # type: ignore[arg-type]
    assert steps is not None
    assert view.bench.y(moment) == pytest.approx(float(steps.y[0, 12, 15]), rel=1e-4)
    assert view.bench.sigma(moment) == pytest.approx(float(steps.deviation[0, 12, 15]), rel=1e-4)
    QTest.keyClick(view.controls.gain, Qt.Key.Key_Home)
    assert view.bench.gain == pytest.approx(0.1)
    view.controls.clear.click()
    assert (view.bench.gain, view.bench.added) == (1, 0)


def test_the_pooling_dial_reads_what_it_shows(qtbot: QtBot) -> None:
    view = PoolingDial(OpenProject(live().project))
    qtbot.addWidget(view)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.show_snapshot(live().snapshot)
    for row, column in ((5, 7), (0, 0)):
        view.panes.chosen.emit("2", row, column)
        view.turn_to(4)
        maps = live().snapshot.outputs[live().id_of("Conv2d")]
        assert np.float32(view.bench.window) == pytest.approx(maps[2, row : row + 3, column : column + 3])
        assert view.bench.value() == pytest.approx(view.value._values[4])
    view.panes.chosen.emit("2", 5, 7)
    assert view.bench.change_under_shift() == pytest.approx(view.change._values[4])
    view._fields[1, 1].entered.emit(3.5)
    assert view.bench.maximum() == 3.5


def test_the_pooling_dial_keeps_its_numbers_until_there_is_a_map(qtbot: QtBot) -> None:
    view = PoolingDial(OpenProject(live().project))
    qtbot.addWidget(view)
    wanted = view.bench.turned(**OTHERS["pooling_dial"])
    view.set_bench(wanted)
    assert view.bench == wanted
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of("Conv2d")}))
    view.set_bench(view.bench.turned(numbers=tuple(float(index) for index in range(36))))
    view.show_snapshot(live().snapshot)
    assert view.bench.maximum() == 28
