from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.ui.canvas.port_item import PortState

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot)


@pytest.fixture
def loose(qtbot) -> CanvasBench:
    """Input, Tanh, Abs and a loss, unconnected."""
    kinds = ("Input", "Tanh", "Abs", "NLLLoss")
    modules = tuple(ModuleSpec(f"m{index}", kind, position=(250 * index, 40.0)) for index, kind in enumerate(kinds, 1))
    return CanvasBench(qtbot, Project(network=NetworkSpec(modules), next_id=5))


def undo_texts(bench: CanvasBench) -> list[str]:
    stack = bench.open_project.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def test_looking_never_edits(bench):
    for module_id in bench.scene.modules:
        bench.click(bench.card_place(module_id))
        assert bench.open_project.selection == {module_id}
    bench.click(bench.port_place(bench.output("m3")))
    bench.click(bench.place(QPointF(500, 5)))
    assert bench.open_project.selection == frozenset()
    assert undo_texts(bench) == []


def test_drag_moves_the_selected_cards_as_one_entry(bench):
    bench.click(bench.card_place("m3"))
    bench.click(bench.card_place("m4"), CTRL)
    before = {each: bench.scene.modules[each].pos() for each in ("m3", "m4")}
    start = bench.card_place("m3")
    bench.drag(start, start + QPoint(60, 150))
    moved = {each: bench.scene.modules[each].pos() - before[each] for each in before}
    assert moved["m3"] == moved["m4"]
    assert moved["m3"].y() > 100
    assert undo_texts(bench) == ["Take out of the stage"]  # together with where they went
    bench.assert_in_step()
    bench.open_project.undo_stack.undo()
    assert bench.scene.modules["m3"].pos() == before["m3"]


def test_a_small_tremble_is_a_click(bench):
    start = bench.card_place("m3")
    bench.drag(start, start + QPoint(2, 1))
    assert undo_texts(bench) == []


def test_cards_snap_to_their_row(loose):
    start = loose.card_place("m4")
    loose.drag(start, start + QPoint(40, 6))
    assert loose.scene.modules["m4"].y() == 40
    assert loose.scene.guides == ()


def test_escape_puts_moved_cards_back(bench):
    start = bench.card_place("m3")
    before = bench.scene.modules["m3"].pos()
    bench.press_and_move(start, start + QPoint(80, 80))
    assert bench.scene.modules["m3"].pos() != before
    bench.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(80, 80))
    assert bench.scene.modules["m3"].pos() == before
    assert undo_texts(bench) == []
    bench.assert_in_step()


def test_connect_from_output_to_input(loose):
    loose.drag(loose.port_place(loose.output("m1")), loose.port_place(loose.input("m2")))
    assert loose.project.network.links == (Link("m1", "m2"),)
    loose.assert_in_step()


def test_connect_from_input_to_output_with_a_jump(loose):
    near = loose.port_place(loose.output("m2")) + QPoint(15, 8)
    loose.press_and_move(loose.port_place(loose.input("m3")), near)
    assert loose.output("m2").state is PortState.TARGET
    assert loose.output("m1").state is PortState.COMPATIBLE
    assert loose.input("m4").state is PortState.INCOMPATIBLE
    QTest.mouseRelease(loose.viewport, LEFT, Qt.KeyboardModifier.NoModifier, near)
    assert loose.project.network.links == (Link("m2", "m3"),)
    assert loose.output("m1").state is PortState.QUIET


def test_a_loop_is_refused_in_words(bench):
    target = bench.port_place(bench.input("m4"))
    bench.press_and_move(bench.port_place(bench.output("m6")), target)
    assert "loop" in bench.view.area.canvas.bubble.text()
    assert bench.view.area.canvas.bubble.isVisible()
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, target)
    assert not bench.view.area.canvas.bubble.isVisible()
    assert undo_texts(bench) == []


def test_a_wire_let_go_over_empty_canvas_asks_for_a_module(loose):
    loose.drag(loose.port_place(loose.output("m2")), loose.place(QPointF(560, 400)))
    menu = loose.view.area.canvas.kind_menu
    assert menu.isVisible()
    assert "Input" not in menu.list.visible_names()
    QTest.keyClicks(menu.search, "relu")
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    assert not menu.isVisible()
    assert undo_texts(loose) == ["Add ReLU"]
    (new,) = (spec for spec in loose.project.network.modules if spec.kind == "ReLU")
    assert loose.project.network.links == (Link("m2", new.id),)
    assert (loose.input(new.id).scenePos() - QPointF(560, 400)).manhattanLength() <= 2
    loose.open_project.undo_stack.undo()
    assert len(loose.project.network.modules) == 4


