"""Learning rates and curvature, against the closed form of descent on a quadratic and the paper's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convnet_studio.engine.analysis.benches.curvature import EACH, START, WHITENED, CurvatureBench, problem


def test_the_hessian_is_that_of_the_papers_example() -> None:
    bench = CurvatureBench()
    assert bench.larger_eigenvalue() == pytest.approx(0.84, abs=0.005)  # Efficient BackProp, section 5.3
    assert bench.smaller_eigenvalue() == pytest.approx(0.036, abs=0.0005)
    assert bench.largest_rate() == pytest.approx(2.38, abs=0.02)
    assert CurvatureBench(inputs=WHITENED).condition() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("rate", [0.3, 1.19, 2.3, 2.6])
def test_descent_follows_the_closed_form(rate: float) -> None:
    set_up = problem("as they are")
    values, axes = np.linalg.eigh(set_up.hessian)
    off = axes.T @ (np.array(START) - set_up.best)
    steps = 25
    left = 0.5 * np.sum(values * ((1 - rate * values) ** steps * off) ** 2)
    bench = CurvatureBench(rate=rate, steps=steps)
    assert bench.loss() - set_up.least == pytest.approx(left, rel=1e-8)
    assert (bench.excess() > 1) == (rate > bench.largest_rate())


def test_the_flat_direction_halves_as_the_logarithm_says() -> None:
    bench = CurvatureBench(rate=1.19)
    assert bench.halving_steps() == math.ceil(math.log(0.5) / math.log(1 - 1.19 * bench.smaller_eigenvalue()))
    assert math.isnan(CurvatureBench(rate=0.01).halving_steps()) or CurvatureBench(rate=0.01).halving_steps() > 500


def test_rates_of_each_weight_are_faster_and_batches_are_noisier() -> None:
    assert CurvatureBench(rate=1.0, rates=EACH).steps_to_arrive() < CurvatureBench(rate=1.0).steps_to_arrive()
    set_up = problem("as they are")
    single = (set_up.inputs @ np.array(START) - set_up.targets)[:, None] * set_up.inputs
    for batch in (4, 16):
        assert CurvatureBench(batch=batch).noise() == pytest.approx(single.std(0).max() / math.sqrt(batch), rel=0.08)
