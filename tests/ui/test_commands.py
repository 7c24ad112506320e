"""Command palette, lists to choose from and the sheet of shortcuts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.presets import preset_names
from convnet_studio.ui import settings as settings_files
from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.commands.choice import MOST_USED, Choice, find
from convnet_studio.ui.commands.choice_delegate import FOUND
from convnet_studio.ui.commands.command_palette import action_choices, view_choices
from convnet_studio.ui.commands.fuzzy import match
from convnet_studio.ui.commands.key_caps import caps_of, key_text
from convnet_studio.ui.commands.overlay import MILLISECONDS
from convnet_studio.ui.commands.picker import Picker
from convnet_studio.ui.commands.shortcut_sheet import in_columns, lines
from convnet_studio.ui.live import is_seen
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.settings import Session
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch

_TITLES = {"maps": "maps", "lcn": "local contrast normalisation", "confusion": "confusion matrix"}


def press(shortcut: str) -> None:
    keys = QKeySequence(shortcut)[0]
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, keys.key(), keys.keyboardModifiers())
    QApplication.processEvents()


def type_in(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)
    QApplication.processEvents()


# ---------------------------------------------------------------- letters


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("conv", "Add Conv2d", "Deconvolve"),
        ("sb", "Step batch", "Some of both"),
        ("steba", "Step batch", "Show the best"),
        ("lcn", "Add LocalContrastNorm", "Lucent"),
        ("sel", "Select all", "Show the whole network"),
        ("pool max", "Add MaxPool2d", "Add LPPool2d"),
    ],
)
def test_what_is_meant_stands_first(typed: str, better: str, worse: str) -> None:
    first, second = match(better, typed), match(worse, typed)
    assert first is not None
    assert second is None or first.score > second.score


def test_typed_letters_are_known_by_their_places() -> None:
    found = match("Add MaxPool2d", "pool")
    assert found is not None
    assert found.letters == {7, 8, 9, 10}
    found = match("Step batch", "sb")
    assert found is not None
    assert found.letters == {0, 5}
    assert match("Step batch", "sbx") is None
    assert match("Show the whole network", "sel") is None
    assert match("anything", "") is not None


def test_a_name_goes_before_words_about_it() -> None:
    choices = [Choice("a", "Open preset x", "A net with a tanh"), Choice("b", "Add Tanh")]
    assert [each.choice.name for each in find(choices, "tanh", {})] == ["b", "a"]


def test_what_is_used_most_stands_first_and_what_can_t_be_done_last() -> None:
    choices = [Choice("a", "Step one"), Choice("b", "Step two"), Choice("c", "Step zero", why_not="Not now.")]
    assert [each.choice.name for each in find(choices, "step", {"b": 3})] == ["b", "a", "c"]
    everything = find(choices, "", {"b": 3, "c": 9})
    assert [(each.choice.name, each.section) for each in everything][:2] == [("b", MOST_USED), ("a", "")]
    assert len(everything) == 4


@pytest.mark.parametrize(
    ("typed", "view"),
    [("show maps", "maps"), ("maps", "maps"), ("lcn", "lcn"), ("Confusion matrix", "confusion")],
)
def test_a_view_stands_first_by_its_title_and_comes_to_the_front_when_open(
    window: MainWindow, qtbot: QtBot, typed: str, view: str
) -> None:
    name = next(each for each, kind in window.view_panels.kinds.items() if kind.title.lower() == _TITLES[view])
    often = {f"view:{each}": 5 for each in window.view_panels.kinds if each != name}
    window.view_panels.show(name)
    window.view_panels.show("filters")
    first = find(view_choices(window.view_panels), typed, often)[0].choice
    assert first.name == f"view:{name}"
    first.act()
    (shown,) = [each for each in window._further_views if each.name == name]
    qtbot.waitUntil(lambda: is_seen(shown))


# ---------------------------------------------------------------- the palette


@pytest.fixture
def palette(window: MainWindow, qtbot: QtBot) -> Picker:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.canvas.setFocus()
    press("Ctrl+K")
    assert window.picker.isVisible()
    return window.picker


def test_it_is_on_top_of_floating_panels_and_of_the_full_screen(window: MainWindow, qtbot: QtBot) -> None:
    window.view_panels.show("maps")
    panel = window.view_panels.panel("maps")
    panel.setFloating(True)
    window.show_commands()
    assert window.picker.windowType() == Qt.WindowType.Popup
    assert QApplication.activePopupWidget() is window.picker
    assert window.picker.search.hasFocus()
    assert window.rect().translated(window.pos()).contains(window.picker.geometry())
    window.picker.close()
    panel.setFloating(False)
    panel.toggle_full_screen()
    window.show_commands()
    assert window.picker.windowType() == Qt.WindowType.Popup
    window.picker.close()
    panel.toggle_full_screen()
    window.show_commands()
    assert not window.picker.isWindow()
    window.picker.close()
    window.hide()
    qtbot.wait(50)  # what its panels set going when hidden is over before it is taken down


def test_it_offers_every_action_module_preset_and_panel(palette: Picker, window: MainWindow) -> None:
    names = {each.name for each in palette.rows()}
    assert {f"action:{row.name}" for row in ACTIONS} - names == {"action:commands"}
    assert {f"add:{kind}" for kind in (*Module.registry, *Loss.registry)} <= names
    assert {f"preset:{name}" for name in preset_names()} <= names
    assert {f"panel:{panel.windowTitle()}" for panel in window.panel_layout.panels} <= names


def test_what_is_chosen_is_named_once_and_found_by_off(palette: Picker, window: MainWindow) -> None:
    choices = action_choices(window.actions_table)
    texts = {each.name.removeprefix("action:"): each.text for each in choices}
    assert texts["wires_gradient"] == "Wires: gradient"
    assert texts["theme_dark"] == "Theme: dark"
    assert find(choices, "off", {})[0].choice.name == "action:wires_off"


def test_enter_runs_what_was_found_and_the_focus_goes_back(palette: Picker, window: MainWindow) -> None:
    before = len(window.open_project.project.network.modules)
    type_in("add tanh")
    assert palette.current is not None
    assert palette.current.text == "Add Tanh"
    press("Return")
    assert not palette.isVisible()
    assert len(window.open_project.project.network.modules) == before + 1
    assert QApplication.focusWidget() is window.canvas.area


def test_uses_are_counted_and_kept(
    palette: Picker, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in("whole network")
    press("Return")
    press("Ctrl+K")
    first = palette.rows()[0]
    assert first.name == "action:fit"
    assert window.session_record.uses == {"action:fit": 1}
    monkeypatch.setenv("CONVNET_STUDIO_HOME", str(tmp_path))
    settings_files.store(window.session_record)
    assert settings_files.load(Session).uses == {"action:fit": 1}
    broken = {"uses": {"action:fit": "often", "a": -3, "b": 2}}
    (tmp_path / "session.json").write_text(json.dumps(broken))
    assert settings_files.load(Session).uses == {"b": 2}


def test_what_can_t_be_done_says_why_and_stays(palette: Picker, window: MainWindow) -> None:
    type_in("duplicate")
    assert palette.current is not None
    assert palette.current.why_not == "Select a module on the canvas or in the outline first."
    assert palette._hint.text() == palette.current.why_not
    press("Return")
    assert palette.isVisible()
    assert not window.session_record.uses


def test_up_down_and_pages_walk_the_rows(palette: Picker) -> None:
    names = [each.name for each in palette.rows()]

    def current() -> str:
        return palette.current.name if palette.current else ""

    assert current() == names[0]
    press("Down")
    assert current() == names[1]
    press("PgDown")
    assert current() == names[9]
    press("Up")
    assert current() == names[8]
    press("PgUp")
    press("PgUp")
    press("Up")
    assert current() == names[-1]


def test_while_it_is_open_no_key_is_the_windows(palette: Picker, window: MainWindow) -> None:
    type_in("f")
    assert palette.search.text() == "f"
    press("F5")
    press("Ctrl+Z")
    press("Tab")
    assert not window.session.is_playing
    assert QApplication.focusWidget() is palette.search


@pytest.mark.parametrize("way", ["Esc", "Ctrl+K", "click"])
def test_it_closes_without_doing_anything(palette: Picker, window: MainWindow, way: str) -> None:
    before = window.open_project.project
    if way == "click":
        QTest.mouseClick(palette, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(10, 500))
    else:
        press(way)
    assert not palette.isVisible()
    assert window.open_project.project is before
    assert QApplication.focusWidget() is window.canvas.area


def test_a_click_takes_a_row(palette: Picker, window: MainWindow) -> None:
    type_in("theme dark")
    item = palette.list.currentItem()
    assert item is not None
    place = palette.list.visualItemRect(item).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert theme_switch().theme.name == DARK
    window.use_theme(LIGHT)


def test_nothing_found_is_said(palette: Picker) -> None:
    type_in("xyzzy")
    assert palette.rows() == []
    assert palette._hint.text() == "Nothing here is called “xyzzy”."


def test_it_keeps_inside_the_window_and_moves_briefly(palette: Picker, window: MainWindow, qtbot: QtBot) -> None:
    assert MILLISECONDS <= 200
    for size in ((1024, 640), (1920, 1080)):
        window.resize(*size)
        qtbot.wait(MILLISECONDS + 50)
        assert palette.rect() == window.rect()
        assert palette.rect().contains(palette.panel.geometry())


def test_those_who_do_not_see_it_hear_every_row(palette: Picker) -> None:
    assert palette.search.accessibleName() == "Type what you want to do"
    type_in("step batch")
    assert palette.search.accessibleDescription() == "Step batch. One update on the next mini-batch"
    item = palette.list.currentItem()
    assert item is not None
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Step batch. One update on the next mini-batch. F8"
    assert item.data(FOUND).letters == set(range(10)) - {4}


# ---------------------------------------------------------------- the sheet


def test_the_sheet_has_every_shortcut_of_the_table(window: MainWindow, qtbot: QtBot) -> None:
    told = {key for line in lines() for key in line.keys}
    for row in ACTIONS:
        assert {key_text(key) for key in (*row.shortcuts, *([row.canvas_key] if row.canvas_key else []))} <= told


@pytest.mark.parametrize("key", ["?", "F1"])
def test_a_key_opens_the_sheet_and_letters_leave_what_matches(window: MainWindow, qtbot: QtBot, key: str) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.canvas.setFocus()
    press(key)
    sheet = window.shortcut_sheet
    assert sheet.isVisible()
    names = {each.accessibleName() for each in sheet.findChildren(QWidget) if each.accessibleName()}
    assert {"Undo: Ctrl+Z", "Redo: Ctrl+Shift+Z or Ctrl+Y", "Walk along the wires: Tab or Shift+Tab"} <= names
    type_in("epoch")
    assert [line.text for line in sheet.visible_lines()] == ["Step epoch"]
    type_in("zzz")
    assert any("No shortcut is called" in label.text() for label in sheet.findChildren(QLabel))
    press("Esc")
    assert not sheet.isVisible()
    assert QApplication.focusWidget() is window.canvas.area


def test_no_shortcut_means_two_things() -> None:
    keys = [QKeySequence(key).toString() for row in ACTIONS for key in (*row.shortcuts, row.canvas_key) if key]
    assert len(keys) == len(set(keys))


def test_sections_fill_columns_in_their_order() -> None:
    assert in_columns([3, 3, 3], 3) == [[0], [1], [2]]
    assert in_columns([1, 5, 2, 2], 2) == [[0, 1], [2, 3]]
    assert in_columns([4], 3) == [[0], [], []]
    assert in_columns([], 3) == [[]]


def test_a_shortcut_is_drawn_key_by_key() -> None:
    assert caps_of("Ctrl+Shift+Z") == ["Ctrl", "Shift", "Z"]
    assert caps_of("Ctrl++") == ["Ctrl", "+"]
    assert caps_of("+") == ["+"]
