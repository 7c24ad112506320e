"""Exponential, logarithm, sine and cosine of compiled code beside numpy's in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_calls import Bench

from convnet_studio.engine.kernels import curves, formula, norm, per_map
from convnet_studio.engine.kernels.fields import Place


def machine(code: int) -> dict[str, object]:
    """A program of one instruction, of x."""
    program = np.array([code, 0, 0, 0])
    numbers = np.zeros(1, np.float32)
    return {"program": Place(program, 4), "instructions": 1, "constants": Place(numbers, 1), "constant_count": 0,
            "result": 1}  # fmt: skip


def compute(code: int, x: np.ndarray) -> np.ndarray:
    bench = Bench(count=1)
    source, target = bench.buffer(x.size, x[None]), bench.buffer(x.size)
    registers = bench.buffer(64)
    bench.run(formula.formula_forward, x=source, y=target, registers=registers, size=x.size, **machine(code))
    return bench.read(target)[0].copy()


def relative_error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.max(np.abs(found - exact) / np.maximum(np.abs(exact), 1e-37)))


def test_exponentials() -> None:
    x = np.concatenate([np.linspace(-86.9, 88.7, 200_001), np.linspace(-1, 1, 50_001)]).astype(np.float32)
    assert relative_error(compute(formula.CODE.exp, x), np.exp(x.astype(float))) < 3e-7
    edges = np.array([-np.inf, -1e30, -88, 88.8, 1e30, np.inf, np.nan, 0], np.float32)
    np.testing.assert_array_equal(compute(formula.CODE.exp, edges), [0, 0, 0, np.inf, np.inf, np.inf, np.nan, 1])


def test_logarithms() -> None:
    x = np.concatenate([np.geomspace(1.2e-38, 3.4e38, 200_001), np.linspace(0.3, 3, 100_001)]).astype(np.float32)
    exact = np.log(x.astype(float))
    assert np.max(np.abs(compute(formula.CODE.log, x) - exact) / np.maximum(np.abs(exact), 1)) < 3e-7
    near = (1 + np.linspace(-1e-3, 1e-3, 2001)).astype(np.float32)
    assert relative_error(compute(formula.CODE.log, near), np.log(near.astype(float))) < 1e-6
    edges = np.array([0, -1, -np.inf, np.inf, np.nan, 1], np.float32)
    np.testing.assert_array_equal(compute(formula.CODE.log, edges), [-np.inf, np.nan, np.nan, np.inf, np.nan, 0])


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sines(name: str) -> None:
    x = np.concatenate([np.linspace(-30, 30, 200_001), np.linspace(-10_000, 10_000, 100_003)]).astype(np.float32)
    found = compute(getattr(formula.CODE, name), x)
    assert np.max(np.abs(found - getattr(np, name)(x.astype(float)))) < 1e-6
    far = compute(getattr(formula.CODE, name), np.array([1e7, 1e20, -3e38, np.inf, np.nan], np.float32))
    assert np.abs(far[:3]).max() <= 1.001
    assert np.isnan(far[3:]).all()


@pytest.mark.parametrize("curve", range(len(curves.CURVE)))
def test_curves_hand_on_what_is_not_a_number(curve: int) -> None:
    bench = Bench(count=1)
    source, target = bench.buffer(3, np.array([[1.0, np.nan, -2.0]])), bench.buffer(3)
    bench.run(curves.curve_forward, x=source, y=target, size=3, curve=curve, a=1.0, b=1.0)
    assert list(np.isnan(bench.read(target)[0])) == [False, True, False]


def test_softplus_keeps_what_is_small() -> None:
    x = np.linspace(-80, 20, 10_001).astype(np.float32)
    bench = Bench(count=1)
    source, target = bench.buffer(x.size, x[None]), bench.buffer(x.size)
    bench.run(curves.curve_forward, x=source, y=target, size=x.size, curve=curves.CURVE.softplus, a=1.0, b=1.0)
    assert relative_error(bench.read(target)[0], np.logaddexp(0, x.astype(float))) < 1e-6


def test_tanh_shrinkage_keeps_what_is_small() -> None:
    """Where x and tanh x share all their digits the series is the exact one, elsewhere the difference in float64."""
    size = np.concatenate([np.geomspace(1e-9, 0.02, 2001), np.linspace(0.02, 12, 20_001), [1e4, 1e30]])
    x = np.concatenate([-size, size]).astype(np.float32)
    bench = Bench(count=1)
    source, target = bench.buffer(x.size, x[None]), bench.buffer(x.size)
    bench.run(curves.curve_forward, x=source, y=target, size=x.size, curve=curves.CURVE.tanhshrink, a=1.0, b=1.0)
    t = x.astype(float)
    exact = np.where(np.abs(t) < 0.02, t**3 / 3 - 2 * t**5 / 15 + 17 * t**7 / 315, t - np.tanh(t))
    assert relative_error(bench.read(target)[0], exact) < 5e-7


@pytest.mark.parametrize("beta", [0.1, 1.0, 10.0, 500.0])
def test_smooth_shrinkage_keeps_what_is_small(beta: float) -> None:
    size = np.concatenate([np.geomspace(1e-9, 0.4, 5001), np.linspace(0.4, 12, 5001)])
    x = np.concatenate([-size, size]).astype(np.float32)
    bench = Bench(count=1)
    source, target = bench.buffer(x.size, x[None]), bench.buffer(x.size)
    sharpness, threshold = np.full(x.size + 16, beta, np.float32), np.full(x.size + 16, 0.5, np.float32)
    bench.run(
        per_map.smooth_shrink_forward, x=source, y=target, beta=Place(sharpness, x.size),
        threshold=Place(threshold, x.size), least=0.0, size=x.size, period=x.size,
    )  # fmt: skip
    t, b = np.abs(x.astype(float)), float(np.float32(beta))
    exact = np.maximum(t - 0.5, 0) + np.log1p(np.exp(-b * np.abs(t - 0.5)) * -np.expm1(-b * np.minimum(t, 0.5))) / b
    found = bench.read(target)[0]
    seen = exact > 1e-30  # a sharp corner leaves less than float32 can hold
    assert relative_error(found[seen], (np.sign(x) * exact)[seen]) < 1e-7 * max(20, 2 * beta)


@pytest.mark.parametrize("channels", [1, 3, 16, 21])
def test_the_mean_of_nearly_equal_spreads_is_exact(channels: int) -> None:
    """So that which of them are above it is no matter of how many there are, nor of the order they are added in."""
    positions = 3000
    random = np.random.default_rng(channels)
    variance = (0.3 * (1 + 1e-6 * random.random((2, positions, channels)))).astype(np.float32)
    variance[1] = variance[1, 0]
    bench = Bench(count=2)
    source, sigma, inverse = (
        bench.buffer(positions * channels, variance),
        *(bench.buffer(positions * channels) for _ in range(2)),
    )
    c = bench.buffer(channels)
    bench.run(
        norm.divisor, variance=source, sigma=sigma, inverse=inverse, c=c, positions=positions, channels=channels,
        mean=1, threshold=0.0,
    )  # fmt: skip
    spreads, means = bench.read(sigma).reshape(2, positions, channels), bench.read(c)
    np.testing.assert_allclose(means, spreads.mean(axis=1, dtype=float), rtol=6e-8)
    np.testing.assert_array_equal(means[1], spreads[1, 0])
