"""Pointing: every number that is drawn answers to hover and click, and views outline what it sees and can touch."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.explain import Reach, Reached, marked
from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.reach import cone, footprint
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.canvas.reach_overlay import body_corner
from convnet_studio.ui.controls.number_text import exact
from convnet_studio.ui.controls.sheet_layout import Cell, SheetLayout, blocks_of, joined
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView
from convnet_studio.ui.views.filters import FiltersView
from convnet_studio.ui.views.gradient_maps import GradientMapsView
from convnet_studio.ui.views.maps import MapsView
from convnet_studio.ui.views.predictions import PredictionsView
from convnet_studio.ui.views.top_patches import TopPatchesView

CONV, LOSS = live().id_of("Conv2d"), live().id_of("NLLLoss")
HERE = Place(CONV, What.OUTPUT, (2, 7, 9))


V = TypeVar("V", bound=View)


def shown(kind: Callable[[OpenProject], V], qtbot: QtBot, selected: str = CONV) -> V:
    view = kind(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(700, 600)
    view.show()
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({selected}))
    view.show_snapshot(live().snapshot)
    QApplication.processEvents()
    view.open_project.pointed.hover(None)  # at what the keyboard's cursor stood on
    return view


def reach(place: Place) -> Answer:
    nodes = build_network(live().project, live().dataset.input_shape, live().dataset.classes).nodes
    mask = marked(nodes[place.module_id], place)
    masks = footprint(nodes, place.module_id, mask), cone(nodes, place.module_id, mask)
    return Answer(1, 0, Reach(place), Reached(place, *masks), is_final=True)


def assert_answers(view: View, widget: QWidget, at: QPoint, place: Place) -> None:
    """Hover points at the number, a click keeps it, and away from it nothing else is pointed at."""
    pointed = view.open_project.pointed
    QTest.mouseMove(widget, at)
    assert pointed.place == place
    assert pointed.pinned is None
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
    assert pointed.pinned == place
    pointed.pin(None)


def test_biases(qtbot: QtBot) -> None:
    view = shown(FiltersView, qtbot)
    strip = view._strips["bias"]
    layout = strip.sheet.layout_now
    assert layout
    assert_answers(
        view,
        strip.sheet,
        layout.cell_rect(Cell(3, 0, 0)).center().toPoint(),
        Place(CONV, What.PARAMETER, (3,), "bias"),
    )
    assert view.panel.read_out.place == "bias[3]"
    stored = live().snapshot.parameters[CONV]["bias"][3]
    assert np.float32(view.panel.read_out.value) == stored
    parameters = {CONV: {name: 2 * each for name, each in live().snapshot.parameters[CONV].items()}}
    view.show_snapshot(replace(live().snapshot, parameters=parameters))
    assert np.float32(view.panel.read_out.value) == 2 * stored


def test_gradients_and_none_where_nothing_is_computed(qtbot: QtBot) -> None:
    view = shown(GradientMapsView, qtbot)
    layout = view.panel.sheet.layout_now
    assert layout
    at = layout.cell_rect(Cell(2, 7, 9)).center().toPoint()
    QTest.mouseMove(view.panel.sheet, at)
    assert view.open_project.pointed.place is None
    view.panel.sheet._point_at(None)
    shape = live().summary.modules[CONV].shape
    assert shape
    view.show_snapshot(replace(live().snapshot, gradients={CONV: np.ones(shape, np.float32)}))
    assert_answers(view, view.panel.sheet, at, replace(HERE, what=What.OUTPUT_GRADIENT))


@pytest.mark.parametrize("kind", [MapsView, PredictionsView])
def test_bars(qtbot: QtBot, kind: type[MapsView | PredictionsView]) -> None:
    softmax = live().id_of("LogSoftmax")
    view = shown(kind, qtbot, softmax)
    assert_answers(view, view.bars, view.bars._box(6).center().toPoint(), Place(softmax, What.OUTPUT, (6,)))
    read_out = view.panel.read_out if isinstance(view, MapsView) else view.read_out
    scores = live().snapshot.scores
    assert scores is not None
    assert read_out.value == exact(scores[6])


def test_the_loss(qtbot: QtBot) -> None:
    view = shown(MapsView, qtbot, LOSS)
    view.loss.pointed.emit(True)
    assert view.open_project.pointed.place == Place(LOSS, What.LOSS)
    view.loss.pointed.emit(False)
    assert view.open_project.pointed.place is None
    QTest.mouseClick(view.loss, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert view.open_project.pointed.pinned == Place(LOSS, What.LOSS)


def test_units_that_are_picked_from(qtbot: QtBot) -> None:
    view = shown(TopPatchesView, qtbot)
    layout = view.picker.sheet.layout_now
    assert layout
    at = layout.cell_rect(Cell(2, 7, 9)).center().toPoint()
    assert_answers(view, view.picker.sheet, at, HERE)
    assert view.picker.caption.text() == f"map 2 · row 7 · column 9: {exact(live().snapshot.outputs[CONV][2, 7, 9])}"


# -------------------------------------------------------------------- what is outlined in views


@pytest.mark.parametrize("kind", [MapsView, GradientMapsView])
def test_the_window_of_a_value_above_is_outlined_in_the_maps_below(
    qtbot: QtBot, kind: type[MapsView | GradientMapsView]
) -> None:
    below = next(each.source for each in live().project.network.links if each.target == CONV)
    view = shown(kind, qtbot, below)
    view.open_project.pointed.pin(HERE)
    assert view.inquiries() == {"reach": Reach(HERE)}
    view.show_answer("reach", reach(HERE))
    layout = view.panel.sheet.layout_now
    assert layout
    first, last = layout.cell_rect(Cell(0, 7, 9)), layout.cell_rect(Cell(0, 11, 13))  # a window of 5x5
    assert view.panel.sheet.outlines == ([first.united(last)], [])
    view.open_project.pointed.pin(None)
    assert view.panel.sheet.outlines == ([], [])


def test_what_it_can_touch_is_outlined_in_the_maps_above_and_follows_the_map_that_is_enlarged(qtbot: QtBot) -> None:
    view = shown(MapsView, qtbot, live().id_of("Tanh"))
    view.open_project.pointed.pin(HERE)
    view.show_answer("reach", reach(HERE))
    sheet = view.panel.sheet
    assert sheet.layout_now
    assert sheet.outlines == ([], [sheet.layout_now.cell_rect(Cell(2, 7, 9))])
    for enlarged, count in ((3, 0), (0, 1), (2, 1)):  # only map 2 is touched; the second click shows all again
        sheet.picked.emit(enlarged)
        view.open_project.pointed.pin(HERE)
        view.show_answer("reach", reach(HERE))
        assert len(sheet.outlines[1]) == count
    view.open_project.select(frozenset({live().id_of("LogSoftmax")}))
    seen, touched = view.bars.outlines
    assert not seen
    assert len(touched) == 1
    assert touched[0].height() == pytest.approx(10 * view.bars._row_height)


def test_an_answer_about_another_number_outlines_nothing(qtbot: QtBot) -> None:
    view = shown(MapsView, qtbot, live().id_of("Input"))
    view.open_project.pointed.pin(replace(HERE, index=(0, 0, 0)))
    view.show_answer("reach", reach(HERE))
    assert view.panel.sheet.outlines == ([], [])


def test_blocks_and_joined_boxes() -> None:
    mask = np.zeros((3, 4, 5), bool)
    mask[1, 1:3, 2] = mask[1, 2, 4] = True
    (block,) = blocks_of(mask)
    assert (block.tile, block.row, block.column, block.rows, block.columns) == (1, 1, 2, 2, 3)
    layout = SheetLayout(6, 1, 1, 3, 10.0, gap=1.0)
    every = np.ones((6, 1, 1), bool)
    assert layout.boxes_of(every) == [QRectF(0, 0, 32, 21)]
    every[1] = False
    assert len(layout.boxes_of(every)) == 3
    assert joined([]) == []


# -------------------------------------------------------------------- on cards


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    made = shown(CanvasView, qtbot)
    made.resize(1200, 700)
    return made


def test_each_weight_on_a_card_is_pointed_at_where_it_is_drawn(canvas: CanvasView) -> None:
    item = canvas.scene.modules[CONV]
    assert item.card.filters
    weights = live().snapshot.parameters[CONV]["weight"]
    for index in itertools.product((0, item.card.filters[0] - 1), (0,), (0, 4), (0, 3)):
        place = Place(CONV, What.PARAMETER, index, "weight")
        box = item.body.weight_box(place)
        assert box is not None
        assert canvas.pointing.place_at(box.center() + body_corner(item)) == place
        assert item.body.tip_at(box.center()).endswith(f": {exact(weights[index])}")
    assert item.body.weight_box(Place(CONV, What.PARAMETER, (0,), "bias")) is None
    canvas.open_project.pointed.pin(place)
    canvas.show_answer("reach", reach(place))
    assert box.translated(body_corner(item)) in canvas.reach.boxes[0]


def test_a_tip_on_a_map_tells_the_number(canvas: CanvasView) -> None:
    body = canvas.scene.modules[CONV].body
    mask = np.zeros(live().snapshot.outputs[CONV].shape, bool)
    mask[HERE.index] = True
    (box,) = body.boxes_of(mask)
    value = exact(live().snapshot.outputs[CONV][HERE.index])
    assert body.tip_at(box.center()).startswith(f"Map 2 · row 7 · column 9: {value}\n")


def test_the_maps_of_a_folded_stage_are_pointed_at_and_outlined(canvas: CanvasView) -> None:
    project = canvas.open_project.project
    stage = next(each for each in project.network.stages if CONV in each.modules)
    canvas.open_project.edit("Fold", edits.fold_stage(project, stage.id, True))
    canvas.set_summary(live().summary)
    canvas.show_snapshot(live().snapshot)
    item = canvas.scene.card_of(CONV)
    place = Place(item.card.id, What.OUTPUT, (1, 2, 3))
    assert place.module_id != CONV
    assert item.card.shape
    mask = np.zeros(item.card.shape, bool)
    mask[place.index] = True
    (box,) = item.body.boxes_of(mask)
    assert canvas.pointing.place_at(box.center() + body_corner(item)) == place
    canvas.open_project.pointed.pin(place)
    canvas.show_answer("reach", reach(place))
    assert box.translated(body_corner(item)) in canvas.reach.boxes[0]
