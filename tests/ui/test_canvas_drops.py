"""What becomes of a module that is let go over something: a wire, a card of its kind, a filled slot."""

from __future__ import annotations

import itertools

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.stage_layout import Part

NONE = Qt.KeyboardModifier.NoModifier
BETWEEN_ROWS = Link("m6", "m7")


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    """Its stages: s14 of m2 to m6 in the first row, s15 of m7 to m9 and s16 of m10 to m13 in the second."""
    bench = CanvasBench(qtbot)
    bench.view.fit()
    return bench


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def middle(bench: CanvasBench, link: Link) -> QPoint:
    return bench.place(bench.scene.links[link].path().pointAtPercent(0.5))


def lay_loose(bench: CanvasBench, kind: str, at: tuple[float, float] = (300, 800)) -> str:
    """A card without wires below the others; its id."""
    after, new_id = edits.insert_module(bench.project, kind, at)
    bench.open_project.edit("Add", after)
    bench.view.fit()
    return new_id


def let_go(bench: CanvasBench, at: QPoint) -> None:
    QTest.mouseRelease(bench.viewport, LEFT, NONE, at)


def overlapping(bench: CanvasBench) -> list[tuple[str, str]]:
    cards = bench.scene.cards()
    return [(a.card.id, b.card.id) for a, b in itertools.combinations(cards, 2) if a.rect.intersects(b.rect)]


def open_menu(bench: CanvasBench) -> QMenu:
    (menu,) = (each for each in bench.view.findChildren(QMenu) if each.isVisible())
    return menu


def choose(menu: QMenu, words: str) -> None:
    (action,) = (each for each in menu.actions() if each.text() == words)
    action.trigger()
    menu.close()


def chip(bench: CanvasBench, stage_id: str, index: int) -> QPointF:
    return bench.scene.stages.frames[stage_id].place_of(Part.SLOT, index)


# -------------------------------------------------------------------- a card that is there, onto a wire


@pytest.mark.parametrize("link", [Link("m3", "m4"), BETWEEN_ROWS, Link("m9", "m10")])
def test_a_card_without_wires_is_inserted_by_a_drag_onto_a_wire(bench, link) -> None:
    loose = lay_loose(bench, "ReLU")
    at, way = middle(bench, link), bench.scene.links[link].path()
    bench.press_and_move(bench.card_place(loose), at)
    assert bench.scene.links[link].is_offered
    assert bench.scene.links[link].path() == way  # it does not flee
    let_go(bench, at)
    assert {Link(link.source, loose), Link(loose, link.target)} <= set(bench.project.network.links)
    assert link not in bench.project.network.links
    assert undo_texts(bench) == ["Add", "Insert ReLU"]
    assert not overlapping(bench)
    bench.assert_in_step()
    bench.open_project.undo_stack.undo()
    assert bench.scene.modules[loose].pos() == QPointF(300, 800)


def test_a_long_wire_in_a_stage_does_not_flee_either(bench) -> None:
    link, (x, y) = Link("m5", "m6"), bench.project.network.module("m6").position
    bench.open_project.edit("Move", edits.move_modules(bench.project, {"m6": (x + 500, y)}))
    loose = lay_loose(bench, "Conv2d")
    at, way = middle(bench, link), bench.scene.links[link].path()
    bench.press_and_move(bench.card_place(loose), at)
    assert bench.scene.links[link].is_offered
    assert bench.scene.links[link].path() == way
    let_go(bench, at)
    assert Link("m5", loose) in bench.project.network.links
    assert not overlapping(bench)


def test_a_card_dragged_onto_a_wire_lies_where_one_from_the_palette_would(bench) -> None:
    link = Link("m3", "m4")
    loose = lay_loose(bench, "ReLU")
    bench.drag(bench.card_place(loose), middle(bench, link))
    dragged = {each.id: each.position for each in bench.project.network.modules if each.id != loose}
    place = bench.project.network.module(loose).position
    assert bench.project.network.stage("s14").modules.index(loose) == 2
    bench.open_project.undo_stack.setIndex(0)
    bench.carry("ReLU", middle(bench, link))
    (new,) = bench.open_project.selection
    assert bench.project.network.module(new).position == place
    assert {e.id: e.position for e in bench.project.network.modules if e.id != new}["m2"] == dragged["m2"]


