"""The whole canvas by keys alone: outline, lists to choose from, panels."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.presets import load_preset, new_project
from convnet_studio.engine.project.spec import Link, ModuleSpec
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.outline.row_delegate import ROW
from convnet_studio.ui.outline.rows import InputRow, ModuleRow


class Hands:
    """Two hands on the keyboard of a window: keys go to where the focus is."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def press(self, *shortcuts: str) -> None:
        for shortcut in shortcuts:
            keys = QKeySequence(shortcut)[0]
            QTest.keyClick(QApplication.focusWidget() or self.window, keys.key(), keys.keyboardModifiers())
            QApplication.processEvents()

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClicks(QApplication.focusWidget() or self.window, letter)
        QApplication.processEvents()

    def choose(self, text: str) -> None:
        """Type a few letters in the list that is open, and take what is found."""
        assert self.window.picker.isVisible()
        self.type(text)
        self.press("Return")
        assert not self.window.picker.isVisible()

    def go_to(self, title: str, port: int = -1) -> None:
        """Walk the outline to a row, from its beginning."""
        self.press("Home")
        for _ in range(60):
            row = self.current
            is_there = row.title == title if isinstance(row, ModuleRow) else False
            if is_there and port < 0:
                return
            if isinstance(row, InputRow) and row.port == port and self.name(row.module_id) == title:
                return
            if (is_there and not isinstance(self.after("Right"), InputRow)) or not is_there:
                self.press("Down")
        raise AssertionError(f"no row {title} {port}")

    def after(self, key: str) -> ModuleRow | InputRow:
        """Where a key leads."""
        self.press(key)
        return self.current

    @property
    def current(self) -> ModuleRow | InputRow:
        item = self.window.outline.tree.currentItem()
        assert item is not None
        row: ModuleRow | InputRow = item.data(0, ROW)
        return row

    def name(self, module_id: str) -> str:
        return next(each.title for each in self.window.outline.rows() if each.module_id == module_id)

    @property
    def modules(self) -> dict[str, ModuleSpec]:
        return {each.name or each.kind: each for each in self.window.open_project.project.network.modules}

    def wires(self) -> set[tuple[str, str, int, bool]]:
        names = {each.id: name for name, each in self.modules.items()}
        links = self.window.open_project.project.network.links
        return {(names[each.source], names[each.target], each.port, each.is_recurrent) for each in links}

    @property
    def last_undo(self) -> str:
        return self.window.open_project.undo_stack.undoText()


@pytest.fixture
def hands(window: MainWindow, qtbot: QtBot) -> Hands:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    made = Hands(window)
    window.open_project.open(new_project())
    made.press("Ctrl+Shift+O")
    assert QApplication.focusWidget() is window.outline.tree
    return made


def test_a_small_network_is_built_by_keys_alone(hands: Hands, window: MainWindow, qtbot: QtBot) -> None:
    if "Input" not in hands.modules:
        hands.press("A")
        hands.choose("input")
    hands.go_to("Input")
    for kind in ("Conv2d", "Tanh", "Flatten", "Linear", "LogSoftmax", "NLLLoss"):
        hands.press("A")
        hands.choose(kind)
        assert window.open_project.selection == {hands.modules[kind].id}
        assert QApplication.focusWidget() is window.outline.tree
    chain = ["Input", "Conv2d", "Tanh", "Flatten", "Linear", "LogSoftmax", "NLLLoss"]
    assert hands.wires() == {(*pair, 0, False) for pair in itertools.pairwise(chain)}
    assert [row.title for row in window.outline.rows()] == chain
    assert all(not row.problem for row in window.outline.rows()), [row.problem for row in window.outline.rows()]
    hands.press("F8")
    qtbot.waitUntil(lambda: window.live.snapshot is not None and window.live.snapshot.step == 1, timeout=20_000)


@pytest.fixture
def digits(hands: Hands) -> Hands:
    """tiny-digits: Input, Conv2d, Tanh, ..."""
    hands.window.open_project.open(load_preset("tiny-digits"))
    hands.window.outline.tree.setFocus()
    return hands


def test_a_wire_is_taken_out_and_drawn_again(digits: Hands) -> None:
    digits.go_to("Tanh", port=0)
    assert isinstance(digits.current, InputRow)
    assert digits.window.canvas.scene.selected_links == {digits.current.link}
    digits.press("Del")
    assert digits.last_undo == "Delete wire"
    assert ("Conv2d", "Tanh", 0, False) not in digits.wires()
    digits.go_to("Tanh", port=0)
    assert isinstance(digits.current, InputRow)
    assert digits.current.link is None
    assert digits.window.commands.open_input == (digits.modules["Tanh"].id, 0)
    digits.press("W")
    digits.choose("conv2d")
    assert ("Conv2d", "Tanh", 0, False) in digits.wires()


