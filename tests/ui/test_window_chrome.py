"""Top bar, menus and panels of the window: nothing cut, nothing offered that can't be done."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.notes_edits import add_note
from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.canvas.gestures.keyboard import Keyboard
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.main_window import MainWindow


@pytest.mark.parametrize("place", ["build", "lesson", "build beside a lesson"])
@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_nothing_in_the_top_bar_is_cut(window: MainWindow, qtbot: QtBot, width: int, place: str) -> None:
    window.resize(width, 720)
    if "lesson" in place:
        window.open_lesson("one-one-one")
        window.top_bar.show_workspace("Learn", window.learn.place, has_network=True)
    if place.startswith("build"):
        window.actions_table["build"].trigger()
    bar = window.top_bar

    def nothing_is_cut() -> None:
        parts = [each for each in bar.findChildren(QWidget) if each.isVisible() and each.parent() is bar]
        wanted = {
            each: 0 if isinstance(each, ElidedLabel) else min(each.sizeHint().width(), each.maximumWidth())
            for each in parts
        }
        assert not [(type(each), each.accessibleName()) for each in parts if each.width() < wanted[each]]
        assert max(each.geometry().right() for each in parts) < bar.width()

    qtbot.waitUntil(nothing_is_cut)


def test_f10_opens_the_menu(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(window.top_bar, "open_menu", lambda: opened.append("menu"))
    window.actions_table["menu"].trigger()
    assert opened == ["menu"]
    assert window.actions_table["menu"].shortcut() == QKeySequence("F10")


def test_the_menu_offers_what_the_selection_allows(window: MainWindow) -> None:
    names = [module.id for module in window.open_project.project.network.modules]
    offered = {0: {"select_all"}, 1: {"select_all", "duplicate", "rename", "delete"}}
    for selection, can in ((names[:0], offered[0]), (names[1:2], offered[1]), (names[1:3], offered[1] - {"rename"})):
        window.open_project.select(frozenset(selection))
        actions = {name: window.actions_table[name] for name in offered[1]}
        assert {name for name, action in actions.items() if action.isEnabled()} == can
    window.actions_table["delete"].trigger()
    assert not {*names[1:3]} & {module.id for module in window.open_project.project.network.modules}


def test_the_theme_in_force_bears_a_mark(window: MainWindow) -> None:
    for name in ("dark", "light", "system"):
        window.use_theme(name)
        marked = [each for each in ("light", "dark", "system") if window.actions_table[f"theme_{each}"].isChecked()]
        assert marked == [name]


def test_the_project_can_be_renamed_from_the_menu(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.open_project.select(frozenset({window.open_project.project.network.modules[0].id}))
    window.actions_table["rename_project"].trigger()
    QTest.keyClicks(window.focusWidget(), "lesson 3")
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    assert window.open_project.project.name == "lesson 3"
    assert window.windowTitle().startswith("lesson 3")


def test_panels_keep_their_shares_until_somebody_moves_them(window: MainWindow, qtbot: QtBot) -> None:
    def sizes(width: int, height: int) -> list[tuple[int, int]]:
        window.resize(width, height)
        qtbot.wait(30)
        return [(dock.width(), dock.height()) for dock in window.panel_layout.panels]

    first = sizes(1440, 900)
    sizes(1280, 720)
    assert sizes(1440, 900) == first
    window.resizeDocks([window.panel_layout.panels[0]], [300], Qt.Orientation.Horizontal)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton)  # as the end of a drag of the line beside it
    assert sizes(1500, 900)[0][0] == 300
    window.actions_table["restore_layout"].trigger()
    assert sizes(1440, 900) == first


@pytest.mark.parametrize("width", [1280, 1440, 1920])
@pytest.mark.parametrize("is_own", [False, True])
def test_closing_the_code_gives_back_what_opening_it_took(
    window: MainWindow, qtbot: QtBot, width: int, is_own: bool
) -> None:
    layout = window.panel_layout
    window.resize(width, 800)
    if is_own:
        layout._note_arrangement()
        window.resizeDocks(layout.panels[:2], [230, 300], Qt.Orientation.Horizontal)
    qtbot.wait(60)

    def state() -> tuple[list[int], float]:
        return [each.width() for each in layout.panels if not each.isHidden()], window.canvas.zoom

    before = state()
    layout.toggle_beside()
    qtbot.wait(60)
    assert state() != before
    layout.toggle_beside()
    qtbot.wait(60)
    assert state() == before


def test_no_two_actions_share_a_shortcut() -> None:
    used = [QKeySequence(key).toString() for row in ACTIONS for key in row.shortcuts]
    assert len(used) == len(set(used))


def test_no_two_actions_share_a_key_of_the_canvas() -> None:
    used = [QKeySequence(row.canvas_key).toString() for row in ACTIONS if row.canvas_key]
    used += [QKeySequence(key).toString() for row in ACTIONS for key in row.shortcuts]
    assert len(used) == len(set(used))


def test_every_key_of_the_canvas_that_the_menu_tells_does_it(window: MainWindow) -> None:
    called: list[str] = []
    commands = window.canvas.area.commands
    names = [row.name for row in ACTIONS if row.canvas_key]
    commands.handlers |= {name: partial(called.append, name) for name in names}
    keyboard = Keyboard(window.canvas.area.canvas, commands)
    for row in (row for row in ACTIONS if row.canvas_key):
        combination = QKeySequence(row.canvas_key)[0]
        keyboard.press(QKeyEvent(QKeyEvent.Type.KeyPress, combination.key(), combination.keyboardModifiers()))
    assert called == names


def test_canvas_actions_are_offered_only_where_they_mean_something(window: MainWindow) -> None:
    def offered() -> set[str]:
        names = ("cut", "copy", "duplicate", "rename", "delete", "freeze", "tidy")
        return {name for name in names if window.actions_table[name].isEnabled()}

    assert offered() == {"tidy"}
    kinds = {spec.kind: spec.id for spec in window.open_project.project.network.modules}
    window.open_project.select(frozenset({kinds["Tanh"]}))
    assert offered() == {"cut", "copy", "duplicate", "rename", "delete", "tidy"}
    window.open_project.select(frozenset({kinds["Conv2d"]}))
    assert "freeze" in offered()
    window.open_project.edit("note", add_note(window.open_project.project, "x", (0, 600))[0])
    window.canvas.scene.select_only(notes=frozenset(window.canvas.scene.notes.items))
    assert offered() == {"cut", "copy", "duplicate", "rename", "delete", "tidy"}


def test_the_freeze_action_is_what_the_inspector_shows(window: MainWindow) -> None:
    conv = next(spec.id for spec in window.open_project.project.network.modules if spec.kind == "Conv2d")
    window.open_project.select(frozenset({conv}))
    window.actions_table["freeze"].trigger()
    assert window.open_project.project.network.module(conv).learning.frozen
    assert window.actions_table["undo"].text() == "Undo: Freeze Conv2d"
    window.actions_table["undo"].trigger()
    assert not window.open_project.project.network.module(conv).learning.frozen
    assert window.actions_table["redo"].text() == "Redo: Freeze Conv2d"


def test_a_strange_text_is_told_in_the_window(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("not ours")
    window.actions_table["paste"].trigger()
    assert "The clipboard holds no modules" in window.notice.text


def test_the_mini_map_is_a_decision_that_is_kept(window: MainWindow) -> None:
    assert window.actions_table["minimap"].isChecked()
    assert window.canvas.has_minimap
    window.actions_table["minimap"].trigger()
    assert not window.actions_table["minimap"].isChecked()
    assert not window.canvas.has_minimap
    assert window.settings.minimap is False


def test_a_note_leaves_training_alone(window: MainWindow, qtbot: QtBot) -> None:
    run = window.session.run_id
    window.open_project.edit("note", add_note(window.open_project.project, "x", (0, 600))[0])
    qtbot.wait(200)
    assert window.session.run_id == run
    assert window.open_project.is_unsaved
