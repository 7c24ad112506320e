"""Every case of every tile against numpy in float64, and how products are cut into tiles."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_calls import pointer

from convnet_studio.engine.kernels import tiles
from convnet_studio.engine.kernels.fields import TILING, Tiling
from convnet_studio.engine.program.cache import compiled_set


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def numbers(**given: int) -> np.ndarray:
    return np.array([given.get(name, 0) for name in TILING._fields], np.int64)


@pytest.mark.parametrize("tile", tiles.BROADCAST_TILES, ids=lambda t: t.name)
@pytest.mark.parametrize("accumulate", [False, True])
def test_broadcast_tile_is_a_matrix_product(tile: tiles.Tile, accumulate: bool) -> None:
    columns, inner, outer, most = tile.lanes * tile.vectors, 7, 3, 2 * tile.rows + 1
    a, b, d = normal(most, outer, inner), normal(outer, inner, columns), normal(most, columns)
    exact = np.einsum("mok,okn->mn", a.astype(float), b.astype(float)) + d
    function = compiled_set().function(tile)
    for count in range(1, most + 1):
        c = d.copy()
        base, d_row = (c, columns) if accumulate else (d, columns)
        strides = numbers(
            a_inner=1, b_inner=columns, outer=outer, a_outer=inner, b_outer=inner * columns,
            a_row=outer * inner, c_row=columns, d_row=d_row, rows=tile.rows,
        )  # fmt: skip
        function(pointer(strides), pointer(a), pointer(b), pointer(c), pointer(base), count, inner)
        np.testing.assert_allclose(c[:count], exact[:count], rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(c[count:], d[count:])


@pytest.mark.parametrize("tile", tiles.LANE_SUM_TILES, ids=lambda t: t.name)
@pytest.mark.parametrize("inner", [1, 15, 16, 17, 100])
def test_lane_sum_tile_is_a_matrix_product_and_reads_nothing_beyond(tile: tiles.Tile, inner: int) -> None:
    count, outer = 2 * tile.rows + 1, 3
    a, b, bias = normal(count, outer, inner + 3), normal(tile.vectors, outer, inner + 5), normal(tile.vectors)
    a[..., inner:] = np.nan
    b[..., inner:] = np.nan
    c = np.zeros((count, tile.vectors), np.float32)
    strides = numbers(
        b_inner=outer * (inner + 5), a_row=outer * (inner + 3), c_row=tile.vectors, rows=tile.rows, outer=outer,
        a_outer=inner + 3, b_outer=inner + 5,
    )  # fmt: skip
    compiled_set().function(tile)(pointer(strides), pointer(a), pointer(b), pointer(c), pointer(bias), count, inner)
    exact = np.einsum("mok,nok->mn", a[..., :inner].astype(float), b[..., :inner].astype(float)) + bias
    np.testing.assert_allclose(c, exact, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("columns", [1, 6, 8, 9, 16, 17, 80, 81, 96, 100, 1000])
@pytest.mark.parametrize("rows", [1, 5, 14, 15, 28])
def test_products_are_cut_into_blocks_that_cover_all_columns_once(rows: int, columns: int) -> None:
    by_address = dict(enumerate(tiles.BROADCAST_TILES, 1))
    addresses = {tile: number for number, tile in by_address.items()}
    tiling = tiles.product(addresses.__getitem__, rows, columns)
    assert isinstance(tiling, Tiling)
    given = dict(zip(TILING._fields, tiling.numbers, strict=True))
    main, tail = by_address[given["main"]], by_address.get(given["tail"])
    covered = given["blocks"] * main.vectors * main.lanes + (tail.vectors * tail.lanes if tail else 0)
    assert columns <= covered <= -(-columns // 16) * 16
    assert given["c_block"] == main.vectors * main.lanes
    assert 1 <= given["rows"] <= min(each.rows for each in (main, tail) if each)
