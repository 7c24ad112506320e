"""Pictures: from the arrays of a data file to images as bytes, and from bytes to the numbers that networks take.

A file holds its images in one of three ways (all uint8, colours as red, green, blue):

- ``images``: ``(count, height, width)`` of grey, or ``(count, channel, height, width)``;
- ``jpeg`` + ``offsets``: JPEG files back to back, file i from offsets[i] to offsets[i + 1];
- ``jpeg`` + ``offsets`` + ``tile`` + ``grid``: one JPEG file, a sheet of ``grid`` = (rows, columns) equal tiles of
  ``tile`` = (height, width) pixels, row by row.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]


def read_images(arrays: Mapping[str, Array]) -> Array:
    """The images of a data file, all of one size, uint8 ``(count, channel, height, width)``, contiguous.

    Raises:
        ValueError: if the file holds no images, or not as many tiles as it says.
    """
    if "images" in arrays:
        images = arrays["images"]
        return images[:, None] if images.ndim == 3 else images
    if "jpeg" not in arrays:
        raise ValueError("This file holds no pictures: it needs an array 'images', or 'jpeg' and 'offsets'.")
    pictures = [np.asarray(each) for each in decoded(arrays)]
    if "tile" in arrays:
        return cut(pictures[0], tuple(arrays["tile"].tolist()), tuple(arrays["grid"].tolist()))
    return channels_first(np.stack(pictures))


def decoded(arrays: Mapping[str, Array]) -> Iterator[Image.Image]:
    """The JPEG files of `arrays` one by one, in colour."""
    data, offsets = arrays["jpeg"].tobytes(), arrays["offsets"].tolist()
    for start, end in pairwise(offsets):
        with Image.open(io.BytesIO(data[start:end]), formats=["JPEG"]) as picture:
            yield picture.convert("RGB")


def cut(sheet: Array, tile: tuple[int, ...], grid: tuple[int, ...]) -> Array:
    """A sheet ``(rows · height, columns · width, channel)`` cut into its tiles, ``(rows · columns, channel, h, w)``.

    Raises:
        ValueError: if the sheet has another size.
    """
    (height, width), (rows, columns) = tile, grid
    if sheet.shape[:2] != (rows * height, columns * width):
        found = f"{sheet.shape[0]}×{sheet.shape[1]}"
        raise ValueError(f"The sheet is {found} pixels: {rows}×{columns} tiles of {height}×{width} do not cover it.")
    tiles = sheet.reshape(rows, height, columns, width, -1).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(tiles.reshape(rows * columns, -1, height, width))


def channels_first(images: Array) -> Array:
    """``(count, height, width, channel)`` as ``(count, channel, height, width)``, contiguous."""
    return np.ascontiguousarray(np.moveaxis(images, 3, 1))


def to_numbers(images: Array, out: Array | None = None) -> Array:
    """Bytes in 0 .. 255 as float32 in 0 .. 1, read-only; what is float32 already stays as it is (or goes to `out`)."""
    if images.dtype == np.uint8:
        numbers: Array = np.divide(images, np.float32(255), out=out, dtype=np.float32)
    elif out is None:
        numbers = images
    else:
        out[...] = images
        numbers = out
    numbers.flags.writeable = False
    return numbers


def join(parts: Sequence[Array]) -> Array:
    """Images one part after the other as numbers in one array, without a second copy in between."""
    whole = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), np.float32)
    start = 0
    for part in parts:
        to_numbers(part, whole[start : start + len(part)])
        start += len(part)
    return whole