def test_a_card_with_wires_and_one_held_with_alt_stay_out_of_wires(bench) -> None:
    at = middle(bench, Link("m3", "m4"))
    bench.press_and_move(bench.card_place("m12"), at)
    assert not bench.scene.links[Link("m3", "m4")].is_offered
    bench.key(Qt.Key.Key_Escape)
    loose = lay_loose(bench, "ReLU")
    at = middle(bench, Link("m3", "m4"))
    bench.press_and_move(bench.card_place(loose), at)
    assert bench.scene.links[Link("m3", "m4")].is_offered
    held = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), QPointF(at), LEFT, LEFT, Qt.KeyboardModifier.AltModifier)
    bench.view.area.mouseMoveEvent(held)
    assert not bench.scene.links[Link("m3", "m4")].is_offered


def test_escape_over_a_wire_leaves_all_as_it_was(bench) -> None:
    loose = lay_loose(bench, "ReLU")
    at = middle(bench, Link("m3", "m4"))
    bench.press_and_move(bench.card_place(loose), at)
    bench.key(Qt.Key.Key_Escape)
    assert not bench.scene.links[Link("m3", "m4")].is_offered
    assert bench.scene.modules[loose].pos() == QPointF(300, 800)
    let_go(bench, at)
    assert undo_texts(bench) == ["Add"]


def test_a_loss_dragged_onto_a_wire_is_refused_in_words(bench) -> None:
    loose = lay_loose(bench, "MSELoss")
    at = middle(bench, Link("m3", "m4"))
    bench.press_and_move(bench.card_place(loose), at)
    assert "loss" in bench.view.area.canvas.bubble.text()
    let_go(bench, at)
    assert Link("m3", "m4") in bench.project.network.links
    assert not bench.view.area.canvas.bubble.isVisible()


# -------------------------------------------------------------------- the wire between two rows


@pytest.mark.parametrize("kind", ["ReLU", "Conv2d"])
def test_a_module_for_the_wire_between_two_rows_stands_in_one_of_them(bench, kind) -> None:
    bench.carry(kind, middle(bench, BETWEEN_ROWS))
    (new,) = bench.open_project.selection
    modules = bench.scene.modules
    ends = {"m6": modules["m6"].y(), "m7": modules["m7"].y()}
    assert modules[new].y() in ends.values()
    is_upper = modules[new].y() == ends["m6"]
    assert modules[new].x() > modules["m6"].x() if is_upper else modules[new].x() < modules["m7"].x()
    assert not overlapping(bench)
    rects = bench.scene.stages.solid_rects()
    assert not any(a.intersects(b) for a, b in itertools.combinations(rects, 2))
    assert undo_texts(bench) == [f"Insert {kind}"]
    bench.assert_in_step()


def test_where_the_upper_row_is_taken_the_lower_one_makes_room(bench) -> None:
    frame = bench.scene.stages.frames["s14"].rect
    lay_loose(bench, "Flatten", (round(frame.right() + 20), round(frame.top() + 34)))
    before = {each: bench.scene.modules[each].pos() for each in ("m6", "m7", "m13")}
    bench.view.editor.add_on_link("ReLU", BETWEEN_ROWS, QPointF(0, 900))
    (new,) = bench.open_project.selection
    modules = bench.scene.modules
    assert modules[new].pos() == before["m7"]
    step = modules["m7"].pos() - before["m7"]
    assert step.x() > 0
    assert modules["m13"].pos() - before["m13"] == step
    assert modules["m6"].pos() == before["m6"]


# -------------------------------------------------------------------- onto a card of the same kind, onto a slot


