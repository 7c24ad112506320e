"""Preparation: what is done to pictures, fitted on the training part alone, and drawn from seed, epoch and sample."""

from __future__ import annotations

import numpy as np
import pytest

import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.data.augmentation import Augmentation, scaled, shifted
from convnet_studio.engine.data.dataset import Dataset, Split
from convnet_studio.engine.data.normalization import NONE, Normalization
from convnet_studio.engine.data.preparation import Preparation, check_preparation, prepare
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.whitening import fit_whitening


def dataset(shape: tuple[int, ...] = (2, 9, 8), train: int = 400, test: int = 30, seed: int = 1) -> Dataset:
    random = np.random.default_rng(seed)
    pictures = random.uniform(0, 1, (train + test, *shape)).astype(np.float32)
    pictures[:, :, 1:] = (pictures[:, :, 1:] + pictures[:, :, :-1]) / 2  # neighbours go together
    pictures[train:] *= np.float32(0.5)  # the test part differs: nothing may be fitted on it
    labels = random.integers(0, 3, train + test)
    splits = Split(pictures[:train], labels[:train]), Split(pictures[train:], labels[train:])
    return Dataset("made", "Made", *splits, ("a", "b", "c"), "this test", "none")


DATA = dataset()


@pytest.mark.parametrize("name", list(Normalization.registry))
def test_every_normalisation_keeps_shapes_and_labels_and_says_that_it_is_signed(name: str) -> None:
    prepared = prepare(DATA, Preparation(name))
    for before, after in ((DATA.train, prepared.dataset.train), (DATA.test, prepared.dataset.test)):
        assert after.pictures.shape == before.pictures.shape
        assert after.pictures.dtype == np.float32
        assert np.isfinite(after.pictures).all()
        np.testing.assert_array_equal(after.labels, before.labels)
    assert prepared.dataset.is_signed
    assert abs(prepared.dataset.train.pictures.mean()) < 0.01
    few = prepared.normalization.apply(DATA.test.pictures[:3])  # type: ignore[union-attr]
    np.testing.assert_allclose(few, prepared.dataset.test.pictures[:3], atol=1e-5)


def test_none_is_the_data_set_itself() -> None:
    prepared = prepare(DATA, Preparation(NONE))
    assert prepared.dataset is DATA


