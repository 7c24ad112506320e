"""The receptive-field ruler: the tutorial's chain written out, and clicks in any map."""

from __future__ import annotations

import pytest
from live_digits import live
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.views.receptive_field import ReceptiveFieldView


def opened(preset: str, kind: str, qtbot: QtBot) -> ReceptiveFieldView:
    project = load_preset(preset)
    dataset = load_dataset(project.data.dataset)
    view = ReceptiveFieldView(OpenProject(project))
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.show()
    view.set_dataset(dataset)
    view.set_summary(summarize(project, dataset.input_shape, dataset.classes))
    last = [each.id for each in project.network.modules if each.kind == kind][-1]
    view.open_project.select(frozenset({last}))
    return view


def test_the_chain_of_the_83x83_net_is_written_out(qtbot: QtBot) -> None:
    view = opened("caltech-83", "AvgPool2d", qtbot)
    assert view.words.text() == "Row 0, column 0 of AvgPool2d 6×6 / 4 sees 83×83 of 83×83 pixels."
    assert [row.sizes for row in view.ruler.rows] == [
        "83 pixels",
        "83 − 9 + 1 = 75 units",
        "(75 − 10) / 5 + 1 = 14 units",
        "14 − 9 + 1 = 6 units",
        "(6 − 6) / 4 + 1 = 1 unit",
    ]
    assert [row.field.partition(" pixels")[0] for row in view.ruler.rows][1:] == [
        "sees 1 + (9 − 1)·1 = 9",
        "sees 9 + (10 − 1)·1 = 18",
        "sees 18 + (9 − 1)·5 = 58",
        "sees 58 + (6 − 1)·5 = 83",
    ]


@pytest.fixture
def digits(qtbot: QtBot) -> ReceptiveFieldView:
    view = opened("two-stage-digits", "Conv2d", qtbot)
    view.show_snapshot(live().snapshot)
    return view


def test_a_click_on_a_pixel_shows_whom_it_reaches(digits: ReceptiveFieldView) -> None:
    room = digits.panes.map_rect(0)
    height = live().dataset.input_shape[1]
    corner = room.topLeft() + QPointF(0.5, 0.5) * room.width() / height
    QTest.mouseClick(digits.panes, Qt.MouseButton.LeftButton, pos=corner.toPoint())
    assert digits.words.text().startswith("Row 0, column 0 of Input reaches ")
    assert digits.ruler.rows[0].is_chosen
    QTest.keyClick(digits.panes, Qt.Key.Key_Right)
    assert digits.words.text().startswith("Row 0, column 1 of Input")


def test_another_selection_starts_from_its_middle(digits: ReceptiveFieldView) -> None:
    first = live().id_of("Conv2d")
    digits.open_project.select(frozenset({first}))
    _, height, width = live().summary.modules[first].shape or (0, 0, 0)
    assert digits.words.text().startswith(f"Row {height // 2}, column {width // 2} of Conv2d")
    assert digits.probes().outputs >= {live().id_of("Input"), first}
