"""The bench of three scores against scipy, and by moving each score."""

from __future__ import annotations

import numpy as np
import pytest
from moments import moment_of
from scipy.special import log_softmax

import convnet_studio.engine.analysis.benches  # noqa: F401
from convnet_studio.engine.analysis.bench_pictures import Bars
from convnet_studio.engine.analysis.benches.logits import Logits

SCORES = ((2.0, 1.0, -1.0), (0.0, 0.0, 0.0), (-20.0, 20.0, 5.0))


@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("right_class", [0, 1, 2])
@pytest.mark.parametrize("shift", [0.0, 10.0, -100.0])
def test_probabilities_loss_and_gradient(scores: tuple[float, ...], right_class: int, shift: float) -> None:
    bench = Logits().turned(scores=scores, right_class="ABC"[right_class], shift=shift)
    by_scipy = log_softmax(scores)
    np.testing.assert_allclose(bench.probabilities(), np.exp(by_scipy), rtol=1e-9)
    assert bench.loss() == pytest.approx(-by_scipy[right_class], abs=1e-9)
    step = 1e-5
    measured = [
        -(log_softmax(np.add(scores, step * unit)) - log_softmax(np.subtract(scores, step * unit)))[right_class]
        / (2 * step)
        for unit in np.eye(3)
    ]
    np.testing.assert_allclose(bench.gradient(), measured, atol=1e-8)
    assert bench.gradient().sum() == pytest.approx(0, abs=1e-12)


def test_the_gradient_is_drawn_when_it_is_asked_for() -> None:
    moment = moment_of("two-one")
    hidden, shown = (next(iter(Logits().turned(shows_gradient=each).pictures(moment))) for each in (False, True))
    assert len(shown) == len(hidden) + 1
    assert isinstance(shown[-1], Bars)
    assert list(shown[-1].values) == ["A", "B (right)", "C"]
    np.testing.assert_array_equal(list(shown[-1].values.values()), Logits().gradient())
