"""What the benches with views of their own read is what a second way of computing it says."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from moments import moment_of

from convnet_studio.engine.analysis.benches.lcn_bench import LcnBench
from convnet_studio.engine.analysis.benches.one_one_one import OneOneOneBench
from convnet_studio.engine.analysis.benches.pooling_dial import PoolingDialBench
from convnet_studio.engine.analysis.pooling_dial import LOG_SUM_EXP
from convnet_studio.engine.nn.local_statistics import gaussian_taps
from convnet_studio.engine.training.inquiry import Moment

STEP = 1e-4


@cache
def moment() -> Moment:
    return moment_of("lenet-5")


# ---------------------------------------------------------------- the 1-1-1 net


def test_slopes_and_bends_are_those_of_the_loss() -> None:
    bench = OneOneOneBench(w0=0.7, w1=-0.4)

    def loss(by: float, bx: float = 0.0) -> float:
        return bench.turned(w0=0.7 + by, w1=-0.4 + bx).loss()

    assert bench.gradient_w0() == pytest.approx((loss(STEP) - loss(-STEP)) / (2 * STEP), rel=1e-6)
    assert bench.gradient_w1() == pytest.approx((loss(0, STEP) - loss(0, -STEP)) / (2 * STEP), rel=1e-6)
    mixed = loss(STEP, STEP) - loss(STEP, -STEP) - loss(-STEP, STEP) + loss(-STEP, -STEP)
    hessian = np.array(
        [
            [loss(STEP) - 2 * loss(0) + loss(-STEP), mixed / 4],
            [mixed / 4, loss(0, STEP) - 2 * loss(0) + loss(0, -STEP)],
        ]
    )
    low, high = np.linalg.eigvalsh(hessian / STEP**2)
    assert bench.smaller_eigenvalue() == pytest.approx(low, abs=1e-5)
    assert bench.larger_eigenvalue() == pytest.approx(high, abs=1e-5)
    assert bench.largest_rate() == pytest.approx(2 / high, rel=1e-3)


def test_the_saddle_has_the_bends_of_the_books() -> None:
    saddle = OneOneOneBench(w0=0, w1=0)
    assert (saddle.smaller_eigenvalue(), saddle.larger_eigenvalue()) == pytest.approx((-0.25, 0.25))
    assert saddle.loss() == pytest.approx(0.125)


def test_a_descent_settles_or_not() -> None:
    bench = OneOneOneBench(units="linear", rate=0.5, w0=1.0, w1=0.5)
    w0, w1, losses = 1.0, 0.5, []
    for _ in range(400):
        slope = 0.25 * (w0 * w1 - 1)  # x = t = ±0.5: the loss is 0.125 (w0 w1 - 1)²
        losses.append(0.125 * (w0 * w1 - 1) ** 2)
        w0, w1 = w0 - 0.5 * slope * w1, w1 - 0.5 * slope * w0
    assert bench.steps_to_settle() == next(step for step, loss in enumerate(losses) if loss < 1e-6)
    assert bench.turned(steps=10).final_loss() == pytest.approx(losses[10])
    assert bench.turned(steps=0).final_loss() == bench.loss()
    lost = bench.turned(rate=1000, w0=5, w1=5, steps=100)
    assert math.isnan(lost.steps_to_settle())
    assert lost.final_loss() == math.inf


# ---------------------------------------------------------------- the pooling dial


def test_the_dial_goes_from_the_mean_to_the_maximum() -> None:
    bench = PoolingDialBench()
    sizes = np.abs(bench.window)
    assert bench.turned(p=1).value() == pytest.approx(sizes.mean()) == bench.mean()
    assert bench.turned(p=math.inf).value() == sizes.max() == bench.maximum()
    assert bench.turned(p=3).sum_form() == pytest.approx((sizes**3).sum() ** (1 / 3))
    soft = bench.turned(family=LOG_SUM_EXP, b=2)
    assert soft.sum_form() == pytest.approx(math.log(np.exp(2 * soft.window).sum()) / 2)
    assert soft.turned(b=0).value() == pytest.approx(soft.window.mean())
    assert soft.turned(b=0).sum_form() == math.inf


@pytest.mark.parametrize("size", ["2×2", "3×3", "4×4"])
def test_gradient_and_shift_are_those_of_the_value(size: str) -> None:
    bench = PoolingDialBench(size=size, p=2.5)
    grid = np.array(bench.numbers).reshape(6, 6)
    slopes = []
    for row, column in np.ndindex(bench.side, bench.side):
        ends = []
        for sign in (1, -1):
            moved = grid.copy()
            moved[row + 1, column + 1] += sign * STEP
            ends.append(bench.turned(numbers=tuple(moved.ravel())).value())
        slopes.append((ends[0] - ends[1]) / (2 * STEP))
    assert bench.gradient() == pytest.approx(np.array(slopes), abs=1e-3)  # numbers at 0 have a bend
    assert bench.shares().sum() == pytest.approx(1)
    shifted = [
        bench.turned(numbers=tuple(np.roll(grid, (down, across), (0, 1)).ravel())).value()
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    ]
    change = max(abs(each - bench.value()) for each in shifted) / bench.value()
    assert bench.change_under_shift() == pytest.approx(change)


# ---------------------------------------------------------------- local contrast normalisation


def test_gain_and_offset_change_nothing_of_y() -> None:
    bench = LcnBench(gain=5, offset=7)
    assert bench.largest_difference_y(moment()) < 1e-6
    assert bench.change_raw(moment()) > 1
    assert LcnBench(gain=5, offset=7, threshold="fixed").largest_difference_y(moment()) > 0.1
    ramp = LcnBench(added=1.0)
    assert ramp.change_y(moment()) < ramp.change_raw(moment()) / 3


def test_sigma_is_the_weighted_spread_of_the_window() -> None:
    bench = LcnBench(kernel_size=5, width=1.5, row=14, column=13)
    picture = moment().picture.astype(np.float64)
    bench = bench.turned(row=picture.shape[1] // 2, column=picture.shape[2] // 2)
    weights = np.outer(gaussian_taps(5, 1.5), gaussian_taps(5, 1.5))

    def v(row: int, column: int) -> float:
        return float(picture[0, row, column] - (weights * picture[0, row - 2 : row + 3, column - 2 : column + 3]).sum())

    middle = bench.row, bench.column
    around = [[v(middle[0] + down, middle[1] + across) for across in range(-2, 3)] for down in range(-2, 3)]
    assert bench.sigma(moment()) == pytest.approx(math.sqrt((weights * np.square(around)).sum()))
    assert bench.y(moment()) == pytest.approx(v(*middle) / bench.divisor(moment()))
    assert bench.divisor(moment()) >= bench.sigma(moment())


def test_only_torch_makes_the_border_faint() -> None:
    for border in ("exact", "reflect"):
        fair = LcnBench(border=border)
        assert fair.noise_corner() == pytest.approx(fair.noise_inside(), rel=0.1)
    faint = LcnBench(border="torch")
    assert faint.noise_corner() < faint.noise_edge() < faint.noise_inside()
    assert faint.noise_corner() < 0.7 * faint.noise_inside()


def test_zca_leaves_no_correlation() -> None:
    assert LcnBench().neighbours_zca(moment()) < 0.05 < LcnBench().neighbours_raw(moment())


def test_a_window_without_a_middle_is_refused() -> None:
    with pytest.raises(ValueError, match="must be odd"):
        LcnBench().turned(kernel_size=8)
