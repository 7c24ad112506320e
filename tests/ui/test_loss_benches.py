"""The 1-1-1 bench and the loss surface of the running network, as somebody uses them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.loss_plane import PRINCIPAL, FindLossPlane, FindPlace, Place, Plane, PlaneLoss
from convnet_studio.engine.analysis.race import Chance
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.events import NetworkChanged, RunStarted
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.loss_surface import LossSurfaceView
from convnet_studio.ui.views.one_one_one import MOST_WALKERS, OneOneOneView

# ---------------------------------------------------------------- the 1-1-1 net


@pytest.fixture
def bench(qtbot: QtBot) -> OneOneOneView:
    made = OneOneOneView(OpenProject(load_preset("tiny-digits")))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    QApplication.processEvents()
    return made


def tick_only(bench: OneOneOneView, *titles: str) -> None:
    for check in bench.controls.checks:
        check.show_value(check.accessibleName() in titles)


def test_a_click_drops_a_ball_for_each_ticked_rule(bench: OneOneOneView) -> None:
    bench.transport.buttons["Clear"].click()
    assert bench.table.rows == ()
    tick_only(bench, "Plain descent", "RMSProp")
    bench.map.picked.emit(0.5, -1.0)
    assert [walker.rule.title for walker in bench.race.walkers] == ["Plain descent", "RMSProp"]
    assert all(walker.place == (0.5, -1.0) for walker in bench.race.walkers)
    assert [row.title for row in bench.table.rows] == ["Plain descent", "RMSProp", "mean of weights"]
    assert [way.points.tolist() for way in bench.surface.scene.ways] == [[[0.5, -1.0]]] * 2


def test_balls_keep_the_rate_they_were_dropped_with(bench: OneOneOneView) -> None:
    bench.transport.buttons["Clear"].click()
    tick_only(bench, "Plain descent")
    for rate in (0.1, 10.0):
        bench.controls.rate.entered.emit(rate)
        bench.controls.rate.show_rate(rate)
        bench.controls.drop_button.click()
    assert [walker.rate for walker in bench.race.walkers] == [0.1, 10.0]
    assert all(walker.place == (0.01, 0.012) for walker in bench.race.walkers)


def test_balls_keep_the_chance_they_were_dropped_with(bench: OneOneOneView) -> None:
    bench.transport.buttons["Clear"].click()
    tick_only(bench, "Plain descent")
    bench.map.picked.emit(0.5, -1.0)
    bench.controls.seen.segment("One sample").click()
    bench.controls.noise.entered.emit(0.25)
    bench.controls.seed.entered.emit(7)
    bench.map.picked.emit(0.5, -1.0)
    assert [walker.chance for walker in bench.race.walkers] == [Chance(), Chance(True, 0.25, 7)]
    assert [row.texts[0] for row in bench.table.rows] == ["all", "one ±0.250", ""]
    bench.transport.buttons["Step"].click()
    first, second = bench.race.walkers
    assert first.place != second.place


@pytest.mark.parametrize(
    ("field", "value"), [("noise", -1.0), ("noise", "much"), ("seed", 1.5), ("seed", math.nan), ("seed", -3)]
)
def test_chance_that_can_not_be_is_refused(bench: OneOneOneView, field: str, value: object) -> None:
    getattr(bench.controls, field).entered.emit(value)
    assert bench.controls.chance == Chance()
    assert "from 0 to" in bench.controls._remark.text()


def test_step_back_and_restart(bench: OneOneOneView) -> None:
    starts = [walker.place for walker in bench.race.walkers]
    assert not bench.transport.buttons["Back"].isEnabled()
    for _ in range(3):
        bench.transport.buttons["Step"].click()
    places = [walker.place for walker in bench.race.walkers]
    bench.transport.buttons["Step"].click()
    bench.transport.buttons["Back"].click()
    assert [walker.place for walker in bench.race.walkers] == places
    assert bench.table.rows[0].texts[2] == "3"
    bench.transport.buttons["Restart"].click()
    assert [walker.place for walker in bench.race.walkers] == starts


def test_play_runs_until_hidden(bench: OneOneOneView, qtbot: QtBot) -> None:
    bench.transport.speed.show_value("150")
    bench.transport.buttons["Play"].click()
    assert bench.transport.buttons["Play"].text() == "Pause"
    qtbot.waitUntil(lambda: bench.race.walkers[0].step > 5)
    bench.hide()
    assert bench.transport.buttons["Play"].text() == "Play"
    step = bench.race.walkers[0].step
    qtbot.wait(120)
    assert bench.race.walkers[0].step == step


def test_a_race_that_was_hidden_for_a_moment_goes_on(bench: OneOneOneView, qtbot: QtBot) -> None:
    bench.toggle_play()
    bench.hide()
    before = bench.race.walkers[0].step
    bench.show()
    qtbot.waitUntil(lambda: bench.race.walkers[0].step > before)
    bench.toggle_play()
    bench.hide()
    bench.show()
    assert not bench._timer.isActive()


def test_the_pointer_tells_loss_slopes_and_eigenvalues(bench: OneOneOneView) -> None:
    bench.map.pointed.emit((0.0, 0.0))
    assert bench.at_pointer[0].texts == ["0", "0", "0.125", "8.00"]
    assert bench.at_pointer[1].texts == ["0", "0", "-0.250", "0.250"]
    assert bench.controls.rate.limit == pytest.approx(8)
    ln3 = math.log(3)
    bench.surface.pointed.emit((ln3, ln3))
    assert bench.controls.rate.limit == pytest.approx(8.47, abs=0.01)
    assert bench.controls.rate.limit_text == "limit 8.47"


def test_the_arrow_is_the_next_step_of_plain_descent(bench: OneOneOneView) -> None:
    bench.controls.rate.show_rate(0.5)
    bench.map.pointed.emit((0.6, -0.8))
    arrow = bench.map.scene.arrow
    assert arrow is not None
    assert (arrow.dx, arrow.dy) == pytest.approx(tuple(-0.5 * float(g) for g in bench.net.gradient(0.6, -0.8)))


def test_the_curve_and_the_saddle_are_marked(bench: OneOneOneView) -> None:
    (curve,) = bench.map.scene.curves
    finite = curve.points[np.isfinite(curve.points).all(axis=1)]
    assert len(finite) > 100
    assert np.allclose(bench.net.loss(finite[:, 0], finite[:, 1]), 0, atol=1e-20)
    (spot,) = bench.map.scene.spots
    assert (spot.x, spot.y, spot.label) == (0, 0, "saddle 0.125")
    assert "1.125" in bench.facts.text()


def test_other_samples_are_another_surface(bench: OneOneOneView) -> None:
    bench.transport.buttons["Step"].click()
    bench.controls.samples[1][1].entered.emit(0.8)
    assert bench.net.targets == (0.5, 0.8)
    assert bench.race.walkers[0].step == 0
    assert len(bench.map.scene.curves) == 2
    assert "no curve answers all" in bench.facts.text()
    bench.controls.samples[0][0].entered.emit("many")
    assert bench.net.inputs == (0.5, -0.5)


def test_linear_units_grow_without_bound(bench: OneOneOneView) -> None:
    bench.controls._units.show_value("linear output")
    bench.controls.net_changed.emit()
    assert bench.net.plateaus is None
    assert "without bound" in bench.facts.text()
    field = bench.surface.field
    assert field is not None
    assert field.ends[1] == pytest.approx(2.0)
    assert field.values.max() > 5


def test_there_is_an_end_of_balls_and_it_says_so(bench: OneOneOneView) -> None:
    tick_only(bench, "Plain descent")
    for _ in range(MOST_WALKERS + 5):
        bench.map.picked.emit(0.1, 0.1)
    assert len(bench.race.walkers) == MOST_WALKERS
    assert "clear" in bench.controls._remark.text()
    tick_only(bench)
    bench.map.picked.emit(0.1, 0.1)
    assert "Tick a rule" in bench.controls._remark.text()


# ---------------------------------------------------------------- the running network


@pytest.fixture
def view(qtbot: QtBot) -> LossSurfaceView:
    made = LossSurfaceView(OpenProject(load_preset("tiny-digits")))
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    made.show_events([RunStarted(1, 10, 2, 100, compiled=False)])
    return made


def a_plane() -> Plane:
    way = (Place(0, -0.4, 0.3, 2.0, 2.2), Place(50, 0.0, 0.0, 0.0, 0.0))
    return Plane(
        1, 50, np.zeros(6, np.float32), np.eye(2, 6, dtype=np.float32), (-1, 1), (-1, 1), "random", (0, 0), way
    )


def found(points: int = 5, done: float = 1.0) -> PlaneLoss:
    y, x = np.mgrid[-1 : 1 : points * 1j, -1 : 1 : points * 1j]
    return PlaneLoss(a_plane(), x * x + 0.3 * y * y + 0.1, 64, 0.1, done)


def answer(view: LossSurfaceView, value: object, problem: str = "", name: str = "plane") -> Answer:
    return Answer(1, 50, view.inquiries()[name], value, is_final=bool(problem), problem=problem)


def test_it_asks_for_a_plane_and_shows_the_first_points(view: LossSurfaceView) -> None:
    asked = view.inquiries()["plane"]
    assert isinstance(asked, FindLossPlane)
    assert "place" not in view.inquiries()
    view.show_answer("plane", answer(view, replace(found(), values=None, done=0.0)))
    assert view.surface.field is None
    view.show_answer("plane", answer(view, found(done=0.3)))
    assert view.surface.field is not None
    assert view.bar.value() == 30
    assert view.button.text() == "Cancel"


def test_cancel_keeps_what_is_there(view: LossSurfaceView) -> None:
    view.show_answer("plane", answer(view, found(done=0.3)))
    view.button.click()
    assert "plane" not in view.inquiries()
    assert view.surface.field is not None
    assert view.button.text() == "Compute anew"
    before = view._attempt
    view.button.click()
    asked = view.inquiries()["plane"]
    assert isinstance(asked, FindLossPlane)
    assert asked.attempt == before + 1


def test_only_the_button_draws_other_directions(view: LossSurfaceView) -> None:
    """So that the planes before and after a Reset or an edit can be compared."""

    def asked() -> FindLossPlane:
        found = view.inquiries()["plane"]
        assert isinstance(found, FindLossPlane)
        return found

    first = asked()
    view.show_events([RunStarted(2, 10, 2, 100, compiled=False)])
    assert asked() != first  # it is computed anew
    assert asked().seed == first.seed
    view.kind.chosen.emit(view.kind.choice)
    assert asked().seed == first.seed
    view.show_answer("plane", answer(view, found()))
    view.button.click()
    assert asked().seed != first.seed


def test_the_way_grows_and_states_its_distance(view: LossSurfaceView) -> None:
    view.show_answer("plane", answer(view, found()))
    assert isinstance(view.inquiries()["place"], FindPlace)
    assert len(view.map.scene.ways[0].points) == 2
    view.show_answer("place", answer(view, Place(80, 0.2, 0.1, 1.25, 1.5), name="place"))
    assert view.map.scene.ways[0].points[-1].tolist() == [0.2, 0.1]
    assert "Step 80: 1.25 from the plane, 1.50 from its centre" in view.place_text.text()
    view.show_answer("place", answer(view, Place(20, 0.0, 0.2, 1.0, 1.5), name="place"))
    assert [each.step for each in view._places] == [0, 20]


def test_without_a_way_the_caption_says_why_there_is_no_line(view: LossSurfaceView) -> None:
    only = PlaneLoss(replace(a_plane(), way=(Place(50, 0.0, 0.0, 0.0, 0.0),)), found().values, 0.5, 1000, 1.0)
    view.show_answer("plane", answer(view, only))
    assert "There is no line yet" in view.place_text.text()
    assert "The line joins" not in view.place_text.text()
    view.show_answer("place", answer(view, Place(80, 0.2, 0.1, 1.25, 1.5), name="place"))
    assert "The line joins" in view.place_text.text()


def test_a_reason_is_shown(view: LossSurfaceView) -> None:
    view.kind.segment("Principal directions").click()
    asked = view.inquiries()["plane"]
    assert isinstance(asked, FindLossPlane)
    assert asked.kind == PRINCIPAL
    view.show_answer("plane", answer(view, None, "Let it train first."))
    assert view.message.text() == "Let it train first."
    assert view.message.isVisible()
    assert view.button.text() == "Compute anew"


def test_another_network_has_another_surface(view: LossSurfaceView) -> None:
    early = answer(view, found())
    view.show_answer("plane", early)
    assert "place" in view.inquiries()
    view.show_events([NetworkChanged(1, 60, (), (), ())])
    assert "place" not in view.inquiries()
    view.show_answer("plane", early)  # it comes too late
    assert "place" not in view.inquiries()


def test_a_finished_plane_is_not_asked_for_again(view: LossSurfaceView) -> None:
    """Else another picture that is shown to the network would begin it anew."""
    assert "plane" in view.inquiries()
    view.show_answer("plane", answer(view, found()))
    assert set(view.inquiries()) == {"place"}


def test_the_pointer_reads_computed_points_only(view: LossSurfaceView) -> None:
    view.show_answer("plane", answer(view, found()))
    view.map.pointed.emit((0.45, 0.05))
    assert view.map.value_at_pointer == "loss 0.350"  # at (0.5, 0)


def test_in_the_window_it_is_computed_while_the_run_rests(window: MainWindow, qtbot: QtBot) -> None:
    view = LossSurfaceView(window.open_project)
    view.size_choice.show_value("17")
    window.add_view(view)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    window.live.catch_up(view)
    qtbot.waitUntil(lambda: view._found is not None and view._found.done == 1, timeout=60_000)
    assert view._found is not None
    assert view._found.values is not None
    assert view._found.values[8, 8] == pytest.approx(view._found.loss, rel=1e-6)
    view.close()
