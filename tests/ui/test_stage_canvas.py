"""Stages on the canvas: frames and what is done to them with mouse and keys, folding, slots, ready stages."""

from __future__ import annotations

import itertools

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import new_project
from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.stage_inserts import insert_stage
from convnet_studio.engine.project.stages import load_stage
from convnet_studio.ui.canvas import stage_item
from convnet_studio.ui.canvas.stage_layout import FRAME_GAP, FRAME_PADDING, HEADER, Part
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    """Its stages: s14 of m2 to m6, s15 of m7 to m9 (without normalization), s16 of m10 to m13."""
    bench = CanvasBench(qtbot)
    bench.view.fit()
    return bench


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def frame(bench: CanvasBench, stage_id: str):
    return bench.scene.stages.frames[stage_id]


def folded(bench: CanvasBench, stage_id: str):
    return bench.scene.stages.folded[stage_id]


def place_of(bench: CanvasBench, stage_id: str, part: Part, index: int = -1) -> QPoint:
    if stage_id in bench.scene.stages.folded:
        item = folded(bench, stage_id)
        rect = item.parts.chips[index] if part is Part.SLOT else getattr(item.parts, part.name.lower())
        return bench.place(item.pos() + rect.center())
    return bench.place(frame(bench, stage_id).place_of(part, index))


def ground(bench: CanvasBench, stage_id: str) -> QPoint:
    """A point of the frame that nothing else covers: its lower edge."""
    rect = frame(bench, stage_id).rect
    return bench.place(QPointF(rect.center().x(), rect.bottom() - 5))


def solid_overlaps(bench: CanvasBench) -> bool:
    rects = bench.scene.stages.solid_rects()
    return any(a.intersects(b) for index, a in enumerate(rects) for b in rects[index + 1 :])


# -------------------------------------------------------------------- frames


def test_frames_surround_the_cards_of_their_stages(bench):
    for stage in bench.project.network.stages:
        item = frame(bench, stage.id)
        assert item.isVisible()
        for each in stage.modules:
            inner = item.rect.adjusted(FRAME_PADDING, HEADER, -FRAME_PADDING, -FRAME_PADDING)
            assert inner.contains(bench.scene.modules[each].rect)
    assert [len(frame(bench, each).joints) for each in ("s14", "s15", "s16")] == [4, 2, 3]
    joint = frame(bench, "s15").joints[0]
    assert (joint.left, joint.right) == (Family.FILTER_BANK, Family.NON_LINEARITY)


def test_frames_follow_edits_and_undo(bench):
    stack = bench.open_project.undo_stack
    before = frame(bench, "s15").rect
    bench.open_project.edit("Move", edits.move_modules(bench.project, {"m9": (700, 420)}))
    assert frame(bench, "s15").rect != before
    assert len(frame(bench, "s15").joints) == 1
    bench.open_project.edit("Ungroup", edits.ungroup_stage(bench.project, "s15"))
    assert "s15" not in bench.scene.stages.frames
    bench.open_project.edit("Delete", edits.delete_modules(bench.project, ["m10", "m11", "m12", "m13"]))
    assert set(bench.scene.stages.frames) == {"s14"}
    stack.setIndex(0)
    assert frame(bench, "s15").rect == before
    assert set(bench.scene.stages.frames) == {"s14", "s15", "s16"}
    bench.open_project.open(new_project())
    assert not bench.scene.stages.frames


def test_a_click_on_the_frame_selects_the_stage_and_a_drag_moves_it_as_one_entry(bench):
    bench.click(ground(bench, "s14"))
    assert bench.open_project.selection == {"m2", "m3", "m4", "m5", "m6"}
    assert frame(bench, "s14").state.is_selected
    bench.click(ground(bench, "s15"), CTRL)
    assert bench.open_project.selection == {f"m{n}" for n in range(2, 10)}
    bench.key(Qt.Key.Key_Escape)
    before = {each: bench.scene.modules[each].pos() for each in bench.scene.modules}
    start = ground(bench, "s15")
    bench.drag(start, start + QPoint(0, 120))
    moved = {each for each, at in before.items() if bench.scene.modules[each].pos() != at}
    assert moved == {"m7", "m8", "m9"}
    assert len({bench.scene.modules[each].pos().y() - before[each].y() for each in moved}) == 1
    assert undo_texts(bench) == ["Move"]
    assert bench.project.network.stage("s15").modules == ("m7", "m8", "m9")
    bench.assert_in_step()


