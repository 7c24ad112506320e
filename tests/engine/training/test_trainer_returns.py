"""What undo brings back when an edit ended a run, and what is measured anew when the network is another."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from trainer_bench import (
    TINY,
    Notes,
    ScriptedControl,
    losses_of,
    make_trainer,
    of_type,
    run_script,
    with_settings,
    with_training,
)

from convnet_studio.engine.project.spec import DataSpec
from convnet_studio.engine.training import events as news
from convnet_studio.engine.training.control import (
    Edit,
    Keep,
    Play,
    Reset,
    Rewind,
    StepBatch,
    StepEpoch,
    UseCompiled,
    Weights,
)
from convnet_studio.engine.training.events import NetworkChanged, Rewound, RunStarted, StateChanged
from convnet_studio.engine.training.runs_aside import MOST_RUNS
from convnet_studio.engine.training.standing import Standing, standing_from_json

pytestmark = pytest.mark.usefixtures("engine")

SEED_2 = with_training(TINY, seed=2)
OTHER_DATA = replace(TINY, data=DataSpec("other patches"))


def is_equal(a: Weights, b: Weights) -> bool:
    return all(np.array_equal(array, b[each][name]) for each, arrays in a.items() for name, array in arrays.items())


@pytest.mark.parametrize("ending", [(Edit(SEED_2), Reset()), (Edit(OTHER_DATA),)])
def test_undo_of_what_ended_a_run_takes_it_up_where_it_was(ending: tuple[Edit, ...]) -> None:
    notes = Notes()
    plain = losses_of(run_script(StepEpoch(), StepEpoch()))
    script = [StepEpoch(), notes.fetch(), *ending, StepBatch(), notes.fetch(), Edit(TINY, returns=True), notes.fetch()]
    events = run_script(*script, StepEpoch())
    trained, other, back = notes.weights
    assert not is_equal(trained, other)
    assert is_equal(trained, back)
    assert [event.run_id for event in of_type(events, RunStarted)] == [1, 2, 1]
    losses = losses_of([event for event in events if event.run_id == 1])
    assert losses == plain  # the optimizer's state and the place in the data came back too


def test_redo_brings_the_second_run_back() -> None:
    notes = Notes()
    script = [StepEpoch(), Edit(SEED_2), Reset(), StepEpoch(), notes.fetch(), Edit(TINY, returns=True)]
    run_script(*script, Edit(SEED_2, returns=True), notes.fetch())
    assert is_equal(*notes.weights)


def test_choosing_the_old_data_again_is_no_undo() -> None:
    """Training goes on with what was learned on the other data: one can see what is forgotten."""
    notes = Notes()
    events = run_script(Edit(OTHER_DATA), StepEpoch(), notes.fetch(), Edit(TINY), notes.fetch())
    assert is_equal(*notes.weights)
    assert [event.run_id for event in of_type(events, RunStarted)] == [1, 2, 3]


def test_undo_of_a_seed_that_was_never_drawn_from_changes_nothing() -> None:
    events = run_script(StepEpoch(), Edit(SEED_2), Edit(TINY, returns=True))
    assert len(of_type(events, RunStarted)) == 1


def test_runs_set_aside_are_few() -> None:
    seeds = [with_training(TINY, seed=seed) for seed in range(2, MOST_RUNS + 4)]
    draws = [wish for project in seeds for wish in (Edit(project), Reset())]
    events = run_script(*draws, Edit(TINY, returns=True))
    started = of_type(events, RunStarted)
    assert started[-1].run_id == len(seeds) + 1  # the first run is forgotten, so nothing comes back


def test_the_test_set_is_measured_again_after_a_change_of_structure() -> None:
    wider = with_settings(TINY, "conv", out_channels=6)
    events = run_script(StepEpoch(), Edit(wider))
    kinds = [type(event) for event in events if isinstance(event, NetworkChanged | news.Tested)]
    assert kinds == [NetworkChanged, news.Tested, news.Tested, NetworkChanged, news.Tested]
    assert of_type(events, news.Tested)[-1].step == 7


def test_nothing_is_measured_where_nothing_computes() -> None:
    too_large = with_settings(TINY, "conv", kernel_size=25)
    events = run_script(StepEpoch(), Edit(too_large))
    assert isinstance(
        [event for event in events if isinstance(event, NetworkChanged | news.Tested)][-1], NetworkChanged
    )


def test_the_test_set_is_measured_again_after_a_rewind() -> None:
    events = run_script(StepEpoch(), Rewind())
    assert isinstance([event for event in events if isinstance(event, Rewound | news.Tested)][-1], news.Tested)


def test_a_plan_over_again_tells_how_many_epochs_there_were() -> None:
    ends = [event for event in of_type(run_script(Play(), Play()), StateChanged) if event.is_done]
    assert [event.why for event in ends] == ["All 2 epochs are done.", "2 more epochs are done, 4 in all."]


PLAIN = with_training(TINY, optimizer_settings={"momentum": 0.0})  # a file keeps no momentum


def test_a_run_from_a_file_goes_on_where_it_was() -> None:
    kept: list[tuple[Weights, Standing | None]] = []
    plain = losses_of(run_script(StepEpoch(), StepEpoch(), project=PLAIN))
    script = [StepEpoch(), StepBatch(), Keep(lambda *run: kept.append(run))]
    before = losses_of(run_script(*script, project=PLAIN))
    ((weights, standing),) = kept
    assert standing
    stored = json.loads(json.dumps(standing.to_json()))
    control = ScriptedControl([StepEpoch()])
    events = list(make_trainer().run(PLAIN, control, weights, standing_from_json(stored)))
    assert before + losses_of(events) == plain
    tested = of_type(events, news.Tested)
    assert [(event.step, event.epoch) for event in tested] == [(8, 1 + 8 / 50), (14, 2.0)]
    (done,) = of_type(events, news.EpochDone)
    assert done.loss == pytest.approx(
        of_type(run_script(StepEpoch(), StepEpoch(), project=PLAIN), news.EpochDone)[1].loss
    )


GOOD = Standing(1, 8, 1, 8, 0.0, 3.5, 2, 0.01).to_json()


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {**GOOD, "step": -1},
        {**GOOD, "epoch": 1.5},
        {**GOOD, "cursor": True},
        {**GOOD, "plan_start": float("nan")},
        {**GOOD, "loss_sum": "3.5"},
        {**GOOD, "seed": 2**60},
    ],
)
def test_what_is_no_standing_is_none(stored: object) -> None:
    assert standing_from_json(GOOD) == Standing(1, 8, 1, 8, 0.0, 3.5, 2, 0.01)
    assert standing_from_json(stored) is None


def test_a_standing_beyond_the_data_is_the_next_pass() -> None:
    far = replace(Standing(1, 8, 1, 8, 0.0, 3.5, 2, 0.01), cursor=10**9, plan_start=1e9)
    events = list(make_trainer().run(TINY, ScriptedControl([StepEpoch()]), None, far))
    assert not of_type(events, news.Failed)
    assert of_type(events, news.Tested)[0].epoch == 2.0


def test_the_fast_engine_takes_a_run_from_a_file_over_where_it_was() -> None:
    standing = Standing(1, 8, 1, 8, 0.0, 3.5, 2, 0.01)
    events = list(make_trainer().run(PLAIN, ScriptedControl([UseCompiled()]), None, standing))
    assert [event.epoch for event in of_type(events, news.Tested)] == [1 + 8 / 50] * 2
