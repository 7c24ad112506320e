"""What every data set promises, checked for every file in datasets/, and the splits, frozen."""

from __future__ import annotations

import hashlib
import tracemalloc

import numpy as np
import pytest

from convnet_studio.engine.data.dataset import (
    DatasetFile,
    Split,
    epoch_order,
    load_dataset,
    stratified_split,
)
from convnet_studio.engine.data.pictures import to_grey

DIGITS_8X8_HELD_OUT = "153c60fd0183759815a3d43705fde10b6419acbfb483b295368db3b7a1dc1e08"
FIRST_LABELS = [9, 2, 0, 6, 3]
FROZEN = {
    # name: pictures to learn from, held out, shape, classes, sha256 of the held-out indices (as <i8)
    "digits_8x8": (1438, 359, (1, 8, 8), 10, "75d37ec8365e121295c65132ffdcc55a379242932d4aa64a1ace8b7943c51972"),
    "mnist_10k": (8000, 2000, (1, 28, 28), 10, "0e8b6052df80b8cd6f3c52c8d60b1812f332874e5c2da408fd2c92eb3eb574e1"),
    "mnist_16x16": (8000, 2000, (1, 16, 16), 10, "0e8b6052df80b8cd6f3c52c8d60b1812f332874e5c2da408fd2c92eb3eb574e1"),
    "one_number": (2, 2, (1, 1, 1), 0, "9d34149fbd1fe777eb238799054c8cbfbce372255f219f8740838def9bfd02db"),
    "pedestrians_synth": (
        1440,
        360,
        (3, 64, 32),
        2,
        "10336c717dd261f339fcce85cb5bd28ce3a7fae189c81af059f8d97eb31c6caf",
    ),
    "photo_objects": (187, 49, (3, 96, 96), 14, "710aa0c8ef1c640edc462f6975805a63dace06c57080088781acb855ca2da04b"),
    "photo_objects_83": (187, 49, (1, 83, 83), 14, "710aa0c8ef1c640edc462f6975805a63dace06c57080088781acb855ca2da04b"),
    "photos": (36, 9, (3, 192, 192), 0, "319b5059af8607fdba98b663559898b6c465f47258b7ce0d23e0790c0501120f"),
    "signs_synth": (2520, 630, (3, 32, 32), 42, "436a27ebe9346c1f178da71d6cc806c30b3e4169b7aebf55b9a8740bf530ecc6"),
    "street_digits_synth": (
        3200,
        800,
        (3, 32, 32),
        10,
        "0d257b8f25f427cdd6fec001bd625b1746db58c795c37489d393c72409bb94cc",
    ),
    "toys3d_stereo": (2700, 2700, (2, 48, 48), 5, "f69a1d80a7c1c6c0de05c056cd65dfb065e5da0757c9668917bbc19d9a330ea3"),
    "toys3d_stereo_96": (
        2700,
        2700,
        (2, 96, 96),
        5,
        "f69a1d80a7c1c6c0de05c056cd65dfb065e5da0757c9668917bbc19d9a330ea3",
    ),
    "three_numbers": (4, 4, (1, 3, 1), 2, "a1e03200f1f82ad2c1cec8795c271aaecf98f5aa2d151d2229ec5fa0c177cf77"),
    "two_numbers": (1, 1, (1, 2, 1), 1, "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
}
NUMBERS = {name for name, kind in DatasetFile.registry.items() if kind.is_signed}
"""Sets of plain numbers, of which nothing is held out."""

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
    assert cls().origin() == (data.source, data.licence, *data.credits)
    assert name.endswith("_synth") <= data.synthetic
    if cls.file:
        source = DatasetFile.registry[cls.file]
        assert (cls.synthetic, data.source, data.licence) == (source.synthetic, *source().origin()[:2])
        assert data.class_names == load_dataset(cls.file).class_names


@each_name
def test_pictures_and_labels_are_as_promised(name: str) -> None:
    data = load_dataset(name)
    assert len(data.class_names) == data.classes
    for split in (data.train, data.test):
        assert split.images.dtype == (np.float32 if data.is_signed else np.uint8)
        assert split.images.shape == (len(split), *data.input_shape)
        assert len(data.input_shape) == 3
        assert split.images.flags.c_contiguous
        assert split.images.max() > (0 if data.is_signed else 0.9 * 255)
        assert split.labels.dtype == np.int64
        expected = set(range(data.classes)) or {-1}
        assert set(np.unique(split.labels)) == expected, "every class is in both parts"
        one = split.picture(len(split) - 1)
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one if data.is_signed else np.rint(one * 255), split.images[-1])


def test_of_plain_numbers_all_are_learnt_and_tested() -> None:
    assert {"one_number", "two_numbers", "three_numbers"} == NUMBERS
    for data in map(load_dataset, NUMBERS):
        np.testing.assert_array_equal(data.train.images, data.test.images)
    np.testing.assert_array_equal(load_dataset("one_number").train.images.ravel(), np.float32([0.5, -0.5]))


