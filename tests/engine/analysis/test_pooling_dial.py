"""The pooling dial against closed forms, finite differences, and the modules as a network uses them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convnet_studio.engine.analysis.pooling_dial import (
    AMOUNTS,
    FAMILIES,
    LOG_SUM_EXP,
    P_NORM,
    gradient,
    neighbourhood,
    pooled,
    sweep,
)
from convnet_studio.engine.nn.modules.lp_pool2d import LPPool2d

WINDOW = np.array([[0.1, 0.7], [-0.3, 0.5]])


def test_values_of_the_curriculum() -> None:
    """X = (0.1, 0.7, -0.3, 0.5): the mean form at b = 1 and 100, and the ends."""
    for b, value in ((1.0, 0.320), (100.0, 0.6861), (0.001, 0.25007)):
        assert pooled(LOG_SUM_EXP, b, WINDOW, 2)[0, 0] == pytest.approx(value, abs=5e-4)
    assert pooled(LOG_SUM_EXP, 0.0, WINDOW, 2)[0, 0] == pytest.approx(0.25)
    assert pooled(LOG_SUM_EXP, math.inf, WINDOW, 2)[0, 0] == 0.7
    assert pooled(P_NORM, 1.0, WINDOW, 2)[0, 0] == pytest.approx(0.4)
    assert pooled(P_NORM, 2.0, WINDOW, 2)[0, 0] == pytest.approx(math.sqrt(0.84 / 4))
    assert pooled(P_NORM, math.inf, -WINDOW, 2)[0, 0] == 0.7


@pytest.mark.parametrize("family", FAMILIES)
def test_the_dial_turns_from_the_mean_to_the_maximum(family: str) -> None:
    values = sweep(family, WINDOW, (0, 0), 2).values
    assert np.all(np.diff(values) > -1e-12)
    assert values[-1] == 0.7
    assert values[0] == pytest.approx(np.abs(WINDOW).mean() if family == P_NORM else WINDOW.mean())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("place", [0, 3, 9, -2, -1])
def test_gradients_are_those_of_finite_differences(family: str, place: int) -> None:
    amount, h = AMOUNTS[family][place], 1e-6
    measured = np.zeros_like(WINDOW)
    for index in np.ndindex(WINDOW.shape):
        moved = [WINDOW.copy(), WINDOW.copy()]
        moved[0][index] += h
        moved[1][index] -= h
        up, down = (pooled(family, amount, each, 2)[0, 0] for each in moved)
        measured[index] = (up - down) / (2 * h)
    assert np.allclose(gradient(family, amount, WINDOW), measured, atol=1e-5)


def test_all_goes_to_one_for_max_and_in_proportion_for_l2() -> None:
    assert np.count_nonzero(gradient(P_NORM, math.inf, WINDOW)) == 1
    shares = gradient(P_NORM, 2.0, WINDOW)
    assert np.allclose(shares / shares[0, 1], WINDOW / WINDOW[0, 1])
    assert np.allclose(gradient(LOG_SUM_EXP, 0.0, WINDOW), 0.25)


def test_they_are_the_modules_of_a_network() -> None:
    maps = np.random.default_rng(2).normal(size=(6, 7))
    module = LPPool2d(kernel_size=3, stride=1, p=4.0)
    assert np.array_equal(pooled(P_NORM, 4.0, maps, 3), module.forward(np.abs(maps)[None, None])[0, 0])
    assert np.allclose(pooled(P_NORM, 4.0, maps, 3), module.forward(maps[None, None])[0, 0], rtol=1e-15)


def test_the_change_is_that_of_the_windows_around() -> None:
    maps = np.random.default_rng(4).normal(size=(8, 8)).astype(np.float32)
    patch, corner = neighbourhood(maps, 3, 2, 2)
    found = sweep(P_NORM, patch, corner, 2)
    place = AMOUNTS[P_NORM].index(2.0)
    around = [
        math.sqrt(float(np.mean(np.square(maps[3 + a : 5 + a, 2 + b : 4 + b], dtype=np.float64))))
        for a in (-1, 0, 1)
        for b in (-1, 0, 1)
    ]
    assert found.values[place] == pytest.approx(around[4])
    assert found.changes[place] == pytest.approx(max(abs(each - around[4]) for each in around) / around[4])
    at_rim, first = neighbourhood(maps, 0, 6, 2)
    assert (at_rim.shape, first) == ((3, 3), (0, 1))


def test_a_window_of_zeros_has_no_share_of_change() -> None:
    assert np.isnan(sweep(P_NORM, np.zeros((3, 3)), (1, 1), 2).changes).all()
