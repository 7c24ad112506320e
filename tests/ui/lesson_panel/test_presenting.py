"""Presenting: full screen, larger, and back to exactly what was before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.ui.lesson_panel.lesson_text import LessonText
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.present.screen import PresentScreen

SECONDS = 20_000


def present(window: MainWindow, qtbot: QtBot) -> PresentScreen:
    window.actions_table["present"].trigger()
    screen = window.presenter.screen
    assert screen is not None
    qtbot.waitUntil(screen.isActiveWindow, timeout=SECONDS)
    screen.showNormal()  # the screen of tests is small
    screen.resize(1920, 1080)
    qtbot.waitUntil(lambda: screen.viewport().width() == 1920, timeout=SECONDS)
    qtbot.waitUntil(screen.isActiveWindow, timeout=SECONDS)
    return screen


def test_the_canvas_is_shown_and_everything_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1440, 900)
    window.canvas.zoom_in()
    QApplication.processEvents()
    look, size = window.canvas.look_of_now(), window.canvas.size()
    docks = [(panel.isVisible(), panel.size()) for panel in window.panel_layout.panels]
    screen = present(window, qtbot)
    screen.use_scale(2.0)
    assert window.canvas.isVisible()
    assert window.canvas.window() is not window
    assert window.canvas.size() == QSize(960, 540)
    QTest.keyClick(screen, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert screen.scale_now == pytest.approx(2.2)
    for _ in range(20):
        QTest.keyClick(screen, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert screen.scale_now == 3.0
    QTest.keyClick(screen, Qt.Key.Key_Escape)
    assert window.presenter.screen is None
    qtbot.waitUntil(lambda: window.canvas.size() == size, timeout=SECONDS)
    assert [(panel.isVisible(), panel.size()) for panel in window.panel_layout.panels] == docks
    qtbot.waitUntil(lambda: window.canvas.look_of_now()[:2] == look[:2], timeout=SECONDS)


def test_a_page_is_presented_with_a_clickers_keys(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    screen = present(window, qtbot)
    screen.use_scale(1.8)
    sheet = window.learn.view.sheet
    assert sheet.page is not None
    smallest = min(text.pixels for text in sheet.page.findChildren(LessonText))
    assert smallest * screen.scale_now >= 27
    window.learn.highlight.refresh()
    assert "module:first" in window.learn.highlight.places
    assert [view.isVisible() for view in window.learn.view.scene.shown] == [True, False]
    QTest.keyClick(screen, Qt.Key.Key_B)
    assert screen.blank.isVisible()
    QTest.keyClick(screen, Qt.Key.Key_PageDown)
    assert not screen.blank.isVisible()
    assert walk.player.index == 0
    window.actions_table["lesson_next"].trigger()
    window.actions_table["lesson_next"].trigger()
    assert walk.player.index == 1
    QTest.keyClick(screen, Qt.Key.Key_L)
    assert screen.spotlight.isVisible()
    QTest.keyClick(screen, Qt.Key.Key_L)
    assert not screen.spotlight.isVisible()
    window.actions_table["present"].trigger()
    assert window.presenter.screen is None
    assert sheet.window() is window
    assert not sheet.pages.isHidden()
    assert window.learn.view.scene.shown[0].isVisible()


def test_what_was_typed_is_still_there(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    sheet = window.learn.view.sheet
    sheet.reveal()
    assert sheet.page is not None
    check = sheet.page.check
    assert check is not None
    field = check.field.inside
    assert isinstance(field, QLineEdit)
    field.setText("0.5")
    size = check.button.font().pixelSize()
    present(window, qtbot)
    assert check.button.font().pixelSize() == 15
    window.actions_table["present"].trigger()
    assert sheet.page.check is check
    assert field.text() == "0.5"
    assert check.button.font().pixelSize() == size
    assert all(view.isVisible() for view in window.learn.view.scene.shown)


@pytest.mark.parametrize("kind", [QLineEdit, QTextEdit, QPlainTextEdit])
def test_letters_go_to_the_field_that_has_the_focus(
    window: MainWindow, walk: Walk, qtbot: QtBot, kind: Callable[[QWidget], QLineEdit | QTextEdit | QPlainTextEdit]
) -> None:
    field = kind(window.learn.view.sheet)
    field.show()
    screen = present(window, qtbot)
    field.setFocus()
    QTest.keyClicks(screen, "0.25bL")
    assert not screen.blank.isVisible()
    assert not screen.spotlight.isVisible()
    assert (field.text() if isinstance(field, QLineEdit) else field.toPlainText()) == "0.25bL"
    field.setReadOnly(True)
    QTest.keyClick(screen, Qt.Key.Key_B)
    assert screen.blank.isVisible(), "what can't be written into takes no letters"
    window.actions_table["present"].trigger()


def test_a_class_sees_three_pages_in_large_type(window: MainWindow, walk: Walk) -> None:
    sheet = window.learn.view.sheet
    sheet.class_button.click()
    assert [row.title for row in sheet.pages.rows] == ["Look", "Turn", "Order"]
    assert sheet.page is not None
    assert sheet.page.text.pixels == 20
    assert sheet.page.check is not None
    assert not sheet.page.check.isHidden()
    walk.next()
    walk.next()
    assert walk.player.page.title == "Order"
    walk.next()
    assert not sheet.end.isHidden()
    walk.next()
    assert not window.learn.has_lesson


def test_a_class_ends_with_its_presentation(window: MainWindow, walk: Walk, qtbot: QtBot) -> None:
    screen = present(window, qtbot)
    sheet = window.learn.view.sheet
    sheet.class_button.click()
    assert walk.is_classroom
    assert screen.bar.isVisible()
    QTest.keyClick(screen, Qt.Key.Key_X)
    assert not screen.bar.isVisible()
    QTest.keyClick(screen, Qt.Key.Key_Escape)
    assert not walk.is_classroom
    assert sheet.page is not None
    assert sheet.page.text.pixels < 20
    assert len(sheet.pages.rows) == 5
