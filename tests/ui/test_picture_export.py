"""Export picture: from the menu to a file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from convnet_studio.ui.main_window import MainWindow
from convnet_studio.ui.pictures.export import with_ending

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that the dialog answers with."""
    path = tmp_path / "a.svg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "SVG (*.svg)"))
    return path


def choose(window: MainWindow, text: str) -> None:
    window.actions_table["export_picture"].trigger()
    assert window.picker.isVisible()
    QTest.keyClicks(window.picker.search, text)
    QTest.keyClick(window.picker.search, Qt.Key.Key_Return)


def test_the_whole_network_with_live_maps_though_the_view_shows_a_corner(
    window: MainWindow, qtbot: QtBot, chosen: Path
) -> None:
    window.canvas.zoom_reset()
    for _ in range(8):
        window.canvas.zoom_in()
    window.canvas.area.centerOn(-3000, -3000)
    window.live.refresh_probes()
    for item in window.canvas.scene.modules.values():
        item.body.clear()
    choose(window, "network")
    qtbot.waitUntil(chosen.exists, timeout=10_000)
    root = ElementTree.fromstring(chosen.read_bytes())
    maps = [each for each in window.canvas.scene.modules.values() if each.card.body.name in ("MAPS", "STRIP")]
    assert len(list(root.iter(f"{SVG}image"))) >= len(maps)
    assert not list(root.iter(f"{SVG}pattern"))  # nothing is hatched: everything was computed
    assert str(chosen) in window.notice.text
    assert window.canvas.visible_modules() == frozenset()


@pytest.mark.parametrize(("words", "title"), [("curves", "Learning curves"), ("window", "The whole window")])
def test_a_view_or_the_window_as_it_is(window: MainWindow, chosen: Path, words: str, title: str) -> None:
    choose(window, words)
    root = ElementTree.fromstring(chosen.read_bytes())
    widget = window.curves if words == "curves" else window
    assert float(root.get("width", "0")) == widget.width()
    element = root.find(f"{SVG}title")
    assert element is not None
    assert element.text == f"tiny-digits: {title}"


def test_a_folder_that_refuses_is_said(window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere" / "a.png")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (nowhere, ""))
    choose(window, "curves")
    assert "can't be written" in window.notice.text
    QApplication.processEvents()


def test_the_chosen_format_names_the_file() -> None:
    assert with_ending(Path("a"), "PDF (*.pdf)") == Path("a.pdf")
    assert with_ending(Path("a.b"), "PNG (*.png)") == Path("a.b.png")
    assert with_ending(Path("a.PNG"), "SVG (*.svg)") == Path("a.PNG")
    assert with_ending(Path("a"), "") == Path("a.svg")
