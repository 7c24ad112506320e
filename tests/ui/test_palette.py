from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.project.presets import preset_names
from convnet_studio.engine.project.stages import load_stage, stage_names
from convnet_studio.ui.palette import Palette
from convnet_studio.ui.palette.entries import kind_entries, preset_entries, stage_entries
from convnet_studio.ui.palette.ghost import ghost_pixmap
from convnet_studio.ui.palette.row_delegate import (
    ENTRY,
    ICON,
    PADDING,
    ROW_HEIGHT,
    WORD_HEIGHT,
    word_is_beside,
    word_lines,
)
from convnet_studio.ui.theme import DARK, LIGHT, text_font, theme_switch


@pytest.fixture
def palette(qtbot) -> Palette:
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(212, 700)
    palette.show()
    return palette


def test_it_holds_every_stage_module_loss_and_preset(palette):
    names = palette.list.visible_names()
    assert set(names) == {*Module.registry, *Loss.registry, *preset_names(), *stage_names()}


def test_families_stand_in_the_order_of_a_stage():
    sections = list(dict.fromkeys(entry.section for entry in kind_entries([*Module.registry, *Loss.registry])))
    wanted = ["Input", "Normalization", "Filter bank", "Non-linearity", "Pooling", "Wiring", "Output", "Loss"]
    assert sections == [each for each in wanted if each in sections]
    assert all(entry.help.endswith(".") for entry in kind_entries([*Module.registry, *Loss.registry]))
    assert all(entry.help for entry in preset_entries())


def test_search_finds_names_words_and_families(palette):
    QTest.keyClicks(palette.search, "conv")
    assert "Conv2d" in palette.list.visible_names()
    assert "Tanh" not in palette.list.visible_names()
    QTest.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.search.text() == ""
    assert len(palette.list.visible_names()) > 10
    QTest.keyClicks(palette.search, "POOLING")
    assert {"AvgPool2d", "LPPool2d", "MaxPool2d"} <= set(palette.list.visible_names())


def test_nothing_found_is_said(palette):
    QTest.keyClicks(palette.search, "capsule")
    assert palette.list.visible_names() == []
    assert palette._none.isVisible()
    assert "capsule" in palette._none.text()


@pytest.mark.parametrize(
    ("typed", "name"), [("tanh", "Tanh"), ("soft", "Softplus"), ("lecun", "ScaledTanh"), ("max", "MaxPool2d")]
)
def test_enter_adds_the_best_found(palette, qtbot, typed, name):
    QTest.keyClicks(palette.search, typed)
    with qtbot.waitSignal(palette.add_requested) as added:
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert added.args == [name]


def test_arrows_walk_the_rows(palette, qtbot):
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    QTest.keyClick(palette.search, Qt.Key.Key_Down)
    second = palette.list.visible_names()[1]
    assert palette.list.currentItem().text() == second
    with qtbot.waitSignal(palette.stage_requested) as added:
        QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert added.args == [second]


def test_double_click_adds_and_presets_open(palette, qtbot):
    rows = {item.text(): item for item in palette.list._rows()}
    for name, signal in (("Tanh", palette.add_requested), (preset_names()[0], palette.preset_chosen)):
        palette.list.scrollToItem(rows[name])
        place = palette.list.visualItemRect(rows[name]).center()
        QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        with qtbot.waitSignal(signal) as told:
            QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert told.args == [name]


def test_letters_typed_on_the_list_search(palette):
    palette.list.setFocus()
    QTest.keyClicks(palette.list, "f")
    assert palette.search.text() == "f"


def test_ghost_and_themes(palette):
    entry = kind_entries(["Conv2d"])[0]
    assert ghost_pixmap(entry, 2.0).devicePixelRatio() == 2.0
    light = palette.grab().toImage()
    try:
        theme_switch().use(DARK)
        assert palette.grab().toImage() != light
    finally:
        theme_switch().use(LIGHT)


def test_every_visible_focusable_widget_has_a_name(palette):
    for widget in palette.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            assert widget.accessibleName(), widget


@pytest.mark.parametrize("width", [180, 208, 300])
def test_every_plain_word_is_seen_whole(qtbot, width):
    """Beside the name or below it, at any width of the panel."""
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(300, 800)
    palette.show()
    palette.resize(width, 800)
    qtbot.wait(50)
    words = QFontMetrics(text_font(11))
    room = palette.list.viewport().width() - 2 * PADDING - ICON - 8
    heights = set()
    for row in range(palette.list.count()):
        item = palette.list.item(row)
        entry = item.data(ENTRY)
        if entry is None or not entry.word:
            continue
        heights.add(palette.list.visualItemRect(item).height())
        lines = word_lines(entry, palette.list.viewport().width() - 2 * PADDING)
        assert all(words.horizontalAdvance(each) <= room + 1 for each in lines)
        assert " ".join(lines) in ("", entry.word)
        assert bool(lines) != word_is_beside(entry, palette.list.viewport().width() - 2 * PADDING)
        assert palette.list.visualItemRect(item).height() == ROW_HEIGHT + WORD_HEIGHT * len(lines), entry.name
    assert (ROW_HEIGHT + WORD_HEIGHT in heights) or width == 300


def test_ready_stages_stand_first_and_are_found_by_what_they_hold(palette, qtbot):
    entries = stage_entries()
    assert palette.list.visible_names()[: len(entries)] == list(stage_names())
    for entry in entries:
        assert entry.help == load_stage(entry.name).description
        assert len(entry.slots) == len(load_stage(entry.name).network.modules)
        assert entry.shown[0].isupper() or entry.shown[0].isdigit()
    QTest.keyClicks(palette.search, "torch7 listings")
    assert palette.list.visible_names() == ["torch7-stage"]
    with qtbot.waitSignal(palette.stage_requested) as asked:
        QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert asked.args == ["torch7-stage"]


def test_a_modules_own_name_is_found_before_a_stage_that_speaks_of_it(palette, qtbot):
    QTest.keyClicks(palette.search, "normalization")
    assert {"LocalContrastNorm", "torch7-stage"} <= set(palette.list.visible_names())


def test_the_ghost_of_a_stage_bears_its_colours(qtbot):
    entry = next(each for each in stage_entries() if each.name == "tutorial-stage")
    bare = ghost_pixmap(replace(entry, slots=(), word=f"stage of {len(entry.slots)} modules"), 1.0).toImage()
    assert ghost_pixmap(entry, 1.0).toImage() != bare
