"""Inspector: forms that follow from the settings, edits that can be undone, marks that tell the truth."""

from __future__ import annotations

import pytest
from live_digits import live
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

import convnet_studio.engine.nn.losses
import convnet_studio.engine.nn.modules  # noqa: F401
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Setting, SettingValue
from convnet_studio.engine.project.edits import insert_module, rename_module, set_setting
from convnet_studio.engine.project.kinds import settings_by_name
from convnet_studio.engine.project.presets import new_project
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.summary import summarize
from convnet_studio.ui.controls.mark import Mark
from convnet_studio.ui.controls.number_text import field_line
from convnet_studio.ui.controls.text_field import TextField
from convnet_studio.ui.inspector.change_marks import marks_of_module, other_values
from convnet_studio.ui.inspector.cost_text import (
    arithmetic_line,
    connections_line,
    parameters_line,
    shapes_line,
)
from convnet_studio.ui.inspector.inspector import Inspector
from convnet_studio.ui.open_project import OpenProject
from convnet_studio.ui.theme import DARK, LIGHT, theme_switch

KINDS = [*Module.registry, *Loss.registry]


def inspect(project: Project, qtbot: QtBot) -> tuple[Inspector, OpenProject]:
    open_project = OpenProject(project)
    inspector = Inspector(open_project)
    qtbot.addWidget(inspector)
    dataset = live().dataset

    def summarized(*_: object) -> None:
        inspector.set_summary(summarize(open_project.project, dataset.input_shape, dataset.classes))

    open_project.changed.connect(summarized)
    inspector.set_dataset(dataset)
    summarized()
    inspector.resize(320, 700)
    inspector.show()
    return inspector, open_project


def other_value(setting: Setting) -> SettingValue:
    return next(other_values(setting, setting.default))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_form_that_commits(kind: str, qtbot: QtBot) -> None:
    project, module_id = insert_module(new_project(), kind, (400, 100))
    inspector, open_project = inspect(project, qtbot)
    open_project.select(frozenset({module_id}))
    form = inspector.module_page.form
    declared = settings_by_name(Module.registry.get(kind) or Loss.registry[kind])
    assert set(form.fields) == set(declared)
    for name, setting in declared.items():
        value = other_value(setting)
        form.fields[name].editor.entered.emit(value)
        assert open_project.project.network.module(module_id).settings[name] == value
        assert form.fields[name].editor.value == value
        assert form.fields[name].problem.isHidden()
        open_project.undo_stack.undo()
        assert form.fields[name].editor.value == setting.default
    assert not inspector.grab().isNull()


