"""From the arrays of a file to bytes, and from bytes to numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from convnet_studio.engine.data.dataset import Split
from convnet_studio.engine.data.pictures import cut, join, read_images, to_numbers

GREY = np.array([[[0, 255], [51, 102]]], np.uint8)


def jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


def stored(*pictures: np.ndarray) -> dict[str, np.ndarray]:
    files = [jpeg(each) for each in pictures]
    offsets = np.cumsum([0, *map(len, files)])
    return {"jpeg": np.frombuffer(b"".join(files), np.uint8), "offsets": offsets}


def plain(*colour: int, height: int = 16, width: int = 8) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_grey_images_get_a_channel_and_pairs_keep_theirs() -> None:
    np.testing.assert_array_equal(read_images({"images": GREY}), GREY[:, None])
    pairs = np.arange(2 * 2 * 3 * 4, dtype=np.uint8).reshape(2, 2, 3, 4)
    np.testing.assert_array_equal(read_images({"images": pairs}), pairs)


def test_jpeg_files_back_to_back_come_with_colours_first() -> None:
    images = read_images(stored(plain(250, 10, 10), plain(10, 10, 250)))
    assert (images.shape, images.dtype) == ((2, 3, 16, 8), np.uint8)
    means = images.mean(axis=(2, 3))
    np.testing.assert_allclose(means, [[250, 10, 10], [10, 10, 250]], atol=3)


def test_a_sheet_is_cut_row_by_row() -> None:
    colours = [[(250, 0, 0), (0, 250, 0), (0, 0, 250)], [(0, 0, 0), (250, 250, 250), (250, 250, 0)]]
    sheet = np.concatenate([np.concatenate([plain(*each) for each in row], axis=1) for row in colours])
    tiles = read_images(stored(sheet) | {"tile": np.array([16, 8]), "grid": np.array([2, 3])})
    assert tiles.shape == (6, 3, 16, 8)
    assert tiles.flags.c_contiguous
    np.testing.assert_allclose(tiles.mean(axis=(2, 3)), np.reshape(colours, (6, 3)), atol=4)


def test_a_sheet_of_another_size_is_refused_with_the_numbers() -> None:
    with pytest.raises(ValueError, match=r"The sheet is 32×24 pixels: 3×3 tiles of 16×8 do not cover it\."):
        cut(np.zeros((32, 24, 3), np.uint8), (16, 8), (3, 3))


def test_a_file_without_pictures_is_told() -> None:
    with pytest.raises(ValueError, match="holds no pictures"):
        read_images({"labels": np.zeros(3, np.uint8)})


def test_bytes_become_numbers_between_0_and_1() -> None:
    numbers = to_numbers(GREY)
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(numbers, GREY.astype(np.float32) / np.float32(255))
    ready = np.linspace(0, 1, 4, dtype=np.float32)
    assert to_numbers(ready) is ready


def test_parts_are_joined_as_numbers() -> None:
    first, second = GREY[:, None], (GREY[:, None] // 2).repeat(2, axis=0)
    whole = join((first, second))
    np.testing.assert_array_equal(whole, np.concatenate([to_numbers(first), to_numbers(second)]))
    floats = np.ones((1, 1, 2, 2), np.float32)
    np.testing.assert_array_equal(join((floats, floats)), np.ones((2, 1, 2, 2)))


def test_a_split_of_numbers_stays_as_it_is() -> None:
    pictures = np.full((2, 1, 2, 2), 0.3, np.float32)
    split = Split(pictures, np.zeros(2, np.int64))
    assert split.pictures is pictures
    assert split.picture(1)[0, 0, 0] == np.float32(0.3)
