"""What every data set promises, checked for every file in datasets/, and the splits, frozen."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from convnet_studio.engine.data.dataset import (
    DatasetFile,
    Split,
    epoch_order,
    load_dataset,
    stratified_split,
    to_pictures,
)

DIGITS_8X8_HELD_OUT = "153c60fd0183759815a3d43705fde10b6419acbfb483b295368db3b7a1dc1e08"
FIRST_LABELS = [9, 2, 0, 6, 3]

each_name = pytest.mark.parametrize("name", list(DatasetFile.registry))


@each_name
def test_a_data_set_is_named_as_its_file_and_tells_about_itself(name: str) -> None:
    cls = DatasetFile.registry[name]
    assert cls.__module__.rpartition(".")[2] == name
    assert cls.title
    assert cls.description.endswith(".")
    data = load_dataset(name)
    assert (data.name, data.title, data.synthetic) == (cls.name, cls.title, cls.synthetic)
    assert data.source
    assert data.licence
    assert name.endswith("_synth") <= data.synthetic


@each_name
def test_pictures_and_labels_are_as_promised(name: str) -> None:
    data = load_dataset(name)
    assert len(data.class_names) == data.classes >= 2
    for split in (data.train, data.test):
        assert split.pictures.dtype == np.float32
        assert split.pictures.shape == (len(split), *data.input_shape)
        assert len(data.input_shape) == 3
        assert split.pictures.flags.c_contiguous
        assert split.pictures.min() >= 0
        assert 0.9 < split.pictures.max() <= 1
        assert split.labels.dtype == np.int64
        assert set(np.unique(split.labels)) == set(range(data.classes)), "every class is in both parts"


@each_name
def test_nothing_is_both_learnt_and_held_out(name: str) -> None:
    data = load_dataset(name)
    learnt = {picture.tobytes() for picture in data.train.pictures}
    assert not any(picture.tobytes() in learnt for picture in data.test.pictures)


@each_name
def test_a_data_set_is_read_once_and_never_changed(name: str) -> None:
    data = load_dataset(name)
    assert load_dataset(name) is data
    with pytest.raises(ValueError, match="read-only"):
        data.train.pictures[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        data.test.labels[0] = 0


def test_mnist_10k_keeps_the_files_own_split() -> None:
    data = load_dataset("mnist_10k")
    assert (len(data.train), len(data.test), data.input_shape) == (8000, 2000, (1, 28, 28))
    assert data.train.labels[:5].tolist() == FIRST_LABELS


def test_the_split_of_digits_8x8_is_frozen() -> None:
    data = load_dataset("digits_8x8")
    assert (len(data.train), len(data.test), data.input_shape) == (1438, 359, (1, 8, 8))
    held_out = np.rint(data.test.pictures * 255).astype(np.uint8).tobytes() + data.test.labels.astype("<i8").tobytes()
    assert hashlib.sha256(held_out).hexdigest() == DIGITS_8X8_HELD_OUT


def test_an_unknown_data_set_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"no data set named 'mnist'; there are .*mnist_10k"):
        load_dataset("mnist")


def test_a_missing_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cls = DatasetFile.registry["mnist_10k"]
    monkeypatch.setattr(cls, "name", "lost")
    with pytest.raises(FileNotFoundError, match=r"assets/datasets/lost\.npz is missing"):
        cls().load()


def test_pictures_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="3 pictures but 2 labels"):
        Split(np.zeros((3, 1, 2, 2), np.float32), np.zeros(2, np.int64))


def test_bytes_become_numbers_between_0_and_1_with_channels_first() -> None:
    grey = np.array([[[0, 255], [51, 102]]], np.uint8)
    np.testing.assert_allclose(to_pictures(grey), [[[[0, 1], [0.2, 0.4]]]], rtol=1e-6)
    colour = np.zeros((2, 4, 5, 3), np.uint8)
    colour[1, 2, 3, 0] = 255
    pictures = to_pictures(colour)
    assert pictures.shape == (2, 3, 4, 5)
    assert pictures[1, 0, 2, 3] == 1
    assert pictures.sum() == 1


def test_a_stratified_split_holds_out_a_fifth_of_every_class() -> None:
    labels = np.repeat([0, 1, 2], [50, 10, 5])
    train, test = stratified_split(labels)
    assert np.bincount(labels[test]).tolist() == [10, 2, 1]
    assert sorted([*train, *test]) == list(range(65))
    again = stratified_split(labels)
    np.testing.assert_array_equal(test, again[1])


def test_the_order_of_a_pass_follows_from_seed_and_pass() -> None:
    order = epoch_order(100, seed=3, epoch=2, shuffle=True)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(100))
    np.testing.assert_array_equal(order, epoch_order(100, seed=3, epoch=2, shuffle=True))
    for seed, epoch in ((3, 1), (4, 2)):
        assert not np.array_equal(order, epoch_order(100, seed, epoch, shuffle=True))
    np.testing.assert_array_equal(epoch_order(5, seed=3, epoch=2, shuffle=False), range(5))
    with pytest.raises(ValueError, match="read-only"):
        order[0] = 1
