"""The inspector's page of a stage."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.inspector.selection_page import TOTALS
from convnet_studio.ui.inspector.stage_page import DEEDS, StagePage, sentence
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.canvas import CanvasView


class Desk:
    """An inspector beside a canvas, with what the main window would do for them."""

    def __init__(self, qtbot: QtBot) -> None:
        self.open_project = OpenProject(load_preset("two-stage-digits"))
        self.canvas = CanvasView(self.open_project)
        self.inspector = Inspector(self.open_project, stages=self.canvas.editor.stages)
        for widget in (self.canvas, self.inspector):
            qtbot.addWidget(widget)
        self.inspector.resize(300, 900)
        self.open_project.changed.connect(lambda *_: self.summarize())
        self.summarize()
        self.inspector.show()

    def summarize(self) -> None:
        summary = summarize(self.open_project.project, (1, 28, 28), 10)
        self.canvas.set_summary(summary)
        self.inspector.set_summary(summary)

    @property
    def page(self) -> StagePage:
        page = self.inspector.stage_page
        assert page is not None
        return page

    def select(self, stage_id: str) -> None:
        self.open_project.select(frozenset(self.open_project.project.network.stage(stage_id).modules))

    def click(self, button) -> None:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_a_selected_stage_has_a_page_of_its_own(desk):
    desk.select("s14")
    page = desk.page
    assert page.isVisible()
    assert page.header.name.text() == "Stage 1"
    assert page.header.word.text() == "stage of 5 modules"
    assert page.totals.fact("Output") == "8@12×12"
    assert page.totals.fact("Parameters") == "208"
    assert set(page.buttons) == {"m2", "m3", "m4", "m5", "m6"}
    assert "bank of filters" in page.about.text()
    desk.open_project.select(frozenset({"m2", "m3"}))
    assert not page.isVisible()
    desk.open_project.select(frozenset({"m2"}))
    assert desk.inspector.module_page.isVisible()


def test_a_module_in_a_slot_is_selected_by_a_click(desk):
    desk.select("s14")
    button = desk.page.buttons["m4"]
    assert button.text() == "Tanh"
    assert "non-linearity" in button.accessibleDescription()
    desk.click(button)
    assert desk.open_project.selection == {"m4"}


def test_an_empty_slot_is_filled_by_keys_alone(desk):
    desk.select("s15")
    button = desk.page.buttons["normalization"]
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert desk.page.kind_menu.isVisible()
    QTest.keyClicks(desk.page.kind_menu.search, "divisive")
    QTest.keyClick(desk.page.kind_menu.search, Qt.Key.Key_Return)
    stage = desk.open_project.project.network.stage("s15")
    assert desk.open_project.project.network.module(stage.modules[0]).kind == "DivisiveNorm"


def test_name_freeze_fold_and_ungroup(desk):
    desk.select("s15")
    page, stack = desk.page, desk.open_project.undo_stack
    page.header.name.setFocus()
    page.header.name.selectAll()
    QTest.keyClicks(page.header.name, "Parts")
    QTest.keyClick(page.header.name, Qt.Key.Key_Return)
    assert desk.open_project.project.network.stage("s15").name == "Parts"
    desk.click(page.freeze)
    assert desk.open_project.project.network.module("m7").learning.frozen
    assert page.freeze.text() == "Let learn"
    desk.click(page.fold)
    assert desk.open_project.project.network.stage("s15").is_folded
    assert page.fold.text() == "Unfold"
    desk.click(page.ungroup)
    assert desk.open_project.project.network.stage_of("m7") is None
    assert not page.isVisible()
    assert [stack.text(index) for index in range(stack.count())] == ["Rename a stage", "Freeze", "Fold", "Ungroup"]


def test_a_half_frozen_stage_says_how_much(desk):
    project = desk.open_project.project
    pool = next(each.id for each in project.network.modules[7:] if each.kind == "LPPool2d")
    learning = edits.set_setting(project, pool, "learns_p", True)
    desk.open_project.edit("One", edits.freeze_modules(learning, ["m7"], True))
    desk.select("s15")
    assert desk.page.freeze.text() == "Freeze all parameters (1 of 2 are)"


def test_problems_inside_are_told_and_mended(desk):
    desk.open_project.edit("Too large", edits.apply_change(desk.open_project.project, "m3", {"kernel_size": 31}))
    desk.select("s14")
    (box,) = desk.page.problems.boxes
    desk.click(box.button)
    assert desk.page.problems.boxes == []
    assert desk.open_project.project.network.module("m3").settings["kernel_size"] < 31


def test_what_is_not_computed_is_not_told_as_0(desk):
    desk.select("s14")
    assert desk.page.reason.isHidden()
    desk.canvas.duplicate_selection()
    assert desk.page.isVisible()
    assert {desk.page.totals.fact(each) for each in ("Parameters", "Multiply-adds")} == {"not computed"}
    assert desk.page.reason.text().startswith("Not computed yet: ")
    assert "wire" in desk.page.reason.text()
    desk.open_project.edit("Cut", edits.delete_links(desk.open_project.project, [Link("m1", "m2")]))
    desk.open_project.select(frozenset({"m4", "m5"}))
    page = desk.inspector.selection_page
    assert {page.totals.fact(each) for each in TOTALS} == {"not computed"}
    assert page.reason.text() == "Not computed yet: a module before these does not run."


def test_other_modules_are_listed_too(desk):
    desk.select("s16")
    assert {"m10", "m11", "m12", "m13"} <= set(desk.page.buttons)
    assert "turns scores into an answer" in desk.page.about.text()
    desk.select("s15")
    assert set(desk.page.buttons) == {"normalization", "m7", "m8", "m9"}


def test_what_a_stage_does_is_one_sentence() -> None:
    for families in ([Family.FILTER_BANK], list(Family), [Family.POOLING, Family.NON_LINEARITY]):
        assert sentence(families).count(".") == 1
        assert all(DEEDS[each] in sentence(families) for each in families if each in DEEDS)
    assert sentence([]) == "Modules that are handled as one piece."
