from __future__ import annotations

import numpy as np
import pytest
from canvas_bench import PICTURE, CanvasBench
from PySide6.QtCore import QRectF, QSizeF

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.probes import Probes
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.stage_layout import FRAME_GAP, HEADER
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


def check_wires(bench: CanvasBench) -> None:
    """No wire comes near a card but its own."""
    for link, item in bench.scene.links.items():
        for module_id, card in bench.scene.modules.items():
            if module_id not in (link.source, link.target):
                assert not item.shape().intersects(card.rect), (link, module_id)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_stands_without_overlap_or_problem(qtbot, name):
    project = load_preset(name)
    data = load_dataset(project.data.dataset)
    bench = CanvasBench(qtbot, project)
    bench.view.set_class_names(list(data.class_names))
    bench.view.set_summary(summarize(project, data.input_shape, data.classes))
    bench.assert_in_step()
    check_wires(bench)
    assert not any(item.card.problems for item in bench.scene.modules.values())
    rects = [item.rect for item in bench.scene.modules.values()]
    for rect in rects:
        assert not any(rect.adjusted(0, 0, CARD_GAP - 1, 0).intersects(other) for other in rects if other is not rect)
    solid = bench.scene.stages.solid_rects()
    for rect in solid:
        assert not any(rect.adjusted(0, 0, FRAME_GAP - 1, 8).intersects(other) for other in solid if other is not rect)


@pytest.mark.parametrize("name", preset_names())
def test_no_wire_crosses_the_header_of_a_stage(qtbot, name):
    project = load_preset(name)
    data = load_dataset(project.data.dataset)
    bench = CanvasBench(qtbot, project)
    bench.view.set_class_names(list(data.class_names))
    bench.view.set_summary(summarize(project, data.input_shape, data.classes))
    for frame in bench.scene.stages.frames.values():
        header = QRectF(frame.rect.topLeft(), QSizeF(frame.rect.width(), HEADER))
        assert not [link for link, item in bench.scene.links.items() if item.shape().intersects(header)]


def test_items_follow_every_edit_undo_and_redo(bench):
    project = bench.project
    wire = Link("m3", "m4")
    inserted, new_id = edits.insert_on_link(project, wire, "ReLU", (489, 40), make_room=180)
    steps = [
        inserted,
        edits.move_modules(inserted, {new_id: (500, 60), "m1": (10, 10)}),
        edits.rename_module(inserted, "m3", "edges"),
        edits.delete_modules(inserted, ["m5", "m6"]),
        edits.delete_links(inserted, [Link("m1", "m2")]),
        edits.replace_module(inserted, "m4", "Abs"),
        edits.apply_change(inserted, "m3", {"out_channels": 20}),
    ]
    for step in steps:
        bench.open_project.edit("step", step)
        bench.assert_in_step()
    for _ in steps:
        bench.open_project.undo_stack.undo()
        bench.assert_in_step()
    assert bench.project.network == project.network
    for _ in steps:
        bench.open_project.undo_stack.redo()
        bench.assert_in_step()


def test_cards_that_stay_keep_their_item(bench):
    before = dict(bench.scene.modules)
    bench.open_project.edit("delete", edits.delete_modules(bench.project, ["m4"]))
    assert all(bench.scene.modules[each] is before[each] for each in bench.scene.modules)


def test_another_project_replaces_all(bench):
    bench.open_project.open(load_preset("tiny-digits"))
    bench.assert_in_step()
    assert bench.view.zoom > 0.5


def test_empty_project_and_empty_snapshot_survive(qtbot):
    bench = CanvasBench(qtbot, Project())
    empty = Snapshot(1, 0, 0.0, np.zeros(PICTURE, np.float32), -1)
    bench.view.show_snapshot(empty)
    bench.view.fit()
    assert bench.view.probes() == Probes()
    assert not bench.view.grab().isNull()
    full = CanvasBench(qtbot)
    full.view.show_snapshot(empty)
    assert not full.view.grab().isNull()


def test_unknown_kind_and_wires_to_it_survive(qtbot):
    modules = (ModuleSpec("m1", "Input"), ModuleSpec("m2", "Capsule", position=(200, 0)))
    bench = CanvasBench(qtbot, Project(network=NetworkSpec(modules, (Link("m1", "m2"),)), next_id=3))
    assert bench.scene.modules["m2"].card.word == "unknown module"
    assert not bench.view.grab().isNull()


def test_card_sizes_stay_while_numbers_change(bench):
    sizes = {each: item.layout.size for each, item in bench.scene.modules.items()}
    for seed in range(3):
        bench.view.show_snapshot(bench.snapshot(seed))
        assert {each: item.layout.size for each, item in bench.scene.modules.items()} == sizes


def test_numbers_that_are_not_finite_are_drawn(bench):
    snapshot = bench.snapshot()
    broken = {each: np.full_like(output, np.nan) for each, output in snapshot.outputs.items()}
    bench.view.show_snapshot(
        Snapshot(1, 0, 0.0, snapshot.picture, 3, broken, {}, float("inf"), np.full(10, np.nan, np.float32))
    )
    assert not bench.view.grab().isNull()


def test_snapshot_changes_the_picture(bench):
    empty = bench.view.grab().toImage()
    bench.view.show_snapshot(bench.snapshot(1))
    first = bench.view.grab().toImage()
    bench.view.show_snapshot(bench.snapshot(2))
    assert empty != first
    assert first != bench.view.grab().toImage()


def test_snapshot_of_an_earlier_shape_is_left_out(bench):
    snapshot = bench.snapshot()
    bench.open_project.edit("fewer", edits.apply_change(bench.project, "m3", {"out_channels": 5}))
    bench.view.show_snapshot(snapshot)
    assert not bench.view.grab().isNull()


def test_probes_ask_only_for_what_is_in_view(bench):
    bench.view.fit()
    probes = bench.view.probes()
    assert probes.outputs == frozenset(bench.scene.modules)
    assert probes.parameters == {"m3", "m7"}
    bench.view.area.centerOn(20_000, 20_000)
    assert bench.view.probes() == Probes()


def test_theme_switch_repaints(bench):
    bench.view.show_snapshot(bench.snapshot())
    light = bench.view.grab().toImage()
    try:
        theme_switch().use(DARK)
        assert bench.view.grab().toImage() != light
    finally:
        theme_switch().use(LIGHT)
    assert bench.view.grab().toImage() == light


def test_selection_goes_both_ways_and_is_told(bench):
    bench.open_project.select(frozenset({"m3"}))
    assert bench.scene.modules["m3"].state.is_selected
    assert "Conv2d" in bench.view.area.accessibleDescription()
    bench.open_project.select(frozenset())
    assert not bench.scene.modules["m3"].state.is_selected


def test_status_line_tells_totals_and_general_problems(bench):
    assert bench.view.status.text().startswith("5,994 parameters")
    assert "10 classes" in bench.view.status.text()