def test_looking_at_a_stage_never_edits(bench):
    for stage_id in ("s14", "s15", "s16"):
        bench.click(ground(bench, stage_id))
        bench.click(place_of(bench, stage_id, Part.NAME))
        QTest.mouseMove(bench.viewport, place_of(bench, stage_id, Part.LOCK))
    bench.click(place_of(bench, "s14", Part.SLOT, 2))
    assert bench.open_project.selection == {"m4", "m5"}
    assert undo_texts(bench) == []


def test_the_header_says_what_is_in_the_slots_and_what_it_costs(bench):
    face = frame(bench, "s14").face
    assert [slot.names for slot in face.slots] == [("LocalContrastNorm",), ("Conv2d",), ("Tanh", "Abs"), ("LPPool2d",)]
    known = bench.view._summary.modules
    assert face.parameters == sum(known[each].parameters for each in face.modules) == 208
    assert face.multiply_accumulates == sum(known[each].multiply_accumulates for each in face.modules)
    assert face.counters == ("8@12×12", "208 params", "149K MACs")
    item = frame(bench, "s14")
    assert item.layout.counters_text.startswith("8@12×12")
    assert "208 parameters" in item.tip_at(item.place_of(Part.COUNTERS))
    assert "none yet" in frame(bench, "s15").tip_at(frame(bench, "s15").place_of(Part.SLOT, 0))
    assert "Tanh, Abs" in item.tip_at(item.place_of(Part.SLOT, 2))


@pytest.mark.parametrize("zoom", [0.3, 0.5, 1.0, 2.0])
def test_the_parts_of_a_header_never_overlap(bench, zoom):
    bench.view.area.scale_to(zoom)
    bench.open_project.edit("Name", edits.rename_stage(bench.project, "s15", "A very long name of a stage, indeed so"))
    bench.open_project.edit("Half", edits.freeze_modules(bench.project, ["m7"], True))
    for item in bench.scene.stages.frames.values():
        layout, width = item.layout, item.rect.width()
        parts = [layout.chevron, layout.name, *layout.chips, layout.counters, layout.lock]
        parts = [each for each in parts if not each.isEmpty()]
        for left, right in itertools.pairwise(parts):
            assert left.right() <= right.left()
        assert parts[-1].right() <= width
        assert bool(layout.counters_text) == (zoom >= 0.6) or item.face.id == "s15"


# -------------------------------------------------------------------- padlock, name, grouping


def test_the_padlock_freezes_what_can_learn_and_shows_half(bench):
    bench.open_project.edit("Group", edits.group_stage(bench.project, [f"m{n}" for n in range(7, 14)])[0])
    (both,) = (each.id for each in bench.project.network.stages if len(each.modules) == 7)
    bench.open_project.edit("One", edits.freeze_modules(bench.project, ["m7"], True))
    face = frame(bench, both).face
    assert (face.frozen, face.learning, face.is_half_frozen) == (1, 2, True)  # Conv2d, Linear
    assert "1 of its 2" in face.lock_help
    bench.click(place_of(bench, both, Part.LOCK))
    assert frame(bench, both).face.is_frozen
    assert undo_texts(bench)[-1] == "Freeze"
    bench.click(place_of(bench, both, Part.LOCK))
    assert frame(bench, both).face.frozen == 0
    assert undo_texts(bench)[-1] == "Let learn"


