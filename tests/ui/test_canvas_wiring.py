"""Several input ports, recurrent wires, shared weights: drawn, edited by mouse and form, undone."""

from __future__ import annotations

import pytest
from canvas_bench import LEFT, CanvasBench
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.canvas.card import cards_of
from convnet_studio.ui.canvas.card_layout import footer_lines
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.open_project import OpenProject

NONE = Qt.KeyboardModifier.NoModifier
KINDS = ("Input", "Linear", "Add", "Tanh", "Linear")
OPEN = Project(
    network=NetworkSpec(
        tuple(ModuleSpec(f"m{i}", kind, position=(220 * i, 40.0)) for i, kind in enumerate(KINDS, 1)),
        (Link("m1", "m2"), Link("m2", "m3"), Link("m3", "m4"), Link("m4", "m5")),
    ),
    next_id=6,
)
BACK = Link("m5", "m3", 1, is_recurrent=True)


@pytest.fixture
def bench(qtbot) -> CanvasBench:
    return CanvasBench(qtbot, OPEN)


def test_ports_of_an_add_stand_below_each_other(bench):
    first, second = bench.scene.modules["m3"].inputs
    assert second.y() - first.y() == 24
    assert bench.scene.modules["m3"].layout.card.height() > second.y() + 10


def test_a_wire_that_closes_a_loop_into_an_add_is_recurrent_and_unfolds(bench):
    target = bench.port_place(bench.input("m3", 1))
    bench.press_and_move(bench.port_place(bench.output("m5")), target)
    assert "recurrent wire" in bench.view.area.canvas.bubble.text()
    QTest.mouseRelease(bench.viewport, LEFT, NONE, target)
    assert bench.project.network.links[-1] == BACK
    assert bench.project.network.unfold == 3
    assert bench.scene.links[BACK].is_recurrent
    assert not bench.scene.links[Link("m2", "m3")].is_recurrent
    assert bench.open_project.undo_stack.count() == 1
    bench.open_project.undo_stack.undo()
    assert bench.project == OPEN
    bench.assert_in_step()


def test_a_refused_loop_offers_a_recurrent_wire_into_an_add(qtbot):
    bench = CanvasBench(qtbot)
    start, target = bench.port_place(bench.output("m5")), bench.port_place(bench.input("m4"))
    bench.press_and_move(start, target)
    assert "Lead the wire into an Add" in bench.view.area.canvas.bubble.text()
    assert "Let go to add one" in bench.view.area.canvas.bubble.text()
    QTest.mouseRelease(bench.viewport, LEFT, NONE, target)
    (menu,) = bench.view.findChildren(QMenu)
    (action,) = menu.actions()
    assert action.text() == "Put an Add before Tanh, with a recurrent wire"
    action.trigger()
    (add,) = (each.id for each in bench.project.network.modules if each.kind == "Add")
    back = Link("m5", add, 1, is_recurrent=True)
    assert {Link("m3", add), Link(add, "m4"), back} <= set(bench.project.network.links)
    assert bench.project.network.unfold > 1
    summary = summarize(bench.project, (1, 28, 28), 10)
    assert not any(each.problems for each in summary.modules.values())
    assert bench.open_project.undo_stack.count() == 1
    menu.close()


def test_a_loop_of_other_shapes_offers_nothing(qtbot):
    bench = CanvasBench(qtbot)
    target = bench.port_place(bench.input("m4"))
    bench.press_and_move(bench.port_place(bench.output("m6")), target)
    assert "close a loop" in bench.view.area.canvas.bubble.text()
    assert "Let go to add one" not in bench.view.area.canvas.bubble.text()
    QTest.mouseRelease(bench.viewport, LEFT, NONE, target)
    assert bench.view.findChildren(QMenu) == []


