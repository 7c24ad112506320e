"""Divergence: it is noticed, named, and taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trainer_bench import (
    CLASSES,
    TINY,
    Notes,
    chain,
    losses_of,
    of_type,
    run_script,
    spec,
    with_settings,
    with_training,
)

from convnet_studio.engine.training.control import Edit, Play, Reset, Rewind, StepBatch, StepEpoch
from convnet_studio.engine.training.events import Diverged, Event, Rewound, StateChanged, Stepped

pytestmark = pytest.mark.usefixtures("engine")

EXPLOSIVE = replace(
    TINY,
    network=chain(
        spec("in", "Input"),
        spec("flat", "Flatten"),
        spec("a", "Linear", out_features=8),
        spec("b", "Linear", out_features=CLASSES),
        spec("loss", "MSELoss"),
    ),
)
WILD = with_training(EXPLOSIVE, rate=50.0, schedule="constant")
"""A rate of 50 instead of 0.05."""


def test_it_is_told_with_the_module_and_training_rests() -> None:
    events = run_script(Play(), project=WILD)
    (diverged,) = of_type(events, Diverged)
    assert diverged.rate == 50.0
    assert diverged.where in {"a", "b", "loss"}
    assert diverged.checkpoint_step == 0
    assert events[-1] == StateChanged(1, playing=False)
    assert len(losses_of(events)) == diverged.step < 14


def spoiled(a_bias: float, b_weight: float, **training: float) -> list[Event]:
    """What happens to a network whose hidden outputs are all `a_bias` and whose last weights all `b_weight`."""
    weights = {
        "a": {"weight": np.zeros((8, 36), np.float32), "bias": np.full(8, a_bias, np.float32)},
        "b": {"weight": np.full((CLASSES, 8), b_weight, np.float32), "bias": np.zeros(CLASSES, np.float32)},
    }
    return run_script(Play(), project=with_training(EXPLOSIVE, schedule="constant", **training), weights=weights)


@pytest.mark.parametrize(
    ("a_bias", "b_weight", "rate", "where", "array"),
    [
        (1.0, np.nan, 0.05, "b", "weight"),
        (np.inf, 1.0, 0.05, "a", "bias"),
        (3e38, 2.0, 0.05, "b", "output"),
        (1e30, 1.0, 0.05, "loss", "loss"),
        (3e38, 1e-38, 0.05, "b", "gradient of the weight"),
        (1e37, 1e-37, 50.0, "b", "weight"),
    ],
    ids=["weight", "bias", "activation", "loss", "gradient", "weight behind a finite gradient"],
)
def test_the_array_is_named_after_one_step(a_bias: float, b_weight: float, rate: float, where: str, array: str) -> None:
    events = spoiled(a_bias, b_weight, rate=rate)
    (diverged,) = of_type(events, Diverged)
    assert (diverged.step, diverged.where, diverged.array) == (1, where, array)
    assert diverged.why == f"The {array} is no longer finite."
    assert len(losses_of(events)) == 1


def test_a_loss_that_explodes_but_stays_finite_is_noticed() -> None:
    saturating = with_training(TINY, rate=50.0, epochs=20, schedule="constant")
    events = run_script(Play(), Rewind(), Edit(TINY), StepEpoch(), project=saturating)
    (diverged,) = of_type(events, Diverged)
    assert diverged.why.startswith("The loss has exploded: it began at 1.")
    assert diverged.where in {"conv", "fc"}
    assert diverged.array == ""
    assert np.isfinite(losses_of(events)).all()
    assert losses_of(events)[-7:] == losses_of(run_script(StepEpoch()))


def test_rewind_returns_to_the_last_good_step_and_training_goes_on() -> None:
    good = with_training(EXPLOSIVE, rate=0.01, schedule="constant")
    wild = with_training(good, rate=50.0)
    notes = Notes()
    events = run_script(
        *(StepEpoch(), notes.fetch(), Edit(wild), Play(), Edit(good), Rewind(), notes.fetch(), StepEpoch()),
        project=good,
    )
    (diverged,) = of_type(events, Diverged)
    (rewound,) = of_type(events, Rewound)
    assert rewound.step == diverged.checkpoint_step == 7
    assert rewound.epoch == 1.0
    for module_id in ("a", "b"):
        for name, array in notes.weights[0][module_id].items():
            np.testing.assert_array_equal(array, notes.weights[1][module_id][name])
    plain = losses_of(run_script(StepEpoch(), StepEpoch(), project=good))
    assert losses_of(events)[-7:] == plain[-7:]


def test_rewinding_twice_and_resetting() -> None:
    events = run_script(Play(), Rewind(), Play(), Rewind(), Reset(), StepBatch(), project=WILD)
    assert len(of_type(events, Diverged)) == 2
    assert [event.step for event in of_type(events, Rewound)] == [0, 0]
    first, second = (event.step for event in of_type(events, Diverged))
    losses = losses_of(events)
    np.testing.assert_array_equal(losses[:first], losses[first : first + second])
    assert losses[-1] == losses[0]


@pytest.mark.parametrize("wish", [Play(), StepBatch()])
def test_no_step_is_made_from_weights_that_are_not_finite(wish: Play | StepBatch) -> None:
    events = run_script(Play(), wish, project=WILD)
    assert len(losses_of(events)) == of_type(events, Diverged)[0].step
    assert "go back" in of_type(events, StateChanged)[-1].why


def test_an_edit_of_the_network_after_divergence_goes_back_first() -> None:
    notes = Notes()
    wider = with_settings(WILD, "b", out_features=CLASSES)
    edited = replace(wider, network=chain(*(each for each in wider.network.modules if each.id != "a")))
    events = run_script(Play(), Edit(edited), notes.fetch(), project=WILD)
    assert len(of_type(events, Rewound)) == 1
    for arrays in notes.weights[0].values():
        assert all(np.isfinite(array).all() for array in arrays.values())


def test_rewind_before_any_divergence_goes_back_to_the_start() -> None:
    events = run_script(StepEpoch(), Rewind(), StepEpoch())
    assert [event.step for event in of_type(events, Rewound)] == [0]
    losses = losses_of(events)
    assert losses[:7] == losses[7:]
    assert of_type(events, Stepped)[-1].step == 7
