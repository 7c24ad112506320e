"""Rows: what is packed can be read back, and what would crash is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from convnet_studio.engine.kernels.fields import ROW, TILING, Arenas, Buffer, Layout, Place, Span, Tiling

ARENAS = Arenas(parameters=100, gradients=50, workspace=1000)
LAYOUT = Layout(
    x="buffer", weight="parameter", sum="gradient", table="place", size="number", rate="real", tiles="tiling"
)


def values() -> dict[str, object]:
    return {
        "x": Buffer(20, "x", offset=64, mask=3),
        "weight": Span(10, 90),
        "sum": Span(0, 50),
        "table": Place(np.zeros(8, np.float32), 8),
        "size": 7,
        "rate": 0.25,
        "tiles": Tiling(tuple(range(len(TILING)))),
    }


def test_a_row_can_be_read_back() -> None:
    row = LAYOUT.pack(4711, values(), ARENAS)
    read = LAYOUT.unpack(row)
    assert row.shape == (ROW,)
    assert row[0] == 4711
    assert read["x"] == (64, 3, Buffer(20, "x").stride)
    assert read["weight"] == (10,)
    assert read["size"] == (7,)
    assert struct.unpack("<d", struct.pack("<q", read["rate"][0])) == (0.25,)
    assert read["tiles"] == tuple(range(len(TILING)))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("x", Buffer(20, "x")),  # has no place yet
        ("x", Buffer(20, "x", offset=950, mask=0)),
        ("x", Buffer(20, "x", offset=64, mask=2)),
        ("x", Buffer(20, "x", offset=64, mask=31)),
        ("weight", Span(50, 51)),
        ("weight", Span(-1, 5)),
        ("sum", Span(49, 2)),
        ("table", Place(np.zeros(8, np.float32), 9)),
        ("table", Place(np.zeros((8, 8), np.float32)[:, :2], 2)),
        ("size", -1),
        ("size", 1.5),
        ("tiles", Tiling((1, 2))),
    ],
)
def test_what_lies_outside_is_refused(name: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=name):
        LAYOUT.pack(1, values() | {name: wrong}, ARENAS)


def test_missing_and_unknown_fields_are_refused() -> None:
    given = values()
    del given["size"]
    with pytest.raises(ValueError, match="size"):
        LAYOUT.pack(1, given, ARENAS)
    with pytest.raises(ValueError, match="colour"):
        LAYOUT.pack(1, values() | {"colour": 1}, ARENAS)


def test_a_layout_longer_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match=str(ROW)):
        Layout(**{f"t{i}": "tiling" for i in range(3)})