def test_a_module_goes_into_a_wire_and_before_an_open_input(digits: Hands) -> None:
    digits.go_to("Tanh", port=0)
    digits.press("A")
    digits.choose("abs")
    assert {("Conv2d", "Abs", 0, False), ("Abs", "Tanh", 0, False)} <= digits.wires()
    digits.go_to("Abs", port=0)
    digits.press("Del")
    digits.go_to("Abs", port=0)
    digits.press("A")
    digits.choose("relu")
    assert ("ReLU", "Abs", 0, False) in digits.wires()


def test_what_does_not_fit_stands_below_with_its_reason_and_can_t_be_taken(digits: Hands) -> None:
    digits.go_to("Tanh")
    before = digits.window.open_project.project
    digits.press("W")
    reasons = {each.text: each.why_not for each in digits.window.picker.rows() if each.why_not}
    assert "takes no wire" in reasons["Input"]
    assert "loop" in reasons["Conv2d"]
    fits = [not each.why_not for each in digits.window.picker.rows()]
    assert fits == sorted(fits, reverse=True)
    digits.type("conv2d")
    digits.press("Return")
    assert digits.window.picker.isVisible()
    assert "loop" in digits.window.picker._hint.text()
    digits.press("Esc")
    assert not digits.window.picker.isVisible()
    assert QApplication.focusWidget() is digits.window.outline.tree
    assert digits.window.open_project.project == before


def test_a_losses_reasons_when_a_wire_is_selected(digits: Hands) -> None:
    digits.go_to("Tanh", port=0)
    digits.press("A")
    reasons = {each.text: each.why_not for each in digits.window.picker.rows()}
    assert "can't stand between two modules" in reasons["NLLLoss"]
    assert not reasons["Conv2d"]


def test_an_add_gets_one_more_input_and_a_wire_becomes_recurrent(digits: Hands) -> None:
    digits.go_to("Tanh")
    digits.press("A")
    digits.choose("add")
    digits.go_to("Conv2d")
    digits.press("W")
    digits.choose("add input 2")
    assert {("Tanh", "Add", 0, False), ("Conv2d", "Add", 1, False)} <= digits.wires()
    digits.go_to("Add")
    digits.press("W")
    digits.choose("add one more")
    assert ("Add", "Add", 2, True) in digits.wires()
    digits.go_to("Add", port=1)
    digits.press("Ctrl+Shift+L")
    assert ("Conv2d", "Add", 1, True) in digits.wires()
    digits.press("Ctrl+Shift+L")
    assert ("Conv2d", "Add", 1, False) in digits.wires()


def test_modules_move_up_and_down_their_chain(digits: Hands) -> None:
    order = [row.title for row in digits.window.outline.rows()]
    here = order.index("Tanh")
    digits.go_to("Tanh")
    digits.press("Alt+Down")
    moved = [row.title for row in digits.window.outline.rows()]
    assert moved.index("Tanh") == here + 1
    assert sorted(moved) == sorted(order)
    assert digits.last_undo == "Move Tanh down the chain"
    scene = digits.window.canvas.scene
    first, second = (scene.modules[digits.modules[each].id].rect for each in (order[here + 1], "Tanh"))
    assert first.right() < second.left() or abs(first.top() - second.top()) > 100
    digits.press("Alt+Up")
    assert [row.title for row in digits.window.outline.rows()] == order
    digits.go_to("Conv2d")
    digits.press("Alt+Up")
    assert "pictures from the data set" in digits.window.actions_table.why_not("move_earlier")
    assert [row.title for row in digits.window.outline.rows()] == order


def test_cards_of_different_width_keep_their_gap(hands: Hands) -> None:
    hands.window.open_project.open(load_preset("two-stage-digits"))
    hands.window.outline.tree.setFocus()
    scene, order = hands.window.canvas.scene, hands.window.outline.rows()
    before, narrow = next(pair for pair in itertools.pairwise(order) if pair[1].title == "Flatten")
    first, second = scene.modules[before.module_id].rect, scene.modules[narrow.module_id].rect
    assert second.width() < first.width()
    hands.go_to("Flatten")
    hands.press("Alt+Up")
    network = hands.window.open_project.project.network
    assert network.module(narrow.module_id).position[0] == first.left()
    behind = first.left() + second.width() + (second.left() - first.right())
    assert network.module(before.module_id).position[0] == pytest.approx(behind)


def test_rename_replace_duplicate_delete_freeze(digits: Hands) -> None:
    digits.go_to("Tanh")
    digits.press("F2")
    digits.type("squash")
    digits.press("Return")
    assert "squash" in digits.modules
    digits.go_to("squash")
    digits.press("Ctrl+H")
    assert {each.family for each in digits.window.picker.rows()} == {digits.window.outline.rows()[2].family}
    digits.choose("relu")
    assert digits.modules["squash"].kind == "ReLU"
    digits.press("Ctrl+D")
    assert (
        len(digits.window.open_project.project.network.modules) == len(load_preset("tiny-digits").network.modules) + 1
    )
    digits.press("Del")
    digits.go_to("squash")
    digits.press("Del")
    assert ("Conv2d", "Flatten", 0, False) in digits.wires() or any(w[0] == "Conv2d" for w in digits.wires())
    digits.go_to("Conv2d")
    digits.press("Ctrl+L")
    assert digits.modules["Conv2d"].learning.frozen
    assert "frozen" in digits.window.outline.rows()[1].text
    digits.press("Ctrl+L")
    assert not digits.modules["Conv2d"].learning.frozen


