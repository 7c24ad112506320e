"""PySide6 6.12.0 loses a reference of None on each void call, until the process aborts: the pinned one must not."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def test_void_calls_keep_the_references_of_none(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(2000):
        widget.setVisible(False)
    assert sys.getrefcount(None) > before - 100