def test_a_stage_is_renamed_in_place(bench):
    editor = bench.view.area.canvas.name_editor
    at = place_of(bench, "s14", Part.NAME)
    QTest.mouseClick(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseDClick(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert editor.isVisible()
    QTest.keyClicks(editor, "Eyes")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert bench.project.network.stage("s14").name == "Eyes"
    bench.key(Qt.Key.Key_F2)
    editor.clear()
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert bench.project.network.stage("s14").name == ""
    assert frame(bench, "s14").face.title == "Stage"
    assert undo_texts(bench) == ["Rename a stage"] * 2


def test_group_and_ungroup(bench):
    stages = bench.view.editor.stages
    bench.open_project.select(frozenset({"m1", "m2"}))
    stages.group()
    assert ("m1", "m2") in [each.modules for each in bench.project.network.stages]
    assert bench.project.network.stage("s14").modules == ("m3", "m4", "m5", "m6")
    assert bench.view.area.commands.refusals()["group_stage"] == "These modules are a stage already."
    stages.ungroup()
    assert bench.project.network.stage_of("m1") is None
    assert undo_texts(bench) == ["Group to a stage", "Ungroup"]
    bench.open_project.select(frozenset())
    refusals = bench.view.area.commands.refusals()
    names = ("duplicate", "rename", "delete", "group_stage", "ungroup_stage", "fold_stage", "freeze")
    assert all(refusals[each].startswith("Select") for each in names)
    stages.group()
    assert len(undo_texts(bench)) == 2


def test_the_context_menu_of_a_stage(bench):
    menu = bench.view.area._context_menu.open(bench.view.area.mapToScene(ground(bench, "s15")), QPoint(0, 0))
    texts = [each.text() for each in menu.actions() if each.text()]
    editing = ["Cut", "Copy", "Duplicate", "Rename…"]
    assert texts == [*editing, "Fold to one card", "Ungroup", "Freeze", "Delete 3 modules"]
    menu.actions()[texts.index("Fold to one card") + 1].trigger()
    menu.close()
    assert bench.project.network.stage("s15").is_folded
    bench.open_project.select(frozenset({"m3", "m7"}))
    menu = bench.view.area._context_menu.open(bench.scene.modules["m3"].rect.center(), QPoint(0, 0))
    texts = [each.text() for each in menu.actions() if each.text()]
    assert {"Group to a stage", "Take out of the stage"} <= set(texts)
    menu.close()


# -------------------------------------------------------------------- slots


def test_an_empty_slot_asks_for_a_module_and_takes_it(bench):
    bench.click(place_of(bench, "s15", Part.SLOT, 0))
    menu = bench.view.area.canvas.kind_menu
    assert menu.isVisible()
    kinds = menu.list.visible_names()
    assert "LocalContrastNorm" in kinds
    assert not {"Tanh", "Conv2d", "Flatten"} & set(kinds)
    QTest.keyClicks(menu.search, "local contrast")
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    assert undo_texts(bench) == ["Add LocalContrastNorm"]
    (new,) = bench.open_project.selection
    assert bench.project.network.stage("s15").modules == (new, "m7", "m8", "m9")
    assert {Link("m6", new), Link(new, "m7")} <= set(bench.project.network.links)
    assert not solid_overlaps(bench)
    assert not frame(bench, "s15").face.slots[0].is_empty
    bench.assert_in_step()


def test_the_row_behind_a_filled_last_slot_keeps_clear_of_the_frame(bench):
    new = bench.view.editor.stages.fill_slot("s15", "MaxPool2d")
    assert bench.project.network.stage("s15").modules == ("m7", "m8", "m9", new)
    gap = frame(bench, "s16").rect.left() - frame(bench, "s15").rect.right()
    assert gap >= FRAME_GAP


def test_a_module_from_the_palette_goes_into_its_slot(bench):
    at = ground(bench, "s15")
    assert bench.carry("SubtractiveNorm", at, drop=False)
    assert frame(bench, "s15").state.offered is Family.NORMALIZATION
    assert frame(bench, "s14").state.offered is None
    bench.carry("SubtractiveNorm", at)
    assert frame(bench, "s15").state.offered is None
    (new,) = bench.open_project.selection
    assert bench.project.network.stage("s15").modules[0] == new
    bench.carry("Flatten", at, drop=False)
    assert frame(bench, "s15").state.offered is None  # it fits into no slot


def test_a_slot_is_swapped_by_a_drop_on_its_card(bench):
    bench.carry("MaxPool2d", bench.place(bench.scene.modules["m9"].rect.center()))
    (menu,) = (each for each in bench.view.area.findChildren(QMenu) if each.isVisible())
    assert menu.actions()[0].text() == "Replace LPPool2d by MaxPool2d"
    menu.actions()[0].trigger()
    menu.close()
    assert bench.project.network.stage("s15").modules == ("m7", "m8", "m9")
    assert bench.project.network.module("m9").kind == "MaxPool2d"


def test_a_card_pulled_out_leaves_the_stage_and_keeps_its_wires(bench):
    links = bench.project.network.links
    start = bench.card_place("m5")
    near = start + QPoint(0, 12)
    bench.drag(start, near)
    assert "m5" in bench.project.network.stage("s14").modules
    before = frame(bench, "s14").rect
    bench.press_and_move(bench.card_place("m5"), bench.card_place("m5") - QPoint(0, 90))
    assert frame(bench, "s14").state.is_left
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, bench.card_place("m5"))
    assert bench.project.network.stage("s14").modules == ("m2", "m3", "m4", "m6")
    assert set(bench.project.network.links) == set(links)
    assert undo_texts(bench)[-1] == "Take out of the stage"
    assert not frame(bench, "s14").state.is_left
    assert frame(bench, "s14").rect.left() == before.left()
    bench.assert_in_step()


def test_a_card_that_is_carried_back_within_its_frame_stays_in_the_stage(bench):
    start = bench.card_place("m9")
    bench.press_and_move(start, start + QPoint(0, 200))
    assert frame(bench, "s15").state.is_left
    QTest.mouseMove(bench.viewport, start + QPoint(2, 2))
    assert not frame(bench, "s15").state.is_left
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(2, 2))
    assert "m9" in bench.project.network.stage("s15").modules


