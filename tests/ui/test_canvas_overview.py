"""What serves the overview: mini-map, the menu of modules on empty canvas, padlocks."""

from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project import edits

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
EMPTY = QPointF(500, 720)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    made = CanvasBench(qtbot)
    with qtbot.waitActive(made.view):
        made.view.activateWindow()
    made.view.area.setFocus()
    return made


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


# ---------------------------------------------------------------- the menu of modules


def test_a_double_click_on_empty_canvas_asks_for_any_module(bench):
    at = bench.place(EMPTY)
    bench.click(at)
    QTest.mouseDClick(bench.viewport, LEFT, NONE, at)
    menu = bench.view.area.canvas.kind_menu
    assert menu.isVisible()
    assert set(menu.list.visible_names()) == {*Module.registry, *Loss.registry}
    assert undo_texts(bench) == []
    QTest.keyClicks(menu.search, "relu")
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    assert undo_texts(bench) == ["Add ReLU"]
    (new,) = bench.open_project.selection
    assert bench.scene.modules[new].rect.contains(EMPTY)


def test_a_double_click_on_card_wire_or_port_asks_nothing(bench):
    wire = bench.scene.links[next(iter(bench.scene.links))].path().pointAtPercent(0.5)
    for at in (bench.card_place("m4", 60, 100), bench.place(wire), bench.port_place(bench.output("m4"))):
        QTest.mouseDClick(bench.viewport, LEFT, NONE, at)
        QTest.mouseRelease(bench.viewport, LEFT, NONE, at)
        assert not bench.view.area.canvas.kind_menu.isVisible()
    assert undo_texts(bench) == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Insert])
def test_space_and_insert_ask_too(bench, key):
    bench.key(key)
    menu = bench.view.area.canvas.kind_menu
    assert menu.isVisible()
    QTest.keyClick(menu.search, Qt.Key.Key_Escape)
    assert not menu.isVisible()
    assert undo_texts(bench) == []


def test_space_that_pans_asks_nothing(bench):
    QTest.keyPress(bench.view.area, Qt.Key.Key_Space)
    bench.drag(bench.place(EMPTY), bench.place(EMPTY) + QPoint(30, 30))
    QTest.keyRelease(bench.view.area, Qt.Key.Key_Space)
    assert not bench.view.area.canvas.kind_menu.isVisible()


def test_space_held_for_long_asks_nothing(bench, qtbot):
    QTest.keyPress(bench.view.area, Qt.Key.Key_Space)
    qtbot.wait(450)
    QTest.keyRelease(bench.view.area, Qt.Key.Key_Space)
    assert not bench.view.area.canvas.kind_menu.isVisible()


# ---------------------------------------------------------------- padlocks


def lock_place(bench: CanvasBench, module_id: str) -> QPoint:
    item = bench.scene.modules[module_id]
    return bench.place(item.mapToScene(item.layout.lock.center()))


def is_frozen(bench: CanvasBench, *ids: str) -> list[bool]:
    return [bench.project.network.module(each).learning.frozen for each in ids]


def test_only_cards_with_parameters_have_a_lock(bench):
    locked = {each for each, item in bench.scene.modules.items() if not item.layout.lock.isEmpty()}
    kinds = {bench.project.network.module(each).kind for each in locked}
    assert kinds == {"Conv2d", "Linear"}
    for each in locked:
        layout = bench.scene.modules[each].layout
        assert layout.card.contains(layout.lock)


def test_a_click_on_the_lock_freezes_and_lets_learn_again(bench):
    bench.click(lock_place(bench, "m3"))
    assert is_frozen(bench, "m3", "m7") == [True, False]
    assert bench.scene.modules["m3"].card.frozen
    assert undo_texts(bench) == ["Freeze Conv2d"]
    assert bench.open_project.selection == frozenset()
    bench.click(lock_place(bench, "m3"))
    assert is_frozen(bench, "m3") == [False]
    assert undo_texts(bench) == ["Freeze Conv2d", "Unfreeze Conv2d"]


def test_a_press_that_leaves_the_lock_does_nothing(bench):
    bench.drag(lock_place(bench, "m3"), lock_place(bench, "m3") + QPoint(60, 60))
    assert undo_texts(bench) == []


