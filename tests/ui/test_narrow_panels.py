"""Views in narrow panels: nothing keeps a panel wide, and what is written does not run into each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from live_digits import live
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.controls.label import ElidedLabel
from convnet_studio.ui.controls.legend_bar import LegendBar
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.pane_grid import PaneGrid
from convnet_studio.ui.controls.path_plot import PathPlot, PathTile
from convnet_studio.ui.controls.picture_grid import PictureGrid
from convnet_studio.ui.controls.scrolling import scrolling
from convnet_studio.ui.controls.wrapping_row import WrappingRow
from convnet_studio.ui.map_images import Scale
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View

NARROW = 400
"""Pixels that a panel beside the inspector has in a window of 1280."""


@pytest.mark.parametrize("name", list(View.registry))
def test_no_view_keeps_a_panel_wide(name: str, qtbot: QtBot) -> None:
    view = View.registry[name](OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(300, 600)
    view.show()
    QApplication.processEvents()
    assert view.minimumSizeHint().width() <= NARROW


def test_a_row_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    host, parts = QWidget(), [QWidget() for _ in range(3)]
    qtbot.addWidget(host)
    for part in parts:
        part.setFixedSize(100, 20)
    column = QVBoxLayout(host)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(WrappingRow(parts, spacing=10))
    column.addStretch(1)
    host.resize(320, 200)
    host.show()
    assert [(part.x(), part.y()) for part in parts] == [(0, 0), (110, 0), (220, 0)]
    host.resize(219, 200)
    assert [(part.x(), part.y()) for part in parts] == [(0, 0), (110, 0), (0, 30)]
    parts[1].hide()
    column.activate()
    assert [(part.x(), part.y()) for part in (parts[0], parts[2])] == [(0, 0), (110, 0)]


def test_a_legend_shortens_its_numbers_before_they_touch(qtbot: QtBot) -> None:
    legend = LegendBar("Colours")
    qtbot.addWidget(legend)
    legend.show_scale(Scale("gradient", -1.7663646, 1.7663646))
    legend.resize(240, 28)
    assert legend.shown_ends == ("-1.7663646", "1.7663646")
    legend.resize(84, 28)
    assert legend.shown_ends == ("-1.77", "1.77")


def test_an_elided_label_keeps_its_own_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a long text that has no room")
    qtbot.addWidget(label)
    label.setToolTip("help")
    label.resize(400, 20)
    label.grab()
    assert label.toolTip() == "help"
    label.resize(60, 20)
    label.grab()
    assert label.toolTip() == "a long text that has no room\nhelp"


def test_small_numbers_are_written_as_scales_are() -> None:
    assert [short(each) for each in (8e-4, -2.3e-6, 1.5e12)] == ["8.0e-4", "-2.3e-6", "1.5e12"]


def test_pictures_grow_only_while_all_are_in_sight(qtbot: QtBot) -> None:
    grid = PictureGrid("Pictures", grows=True)
    qtbot.addWidget(grid)
    pictures = live().dataset.test.images
    grid.resize(400, 400)
    grid.show()
    grid.show_pictures(pictures, np.arange(9), str)
    assert grid.thumbnail == 84
    grid.show_pictures(pictures, np.arange(60), str)
    assert grid.thumbnail == 28
    assert grid.verticalScrollBar().maximum() == 0


def path_plot() -> PathPlot:
    plot = PathPlot("Paths")
    places = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    plot.show_tiles([PathTile(str(each), "Conv2d", Family.FILTER_BANK, places, "flat", "words") for each in range(5)])
    return plot


@pytest.mark.parametrize("make", [lambda: PaneGrid([QWidget() for _ in range(6)]), path_plot])
def test_what_grows_with_its_width_keeps_its_scroll_bar_at_rest(make: Callable[[], QWidget], qtbot: QtBot) -> None:
    area = scrolling(content := make())
    qtbot.addWidget(area)
    area.show()
    for height in range(440, 700, 2):
        area.resize(320, height)
        for _ in range(4):
            QApplication.processEvents()
        seen = set()
        for _ in range(6):
            QApplication.processEvents()
            seen.add(content.width())
        assert len(seen) == 1, height
