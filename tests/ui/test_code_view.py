"""The Code view: the network as text, live, linked with the canvas; and what File offers to write and read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from convnet_studio.engine.export.form import Form, export
from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.edits import delete_modules, insert_module, replace_module, set_setting, set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import DARK, load_theme, theme, theme_switch
from convnet_studio.ui.views.code import CodeView


@pytest.fixture
def view(qtbot: QtBot) -> CodeView:
    made = CodeView(OpenProject(load_preset("tiny-digits")))
    qtbot.addWidget(made)
    made.resize(480, 600)
    made.show()
    return made


def shown(view: CodeView) -> list[str]:
    QApplication.processEvents()
    return view.text.toPlainText().splitlines()


def choose(view: CodeView, word: str) -> None:
    QTest.mouseClick(view.language.segment(word), Qt.MouseButton.LeftButton)


def test_both_languages_are_shown_as_they_are_exported(view: CodeView) -> None:
    project = view.open_project.project
    assert shown(view) == str(export(project, "torch7").content).splitlines()
    choose(view, "PyTorch")
    assert shown(view) == str(export(project, "pytorch").content).splitlines()
    choose(view, "Torch7")
    assert "model:add(nn.SpatialConvolutionMM(1, 8, 3, 3))" in shown(view)


def test_edits_are_followed_while_it_is_seen(view: CodeView) -> None:
    project = view.open_project
    project.edit("maps", set_setting(project.project, "m2", "out_channels", 5))
    assert "model:add(nn.SpatialConvolutionMM(1, 5, 3, 3))" in shown(view)
    project.undo_stack.undo()
    assert "model:add(nn.SpatialConvolutionMM(1, 8, 3, 3))" in shown(view)
    choose(view, "PyTorch")
    project.edit("rate", set_training(project.project, rate=0.0625))
    assert "RATE = 0.0625" in shown(view)
    view.hide()
    before = shown(view)
    project.edit("rate", set_training(project.project, rate=0.125))
    assert shown(view) == before
    view.show()
    assert "RATE = 0.125" in shown(view)


def test_another_project_is_followed(view: CodeView) -> None:
    view.open_project.open(load_preset("lenet-1"))
    assert shown(view)[0].startswith("-- lenet-1: ")


def test_the_place_that_is_read_stays_while_the_text_changes(view: CodeView) -> None:
    choose(view, "PyTorch")
    shown(view)
    bar = view.text.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = view.text.firstVisibleBlock().text()
    assert bar.value() > 0
    assert place
    view.open_project.edit("rate", set_training(view.open_project.project, rate=0.0625))
    shown(view)
    assert view.text.firstVisibleBlock().text() == place


def test_long_lines_go_on_below_with_a_mark(view: CodeView) -> None:
    text = view.text
    view.resize(1400, 600)
    shown(view)
    assert text.continuations() == []
    view.resize(300, 600)
    shown(view)
    assert text.horizontalScrollBar().maximum() == 0, "all of it is in sight"
    assert len(text.continuations()) > 3
    picture = text.viewport().grab().toImage()
    ground = theme().color("surface")
    for piece in text.continuations():
        gutter = [picture.pixelColor(x, round(piece.center().y())) for x in range(round(piece.left()))]
        assert any(each != ground for each in gutter), "the mark stands before the further piece"


def test_all_of_a_long_line_is_tinted(view: CodeView) -> None:
    view.resize(300, 600)
    view.open_project.select(frozenset({"m2"}))
    shown(view)
    line = view.text.document().findBlockByNumber(shown(view).index("model:add(nn.SpatialConvolutionMM(1, 8, 3, 3))"))
    place = view.text.blockBoundingGeometry(line).translated(view.text.contentOffset())
    assert line.layout().lineCount() > 1
    picture = view.text.viewport().grab().toImage()
    for y in (place.top() + 2, place.bottom() - 2):
        assert picture.pixelColor(view.text.viewport().width() - 2, round(y)) == theme().color("accent_soft")


def test_selected_modules_are_tinted_and_come_into_sight(view: CodeView) -> None:
    view.open_project.select(frozenset({"m3"}))
    assert view.text.marked_lines == ["model:add(nn.Tanh())"]
    choose(view, "PyTorch")
    shown(view)
    assert view.text.marked_lines == ["        self.tanh1 = nn.Tanh()", "        x = self.tanh1(x)"]
    cursor = view.text.cursorRect()
    assert view.text.viewport().rect().contains(cursor.center())


def test_going_to_a_line_selects_its_module(view: CodeView) -> None:
    lines = shown(view)
    place = view.text.document().findBlockByNumber(lines.index("model:add(nn.Tanh())"))
    view.text.setTextCursor(QTextCursor(place))
    assert view.open_project.selection == {"m3"}
    QTest.keyClick(view.text, Qt.Key.Key_Down)
    assert view.open_project.selection == {"m4"}
    view.text.setTextCursor(QTextCursor(view.text.document().firstBlock()))
    assert view.open_project.selection == {"m4"}  # a line of no module leaves the selection


def test_selecting_never_edits_and_text_changes_never_select(view: CodeView) -> None:
    shown(view)
    before = view.open_project.project
    view.open_project.select(frozenset({"m6"}))
    assert view.open_project.project is before
    view.open_project.edit("maps", set_setting(before, "m2", "out_channels", 5))
    shown(view)
    assert view.open_project.selection == {"m6"}
    view.open_project.select(frozenset({"m2", "m3"}))
    assert view.open_project.selection == {"m2", "m3"}
    assert len(view.text.marked_lines) == 2


def test_copy_takes_the_whole_text(view: CodeView) -> None:
    choose(view, "PyTorch")
    QTest.mouseClick(view.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(export(view.open_project.project, "pytorch").content)


def test_what_can_not_be_written_is_told_below_and_in_its_place(view: CodeView) -> None:
    assert view.remarks.isHidden()
    project = view.open_project
    project.edit("kind", replace_module(project.project, "m3", "Formula"))
    sentence = "Formula (m3) can't be written as a Torch7 listing: Formula is no module of Torch7."
    assert f"-- {sentence}" in shown(view)
    assert view.remarks.text() == sentence
    choose(view, "PyTorch")
    shown(view)
    assert view.remarks.isHidden()


def test_where_a_form_differs_is_told_below(view: CodeView) -> None:
    view.open_project.open(load_preset("two-stage-digits"))
    shown(view)
    assert view.remarks.text().startswith("LocalContrastNorm (m2) differs in Torch7: ")


@pytest.mark.parametrize("word", ["Torch7", "PyTorch"])
def test_a_drawing_that_is_not_whole_is_shown_as_far_as_it_goes(view: CodeView, word: str) -> None:
    choose(view, word)
    project = view.open_project
    project.edit("delete", delete_modules(project.project, ["m5"]))
    comment = [line for line in shown(view) if "Linear (m6) can't compute" in line]
    assert len(comment) == 1
    everything = [module.id for module in project.project.network.modules]
    project.edit("delete all", delete_modules(project.project, everything))
    assert shown(view)
    project.edit("alone", insert_module(project.project, "Conv2d", (0.0, 0.0))[0])
    assert shown(view)


def colors_of(view: CodeView, line: str) -> dict[str, QColor]:
    """The colour of each piece of a line."""
    block = view.text.document().findBlockByNumber(shown(view).index(line))
    return {
        line[each.start : each.start + each.length]: each.format.foreground().color()
        for each in block.layout().formats()
    }


def test_colours_are_those_of_the_theme_and_of_families(view: CodeView) -> None:
    for name in ("light", DARK):
        theme_switch().use(name)
        view.text.repaint()
        found = colors_of(view, "model:add(nn.Tanh())")
        assert found["nn.Tanh"] == load_theme(name).family_text(Family.NON_LINEARITY)
        assert colors_of(view, "require 'nn'")["'nn'"] == theme().color("good")
    choose(view, "PyTorch")
    assert colors_of(view, "        return x")["return"] == theme().color("accent")
    comment = '    """Give `net` the weights of an .npz archive (plain numbers, nothing is ever executed)."""'
    assert {color.name() for color in colors_of(view, comment).values()} == {theme().color("second_text").name()}
    theme_switch().use("light")


# In the window


@pytest.mark.parametrize(("width", "stays"), [(1280, False), (1440, False), (1920, True)])
def test_the_code_opens_where_there_is_room(window: MainWindow, qtbot: QtBot, width: int, stays: bool) -> None:
    window.resize(width, 800)
    inspector, code = window.panel_layout.panels[1], window.panel_layout.beside
    assert not code.isVisible()
    window.actions_table["code"].trigger()
    qtbot.waitUntil(code.isVisible)
    qtbot.waitUntil(lambda: inspector.isVisible() == stays)
    qtbot.wait(50)
    docks = [each.geometry() for each in window.panel_layout.panels if each.isVisible()]
    assert not any(a.intersects(b) for a in docks for b in docks if a is not b)
    assert max(each.right() for each in docks) < width
    window.actions_table["code"].trigger()
    qtbot.waitUntil(lambda: not code.isVisible() and inspector.isVisible())


def test_the_inspector_takes_its_place_back(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    inspector, code = window.panel_layout.panels[1], window.panel_layout.beside
    window.actions_table["code"].trigger()
    qtbot.waitUntil(lambda: code.isVisible() and not inspector.isVisible())
    inspector.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: inspector.isVisible() and not code.isVisible())
    window.actions_table["code"].trigger()
    qtbot.waitUntil(code.isVisible)
    window.actions_table["restore_layout"].trigger()
    qtbot.waitUntil(lambda: inspector.isVisible() and not code.isVisible())


def test_the_menu_offers_every_form(window: MainWindow) -> None:
    offered = [row.text() for row in menu_named(window, "Export").actions()]
    assert offered == ["Torch7 listing…", "PyTorch code…", "ONNX model…"]


def menu_named(window: MainWindow, title: str) -> QMenu:
    return next(menu for menu in window.findChildren(QMenu) if menu.title() == title)


@pytest.mark.parametrize("name", [name for name in Form.registry if name != "onnx"])
def test_forms_are_written_with_the_weights_of_this_moment(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, name: str
) -> None:
    form = Form.registry[name]
    window.actions_table["step_batch"].trigger()
    qtbot.waitUntil(lambda: window.open_project.is_unsaved and not window.session.is_playing, timeout=20_000)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    window.actions_table[f"export_{name}"].trigger()
    weights = window.session.fetch_weights()
    exported = export(window.open_project.project, name, weights)
    assert (tmp_path / f"net{form.ending}").read_text(encoding="utf-8") == exported.content
    for ending, expected in exported.beside.items():
        with np.load(tmp_path / f"net{ending}") as found, np.load(io.BytesIO(expected)) as wanted:
            assert all((found[each] == wanted[each]).all() for each in wanted.files)
    assert window.notice.text.startswith(f"Written: net{form.ending}")


def test_an_onnx_model_is_written(window: MainWindow, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    assert window.files.export_to(tmp_path / "net.onnx", "onnx")
    assert (tmp_path / "net.onnx").stat().st_size > 1000


def test_what_can_not_be_written_is_told_and_nothing_is_written(window: MainWindow, tmp_path: Path) -> None:
    project = window.open_project
    project.edit("kind", replace_module(project.project, "m3", "Formula"))
    assert not window.files.export_to(tmp_path / "net.lua", "torch7")
    assert "Formula (m3) can't be written as a Torch7 listing" in window.notice.text
    assert not list(tmp_path.glob("net*"))
    assert not window.files.export_to(tmp_path / "no" / "net.py", "pytorch")
    assert "can't be written: No such file or directory." in window.notice.text


def test_the_view_saves_the_form_that_it_shows(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(window.files, "ask_export", asked.append)
    window.actions_table["code"].trigger()
    choose(window.code, "PyTorch")
    QTest.mouseClick(window.code.save_button, Qt.MouseButton.LeftButton)
    assert asked == ["pytorch"]


def test_the_code_is_copied_from_the_menu_too(window: MainWindow) -> None:
    window.actions_table["copy_code"].trigger()
    assert QGuiApplication.clipboard().text() == str(export(window.open_project.project, "torch7").content)


def test_open_reads_a_listing_as_a_fresh_project(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "from-slides.lua"
    path.write_text(str(export(load_preset("lenet-1"), "torch7").content), encoding="utf-8")
    assert window.files.open_path(path)
    project = window.open_project.project
    kinds = [each.kind for each in load_preset("lenet-1").network.modules]
    assert (project.name, [each.kind for each in project.network.modules]) == ("from-slides", kinds)
    assert window.open_project.path is None
    assert "The data set mnist_10k suits its sizes." in window.notice.text


def test_a_listing_with_a_slip_changes_nothing(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "slip.lua"
    path.write_text("model = nn.Sequential()\nmodel:add(nn.Tahn())\n", encoding="utf-8")
    before = window.open_project.project
    assert not window.files.open_path(path)
    assert f"{path}: Line 2: nn.Tahn is not known here" in window.notice.text
    assert window.open_project.project is before


def test_cards_of_a_listing_stand_apart(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "net.lua"
    norm = "model:add(nn.SpatialSubtractiveNormalization(64, normkernel))\n"
    bank = "model:add(nn.SpatialConvolutionMM(1, 64, 5, 5))\n"
    path.write_text(f"model = nn.Sequential()\n{bank}{norm * 6}", encoding="utf-8")
    assert window.files.open_path(path)
    qtbot.wait(50)
    cards = [item.rect for item in window.canvas.scene.modules.values()]
    assert len(cards) == 8
    assert not any(a.intersects(b) for a in cards for b in cards if a is not b)