def test_the_menu_of_a_wire_makes_it_recurrent_and_back(bench):
    editor = bench.view.area.canvas.editor
    wire, late = Link("m2", "m3"), Link("m2", "m3", 0, True)
    assert editor.why_not_recurrent(wire, is_recurrent=True) is None
    assert "can't take a recurrent wire" in (editor.why_not_recurrent(Link("m3", "m4"), is_recurrent=True) or "")
    editor.set_recurrent(wire, is_recurrent=True)
    assert late in bench.scene.links
    editor.set_recurrent(late, is_recurrent=False)
    assert wire in bench.scene.links
    bench.open_project.undo_stack.undo()
    bench.open_project.undo_stack.undo()
    assert bench.project == OPEN


def test_the_menu_offers_only_what_can_be(bench):
    context = bench.view.area._context_menu
    for link, offers in ((Link("m2", "m3"), True), (Link("m3", "m4"), False)):
        menu = context._link_menu(link)
        assert isinstance(menu, QMenu)
        assert any("recurrent" in action.text() for action in menu.actions()) is offers
        menu.deleteLater()


def test_a_wire_dropped_on_a_full_add_gets_an_input_of_its_own(bench):
    full = edits.connect(OPEN, "m1", "m3", 1)
    bench.open_project.edit("Connect", full)
    over_card = bench.card_place("m3")
    bench.press_and_move(bench.port_place(bench.output("m1")), over_card)
    assert "One more input" in bench.view.area.canvas.bubble.text()
    QTest.mouseRelease(bench.viewport, LEFT, NONE, over_card)
    assert bench.project.network.module("m3").settings == {"inputs": 3}
    assert bench.project.network.links[-1] == Link("m1", "m3", 2)
    assert len(bench.scene.modules["m3"].inputs) == 3
    bench.open_project.undo_stack.undo()
    assert bench.project == full
    assert len(bench.scene.modules["m3"].inputs) == 2


def test_a_wire_held_at_a_port_of_a_full_add_takes_its_place(bench):
    bench.open_project.edit("Connect", edits.connect(OPEN, "m1", "m3", 1))
    bench.drag(bench.port_place(bench.output("m2")), bench.port_place(bench.input("m3", 1)))
    assert "inputs" not in bench.project.network.module("m3").settings
    assert Link("m2", "m3", 1) in bench.project.network.links


def test_a_card_says_whose_weights_it_uses():
    shared = edits.share_weights(edits.rename_module(OPEN, "m2", "first"), "m5", "m2")
    cards = cards_of(shared, summarize(edits.connect(shared, "m1", "m3", 1), (10,), 10))
    assert footer_lines(cards["m5"])[0] == "as first"
    assert "params" in footer_lines(cards["m2"])[0]


def inspect(project: Project, qtbot) -> tuple[Inspector, OpenProject]:
    open_project = OpenProject(project)
    inspector = Inspector(open_project)
    qtbot.addWidget(inspector)
    inspector.set_summary(summarize(project, (10,), 10))
    inspector.show()
    return inspector, open_project


def test_the_inspector_shares_weights_and_gives_them_back(qtbot):
    inspector, open_project = inspect(OPEN, qtbot)
    open_project.select(frozenset({"m5"}))
    row = inspector.module_page.sharing
    assert not row.isHidden()
    row.field.entered.emit("m2")
    assert open_project.project.network.module("m5").shares == "m2"
    assert row.field.value == "m2"
    row.field.entered.emit("")
    assert open_project.project.network.module("m5").copy_of == "m2"
    open_project.undo_stack.undo()
    assert row.field.value == "m2"
    open_project.select(frozenset({"m3"}))
    assert row.isHidden(), "an Add has no weights"


def test_the_inspector_sets_the_steps_of_time_where_there_are_recurrent_wires(qtbot):
    inspector, open_project = inspect(OPEN, qtbot)
    page = inspector.project_page
    assert page.time.isHidden()
    open_project.edit("Connect", edits.connect(OPEN, "m5", "m3", 1, is_recurrent=True))
    assert not page.time.isHidden()
    field = page.time.fields["unfold"]
    field.editor.entered.emit(4)
    assert open_project.project.network.unfold == 4
    field.editor.entered.emit(40)
    assert "at most 16" in field.problem.text()
    open_project.undo_stack.undo()
    assert open_project.project.network.unfold == 1
