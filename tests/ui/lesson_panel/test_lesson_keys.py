"""Keys in a lesson: numbers choose and Space goes on, whatever was clicked before."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from convnet_studio.ui.lesson_panel.answer_field import OptionField
from convnet_studio.ui.lesson_panel.walk import Walk
from convnet_studio.ui.main_window import MainWindow

SECONDS = 20_000
TURN = 1


def predict_field(window: MainWindow) -> OptionField:
    page = window.learn.view.sheet.page
    assert page is not None
    assert page.predict is not None
    field = page.predict.field
    assert isinstance(field, OptionField)
    return field


def test_numbers_choose_after_the_scene_had_the_focus(
    window: MainWindow, walk: Walk, go: Callable[[int], None]
) -> None:
    sheet = window.learn.view.sheet
    window.canvas.setFocus()
    go(TURN)
    assert window.focusWidget() is sheet
    window.learn.view.scene.shown[0].setFocus()
    walk.next()
    assert window.focusWidget() is sheet
    QTest.keyClick(window.learn.view.scene, Qt.Key.Key_2)
    assert predict_field(window).answer == "less"


def test_space_goes_on_after_a_button_of_the_scene_was_clicked(
    window: MainWindow, walk: Walk, go: Callable[[int], None]
) -> None:
    go(TURN)
    sheet, scene = window.learn.view.sheet, window.learn.view.scene
    button = next(each for each in scene.findChildren(QPushButton) if each.isVisible())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.focusWidget() is sheet
    assert sheet.page is not None
    assert sheet.page.predict is not None
    assert sheet.page.predict.isHidden()
    QTest.keyClick(sheet, Qt.Key.Key_Space)
    assert not sheet.page.predict.isHidden()


def test_numbers_and_enter_answer_on_the_screen_of_a_presentation(
    window: MainWindow, walk: Walk, go: Callable[[int], None], qtbot: QtBot
) -> None:
    go(TURN)
    walk.next()
    window.actions_table["present"].trigger()
    screen = window.presenter.screen
    assert screen is not None
    qtbot.waitUntil(screen.isActiveWindow, timeout=SECONDS)
    qtbot.wait(50)
    QTest.keyClick(screen, Qt.Key.Key_2)
    assert predict_field(window).answer == "less"
    QTest.keyClick(screen, Qt.Key.Key_Return)
    assert walk.player.page_record.prediction == "less"
    window.presenter.end()
