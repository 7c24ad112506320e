"""Single leaves against numpy and scipy, among garbage: nothing outside a sample may matter."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_calls import Bench
from scipy.signal import correlate2d

from convnet_studio.engine.kernels import conv, conv_sparse, move, norm, point, pool, softmax
from convnet_studio.engine.kernels.fields import Place, Span
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.program.cache import compiled_set


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def test_tanh_is_accurate_to_six_digits() -> None:
    x = np.concatenate([np.linspace(-20, 20, 400_001), np.geomspace(1e-12, 30, 100_000)]).astype(np.float32)
    bench = Bench(count=1)
    source, target = bench.buffer(x.size, x[None]), bench.buffer(x.size)
    bench.run(point.tanh_forward, x=source, y=target, size=x.size)
    error = np.abs(bench.read(target)[0] - np.tanh(x.astype(float)))
    assert error.max() < 3.5e-7  # 2.6e-7 where the processor fuses multiply and add


@pytest.mark.parametrize(
    "leaf", [point.tanh_forward, point.relu_forward, point.abs_forward], ids=lambda leaf: leaf.name
)
def test_point_operations_hand_on_what_is_not_a_number(leaf: Leaf) -> None:
    bench = Bench(count=1)
    source, target = bench.buffer(3, np.array([[1.0, np.nan, -2.0]])), bench.buffer(3)
    bench.run(leaf, x=source, y=target, size=3)
    assert list(np.isnan(bench.read(target)[0])) == [False, True, False]


@pytest.mark.parametrize("maps", [1, 3, 17])
@pytest.mark.parametrize("filters", [1, 6, 8, 9, 33])
def test_conv_forward_is_a_correlation(maps: int, filters: int) -> None:
    size, k = 9, 4
    x, weight, bias = normal(2, maps, size, size), normal(filters, maps, k, k), normal(filters)
    out, padded = size - k + 1, -(-filters // 16) * 16
    table, biases = np.zeros((k, k, maps, padded), np.float32), np.zeros(padded, np.float32)
    table[..., :filters], biases[:filters] = weight.transpose(2, 3, 1, 0), bias
    bench = Bench(count=2)
    source, target = bench.buffer(maps * size**2, x.transpose(0, 2, 3, 1)), bench.buffer(filters * out**2)
    tiling = product(
        compiled_set().address, out, filters, a_inner=1, b_inner=padded, outer=k, a_outer=size * maps,
        b_outer=k * maps * padded, a_row=maps, c_row=filters,
    )  # fmt: skip
    bench.run(
        conv.conv_forward, x=source, y=target, weight=Place(table, table.size), bias=Place(biases, padded), first=0,
        rows=out, columns=out, run=k * maps, x_row=size * maps, y_row=out * filters, tiling=tiling,
    )  # fmt: skip
    y = bench.read(target).reshape(2, out, out, filters).transpose(0, 3, 1, 2)
    for s, f in ((0, 0), (1, filters - 1)):
        exact = bias[f] + sum(
            correlate2d(x[s, c].astype(float), weight[f, c].astype(float), "valid") for c in range(maps)
        )
        np.testing.assert_allclose(y[s, f], exact, rtol=1e-5, atol=1e-5)


def test_the_first_largest_gets_the_gradient() -> None:
    bench = Bench(count=1)
    x, dy = np.zeros((1, 4, 4, 1)), np.arange(1.0, 5.0)[None]
    source, y = bench.buffer(16, x), bench.buffer(4, np.zeros((1, 4)))
    grad, target = bench.buffer(4, dy), bench.buffer(16)
    bench.run(
        pool.max_backward, x_gradient=target, y_gradient=grad, x=source, y=y, size=16, rows=2, columns=2, channels=1,
        kernel=2, x_row=4, down=8, across=2,
    )  # fmt: skip
    expected = [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(bench.read(target).reshape(4, 4), expected)


@pytest.mark.parametrize("channels", [1, 17])
@pytest.mark.parametrize("window", [(2, 2), (3, 3), (4, 3)])
def test_switches_are_where_the_first_largest_stands(window: tuple[int, int], channels: int) -> None:
    kernel, stride = window
    module = MaxPool2d(kernel_size=kernel, stride=stride)
    x = np.random.default_rng(kernel).integers(0, 3, (2, channels, 9, 11)).astype(np.float32)  # many are equal
    y = module.forward(x)
    _, _, rows, columns = y.shape
    bench = Bench(count=2)
    source, target = bench.buffer(x[0].size, x.transpose(0, 2, 3, 1)), bench.buffer(y[0].size)
    switches = bench.buffer(y[0].size)
    bench.run(
        pool.max_forward_with_switches, x=source, y=target, switches=switches, rows=rows, columns=columns,
        channels=channels, kernel=kernel, x_row=11 * channels, down=stride * 11 * channels, across=stride * channels,
        switch_down=1000, switch_across=7,
    )  # fmt: skip
    across_maps = (2, rows, columns, channels)
    np.testing.assert_array_equal(bench.read(target).reshape(across_maps), y.transpose(0, 2, 3, 1))
    down, across = np.divmod(module.switches(), 11)
    expected = (1000 * down + 7 * across).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(bench.read(switches).reshape(across_maps), expected)


@pytest.mark.parametrize("channels", [1, 5, 17])
def test_lists_are_all_that_is_not_zero(channels: int) -> None:
    rows, columns, band = 7, 3, 2
    bands, room = -(-rows // band), band * columns
    dy = normal(2, rows, columns, channels)
    dy[np.abs(dy) < 0.5] = 0
    dy[0, 1, 1] = np.nan  # must not be lost
    switches = np.random.default_rng(0).integers(0, 1 << 24, dy.shape)
    steps = np.add.outer(40 * np.arange(rows), 3 * np.arange(columns))
    for name, corners in (("switched", switches), ("places", np.broadcast_to(steps[None, :, :, None], dy.shape))):
        bench = Bench(count=2)
        gradient = bench.buffer(dy[0].size, dy)
        given = bench.buffer(dy[0].size, switches.astype(np.float32))
        counts, found = bench.buffer(bands * channels), bench.buffer(bands * channels * room)
        values = bench.buffer(bands * channels * room)
        lists = {"counts": counts, "corners": found, "values": values, "bands": bands, "room": room}
        if name == "switched":
            bench.run(
                conv_sparse.list_switched_gradients, y_gradient=gradient, switches=given, **lists, channels=channels,
                places=rows * columns,
            )  # fmt: skip
        else:
            bench.run(
                conv_sparse.list_gradients, y_gradient=gradient, **lists, channels=channels, rows=rows,
                columns=columns, down=40, across=3,
            )  # fmt: skip
        numbers = bench.read(counts).reshape(2, bands, channels).astype(int)
        listed = [bench.read(each).reshape(2, bands, channels, room) for each in (found, values)]
        for s, b, c in np.ndindex(2, bands, channels):
            part = dy[s, b * band : (b + 1) * band, :, c]
            expected = corners[s, b * band : (b + 1) * band, :, c][part != 0], part[part != 0]
            assert numbers[s, b, c] == len(expected[0])
            for each, right in zip(listed, expected, strict=True):
                np.testing.assert_array_equal(each[s, b, c, : numbers[s, b, c]], right)


@pytest.mark.parametrize("filters", [1, 5])
@pytest.mark.parametrize(("maps", "kernel"), [(1, 3), (2, 7), (9, 5)])
def test_listed_gradients_go_through_the_filters(maps: int, kernel: int, filters: int) -> None:
    """A place listed several times, as under pooling with overlapping windows, counts as often."""
    size, bands, room = 12, 2, 7
    x, weight = normal(2, size, size, maps), normal(filters, kernel, kernel, maps)
    random = np.random.default_rng(0)
    numbers = random.integers(0, room + 1, (2, bands, filters))
    top, left = random.integers(0, size - kernel + 1, (2, 2, bands, filters, room))
    values = normal(2, bands, filters, room)
    run = -(-kernel * maps // 16) * 16
    table = np.zeros((filters, kernel, run), np.float32)
    table[..., : kernel * maps] = weight.reshape(filters, kernel, -1)
    exact_weight, exact_x = np.zeros(weight.shape), np.zeros(x.shape)
    for s, b, f in np.ndindex(numbers.shape):
        for e in range(numbers[s, b, f]):
            r, c = top[s, b, f, e], left[s, b, f, e]
            exact_weight[f] += values[s, b, f, e] * x[s, r : r + kernel, c : c + kernel]
            exact_x[s, r : r + kernel, c : c + kernel] += values[s, b, f, e] * weight[f]
    bench = Bench(count=2, gradient_size=table.size)
    source, target = bench.buffer(x[0].size, x), bench.buffer(x[0].size)
    fields = {
        "counts": bench.buffer(bands * filters, numbers.astype(np.float32)),
        "corners": bench.buffer(values[0].size, ((top * size + left) * maps).astype(np.float32)),
        "values": bench.buffer(values[0].size, values),
        "bands": bands, "room": room, "channels": filters, "kernel_rows": kernel, "run": run, "x_row": size * maps,
    }  # fmt: skip
    bench.run(conv_sparse.sparse_weight_gradient, x=source, weight_gradient=Span(0, table.size), **fields)
    found = bench.gradients[: table.size].reshape(table.shape)[..., : kernel * maps].reshape(weight.shape)
    np.testing.assert_allclose(found, exact_weight, rtol=1e-5, atol=1e-5)
    bench.run(
        conv_sparse.sparse_input_gradient, x_gradient=target, weight=Place(table, table.size), size=x[0].size, **fields
    )
    np.testing.assert_allclose(bench.read(target).reshape(x.shape), exact_x, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_local_mean_is_two_band_matrices(channels: int) -> None:
    rows, columns, reach = 7, 9, 2
    down, across = normal(rows, 2 * reach + 1), normal(columns, 2 * reach + 1)
    x = normal(2, rows, columns, channels)
    horizontal = np.zeros((2 * reach + 1, 32), np.float32)
    horizontal[:, : columns * channels] = np.repeat(across.T, channels, axis=1)
    bench = Bench(count=2)
    source, target = bench.buffer(x[0].size, x), bench.buffer(x[0].size)
    line_size = (columns + 2 * reach) * channels + 16
    line = bench.buffer(line_size, np.zeros((2, line_size)))
    bench.run(
        norm.local_mean, x=source, y=target, line=line, vertical=Place(down, down.size),
        horizontal=Place(horizontal, horizontal.size), rows=rows, row=columns * channels, channels=channels,
        reach_down=reach, reach_across=reach, horizontal_row=32,
    )  # fmt: skip
    matrices = [sum(np.diag(b[max(0, -t) : len(b) - max(0, t), t + reach], t) for t in range(-reach, reach + 1))
                for b in (down, across)]  # fmt: skip
    exact = np.einsum("ab,nbxc,yx->nayc", matrices[0], x, matrices[1])
    np.testing.assert_allclose(bench.read(target).reshape(x.shape), exact, rtol=1e-4, atol=1e-5)


def test_gather_picks_and_reorders() -> None:
    images = normal(5, 3, 2, 4)
    indices = np.array([4, 0, 4])
    bench = Bench(count=3)
    target = bench.buffer(24)
    bench.run(
        move.gather, images=Place(images, images.size), indices=Place(indices, 3), y=target, size=24, channels=3,
        positions=8,
    )  # fmt: skip
    np.testing.assert_array_equal(bench.read(target).reshape(3, 2, 4, 3), images[indices].transpose(0, 2, 3, 1))


def test_log_softmax_stands_large_scores() -> None:
    bench = Bench(count=1)
    source, target = bench.buffer(3, np.array([[1000.0, 999.0, -1000.0]])), bench.buffer(3)
    bench.run(softmax.log_softmax_forward, x=source, y=target, positions=1, channels=3)
    np.testing.assert_allclose(bench.read(target)[0], [-0.3132617, -1.3132617, -2000.3132617], rtol=1e-6)
