"""OpenProject: editing, undo and the unsaved mark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from convnet_studio.engine.project.edits import insert_module, set_training
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.ui.open_project import OpenProject


@pytest.fixture
def open_project(qtbot: QtBot) -> OpenProject:
    return OpenProject(load_preset("tiny-digits"))


def test_undo_and_redo_go_through_every_value(open_project: OpenProject) -> None:
    first = open_project.project
    second, _ = insert_module(first, "Tanh", (0.0, 0.0))
    third = set_training(second, rate=0.5)
    open_project.edit("Add Tanh", second)
    open_project.edit("Rate", third)
    assert open_project.project == third
    open_project.undo_stack.undo()
    assert open_project.project == second
    open_project.undo_stack.undo()
    assert open_project.project == first
    open_project.undo_stack.redo()
    assert open_project.project == second


def test_an_id_is_never_given_twice_even_after_undo(open_project: OpenProject) -> None:
    second, one = insert_module(open_project.project, "Tanh", (0.0, 0.0))
    open_project.edit("Add Tanh", second)
    open_project.undo_stack.undo()
    _, other = insert_module(open_project.project, "Linear", (0.0, 0.0))
    assert other != one


def test_drags_of_a_slider_are_one_entry(open_project: OpenProject) -> None:
    first = open_project.project
    for rate in (0.1, 0.2, 0.3):
        open_project.edit("Rate", set_training(open_project.project, rate=rate), merge_key="rate")
    assert open_project.project.training.rate == 0.3
    assert open_project.undo_stack.count() == 1
    open_project.undo_stack.undo()
    assert open_project.project == first


def test_the_same_setting_changed_later_is_an_entry_of_its_own(
    open_project: OpenProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((10.0, 11.0, 10.0 + 60.0))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    for rate in (0.2, 0.3, 0.4):
        open_project.edit("Rate", set_training(open_project.project, rate=rate), merge_key="rate")
    assert open_project.undo_stack.count() == 2


def test_an_edit_that_changes_nothing_is_no_edit(open_project: OpenProject) -> None:
    open_project.edit("Nothing", replace(open_project.project))
    assert open_project.undo_stack.count() == 0


def test_unsaved_mark(open_project: OpenProject, tmp_path: Path) -> None:
    assert not open_project.is_unsaved
    open_project.edit("Rate", set_training(open_project.project, rate=0.5))
    assert open_project.is_unsaved
    open_project.mark_saved(tmp_path / "a.cvstudio")
    assert not open_project.is_unsaved
    open_project.mark_trained()
    assert open_project.is_unsaved


def test_selection_forgets_what_is_deleted(open_project: OpenProject) -> None:
    second, module_id = insert_module(open_project.project, "Tanh", (0.0, 0.0))
    open_project.edit("Add", second)
    open_project.select(frozenset({module_id}))
    open_project.undo_stack.undo()
    assert open_project.selection == frozenset()


def test_selecting_is_no_edit(open_project: OpenProject) -> None:
    open_project.select(frozenset({open_project.project.network.modules[0].id}))
    assert not open_project.is_unsaved
    assert open_project.undo_stack.count() == 0
