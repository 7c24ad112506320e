"""The benches of the lesson on pooling: against scipy and PyTorch, closed forms, and finite differences."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate
from scipy.special import logsumexp, softmax

from convnet_studio.engine.analysis.bench_pictures import Bars, Curves, Numbers, Rows
from convnet_studio.engine.analysis.benches.neocognitron import COLUMNS, GLYPHS, LINES, MOST, ROWS, Neocognitron
from convnet_studio.engine.analysis.benches.pool_window import AVERAGE, MAX, MEAN, P_NORM, PROB, SIGNED, SUM, PoolWindow
from convnet_studio.engine.training.inquiry import Moment

MOMENT: Moment = None  # type: ignore[assignment]  # these benches look at no run
SLIDE = (0.1, 0.7, -0.3, 0.5)
MIXED = (0.8, -1.5, 0.3, 2.0)
WAYS = {"–": (0, 1), "/": (-1, 1), "|": (1, 0), "\\": (1, 1)}

moved = pytest.mark.parametrize(
    ("right", "down"), [each for each in product((-MOST, -1, 0, 2, MOST), repeat=2) if each != (0, 0)]
)


@pytest.mark.parametrize("glyph", GLYPHS)
def test_s_maps_are_rectified_correlations(glyph: str) -> None:
    bench = Neocognitron(glyph, right=2, down=-1)
    s, picture = bench.s_maps(), bench.picture()
    for found, (down, across) in zip(s, WAYS.values(), strict=True):
        line = np.zeros((5, 5))
        for step in range(-2, 3):
            line[2 + step * down, 2 + step * across] = 0.2
        kernel = np.where(line > 0, line, -1 / 20)
        expected = np.maximum(correlate(picture, kernel, mode="constant")[2:-2, 2:-2] - 0.4, 0)
        assert np.allclose(found, expected, atol=1e-12)
    assert s.max() > 0.3
    assert list(LINES) == list(WAYS)


def test_s_maps_find_the_lines_of_their_own_direction_only() -> None:
    flat, rising, upright, falling = Neocognitron("+").s_maps()
    assert flat.max() > 0.3
    assert upright.max() > 0.3
    assert rising.max() == falling.max() == 0


@moved
@pytest.mark.parametrize("glyph", GLYPHS)
def test_s_maps_shift_with_the_glyph(glyph: str, right: int, down: int) -> None:
    before, after = Neocognitron(glyph).s_maps(), Neocognitron(glyph, right, down).s_maps()
    assert np.allclose(np.roll(before, (down, right), axis=(1, 2)), after, atol=1e-12)


def test_c_maps_are_the_weighted_root_mean_square_of_windows() -> None:
    bench = Neocognitron("T", window=6)
    s, c = bench.s_maps(), bench.c_maps()
    weights = np.exp(-0.5 * ((np.arange(6) - 2.5) / 1.5) ** 2)
    weights = np.outer(weights, weights)
    window = s[2, 4:10, 8:14]  # that of the C cell in row 2, column 4, since cells stand 2 pixels apart
    assert window.max() > 0
    assert c[2, 2, 4] == pytest.approx(math.sqrt((weights * window**2).sum() / weights.sum()), rel=1e-12)


@moved
@pytest.mark.parametrize("glyph", GLYPHS)
def test_c_maps_change_less_than_s_maps(glyph: str, right: int, down: int) -> None:
    bench = Neocognitron(glyph, right, down)
    assert 0 < bench.change_c() < 0.7 * bench.change_s()


def test_a_glyph_in_the_middle_has_not_changed_and_a_larger_window_feels_less() -> None:
    assert Neocognitron("L").change_s() == Neocognitron("L").change_c() == 0
    changes = [Neocognitron("L", right=2, window=window).change_c() for window in (2, 4, 6, 8, 10, 12)]
    assert changes == sorted(changes, reverse=True)
    assert Neocognitron().picture().shape == (ROWS, COLUMNS)


def test_the_changes_are_drawn_as_they_are_read() -> None:
    bench = Neocognitron("O", right=1)
    bars = next(each for each in next(bench.pictures(MOMENT)) if isinstance(each, Bars))
    assert bars.values == {"S maps": bench.change_s(), "C maps": bench.change_c()}


# ---------------------------------------------------------------- one window


def test_torch_takes_the_root_of_the_sum_and_3_0_0_4_becomes_5() -> None:
    bench = PoolWindow(inside=SUM)
    theirs = torch.nn.functional.lp_pool2d(torch.tensor([[[[3.0, 0.0], [0.0, 4.0]]]]), 2.0, 2)
    assert bench.value() == pytest.approx(5, rel=1e-12) == theirs.item()
    assert replace(bench, powers=SIGNED).value() == pytest.approx(5, rel=1e-12)
    assert PoolWindow(inside=MEAN).value() == pytest.approx(2.5, rel=1e-12)


def test_an_odd_power_of_signed_numbers_may_have_no_root_and_sizes_always_have() -> None:
    bench = PoolWindow((-3.0, 1.0, 0.0, -2.0), p=3.0, inside=SUM, powers=SIGNED)
    theirs = torch.tensor([-3.0, 1.0, 0.0, -2.0]).pow(3).sum().pow(1 / 3)
    assert math.isnan(bench.value())
    assert math.isnan(theirs.item())
    assert bench.is_number() == 0
    assert replace(bench, powers=PoolWindow().powers).value() == pytest.approx((27 + 1 + 8) ** (1 / 3), rel=1e-12)
    positive = replace(bench, numbers=(3.0, 1.0, 0.0, -2.0))
    assert positive.value() == pytest.approx((27 + 1 - 8) ** (1 / 3), rel=1e-12)
    assert replace(bench, inside=MEAN, numbers=(3.0, 1.0, 0.0, 2.0)).value() == pytest.approx(9 ** (1 / 3), rel=1e-12)


@pytest.mark.parametrize("b", [0.001, 1.0, 100.0])
def test_log_sum_exp_is_that_of_scipy(b: float) -> None:
    bench = PoolWindow(SLIDE, PROB, b=b)
    scaled = b * np.array(SLIDE)
    assert replace(bench, inside=SUM).value() == pytest.approx(logsumexp(scaled) / b, rel=1e-9)
    assert bench.value() == pytest.approx((logsumexp(scaled) - math.log(4)) / b, rel=1e-9)
    assert bench.gradient() == pytest.approx(softmax(scaled), rel=1e-9)


def test_without_the_mean_log_sum_exp_explodes_by_the_logarithm_of_four_over_b() -> None:
    bench = PoolWindow(SLIDE, PROB, b=0.001)
    assert bench.sum_minus_mean() == pytest.approx(1000 * math.log(4), rel=1e-9)
    assert bench.value() == pytest.approx(np.mean(SLIDE), abs=1e-3)


def test_average_and_maximum() -> None:
    assert PoolWindow(MIXED, AVERAGE).value() == pytest.approx(np.mean(MIXED))
    assert PoolWindow(MIXED, AVERAGE).gradient() == pytest.approx([0.25] * 4)
    assert PoolWindow(MIXED, MAX).value() == 2.0
    assert PoolWindow(MIXED, MAX).gradient().tolist() == [0, 0, 0, 1]
    assert PoolWindow(MIXED, MAX).nonzeros() == 1
    assert PoolWindow((1.0, 2.0, 2.0, 0.0), MAX).gradient().tolist() == [0, 1, 0, 0]
    assert PoolWindow(MIXED, AVERAGE).nonzeros() == 4


@pytest.mark.parametrize(
    "bench",
    [
        PoolWindow(MIXED, P_NORM, p=2.0),
        PoolWindow(MIXED, P_NORM, p=3.5, inside=SUM),
        PoolWindow(MIXED, P_NORM, p=3.0, inside=SUM, powers=SIGNED),
        PoolWindow(MIXED, P_NORM, p=3.0, inside=MEAN, powers=SIGNED),
        PoolWindow(MIXED, PROB, b=2.0, inside=SUM),
        PoolWindow(MIXED, MAX),
    ],
    ids=lambda each: f"{each.kind} {each.inside} {each.powers}",
)
def test_gradients_are_slopes_of_the_value(bench: PoolWindow) -> None:
    step = 1e-6
    measured = []
    for index in range(4):
        ends = []
        for way in (step, -step):
            numbers = list(bench.numbers)
            numbers[index] += way
            ends.append(replace(bench, numbers=tuple(numbers)).value())
        measured.append((ends[0] - ends[1]) / (2 * step))
    assert bench.gradient() == pytest.approx(measured, abs=1e-7)


def test_the_gradient_is_seen_only_when_it_is_sent() -> None:
    def titles(bench: PoolWindow) -> list[str]:
        return [each.title for each in next(bench.pictures(MOMENT)) if isinstance(each, Numbers)]

    assert titles(PoolWindow(kind=MAX)) == ["The window"]
    assert titles(PoolWindow(kind=MAX, backward=True)) == ["The window", "Gradient at each number"]


def test_steps_end_at_the_value_and_curves_pass_through_it() -> None:
    bench = PoolWindow(SLIDE, PROB, b=1.0, inside=SUM)
    pictures = next(bench.pictures(MOMENT))
    steps = next(each for each in pictures if isinstance(each, Rows)).rows
    assert float(steps[1][1]) == pytest.approx(np.exp(SLIDE).sum(), rel=1e-4)
    assert float(steps[-1][1]) == pytest.approx(bench.value(), rel=1e-4)
    curves = next(each for each in pictures if isinstance(each, Curves))
    b, values = curves.lines["sum inside"]
    assert np.interp(1.0, b, values) == pytest.approx(bench.value(), rel=1e-6)
    assert curves.marks[0].y == bench.value()