@pytest.mark.parametrize("name", sorted(set(DatasetFile.registry) - NUMBERS))
def test_nothing_is_both_learnt_and_held_out(name: str) -> None:
    data = load_dataset(name)
    learnt = {image.tobytes() for image in data.train.images}
    assert not any(image.tobytes() in learnt for image in data.test.images)


@each_name
def test_a_data_set_is_read_once_and_never_changed(name: str) -> None:
    data = load_dataset(name)
    assert load_dataset(name) is data
    with pytest.raises(ValueError, match="read-only"):
        data.train.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        data.test.labels[0] = 0


@each_name
def test_the_split_is_frozen(name: str) -> None:
    data, file = load_dataset(name), DatasetFile.registry[name]()
    _, test = file.split(file.read_arrays())
    held_out = hashlib.sha256(test.astype("<i8").tobytes()).hexdigest()
    assert (len(data.train), len(data.test), data.input_shape, data.classes, held_out) == FROZEN[name]


def test_the_pictures_of_a_split_are_those_of_its_indices() -> None:
    for name in ("digits_8x8", "toys3d_stereo"):
        file = DatasetFile.registry[name]()
        arrays = file.read_arrays()
        images = arrays["images"].reshape(len(arrays["labels"]), *load_dataset(name).input_shape)
        for split, index in zip((load_dataset(name).train, load_dataset(name).test), file.split(arrays), strict=True):
            np.testing.assert_array_equal(split.images, images[index])
            np.testing.assert_array_equal(split.labels, arrays["labels"][index])


def test_mnist_10k_keeps_the_files_own_split() -> None:
    assert load_dataset("mnist_10k").train.labels[:5].tolist() == FIRST_LABELS


def test_digits_8x8_holds_out_the_same_pictures_as_ever() -> None:
    data = load_dataset("digits_8x8")
    held_out = data.test.images.tobytes() + data.test.labels.astype("<i8").tobytes()
    assert hashlib.sha256(held_out).hexdigest() == DIGITS_8X8_HELD_OUT


def test_sets_made_of_other_sets_show_the_same_things() -> None:
    doubled, toys = (load_dataset(name).test for name in ("toys3d_stereo_96", "toys3d_stereo"))
    np.testing.assert_array_equal(doubled.images[:, :, ::2, 1::2], toys.images)
    for name, original, tolerance in (("mnist_16x16", "mnist_10k", 0.5), ("photo_objects_83", "photo_objects", 1.0)):
        small, large = load_dataset(name).test, load_dataset(original).test
        np.testing.assert_array_equal(small.labels, large.labels)
        grey = large.images if large.images.shape[1] == 1 else to_grey(large.images)
        assert np.abs(small.images.mean(axis=(1, 2, 3)) - grey.mean(axis=(1, 2, 3))).max() < tolerance, (
            "as bright as a whole"
        )


def test_no_toy_is_both_learnt_and_held_out() -> None:
    file = DatasetFile.registry["toys3d_stereo"]()
    arrays = file.read_arrays()
    toys = arrays["labels"].astype(int) * 10 + arrays["instance"]
    train, test = file.split(arrays)
    assert len(set(toys[train])) == len(set(toys[test])) == 25
    assert not set(toys[train]) & set(toys[test])


def test_signs_are_labelled_by_the_classes_there_are() -> None:
    data, arrays = load_dataset("signs_synth"), DatasetFile.registry["signs_synth"]().read_arrays()
    assert data.train.labels[:42].tolist() == list(range(42)), "each row of the sheet holds one of each class"
    named = {int(number): str(name) for number, name in zip(arrays["class_ids"], arrays["names"], strict=True)}
    assert data.class_name(int(data.test.labels[30])) == named[31] == "wild animals"


def test_photographs_have_no_classes_and_every_one_its_credit() -> None:
    data = load_dataset("photos")
    assert data.class_name(int(data.train.labels[0])) == ""
    assert len(data.credits) == len(data.train) + len(data.test) == 45
    assert any("CC BY 2.0" in each for each in data.credits)


@pytest.mark.parametrize("name", [name for name in DatasetFile.registry if load_dataset(name).synthetic])
def test_what_is_synthetic_says_so_wherever_it_is_named(name: str) -> None:
    cls = DatasetFile.registry[name]
    assert "ynthetic" in cls.title
    assert "synthetic" in cls.description
    assert load_dataset(name).credits, "it was made of what others made"


def test_a_data_set_is_kept_in_few_bytes() -> None:
    tracemalloc.start()
    try:
        data = DatasetFile.registry["toys3d_stereo"]().load()
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = data.train.images.nbytes + data.test.images.nbytes
    assert size == 5400 * 2 * 48 * 48
    assert kept < 1.1 * size
    assert most < 3 * size


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
        Split(np.zeros((3, 1, 2, 2), np.uint8), np.zeros(2, np.int64))


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