def test_escape_while_a_card_is_pulled_out_leaves_all_as_it_was(bench):
    before, project = frame(bench, "s15").rect, bench.project
    start = bench.card_place("m9")
    bench.press_and_move(start, start + QPoint(0, 200))
    bench.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    assert frame(bench, "s15").rect == before
    assert bench.project == project


def test_a_loose_card_jumps_into_its_slot_within_20_pixels(bench):
    after, norm = edits.insert_module(bench.project, "LocalContrastNorm", (300, 700))
    bench.open_project.edit("Add", after)
    bench.view.fit()
    target = bench.scene.modules["m7"].pos()
    scale = bench.view.zoom
    start = bench.card_place(norm)
    way = target - bench.scene.modules[norm].pos()
    to = start + QPointF((way.x() + 12) * scale, (way.y() + 9) * scale).toPoint()
    bench.press_and_move(start, to)
    assert frame(bench, "s15").state.offered is Family.NORMALIZATION
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, to)
    assert bench.project.network.stage("s15").modules == (norm, "m7", "m8", "m9")
    assert bench.scene.modules[norm].pos() == target
    assert {Link("m6", norm), Link(norm, "m7")} <= set(bench.project.network.links)
    assert undo_texts(bench)[-1] == "Put LocalContrastNorm into a stage"
    assert frame(bench, "s15").state.offered is None
    bench.open_project.undo_stack.undo()
    assert bench.scene.modules["m7"].pos() == target


def test_a_wired_card_comes_back_to_its_stage_at_its_place(bench):
    place = bench.scene.modules["m9"].pos()
    bench.open_project.edit("Out", edits.leave_stage(bench.project, ["m9"]))
    bench.open_project.edit("Move", edits.move_modules(bench.project, {"m9": (place.x() + 10, place.y() + 90)}))
    start = bench.card_place("m9")
    scale = bench.view.zoom
    bench.drag(start, start + QPointF(-4 * scale, -85 * scale).toPoint())
    assert bench.project.network.stage("s15").modules == ("m7", "m8", "m9")
    assert bench.scene.modules["m9"].pos() == place


def test_a_stage_without_wires_takes_modules_too(qtbot):
    project, ids = insert_stage(new_project(), load_stage("1990-stage"), (200, 400))
    bench = CanvasBench(qtbot, project)
    bench.view.fit()
    stage_id = project.network.stages[0].id
    bench.click(place_of(bench, stage_id, Part.SLOT, 0))
    menu = bench.view.area.canvas.kind_menu
    QTest.keyClicks(menu.search, "subtractive")
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    (new,) = bench.open_project.selection
    assert bench.project.network.stage(stage_id).modules == (new, *ids)
    items = list(bench.scene.modules.values())
    met = [(a, b) for index, a in enumerate(items) for b in items[index + 1 :] if a.rect.intersects(b.rect)]
    assert [(a.card.title, b.card.title, a.rect, b.rect) for a, b in met] == []


# -------------------------------------------------------------------- folding


