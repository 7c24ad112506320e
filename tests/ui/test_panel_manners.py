"""Outline, inspector, palette, menus and dialogs: nothing happens that nobody asked for, nothing is cut or unsaid."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QActionGroup, QDrag, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QMenu, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.app import make_application
from convnet_studio.ui.commands.shortcut_sheet import lines
from convnet_studio.ui.inspector.module_page import ARITHMETIC, BYTES, CONNECTIONS, FIELD, PARAMETERS, SHAPE
from convnet_studio.ui.inspector.stage_page import _NameButton
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.outline.row_delegate import ROW
from convnet_studio.ui.outline.rows import ModuleRow, StageRow
from convnet_studio.ui.palette import Palette
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch


@pytest.fixture
def digits(window: MainWindow, qtbot: QtBot) -> MainWindow:
    window.open_project.open(load_preset("two-stage-digits"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    return window


def press(window: MainWindow, shortcut: str) -> None:
    keys = QKeySequence(shortcut)[0]
    QTest.keyClick(QApplication.focusWidget() or window, keys.key(), keys.keyboardModifiers())
    QApplication.processEvents()


def row_of(item: QTreeWidgetItem | None) -> object:
    return item.data(0, ROW) if item else None


def stage_items(window: MainWindow) -> list[QTreeWidgetItem]:
    tree = window.outline.tree
    items = [tree.topLevelItem(index) for index in range(tree.topLevelItemCount())]
    return [each for each in items if each is not None and isinstance(row_of(each), StageRow)]


# ---------------------------------------------------------------- the outline


def test_the_outline_opens_without_selecting_anything(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    assert digits.outline.tree.hasFocus()
    assert digits.open_project.selection == frozenset()
    assert digits.outline.tree.selectedItems() == []
    assert digits.outline.tree.currentItem() is digits.outline.tree.topLevelItem(0)
    press(digits, "Down")  # selects where the keyboard is, before it goes on
    first = digits.open_project.project.network.modules[0].id
    assert digits.open_project.selection == {first}


def test_the_same_key_closes_the_outline(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    assert digits.outline.isVisible()
    press(digits, "Ctrl+Shift+O")
    assert not digits.outline.isVisible()
    assert digits.canvas.area.hasFocus()
    press(digits, "Ctrl+Shift+O")
    assert digits.outline.tree.hasFocus()


def test_stages_are_the_parents_of_their_modules(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    project = digits.open_project.project
    for item, stage in zip(stage_items(digits), project.network.stages, strict=True):
        row = row_of(item)
        assert isinstance(row, StageRow)
        inside = [row_of(item.child(index)) for index in range(item.childCount())]
        assert [each.module_id for each in inside if isinstance(each, ModuleRow)] == list(stage.modules)
        assert item.isExpanded()
        assert row.title == stage.name
        assert row.text == f"{stage.name}, stage of {len(stage.modules)} modules"
    told = {each.module_id for each in digits.outline.rows()}
    assert told == {each.id for each in project.network.modules}


def test_a_stage_is_selected_and_renamed_in_its_row(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    stage = digits.open_project.project.network.stages[0]
    digits.outline.tree.setCurrentItem(stage_items(digits)[0])
    assert digits.open_project.selection == set(stage.modules)
    press(digits, "F2")
    editor = digits.outline.tree.findChild(QLineEdit)
    assert editor is not None
    assert editor.accessibleName() == "Name of the stage"
    QTest.keyClicks(editor, "Eyes")
    press(digits, "Return")
    assert digits.open_project.project.network.stages[0].name == "Eyes"
    assert digits.outline.tree.currentItem() is stage_items(digits)[0]


def test_a_stage_selected_on_the_canvas_is_selected_here(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    stage = digits.open_project.project.network.stages[1]
    digits.canvas.editor.stages.select(stage.id)
    assert digits.outline.tree.selectedItems() == [stage_items(digits)[1]]
    digits.open_project.select(frozenset(stage.modules[:1]))
    (chosen,) = digits.outline.tree.selectedItems()
    assert chosen is stage_items(digits)[1].child(0)


def test_what_is_closed_in_the_outline_stays_closed(digits: MainWindow) -> None:
    press(digits, "Ctrl+Shift+O")
    stage_items(digits)[0].setExpanded(False)
    project = digits.open_project.project
    digits.open_project.edit("Rename", edits.rename_module(project, project.network.modules[-1].id, "judge"))
    assert not stage_items(digits)[0].isExpanded()
    assert stage_items(digits)[1].isExpanded()


def test_a_lone_module_of_a_folded_stage_is_renamed_in_its_row(digits: MainWindow) -> None:
    project = digits.open_project.project
    bank = next(each.id for each in project.network.modules if each.kind == "Flatten")
    alone, stage_id = edits.group_stage(edits.leave_stage(project, [bank]), [bank])
    digits.open_project.edit("Group", edits.fold_stage(alone, stage_id, True))
    press(digits, "Ctrl+Shift+O")
    item = next(each.child(0) for each in stage_items(digits) if row_of(each).stage_id == stage_id)
    digits.outline.tree.setCurrentItem(item)
    digits.actions_table["rename"].trigger()
    assert not digits.canvas.area.canvas.name_editor.isVisible()
    editor = digits.outline.tree.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "list")
    press(digits, "Return")
    assert digits.open_project.project.network.module(bank).name == "list"


# ---------------------------------------------------------------- the inspector


def test_a_module_that_does_not_compute_says_so_in_every_fact(digits: MainWindow) -> None:
    project = digits.open_project.project
    after, new_id = edits.insert_module(project, "Conv2d", (0.0, 900.0))
    digits.open_project.edit("Add", after)
    digits.open_project.select(frozenset({new_id}))
    facts = digits.inspector.module_page.facts
    assert {facts.fact(each) for each in (SHAPE, PARAMETERS, ARITHMETIC, CONNECTIONS, BYTES, FIELD)} == {"not computed"}


def test_long_names_keep_both_ends_and_the_tooltip_has_all(digits: MainWindow, qtbot: QtBot) -> None:
    project = digits.open_project.project
    bank = next(each.id for each in project.network.modules if each.kind == "Conv2d")
    long = "The very first filter bank of them all, with edges"
    digits.open_project.edit("Rename", edits.rename_module(project, bank, long))
    digits.open_project.select(frozenset({bank}))
    assert long in digits.inspector.module_page.header.name.toolTip()
    digits.open_project.select(frozenset(project.network.stages[0].modules))
    qtbot.wait(20)
    button = digits.inspector.stage_page.buttons[bank]
    assert isinstance(button, _NameButton)
    assert button.text().startswith("The")
    assert button.text().endswith("edges")
    assert "…" in button.text()
    assert long in button.toolTip()
    assert button.accessibleName() == long


def test_kinds_of_several_modules_are_read_whole(digits: MainWindow) -> None:
    project = digits.open_project.project
    chosen = {each.id for each in project.network.modules if each.kind in ("LocalContrastNorm", "Tanh")}
    digits.open_project.select(frozenset(chosen))
    labels = digits.inspector.selection_page.kinds.children()
    words = next(each for each in labels if getattr(each, "text", str)() == "LocalContrastNorm")
    assert words.width() >= words.fontMetrics().horizontalAdvance("LocalContrastNorm")


# ---------------------------------------------------------------- palette, keys, menus, dialogs


@pytest.mark.parametrize("name", ["Conv2d", "tutorial-stage"])
def test_a_row_that_was_dragged_out_is_not_marked_any_more(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    palette = Palette()
    qtbot.addWidget(palette)
    (item,) = palette.list.findItems(name, Qt.MatchFlag.MatchExactly)
    palette.list.setCurrentItem(item)
    dragged = []
    monkeypatch.setattr(QDrag, "exec", lambda _drag, *_actions: dragged.append(name))
    palette.list.startDrag(Qt.DropAction.CopyAction)
    assert dragged == [name]
    assert palette.list.currentItem() is None
    assert palette.list.selectedItems() == []


def test_one_key_has_one_name() -> None:
    keys = {key for line in lines() for shortcut in line.keys for key in shortcut.split("+")}
    assert "Enter" in keys
    assert "Return" not in keys
    assert any("Return" in shortcut for row in ACTIONS for shortcut in row.shortcuts)


def mark_picture(is_choice: bool, is_checked: bool) -> QImage:
    """The place of the mark before an entry of a menu."""
    menu = QMenu()
    action = menu.addAction("word")
    action.setCheckable(True)
    if is_choice:
        QActionGroup(menu).addAction(action)
    action.setChecked(is_checked)
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    return menu.grab(QRect(0, 0, 28, menu.height())).toImage().convertToFormat(QImage.Format.Format_RGB32)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_choice_has_another_mark_than_a_switch(qtbot: QtBot, theme: str) -> None:
    make_application()
    theme_switch().use(theme)
    make_application()
    try:
        pictures = [mark_picture(is_choice, on) for is_choice in (False, True) for on in (False, True)]
        assert all(one != other for i, one in enumerate(pictures) for other in pictures[:i])
    finally:
        theme_switch().use(LIGHT)
        make_application()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_lists_of_a_file_dialog_have_arrows(qtbot: QtBot, theme: str) -> None:
    make_application()
    theme_switch().use(theme)
    make_application()
    try:
        dialog = QFileDialog()
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        qtbot.addWidget(dialog)
        dialog.show()
        for field in dialog.findChildren(QComboBox):
            place = field.rect().adjusted(field.width() - 20, 6, -6, -6)
            shown = field.grab(place).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
            shades = [
                shown.pixelColor(QPoint(x, y)).value() for x in range(shown.width()) for y in range(shown.height())
            ]
            assert max(shades) - min(shades) > 60
    finally:
        theme_switch().use(LIGHT)
        make_application()