def test_a_wire_from_an_input_offers_no_loss(loose):
    loose.drag(loose.port_place(loose.input("m3")), loose.place(QPointF(560, 400)))
    names = loose.view.area.canvas.kind_menu.list.visible_names()
    assert "Input" in names
    assert "NLLLoss" not in names
    loose.view.area.canvas.kind_menu.close()
    assert undo_texts(loose) == []


def test_escape_drops_the_loose_wire(loose):
    loose.press_and_move(loose.port_place(loose.output("m1")), loose.port_place(loose.input("m2")))
    loose.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(loose.viewport, LEFT, Qt.KeyboardModifier.NoModifier, loose.port_place(loose.input("m2")))
    assert loose.project.network.links == ()


def test_drop_on_a_wire_inserts(bench):
    middle = bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5)
    bench.carry("ReLU", bench.place(middle), drop=False)
    assert bench.scene.links[Link("m3", "m4")].is_offered
    assert bench.carry("ReLU", bench.place(middle))
    (new,) = (spec for spec in bench.project.network.modules if spec.kind == "ReLU")
    assert {Link("m3", new.id), Link(new.id, "m4")} <= set(bench.project.network.links)
    assert bench.open_project.selection == {new.id}
    assert undo_texts(bench) == ["Insert ReLU"]
    rects = [item.rect for item in bench.scene.modules.values()]
    assert not any(rect.intersects(other) for index, rect in enumerate(rects) for other in rects[index + 1 :])
    bench.assert_in_step()


def test_a_loss_dropped_on_a_wire_is_refused_in_words_and_lands_beside(bench):
    middle = bench.place(bench.scene.links[Link("m3", "m4")].path().pointAtPercent(0.5))
    bench.carry("MSELoss", middle, drop=False)
    assert "loss" in bench.view.area.canvas.bubble.text()
    assert not bench.scene.links[Link("m3", "m4")].is_offered


def test_drop_on_empty_canvas_adds(bench):
    assert bench.carry("Tanh", bench.place(QPointF(1040, 60)))
    assert undo_texts(bench) == ["Add Tanh"]
    bench.assert_in_step()