def test_a_folded_stage_is_one_card_with_the_wires_of_all(bench):
    positions = {each.id: each.position for each in bench.project.network.modules}
    bench.view.show_snapshot(bench.snapshot())
    bench.click(place_of(bench, "s14", Part.CHEVRON))
    assert undo_texts(bench) == ["Fold"]
    card = folded(bench, "s14")
    assert card.isVisible()
    assert not frame(bench, "s14").isVisible()
    assert not any(bench.scene.modules[each].isVisible() for each in card.face.modules)
    assert positions == {each.id: each.position for each in bench.project.network.modules}
    assert (card.card.title, card.card.shape, card.card.parameters) == ("Stage 1", (8, 12, 12), 208)
    assert [(port.module_id, port.index) for port in card.ports] == [("m2", 0), ("m6", None)]
    way = bench.scene.links[Link("m6", "m7")].path()
    assert way.pointAtPercent(0) == card.ports[1].scenePos()
    assert bench.scene.links[Link("m1", "m2")].path().pointAtPercent(1) == card.ports[0].scenePos()
    assert not bench.scene.links[Link("m3", "m4")].isVisible()
    assert bench.scene.link_at(bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)) is None
    at = bench.place(card.rect.center())
    QTest.mouseDClick(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert not bench.project.network.stage("s14").is_folded
    bench.open_project.undo_stack.setIndex(0)
    assert not bench.scene.stages.folded
    assert all(item.isVisible() for item in bench.scene.modules.values())


def test_only_what_a_folded_stage_shows_is_probed(bench):
    assert {"m3", "m4", "m5", "m6"} <= bench.view.visible_modules()
    bench.view.editor.stages.fold("s14", True)
    assert bench.view.visible_modules() & {"m2", "m3", "m4", "m5", "m6"} == {"m6"}
    bench.view.editor.stages.fold("s16", True)
    assert bench.view.visible_modules() & {"m10", "m11", "m12", "m13"} == {"m12"}  # the loss has no output
    assert "m11" not in bench.view.probes().parameters


def test_a_folded_card_shows_the_live_maps_of_its_last_module(bench):
    bench.view.editor.stages.fold("s14", True)
    card = folded(bench, "s14")
    before = bench.viewport.grab(bench.place_rect(card.rect)).toImage()
    bench.view.show_snapshot(bench.snapshot())
    assert bench.viewport.grab(bench.place_rect(card.rect)).toImage() != before


def test_parallel_wires_into_a_folded_stage_get_a_port_each(bench):
    project = bench.project
    for kind in ("Add", "Tanh"):
        project, _ = edits.insert_module(project, kind, (600, 700))
    add, tanh = (each.id for each in project.network.modules[-2:])
    project = edits.connect(project, "m5", add, 0)
    project = edits.connect(project, "m6", add, 1)
    project = edits.connect(project, add, tanh)
    project, both = edits.group_stage(project, [add, tanh])
    project = edits.fold_stage(edits.fold_stage(project, both, True), "s14", True)
    bench.open_project.edit("Fold", project)
    assert [(port.module_id, port.index) for port in folded(bench, both).ports] == [
        (add, 0),
        (add, 1),
        (tanh, None),
    ]
    assert [port.module_id for port in folded(bench, "s14").ports if port.is_output] == ["m5", "m6"]
    ends = {
        bench.scene.links[link].path().pointAtPercent(1).y() for link in project.network.links if link.target == add
    }
    assert len(ends) == 2


def test_a_wire_can_be_drawn_to_and_from_a_folded_stage(bench):
    project, pool = edits.insert_module(bench.project, "MaxPool2d", (500, 700))
    bench.open_project.edit("Add", project)
    bench.view.editor.stages.fold("s14", True)
    bench.view.fit()
    output = next(port for port in folded(bench, "s14").ports if port.is_output)
    bench.drag(bench.port_place(output), bench.port_place(bench.input(pool)))
    assert Link("m6", pool) in bench.project.network.links


def test_a_folded_stage_is_moved_selected_and_deleted_as_one(bench):
    bench.view.editor.stages.fold("s15", True)
    start = bench.place(folded(bench, "s15").rect.center())
    before = {each: bench.scene.modules[each].pos() for each in ("m7", "m8", "m9")}
    bench.drag(start, start + QPoint(10, 150))
    assert bench.open_project.selection == {"m7", "m8", "m9"}
    steps = {(bench.scene.modules[each].pos() - at).toTuple() for each, at in before.items()}
    assert len(steps) == 1
    assert folded(bench, "s15").pos() == bench.scene.modules["m7"].pos()
    assert folded(bench, "s15").state.is_selected
    assert bench.project.network.stage("s15").is_folded
    bench.key(Qt.Key.Key_Delete)
    assert "s15" not in bench.scene.stages.frames
    assert "s15" not in bench.scene.stages.folded
    assert Link("m6", "m10") in bench.project.network.links


def test_tab_stops_once_at_a_folded_stage(bench):
    bench.view.editor.stages.fold("s14", True)
    bench.open_project.select(frozenset({"m1"}))
    bench.key(Qt.Key.Key_Tab)
    assert bench.open_project.selection == {"m2", "m3", "m4", "m5", "m6"}
    bench.key(Qt.Key.Key_Tab)
    assert bench.open_project.selection == {"m7"}


def test_a_problem_inside_shows_on_the_folded_card_and_is_mended_there(bench):
    before = frame(bench, "s14").rect.height()
    bench.open_project.edit("Too large", edits.apply_change(bench.project, "m3", {"kernel_size": 31}))
    assert frame(bench, "s14").rect.height() <= before  # a problem in one line has room
    bench.view.editor.stages.fold("s14", True)
    card = folded(bench, "s14")
    assert card.card.problems[0].where == "m3"
    assert card.card.problems[0].mend
    card.set_state(is_hovered=True)
    bench.click(bench.place(card.pos() + card.layout.mend.center()))
    assert not folded(bench, "s14").card.problems


def test_what_stands_in_the_way_moves_aside_when_a_stage_unfolds(bench):
    bench.view.editor.stages.fold("s14", True)
    room = bench.scene.modules["m4"].pos()
    after, new = edits.insert_module(bench.project, "Tanh", (room.x(), room.y()))
    bench.open_project.edit("Add", after)
    assert not solid_overlaps(bench)
    bench.view.editor.stages.fold("s14", False)
    assert not solid_overlaps(bench)
    assert bench.scene.modules[new].y() == room.y()
    bench.open_project.undo_stack.undo()
    assert bench.scene.modules[new].pos() == room


def test_nothing_new_lands_where_a_folded_stage_comes_back(bench):
    bench.view.editor.stages.fold("s14", True)
    bench.carry("Tanh", bench.place(bench.scene.modules["m4"].rect.center()))
    (new,) = bench.open_project.selection
    at = bench.scene.modules[new].pos()
    bench.view.editor.stages.fold("s14", False)
    assert not solid_overlaps(bench)
    assert bench.scene.modules[new].pos() == at  # nothing had to move aside


def test_fold_and_freeze_by_keys_of_the_selection(bench):
    stages = bench.view.editor.stages
    bench.open_project.select(frozenset({"m3"}))
    stages.fold_selected()
    assert bench.project.network.stage("s14").is_folded
    assert bench.open_project.selection == {"m2", "m3", "m4", "m5", "m6"}
    stages.freeze_selected()
    assert {each.id for each in bench.project.network.modules if each.learning.frozen} == {"m3"}
    stages.fold_selected()
    assert not bench.project.network.stage("s14").is_folded


# -------------------------------------------------------------------- copies and ready stages


def test_the_copy_of_a_stage_is_a_stage_at_a_free_place(bench):
    bench.click(ground(bench, "s15"))
    bench.key(Qt.Key.Key_D, CTRL)
    copy = bench.project.network.stages[-1]
    assert (copy.name, len(copy.modules)) == ("Stage 2", 3)
    assert bench.open_project.selection == set(copy.modules)
    assert not solid_overlaps(bench)
    assert undo_texts(bench) == ["Duplicate"]


def test_a_ready_stage_dropped_on_a_wire_goes_into_it(bench):
    wire = bench.scene.links[Link("m9", "m10")]
    at = bench.place(wire.path().pointAtPercent(0.5))
    assert bench.carry("tutorial-stage", at, drop=False)
    assert wire.is_offered
    bench.carry("tutorial-stage", at)
    new = bench.project.network.stages[-1]
    assert bench.open_project.selection == set(new.modules)
    assert {Link("m9", new.modules[0]), Link(new.modules[-1], "m10")} <= set(bench.project.network.links)
    assert not solid_overlaps(bench)
    assert len(undo_texts(bench)) == 1
    bench.assert_in_step()


def test_a_stage_goes_into_a_wire_to_the_next_row_too(bench):
    bench.carry("torch7-stage", bench.place(bench.scene.links[Link("m6", "m7")].path().pointAtPercent(0.5)))
    new = bench.project.network.stages[-1]
    assert {Link("m6", new.modules[0]), Link(new.modules[-1], "m7")} <= set(bench.project.network.links)
    assert not solid_overlaps(bench)


def test_a_stage_in_a_stage_is_refused_in_words(bench):
    at = bench.place(bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5))
    bench.carry("tutorial-stage", at, drop=False)
    bubble = bench.view.area.canvas.bubble
    assert bubble.isVisible()
    assert "inside of Stage 1" in bubble.text()
    bench.carry("tutorial-stage", at)
    assert not solid_overlaps(bench)
    assert Link("m3", "m4") in bench.project.network.links
    at = bench.place(bench.scene.links[Link("m9", "m10")].path().pointAtPercent(0.5))
    bench.carry("classifier-head", at, drop=False)
    assert "ends in a loss" in bubble.text()


