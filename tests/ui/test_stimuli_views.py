"""Stimuli, attribution, patches, occlusion: what the views ask, what they show of the answers, and what keys do."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from convnet_studio.engine.analysis.deconvnet import WAYS, Attribute, Attribution
from convnet_studio.engine.analysis.occlusion import MEAN, Occlude, OcclusionMap
from convnet_studio.engine.analysis.optimal_stimulus import FindStimulus, Stimulus
from convnet_studio.engine.analysis.top_patches import TRAINING, FindTopPatches, TopPatches
from convnet_studio.engine.analysis.tuning import MeasureTuning, Tuning
from convnet_studio.engine.analysis.unit import Unit
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.training.inquiry import Answer, Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run
from convnet_studio.ui.controls.sheet_layout import Cell
from convnet_studio.ui.map_images import colored, scale_of
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.view import View
from convnet_studio.ui.views.attribution import SEEN, AttributionView
from convnet_studio.ui.views.occlusion import OcclusionView
from convnet_studio.ui.views.stimuli import GALLERY, StimuliView
from convnet_studio.ui.views.top_patches import TopPatchesView


@pytest.fixture(scope="module")
def moment() -> Moment:
    """Of the run whose outputs the views are shown."""
    material = Material(live().dataset)
    run = Run(1, live().project, material, ReferenceProgram)
    return Moment(run, live().snapshot.picture, live().snapshot.label)


def shown(kind: type[View], qtbot: QtBot, module: str = "LPPool2d", size: tuple[int, int] = (900, 600)) -> View:
    view = kind(OpenProject(live().project))
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.set_dataset(live().dataset)
    view.set_summary(live().summary)
    view.open_project.select(frozenset({live().id_of(module)}))
    view.show_snapshot(live().snapshot)
    QApplication.processEvents()
    return view


def answer(view: View, moment: Moment, name: str) -> object:
    """Let a view's question be answered to its end, each part shown to it."""
    inquiry = view.inquiries()[name]
    last: object = None
    for value in inquiry.work(moment):
        if value is not None:
            last = value
            view.show_answer(name, Answer(1, 0, inquiry, value))
    view.show_answer(name, Answer(1, 0, inquiry, last, is_final=True))
    return last


def click_cell(view: AttributionView | StimuliView | TopPatchesView, cell: Cell) -> None:
    sheet = view.picker.sheet
    assert sheet.layout_now
    point = sheet.layout_now.cell_rect(cell).center().toPoint()
    QTest.mouseMove(sheet, point)
    QTest.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=point)


def asked_unit(inquiry: Inquiry) -> Unit:
    assert isinstance(inquiry, FindStimulus | Attribute)
    return inquiry.unit


def test_a_click_picks_the_unit_that_is_asked_about(qtbot: QtBot) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    module = live().id_of("LPPool2d")
    assert asked_unit(view.inquiries()["stimulus"]) == Unit(module, 0, (5, 5))
    with qtbot.waitSignal(view.wishes_changed):
        click_cell(view, Cell(3, 7, 2))
    assert asked_unit(view.inquiries()["stimulus"]) == Unit(module, 3, (7, 2))


def test_the_stimulus_shown_is_the_one_answered(qtbot: QtBot, moment: Moment) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    stimulus = answer(view, moment, "stimulus")
    assert isinstance(stimulus, Stimulus)
    view.catch_up()
    sheet = view.page.pane.sheet
    seen = stimulus.seen
    np.testing.assert_array_equal(
        np.asarray([[sheet._tiles.toImage().pixel(x, y) for x in range(seen.shape[2])] for y in range(seen.shape[1])]),
        colored(seen[0], scale_of(seen, "activation")),
    )
    assert str(np.float32(stimulus.value)) in view.page.words.text()
    assert len(view.page.curve._y) == len(stimulus.trace)


def test_a_climb_faster_than_the_eye_is_played_within_two_seconds(qtbot: QtBot, moment: Moment) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    stimulus = answer(view, moment, "stimulus")
    assert isinstance(stimulus, Stimulus)
    assert len(view.page.curve._y) < len(stimulus.trace)
    qtbot.waitUntil(lambda: len(view.page.curve._y) == len(stimulus.trace), timeout=4000)


