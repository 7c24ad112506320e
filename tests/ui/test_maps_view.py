"""Maps and filters: what is read is what the arrays hold, on the scale that was chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.project.edits import set_setting
from convnet_studio.engine.project.summary import summarize
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.controls.color_scope import ColorScope
from convnet_studio.ui.controls.map_sheet import MapSheet
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import Scale, colored, rgb_pixels
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.filters import BY_NORM, FiltersView
from convnet_studio.ui.views.maps import MapsView


def shown(kind: type[View], module: str, qtbot: QtBot) -> View:
    view = kind(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({module}))
    view.show_snapshot(live().snapshot)
    QApplication.processEvents()
    return view


@pytest.fixture
def maps(qtbot: QtBot) -> MapsView:
    view = shown(MapsView, live().id_of("Conv2d"), qtbot)
    assert isinstance(view, MapsView)
    return view


@pytest.fixture
def filters(qtbot: QtBot) -> FiltersView:
    view = shown(FiltersView, live().id_of("Conv2d"), qtbot)
    assert isinstance(view, FiltersView)
    return view


def point_at(sheet: MapSheet, cell: Cell) -> QPoint:
    assert sheet.layout_now
    point = sheet.layout_now.cell_rect(cell).center().toPoint()
    QTest.mouseMove(sheet, point)
    QApplication.processEvents()
    return point


def test_pointing_reads_the_exact_value(maps: MapsView) -> None:
    output = live().snapshot.outputs[live().id_of("Conv2d")]
    for cell in (Cell(0, 0, 0), Cell(3, 10, 8), Cell(7, 23, 23)):
        point_at(maps.panel.sheet, cell)
        assert maps.panel.read_out.place == f"map {cell.tile} · row {cell.row} · column {cell.column}"
        assert np.float32(maps.panel.read_out.value) == output[cell.tile, cell.row, cell.column]


def test_the_value_pointed_at_follows_the_next_snapshot(maps: MapsView) -> None:
    point_at(maps.panel.sheet, Cell(2, 4, 5))
    doubled = {name: 2 * each for name, each in live().snapshot.outputs.items()}
    maps.show_snapshot(Snapshot(1, 1, 0.1, live().snapshot.picture, -1, doubled))
    assert np.float32(maps.panel.read_out.value) == doubled[live().id_of("Conv2d")][2, 4, 5]


def test_a_click_enlarges_and_a_second_one_goes_back(maps: MapsView) -> None:
    QTest.mouseClick(maps.panel.sheet, Qt.MouseButton.LeftButton, pos=point_at(maps.panel.sheet, Cell(3, 5, 5)))
    assert maps.panel.sheet.layout_now
    assert maps.panel.sheet.layout_now.count == 1
    point = point_at(maps.panel.sheet, Cell(0, 10, 8))
    output = live().snapshot.outputs[live().id_of("Conv2d")]
    assert maps.panel.read_out.place.startswith("map 3 ")
    assert np.float32(maps.panel.read_out.value) == output[3, 10, 8]
    QTest.mouseClick(maps.panel.sheet, Qt.MouseButton.LeftButton, pos=point)
    assert maps.panel.sheet.layout_now.count == 8


def test_the_keyboard_reads_and_enlarges(maps: MapsView) -> None:
    sheet = maps.panel.sheet
    sheet.setFocus(Qt.FocusReason.TabFocusReason)
    maps.activateWindow()
    QTest.keyClick(sheet, Qt.Key.Key_Right)
    QTest.keyClick(sheet, Qt.Key.Key_Right)
    assert sheet.pointed_cell
    assert sheet.pointed_cell.column >= 1
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert sheet.layout_now
    assert sheet.layout_now.count == 1


@pytest.mark.parametrize("scope", list(ColorScope))
def test_the_scale_ends_where_its_scope_says(maps: MapsView, scope: ColorScope) -> None:
    maps.use_scope(scope)
    outputs = live().snapshot.outputs
    own = outputs[live().id_of("Conv2d")]
    expected = {
        ColorScope.UNIT: "largest of each",
        ColorScope.MODULE: str(np.abs(own).max()),
        ColorScope.NETWORK: str(max(np.abs(each).max() for each in outputs.values())),
        ColorScope.RUN: str(np.abs(own).max()),
    }
    assert maps.panel.distribution.legend.ends[1] == expected[scope]


def test_the_whole_run_remembers_its_largest_value(maps: MapsView) -> None:
    maps.use_scope(ColorScope.RUN)
    end = maps.panel.distribution.legend.ends
    faint = {name: each / 2 for name, each in live().snapshot.outputs.items()}
    maps.show_snapshot(Snapshot(1, 9, 0.5, live().snapshot.picture, -1, faint))
    assert maps.panel.distribution.legend.ends == end
    maps.show_snapshot(Snapshot(2, 0, 0.0, live().snapshot.picture, -1, faint))
    assert float(maps.panel.distribution.legend.ends[1]) < float(end[1])


def test_only_what_is_shown_is_probed(maps: MapsView, filters: FiltersView) -> None:
    module = live().id_of("Conv2d")
    assert maps.probes().outputs == {module}
    assert not maps.probes().parameters
    assert filters.probes().parameters == {module}
    assert not filters.probes().outputs
    maps.use_scope(ColorScope.NETWORK)
    assert maps.probes().outputs > {module}
    maps.open_project.select(frozenset())
    assert not maps.probes().outputs


def test_statistics_are_those_of_the_array(maps: MapsView) -> None:
    output = live().snapshot.outputs[live().id_of("Conv2d")]
    shown_numbers = [float(text) for text in maps.panel.distribution.stats.texts]
    assert shown_numbers == pytest.approx([output.mean(), output.std(), output.min(), output.max()], rel=0.01)


def test_signed_maps_are_symmetric_and_others_start_at_zero(maps: MapsView) -> None:
    low, high = maps.panel.distribution.legend.ends
    assert float(low) == -float(high)
    maps.open_project.select(frozenset({live().id_of("Abs")}))
    assert maps.panel.distribution.legend.ends[0] == "0"


def test_class_scores_are_bars_with_names(maps: MapsView) -> None:
    maps.open_project.select(frozenset({live().id_of("LogSoftmax")}))
    assert maps.bars.isVisible()
    assert not maps.panel.sheet.isVisible()
    assert maps.bars.accessibleDescription().startswith(live().dataset.class_names[0])


def test_a_loss_shows_its_number(maps: MapsView) -> None:
    maps.open_project.select(frozenset({live().id_of("NLLLoss")}))
    assert np.float32(maps.loss.number) == np.float32(live().snapshot.loss)


def test_a_module_that_does_not_compute_says_why(maps: MapsView) -> None:
    module = live().id_of("Conv2d")
    broken = set_setting(live().project, module, "kernel_size", 40)
    maps.open_project.edit("Break", broken)
    maps.set_summary(summarize(broken, live().dataset.input_shape, live().dataset.classes))
    assert "does not compute" in maps.panel.sentence
    assert "40" in maps.panel.sentence


def test_pointing_reads_the_exact_weight(filters: FiltersView) -> None:
    weights = live().snapshot.parameters[live().id_of("Conv2d")]["weight"]
    point_at(filters.panel.sheet, Cell(5, 2, 4))
    assert filters.panel.read_out.place == "weight[5, 0, 2, 4]"
    assert np.float32(filters.panel.read_out.value) == weights[5, 0, 2, 4]


def test_weights_of_flattened_maps_are_shown_as_maps(filters: FiltersView) -> None:
    module = live().id_of("Linear")
    filters.open_project.select(frozenset({module}))
    QApplication.processEvents()
    weights = live().snapshot.parameters[module]["weight"]
    layout = filters.panel.sheet.layout_now
    assert layout
    assert (layout.count, layout.columns, layout.height, layout.width) == (160, 16, 4, 4)
    point_at(filters.panel.sheet, Cell(3 * 16 + 7, 2, 1))
    index = (3, 7 * 16 + 2 * 4 + 1)
    assert filters.panel.read_out.place == f"weight[{index[0]}, {index[1]}]"
    assert np.float32(filters.panel.read_out.value) == weights[index]


def test_sorting_by_norm_puts_the_largest_filter_first(filters: FiltersView) -> None:
    weights = live().snapshot.parameters[live().id_of("Conv2d")]["weight"]
    largest = int(np.argmax(np.linalg.norm(weights.reshape(len(weights), -1), axis=1)))
    filters.sorting.entered.emit(BY_NORM)
    point_at(filters.panel.sheet, Cell(0, 1, 1))
    assert filters.panel.read_out.place == f"weight[{largest}, 0, 1, 1]"


def test_a_module_without_parameters_says_so(filters: FiltersView) -> None:
    filters.open_project.select(frozenset({live().id_of("Tanh")}))
    assert filters.panel.sentence == "Tanh learns nothing: it has no parameters."


def test_tiles_are_painted_in_the_colours_of_the_map(maps: MapsView) -> None:
    output = live().snapshot.outputs[live().id_of("Conv2d")]
    high = float(np.abs(output).max())
    expected = colored(output, Scale("activation", -high, high))
    sheet = maps.panel.sheet
    assert sheet.layout_now
    picture = sheet.grab().toImage()
    for cell in (Cell(0, 0, 0), Cell(4, 11, 6), Cell(7, 20, 3)):
        at = sheet.layout_now.cell_rect(cell).center().toPoint()
        assert picture.pixel(at) == expected[cell.tile, cell.row, cell.column]


def test_a_colour_picture_is_one_tile_in_its_colours(qtbot: QtBot) -> None:
    picture = load_dataset("photo_objects").test.picture(0)
    input_id = live().id_of("Input")
    view = shown(MapsView, input_id, qtbot)
    assert isinstance(view, MapsView)
    view.show_snapshot(replace(live().snapshot, picture=picture, outputs={input_id: picture}))
    QApplication.processEvents()
    assert view.panel.caption.text() == "Picture of 96×96"
    assert np.array_equal(rgb_pixels(picture)[40, 30], _rgb(picture[:, 40, 30]))
    point_at(view.panel.sheet, Cell(0, 40, 30))
    assert view.panel.read_out.place == "row 40 · column 30"
    assert [np.float32(each) for each in view.panel.read_out.value.split()] == picture[:, 40, 30].tolist()


def _rgb(colour: np.ndarray) -> int:
    red, green, blue = (int(each) for each in np.rint(colour * 255))
    return 0xFF000000 | red << 16 | green << 8 | blue