def test_a_ready_stage_dropped_on_free_canvas_lies_there(bench):
    at = QPointF(120, 760)
    bench.view.area.scale_to(0.6)
    bench.carry("1990-stage", bench.place(at))
    new = bench.project.network.stages[-1]
    assert (frame(bench, new.id).rect.topLeft() - at).manhattanLength() < 60
    assert not solid_overlaps(bench)
    assert not bench.carry("no-such-stage", bench.place(at))


def test_a_ready_stage_is_added_behind_the_selection(bench):
    bench.open_project.select(frozenset({"m8"}))
    bench.view.add_stage("tutorial-stage")
    new = bench.project.network.stages[-1]
    assert {Link("m9", new.modules[0]), Link(new.modules[-1], "m10")} <= set(bench.project.network.links)
    assert bench.open_project.selection == set(new.modules)
    assert len(undo_texts(bench)) == 1
    assert not solid_overlaps(bench)


def test_a_ready_stage_without_a_selection_finds_a_free_place(bench):
    bench.view.add_stage("random-filter-stage")
    assert len(bench.project.network.stages) == 4
    assert not solid_overlaps(bench)


def test_ready_stages_build_a_network_from_nothing(qtbot):
    bench = CanvasBench(qtbot, new_project())
    bench.open_project.select(frozenset({"m1"}))
    for name in ("tutorial-stage", "torch7-stage", "classifier-head"):
        bench.view.add_stage(name)
        assert not solid_overlaps(bench)
    assert len(bench.project.network.links) == len(bench.project.network.modules) - 1
    assert bench.view._summary.modules[bench.project.network.modules[4].id].shape is not None


