"""Forms of training, data and single modules: rows that follow from the registries, folds, curves, undo."""

from __future__ import annotations

import numpy as np
import pytest
from live_digits import live
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_inspector import inspect

from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.module import settings_of
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule, points_from_text
from convnet_studio.engine.project.edits import set_data, set_learning, set_training
from convnet_studio.engine.project.presets import new_project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.controls.curve_field import COLUMNS, CurveField
from convnet_studio.ui.controls.mark import Mark
from convnet_studio.ui.controls.picture_grid import about_grey
from convnet_studio.ui.seen_dataset import seen_dataset


@pytest.mark.parametrize("kind", list(Optimizer.registry))
def test_an_optimizers_settings_are_rows_that_commit(kind: str, qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    page = inspector.project_page
    page.form.fields["optimizer"].editor.entered.emit(kind)
    assert open_project.project.training.optimizer == kind
    for setting in settings_of(Optimizer.registry[kind]):
        page.form.fields[setting.name].editor.entered.emit(setting.default)
        assert open_project.project.training.optimizer_settings[setting.name] == setting.default
    assert page.form.fields["optimizer"].editor.value == kind
    open_project.undo_stack.setIndex(0)
    assert open_project.project == live().project


@pytest.mark.parametrize("name", list(Schedule.registry))
def test_a_schedules_settings_are_rows_that_commit(name: str, qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    page = inspector.project_page
    page.form.fields["schedule"].editor.entered.emit(name)
    for setting in settings_of(Schedule.registry[name]):
        page.form.fields[f"schedule.{setting.name}"].editor.entered.emit(setting.default)
        assert open_project.project.training.schedule_settings[setting.name] == setting.default
    assert [each for each in page.form.fields if each.startswith("schedule.")] == [
        f"schedule.{setting.name}" for setting in settings_of(Schedule.registry[name])
    ]


def test_a_curve_is_drawn_with_the_mouse(qtbot: QtBot) -> None:
    field = CurveField("Curve")
    qtbot.addWidget(field)
    field.resize(216, field.height())
    field.show_value("0 1, 1 1")
    drawn: list[str] = []
    field.entered.connect(drawn.append)
    left, right = QPoint(8, 8), QPoint(208, field.height() - 8)
    QTest.mousePress(field, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, left)
    QTest.mouseMove(field, right)
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, right)
    (text,) = drawn
    points = points_from_text(text)
    np.testing.assert_allclose([factor for _, factor in points], np.linspace(1, 0, COLUMNS), atol=0.03)
    QTest.keyClick(field, Qt.Key.Key_Right)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert points_from_text(drawn[1])[1][1] == pytest.approx(points[1][1] - 0.05, abs=1e-3)
    assert not field.grab().isNull()


def test_groups_are_folded_until_something_in_them_is_set(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    page = inspector.project_page
    fold = page.form.folds["Regularisation"]
    assert fold.content.isHidden()
    QTest.mouseClick(fold.heading, Qt.MouseButton.LeftButton)
    assert not fold.content.isHidden()
    page.form.fields["l2"].editor.entered.emit(0.01)
    assert open_project.project.training.l2 == 0.01
    page.form.fields["l2"].editor.entered.emit(-1)
    assert "at least 0" in page.form.fields["l2"].problem.text()
    inspector, _ = inspect(set_training(live().project, clip_norm=1.0), qtbot)
    assert not inspector.project_page.form.folds["Regularisation"].content.isHidden()


def test_what_is_done_to_pictures_is_edited_and_undone(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    form = inspector.project_page.data_form
    form.fields["normalization"].editor.entered.emit("per image")
    form.fields["flip"].editor.entered.emit(True)
    data = open_project.project.data
    assert (data.normalization, data.flip) == ("per image", True)
    form.fields["shift"].editor.entered.emit(-1)
    assert "at least 0" in form.fields["shift"].problem.text()
    assert form.fields["normalization"].mark.mark is Mark.NEW_WEIGHTS
    assert form.fields["noise"].mark.mark is Mark.NEXT_STEP
    open_project.undo_stack.setIndex(0)
    assert open_project.project == live().project
    assert form.fields["normalization"].editor.value == "none"


def test_how_a_module_learns_is_edited_and_undone(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    module_id = live().id_of("Conv2d")
    open_project.select(frozenset({module_id}))
    form = inspector.module_page.learning
    form.fields["frozen"].editor.entered.emit(True)
    form.fields["rate"].editor.entered.emit(0.5)
    form.fields["initializer"].editor.entered.emit("He")
    assert open_project.project.network.module(module_id).learning == Learning(0.5, True, "He")
    form.fields["rate"].editor.entered.emit(-1)
    assert "at least 0" in form.fields["rate"].problem.text()
    assert form.fields["rate"].mark.mark is Mark.NEXT_STEP
    assert form.fields["initializer"].mark.mark is Mark.NEW_WEIGHTS
    open_project.undo_stack.setIndex(0)
    assert open_project.project == live().project
    assert form.fields["rate"].editor.value == 1
    open_project.select(frozenset({live().id_of("Tanh")}))
    assert form.isHidden()


def test_views_see_pictures_as_the_network_does() -> None:
    project = set_data(new_project(), dataset="digits_8x8", normalization="per pixel")
    dataset = seen_dataset(project)
    assert dataset.is_signed
    assert dataset is seen_dataset(set_data(project, shift=2))
    summary = summarize(project, dataset.input_shape, dataset.classes)
    plain = summarize(set_data(project, normalization="none"), dataset.input_shape, dataset.classes)
    (module_id,) = (each.id for each in project.network.modules if each.kind == "Input")
    assert not summary.modules[module_id].non_negative
    assert plain.modules[module_id].non_negative
    grey = about_grey(dataset.test.pictures[:20])
    assert grey.min() >= 0
    assert grey.max() <= 1
    assert about_grey(np.zeros((1, 1, 2, 2))).max() == 0.5


def test_gabor_for_a_module_without_such_filters_is_a_problem() -> None:
    module_id = live().id_of("Linear")
    project = set_learning(live().project, module_id, initializer="Gabor")
    known = summarize(project, live().dataset.input_shape, live().dataset.classes).modules[module_id]
    assert [problem.what for problem in known.problems] == [
        "Gabor draws filters of 3×3 pixels and more, which it does not have"
    ]
