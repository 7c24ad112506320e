"""Training settings at work: frozen modules, rates, schedules, penalties, prepared pictures, and what tests tell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from trainer_bench import CLASSES, TEST, TINY, Notes, losses_of, of_type, run_script

from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.edits import set_data, set_learning, set_training
from convnet_studio.engine.project.spec import DataSpec, Project
from convnet_studio.engine.training.control import Edit, Play, Reset, Rewind, StepBatch, StepEpoch
from convnet_studio.engine.training.events import (
    Failed,
    NetworkChanged,
    RunStarted,
    StateChanged,
    Stepped,
    Tested,
)

pytestmark = pytest.mark.usefixtures("engine")


def with_data(project: Project, **changes: Any) -> Project:
    return replace(project, data=replace(project.data, **changes))


def weights_after(*script: Any, project: Project = TINY) -> list[Any]:
    notes = Notes()
    run_script(notes.fetch(), *script, notes.fetch(), project=project)
    return notes.weights


def same(a: Any, b: Any, module_id: str) -> bool:
    return all(np.array_equal(a[module_id][name], b[module_id][name]) for name in a[module_id])


def test_a_frozen_module_stays_and_learns_again_when_it_thaws() -> None:
    frozen = set_learning(TINY, "conv", frozen=True)
    before, after = weights_after(StepEpoch(), project=frozen)
    assert same(before, after, "conv")
    assert not same(before, after, "fc")
    before, after = weights_after(StepBatch(), Edit(TINY), StepBatch(), project=frozen)
    assert not same(before, after, "conv")
    plain = losses_of(run_script(StepBatch(), StepBatch()))
    edited = losses_of(run_script(StepBatch(), Edit(frozen), Edit(TINY), StepBatch()))
    assert edited == plain  # nothing else was lost on the way


def test_a_network_all_frozen_says_so() -> None:
    frozen = set_learning(set_learning(TINY, "conv", frozen=True), "fc", rate=0.0)
    (rest,) = [event for event in of_type(run_script(Play(), project=frozen), StateChanged) if event.why][:1]
    assert rest.why == "Every module of this network is frozen: let one learn."


def test_a_rate_factor_moves_one_module_farther() -> None:
    before, after = weights_after(StepBatch())
    _, faster = weights_after(StepBatch(), project=set_learning(TINY, "conv", rate=3.0))
    for name, start in before["conv"].items():
        np.testing.assert_allclose(faster["conv"][name] - start, 3 * (after["conv"][name] - start), atol=1e-6)
    np.testing.assert_allclose(faster["fc"]["weight"], after["fc"]["weight"], atol=1e-6)


def test_an_initializer_waits_for_the_next_run() -> None:
    changed = set_learning(TINY, "conv", initializer="zero")
    before, after = weights_after(Edit(changed))
    assert same(before, after, "conv")
    _, reset = weights_after(Edit(changed), Reset())
    assert not any(array.any() for array in reset["conv"].values())
    assert same(before, reset, "fc")


def test_an_edit_of_learning_changes_no_structure() -> None:
    events = run_script(StepBatch(), Edit(set_learning(TINY, "conv", rate=2.0)), StepBatch())
    assert len(of_type(events, NetworkChanged)) == 1
    assert len(of_type(events, RunStarted)) == 1


def test_schedules_count_updates_and_epochs_of_the_plan() -> None:
    inverse = set_training(TINY, schedule="1/(1 + t d)", schedule_settings={"decay": 0.5}, rate=0.1)
    rates = [each.rate for each in of_type(run_script(*[StepBatch()] * 4, project=inverse), Stepped)]
    assert rates == pytest.approx([0.1, 0.1 / 1.5, 0.05, 0.04])
    steps = set_training(TINY, schedule="step", schedule_settings={"every": 1.0, "gamma": 0.5}, rate=0.1)
    events = run_script(StepEpoch(), StepBatch(), project=steps)
    assert of_type(events, Stepped)[0].rate == pytest.approx(0.1)
    assert of_type(events, Stepped)[-1].rate == pytest.approx(0.05)
    drawn = set_training(TINY, schedule="drawn by hand", schedule_settings={"points": "0 0, 1 1"}, rate=0.1)
    rates = [each.rate for each in of_type(run_script(StepEpoch(), project=drawn), Stepped)]
    assert rates[-1] == pytest.approx(0.1 * (6 * 8 / 50) / 2)  # the rate of the 7th step of 14


def test_penalties_begin_after_their_epochs() -> None:
    late = set_training(TINY, l2=0.5, penalties_from=1)
    plain = losses_of(run_script(StepEpoch(), StepEpoch()))
    found = losses_of(run_script(StepEpoch(), StepEpoch(), project=late))
    assert found[:8] == plain[:8]  # the first loss of the second epoch is before its first update
    assert found[8] != plain[8]


def test_l1_leaves_exact_zeros_and_max_norm_bounds_units() -> None:
    _, after = weights_after(StepEpoch(), StepEpoch(), project=set_training(TINY, l1=0.5))
    assert (after["fc"]["weight"] == 0).mean() > 0.2
    _, after = weights_after(StepEpoch(), project=set_training(TINY, max_norm=0.3))
    for module_id in ("conv", "fc"):
        weight = after[module_id]["weight"]
        assert np.linalg.norm(weight.reshape(len(weight), -1), axis=1).max() <= 0.3 * (1 + 1e-5)


@pytest.mark.parametrize("kind", list(Optimizer.registry))
def test_every_optimizer_learns_repeats_itself_and_rewinds(kind: str) -> None:
    rate = {"SGD": 0.05, "ASGD": 0.1, "LBFGS": 0.5}.get(kind, 0.01)
    project = set_training(TINY, optimizer=kind, rate=rate, schedule="constant", batch_size=10)
    script = (StepEpoch(), StepEpoch(), StepEpoch())
    losses = losses_of(run_script(*script, project=project))
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    assert losses_of(run_script(*script, project=project)) == losses
    again = losses_of(run_script(StepEpoch(), Rewind(), StepEpoch(), StepEpoch(), project=project))
    assert again[:5] == again[5:10] == losses[:5]
    assert again[10:] == losses[5:10]


def test_lbfgs_on_the_full_batch_falls_at_every_step() -> None:
    project = set_training(TINY, optimizer="LBFGS", rate=1.0, schedule="constant", batch_size=50)
    losses = losses_of(run_script(*[StepBatch()] * 6, project=project))
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))
    assert losses[-1] < 0.05 * losses[0]


def test_asgd_is_tested_with_its_average_and_goes_on_from_where_it_was() -> None:
    averaging = set_training(TINY, optimizer="ASGD", optimizer_settings={"start": 0, "decay": 0.0}, rate=0.2)
    plain = set_training(TINY, optimizer="SGD", optimizer_settings={"momentum": 0.0}, rate=0.2)
    ours, theirs = (run_script(StepEpoch(), StepEpoch(), project=each) for each in (averaging, plain))
    np.testing.assert_allclose(losses_of(ours), losses_of(theirs), rtol=1e-5)
    assert of_type(ours, Tested)[1].loss != pytest.approx(of_type(theirs, Tested)[1].loss, rel=1e-3)


def test_a_normalisation_begins_a_run_on_the_same_weights() -> None:
    other = with_data(TINY, normalization="per image")
    events = run_script(StepBatch(), Edit(other), StepBatch())
    assert len(of_type(events, RunStarted)) == 2
    assert not of_type(events, Failed)
    assert losses_of(run_script(StepBatch(), project=other)) != losses_of(run_script(StepBatch()))


def test_augmentation_repeats_with_the_seed_draws_anew_each_epoch_and_leaves_the_test_alone() -> None:
    project = set_training(with_data(TINY, shift=1, flip=True, noise=0.05), shuffle=False, schedule="constant")
    still = set_training(project, rate=0.0)  # weights stay, so that losses show the pictures
    first, again = (run_script(StepEpoch(), StepEpoch(), project=still) for _ in range(2))
    assert losses_of(first) == losses_of(again)
    losses = losses_of(first)
    assert all(a != b for a, b in zip(losses[:7], losses[7:], strict=True))
    plain = run_script(StepEpoch(), project=set_training(with_data(TINY), shuffle=False, rate=0.0))
    assert of_type(first, Tested)[1].loss == of_type(plain, Tested)[1].loss
    by_one = run_script(*[StepBatch()] * 7, project=still)
    assert losses_of(by_one) == losses[:7]


def test_an_edit_of_augmentation_applies_from_the_next_step() -> None:
    noisy = with_data(TINY, noise=0.5)
    events = run_script(StepBatch(), Edit(noisy), StepBatch(), Edit(TINY), StepBatch())
    assert len(of_type(events, RunStarted)) == 1
    plain, found = losses_of(run_script(*[StepBatch()] * 3)), losses_of(events)
    assert found[0] == plain[0]
    assert found[1] != plain[1]


def test_the_test_tells_who_was_taken_for_whom() -> None:
    (first, last) = of_type(run_script(StepEpoch()), Tested)
    for event in (first, last):
        assert event.confusion.shape == (CLASSES, CLASSES)
        assert event.confusion.sum() == TEST
        assert event.error == pytest.approx(1 - np.trace(event.confusion) / TEST)
        assert event.top5_error == 0
        counts = event.confusion.sum(axis=1)
        assert np.nansum(event.class_errors * counts) == pytest.approx(event.error * TEST)


def test_a_network_that_is_built_knows_how_its_modules_learn() -> None:
    project = set_learning(TINY, "conv", frozen=True, scale=0.5)
    network = build_network(project, (1, 6, 6), CLASSES)
    assert network.learning_of("conv") == Learning(frozen=True, scale=0.5)
    assert network.learning_of("fc") == Learning()


def test_settings_of_data_are_checked() -> None:
    project = Project(data=DataSpec("digits_8x8"))
    with pytest.raises(ValueError, match="Shift is -1"):
        set_data(project, shift=-1)
    with pytest.raises(ValueError, match="no data setting 'blur'"):
        set_data(project, blur=2)
