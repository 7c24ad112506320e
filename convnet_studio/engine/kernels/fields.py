"""The layout of a row: written once for each leaf; packer, reader and checker all follow from it.

A program is a list of rows of int64. The first number of a row is the address of the leaf that runs it, the others are
that leaf's fields: where its arrays lie and how large they are. A wrong one would crash the process, therefore
`Layout.pack` refuses every place that does not lie within the array it points into.
"""

from __future__ import annotations

import struct
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = 40
"""int64 numbers in a row: 0 is the leaf's address."""

SLACK = 64
"""Floats that every array has beyond its last one: vectors may read and write past an end."""


@dataclass(eq=False)
class Buffer:
    """Numbers of each sample in a thread's workspace; the program's planner says where.

    Sample i lies at ``offset + (i & mask) * stride``: with mask 0 all samples share one place, with mask 7 eight
    samples at a time have their own.
    """

    size: int
    name: str
    offset: int = -1
    mask: int = 0

    @property
    def stride(self) -> int:
        """Floats from one sample to the next: whole vectors with room to spill, and off multiples of 4 KB."""
        stride = -(-self.size // 16) * 16 + 16
        return stride + 16 if stride % 1024 < 16 else stride


@dataclass(frozen=True)
class Span:
    """`size` floats from `offset` in the flat parameter vector, or in a slot of gradients."""

    offset: int
    size: int


@dataclass(eq=False)
class Place:
    """`size` elements from `offset` of an array, which it keeps alive; rows must be packed anew if it is exchanged."""

    array: NDArray[Any]
    size: int
    offset: int = 0

    def address(self) -> int:
        """Where it lies in memory."""
        return int(self.array.ctypes.data) + self.offset * self.array.itemsize


@dataclass(frozen=True)
class Tiling:
    """How a product of matrices is cut into tiles: addresses of tiles and their strides, in the order of `TILING`."""

    numbers: tuple[int, ...]

    @property
    def width(self) -> int:
        """Columns of C in a block."""
        return int(self.numbers[TILING.c_block])


@dataclass(frozen=True)
class Arenas:
    """Sizes, in floats and slack included, of what a leaf's three base pointers point to."""

    parameters: int
    gradients: int
    workspace: int


def constants(**numbers: int) -> Any:
    """Named numbers, which compiled code reads as constants."""
    return namedtuple("Constants", numbers)(**numbers)


TILING = constants(
    main=0, tail=1, blocks=2, b_block=3, c_block=4, d_block=5, a_inner=6, b_inner=7, outer=8, a_outer=9, b_outer=10,
    a_row=11, c_row=12, d_row=13, rows=14,
)  # fmt: skip
"""The numbers of a `Tiling`; tiles.py says what each means."""

_WIDTHS = {"buffer": 3, "parameter": 1, "gradient": 1, "place": 1, "number": 1, "real": 1, "tiling": len(TILING)}


class Layout:
    """The fields of one leaf, by name and kind.

    Kinds: ``buffer`` (a Buffer), ``parameter`` and ``gradient`` (a Span), ``place`` (a Place), ``number`` (an int,
    at least 0), ``real`` (a float), ``tiling`` (a Tiling).

    Args:
        fields: ``name="kind"`` in the order in which the row holds them.
    """

    def __init__(self, **fields: str) -> None:
        self.fields = fields
        starts: dict[str, int] = {}
        position = 1
        for name, kind in fields.items():
            starts[name] = position
            position += _WIDTHS[kind]
        if position > ROW:
            raise ValueError(f"A row of {position} numbers is longer than {ROW}.")
        self.starts = starts
        self.index = constants(**starts)
        """The first number of each field, read as constants by compiled code."""

    def pack(self, address: int, values: Mapping[str, Any], arenas: Arenas) -> NDArray[np.int64]:
        """Write a row.

        Raises:
            ValueError: where a field is missing, unknown, of another kind, or lies outside its array.
        """
        if set(values) != set(self.fields):
            wrong = ", ".join(sorted(set(values) ^ set(self.fields)))
            raise ValueError(f"These fields are missing or unknown: {wrong}.")
        row = np.zeros(ROW, np.int64)
        row[0] = address
        for name, kind in self.fields.items():
            numbers = _PACKERS[kind](name, values[name], arenas)
            row[self.starts[name] : self.starts[name] + len(numbers)] = numbers
        return row

    def unpack(self, row: NDArray[np.int64]) -> dict[str, tuple[int, ...]]:
        """Read a row back: the numbers of each field."""
        return {
            name: tuple(int(each) for each in row[start : start + _WIDTHS[self.fields[name]]])
            for name, start in self.starts.items()
        }


def _inside(name: str, start: int, size: int, limit: int) -> None:
    if start < 0 or size < 0 or start + size > limit:
        raise ValueError(f"The field {name} reaches from {start} to {start + size} in an array of {limit}.")


def _pack_buffer(name: str, value: Buffer, arenas: Arenas) -> tuple[int, ...]:
    if value.mask & (value.mask + 1):
        raise ValueError(f"The field {name} has the mask {value.mask}: it must be one less than a power of two.")
    _inside(name, value.offset, value.mask * value.stride + value.size + SLACK, arenas.workspace)
    if value.mask and value.stride < value.size:
        raise ValueError(f"The samples of the field {name} overlap.")
    return (value.offset, value.mask, value.stride)


def _pack_parameter(name: str, value: Span, arenas: Arenas) -> tuple[int, ...]:
    _inside(name, value.offset, value.size, arenas.parameters)
    return (value.offset,)


def _pack_gradient(name: str, value: Span, arenas: Arenas) -> tuple[int, ...]:
    _inside(name, value.offset, value.size, arenas.gradients)
    return (value.offset,)


def _pack_place(name: str, value: Place, arenas: Arenas) -> tuple[int, ...]:
    if not value.array.flags.c_contiguous:
        raise ValueError(f"The array of the field {name} must be contiguous.")
    _inside(name, value.offset, value.size, value.array.size)
    return (value.address(),)


def _pack_number(name: str, value: int, arenas: Arenas) -> tuple[int, ...]:
    if value != int(value) or value < 0:
        raise ValueError(f"The field {name} is {value}: it must be a whole number, at least 0.")
    return (int(value),)


def _pack_real(name: str, value: float, arenas: Arenas) -> tuple[int, ...]:
    return struct.unpack("<q", struct.pack("<d", float(value)))


def _pack_tiling(name: str, value: Tiling, arenas: Arenas) -> tuple[int, ...]:
    if len(value.numbers) != len(TILING) or min(value.numbers) < 0:
        raise ValueError(f"The tiling of the field {name} is not whole.")
    return value.numbers


_PACKERS: dict[str, Any] = {
    "buffer": _pack_buffer,
    "parameter": _pack_parameter,
    "gradient": _pack_gradient,
    "place": _pack_place,
    "number": _pack_number,
    "real": _pack_real,
    "tiling": _pack_tiling,
}
