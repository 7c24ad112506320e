"""What the window's menus, shortcuts and palette do with stages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from convnet_studio.ui.main_window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_stages_by_keys_alone(window: MainWindow) -> None:
    """tiny-digits: Stage 1 is m2 to m4."""
    project = window.open_project
    window.canvas.area.setFocus()
    project.select(frozenset({"m1", "m2"}))
    QTest.keyClick(window, Qt.Key.Key_G, CTRL)
    assert ("m1", "m2") in [each.modules for each in project.project.network.stages]
    QTest.keyClick(window, Qt.Key.Key_Period, CTRL)
    assert project.project.network.stages[-1].is_folded
    assert "folded, a stage of Input, Conv2d" in window.canvas.area.accessibleDescription()
    QTest.keyClick(window, Qt.Key.Key_L, CTRL)
    assert project.project.network.module("m2").learning.frozen
    QTest.keyClick(window, Qt.Key.Key_G, CTRL | SHIFT)
    assert project.project.network.stage_of("m2") is None
    stack = project.undo_stack
    texts = [stack.text(index) for index in range(stack.count())]
    assert texts == ["Group to a stage", "Fold", "Freeze", "Ungroup"]


def test_only_what_can_be_done_is_offered(window: MainWindow) -> None:
    names = ("group_stage", "ungroup_stage", "fold_stage", "freeze")
    for selection, offered in (
        (set(), (False, False, False, False)),
        ({"m1"}, (True, False, False, False)),
        ({"m2", "m3", "m4"}, (False, True, True, True)),
    ):
        window.open_project.select(frozenset(selection))
        assert tuple(window.actions_table[each].isEnabled() for each in names) == offered, selection


def test_a_stage_chosen_in_the_palette_goes_behind_the_selection(window: MainWindow) -> None:
    window.open_project.select(frozenset({"m4"}))
    QTest.keyClicks(window.palette_panel.search, "jarrett")
    QTest.keyClick(window.palette_panel.search, Qt.Key.Key_Return)
    new = window.open_project.project.network.stages[-1]
    assert window.open_project.selection == set(new.modules)
    assert window.inspector.stage_page is not None
    assert window.inspector.stage_page.isVisible()
    assert window.open_project.undo_stack.count() == 1