def test_the_command_freezes_what_is_selected_and_leaves_what_has_no_weights(bench):
    freeze = bench.view.handlers["freeze"]
    bench.open_project.select(frozenset({"m3", "m4", "m7"}))
    freeze()
    assert is_frozen(bench, "m3", "m4", "m7") == [True, False, True]
    assert undo_texts(bench) == ["Freeze 2 modules"]
    freeze()
    assert is_frozen(bench, "m3", "m7") == [False, False]
    bench.open_project.select(frozenset({"m4"}))
    freeze()
    assert len(undo_texts(bench)) == 2


def test_shared_weights_are_frozen_where_they_belong(bench):
    bench.open_project.edit("tie", edits.share_weights(bench.project, "m7", "m3"))
    bench.click(lock_place(bench, "m7"))
    assert is_frozen(bench, "m3", "m7") == [True, False]
    assert bench.scene.modules["m7"].card.frozen


def test_a_frozen_card_looks_frozen(bench):
    def header(module_id: str):
        item = bench.scene.modules[module_id]
        corner = bench.place(item.pos() + QPointF(60, 38))
        return bench.viewport.grab().toImage().pixelColor(corner)

    before = header("m3")
    bench.click(lock_place(bench, "m3"))
    assert header("m3") != before
    assert "Frozen" in bench.scene.modules["m3"].tip_at(bench.scene.modules["m3"].layout.lock.center())


# ---------------------------------------------------------------- mini-map


def test_the_map_is_there_while_something_is_out_of_view(bench):
    bench.view.fit()
    assert not bench.view.minimap.isVisible()
    bench.view.area.scale_to(2.0)
    assert bench.view.minimap.isVisible()
    bench.view.fit()
    assert not bench.view.minimap.isVisible()


def test_a_drag_in_the_map_moves_the_view(bench):
    bench.view.area.scale_to(2.0)
    bench.view.area.centerOn(bench.scene.modules["m1"].rect.center())
    minimap = bench.view.minimap
    goal = bench.scene.modules["m13"].rect.center()
    QTest.mouseClick(minimap, LEFT, NONE, minimap.place_of(goal).toPoint())
    assert bench.view.area.visible_rect().contains(goal)
    assert undo_texts(bench) == []
    grasp = minimap.place_of(bench.view.area.visible_rect().center()).toPoint()
    before = bench.view.area.visible_rect().center()
    QTest.mousePress(minimap, LEFT, NONE, grasp)
    QTest.mouseMove(minimap, grasp - QPoint(20, 0))
    QTest.mouseRelease(minimap, LEFT, NONE, grasp - QPoint(20, 0))
    assert bench.view.area.visible_rect().center().x() < before.x() - 50


def test_what_the_map_showed_is_not_fitted_away(bench):
    bench.view.fit()
    bench.view.area.scale_to(2.0)
    QTest.mouseClick(bench.view.minimap, LEFT, NONE, QPoint(20, 20))
    seen = bench.view.area.visible_rect()
    bench.view.resize(1290, 800)
    assert bench.view.area.visible_rect().topLeft() == seen.topLeft()


def test_the_map_can_be_hidden(bench):
    bench.view.area.scale_to(2.0)
    bench.view.set_minimap(False)
    assert not bench.view.minimap.isVisible()
    bench.view.set_minimap(True)
    assert bench.view.minimap.isVisible()


# ---------------------------------------------------------------- walking, menus


def test_tab_keeps_the_focused_card_in_view(bench):
    bench.view.area.scale_to(2.0)
    for _ in bench.scene.modules:
        bench.key(Qt.Key.Key_Tab)
        (chosen,) = bench.open_project.selection
        seen = bench.view.area.visible_rect().adjusted(-1, -1, 1, 1)
        assert seen.contains(bench.scene.modules[chosen].rect)


def test_the_menus_do_what_they_say(bench):
    menu = bench.view.area._context_menu.open(EMPTY, QPoint(0, 0))
    assert isinstance(menu, QMenu)
    next(each for each in menu.actions() if each.text() == "Write a note").trigger()
    menu.close()
    assert bench.view.area.notes.editor.isVisible()
    QTest.keyClick(bench.view.area.notes.editor, Qt.Key.Key_Escape)
    menu = bench.view.area._context_menu.open(bench.scene.modules["m3"].rect.center(), QPoint(0, 0))
    next(each for each in menu.actions() if each.text() == "Freeze").trigger()
    menu.close()
    assert is_frozen(bench, "m3") == [True]
