"""Edits under training: what is kept, what comes back by undo, what starts anew, what applies from the next step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trainer_bench import (
    TINY,
    Notes,
    chain,
    losses_of,
    of_type,
    run_script,
    spec,
    with_settings,
    with_training,
    without,
)

from convnet_studio.engine.project.spec import DataSpec, Link, Project, TrainingSpec
from convnet_studio.engine.training.control import (
    Edit,
    Open,
    Play,
    Reset,
    StepBatch,
    StepEpoch,
    StepSample,
    UseCompiled,
    Weights,
)
from convnet_studio.engine.training.course import Course
from convnet_studio.engine.training.events import NetworkChanged, RunStarted, StateChanged, Stepped

pytestmark = pytest.mark.usefixtures("engine")


def assert_equal(a: Weights, b: Weights, *ids: str) -> None:
    for module_id in ids:
        assert a[module_id].keys() == b[module_id].keys()
        for name, array in a[module_id].items():
            np.testing.assert_array_equal(array, b[module_id][name], err_msg=f"{module_id}.{name}")


def test_a_reshaped_module_starts_anew_and_all_others_keep_their_weights() -> None:
    notes = Notes()
    wider = with_settings(TINY, "conv", out_channels=6)
    events = run_script(StepEpoch(), notes.fetch(), Edit(wider), notes.fetch(), StepBatch())
    changed = of_type(events, NetworkChanged)[-1]
    assert (changed.kept, changed.restored, changed.initialized) == ((), (), ("conv", "fc"))
    hidden = replace(TINY, network=chain(*TINY.network.modules[:4], spec("h", "Linear"), *TINY.network.modules[4:]))
    notes = Notes()
    events = run_script(StepEpoch(), notes.fetch(), Edit(hidden), notes.fetch(), StepBatch())
    changed = of_type(events, NetworkChanged)[-1]
    assert (changed.kept, changed.initialized) == (("conv",), ("h", "fc"))
    assert_equal(*notes.weights, "conv")
    assert of_type(events, Stepped)[-1].step == 8
    assert len(of_type(events, RunStarted)) == 1


def test_undo_brings_the_weights_back_and_redo_too() -> None:
    notes = Notes()
    wider = with_settings(TINY, "conv", out_channels=6)
    script = [StepEpoch(), notes.fetch(), Edit(wider), StepBatch(), notes.fetch(), Edit(TINY), notes.fetch()]
    events = run_script(*script, Edit(wider), notes.fetch())
    trained, wide, undone, redone = notes.weights
    assert_equal(trained, undone, "conv", "fc")
    assert_equal(wide, redone, "conv", "fc")
    assert of_type(events, NetworkChanged)[-1].restored == ("conv", "fc")


def test_an_edit_and_its_undo_leave_training_as_if_nothing_had_happened() -> None:
    wider = with_settings(TINY, "conv", out_channels=6)
    plain = losses_of(run_script(StepEpoch(), StepEpoch()))
    assert losses_of(run_script(StepEpoch(), Edit(wider), Edit(TINY), StepEpoch())) == plain


def test_edits_that_compute_nothing_change_nothing() -> None:
    moved = tuple(replace(each, name="a name", position=(5.0, 5.0)) for each in TINY.network.modules)
    renamed = replace(TINY, name="other", network=replace(TINY.network, modules=moved))
    events = run_script(StepBatch(), Edit(renamed), StepEpoch())
    assert losses_of(events) == losses_of(run_script(StepEpoch()))
    assert len(of_type(events, NetworkChanged)) == 1


def test_a_removed_module_without_weights_touches_none() -> None:
    notes = Notes()
    events = run_script(StepEpoch(), notes.fetch(), Edit(without(TINY, "tanh")), notes.fetch())
    assert of_type(events, NetworkChanged)[-1].kept == ("conv", "fc")
    assert_equal(*notes.weights, "conv", "fc")


def test_a_cut_wire_pauses_with_a_sentence_and_mending_it_restores_the_weights() -> None:
    notes = Notes()
    links = tuple(link for link in TINY.network.links if link.target != "fc")
    cut = replace(TINY, network=replace(TINY.network, links=links))
    events = run_script(
        StepEpoch(), notes.fetch(), Edit(cut), notes.fetch(), Play(), StepBatch(), Edit(TINY), notes.fetch()
    )
    whys = [event.why for event in of_type(events, StateChanged) if event.why]
    assert len(whys) == 2  # of Play and StepBatch; the edit found training at rest
    assert all(why.startswith("This network can't train yet.") for why in whys)
    assert "Flatten" in whys[0]
    before, without_wire, mended = notes.weights
    assert_equal(before, mended, "conv", "fc")
    assert_equal(before, without_wire, "conv", "fc")  # a save in between loses nothing


def test_a_network_without_a_loss_rests() -> None:
    events = run_script(Play(), project=without(TINY, "loss"))
    assert losses_of(events) == []
    assert "no loss" in of_type(events, StateChanged)[-1].why
    events = run_script(Play(), project=replace(TINY, network=chain()))
    assert "can't train yet" in of_type(events, StateChanged)[-1].why


def test_training_settings_apply_from_the_next_step_and_reset_nothing() -> None:
    faster = with_training(TINY, rate=0.5, schedule="constant", optimizer_settings={"momentum": 0.0})
    notes = Notes()
    events = run_script(StepBatch(), notes.fetch(), Edit(faster), notes.fetch(), StepBatch())
    assert_equal(*notes.weights, "conv", "fc")
    assert of_type(events, Stepped)[-1].rate == 0.5
    assert len(of_type(events, NetworkChanged)) == 1
    assert losses_of(events)[:2] == losses_of(run_script(StepBatch(), StepBatch()))[:2]


def test_momentum_survives_an_edit_of_another_setting() -> None:
    same_but_momentum = with_training(TINY, optimizer_settings={"momentum": 0.5})
    script = [StepEpoch(), Edit(same_but_momentum), Edit(TINY), StepEpoch()]
    assert losses_of(run_script(*script)) == losses_of(run_script(StepEpoch(), StepEpoch()))


def test_batch_size_applies_from_the_next_step() -> None:
    larger = with_training(TINY, batch_size=20)
    events = run_script(StepBatch(), Edit(larger), StepEpoch(), StepBatch())
    total = [event.samples for event in of_type(events, Stepped)]
    assert total[0] == 8
    assert sum(total[:-1]) == 50
    assert total[-1] == 20
    assert len(losses_of(events)) == 1 + 3 + 1


def test_shuffle_rearranges_only_what_is_left_of_a_pass() -> None:
    one = with_training(TINY, batch_size=1, epochs=1)
    plain = with_training(one, shuffle=False)
    events = run_script(*[StepSample()] * 10, Edit(plain), StepEpoch(), project=one)
    assert len(losses_of(events)) == 50


def test_epochs_move_the_end_of_the_plan() -> None:
    longer = with_training(TINY, epochs=3)
    events = run_script(StepEpoch(), Edit(longer), Play())
    assert len(losses_of(events)) == 3 * 7
    assert events[-1] == StateChanged(1, playing=False, why="All 3 epochs are done.", is_done=True)


def test_an_unknown_optimizer_rests_with_a_sentence() -> None:
    events = run_script(StepBatch(), Edit(with_training(TINY, optimizer="Wizardry")), Play(), Edit(TINY), StepBatch())
    assert "Wizardry" in of_type(events, StateChanged)[-1].why
    assert len(losses_of(events)) == 2


@pytest.mark.parametrize(("data", "kept"), [("other patches", ("conv", "fc")), ("wide patches", ("conv",))])
def test_other_data_begin_a_run_that_keeps_what_fits(data: str, kept: tuple[str, ...]) -> None:
    notes = Notes()
    elsewhere = replace(TINY, data=DataSpec(data))
    events = run_script(StepEpoch(), notes.fetch(), Edit(elsewhere), notes.fetch(), StepEpoch(), Edit(TINY))
    changed = of_type(events, NetworkChanged)
    assert changed[1].kept == kept
    assert [event.run_id for event in of_type(events, RunStarted)] == [1, 2, 3]
    assert_equal(*notes.weights, *kept)
    assert set(changed[2].kept) | set(changed[2].restored) == {"conv", "fc"}


def test_opened_weights_are_taken_up_and_reset_leaves_them_behind() -> None:
    notes = Notes()
    run_script(StepEpoch(), notes.fetch())
    events = run_script(Open(TINY, notes.weights[0]), notes.fetch(), Reset(), notes.fetch(), StepEpoch())
    assert_equal(notes.weights[0], notes.weights[1], "conv", "fc")
    assert of_type(events, NetworkChanged)[1].restored == ("conv", "fc")
    assert losses_of(events) == losses_of(run_script(StepEpoch()))
    again = Notes()
    run_script(again.fetch(), weights=notes.weights[0])
    assert_equal(notes.weights[0], again.weights[0], "conv", "fc")


def test_weights_of_other_shapes_are_not_taken() -> None:
    wrong = {"conv": {"weight": np.zeros((1, 1)), "bias": np.zeros(1)}, "gone": {"weight": np.zeros(3)}}
    events = run_script(weights=wrong)
    assert of_type(events, NetworkChanged)[0].initialized == ("conv", "fc")


def test_a_side_branch_with_a_problem_does_not_stop_training() -> None:
    def branch(project: Project) -> Project:
        network = project.network
        side = (*network.modules, spec("side", "Linear"))
        return replace(project, network=replace(network, modules=side, links=(*network.links, Link("tanh", "side"))))

    events = run_script(StepEpoch(), Edit(branch(TINY)), StepEpoch())
    assert of_type(events, NetworkChanged)[-1].problems
    assert losses_of(events) == losses_of(run_script(StepEpoch(), StepEpoch()))


def test_weights_from_a_file_survive_the_change_to_the_compiled_engine_and_come_in_any_order() -> None:
    notes = Notes()
    weights = {"conv": {"bias": np.full(4, 0.25, np.float32), "weight": np.full((4, 1, 3, 3), 0.125, np.float32)}}
    run_script(UseCompiled(), notes.fetch(), weights=weights)
    (found,) = notes.weights
    np.testing.assert_array_equal(found["conv"]["weight"], weights["conv"]["weight"])
    np.testing.assert_array_equal(found["conv"]["bias"], weights["conv"]["bias"])


def test_a_project_that_can_not_be_opened_is_never_saved_with_the_weights_of_another() -> None:
    notes = Notes()
    other = replace(TINY, data=DataSpec("no such data"))
    weights = {"conv": {"weight": np.ones((4, 1, 3, 3), np.float32)}}
    run_script(Open(other, weights), notes.fetch())
    assert notes.weights == [weights]


def test_going_back_over_the_end_of_a_plan_goes_back_to_its_rate() -> None:
    course = Course(100, TrainingSpec(rate=1.0, epochs=2))
    course.advance(25)
    place, rates = course.place(), course.rates(25, 2)
    course.finish_pass()
    course.finish_pass()
    course.renew_plan()
    course.return_to(place)
    assert course.rates(25, 2) == rates
