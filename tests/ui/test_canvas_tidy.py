"""Tidy: one edit, nothing over anything else, wires that pass cards, and no motion where none is wanted."""

from __future__ import annotations

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QAbstractAnimation, QPointF, QRectF, Qt

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.ui import motion
from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.gestures import tidy
from convnet_studio.ui.motion import LONGEST, motion_time


def residual() -> Project:
    """A stage with a wire that skips two modules, and one that skips four; drawn all over the place."""
    kinds = ("Input", "Tanh", "Abs", "Tanh", "Add", "Tanh", "Add", "Tanh")
    modules = tuple(
        ModuleSpec(f"m{index}", kind, position=((index * 377) % 900, (index * 211) % 600))
        for index, kind in enumerate(kinds, 1)
    )
    chain = [Link(f"m{index}", f"m{index + 1}") for index in range(1, len(kinds))]
    return Project(network=NetworkSpec(modules, (*chain, Link("m2", "m5", 1), Link("m1", "m7", 1))), next_id=9)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot, residual())


@pytest.fixture
def still(monkeypatch) -> None:
    """The system asks for less motion."""
    monkeypatch.setattr(tidy, "motion_time", lambda: 0)


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def crossed(bench: CanvasBench) -> list[tuple[Link, str]]:
    """Wires that run over a card which is not at one of their ends."""
    return [
        (link, module_id)
        for link, item in bench.scene.links.items()
        for module_id, card in bench.scene.modules.items()
        if module_id not in (link.source, link.target)
        and any(card.rect.contains(item.path().pointAtPercent(part / 200)) for part in range(201))
    ]


def test_t_lays_out_as_one_entry(bench, still):
    before = {each: item.pos() for each, item in bench.scene.modules.items()}
    bench.key(Qt.Key.Key_T)
    assert undo_texts(bench) == ["Tidy"]
    assert bench.view.area.tidy.state() is QAbstractAnimation.State.Stopped
    rects = bench.scene.taken_rects()
    assert not any(one.intersects(other) for index, one in enumerate(rects) for other in rects[index + 1 :])
    bench.assert_in_step()
    bench.key(Qt.Key.Key_T)
    assert undo_texts(bench) == ["Tidy"]
    bench.open_project.undo_stack.undo()
    assert {each: item.pos() for each, item in bench.scene.modules.items()} == before


def test_skip_wires_pass_above_or_below_the_cards(bench, still):
    bench.key(Qt.Key.Key_T)
    assert crossed(bench) == []


def test_the_whole_network_is_in_view_afterwards(bench, still):
    bench.view.area.centerOn(9000, 9000)
    bench.key(Qt.Key.Key_T)
    assert bench.view.area.visible_rect().contains(bench.scene.covered_rect())


def test_cards_glide_at_most_200_milliseconds(bench, qtbot, monkeypatch):
    assert motion_time() <= LONGEST == 200
    monkeypatch.setattr(tidy, "motion_time", lambda: 120)
    start = bench.scene.modules["m5"].pos()
    bench.key(Qt.Key.Key_T)
    assert bench.view.area.tidy.state() is QAbstractAnimation.State.Running
    assert bench.scene.modules["m5"].pos() == start
    with qtbot.waitSignal(bench.view.area.tidy.arrived, timeout=2000):
        pass
    bench.assert_in_step()


def test_an_edit_in_the_middle_ends_the_glide(bench, monkeypatch):
    monkeypatch.setattr(tidy, "motion_time", lambda: 200)
    bench.key(Qt.Key.Key_T)
    bench.open_project.edit("x", edits.delete_modules(bench.project, ["m4"]))
    assert bench.view.area.tidy.state() is QAbstractAnimation.State.Stopped
    bench.assert_in_step()
    bench.key(Qt.Key.Key_T)
    bench.open_project.undo_stack.undo()
    bench.assert_in_step()