def test_restarts_and_settings_are_other_questions(qtbot: QtBot) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    first = view.inquiries()["stimulus"]
    view.again.click()
    again = view.inquiries()["stimulus"]
    view.other.click()
    other = view.inquiries()["stimulus"]
    assert isinstance(first, FindStimulus)
    assert isinstance(again, FindStimulus)
    assert isinstance(other, FindStimulus)
    assert first != again != other
    assert first.seed == again.seed != other.seed
    view.norm.show_value("2")
    view.norm.entered.emit("2")
    doubled = view.inquiries()["stimulus"]
    assert isinstance(doubled, FindStimulus)
    assert doubled.norm_factor == 2
    view.pages.choose(GALLERY)
    assert view.inquiries()["now tuning"] == MeasureTuning(live().id_of("LPPool2d"), 2.0)


def test_tuning_is_that_of_the_picked_map(qtbot: QtBot, moment: Moment) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    click_cell(view, Cell(2, 5, 5))
    assert set(view.inquiries()) == {"stimulus"}
    with qtbot.waitSignal(view.wishes_changed):
        answer(view, moment, "stimulus")
    tuning = answer(view, moment, "now tuning")
    assert isinstance(tuning, Tuning)
    np.testing.assert_array_equal(view.page.orientation._y[:-1], tuning.by_orientation(2))
    assert f"{tuning.selectivity(2):.2f}" in view.page.tuned.text()


def test_the_gallery_leads_back_to_one_unit(qtbot: QtBot, moment: Moment) -> None:
    view = shown(StimuliView, qtbot)
    assert isinstance(view, StimuliView)
    view.pages.choose(GALLERY)
    view.pages.chosen.emit(GALLERY)
    assert set(view.inquiries()) == {"first gallery", "now gallery", "first tuning", "now tuning"}
    for name in ("first gallery", "now gallery"):
        answer(view, moment, name)
    gallery = view.gallery
    assert len(gallery._columns) == 8
    assert all(picture is not None for picture in gallery._columns[0].pictures)
    gallery.setFocus(Qt.FocusReason.TabFocusReason)
    view.activateWindow()
    QApplication.processEvents()
    gallery._mark(0)
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    QTest.keyClick(gallery, Qt.Key.Key_Right)
    QTest.keyClick(gallery, Qt.Key.Key_Return)
    assert asked_unit(view.inquiries()["stimulus"]).channel == 2


@pytest.mark.parametrize("kind", [StimuliView, AttributionView, TopPatchesView])
def test_a_loss_and_no_selection_are_told_in_a_sentence(kind: type[View], qtbot: QtBot) -> None:
    view = shown(kind, qtbot, "NLLLoss")
    assert isinstance(view, StimuliView | AttributionView | TopPatchesView)
    assert not view.inquiries()
    assert "select a module before it" in view.words.text()
    view.open_project.select(frozenset())
    assert view.words.text().startswith("Select a module")


def test_maps_back_are_those_answered_and_begin_at_the_strongest_unit(qtbot: QtBot, moment: Moment) -> None:
    view = shown(AttributionView, qtbot)
    assert isinstance(view, AttributionView)
    output = live().snapshot.outputs[live().id_of("LPPool2d")]
    best = np.unravel_index(output.argmax(), output.shape)
    unit = asked_unit(view.inquiries()["attribution"])
    assert (unit.channel, *unit.place) == tuple(int(each) for each in best)
    found = answer(view, moment, "attribution")
    assert isinstance(found, Attribution)
    for way in WAYS:
        np.testing.assert_array_equal(view.panes[way]._values, found.maps[way])
    assert "no ReLU" in view.remark.text()
    assert "Tanh" in view.remark.text()
    view.part.choose(SEEN)
    view.part.chosen.emit(SEEN)
    rows, columns = found.box
    np.testing.assert_array_equal(view.panes["guided"]._values, found.maps["guided"][:, rows, columns])


def test_the_answer_to_another_unit_is_not_shown(qtbot: QtBot, moment: Moment) -> None:
    view = shown(AttributionView, qtbot)
    assert isinstance(view, AttributionView)
    before = view.inquiries()["attribution"]
    click_cell(view, Cell(1, 3, 3))
    late = [each for each in before.work(moment) if each is not None][-1]
    view.show_answer("attribution", Answer(1, 0, before, late, is_final=True))
    assert not view.panes["guided"].isVisible()