def test_a_module_dropped_on_one_of_its_own_kind_asks(bench) -> None:
    after = edits.set_setting(bench.project, "m6", "p", 5)
    bench.open_project.edit("Set", after)
    bench.carry("LPPool2d", bench.place(bench.scene.modules["m6"].rect.center()))
    assert undo_texts(bench) == ["Set"]
    assert [each.text() for each in open_menu(bench).actions()] == [
        "Replace LPPool2d by a new LPPool2d",
        "Add LPPool2d beside it",
    ]
    choose(open_menu(bench), "Replace LPPool2d by a new LPPool2d")
    (new,) = bench.open_project.selection
    assert new not in ("m6", "m9")
    assert bench.project.network.stage("s14").modules == ("m2", "m3", "m4", "m5", new)
    assert Link("m5", new) in bench.project.network.links
    assert "p" not in bench.project.network.module(new).settings
    assert undo_texts(bench) == ["Set", "Renew LPPool2d"]
    bench.assert_in_step()


def test_a_module_dropped_on_a_filled_slot_asks_what_becomes_of_what_is_in_it(bench) -> None:
    at = bench.place(chip(bench, "s14", 2))
    bench.carry("ReLU", at, drop=False)
    assert bench.scene.stages.frames["s14"].state.offered is Family.NON_LINEARITY
    bench.carry("ReLU", at)
    assert undo_texts(bench) == []
    words = ["Replace Tanh by ReLU", "Replace Abs by ReLU", "Add ReLU behind Abs"]
    assert [each.text() for each in open_menu(bench).actions()] == words
    choose(open_menu(bench), words[1])
    assert bench.project.network.module("m5").kind == "ReLU"
    bench.carry("Sigmoid", bench.place(chip(bench, "s14", 2)))
    choose(open_menu(bench), "Add Sigmoid behind ReLU")
    (new,) = bench.open_project.selection
    assert bench.project.network.stage("s14").modules == ("m2", "m3", "m4", "m5", new, "m6")


def test_there_is_no_gap_between_slots_to_miss_them(bench) -> None:
    item = bench.scene.stages.frames["s14"]
    left, right = (item.pos() + each.center() for each in item.layout.chips[2:])
    steps = [left + (right - left) * part / 200 for part in range(201)]
    assert {slot.family for at in steps if (slot := bench.scene.stages.chip_at(at))} == {
        Family.NON_LINEARITY,
        Family.POOLING,
    }
    assert all(bench.scene.stages.chip_at(at) for at in steps)


def test_a_module_dropped_on_an_empty_slot_fills_it_unasked(bench) -> None:
    bench.carry("LocalContrastNorm", bench.place(chip(bench, "s15", 0)))
    assert undo_texts(bench) == ["Add LocalContrastNorm"]


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_menu_of_a_filled_slot_replaces_what_is_in_it(bench, is_folded) -> None:
    at = chip(bench, "s14", 3)
    if is_folded:
        bench.view.editor.stages.fold("s14", True)
        item = bench.scene.stages.folded["s14"]
        at = item.pos() + item.parts.chips[3].center()
    menu = bench.view.area._context_menu.open(at, QPoint(0, 0))
    assert menu.actions()[0].text() == "Replace LPPool2d…"
    choose(menu, "Replace LPPool2d…")
    kinds = bench.view.area.canvas.kind_menu
    assert kinds.isVisible()
    assert "MaxPool2d" in kinds.list.visible_names()
    assert not {"LPPool2d", "Tanh"} & set(kinds.list.visible_names())
    QTest.keyClicks(kinds.search, "MaxPool")
    QTest.keyClick(kinds.search, Qt.Key.Key_Return)
    assert bench.project.network.module("m6").kind == "MaxPool2d"


def test_the_menu_beside_a_slot_or_on_an_empty_one_replaces_nothing(bench) -> None:
    for at in (chip(bench, "s15", 0), bench.scene.modules["m3"].rect.center()):
        menu = bench.view.area._context_menu.open(at, QPoint(0, 0))
        assert not any(each.text().startswith("Replace") for each in menu.actions())
        menu.close()
