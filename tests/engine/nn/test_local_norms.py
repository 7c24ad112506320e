"""The three local normalisations beside scipy's filters, and the laws that local contrast obeys."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import convnet_studio.engine.nn.modules  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.local_statistics import BORDERS, Division, LocalMean, gaussian_taps
from convnet_studio.engine.nn.module import Array, Module

KERNEL, WIDTH = 5, 1.3
each_border = pytest.mark.parametrize("border", BORDERS)
each_reach = pytest.mark.parametrize("across_maps", [True, False])


def pictures(seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((2, 3, 9, 11))


def norm(kind: str, border: str = "exact", across_maps: bool = True, **settings: object) -> Module:
    cls = Module.registry[kind]
    return cls(kernel_size=KERNEL, width=WIDTH, border=border, across_maps=across_maps, **settings)


def smooth(x: Array, mode: str) -> Array:
    """The Gaussian window of one map, as scipy sums it; scipy's ``mirror`` is our ``reflect``."""
    taps = gaussian_taps(KERNEL, WIDTH)
    return ndimage.correlate(x, np.outer(taps, taps), mode=mode)


def reference_mean(x: Array, border: str, across_maps: bool) -> Array:
    """Σ w x, over the maps too where asked, as if w summed to 1 over what is inside."""
    mode = "mirror" if border == "reflect" else "constant"
    means = np.array([[smooth(each, mode) / smooth(np.ones_like(each), mode) for each in sample] for sample in x])
    return means.mean(axis=1, keepdims=True) if across_maps else means


def reference_sigma(v: Array, border: str, across_maps: bool) -> Array:
    """The root of Σ w v²; Torch's is divided by the coverage where its root would be right."""
    sigma = np.sqrt(reference_mean(v**2, border, across_maps))
    return sigma / np.sqrt(smooth(np.ones(v.shape[2:]), "constant")) if border == "torch" else sigma


@each_border
@each_reach
def test_subtraction_takes_scipys_mean_away(border: str, across_maps: bool) -> None:
    x = pictures()
    expected = x - reference_mean(x, border, across_maps)
    np.testing.assert_allclose(norm("SubtractiveNorm", border, across_maps).forward(x), expected, atol=1e-13)


@each_border
@each_reach
@pytest.mark.parametrize("threshold", ["mean", "fixed"])
def test_division_is_by_scipys_spread(border: str, across_maps: bool, threshold: str) -> None:
    x = pictures()
    module = norm("DivisiveNorm", border, across_maps, threshold=threshold, threshold_value=0.9)
    sigma = reference_sigma(x, border, across_maps)
    c = sigma.mean(axis=(2, 3), keepdims=True) if threshold == "mean" else 0.9
    np.testing.assert_allclose(module.forward(x), x / np.maximum(sigma, c), rtol=1e-12)


@each_border
@each_reach
def test_local_contrast_is_subtraction_then_division(border: str, across_maps: bool) -> None:
    x = pictures()
    v = norm("SubtractiveNorm", border, across_maps).forward(x)
    expected = norm("DivisiveNorm", border, across_maps).forward(v)
    np.testing.assert_allclose(norm("LocalContrastNorm", border, across_maps).forward(x), expected, rtol=1e-12)


def test_torchs_spread_at_the_border_is_too_large_by_the_root_of_the_coverage() -> None:
    """Curriculum of the borders: a 9-tap window of width 2 covers 0.59 at an edge and 0.35 in a corner."""
    v = np.ones((1, 1, 31, 31))
    settings = {"kernel_size": 9, "width": 2.25, "threshold": "fixed", "threshold_value": 1e-6}
    exact = Module.registry["DivisiveNorm"](border="exact", **settings).forward(v)[0, 0]
    torch = Module.registry["DivisiveNorm"](border="torch", **settings).forward(v)[0, 0]
    np.testing.assert_allclose(exact, 1, rtol=1e-12)
    assert torch[15, 15] == pytest.approx(1)
    assert torch[0, 15] == pytest.approx(np.sqrt(0.593), abs=2e-3)
    assert torch[0, 0] == pytest.approx(np.sqrt(0.351), abs=2e-3)


@each_border
@each_reach
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_picture_has_no_contrast(border: str, across_maps: bool, dtype: type) -> None:
    module = norm("LocalContrastNorm", border, across_maps)
    x = np.full((2, 3, 9, 11), 0.7, dtype)
    np.testing.assert_array_equal(module.forward(x), 0)
    np.testing.assert_array_equal(module.backward(np.ones_like(x)), 0)


@each_border
@each_reach
def test_brightness_changes_nothing(border: str, across_maps: bool) -> None:
    module, x = norm("LocalContrastNorm", border, across_maps), pictures()
    np.testing.assert_allclose(module.forward(x + 5), module.forward(x), atol=1e-13)


@each_border
@each_reach
@pytest.mark.parametrize("factor", [1e-6, 0.1, 7.0])
def test_contrast_changes_nothing(border: str, across_maps: bool, factor: float) -> None:
    module, x = norm("LocalContrastNorm", border, across_maps), pictures()
    np.testing.assert_allclose(module.forward(factor * x), module.forward(x), atol=1e-13)


def test_a_fixed_threshold_leaves_faint_pictures_faint() -> None:
    x = 1e-3 * pictures()
    v = norm("SubtractiveNorm").forward(x)
    y = norm("LocalContrastNorm", threshold="fixed", threshold_value=1.0).forward(x)
    np.testing.assert_allclose(y, v, rtol=1e-12)


def test_a_window_larger_than_the_picture_is_fine() -> None:
    for border in BORDERS:
        y = Module.registry["LocalContrastNorm"](kernel_size=9, border=border).forward(pictures()[:, :, :2, :3])
        assert np.isfinite(y).all()


def test_the_smallest_divisor_of_nearly_equal_spreads_is_their_mean_to_the_last_digit() -> None:
    """Else which of them are above it, and so how gradients go, would be a matter of rounding."""
    division = Division(LocalMean(KERNEL, WIDTH, "reflect", True), None)
    for size in (37, 64):
        v = np.random.default_rng(size).uniform(0.3, 0.3 + 1e-6, (8, 1, size, size)).astype(np.float32)
        division.forward(v)
        exact = division.sigma.mean(axis=(2, 3), keepdims=True, dtype=float)
        np.testing.assert_allclose(division.smallest, exact, rtol=6e-8)
