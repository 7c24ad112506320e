"""Modules that are fitted to the training data: when they are, when again, and what undo and files bring back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trainer_bench import (
    CLASSES,
    DATASETS,
    TINY,
    Notes,
    chain,
    losses_of,
    make_dataset,
    of_type,
    run_script,
    spec,
    with_settings,
    with_training,
)

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.nn.whitening import fit_whitening
from convnet_studio.engine.project.file import load_project, save_project
from convnet_studio.engine.project.spec import DataSpec
from convnet_studio.engine.training.control import Edit, Play, Reset, StepBatch, StepEpoch
from convnet_studio.engine.training.events import NetworkChanged, StateChanged

pytestmark = pytest.mark.usefixtures("engine")

FIRST = replace(
    TINY,
    network=chain(
        spec("in", "Input"),
        spec("zca", "ZCAWhitening", epsilon=0.1),
        spec("flat", "Flatten"),
        spec("fc", "Linear", out_features=CLASSES),
        spec("log", "LogSoftmax"),
        spec("loss", "NLLLoss"),
    ),
)
BEHIND = replace(
    TINY,
    network=chain(
        spec("in", "Input"),
        spec("conv", "Conv2d", out_channels=2, kernel_size=3),
        spec("zca", "ZCAWhitening", epsilon=0.1),
        *FIRST.network.modules[2:],
    ),
)


def expected_matrix(dataset: str, epsilon: float = 0.1) -> np.ndarray:
    pictures = DATASETS[dataset].train.pictures
    return fit_whitening(pictures.reshape(len(pictures), -1), epsilon).matrix.astype(np.float32)


def test_it_is_fitted_when_the_project_is_opened_and_training_leaves_it_as_it_is() -> None:
    notes = Notes()
    run_script(notes.fetch(), StepEpoch(), notes.fetch(), project=FIRST)
    for each in notes.weights:
        np.testing.assert_array_equal(each["zca"]["matrix"], expected_matrix("patches"))
    assert (notes.weights[0]["fc"]["weight"] != notes.weights[1]["fc"]["weight"]).any()


def test_the_same_run_again_is_the_same_to_the_bit() -> None:
    assert losses_of(run_script(Play(), project=BEHIND)) == losses_of(run_script(Play(), project=BEHIND))


@pytest.mark.parametrize(
    ("module_id", "settings"),
    [("zca", {"epsilon": 0.5}), ("conv", {"stride": 2}), ("conv", {"out_channels": 3})],
    ids=str,
)
def test_other_settings_on_the_way_fit_it_again_and_undo_brings_back_what_was(
    module_id: str, settings: dict[str, float]
) -> None:
    """The convolution has learned in between: fitted again, the matrix would be another."""
    notes, edited = Notes(), with_settings(BEHIND, module_id, **settings)
    run_script(
        notes.fetch(), StepEpoch(), notes.fetch(), Edit(edited), notes.fetch(), Edit(BEHIND, returns=True),
        notes.fetch(), project=BEHIND,
    )  # fmt: skip
    before, trained, other, back = (each["zca"] for each in notes.weights)
    np.testing.assert_array_equal(before["matrix"], trained["matrix"])
    assert other["matrix"].shape != before["matrix"].shape or (other["matrix"] != before["matrix"]).any()
    assert other["mean"].any()
    for name in ("mean", "matrix"):
        np.testing.assert_array_equal(back[name], before[name])


def test_what_stands_behind_it_does_not_fit_it_again() -> None:
    notes, edited = Notes(), with_settings(BEHIND, "fc", out_features=4)
    run_script(StepEpoch(), notes.fetch(), Edit(edited), notes.fetch(), project=BEHIND)
    before, after = (each["zca"]["matrix"] for each in notes.weights)
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("data", [DataSpec("other patches"), DataSpec("patches", normalization="per pixel")], ids=str)
def test_other_data_fit_it_again_and_undo_brings_back_what_was(data: DataSpec) -> None:
    notes = Notes()
    run_script(
        notes.fetch(), Edit(replace(FIRST, data=data)), notes.fetch(), Edit(FIRST, returns=True), notes.fetch(),
        project=FIRST,
    )  # fmt: skip
    before, other, back = (each["zca"]["matrix"] for each in notes.weights)
    assert np.abs(other - before).max() > 0.01
    if data.normalization == "none":
        np.testing.assert_array_equal(other, expected_matrix(data.dataset))
    np.testing.assert_array_equal(back, before)


def test_augmentation_does_not_change_what_it_is_fitted_to() -> None:
    notes = Notes()
    augmented = replace(FIRST, data=replace(FIRST.data, shift=2, noise=0.3))
    run_script(StepEpoch(), Edit(with_settings(augmented, "zca", epsilon=0.7)), notes.fetch(), project=augmented)
    np.testing.assert_array_equal(notes.weights[0]["zca"]["matrix"], expected_matrix("patches", 0.7))


def test_new_weights_fit_it_again_behind_them_and_the_same_weights_to_the_same() -> None:
    notes = Notes()
    reseeded = with_training(BEHIND, seed=5)
    run_script(
        notes.fetch(), StepEpoch(), Reset(), notes.fetch(), Edit(reseeded), Reset(), notes.fetch(), project=BEHIND
    )
    first, again, anew = (each["zca"]["matrix"] for each in notes.weights)
    np.testing.assert_array_equal(again, first)
    assert np.abs(anew - first).max() > 0.01
    assert np.abs(anew - np.eye(len(anew))).max() > 0.01


def test_a_file_brings_it_back_as_it_was_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The convolution has learned in between: fitted again, the matrix would be another."""
    monkeypatch.setitem(DATASETS, "digits_8x8", load_dataset("digits_8x8"))  # a file names one that is there for all
    notes, path = Notes(), tmp_path / "net.cvstudio"
    project = with_settings(replace(BEHIND, data=DataSpec("digits_8x8")), "fc", out_features=10)
    run_script(StepEpoch(), notes.fetch(), project=project)
    before = notes.weights[0]
    save_project(path, project, before)
    loaded = load_project(path)
    assert not loaded.warnings
    run_script(notes.fetch(), project=loaded.project, weights=loaded.weights)
    again = notes.weights[1]
    for name in ("mean", "matrix"):
        np.testing.assert_array_equal(again["zca"][name], before["zca"][name])
    np.testing.assert_array_equal(again["conv"]["weight"], before["conv"]["weight"])


def test_what_can_not_be_fitted_is_a_problem_at_the_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "one", make_dataset("one", 4, train=1))
    events = run_script(StepBatch(), project=replace(FIRST, data=DataSpec("one")))
    (problem,) = of_type(events, NetworkChanged)[0].problems
    assert problem.where == "zca"
    assert problem.what == (
        "It hands on what it gets, for it could not be fitted: A whitening is fitted on at least 2 samples, not 1"
    )
    assert len(losses_of(events)) == 1  # which does not keep the rest from learning


def test_a_network_of_fitted_modules_alone_has_nothing_to_learn() -> None:
    project = replace(FIRST, network=chain(*FIRST.network.modules[:2], spec("loss", "L1Penalty")))
    rests = of_type(run_script(StepBatch(), project=project), StateChanged)
    assert "has nothing to learn" in rests[-1].why