def test_per_pixel_is_fitted_on_the_training_part_alone() -> None:
    prepared = prepare(DATA, Preparation("per pixel")).dataset
    np.testing.assert_allclose(prepared.train.pictures.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(prepared.train.pictures.std(axis=0), 1, atol=1e-4)
    mean, deviation = DATA.train.pictures.mean(axis=0), DATA.train.pictures.std(axis=0)
    np.testing.assert_allclose(prepared.test.pictures, (DATA.test.pictures - mean) / deviation, atol=1e-4)
    assert prepared.test.pictures.mean() < -0.5


def test_per_image_takes_brightness_and_contrast_away() -> None:
    normalization = Normalization.registry["per image"]()
    pictures = DATA.test.pictures
    np.testing.assert_allclose(normalization.apply(pictures * 0.3 + 0.2), normalization.apply(pictures), atol=1e-4)
    np.testing.assert_allclose(normalization.apply(pictures).std(axis=(1, 2, 3)), 1, atol=1e-4)


@pytest.mark.parametrize("name", ["per image", "per pixel", "LCN"])
def test_what_is_constant_becomes_0(name: str) -> None:
    pictures = np.full((5, 1, 9, 9), 0.7, np.float32)
    normalization = Normalization.registry[name]()
    normalization.fit(pictures)
    np.testing.assert_allclose(normalization.apply(pictures), 0, atol=1e-6)


def test_lcn_is_that_of_the_module() -> None:
    module = Module.registry["LocalContrastNorm"]()
    ours = prepare(DATA, Preparation("LCN")).dataset.test.pictures
    np.testing.assert_allclose(ours, module.forward(DATA.test.pictures), atol=1e-5)


def test_whitening_makes_the_covariance_the_identity_by_a_symmetric_matrix() -> None:
    random = np.random.default_rng(2)
    samples = random.standard_normal((500, 12)) @ random.standard_normal((12, 12)) + 3
    whitening = fit_whitening(samples, epsilon=1e-12)
    np.testing.assert_allclose(np.cov(whitening.apply(samples).T, bias=True), np.eye(12), atol=1e-6)
    np.testing.assert_allclose(whitening.matrix, whitening.matrix.T, atol=1e-9)
    root = np.linalg.inv(np.cov(samples.T, bias=True))
    np.testing.assert_allclose(whitening.matrix @ whitening.matrix, root, rtol=1e-6)


@pytest.mark.parametrize(("samples", "epsilon", "what"), [(1, 0.1, "at least 2"), (5, 0.0, "above 0")])
def test_a_whitening_that_can_not_be(samples: int, epsilon: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        fit_whitening(np.ones((samples, 2)), epsilon)


def test_zca_decorrelates_the_training_pictures() -> None:
    flat = prepare(DATA, Preparation("ZCA")).dataset.train.pictures.reshape(400, -1)
    covariance = np.cov(flat.T)
    rest = covariance - np.diag(np.diag(covariance))
    before = np.corrcoef(DATA.train.pictures.reshape(400, -1).T)
    assert np.abs(rest).mean() < 0.3 * np.abs(before - np.eye(len(before))).mean()


def test_pictures_too_large_for_zca_are_refused_in_a_sentence() -> None:
    large = dataset((3, 33, 32), train=4, test=1)
    for attempt in (
        lambda: prepare(large, Preparation("ZCA")),
        lambda: check_preparation("made", Preparation("ZCA"), lambda name: large),
    ):
        with pytest.raises(ValueError, match="at most 3,072 numbers, and those of Made have 3,168"):
            attempt()
    check_preparation("made", Preparation("LCN"), lambda name: large)


def test_a_shift_moves_zeros_in() -> None:
    picture = np.arange(1.0, 13).reshape(1, 3, 4)
    moved = shifted(picture, 1, -2)[0]
    np.testing.assert_array_equal(moved, [[0, 0, 0, 0], [3, 4, 0, 0], [7, 8, 0, 0]])
    np.testing.assert_array_equal(shifted(picture, 0, 0), picture)
    assert not shifted(picture, 5, 0).any()


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
def test_scaling_keeps_the_middle_and_a_slope(factor: float) -> None:
    line = np.arange(9, dtype=np.float32) - 4
    picture = np.broadcast_to(line, (1, 9, 9))
    inside = scaled(picture, factor)[0, 4, 2:7]
    np.testing.assert_allclose(inside, line[2:7] / factor, atol=1e-5)


def test_each_kind_of_change_does_what_it_says() -> None:
    pictures, numbers = DATA.train.pictures[:200], np.arange(200)
    moved = Augmentation(shift=2).apply(pictures, numbers, 1, 0)
    places = {(a, b): 0 for a in range(-2, 3) for b in range(-2, 3)}
    for before, after in zip(pictures, moved, strict=True):
        places[next(at for at in places if np.array_equal(shifted(before, *at), after))] += 1
    assert min(places.values()) > 0
    flipped = Augmentation(flip=True).apply(pictures, numbers, 1, 0)
    mirrored = [np.array_equal(after, before[:, :, ::-1]) for before, after in zip(pictures, flipped, strict=True)]
    same = [np.array_equal(after, before) for before, after in zip(pictures, flipped, strict=True)]
    assert sum(mirrored) + sum(same) == 200
    assert 70 < sum(mirrored) < 130
    noisy = Augmentation(noise=0.1).apply(pictures, numbers, 1, 0)
    assert (noisy - pictures).std() == pytest.approx(0.1, rel=0.03)
    assert not Augmentation().changes_anything


def test_a_change_follows_from_seed_epoch_and_sample_alone() -> None:
    augmentation = Augmentation(shift=2, flip=True, scale=0.2, noise=0.1)
    pictures = DATA.train.pictures
    whole = augmentation.apply(pictures[:20], np.arange(20), 5, 3)
    part = augmentation.apply(pictures[[7, 3]], np.array([7, 3]), 5, 3)
    np.testing.assert_array_equal(part, whole[[7, 3]])
    for seed, epoch in ((5, 4), (6, 3)):
        other = augmentation.apply(pictures[:20], np.arange(20), seed, epoch)
        assert all((a != b).any() for a, b in zip(other, whole, strict=True))


def test_augmented_pictures_are_normalised_afterwards() -> None:
    prepared = prepare(DATA, Preparation("per image", Augmentation(shift=2)))
    numbers = np.array([3, 9])
    changed = Augmentation(shift=2).apply(DATA.train.pictures[numbers], numbers, 1, 2)
    expected = Normalization.registry["per image"]().apply(changed)
    np.testing.assert_array_equal(prepared.augmented(numbers, 1, 2), expected)
