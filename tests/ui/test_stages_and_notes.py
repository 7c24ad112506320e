"""Stages together with notes, wire labels, cost bars, tidying and the command palette."""

from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.commands.command_palette import stage_choices

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
FREE = QPointF(300, 700)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    """two-stage-digits: stages s14 (m2 to m6), s15 (m7 to m9) and s16 (the classifier), and a note below them."""
    made = CanvasBench(qtbot)
    made.open_project.open(add_note(made.project, "Two stages", FREE.toTuple())[0])
    return made


def frame_ground(bench: CanvasBench, stage_id: str) -> QPoint:
    """Inside of a frame, below its cards."""
    rect = bench.scene.stages.frames[stage_id].rect
    return bench.place(QPointF(rect.left() + 4, rect.bottom() - 4))


def fold(bench: CanvasBench, stage_id: str) -> None:
    bench.open_project.edit("Fold", edits.fold_stage(bench.project, stage_id, True))


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def test_a_stage_and_a_note_are_dragged_as_one_entry(bench):
    (note,) = bench.scene.notes.items.values()
    bench.click(frame_ground(bench, "s15"))
    bench.click(bench.place(note.rect.center()), SHIFT)
    assert bench.open_project.selection == {"m7", "m8", "m9"}
    starts = bench.scene.modules["m8"].pos(), note.pos()
    at = frame_ground(bench, "s15")
    bench.drag(at, at + QPoint(40, 230))
    assert bench.scene.modules["m8"].pos() - starts[0] == note.pos() - starts[1]
    assert undo_texts(bench) == ["Move"]
    assert bench.project.network.stage_of("m8") is not None


def test_tab_walks_folded_stages_then_notes(bench):
    fold(bench, "s14")
    bench.view.area.setFocus()
    visited = []
    while len(visited) < 20 and not bench.scene.notes.selected:
        bench.key(Qt.Key.Key_Tab)
        visited.append(bench.open_project.selection)
    assert visited[1] == {"m2", "m3", "m4", "m5", "m6"}
    assert len(visited) == 13 - 5 + 1 + 1


def test_a_double_click_on_a_note_over_a_frame_edits_the_note_and_not_the_stage(bench):
    name = bench.scene.stages.frames["s15"].rect.topLeft() + QPointF(20, 4)
    bench.open_project.open(add_note(bench.project, "Above", name.toTuple())[0])
    at = bench.place(name + QPointF(20, 12))
    QTest.mouseDClick(bench.viewport, LEFT, NONE, at)
    assert bench.view.area.notes.editor.isVisible()
    assert not bench.view.area.canvas.name_editor.isVisible()


def test_a_copy_takes_stage_and_note_along(bench):
    stages = len(bench.project.network.stages)
    (note_id,) = bench.scene.notes.items
    bench.scene.select_only(frozenset({"m7", "m8", "m9"}), notes=frozenset({note_id}))
    bench.key(Qt.Key.Key_D, CTRL)
    assert len(bench.project.network.stages) == stages + 1
    assert len(bench.project.notes) == 2
    assert undo_texts(bench) == ["Duplicate"]
    bench.assert_in_step()


def test_a_folded_card_has_the_bars_and_costs_of_all_its_modules(bench):
    cards = [bench.scene.modules[each].card for each in ("m7", "m8", "m9")]
    fold(bench, "s15")
    folded = bench.scene.card_of("m8").card
    assert folded.cost.multiply_accumulates == sum(card.multiply_accumulates for card in cards)
    assert folded.bars is not None
    assert folded.bars.parameters.of_network == pytest.approx(sum(each.bars.parameters.of_network for each in cards))
    assert folded.bars.multiply_accumulates.of_largest > 1
    assert "more than the largest card" in folded.bars.multiply_accumulates.words


def test_wires_of_a_folded_stage_have_labels_and_those_inside_none(bench):
    fold(bench, "s14")
    assert bench.scene.links[Link("m6", "m7")].label_place is not None
    assert bench.scene.links[Link("m3", "m4")].label_place is None


def test_tidied_frames_cover_no_stranger(bench):
    bench.key(Qt.Key.Key_T)
    rects = bench.scene.taken_rects()
    assert not any(one.intersects(other) for index, one in enumerate(rects) for other in rects[index + 1 :])


def test_the_command_palette_adds_ready_stages(bench):
    choice = next(each for each in stage_choices(bench.view.add_stage) if each.text == "Add Tutorial stage")
    before = len(bench.project.network.stages)
    choice.act()
    assert len(bench.project.network.stages) == before + 1


def test_what_needs_a_stage_says_so(bench):
    refusals = bench.view.area.commands.refusals()
    assert refusals["fold_stage"] == refusals["ungroup_stage"] == "Select a stage, or a module in one, first."
    assert refusals["group_stage"].startswith("Select the modules first")
    for each in ("fold_stage", "ungroup_stage", "group_stage"):
        bench.view.handlers[each]()
    assert undo_texts(bench) == []
