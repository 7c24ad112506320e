"""The parts of the trainer one by one: course, attic, checkpoints, pace, control, material."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainer_bench import DATASETS, TINY, TRAIN

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import ModuleFailure
from convnet_studio.engine.project.build import build_network
from convnet_studio.engine.project.spec import TrainingSpec
from convnet_studio.engine.training import attic as attic_file
from convnet_studio.engine.training import checkpoints as checkpoints_file
from convnet_studio.engine.training.attic import Attic, Stored, carry_over, key_of, weights_of
from convnet_studio.engine.training.checkpoints import Checkpoints, is_finite
from convnet_studio.engine.training.control import Control, Play, Wish
from convnet_studio.engine.training.course import Course
from convnet_studio.engine.training.faults import module_at_fault
from convnet_studio.engine.training.loss_watch import LossWatch
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.pace import UNLIMITED, Pace
from convnet_studio.engine.training.sentences import sentence_of


@given(samples=st.integers(1, 60), sizes=st.lists(st.integers(1, 20), min_size=1, max_size=30), shuffle=st.booleans())
def test_a_pass_uses_every_sample_once(samples: int, sizes: list[int], shuffle: bool) -> None:
    course = Course(samples, TrainingSpec(shuffle=shuffle))
    used: list[int] = []
    for turn in range(1000):
        indices = course.next(sizes[turn % len(sizes)])
        used += indices.tolist()
        course.advance(len(indices))
        if turn == 2:
            course.follow(TrainingSpec(shuffle=not shuffle))
        if course.pass_is_done:
            break
    assert sorted(used) == list(range(samples))


def test_the_order_depends_on_seed_and_pass_alone() -> None:
    one, other = Course(TRAIN, TrainingSpec(batch_size=3)), Course(TRAIN, TrainingSpec(batch_size=7))
    first = one.order
    np.testing.assert_array_equal(first, other.order)
    one.finish_pass()
    assert not np.array_equal(first, one.order)
    assert not np.array_equal(first, Course(TRAIN, TrainingSpec(seed=2)).order)
    np.testing.assert_array_equal(Course(TRAIN, TrainingSpec(shuffle=False)).order, np.arange(TRAIN))


def test_the_rate_falls_over_the_plan_and_begins_again_with_the_next() -> None:
    course = Course(100, TrainingSpec(rate=1.0, epochs=2, schedule="linear to 0"))
    rates = []
    for _ in range(2):
        assert course.steps_left(25) == 4
        rates += course.rates(25, 3)
        course.advance(75)
        rates += course.rates(25, 1)
        course.advance(25)
        course.finish_pass()
    np.testing.assert_allclose(rates, np.arange(8, 0, -1) / 8)
    assert course.plan_is_done
    assert course.rates(25, 1)[0] == 0.0
    course.renew_plan()
    assert course.rates(25, 1)[0] == 1.0


def test_a_plan_shortened_below_what_is_done_ends_at_once_and_renews_whole() -> None:
    course = Course(100, TrainingSpec(rate=1.0, epochs=5))
    for _ in range(2):
        course.finish_pass()
    course.advance(50)
    course.follow(TrainingSpec(rate=1.0, epochs=1))
    assert course.plan_is_done
    assert course.rates(25, 1)[0] == 0.0
    course.renew_plan()
    assert not course.plan_is_done
    assert course.rates(25, 1)[0] == 1.0
    course.advance(25)
    assert course.rates(25, 1)[0] == pytest.approx(0.5)


def test_a_course_returns_to_a_place() -> None:
    course = Course(TRAIN, TrainingSpec())
    course.advance(10)
    place, ahead = course.place(), course.next(5)
    course.advance(TRAIN - 10)
    course.finish_pass()
    course.return_to(place)
    assert (course.step, course.epoch, course.cursor) == (1, 0, 10)
    np.testing.assert_array_equal(course.next(5), ahead)


def _network(seed: int) -> Network:
    network = build_network(TINY, (1, 6, 6), 3)
    initialize(network, seed)
    return network


def test_carrying_over_keeps_restores_and_initializes() -> None:
    old, new, attic = _network(1), _network(2), Attic()
    state = {"velocity": np.arange(old.parameters.size, dtype=np.float32)}
    carried, new_state = carry_over(old, state, new, attic, seed=1)
    assert carried.kept == ("conv", "fc")
    np.testing.assert_array_equal(new.parameters, old.parameters)
    np.testing.assert_array_equal(new_state["velocity"], state["velocity"])
    attic_file.store(old, state, attic)
    fresh = _network(3)
    carried, new_state = carry_over(None, {}, fresh, attic, seed=1)
    assert carried.restored == ("conv", "fc")
    np.testing.assert_array_equal(fresh.parameters, old.parameters)
    np.testing.assert_array_equal(new_state["velocity"], state["velocity"])
    assert len(attic) == 0
    carried, _ = carry_over(None, {}, fresh, attic, seed=1)
    assert carried.initialized == ("conv", "fc")
    np.testing.assert_array_equal(fresh.parameters, _network(1).parameters)


def test_the_attic_is_bounded_and_drops_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attic_file, "LARGEST_ATTIC", 100)
    attic = Attic()
    keys = [(name, (("weight", (10,)),), "") for name in "abcd"]
    for key in keys:
        attic.put(key, Stored(np.zeros(10, np.float32), {}))
    assert [attic.take(key) is not None for key in keys] == [False, False, True, True]


def test_the_attic_hands_out_arrays_by_name() -> None:
    network, attic = _network(1), Attic()
    attic_file.store(network, {}, attic)
    for module_id, arrays in weights_of(network).items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(attic.newest()[module_id][name], array)
    assert key_of(network, "fc") == ("fc", (("weight", (3, 64)), ("bias", (3,))), "")


def _checkpoints_after(losses: list[float]) -> tuple[Checkpoints, Course]:
    """One checkpoint at the start and one tried after each step."""
    checkpoints, course = Checkpoints(), Course(1000, TrainingSpec())
    checkpoints.take(np.zeros(3), {}, course)
    for loss in losses:
        course.advance(1)
        checkpoints.note(loss, 1)
        checkpoints.take(np.zeros(3), {}, course)
    return checkpoints, course


@pytest.mark.parametrize(
    ("losses", "good"),
    [
        ([2.3, 2.0, 1.0], 2),
        ([2.3, 0.5, 0.2, 0.5, 40.0, 300.0], 4),
        ([2.3, 0.1, float("inf")], 2),
        ([float("nan")], 0),
        ([2.3, 0.01, 0.3, 0.02], 3),
    ],
)
def test_the_last_good_checkpoint_lies_before_the_explosion(losses: list[float], good: int) -> None:
    checkpoints, course = _checkpoints_after(losses)
    last = checkpoints.last_before(course.step)
    assert last is not None
    assert last.step == good


def test_the_ring_is_bounded_and_keeps_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints_file, "MOST_CHECKPOINTS", 4)
    checkpoints, _ = _checkpoints_after([1.0] * 10)
    assert len(checkpoints) == 4
    first = checkpoints.last_before(1)
    assert first is not None
    assert first.step == 0
    checkpoints.forget_after(8)
    last = checkpoints.last_before(1000)
    assert last is not None
    assert last.step == 8


def test_checkpoints_refuse_what_is_not_finite() -> None:
    checkpoints = Checkpoints()
    checkpoints.take(np.array([1.0, np.nan]), {}, Course(10, TrainingSpec()))
    assert checkpoints.last_before(10) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_entry_is_found(bad: float) -> None:
    vector = np.ones(1000, np.float32)
    assert is_finite(vector)
    vector[567] = bad
    assert not is_finite(vector)
    vector[123] = np.inf
    assert not is_finite(vector)
    assert is_finite(np.zeros(0, np.float32))


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf, 1e6])
def test_the_loss_watch_is_alarmed(loss: float) -> None:
    watch = LossWatch()
    assert not watch.accepts(loss, 16) or loss == 1e6
    watch = LossWatch()
    assert watch.accepts(2.3, 16)
    accepted = watch.accepts(loss, 16)
    assert accepted == (loss == -np.inf)
    assert watch.has_exploded != accepted
    watch.forget_recent()
    assert watch.accepts(2.3, 16)
    assert not watch.has_exploded


def test_the_loss_watch_bears_single_outliers_and_untrained_heights() -> None:
    watch = LossWatch()
    assert all(watch.accepts(loss, 1) for loss in [2.3, 190.0, 0.1, 150.0, 0.5])
    trained = LossWatch()
    assert all(trained.accepts(loss, 16) for loss in [0.001, 2.3, 2.3, 5.0])


def test_an_error_behind_the_compiled_engine_is_told_as_its_cause() -> None:
    error = ModuleFailure("conv", "odd")
    error.__cause__ = ZeroDivisionError("odd")
    assert module_at_fault(error, _network(1)) == "conv"
    assert sentence_of(error) == "ZeroDivisionError: odd."
    assert sentence_of(KeyError("There is no such thing.")) == "There is no such thing."
    assert sentence_of(RuntimeError()) == "RuntimeError."


def test_pace() -> None:
    pace = Pace()
    assert pace.seconds_to_wait() == 0.0
    assert pace.steps_allowed() == UNLIMITED
    pace.set_limit(10.0)
    assert pace.steps_allowed() == 1
    pace.note(1)
    assert 0.05 < pace.seconds_to_wait() <= 0.1
    with pytest.raises(ValueError, match="not above 0"):
        pace.set_limit(0.0)


def test_a_wish_from_another_thread_wakes_a_resting_trainer() -> None:
    control = Control()
    taken: list[Wish | None] = []

    def rest() -> None:
        control.wait(10.0)
        taken.append(control.take())

    thread = threading.Thread(target=rest)
    thread.start()
    control.put(Play())
    thread.join(5.0)  # half of its rest
    assert taken == [Play()]
    assert not control.is_calling()
    control.ask_snapshot()
    assert control.is_calling()


def test_material_puts_the_test_samples_behind_the_others() -> None:
    dataset = DATASETS["patches"]
    material = Material(dataset)
    np.testing.assert_array_equal(material.pictures[material.test_indices()], dataset.test.pictures)
    np.testing.assert_array_equal(material.labels[: material.train_count], dataset.train.labels)
    assert len(material.test_indices(most=4)) == 4
