"""LCN bench: what it shows is what the module computes, written out against plain sums over the window."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate

from convnet_studio.engine.analysis.lcn_bench import (
    Light,
    correlation,
    lcn_arithmetic,
    lcn_steps,
    neighbour_correlation,
    painted,
    ramp,
    relative_change,
)
from convnet_studio.engine.nn.local_statistics import BORDERS, gaussian_taps
from convnet_studio.engine.nn.modules.local_contrast_norm import LocalContrastNorm
from convnet_studio.engine.nn.modules.subtractive_norm import SubtractiveNorm


def picture_of(maps: int, dtype: type = np.float32) -> np.ndarray:
    return np.random.default_rng(3).random((maps, 17, 21)).astype(dtype)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("across_maps", [True, False])
@pytest.mark.parametrize("threshold", ["mean", "fixed"])
def test_its_arrays_are_those_of_the_modules_bit_for_bit(border: str, across_maps: bool, threshold: str) -> None:
    picture = picture_of(3)
    settings = {"kernel_size": 7, "width": 1.5, "border": border, "across_maps": across_maps}
    norm = LocalContrastNorm(**settings, threshold=threshold, threshold_value=0.2)
    steps = lcn_steps(norm, picture)
    assert np.array_equal(steps.y, norm.forward(picture[None])[0])
    assert np.array_equal(steps.subtracted, SubtractiveNorm(**settings).forward(picture[None])[0])
    assert steps.y.dtype == np.float32
    assert steps.mean + steps.subtracted == pytest.approx(picture, abs=1e-6)
    assert steps.subtracted == pytest.approx(steps.y * steps.divisor, abs=1e-6)


def test_mean_and_deviation_are_what_scipy_finds_under_the_gaussian() -> None:
    picture = picture_of(2, np.float64)
    steps = lcn_steps(LocalContrastNorm(kernel_size=5, width=1.2, border="reflect"), picture)
    taps = gaussian_taps(5, 1.2)
    window = np.outer(taps, taps)
    mean = correlate(picture.mean(axis=0), window, mode="mirror")
    assert steps.mean[0] == pytest.approx(mean, abs=1e-12)
    variance = correlate(np.square(picture - mean).mean(axis=0), window, mode="mirror")
    assert steps.deviation[0] == pytest.approx(np.sqrt(variance), abs=1e-12)
    assert float(steps.smallest[0, 0, 0]) == pytest.approx(np.sqrt(variance).mean())


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("across_maps", [True, False])
@pytest.mark.parametrize("place", [(0, 0), (0, 9), (8, 10), (16, 20)])
def test_the_arithmetic_of_a_pixel_adds_up(border: str, across_maps: bool, place: tuple[int, int]) -> None:
    norm = LocalContrastNorm(kernel_size=7, width=2.0, border=border, across_maps=across_maps)
    steps = lcn_steps(norm, picture_of(3))
    told = lcn_arithmetic(steps, 1, *place)
    assert told.weights.sum() * len(told.x) == pytest.approx(1)
    assert told.summed_mean == pytest.approx(told.mean, rel=1e-5)
    assert np.sqrt(told.summed_variance) == pytest.approx(told.deviation, rel=1e-5)
    assert told.value - told.mean == pytest.approx(told.subtracted, abs=1e-6)
    assert told.subtracted / max(told.smallest, told.deviation) == pytest.approx(told.y, rel=1e-5)
    assert told.value == steps.x[1, place[0], place[1]]
    assert told.divides_by_smallest == (told.deviation <= told.smallest)
    inside = tuple(min(p + 3, n - 1) - max(p - 3, 0) + 1 for p, n in zip(place, (17, 21), strict=True))
    assert told.weights.shape == inside
    assert told.x[1 if across_maps else 0, place[0] - told.top, place[1] - told.left] == told.value


def test_light_that_is_even_changes_nothing_and_a_ramp_little() -> None:
    picture = picture_of(1, np.float64)
    norm = LocalContrastNorm(kernel_size=9, width=1.5)
    before = lcn_steps(norm, picture)
    even = Light(np.full((17, 21), 5.0), np.full((17, 21), 7.0))
    assert lcn_steps(norm, even.on(picture)).y == pytest.approx(before.y, abs=1e-12)
    lit = ramp(17, 21, added=3.0, taken=0.0).on(picture)
    after = lcn_steps(norm, lit)
    assert correlation(picture, lit) < 0.4
    assert correlation(before.y, after.y) > 0.95
    assert relative_change(before.y, after.y) < relative_change(picture, lit) / 3


def test_ramps_rise_from_one_side_to_the_other() -> None:
    light = ramp(2, 5, added=0.8, taken=0.6)
    assert light.glow[0] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert light.factor[1] == pytest.approx([0.4, 0.55, 0.7, 0.85, 1])


def test_the_brush_adds_light_or_takes_a_share_of_it_and_only_near_by() -> None:
    dark = Light.none(20, 20)
    assert not dark.changes_anything
    lit = painted(dark, 5, 5, 2.0, 0.3)
    assert lit.changes_anything
    assert lit.glow[5, 5] == pytest.approx(0.3)
    assert lit.glow[5, 7] == pytest.approx(0.3 * np.exp(-0.5))
    assert lit.glow[15, 15] == 0
    shaded = painted(lit, 5, 5, 2.0, -0.5)
    assert shaded.factor[5, 5] == pytest.approx(0.5)
    assert shaded.glow[5, 5] == pytest.approx(0.15)
    picture = picture_of(1)[:, :17, :17]
    picture = np.pad(picture, ((0, 0), (0, 3), (0, 3)))
    assert shaded.on(picture)[0, 5, 5] == pytest.approx(0.5 * picture[0, 5, 5] + 0.15)


def test_light_after_light_falls_on_what_is_left() -> None:
    picture = picture_of(1)
    first, then = ramp(17, 21, 0.4, 0.5), ramp(17, 21, 0.1, 0.9)
    assert first.and_(then).on(picture) == pytest.approx(then.on(first.on(picture)), abs=1e-6)


def test_correlation_and_change_are_numpys() -> None:
    a, b = np.random.default_rng(1).random((2, 3, 4, 5)).astype(np.float32)
    assert correlation(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    assert correlation(a, 3 * a + 1) == pytest.approx(1)
    assert relative_change(a, a + a.std()) == pytest.approx(1, rel=1e-5)
    assert np.isnan(correlation(a, np.ones_like(a)))
    assert np.isnan(relative_change(np.ones_like(a), a))


def test_lcn_whitens_a_photograph_of_smooth_noise() -> None:
    noise = np.random.default_rng(0).normal(size=(1, 80, 80))
    smooth = correlate(noise, np.ones((1, 15, 15)) / 225)
    steps = lcn_steps(LocalContrastNorm(kernel_size=9, width=1.6), smooth)
    raw, white = neighbour_correlation(smooth), neighbour_correlation(steps.y)
    assert raw > 0.6
    assert white < raw / 2
    assert neighbour_correlation(noise) < 0.05
    patches = np.lib.stride_tricks.sliding_window_view(smooth[0], (7, 7)).reshape(-1, 49)
    matrix = np.abs(np.corrcoef(patches.T))
    assert neighbour_correlation(smooth, most=10**6) == pytest.approx((matrix.sum() - 49) / (49 * 48))
    assert np.isnan(neighbour_correlation(np.ones((1, 9, 9))))
    assert np.isnan(neighbour_correlation(smooth[:, :5, :5]))
