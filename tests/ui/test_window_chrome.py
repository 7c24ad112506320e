"""Top bar, menus and panels of the window: nothing cut, nothing offered that can't be done."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.main_window import MainWindow


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_nothing_in_the_top_bar_is_cut(window: MainWindow, qtbot: QtBot, width: int) -> None:
    window.resize(width, 720)
    qtbot.wait(50)
    bar = window.top_bar
    parts = [each for each in bar.findChildren(QWidget) if each.isVisible() and each.parent() is bar]
    assert not [
        each.accessibleName() for each in parts if each.width() < min(each.sizeHint().width(), each.maximumWidth())
    ]
    assert max(each.geometry().right() for each in parts) < bar.width()


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


def test_no_two_actions_share_a_shortcut() -> None:
    used = [QKeySequence(key).toString() for row in ACTIONS for key in row.shortcuts]
    assert len(used) == len(set(used))
