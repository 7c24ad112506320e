"""What tests of the whole window share."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.presets import load_preset
from convnet_studio.ui.app import make_application
from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.settings import Session, Settings
from convnet_studio.ui.theme import LIGHT, theme_switch

SECONDS = 20_000


@pytest.fixture(autouse=True)
def no_button_stays_down() -> Iterator[None]:
    """A double-click of QTest, or a drag left half-way, would hold it for all tests after: nothing hovers then."""
    yield
    held = QApplication.mouseButtons() if QApplication.instance() else Qt.MouseButton.NoButton
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        if held & button:
            QTest.mouseRelease(QWidget(), button)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A change of theme is painted by every window that was made before: who changes it most often comes first."""
    items.sort(key=lambda item: item.path.name != "test_view_contract.py")


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window on tiny-digits with its first snapshot; its thread must be gone afterwards."""
    make_application()
    made = MainWindow(load_preset("tiny-digits"), None, None, Settings(marks_seen=True), Session())
    made.show()
    qtbot.waitUntil(lambda: made.live.snapshot is not None, timeout=SECONDS)
    yield made
    made.leave()
    made.hide()
    made.deleteLater()
    theme_switch().use(LIGHT)
    assert not [thread for thread in threading.enumerate() if thread.name == "convnet-studio engine"]