def test_patches_and_their_pictures(qtbot: QtBot, moment: Moment) -> None:
    view = shown(TopPatchesView, qtbot)
    assert isinstance(view, TopPatchesView)
    view.split.choose("Training")
    view.split.chosen.emit("Training")
    assert view.inquiries()["patches"] == FindTopPatches(live().id_of("LPPool2d"), TRAINING)
    view.split.choose("Test")
    view.split.chosen.emit("Test")
    found = answer(view, moment, "patches")
    assert isinstance(found, TopPatches)
    click_cell(view, Cell(4, 0, 0))
    QApplication.processEvents()
    assert view.sheet.layout_now
    assert view.sheet.layout_now.count == 9
    assert "map 4" in view.words.text()
    with qtbot.waitSignal(view.picture_chosen) as chosen:
        view.sheet.picked.emit(2)
    index = int(found.pictures[4, 2])
    np.testing.assert_array_equal(chosen.args[0].picture, moment.run.material.pictures[index])
    assert chosen.args[0].label == moment.run.material.labels[index]


def test_patches_stay_while_newer_ones_are_looked_for(qtbot: QtBot, moment: Moment) -> None:
    view = shown(TopPatchesView, qtbot)
    assert isinstance(view, TopPatchesView)
    found = answer(view, moment, "patches")
    inquiry = view.inquiries()["patches"]
    steps = inquiry.work(moment)
    view.show_answer("patches", Answer(1, 1, inquiry, next(each for each in steps if each is not None)))
    assert view._shown is found


def test_pointing_at_the_occlusion_map_shows_the_square(qtbot: QtBot, moment: Moment) -> None:
    view = shown(OcclusionView, qtbot)
    assert isinstance(view, OcclusionView)
    assert view.inquiries()["occlusion"] == Occlude(-1, 7, 1, "grey")
    view.fill_field.show_value(MEAN)
    view.fill_field.entered.emit(MEAN)
    view.class_field.show_value("3")
    view.class_field.entered.emit("3")
    assert view.inquiries()["occlusion"] == Occlude(3, 7, 1, MEAN)
    found = answer(view, moment, "occlusion")
    assert isinstance(found, OcclusionMap)
    np.testing.assert_array_equal(view.scores._values[0], found.scores)
    sheet = view.scores.sheet
    assert sheet.layout_now
    QTest.mouseMove(sheet, sheet.layout_now.cell_rect(Cell(0, 10, 12)).center().toPoint())
    QApplication.processEvents()
    assert (view.picture._values[0, 7:14, 9:16] == np.float32(found.fill)).all()
    assert str(found.scores[10, 12]) in view.scores.reading.text()


def test_a_problem_is_told_in_its_own_words(qtbot: QtBot) -> None:
    for kind, name in ((OcclusionView, "occlusion"), (TopPatchesView, "patches"), (StimuliView, "stimulus")):
        view = shown(kind, qtbot)
        assert isinstance(view, OcclusionView | TopPatchesView | StimuliView)
        inquiry = view.inquiries()[name]
        view.show_answer(name, Answer(1, 0, inquiry, None, is_final=True, problem="It can't be."))
        assert view.words.text() == "It can't be."


def test_one_unit_is_picked_for_all_views(qtbot: QtBot) -> None:
    project = OpenProject(live().project)
    views = [kind(project) for kind in (StimuliView, AttributionView, TopPatchesView)]
    for view in views:
        qtbot.addWidget(view)
        view.set_dataset(live().dataset)
        view.set_summary(live().summary)
    module = live().id_of("LPPool2d")
    project.select(frozenset({module}))
    for view in views:
        view.show_snapshot(live().snapshot)
    units = [view.picker.unit for view in views]
    assert units[0] is not None
    assert units[0] == units[1]
    assert units[2] == Unit(module, units[0].channel, units[2].place if units[2] else ())
    views[2].picker.pick(Unit(module, 3, units[0].place))
    assert [view.picker.unit.channel for view in views if view.picker.unit] == [3, 3, 3]
    views[0].picker.pick(Unit(module, 2, (1, 1)))
    assert views[1].picker.unit == Unit(module, 2, (1, 1))
    assert views[2].picker.unit is not None
    assert views[2].picker.unit.channel == 2
