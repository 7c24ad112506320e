"""Data without pictures to learn from, without maps, or changed by chance; networks that are not finite."""

from __future__ import annotations

import dataclasses

import moments
import numpy as np
import pytest

from convnet_studio.engine.analysis.loss_plane import FindLossPlane
from convnet_studio.engine.analysis.manifold import AskManifoldPath
from convnet_studio.engine.analysis.occlusion import MEAN, Occlude
from convnet_studio.engine.analysis.optimal_stimulus import FindStimulus
from convnet_studio.engine.analysis.statistics import AskStatistics
from convnet_studio.engine.analysis.top_patches import TRAINING, FindTopPatches, TopPatches
from convnet_studio.engine.analysis.tuning import MeasureTuning
from convnet_studio.engine.analysis.unit import Unit, typical_norm
from convnet_studio.engine.data.augmentation import Augmentation
from convnet_studio.engine.data.dataset import Dataset, Split, load_dataset
from convnet_studio.engine.data.preparation import Preparation
from convnet_studio.engine.program import ReferenceProgram
from convnet_studio.engine.project.presets import load_preset
from convnet_studio.engine.training.inquiry import Inquiry, Moment
from convnet_studio.engine.training.material import Material
from convnet_studio.engine.training.run import Run


def moment_on(dataset: Dataset) -> Moment:
    run = Run(1, load_preset("tiny-digits"), Material(dataset), ReferenceProgram)
    return Moment(run, run.material.first_test_sample.picture, 0)


@pytest.fixture(scope="module")
def nothing_to_learn() -> Moment:
    digits = load_dataset(load_preset("tiny-digits").data.dataset)
    none = Split(digits.train.images[:0].copy(), digits.train.labels[:0].copy())
    return moment_on(dataclasses.replace(digits, train=none))


@pytest.mark.parametrize(
    "inquiry", [FindLossPlane(), Occlude(fill=MEAN), FindTopPatches("m2", TRAINING), AskStatistics()]
)
def test_without_training_pictures_one_sentence(nothing_to_learn: Moment, inquiry: Inquiry) -> None:
    with pytest.raises(ValueError, match=r"^(This|The) data set (holds|has) no .*pictures.*\.$"):
        moments.answer_of(inquiry, nothing_to_learn)


@pytest.mark.parametrize("inquiry", [FindStimulus(Unit("m2", 0)), MeasureTuning("m2")])
def test_without_training_pictures_stimuli_have_norm_1(nothing_to_learn: Moment, inquiry: Inquiry) -> None:
    assert typical_norm(nothing_to_learn.run, (slice(0, 3), slice(0, 3))) == 1
    assert getattr(moments.answer_of(inquiry, nothing_to_learn), "norm") == 1  # noqa: B009


def test_lists_of_numbers_are_not_turned() -> None:
    moment = moments.moment_of("tiny-digits")
    with pytest.raises(ValueError, match=r"^Only pictures can be turned"):
        moments.answer_of(AskManifoldPath(), Moment(moment.run, np.zeros(3, np.float32), 0))


def test_weights_that_are_not_finite_make_no_curve() -> None:
    moment = moments.moment_of("tiny-digits")
    moment.run.network.parameters[...] = np.nan
    with pytest.raises(ValueError, match=r"^Outputs of this network are not finite"):
        moments.answer_of(AskManifoldPath(), moment)


def test_training_patches_are_of_the_pictures_that_are_shown() -> None:
    """What augmentation did to them in the last pass has no say."""
    project = load_preset("tiny-digits")
    dataset = load_dataset(project.data.dataset)
    changed = Material(dataset, Preparation(augmentation=Augmentation(shift=3)), 1)
    run = Run(1, project, changed, ReferenceProgram)
    changed.renew(np.arange(changed.train_count), 0)
    assert (changed.pictures[: changed.train_count] != dataset.train.pictures).any()
    shown = changed.first_test_sample
    found = moments.answer_of(FindTopPatches("m2", TRAINING), Moment(run, shown.picture, shown.label))
    plain = Run(1, project, Material(dataset), ReferenceProgram)
    expected = moments.answer_of(FindTopPatches("m2", TRAINING), Moment(plain, shown.picture, shown.label))
    assert isinstance(found, TopPatches)
    assert isinstance(expected, TopPatches)
    np.testing.assert_array_equal(found.pictures, expected.pictures)
    np.testing.assert_array_equal(found.values, expected.values)
