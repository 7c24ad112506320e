"""What is written on wires: shapes that cover nothing, and problems where modules meet, mended with a click."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsSceneHoverEvent

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.joints import joint_problems
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.canvas.routing import Cards, rounded, route
from convnet_studio.ui.canvas.wire_label import LEGIBLE, label_font, place_labels


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def check_places(bench: CanvasBench) -> int:
    """No label covers a card or another label; how many there are."""
    places = [item.label_place.rect for item in bench.scene.links.values() if item.label_place]
    for place in places:
        assert not [each for each in bench.scene.modules.values() if each.rect.intersects(place)]
        assert not [each for each in places if each is not place and each.intersects(place)]
    return len(places)


@pytest.mark.parametrize("name", preset_names())
def test_labels_cover_no_card_and_no_other_label(qtbot, name):
    project = load_preset(name)
    data = load_dataset(project.data.dataset)
    bench = CanvasBench(qtbot, project)
    bench.view.set_summary(summarize(project, data.input_shape, data.classes))
    check_places(bench)
    unlabelled = [item for item in bench.scene.links.values() if not item.label_place]
    assert len(unlabelled) <= 3
    for item in unlabelled:
        assert not item.seam.isEmpty(), "where cards interlock in a low frame there is no room: the seam's tip says it"
        item.hoverEnterEvent(QGraphicsSceneHoverEvent())
        assert item.label in item.toolTip()


@pytest.mark.parametrize("name", preset_names())
def test_labels_lie_off_the_edges_of_frames(qtbot, name):
    project = load_preset(name)
    data = load_dataset(project.data.dataset)
    bench = CanvasBench(qtbot, project)
    bench.view.set_summary(summarize(project, data.input_shape, data.classes))
    for item in bench.scene.links.values():
        for frame in bench.scene.stages.shown_frames() if item.label_place else ():
            place = item.label_place.rect
            assert frame.contains(place) or not frame.intersects(place)


def test_labels_lie_off_other_wires(qapp):
    ways = {
        Link(f"m{y}", "n"): rounded([(0, 200), (26, 200), (26, y), (500, y), (500, 200), (526, 200)]) for y in (12, 0)
    }
    places = place_labels(ways, dict.fromkeys(ways, "8@24×24"), [])
    assert len(places) == 2
    for link, place in places.items():
        others = [way for other, way in ways.items() if other != link]
        assert not any(place.rect.contains(way.pointAtPercent(part / 500)) for way in others for part in range(501))


def test_a_wire_is_labelled_with_the_shape_that_it_carries_and_follows_edits(bench):
    wire = bench.scene.links[Link("m3", "m4")]
    assert wire.label == "8@24×24"
    bench.open_project.edit("fewer", edits.apply_change(bench.project, "m3", {"out_channels": 5}))
    assert wire.label == "5@24×24"
    assert bench.scene.links[Link("m9", "m10")].label == "16@4×4"
    assert bench.scene.links[Link("m10", "m11")].label == "256 values"


def test_labels_keep_clear_while_a_card_is_dragged(bench):
    start = bench.card_place("m4")
    bench.press_and_move(start, start + QPointF(40, 130).toPoint())
    assert check_places(bench) >= len(bench.scene.links) - 2
    bench.view.area.cancel_gesture()


def test_crowded_wires_do_without_a_label(qapp):
    random = np.random.default_rng(3)
    cards = [QRectF(170 * column, 220 * row, 150, 200) for column in range(3) for row in range(3)]
    ways: dict[Link, QPainterPath] = {}
    for number in range(40):
        source, target = random.choice(9, 2, replace=False)
        start = QPointF(cards[source].right(), cards[source].top() + 76)
        end = QPointF(cards[target].left(), cards[target].top() + 76)
        ways[Link(f"a{number}", f"b{number}")] = route(start, end, Cards(cards))
    places = list(place_labels(ways, dict.fromkeys(ways, "64@24×24"), cards).values())
    assert 3 < len(places) < 40
    for place in places:
        assert not any(place.rect.intersects(card) for card in cards)
        assert not any(place.rect.intersects(other.rect) for other in places if other is not place)


def test_labels_grow_where_the_canvas_is_small_and_vanish_where_they_cannot_be_read(qapp):
    sizes = {scale: font.pixelSize() * scale for scale in (2.0, 1.0, 0.8, 0.7) if (font := label_font(scale))}
    assert len(sizes) == 4
    assert min(sizes.values()) >= LEGIBLE
    assert label_font(0.5) is None


def test_a_problem_is_told_at_the_joint_and_mended_with_one_click(bench):
    wire = Link("m6", "m7")
    bench.open_project.edit("too large", edits.apply_change(bench.project, "m7", {"kernel_size": 31}))
    item = bench.scene.links[wire]
    assert item.problem
    assert "Kernel 31 is larger than the 12×12 map: use 11 or less" in item.toolTip()
    assert not any(each.problem for link, each in bench.scene.links.items() if link != wire)
    bench.click(bench.place(item.joint))
    assert bench.project.network.module("m7").settings["kernel_size"] == 11
    assert not bench.scene.links[wire].problem
    bench.open_project.undo_stack.undo()
    assert bench.scene.links[wire].problem


def test_a_sign_that_cannot_mend_selects_the_card(bench):
    project = edits.delete_links(bench.project, [Link("m10", "m11")])
    project, add = edits.insert_module(project, "Add", (300, 700))
    project = edits.connect(edits.connect(project, "m3", add, 0), "m7", add, 1)
    bench.open_project.edit("mismatch", project)
    first, second = bench.scene.links[Link("m3", add, 0)], bench.scene.links[Link("m7", add, 1)]
    assert second.problem
    assert not first.problem, "the second is the one that differs"
    before = bench.project
    bench.view.area.centerOn(second.joint)
    bench.click(bench.place(second.joint))
    assert not second.problem.mend
    assert bench.project == before
    assert bench.open_project.selection == {add}


def test_nothing_is_marked_behind_a_module_that_does_not_compute():
    project = edits.apply_change(load_preset("two-stage-digits"), "m3", {"kernel_size": 31})
    summary = summarize(project, (1, 28, 28), 10)
    assert list(joint_problems(project.network, summary)) == [Link("m2", "m3")]
    assert joint_problems(project.network, summarize(project, (1, 64, 64), 10)) == {}
    own = replace(summary.modules["m7"], problems=summary.modules["m3"].problems)
    with_own = replace(summary, modules={**summary.modules, "m7": own})
    assert list(joint_problems(project.network, with_own)) == [Link("m2", "m3")], "nobody knows what reaches it"


def test_a_press_elsewhere_on_the_wire_selects_it(bench):
    bench.open_project.edit("too large", edits.apply_change(bench.project, "m7", {"kernel_size": 31}))
    item = bench.scene.links[Link("m6", "m7")]
    bench.click(bench.place(item.path().pointAtPercent(0.5)))
    assert bench.scene.selected_links == {Link("m6", "m7")}
    assert bench.project.network.module("m7").settings["kernel_size"] == 31
