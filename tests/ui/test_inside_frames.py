"""Inside a frame: wires keep clear of the header, problems of everything that lies around their card."""

from __future__ import annotations

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPointF, QRectF

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.card_layout import HEADER_HEIGHT
from convnet_studio.ui.canvas.wire_label import THICKNESS

CONV, ABS, POOL = "m3", "m5", "m6"
"""Of Stage 1 of two-stage-digits: a card that is higher than those between it and the last."""


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def points(bench: CanvasBench, link: Link) -> list[QPointF]:
    way = bench.scene.links[link].path()
    return [way.pointAtPercent(part / 200) for part in range(201)]


def check_inside(bench: CanvasBench, link: Link) -> None:
    """A wire runs in the frame, below its header, over no card, with its label on it."""
    frame = bench.scene.stages.frames["s14"].rect
    (header,) = (each for each in bench.scene.stages.headers() if each.topLeft() == frame.topLeft())
    along = points(bench, link)
    assert all(frame.contains(at) and not header.contains(at) for at in along)
    for each in bench.scene.modules.values():
        assert not any(each.rect.adjusted(1, 1, -1, -1).contains(at) for at in along)
    place = bench.scene.links[link].label_place
    assert place is not None
    reach = place.rect.adjusted(-THICKNESS, -THICKNESS, THICKNESS, THICKNESS)
    assert frame.contains(place.rect)
    assert any(reach.contains(at) for at in along)


def test_a_skip_wire_runs_below_the_cards_in_its_frame(bench):
    bench.open_project.edit("Connect", edits.connect(bench.project, CONV, POOL, 0))
    check_inside(bench, Link(CONV, POOL))


def test_a_skip_wire_into_an_add_too(bench):
    bench.view.editor.add_on_link("Add", Link(ABS, POOL), bench.scene.modules[POOL].rect.topLeft())
    (add,) = (each.id for each in bench.project.network.modules if each.kind == "Add")
    bench.open_project.edit("Connect", edits.connect(bench.project, CONV, add, 1))
    check_inside(bench, Link(CONV, add, 1))


def test_a_wire_back_stays_in_the_frame_too(bench):
    bench.view.editor.connect_back(POOL, Link("m3", "m4"))
    (add,) = (each.id for each in bench.project.network.modules if each.kind == "Add")
    frame = bench.scene.stages.frames["s14"].rect  # of other shapes: nothing is computed, and no label says so
    assert all(frame.contains(at) for at in points(bench, Link(POOL, add, 1, is_recurrent=True)))


def test_a_frame_grows_for_a_wire_below_its_highest_card(bench):
    before = bench.scene.stages.frames["s14"].rect
    bench.open_project.edit("Connect", edits.connect(bench.project, "m2", ABS, 0))
    check_inside(bench, Link("m2", ABS))
    after = bench.scene.stages.frames["s14"].rect
    assert before.bottom() < after.bottom() < bench.scene.stages.frames["s15"].rect.top() - 8


def test_a_wire_into_the_middle_of_a_stage_passes_its_header_by(bench):
    bench.open_project.edit("Connect", edits.connect(bench.project, "m1", "m4", 0))
    header = bench.scene.stages.headers()[0]
    assert not any(header.contains(at) for at in points(bench, Link("m1", "m4")))


def too_large(bench: CanvasBench, module_id: str) -> None:
    bench.open_project.edit("Too large", edits.apply_change(bench.project, module_id, {"kernel_size": 31}))


def test_a_problem_is_one_line_in_the_frame_until_it_is_asked_for(bench):
    too_large(bench, CONV)
    item, frame = bench.scene.modules[CONV], bench.scene.stages.frames["s14"]
    at_rest, around = item.rect, QRectF(frame.rect)
    assert at_rest == item.shown_rect
    assert around.contains(at_rest)
    assert around.bottom() < bench.scene.stages.frames["s15"].rect.top()
    ways = {link: wire.path() for link, wire in bench.scene.links.items()}
    bench.open_project.select(frozenset({CONV}))
    assert item.shown_rect.height() > at_rest.height() + 30
    assert item.zValue() > max(each.zValue() for each in bench.scene.modules.values() if each is not item)
    assert (item.rect, frame.rect) == (at_rest, around)  # nothing moves for what is told
    assert {link: wire.path() for link, wire in bench.scene.links.items()} == ways
    bench.open_project.select(frozenset())
    assert item.shown_rect == at_rest


def test_a_mend_is_never_under_what_floats_over_the_canvas(bench):
    too_large(bench, "m7")
    item = bench.scene.modules["m7"]
    area = bench.view.area
    area.verticalScrollBar().setValue(area.verticalScrollBar().value() - 60)
    item.set_state(is_hovered=True)
    for covered in (0, 40):  # a notice comes while it is told
        bench.view.keep_free_below(covered)
        mend = bench.place_rect(item.layout.mend.translated(item.pos()))
        assert mend.bottom() < bench.view.status.geometry().top()
        assert item.layout.problem.top() >= HEADER_HEIGHT