def test_a_bad_value_says_why_and_changes_nothing(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    open_project.select(frozenset({live().id_of("Conv2d")}))
    field = inspector.module_page.form.fields["kernel_size"]
    for value, word in ((0, "at least"), ("five", "number"), (2.5, "whole")):
        field.editor.entered.emit(value)
        assert word in field.problem.text()
        assert not field.problem.isHidden()
    assert open_project.project == live().project
    assert not open_project.undo_stack.count()
    field.editor.entered.emit(3)
    assert field.problem.isHidden()


def test_steps_of_one_setting_are_one_undo_entry(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    open_project.select(frozenset({live().id_of("Conv2d")}))
    for value in (6, 7, 8):
        inspector.module_page.form.fields["kernel_size"].editor.entered.emit(value)
    assert open_project.undo_stack.count() == 1
    assert open_project.undo_stack.undoText() == "Set kernel of Conv2d"


def test_the_form_is_kept_while_its_module_changes(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    open_project.select(frozenset({live().id_of("Conv2d")}))
    form = inspector.module_page.form
    open_project.edit("Elsewhere", set_setting(open_project.project, live().id_of("Conv2d"), "padding", 2))
    assert inspector.module_page.form is form
    assert form.fields["padding"].editor.value == 2


def test_a_module_is_renamed_and_its_kind_is_its_default_name(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    module_id = live().id_of("Conv2d")
    open_project.select(frozenset({module_id}))
    header = inspector.module_page.header
    header.name.setText("Edges")
    QTest.keyClick(header.name, Qt.Key.Key_Return)
    assert open_project.project.network.module(module_id).name == "Edges"
    assert header.word.text() == "Conv2d · convolution"
    header.name.setText("Conv2d")
    QTest.keyClick(header.name, Qt.Key.Key_Return)
    assert open_project.project.network.module(module_id).name == ""


def test_a_problem_is_mended_with_one_click(qtbot: QtBot) -> None:
    module_id = live().id_of("Conv2d")
    broken = set_setting(live().project, module_id, "kernel_size", 40)
    inspector, open_project = inspect(broken, qtbot)
    open_project.select(frozenset({module_id}))
    (box,) = inspector.module_page.problems.boxes
    assert box.button
    box.button.click()
    assert not inspector.module_page.problems.boxes
    assert open_project.project.network.module(module_id).settings["kernel_size"] != 40


def marks(kind: str) -> dict[str, Mark]:
    shape, classes = live().dataset.input_shape, live().dataset.classes
    found = marks_of_module(live().project, live().id_of(kind), shape, classes)
    return {name: each.mark for name, each in found.items()}


def test_marks_tell_whose_weights_are_drawn_anew() -> None:
    assert marks("Conv2d")["out_channels"] is Mark.NEW_WEIGHTS
    assert marks("Linear")["out_features"] is Mark.NEW_WEIGHTS
    pooling = marks("LPPool2d")
    assert pooling["kernel_size"] is Mark.NEW_WEIGHTS, "the Linear behind it gets another number of inputs"
    assert pooling["p"] is Mark.NEXT_STEP
    shape, classes = live().dataset.input_shape, live().dataset.classes
    found = marks_of_module(live().project, live().id_of("Conv2d"), shape, classes)
    assert "this module" in found["kernel_size"].more
    assert "Linear" in found["kernel_size"].more


def test_marks_are_known_while_the_module_does_not_compute() -> None:
    broken = set_setting(live().project, live().id_of("Conv2d"), "kernel_size", 40)
    found = marks_of_module(broken, live().id_of("Conv2d"), live().dataset.input_shape, live().dataset.classes)
    assert found["kernel_size"].mark is Mark.NEW_WEIGHTS


def test_costs_are_spelled_out() -> None:
    module = live().project.network.module(live().id_of("Conv2d"))
    known = live().summary.modules[module.id]
    assert shapes_line(known) == "1@28×28 → 8@24×24"
    assert parameters_line(module, known) == "8×1×5×5 + 8 = 208"
    assert arithmetic_line(module, known) == "8×1×5×5×24×24 = 115,200"
    assert connections_line(known) == "119,808"
    assert field_line(known.receptive_field) == "21×21"
    fields = {each.kind: live().summary.modules[each.id].receptive_field for each in live().project.network.modules}
    assert field_line(fields["LPPool2d"]) == "32×32, every 4 pixels"
    assert field_line(fields["Linear"]) == "28×28, the same for all"
    assert field_line(()) == "not computed"


@pytest.mark.parametrize("kind", ["Conv2d", "Linear", "Tanh", "LPPool2d"])
def test_what_is_spelled_out_is_what_it_costs(kind: str) -> None:
    module = live().project.network.module(live().id_of(kind))
    known = live().summary.modules[module.id]
    for line, total in (
        (parameters_line(module, known), known.parameters),
        (arithmetic_line(module, known), known.multiply_accumulates),
    ):
        if total:
            assert line.endswith(f"{total:,}")
            left = line.split(" = ")[0].replace("×", "*").replace(",", "")
            assert eval(left) == total
        else:
            assert line == "none"


def test_filters_are_offered_only_where_something_is_learned(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    header = inspector.module_page.header
    open_project.select(frozenset({live().id_of("Conv2d")}))
    assert not header.tabs.isHidden()
    with qtbot.waitSignal(inspector.views_changed):
        header.tabs.segment("Filters").click()
    assert [view.name for view in inspector.visible_views()] == ["filters"]
    open_project.select(frozenset({live().id_of("Tanh")}))
    assert header.tabs.isHidden()
    assert [view.name for view in inspector.visible_views()] == ["maps"]
    open_project.select(frozenset({live().id_of("Linear")}))
    assert [view.name for view in inspector.visible_views()] == ["filters"]
    open_project.select(frozenset())
    assert inspector.visible_views() == ()


def test_training_settings_are_edited_and_undone(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    fields = inspector.project_page.form.fields
    fields["rate"].editor.entered.emit(0.05)
    fields["schedule"].editor.entered.emit("constant")
    fields["momentum"].editor.entered.emit(0.5)
    training = open_project.project.training
    assert (training.rate, training.schedule, training.optimizer_settings["momentum"]) == (0.05, "constant", 0.5)
    fields["batch_size"].editor.entered.emit(0)
    assert "at least 1" in fields["batch_size"].problem.text()
    for _ in range(3):
        open_project.undo_stack.undo()
    assert open_project.project == live().project
    assert fields["rate"].editor.value == live().project.training.rate
    assert {field.mark.mark for name, field in fields.items() if name != "seed"} == {Mark.NEXT_STEP}
    assert fields["seed"].mark.mark is Mark.NEW_WEIGHTS


def test_the_data_set_is_changed_and_everything_else_kept(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    inspector.project_page.data.entered.emit("digits_8x8")
    after = open_project.project
    assert after.data.dataset == "digits_8x8"
    assert (after.network, after.training) == (live().project.network, live().project.training)


def test_several_modules_are_counted(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    banks = [each for each in live().project.network.modules if each.kind in ("Conv2d", "Linear")]
    open_project.select(frozenset(each.id for each in banks))
    assert inspector.selection_page.heading.text() == "3 modules selected"
    assert inspector.selection_page.totals.fact("Parameters") == "5,994"


def test_every_control_says_what_it_is_and_when_it_applies(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    for selection in (frozenset[str](), *(frozenset({each.id}) for each in live().project.network.modules)):
        open_project.select(selection)
        QApplication.processEvents()
        for each in inspector.findChildren(QWidget):
            if each.isVisible() and each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.parent():
                proxy = each.focusProxy() is not None or each.parentWidget().focusProxy() is each
                assert each.accessibleName() or proxy, each
        for field in (*inspector.module_page.form.fields.values(), *inspector.project_page.form.fields.values()):
            assert field.mark.toolTip() in field.editor.accessibleDescription()


def test_nothing_is_wider_than_the_panel(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    inspector.resize(288, 668)
    for selection in (frozenset[str](), *(frozenset({each.id}) for each in live().project.network.modules)):
        open_project.select(selection)
        for view in inspector.views():
            view.show_snapshot(live().snapshot)
        QApplication.processEvents()
        for page in (inspector.module_page, inspector.selection_page, inspector.project_page):
            assert page.minimumSizeHint().width() <= 278


def test_a_named_module_and_a_dark_theme_show(qtbot: QtBot) -> None:
    module_id = live().id_of("Conv2d")
    inspector, open_project = inspect(rename_module(live().project, module_id, "A rather long name " * 4), qtbot)
    open_project.select(frozenset({module_id}))
    light = inspector.grab().toImage()
    theme_switch().use(DARK)
    try:
        assert inspector.grab().toImage() != light
    finally:
        theme_switch().use(LIGHT)


def test_another_project_takes_its_place(qtbot: QtBot) -> None:
    inspector, open_project = inspect(live().project, qtbot)
    open_project.select(frozenset({live().id_of("Conv2d")}))
    open_project.open(new_project())
    assert inspector.project_page.isVisible()
    assert inspector.project_page.header.name.text() == new_project().name


def test_a_formula_is_judged_while_it_is_typed_and_measured_when_it_is_taken(qtbot: QtBot) -> None:
    project, module_id = insert_module(new_project(), "Formula", (400, 100))
    inspector, open_project = inspect(project, qtbot)
    open_project.select(frozenset({module_id}))
    page = inspector.module_page
    field = page.form.fields["expression"]
    assert isinstance(field.editor, TextField)
    assert "agrees with the measured one" in page.remark.text()
    field.editor.setText("max(x, 0")
    QTest.keyClick(field.editor, Qt.Key.Key_Return)
    assert field.problem.text() == "Formula: Column 9: ')' is missing for the '(' of column 4."
    assert field.editor.text() == "max(x, 0"
    field.editor.setText("max(x, 0)")
    QTest.keyClick(field.editor, Qt.Key.Key_Return)
    assert not field.problem.isVisible()
    assert "abruptly near x = 0" in page.remark.text()
    assert open_project.project.network.module(module_id).settings["expression"] == "max(x, 0)"
    open_project.select(frozenset({open_project.project.network.modules[0].id}))
    assert not page.remark.isVisible()