def test_drop_on_a_card_of_the_family_offers_to_replace(bench, qtbot):
    at = bench.card_place("m4", 60, 150)
    bench.carry("ReLU", at, drop=False)
    assert bench.scene.modules["m4"].state.is_offered
    bench.carry("ReLU", at)
    assert undo_texts(bench) == []
    (menu,) = (each for each in bench.view.findChildren(QMenu) if each.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    assert bench.project.network.module("m4").kind == "ReLU"
    bench.assert_in_step()


def test_drops_of_something_else_are_refused(bench):
    assert not bench.carry("Capsule", bench.place(QPointF(500, 20)))


def test_delete_heals_the_chain(bench):
    bench.click(bench.card_place("m4"))
    bench.key(Qt.Key.Key_Delete)
    assert Link("m3", "m5") in bench.project.network.links
    assert undo_texts(bench) == ["Delete Tanh"]
    bench.assert_in_step()


def test_delete_removes_a_selected_wire(bench):
    bench.click(bench.place(bench.scene.links[Link("m6", "m7")].path().pointAtPercent(0.5)))
    assert bench.scene.selected_links == {Link("m6", "m7")}
    bench.key(Qt.Key.Key_Backspace)
    assert Link("m6", "m7") not in bench.project.network.links
    assert len(bench.project.network.modules) == 13
    bench.assert_in_step()


def test_rubber_band_selects_what_it_touches(bench):
    bench.drag(bench.place(QPointF(150, 20)), bench.place(QPointF(360, 100)))
    assert bench.open_project.selection == {"m2", "m3"}
    bench.drag(bench.place(QPointF(700, 10)), bench.place(QPointF(760, 60)), SHIFT)
    assert bench.open_project.selection >= {"m2", "m3"}


def test_arrows_move_as_one_entry(bench):
    before = bench.scene.modules["m3"].pos()
    bench.click(bench.card_place("m3"))
    bench.key(Qt.Key.Key_Right)
    bench.key(Qt.Key.Key_Right)
    bench.key(Qt.Key.Key_Down, SHIFT)
    assert bench.scene.modules["m3"].pos() - before == QPointF(8, 20)
    assert undo_texts(bench) == ["Move"]


def test_tab_walks_the_chain_and_leaves(bench):
    bench.view.area.setFocus()
    visited = []
    for _ in bench.scene.modules:
        bench.key(Qt.Key.Key_Tab)
        visited += bench.open_project.selection
    assert visited == [f"m{number}" for number in range(1, 14)]
    bench.key(Qt.Key.Key_Backtab, SHIFT)
    assert bench.open_project.selection == {"m12"}


def test_select_all_duplicate_escape(bench):
    bench.key(Qt.Key.Key_A, CTRL)
    assert len(bench.open_project.selection) == 13
    bench.key(Qt.Key.Key_Escape)
    assert bench.open_project.selection == frozenset()
    bench.click(bench.card_place("m3"))
    bench.key(Qt.Key.Key_D, CTRL)
    assert len(bench.project.network.modules) == 14
    assert "m3" not in bench.open_project.selection
    bench.assert_in_step()


def test_rename_in_place(bench, qtbot):
    with qtbot.waitActive(bench.view):
        bench.view.activateWindow()
    bench.click(bench.card_place("m3"))
    QTest.mouseDClick(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, bench.card_place("m3", 30, 14))
    editor = bench.view.area.canvas.name_editor
    assert editor.isVisible()
    assert editor.text() == "Conv2d"
    QTest.keyClicks(editor, "edges")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert not editor.isVisible()
    assert bench.open_project.selection == {"m3"}
    assert bench.project.network.module("m3").name == "edges"
    assert bench.scene.modules["m3"].card.word.startswith("Conv2d")
    bench.open_project.select(frozenset({"m3"}))
    bench.key(Qt.Key.Key_F2)
    QTest.keyClicks(editor, "other")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert bench.project.network.module("m3").name == "edges"
    assert bench.open_project.selection == {"m3"}


def test_one_click_mends(bench):
    bench.open_project.edit("too large", edits.apply_change(bench.project, "m3", {"kernel_size": 31}))
    item = bench.scene.modules["m3"]
    assert item.card.problems
    assert item.layout.mend.isEmpty()  # one line until it is asked for
    item.set_state(is_hovered=True)
    assert not item.layout.mend.isEmpty()
    bench.click(bench.place(item.mapToScene(item.layout.mend.center())))
    assert not bench.scene.modules["m3"].card.problems
    assert undo_texts(bench)[-1] == "Mend Conv2d"


def test_context_menus(bench):
    area = bench.view.area
    menu = area._context_menu.open(bench.scene.modules["m3"].rect.center(), QPoint(0, 0))
    assert [each.text() for each in menu.actions() if each.text()] == [
        "Cut",
        "Copy",
        "Duplicate",
        "Rename…",
        "Take out of the stage",
        "Freeze",
        "Delete",
    ]
    menu.close()
    wire = bench.scene.links[Link("m6", "m7")].path().pointAtPercent(0.5)
    menu = area._context_menu.open(wire, QPoint(0, 0))
    menu.actions()[0].trigger()
    menu.close()
    assert Link("m6", "m7") not in bench.project.network.links
    menu = area._context_menu.open(QPointF(-5000, 0), QPoint(0, 0))
    words = [each.text() for each in menu.actions() if each.text()]
    assert words == ["Add a module…", "Write a note", "Paste", "Tidy the layout"]
    menu.close()


def test_space_or_middle_drag_pans(bench):
    at = bench.place(QPointF(500, 5))
    before = bench.view.area.visible_rect()
    bench.drag(at, at + QPoint(50, 40), button=Qt.MouseButton.MiddleButton)
    assert bench.view.area.visible_rect().left() == pytest.approx(before.left() - 50, abs=2)
    QTest.keyPress(bench.view.area, Qt.Key.Key_Space)
    bench.drag(bench.card_place("m3"), bench.card_place("m3") + QPoint(-50, -40))
    QTest.keyRelease(bench.view.area, Qt.Key.Key_Space)
    assert bench.view.area.visible_rect().left() == pytest.approx(before.left(), abs=4)
    assert bench.open_project.selection == frozenset()


def test_zoom_stays_in_bounds_and_about_the_pointer(bench, qtbot):
    with qtbot.waitSignal(bench.view.zoom_changed):
        bench.view.zoom_in()
    for _ in range(30):
        bench.view.zoom_in()
    assert bench.view.zoom == pytest.approx(3.0)
    for _ in range(40):
        bench.view.zoom_out()
    assert bench.view.zoom == pytest.approx(0.25)
    bench.view.zoom_reset()
    at = QPointF(200, 150)
    under = bench.view.area.mapToScene(at.toPoint())
    bench.view.area.zoom.turn_wheel(360, at)
    assert (bench.view.area.mapToScene(at.toPoint()) - under).manhattanLength() < 2
    bench.view.fit()
    assert bench.view.area.visible_rect().contains(bench.scene.covered_rect())


def test_add_kind_goes_behind_the_selection(bench):
    bench.open_project.select(frozenset({"m3"}))
    new_id = bench.view.add_kind("ReLU")
    assert {Link("m3", new_id), Link(new_id, "m4")} <= set(bench.project.network.links)
    assert bench.open_project.selection == {new_id}


def test_add_kind_connects_a_free_output_and_stays_loose_without_one(loose):
    loose.open_project.select(frozenset({"m2"}))
    new_id = loose.view.add_kind("NLLLoss")
    assert Link("m2", new_id) in loose.project.network.links
    other = loose.view.add_kind("Tanh")
    assert all(other not in (link.source, link.target) for link in loose.project.network.links)
    rects = [item.rect for item in loose.scene.modules.values()]
    assert not any(rect.intersects(each) for index, rect in enumerate(rects) for each in rects[index + 1 :])


def test_every_visible_focusable_widget_has_a_name(bench):
    for widget in [bench.view, *bench.view.findChildren(QWidget)]:
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.focusProxy() is None:
            assert widget.accessibleName(), widget


def test_an_undo_in_the_middle_of_a_drag_ends_the_drag(bench):
    bench.open_project.edit("delete", edits.delete_modules(bench.project, ["m5"]))
    start = bench.card_place("m3")
    bench.press_and_move(start, start + QPoint(90, 90))
    bench.open_project.undo_stack.undo()
    assert bench.view.area.active_gesture is None
    bench.assert_in_step()
    bench.press_and_move(bench.port_place(bench.output("m5")), bench.place(QPointF(700, 330)))
    bench.open_project.undo_stack.redo()
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, bench.place(QPointF(700, 330)))
    bench.assert_in_step()


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (("m6", True), ("m4", False), "close a loop"),
        (("m6", True), ("m9", True), "Both are outputs"),
        (("m8", False), ("m3", False), "Both are inputs"),
    ],
)
def test_a_port_says_why_it_will_not_do(bench, start, end, words):
    def port(module_id, is_output):
        return bench.output(module_id) if is_output else bench.input(module_id)

    bench.press_and_move(bench.port_place(port(*start)), bench.port_place(port(*end)) + QPoint(3, 3))
    assert words in bench.view.area.canvas.bubble.text()
    bench.key(Qt.Key.Key_Escape)
    assert not bench.view.area.canvas.bubble.isVisible()