# -------------------------------------------------------------------- looks


def test_every_state_of_a_stage_looks_different(bench):
    item = frame(bench, "s15")
    rect = bench.place_rect(item.rect)
    looks = [bench.viewport.grab(rect).toImage()]
    for change in ({"is_hovered": True}, {"is_selected": True}, {"offered": Family.POOLING}):
        item.set_state(**change)
        looks.append(bench.viewport.grab(rect).toImage())
        item.set_state(is_hovered=False, is_selected=False, offered=None)
    bench.open_project.edit("Freeze", edits.freeze_modules(bench.project, ["m7"], True))
    looks.append(bench.viewport.grab(rect).toImage())
    theme_switch().use(DARK)
    looks.append(bench.viewport.grab(rect).toImage())
    theme_switch().use(LIGHT)
    assert all(a != b for index, a in enumerate(looks) for b in looks[index + 1 :])


def test_a_live_snapshot_repaints_no_header(bench, monkeypatch):
    painted = []
    monkeypatch.setattr(stage_item, "paint_header", lambda *_args: painted.append(1))
    bench.viewport.grab()
    for item in bench.scene.stages.frames.values():
        item.recolor()
    bench.viewport.repaint()
    painted.clear()
    for seed in range(3):
        bench.view.show_snapshot(bench.snapshot(seed))
        bench.viewport.repaint()
    assert painted == []


def test_no_number_makes_the_slots_jump(bench):
    before = [item.layout.chips for item in bench.scene.stages.frames.values()]
    bench.open_project.edit("Large", edits.apply_change(bench.project, "m7", {"out_channels": 400}))
    assert [item.layout.chips for item in bench.scene.stages.frames.values()] == before
    bench.open_project.edit("Too large", edits.apply_change(bench.project, "m3", {"kernel_size": 31}))
    assert [item.layout.chips for item in bench.scene.stages.frames.values()] == before
