"""Initialisers: moments, bounds, right angles and closed forms; the default is what it was."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from drawn_networks import small_network

from convnet_studio.engine.nn.initializers import INITIALIZERS, initialize, suits
from convnet_studio.engine.nn.learning import Learning

SHAPE, FAN_IN = (64, 32, 5, 5), 32 * 25


def drawn(name: str, shape: tuple[int, ...] = SHAPE, fan_in: int = FAN_IN, seed: int = 3) -> np.ndarray:
    return INITIALIZERS[name](np.random.default_rng(seed), shape, fan_in)


@pytest.mark.parametrize(
    ("name", "variance", "bound", "kurtosis"),
    [
        ("Torch", 1 / (3 * FAN_IN), 1 / math.sqrt(FAN_IN), 1.8),
        ("LeCun", 1 / FAN_IN, math.inf, 3.0),
        ("Glorot", 2 / (FAN_IN + 64 * 25), math.sqrt(6 / (FAN_IN + 64 * 25)), 1.8),
        ("He", 2 / FAN_IN, math.inf, 3.0),
        ("uniform", 0.01 / 3, 0.1, 1.8),
    ],
)
def test_moments(name: str, variance: float, bound: float, kurtosis: float) -> None:
    weights = drawn(name).ravel()
    assert abs(weights.mean()) < 4 * math.sqrt(variance / weights.size)
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert (weights**4).mean() / weights.var() ** 2 == pytest.approx(kurtosis, rel=0.05)
    assert np.abs(weights).max() <= bound


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (8, 3, 5, 5)])
def test_orthogonal_rows_or_columns_have_length_1_at_right_angles(shape: tuple[int, ...]) -> None:
    matrix = drawn("orthogonal", shape).reshape(shape[0], -1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_sign() -> None:
    corners = [drawn("orthogonal", (3, 3), seed=seed)[0, 0] for seed in range(400)]
    assert abs(np.mean(corners)) < 4 / math.sqrt(3 * 400)


@pytest.mark.parametrize("shape", [(8, 1, 5, 5), (16, 3, 9, 9), (64, 3, 11, 11), (6, 2, 3, 3), (5, 1, 4, 4)])
def test_gabor_filters_have_no_mean_length_1_and_are_all_different(shape: tuple[int, ...]) -> None:
    bank = drawn("Gabor", shape)
    np.testing.assert_allclose(bank.mean(axis=(2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(np.square(bank).sum(axis=(1, 2, 3)), 1)
    np.testing.assert_array_equal(bank, drawn("Gabor", shape, seed=9))  # nothing is drawn
    flat = bank.reshape(shape[0], -1)
    likeness = np.abs(flat[:48] @ flat[:48].T) - np.eye(len(flat[:48]))
    assert likeness.max() < 0.999


def test_even_and_odd_gabor_filters_are_even_and_odd_and_prefer_their_own_stripes() -> None:
    bank = drawn("Gabor", (8, 1, 9, 9))[:, 0]
    np.testing.assert_allclose(bank[0::2], bank[0::2, ::-1, ::-1], atol=1e-12)
    np.testing.assert_allclose(bank[1::2], -bank[1::2, ::-1, ::-1], atol=1e-12)
    x = np.arange(9) - 4
    upright = np.broadcast_to(np.cos(2 * np.pi * x / 4.5), (9, 9))
    answers = [abs(float((each * upright).sum())) for each in bank[0::2]]
    assert np.argmax(answers) == 0  # u runs along the rows: stripes stand upright
    assert answers[0] > 10 * answers[2]


def test_the_default_is_uniform_for_weights_and_biases_from_the_modules_own_stream() -> None:
    network = small_network(seed=7)
    for module_id, fan_in in (("conv", 75), ("fc", 150)):
        random = np.random.default_rng([7, zlib.crc32(module_id.encode())])
        for each in network.parameters_of(module_id).values():
            expected = random.uniform(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), each.value.shape)
            np.testing.assert_array_equal(each.value, expected.astype(np.float32))


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "Torch"])
def test_a_chosen_rule_draws_the_weights_of_its_module_and_sets_biases_to_0(name: str) -> None:
    plain, chosen = small_network(), small_network({"conv": Learning(initializer=name, scale=2.0)})
    conv = chosen.parameters_of("conv")
    random = np.random.default_rng([1, zlib.crc32(b"conv")])
    expected = 2 * INITIALIZERS[name](random, conv["weight"].value.shape, 75)
    np.testing.assert_array_equal(conv["weight"].value, expected.astype(np.float32))
    assert not conv["bias"].value.any()
    fc = chosen.slices["fc"]
    np.testing.assert_array_equal(chosen.parameters[fc], plain.parameters[fc])


def test_where_gabor_has_no_meaning_torchs_rule_draws() -> None:
    assert not suits("Gabor", (10, 20))
    assert not suits("Gabor", (8, 3, 1, 1))
    network = small_network({"fc": Learning(initializer="Gabor")})
    initialize(network, 1)
    weight = network.parameters_of("fc")["weight"].value
    assert weight.std() == pytest.approx(1 / math.sqrt(3 * 150), rel=0.1)