@pytest.mark.parametrize(
    ("start", "card", "words"), [("m8", "m13", "is a loss"), ("m6", "m1", "takes no wire: its pictures come")]
)
def test_a_card_without_such_a_port_says_why(bench, start, card, words):
    port = bench.input(start) if card == "m13" else bench.output(start)
    bench.press_and_move(bench.port_place(port), bench.card_place(card, 40, 40))
    assert words in bench.view.area.canvas.bubble.text()


def test_a_wire_whose_shapes_would_not_fit_says_so_before_the_drop(bench):
    at = bench.port_place(bench.input("m11")) + QPoint(3, 3)
    bench.press_and_move(bench.port_place(bench.output("m6")), at)
    assert bench.input("m11").state is PortState.TARGET
    assert bench.view.area.canvas.bubble.text().startswith("It would not fit. Linear takes a list of numbers")
    QTest.mouseRelease(bench.viewport, LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert Link("m6", "m11") in bench.project.network.links


def test_a_wire_that_fits_says_nothing(bench):
    bench.press_and_move(bench.port_place(bench.output("m6")), bench.port_place(bench.input("m9")) + QPoint(3, 3))
    assert not bench.view.area.canvas.bubble.isVisible()


def test_a_loss_with_the_wrong_number_of_classes_says_so_before_the_drop(bench):
    bench.press_and_move(bench.port_place(bench.output("m10")), bench.port_place(bench.input("m13")) + QPoint(3, 3))
    assert "10" in bench.view.area.canvas.bubble.text()


def test_a_card_from_the_palette_shows_lines_of_alignment_until_it_is_dropped(bench):
    at = bench.place(bench.scene.modules["m3"].rect.topLeft() + QPointF(-10, 660))
    bench.carry("Tanh", at, drop=False)
    assert bench.scene.guides
    bench.carry("Tanh", at)
    assert bench.scene.guides == ()
    (new,) = bench.open_project.selection
    assert bench.scene.modules[new].x() in {item.x() for each, item in bench.scene.modules.items() if each != new}


def test_a_moved_card_makes_its_wire_horizontal(bench):
    after = edits.move_modules(bench.project, {"m3": (bench.scene.modules["m3"].x(), 400)})
    bench.open_project.edit("away", edits.delete_modules(after, ["m7", "m8", "m9"]))
    start = bench.card_place("m3")
    target = bench.scene.modules["m2"].y() - bench.scene.modules["m3"].y()
    bench.press_and_move(start, start + QPoint(0, round(target) + 15))
    assert bench.output("m2").scenePos().y() == bench.input("m3").scenePos().y()
    assert any(guide.y1() == guide.y2() == bench.output("m2").scenePos().y() for guide in bench.scene.guides)
