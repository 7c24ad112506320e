"""What is trained, in which order, how often: play, pause, single steps, epochs, reset."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import trainer_bench
from trainer_bench import (
    TEST,
    TINY,
    TRAIN,
    ScriptedControl,
    load,
    losses_of,
    make_trainer,
    of_type,
    run_script,
    with_training,
)

from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.program import Program, ReferenceProgram, StepResult
from convnet_studio.engine.program.program import Indices
from convnet_studio.engine.project.spec import DataSpec
from convnet_studio.engine.training import measuring, run, session
from convnet_studio.engine.training.control import (
    Control,
    Edit,
    Open,
    Pause,
    Play,
    Reset,
    SetSpeed,
    StepBatch,
    StepEpoch,
    StepSample,
    Stop,
    UseCompiled,
    Wish,
)
from convnet_studio.engine.training.events import (
    EpochDone,
    Event,
    Failed,
    NetworkChanged,
    RunStarted,
    StateChanged,
    Stepped,
)
from convnet_studio.engine.training.events import Tested as Measured
from convnet_studio.engine.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("engine")

STEPS = math.ceil(TRAIN / 8)


def test_it_begins_at_rest_and_measures_chance() -> None:
    started, network, state, tested = run_script()
    assert started == RunStarted(1, STEPS, 2, 4 * 9 + 4 + 64 * 3 + 3, compiled=trainer_bench.compiled)
    assert isinstance(network, NetworkChanged)
    assert network.initialized == ("conv", "fc")
    assert network.problems == ()
    assert state == StateChanged(1, playing=False)
    assert isinstance(tested, Measured)
    assert (tested.step, tested.samples) == (0, TEST)


def test_play_trains_the_planned_epochs_and_rests() -> None:
    events = run_script(Play())
    assert len(losses_of(events)) == 2 * STEPS
    assert [event.epoch for event in of_type(events, EpochDone)] == [1, 2]
    assert [event.step for event in of_type(events, Measured)] == [0, STEPS, 2 * STEPS]
    assert events[-1] == StateChanged(1, playing=False, why="All 2 epochs are done.", is_done=True)
    assert of_type(events, Measured)[-1].loss < 0.8 * of_type(events, Measured)[0].loss


def test_events_add_up() -> None:
    events = run_script(Play())
    stepped = of_type(events, Stepped)
    assert sum(event.samples for event in stepped) == 2 * TRAIN
    assert stepped[-1].step == 2 * STEPS
    assert stepped[-1].epoch == 2.0
    first_pass = losses_of(events)[:STEPS]
    sizes = [8] * (STEPS - 1) + [TRAIN % 8]
    done = of_type(events, EpochDone)[0]
    assert done.loss == pytest.approx(np.average(first_pass, weights=sizes))


def test_the_same_seed_gives_the_same_losses_and_another_seed_others() -> None:
    first, again = run_script(Play()), run_script(Play())
    assert losses_of(first) == losses_of(again)
    assert [e.error for e in of_type(first, Measured)] == [e.error for e in of_type(again, Measured)]
    assert losses_of(run_script(Play(), project=with_training(TINY, seed=2))) != losses_of(first)


def test_reset_repeats_the_run() -> None:
    events = run_script(Play(), Reset(), Play())
    losses = losses_of(events)
    assert losses[: 2 * STEPS] == losses[2 * STEPS :]
    assert [event.run_id for event in of_type(events, RunStarted)] == [1, 2]


def test_single_steps_count_exactly() -> None:
    events = run_script(StepSample(), StepSample(), StepBatch(), StepEpoch())
    samples = [event.samples for event in of_type(events, Stepped)]
    assert samples[:3] == [1, 1, 8]
    assert sum(samples) == TRAIN
    assert len(of_type(events, EpochDone)) == 1
    assert events[-1] == StateChanged(1, playing=False)


def test_single_steps_follow_the_same_order_as_play() -> None:
    batch_one = with_training(TINY, batch_size=1, epochs=1)
    by_samples = run_script(*[StepSample()] * TRAIN, project=batch_one)
    assert losses_of(by_samples) == losses_of(run_script(Play(), project=batch_one))
    by_batches = run_script(*[StepBatch()] * 2 * STEPS)
    assert losses_of(by_batches) == losses_of(run_script(Play()))


def test_a_step_at_the_end_of_an_epoch_begins_the_next() -> None:
    events = run_script(StepEpoch(), StepBatch())
    last = of_type(events, Stepped)[-1]
    assert (last.step, last.samples) == (STEPS + 1, 8)


def test_play_again_trains_another_plan_with_its_own_schedule() -> None:
    rates = [event.rate for event in of_type(run_script(StepBatch(), Play(), Play()), Stepped)]
    assert rates[0] == TINY.training.rate
    events = run_script(*[StepBatch()] * (2 * STEPS + 1))
    rates = [event.rate for event in of_type(events, Stepped)]
    assert rates == [*sorted(rates[:-1], reverse=True), TINY.training.rate]
    assert rates[-2] == pytest.approx(TINY.training.rate * (TRAIN % 8) / (2 * TRAIN))
    assert len(losses_of(run_script(Play(), Play()))) == 4 * STEPS


def test_one_planned_epoch_is_told_in_the_singular() -> None:
    events = run_script(Play(), project=with_training(TINY, epochs=1))
    assert events[-1] == StateChanged(1, playing=False, why="The planned epoch is done.", is_done=True)


def test_pause_is_answered_within_one_step() -> None:
    control = Control()
    for _ in range(3):
        control.put(Play())
    trainer = make_trainer()
    step = wished_at = 0
    for event in trainer.run(with_training(TINY, epochs=1000), control):
        if isinstance(event, Stepped):
            step = event.step
            if not wished_at:
                wished_at = step
                control.put(Pause())
        elif isinstance(event, StateChanged) and not event.playing and step:
            control.put(Stop())
    assert wished_at <= step <= wished_at + 1


def test_a_wish_in_the_middle_of_a_stretch_ends_it() -> None:
    control = ScriptedControl([Play()])

    class Interrupting(ReferenceProgram):
        """Wishes for a rest while its third step is computed, as another thread would."""

        made = 0

        def step(self, indices: Indices, optimizer: Optimizer) -> StepResult:
            Interrupting.made += 1
            if Interrupting.made == 3:
                control.put(Pause())
            return super().step(indices, optimizer)

    trainer = Trainer(make_program=lambda network, batch_size, _: Interrupting(network, batch_size), load=load)
    assert len(losses_of(list(trainer.run(TINY, control)))) == 3


def test_a_question_is_answered_in_the_middle_of_a_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of_type(run_script(), Measured)
    monkeypatch.setattr(measuring, "SAMPLES_PER_PART", 7)
    control = ScriptedControl([])
    log: list[str] = []

    class Asking(ReferenceProgram):
        """Asks for a snapshot in each part of a measurement, as another thread would."""

        def evaluate(self, indices: Indices) -> StepResult:
            log.append("part")
            control.ask_snapshot()
            return super().evaluate(indices)

        def forward(self, pictures: Array, partners: Array | None = None) -> None:
            log.append("answer")
            super().forward(pictures)

    trainer = Trainer(make_program=lambda network, batch_size, _: Asking(network, batch_size), load=load)
    tested = of_type(list(trainer.run(TINY, control)), Measured)
    assert log == ["part", "answer"] * 3
    assert (tested[0].error, tested[0].samples) == (whole[0].error, TEST)
    assert tested[0].loss == pytest.approx(whole[0].loss)


def test_a_stretch_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without time left it holds one burst; with all the time, it goes on to the end of the pass."""

    def steps(seconds: float) -> list[int]:
        monkeypatch.setattr(session, "STRETCH_SECONDS", seconds)
        monkeypatch.setattr(run, "BURST_SECONDS", 0.0)  # one step each
        return [len(event.losses) for event in of_type(run_script(Play()), Stepped)]

    whole = steps(1e9)
    assert max(whole) == -(-TRAIN // 8)
    assert set(steps(0.0)) == {1}


def test_a_stretch_holds_every_loss() -> None:
    for event in of_type(run_script(Play(), project=with_training(TINY, epochs=200)), Stepped):
        assert event.loss * event.samples == pytest.approx(
            sum(loss * size for loss, size in zip(event.losses, _sizes(event), strict=True))
        )


def _sizes(event: Stepped) -> list[int]:
    whole, rest = divmod(event.samples, 8)
    return [8] * whole + [rest] * bool(rest)


def test_speed_limits_the_steps_per_second() -> None:
    control = Control()
    control.put(SetSpeed(100.0))
    control.put(Play())
    seen = []
    for event in make_trainer().run(with_training(TINY, epochs=1000), control):
        if isinstance(event, Stepped):
            seen += event.losses
            if len(seen) >= 10:
                control.put(Stop())
        if isinstance(event, Stepped):
            assert len(event.losses) <= 6
    assert losses_of(run_script(Play()))[:1] == seen[:1]


def test_open_and_edit_of_the_seed() -> None:
    other = with_training(TINY, seed=5)
    events = run_script(StepEpoch(), Edit(other), StepBatch(), Reset(), StepEpoch())
    fresh = losses_of(run_script(StepEpoch(), project=other))
    losses = losses_of(events)
    assert losses[:STEPS] == losses_of(run_script(StepEpoch()))
    assert losses[STEPS + 1 :] == fresh
    assert losses_of(run_script(Open(other), StepEpoch())) == fresh


def test_switching_to_the_compiled_engine_begins_the_run_again() -> None:
    made = []

    def make_program(network: Network, batch_size: int, compiled: bool) -> Program:
        made.append(compiled)
        return ReferenceProgram(network, batch_size)

    trainer = Trainer(compiled=False, make_program=make_program, load=load)
    events = list(trainer.run(TINY, ScriptedControl([StepEpoch(), UseCompiled(), StepEpoch()])))
    assert made == [False, True]
    assert [event.compiled for event in of_type(events, RunStarted)] == [False, True]
    losses = losses_of(events)
    assert losses[:STEPS] == losses[STEPS:]


@pytest.mark.parametrize(("wish", "last"), [(Play(steps=10), 10), (StepEpoch(), STEPS)])
def test_the_compiled_engine_rests_where_the_preview_was_to_rest(wish: Wish, last: int) -> None:
    control = ScriptedControl([wish])
    seen: list[Event] = []
    for event in Trainer(compiled=False, load=load).run(TINY, control):
        seen.append(event)
        if isinstance(event, Stepped) and len(of_type(seen, RunStarted)) == 1:
            control.put(UseCompiled())
    assert [event.compiled for event in of_type(seen, RunStarted)] == [False, True]
    assert of_type(seen, Stepped)[-1].step == last
    assert seen[-1] == StateChanged(2, playing=False)


def test_a_data_set_that_is_not_there_is_told() -> None:
    nowhere = replace(TINY, data=DataSpec("nowhere"))
    events = run_script(Play(), StepBatch(), Edit(TINY), StepBatch(), project=nowhere)
    failed = of_type(events, Failed)
    assert len(failed) == 1
    assert failed[0].why.startswith("There is no data set named 'nowhere'")
    assert len(losses_of(events)) == 1