def test_escape_leaves_a_name_as_it_was(digits: Hands) -> None:
    digits.go_to("Tanh")
    digits.press("F2")
    digits.type("other")
    digits.press("Esc")
    assert "Tanh" in digits.modules
    assert digits.window.open_project.selection == {digits.modules["Tanh"].id}


def test_several_are_selected_here_and_on_the_canvas(digits: Hands) -> None:
    digits.go_to("Conv2d")
    digits.press("Shift+Down")
    assert digits.window.open_project.selection == {digits.modules["Conv2d"].id, digits.modules["Tanh"].id}
    digits.press("Ctrl+A")
    assert len(digits.window.open_project.selection) == len(digits.modules)
    digits.press("Esc")
    assert not digits.window.open_project.selection
    digits.window.open_project.select(frozenset({digits.modules["Linear"].id}))
    assert isinstance(digits.current, ModuleRow)
    assert digits.current.title == "Linear"
    chosen = [item.data(0, ROW) for item in digits.window.outline.tree.selectedItems()]
    assert [row.title for row in chosen] == ["Linear"]


def test_a_wire_selected_on_the_canvas_is_selected_here(digits: Hands) -> None:
    link = Link(digits.modules["Conv2d"].id, digits.modules["Tanh"].id)
    digits.window.canvas.scene.select_links(frozenset({link}))
    (item,) = digits.window.outline.tree.selectedItems()
    assert item.data(0, ROW).link == link


def test_enter_goes_to_the_settings_and_ctrl_i_back(digits: Hands) -> None:
    digits.go_to("Conv2d")
    digits.press("Return")
    inspector = digits.window.inspector
    assert inspector.isAncestorOf(QApplication.focusWidget())
    digits.press("Ctrl+I")
    assert QApplication.focusWidget() is digits.window.outline.tree


def test_f6_visits_every_panel_and_comes_round(digits: Hands, window: MainWindow) -> None:
    def part_in_focus() -> QWidget | None:
        now = QApplication.focusWidget()
        return next((part for part in window._parts() if now is part or part.isAncestorOf(now)), None)

    seen = []
    for _ in window._parts():
        digits.press("F6")
        seen.append(part_in_focus())
    assert set(seen) == set(window._parts())
    digits.press("Shift+F6")
    assert part_in_focus() is seen[-2]


def test_undo_and_redo_keep_the_keyboard_where_it_is(digits: Hands) -> None:
    digits.go_to("Tanh")
    digits.press("Del")
    assert "Tanh" not in digits.modules
    assert isinstance(digits.current, ModuleRow)  # the row that took its place
    digits.press("Ctrl+Z")
    assert "Tanh" in digits.modules
    assert QApplication.focusWidget() is digits.window.outline.tree


def test_every_row_tells_all_to_those_who_do_not_see_it(digits: Hands) -> None:
    texts = {row.title: row.text for row in digits.window.outline.rows()}
    assert texts["Tanh"].startswith("Tanh, hyperbolic tangent, output ")
    assert texts["Tanh"].endswith("from Conv2d")
    digits.go_to("Tanh", port=0)
    digits.press("Del")
    texts = {row.title: row.text for row in digits.window.outline.rows()}
    assert "no input yet" in texts["Tanh"]
    assert "problem: It has no input" in texts["Tanh"]
    tree = digits.window.outline.tree
    assert "a problem" in tree.accessibleDescription()
    item = tree.topLevelItem(0)
    assert item is not None
    assert item.data(0, Qt.ItemDataRole.AccessibleTextRole) == digits.window.outline.rows()[0].text


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("connect", "Select one module"),
        ("replace", "Select one module first."),
        ("freeze", "has weights"),
        ("recurrent", "Select a wire first."),
        ("duplicate", "Select a module"),
    ],
)
def test_without_a_selection_actions_say_why_not(digits: Hands, action: str, reason: str) -> None:
    digits.press("Esc")
    table = digits.window.actions_table
    assert not table[action].isEnabled()
    assert reason in table.why_not(action)


def test_the_keys_work_on_the_canvas_too(digits: Hands, window: MainWindow) -> None:
    window.canvas.setFocus()
    press: Callable[..., None] = digits.press
    press("Tab", "Tab", "Tab")
    assert window.open_project.selection == {digits.modules["Tanh"].id}
    press("A")
    digits.choose("abs")
    assert ("Tanh", "Abs", 0, False) in digits.wires()
    assert QApplication.focusWidget() is window.canvas.area
