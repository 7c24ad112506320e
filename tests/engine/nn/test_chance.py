"""What modules draw: reproducible, independent of how samples are grouped, and as likely as it should be."""

from __future__ import annotations

import numpy as np
import pytest

from convnet_studio.engine.nn.chance import BITS, Chance, Clock
from convnet_studio.engine.nn.gradient_check import check_module
from convnet_studio.engine.nn.modules.dropout import Dropout


def clock_at(seed: int, step: int) -> Clock:
    clock = Clock()
    clock.seed, clock.step, clock.is_training = seed, step, True
    return clock


def test_the_hash_is_splitmix64() -> None:
    """The published generator (Vigna's splitmix64.c) begins e220a8397b1dcdaf, 6e789e6aa1b965f4 from seed 0."""
    drawn = Chance(Clock(), 0).draw(1, 2)[0]

    def mixed(state: int) -> int:
        mask = (1 << 64) - 1
        z = (state + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    assert mixed(0) == 0xE220A8397B1DCDAF
    assert mixed(0x9E3779B97F4A7C15) == 0x6E789E6AA1B965F4
    state = mixed(mixed(mixed(mixed(0))))
    expected = [mixed((state + unit * 0x9E3779B97F4A7C15) & ((1 << 64) - 1)) >> 40 for unit in range(2)]
    assert drawn.tolist() == expected


def test_samples_draw_the_same_alone_and_together() -> None:
    chance = Chance(clock_at(3, 5), 77)
    together = chance.draw(6, 10)
    chance.first = 4
    np.testing.assert_array_equal(chance.draw(2, 10), together[4:])
    np.testing.assert_array_equal(chance.draw(2, 4), together[4:, :4])


def test_seed_step_module_sample_and_unit_all_count() -> None:
    rows = [
        Chance(clock_at(seed, step), key).draw(2, 64)
        for seed, step, key in ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2))
    ]
    flat = np.concatenate([each.ravel() for each in rows])
    assert len(np.unique(flat)) > len(flat) - 3
    assert flat.min() >= 0
    assert flat.max() < 1 << BITS


def test_numbers_are_even() -> None:
    drawn = Chance(clock_at(1, 1), 1).draw(100, 1000) / (1 << BITS)
    assert drawn.mean() == pytest.approx(0.5, abs=0.005)
    counts, _ = np.histogram(drawn, 16, (0, 1))
    assert np.abs(counts - 6250).max() < 5 * np.sqrt(6250)
    neighbours = np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.02


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.95])
def test_dropout_silences_so_many_and_keeps_the_mean(p: float) -> None:
    module = Dropout(p=p)
    module.chance = Chance(clock_at(1, 0), 5)
    x = np.ones((100, 4, 10, 10))
    y = module.forward(x)
    assert (y == 0).mean() == pytest.approx(p, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(y > 0, module.mask(100, (4, 10, 10)))
    np.testing.assert_allclose(y[y > 0], 1 / (1 - p))


def test_the_gradient_of_dropout_is_exact_given_its_mask() -> None:
    module = Dropout(p=0.4)
    module.chance = Chance(clock_at(2, 9), 5)
    check = check_module(module, np.random.default_rng(0).standard_normal((3, 2, 4, 4)))
    assert check.relative_error < 1e-6, check


def test_dropout_does_nothing_but_in_training() -> None:
    module = Dropout()
    x = np.random.default_rng(0).standard_normal((2, 5))
    np.testing.assert_array_equal(module.forward(x), x)
    np.testing.assert_array_equal(module.backward(x), x)
