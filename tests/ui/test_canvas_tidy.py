"""Tidy: one edit, nothing over anything else, wires that pass cards, and no motion where none is wanted."""

from __future__ import annotations

import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QAbstractAnimation, Qt

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.ui import motion
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