def test_a_note_goes_along_with_its_card(bench, still):
    far = edits.move_modules(bench.project, {"m6": (3000, 3000)})
    bench.open_project.edit("note", add_note(far, "Here!", (3000, 2940))[0])
    bench.key(Qt.Key.Key_T)
    (note,) = bench.scene.notes.items.values()
    near = min(
        bench.scene.modules,
        key=lambda each: (bench.scene.modules[each].rect.center() - note.rect.center()).manhattanLength(),
    )
    assert near == "m6"
    assert not any(note.rect.intersects(card.rect) for card in bench.scene.modules.values())


def test_an_empty_canvas_is_tidy(qtbot):
    bench = CanvasBench(qtbot, Project())
    bench.key(Qt.Key.Key_T)
    assert undo_texts(bench) == []


def test_a_very_large_network_is_tidied_at_once(bench, monkeypatch):
    monkeypatch.setattr(tidy, "motion_time", lambda: 200)
    monkeypatch.setattr(tidy, "MOST_GLIDING", 3)
    bench.key(Qt.Key.Key_T)
    assert bench.view.area.tidy.state() is QAbstractAnimation.State.Stopped
    bench.assert_in_step()


def test_a_system_without_animations_gets_none(monkeypatch):
    monkeypatch.setattr(motion, "wants_motion", lambda: False)
    assert motion_time() == 0


@pytest.fixture
def staged(qtbot, still) -> CanvasBench:
    """Two-stage-digits with its first two stages folded, tidied."""
    made = CanvasBench(qtbot)
    project = made.project
    for stage in project.network.stages[:2]:
        project = edits.fold_stage(project, stage.id, True)
    made.open_project.edit("fold", project)
    made.key(Qt.Key.Key_T)
    return made


def overlaps(bench: CanvasBench) -> list[tuple[QRectF, QRectF]]:
    rects = bench.scene.stages.solid_rects()
    return [(one, other) for index, one in enumerate(rects) for other in rects[index + 1 :] if one.intersects(other)]


def test_hidden_cards_take_no_room(staged):
    first, second = (staged.scene.stages.folded[each.id].rect for each in staged.project.network.stages[:2])
    assert 0 < second.left() - first.right() <= 2 * CARD_GAP
    assert first.top() == second.top()
    assert overlaps(staged) == []
    staged.key(Qt.Key.Key_T)
    assert undo_texts(staged) == ["fold", "Tidy"]


@pytest.mark.parametrize("order", [(0,), (1,), (0, 1), (1, 0)])
def test_what_stands_behind_moves_aside_when_a_stage_unfolds_among_them(staged, order):
    before = [each.id for each in staged.project.network.modules]
    for index in order:
        staged.view.editor.stages.fold(staged.project.network.stages[index].id, False)
        assert overlaps(staged) == []
    row = [each for each in before if staged.scene.modules[each].isVisible() and staged.scene.modules[each].y() == 0]
    lefts = [staged.scene.card_of(each).rect.left() for each in row]
    assert lefts == sorted(lefts), "the order stays"


def test_what_stands_below_moves_down_when_a_taller_stage_unfolds(staged):
    folded = staged.scene.stages.folded[staged.project.network.stages[0].id]
    below = folded.rect.bottomLeft() + QPointF(0, 20)
    project, new = edits.insert_module(staged.project, "Abs", (below.x(), below.y()))
    staged.open_project.edit("near", project)
    staged.view.editor.stages.fold(staged.project.network.stages[0].id, False)
    card, frame = staged.scene.modules[new], staged.scene.stages.frames[staged.project.network.stages[0].id]
    assert card.x() == below.x()
    assert card.rect.top() > frame.rect.bottom()


def test_several_unfold_at_once(staged):
    modules = [each for stage in staged.project.network.stages[:2] for each in stage.modules]
    staged.open_project.select(frozenset(modules))
    staged.view.editor.stages.fold_selected()
    assert not staged.scene.stages.folded
    assert overlaps(staged) == []


def test_a_stage_that_a_wire_leaves_and_comes_back_to_is_tidied_with_its_cards(qtbot, still):
    project = residual()
    project, _ = edits.group_stage(project, ["m2", "m5"])
    project = edits.fold_stage(project, project.network.stages[0].id, True)
    bench = CanvasBench(qtbot, project)
    bench.key(Qt.Key.Key_T)
    assert overlaps(bench) == []
