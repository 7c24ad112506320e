"""Single leaves against numpy and scipy, among garbage: nothing outside a sample may matter."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_calls import Bench
from scipy.signal import correlate2d

from convnet_studio.engine.kernels import conv, loss, move, norm, point, pool
from convnet_studio.engine.kernels.fields import Place
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.tiles import product
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
    bench.run(loss.log_softmax_forward, x=source, y=target, positions=1, channels=3)
    np.testing.assert_allclose(bench.read(target)[0], [-0.3132617, -1.3132617, -2000.3132617], rtol=1e-6)
