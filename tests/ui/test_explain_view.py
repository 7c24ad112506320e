"""Explain: what is pointed at anywhere is taken apart, what it sees and can touch is outlined on the canvas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QCursor, QFontMetricsF, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsSceneHoverEvent, QToolTip
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.explain import Explain, Explained, Reach, Reached, explain, marked
from convnet_studio.engine.analysis.explanation import Column, Explanation, Group, Place, Step, What
from convnet_studio.engine.analysis.passes import Pass, copied_parameters
from convnet_studio.engine.analysis.reach import cone, footprint
from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.training.inquiry import Answer
from convnet_studio.ui.canvas.reach_overlay import body_corner
from convnet_studio.ui.controls.arithmetic_sheet import ArithmeticSheet, _font_for
from convnet_studio.ui.controls.exact_sum import MOST_BARS, increments
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.pointed import Pointed
from convnet_studio.ui.theme import number_font
from convnet_studio.ui.view import View
from convnet_studio.ui.views.canvas import CanvasView
from convnet_studio.ui.views.explain import GRADIENT, TEXT, ExplainView, next_index
from convnet_studio.ui.views.filters import FiltersView
from convnet_studio.ui.views.maps import MapsView

CONV = live().id_of("Conv2d")
HERE = Place(CONV, What.OUTPUT, (2, 7, 9))


def network() -> Network:
    made = build_network(live().project, live().dataset.input_shape, live().dataset.classes)
    initialize(made, seed=1)
    return made


def answer(place: Place) -> Answer:
    """What the worker would answer to `Explain(place)`."""
    shown, run = live().snapshot, network()
    everything = Pass(
        run,
        shown.picture,
        shown.picture,
        shown.label,
        shown.label,
        shown.outputs,
        parameters=copied_parameters(run, run.nodes),
    )
    *_, found = explain(everything, place)
    assert found is not None
    return Answer(1, 0, Explain(place, measures=True), Explained(found, ()), is_final=True)


def shown(kind: type[View], qtbot: QtBot, selected: str = CONV) -> View:
    view = kind(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({selected}))
    view.show_snapshot(live().snapshot)
    QApplication.processEvents()
    return view


@pytest.fixture
def view(qtbot: QtBot) -> ExplainView:
    made = shown(ExplainView, qtbot)
    assert isinstance(made, ExplainView)
    return made


def test_the_pointer_comes_before_what_was_kept() -> None:
    pointed, other = Pointed(), dataclasses.replace(HERE, index=(0, 0, 0))
    pointed.pin(HERE)
    pointed.hover(other)
    assert pointed.place == other
    pointed.hover(None)
    assert pointed.place == HERE
    pointed.pin(None)
    assert pointed.place is None


def test_asks_for_what_is_pointed_at_and_shows_it(view: ExplainView) -> None:
    view.open_project.pointed.hover(HERE)
    assert view.inquiries() == {"arithmetic": Explain(HERE, measures=True)}
    view.show_answer("arithmetic", answer(HERE))
    assert view._heading.text() == "Conv2d · map 2 · row 7 · column 9"
    assert view._area.isVisible()
    assert np.float32(view._sum.text.split(": ")[-1]) == live().snapshot.outputs[CONV][2, 7, 9]


def test_an_answer_to_another_question_is_left_alone(view: ExplainView) -> None:
    view.open_project.pointed.hover(HERE)
    view.show_answer("arithmetic", answer(dataclasses.replace(HERE, index=(0, 0, 0))))
    assert not view._area.isVisible()


def test_the_gradient_of_the_same_number(view: ExplainView) -> None:
    view.open_project.pointed.hover(HERE)
    view._of.show_value(GRADIENT)
    assert view.place == dataclasses.replace(HERE, what=What.OUTPUT_GRADIENT)


def test_a_selected_module_is_explained_while_nothing_is_pointed_at(view: ExplainView) -> None:
    assert view.place == Place(CONV, What.OUTPUT, (0, 12, 12))
    view.open_project.select(frozenset({live().id_of("NLLLoss")}))
    assert view.place == Place(live().id_of("NLLLoss"), What.LOSS)
    view.open_project.select(frozenset())
    assert view.place is None
    assert "Point at" in view._sentence.text()


def test_all_decimals_are_shown_and_copied(view: ExplainView) -> None:
    view.open_project.pointed.pin(HERE)
    view.show_answer("arithmetic", answer(HERE))
    view._form.show_value(TEXT)
    view._refresh()
    assert view._text.isVisible()
    view.copy()
    text = QGuiApplication.clipboard().text()
    assert text == view._text.toPlainText()
    assert (
        len([line for line in text.split("\n") if line.startswith(("+", "-"))]) == 25 + 1 + 1
    )  # window, bias, rounding


def test_slides_over_all_positions_of_a_map(view: ExplainView) -> None:
    at, seen = (2, 0, 0), [(2, 0, 0)]
    while (following := next_index(at, (3, 2, 3))) is not None:
        at = following
        seen.append(at)
    assert seen == [(2, row, column) for row in range(2) for column in range(3)]
    assert next_index((1,), (2,)) is None
    view.open_project.pointed.hover(HERE)
    view.toggle_play()
    view._step()
    assert view.open_project.pointed.place == dataclasses.replace(HERE, index=(2, 7, 10))
    view.open_project.pointed.move(dataclasses.replace(HERE, index=(2, 23, 23)))
    view._step()
    assert not view._timer.isActive()


def test_maps_and_filters_point(qtbot: QtBot) -> None:
    maps, filters = shown(MapsView, qtbot), shown(FiltersView, qtbot)
    assert isinstance(maps, MapsView)
    assert isinstance(filters, FiltersView)
    maps.panel.sheet._point_at(Cell(2, 7, 9))
    assert maps.open_project.pointed.place == HERE
    maps.panel.sheet.picked.emit(2)
    maps.panel.sheet._point_at(None)
    assert maps.open_project.pointed.pinned == HERE
    filters.panel.sheet._point_at(Cell(3, 1, 4))
    assert filters.open_project.pointed.place == Place(CONV, What.PARAMETER, (3, 0, 1, 4), "weight")


def test_linear_weights_are_pointed_at_by_their_own_index(qtbot: QtBot) -> None:
    linear = live().id_of("Linear")
    filters = shown(FiltersView, qtbot, linear)
    assert isinstance(filters, FiltersView)
    filters.panel.sheet._point_at(Cell(17, 1, 2))  # output 1, map 1 of 16 maps of 4x4
    assert filters.open_project.pointed.place == Place(linear, What.PARAMETER, (1, 16 + 4 + 2), "weight")


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    made = CanvasView(OpenProject(live().project))
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.set_dataset(live().dataset)
    made.set_summary(live().summary)
    made.show()
    made.show_snapshot(live().snapshot)
    QApplication.processEvents()
    return made


def center_of(canvas: CanvasView, place: Place) -> QPointF:
    """The scene point in the middle of a number on its card."""
    item = canvas.scene.modules[place.module_id]
    assert item.card.shape is not None
    mask = np.zeros(item.card.shape, bool)
    mask[place.index] = True
    (box,) = item.body.boxes_of(mask)
    return box.center() + body_corner(item)


@pytest.mark.parametrize("kind", ["Input", "Conv2d", "Flatten", "Linear"])
def test_numbers_on_cards_are_pointed_at(canvas: CanvasView, kind: str) -> None:
    module_id = live().id_of(kind)
    shape = canvas.scene.modules[module_id].card.shape
    assert shape is not None
    for index in (tuple(size - 1 for size in shape), tuple(size // 2 for size in shape)):
        place = Place(module_id, What.OUTPUT, index)
        assert canvas.pointing.place_at(center_of(canvas, place)) == place


def test_hover_points_click_keeps_and_elsewhere_lets_go(canvas: CanvasView) -> None:
    area, pointed = canvas.area, canvas.open_project.pointed
    at = QPointF(area.mapFromScene(center_of(canvas, HERE)))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, point: QPointF, button: Qt.MouseButton) -> None:
        held = button if kind == QEvent.Type.MouseButtonPress else none
        event = QMouseEvent(kind, point, point, button, held, Qt.KeyboardModifier.NoModifier)
        canvas.pointing.eventFilter(area.viewport(), event)

    send(QEvent.Type.MouseMove, at, none)
    assert pointed.place is not None
    assert pointed.place.module_id == CONV
    assert isinstance(canvas.inquiries()["reach"], Reach)
    send(QEvent.Type.MouseButtonPress, at, left)
    send(QEvent.Type.MouseButtonRelease, at, left)
    kept = pointed.pinned
    assert kept is not None
    send(QEvent.Type.MouseMove, QPointF(2, 2), none)
    assert pointed.place == kept
    send(QEvent.Type.MouseButtonPress, QPointF(2, 2), left)
    send(QEvent.Type.MouseButtonRelease, QPointF(2, 2), left)
    assert pointed.place is None


def test_outlines_lie_on_the_maps_that_a_number_sees_and_touches(canvas: CanvasView) -> None:
    canvas.open_project.pointed.pin(HERE)
    nodes = network().nodes
    mask = marked(nodes[CONV], HERE)
    reached = Reached(HERE, footprint(nodes, CONV, mask), cone(nodes, CONV, mask))
    canvas.show_answer("reach", Answer(1, 0, Reach(HERE), reached, is_final=True))
    below, above = canvas.reach.boxes
    picture = canvas.scene.modules[live().id_of("Input")]
    tanh = canvas.scene.modules[live().id_of("Tanh")]
    assert len([box for box in below if picture.rect.contains(box)]) == 1
    assert len([box for box in above if tanh.rect.contains(box)]) == 1  # one map, one place
    assert not [box for box in above if picture.rect.contains(box)]
    canvas.open_project.pointed.pin(None)
    assert canvas.reach.boxes == ([], [])


def test_bars_of_many_terms_end_at_the_sum() -> None:
    found = answer(Place(live().id_of("Linear"), What.OUTPUT, (3,))).value
    assert isinstance(found, Explained)
    step = found.explanation.last
    steps = increments(step)
    assert len(steps) <= MOST_BARS
    assert float(steps.sum()) == pytest.approx(step.result)


def test_numbers_on_tiles_keep_apart(qtbot: QtBot) -> None:
    """Of three 5×5 filters, as of any number of terms: the longest that are written have a margin."""
    for terms in (9, 76, 120):
        numbers = np.resize([-7.6e-4, -0.0017, -1.2e-10, -3.4e-123], terms)
        columns = (Column("x", numbers), Column("w", numbers))
        step = Step("y", (Group("map 0", numbers, columns),), "y = Σ w x")
        sheet = ArithmeticSheet("Arithmetic")
        qtbot.addWidget(sheet)
        sheet.resize(600, 400)
        sheet.show_explanation(Explanation(HERE, 0.0, (step,), 1))
        side = sheet._blocks[0].side
        assert QFontMetricsF(number_font(9)).horizontalAdvance("-7.6e-4") <= side - 3
        for number in numbers[:4]:
            text = short(float(number))
            assert QFontMetricsF(_font_for(text, side - 3)).horizontalAdvance(text) <= side - 3


def test_an_open_tip_tells_the_number_of_now(canvas: CanvasView) -> None:
    item = canvas.scene.modules[CONV]
    at = item.mapFromScene(center_of(canvas, HERE))
    event = QGraphicsSceneHoverEvent(QEvent.Type.GraphicsSceneHoverMove)
    event.setPos(at)
    item.hoverMoveEvent(event)
    before = item.toolTip()
    QToolTip.showText(QCursor.pos(), before)
    now = {CONV: live().snapshot.outputs[CONV] * 2}
    canvas.show_snapshot(dataclasses.replace(live().snapshot, outputs={**live().snapshot.outputs, **now}))
    assert QToolTip.text() == item.toolTip() == item.tip_at(at) != before
    QToolTip.hideText()


def test_filters_of_a_table_are_named_by_their_maps(qtbot: QtBot) -> None:
    lenet = live("lenet-5")
    second = [each.id for each in lenet.project.network.modules if each.kind == "Conv2d"][1]
    view = FiltersView(OpenProject(lenet.project))
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    view.set_summary(lenet.summary)
    view.open_project.select(frozenset({second}))
    view.show_snapshot(lenet.snapshot)
    assert view._picture is not None
    assert view._picture.labels[:4] == ("0←0", "0←1", "0←2", "1←1")
    view._toggle_enlarged(3)
    assert view.panel.caption.text() == "Filter 1 ← map 1 · click for all"
