"""Wires that tell what they carry: numbers, widths, colours, dashes that move with training, and what is asked for."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec
from convnet_studio.engine.project.unfold import carried_by, unfold
from convnet_studio.engine.training.probes import Probes
from convnet_studio.ui.canvas import live_wires
from convnet_studio.ui.canvas.live_wires import FASTEST, PIXELS_PER_STEP
from convnet_studio.ui.canvas.wire_flow import (
    THICKEST,
    THINNEST,
    Carried,
    Flow,
    WireMeaning,
    WireScale,
    sign_color,
)
from convnet_studio.ui.theme import DARK, LIGHT, theme, theme_switch

WIRE = Link("m3", "m4")


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def with_gradients(snapshot):
    random = np.random.default_rng(1)
    shapes = {each: array.shape for each, array in snapshot.outputs.items()}
    drawn = {each: random.normal(0, 0.1, shape).astype(np.float32) for each, shape in shapes.items()}
    return replace(snapshot, gradients=drawn)


def test_the_numbers_are_those_of_the_array():
    carried = Carried.of(np.array([[[-1.5, 0.25], [0.0, 4.0]]], np.float32))
    assert (carried.mean, carried.magnitude, carried.low, carried.high) == (0.6875, 1.4375, -1.5, 4.0)
    assert carried.sign == pytest.approx(0.6875 / 1.4375)
    words = carried.words("activation")
    assert "1@2×2" in words
    assert "mean 0.6875, mean absolute value 1.438" in words
    assert "range -1.5 … 4" in words
    assert "finite" in Carried.of(np.array([1.0, np.nan], np.float32)).words("activation")


def test_widths_spread_over_the_range_of_the_network():
    scale = WireScale.over([3e-4, 1e-3, 3e-3, 0.0, float("nan")])
    assert (scale.low, scale.high) == (3e-4, 3e-3)
    assert scale.width(3e-4) == THINNEST
    assert scale.width(3e-3) == THICKEST
    assert scale.width(3e-4 * 10**0.5) == pytest.approx((THINNEST + THICKEST) / 2)
    assert scale.width(0.0) == scale.width(float("nan")) == THINNEST
    assert WireScale.over([]).width(1.0) == THINNEST


def test_what_is_nearly_the_same_does_not_look_as_if_it_differed_and_nothing_makes_all_others_alike():
    alike = WireScale.over([1.0, 1.01])
    assert alike.width(1.0) > 0.9 * THICKEST
    spread = WireScale.over([1e-30, 0.1, 1.0])
    assert spread.width(1.0) - spread.width(0.1) > 1


@pytest.mark.parametrize("name", [LIGHT, DARK])
def test_signs_have_the_colours_of_the_maps_and_none_is_the_ground(qapp, name):
    theme_switch().use(name)
    try:
        for meaning in (WireMeaning.ACTIVATION, WireMeaning.GRADIENT):
            colors = {sign: sign_color(sign, meaning) for sign in (-1.0, 0.0, 1.0)}
            assert colors[0.0] == theme().color("strong_line")
            assert len({each.name() for each in colors.values()}) == 3
        warm, cold = sign_color(1.0, WireMeaning.ACTIVATION), sign_color(-1.0, WireMeaning.ACTIVATION)
        assert warm.red() > warm.blue()
        assert cold.blue() > cold.red()
        green, purple = sign_color(1.0, WireMeaning.GRADIENT), sign_color(-1.0, WireMeaning.GRADIENT)
        assert green.green() > green.red()
        assert purple.red() > purple.green()
    finally:
        theme_switch().use(LIGHT)


def test_nothing_is_asked_for_while_off(bench):
    plain = bench.view.probes()
    assert bench.view.wires.probes(bench.view.visible_modules()) == Probes()
    bench.view.show_wires(WireMeaning.GRADIENT)
    asked = bench.view.probes()
    assert asked.gradients == {link.source for link in bench.project.network.links}
    assert asked.outputs == plain.outputs
    bench.view.show_wires(WireMeaning.OFF)
    assert bench.view.probes() == plain
    assert all(item.flow is None for item in bench.scene.links.values())


def test_only_wires_in_view_are_asked_for(bench):
    bench.view.show_wires(WireMeaning.GRADIENT)
    bench.view.area.scale_to(3.0)
    bench.view.area.centerOn(bench.scene.modules["m1"].rect.center())
    assert "m12" not in bench.view.probes().gradients
    assert "m1" in bench.view.probes().gradients


def test_wires_draw_what_their_source_puts_out(bench):
    bench.view.show_wires(WireMeaning.ACTIVATION)
    snapshot = bench.snapshot()
    bench.view.show_snapshot(snapshot)
    magnitudes = {}
    for link, item in bench.scene.links.items():
        assert item.flow
        assert item.flow.carried == Carried.of(snapshot.outputs[link.source])
        magnitudes[link] = item.flow.carried.magnitude
    widest = max(magnitudes, key=lambda link: magnitudes[link])
    assert bench.scene.links[widest].flow.width == THICKEST
    assert bench.view.wires.scale.high == magnitudes[widest]
    thinnest = min(magnitudes, key=lambda link: magnitudes[link])
    assert bench.scene.links[thinnest].flow.width == THINNEST


def test_the_scale_begins_anew_with_another_run(bench):
    bench.view.show_wires(WireMeaning.ACTIVATION)
    snapshot = bench.snapshot()
    bench.view.show_snapshot(snapshot)
    larger = {each: 10 * array for each, array in snapshot.outputs.items()}
    bench.view.show_snapshot(replace(snapshot, outputs=larger))
    before = bench.view.wires.scale.high
    bench.view.show_snapshot(replace(snapshot, outputs={"m3": snapshot.outputs["m3"]}))
    assert bench.view.wires.scale.high == before, "what is out of view keeps its magnitude"
    bench.view.show_snapshot(replace(snapshot, run_id=2, outputs={"m3": snapshot.outputs["m3"]}))
    assert bench.view.wires.scale.high == Carried.of(snapshot.outputs["m3"]).magnitude
    bench.open_project.open(bench.project)
    assert bench.view.wires.scale.high == 0


def test_gradients_come_from_the_gradients_and_what_is_missing_is_told(bench):
    bench.view.show_wires(WireMeaning.GRADIENT)
    snapshot = with_gradients(bench.snapshot())
    bench.view.show_snapshot(replace(snapshot, gradients={"m3": snapshot.gradients["m3"]}))
    assert bench.scene.links[WIRE].flow.carried == Carried.of(snapshot.gradients["m3"])
    missing = bench.scene.links[Link("m1", "m2")].flow
    assert missing.carried is None
    assert "not computed" in missing.words


def test_dashes_move_by_steps_and_stop_with_training(bench, monkeypatch):
    monkeypatch.setattr(live_wires, "wants_motion", lambda: True)
    bench.view.show_wires(WireMeaning.ACTIVATION)
    snapshot = bench.snapshot()
    travels = []
    for step in (0, 1, 1, 2, 1000):
        bench.view.show_snapshot(replace(snapshot, step=step))
        travels.append(bench.scene.links[WIRE].flow.travel)
    moved = np.diff(travels)
    assert moved == pytest.approx([PIXELS_PER_STEP, 0, PIXELS_PER_STEP, FASTEST])
    bench.view.show_wires(WireMeaning.GRADIENT)
    bench.view.show_snapshot(replace(with_gradients(snapshot), step=1001))
    assert bench.scene.links[WIRE].flow.travel <= 0, "gradients run backwards"


def test_nothing_moves_where_the_system_asks_for_less_motion(bench, monkeypatch):
    monkeypatch.setattr(live_wires, "wants_motion", lambda: False)
    bench.view.show_wires(WireMeaning.ACTIVATION)
    for step in range(4):
        bench.view.show_snapshot(replace(bench.snapshot(), step=step))
        assert bench.scene.links[WIRE].flow.travel == 0


def test_hover_tells_the_numbers_in_words(bench):
    bench.view.show_wires(WireMeaning.ACTIVATION)
    snapshot = bench.snapshot()
    bench.view.show_snapshot(snapshot)
    item = bench.scene.links[Link("m6", "m7")]
    bench.view.area.centerOn(item.path().pointAtPercent(0.5))
    QTest.mouseMove(bench.viewport, bench.place(item.path().pointAtPercent(0.5)))
    words = item.toolTip()
    assert "LPPool2d → Conv2d" in words
    assert f"mean {snapshot.outputs['m6'].mean(dtype=np.float64):.4g}" in words
    assert f"… {snapshot.outputs['m6'].max():.4g}" in words
    assert not re.search(r"\d{6}", words.replace(".", ""))
    bench.view.show_snapshot(bench.snapshot(seed=5))
    assert item.toolTip() != words, "it follows training"


def painted(flow: Flow | None, bench: CanvasBench) -> QImage:
    image = QImage(400, 60, QImage.Format.Format_RGB32)
    image.fill(theme().color("canvas"))
    painter = QPainter(image)
    item = bench.scene.links[WIRE]
    item.set_flow(flow)
    painter.translate(-item.path().pointAtPercent(0).x() + 10, -item.path().pointAtPercent(0).y() + 30)
    flow.paint(painter, item.path(), 1.0)
    painter.end()
    return image


def test_a_wide_wire_covers_more_and_its_dashes_are_where_they_have_moved(bench):
    carried = Carried.of(np.full((2, 3, 3), 0.5, np.float32))
    thin = painted(Flow(WireMeaning.ACTIVATION, carried, 2.0), bench)
    wide = painted(Flow(WireMeaning.ACTIVATION, carried, 10.0), bench)
    ground = theme().color("canvas").rgb()
    covered = [sum(image.pixel(20, y) != ground for y in range(60)) for image in (thin, wide)]
    assert covered[0] <= 4
    assert covered[1] >= 9
    assert painted(Flow(WireMeaning.ACTIVATION, carried, 10.0, travel=5.0), bench) != wide


def test_a_recurrent_wire_carries_what_was_a_step_of_time_before():
    kinds = {"in": "Input", "add": "Add", "fc": "Linear", "loss": "NLLLoss"}
    links = (Link("in", "add"), Link("fc", "add", 1, is_recurrent=True), Link("add", "fc"), Link("fc", "loss"))
    network = NetworkSpec(tuple(ModuleSpec(*each) for each in kinds.items()), links, unfold=3)
    back = network.links[1]
    assert carried_by(network, back) == "fc@1"
    assert any(each.source == "fc@1" and each.target == "add" for each in unfold(network).network.links)
    assert carried_by(network, network.links[3]) == "fc"


def test_the_legend_says_what_the_widths_mean_and_stands_clear(bench):
    legend = bench.view.legend
    assert not legend.isVisible()
    bench.view.show_wires(WireMeaning.ACTIVATION)
    bench.view.show_snapshot(bench.snapshot())
    assert legend.isVisible()
    assert "activation" in legend.accessibleName()
    assert "logarithmic" in legend.accessibleName()
    low, high = legend.ends
    assert float(low) == pytest.approx(bench.view.wires.scale.low, rel=0.01)
    assert float(high) == pytest.approx(bench.view.wires.scale.high, rel=0.01)
    for width, is_above in ((1600, False), (1000, True)):  # beside the status, where there is room
        bench.view.resize(width, 520)
        bench.view.fit()
        assert (legend.geometry().bottom() < bench.view.status.geometry().top()) is is_above
        assert not legend.geometry().intersects(bench.view.status.geometry())
        for below in (0, 41):  # a notice lifts what floats, and leaves the cards where they are
            bench.view.keep_free_below(below)
            covered = bench.view.area.mapFromScene(bench.scene.covered_rect()).boundingRect()
            assert covered.bottom() < legend.geometry().top()
        bench.view.keep_free_below(0)
    bench.view.show_wires(WireMeaning.OFF)
    bench.view.fit()
    bench.view.show_wires(WireMeaning.ACTIVATION)
    covered = bench.view.area.mapFromScene(bench.scene.covered_rect()).boundingRect()
    assert covered.bottom() < legend.geometry().top(), "what it would cover moves up"


def folded(bench: CanvasBench) -> str:
    """Folds the first stage; its title."""
    stage = bench.project.network.stages[0]
    bench.open_project.edit("fold", edits.fold_stage(bench.project, stage.id, True))
    return bench.scene.stages.folded[stage.id].card.title


def test_a_wire_names_the_folded_stage_that_one_sees_also_while_nothing_is_trained(bench):
    bench.view.show_wires(WireMeaning.ACTIVATION)
    bench.view.show_snapshot(bench.snapshot())
    wire = Link("m6", "m7")
    assert bench.scene.links[wire].flow.ends == "LPPool2d → Conv2d"
    stage = folded(bench)
    assert bench.scene.links[wire].flow.ends == f"{stage} → Conv2d"
    bench.view.show_snapshot(bench.snapshot())
    assert bench.scene.links[wire].flow.ends == f"{stage} → Conv2d"


def test_the_scale_is_that_of_the_wires_in_sight(bench):
    bench.view.show_wires(WireMeaning.ACTIVATION)
    folded(bench)
    snapshot = bench.snapshot()
    large = dict(snapshot.outputs) | {"m4": 1e5 * snapshot.outputs["m4"]}
    bench.view.watch_all(True)
    bench.view.show_snapshot(replace(snapshot, outputs=large))
    assert bench.scene.stages.hides(Link("m4", "m5"))
    assert bench.view.wires.scale.high < 1e4


def in_the_joint(bench: CanvasBench, link: Link) -> QImage:
    """What is painted between the two cards that a wire joins."""
    seam = bench.scene.links[link].seam
    image = QImage(seam.size().toSize(), QImage.Format.Format_RGB32)
    image.fill(theme().color("canvas"))
    painter = QPainter(image)
    bench.scene.render(painter, QRectF(image.rect()), seam)
    painter.end()
    return image


def row_of(image: QImage, y: int, color: QColor) -> int:
    """How many pixels of a row have about this colour."""
    seen = [image.pixelColor(x, y) for x in range(image.width())]
    return sum(max(abs(each.red() - color.red()), abs(each.blue() - color.blue())) < 12 for each in seen)


def test_interlocked_cards_tell_width_and_colour_in_their_seam(bench):
    item = bench.scene.links[WIRE]
    assert item.seam.height() > 40
    before = in_the_joint(bench, WIRE)
    carried = Carried.of(np.full((2, 3, 3), 0.5, np.float32))
    color = sign_color(1.0, WireMeaning.ACTIVATION)
    for width in (2.0, 10.0):
        item.set_flow(Flow(WireMeaning.ACTIVATION, carried, width))
        told = in_the_joint(bench, WIRE)
        wide = max(row_of(told, y, color) for y in range(6, 18))
        assert width - 1 <= wide <= width + 1
    item.set_flow(Flow(WireMeaning.ACTIVATION, carried, 10.0, travel=5.0))
    assert in_the_joint(bench, WIRE) != told, "its dashes move"
    item.set_flow(Flow(WireMeaning.ACTIVATION, None))
    assert row_of(in_the_joint(bench, WIRE), 10, color) == 0
    item.set_flow(None)
    assert in_the_joint(bench, WIRE) == before


def test_only_short_wires_tell_it_there(bench):
    assert bench.scene.links[Link("m6", "m7")].seam.isEmpty()
    assert bench.scene.links[Link("m1", "m2")].seam.isEmpty(), "there is room at the edge of a frame"


def test_the_pointer_finds_a_wire_everywhere_in_its_seam(bench):
    item = bench.scene.links[WIRE]
    at = item.seam.center() + QPointF(0, 20)
    QTest.mouseMove(bench.viewport, bench.place(at) + QPoint(40, 40))
    QTest.mouseMove(bench.viewport, bench.place(at))
    assert item.toolTip() == "Carries 8@24×24"
