"""LeCun's tanh, ten layers, shifted inputs, normalised inputs: closed forms, PyTorch where it is there, and facts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convnet_studio.engine.analysis.benches import deep_stack, normalised_inputs, shifted_inputs
from convnet_studio.engine.analysis.benches.deep_stack import DeepStack
from convnet_studio.engine.analysis.benches.normalised_inputs import NormalisedInputs
from convnet_studio.engine.analysis.benches.shifted_inputs import ShiftedInputs
from convnet_studio.engine.analysis.benches.squash import Squash


def test_the_bend_peaks_where_tanh_squared_is_a_third() -> None:
    assert Squash().most_bent() == pytest.approx(1.5 * math.atanh(1 / math.sqrt(3)), abs=1e-4)
    x = 0.7
    tanh = math.tanh(2 * x / 3)
    assert Squash(x=x).slope() == pytest.approx(1.7159 * 2 / 3 * (1 - tanh**2))
    assert Squash(x=x).bend() == pytest.approx(-2 * tanh * (1 - tanh**2) * 1.7159 * 4 / 9, rel=1e-5)


def test_gradients_of_ten_layers_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    gain, width = 1.2, deep_stack.WIDTH
    random = np.random.default_rng(deep_stack.SEED)
    y = torch.tensor(random.normal(size=(deep_stack.SAMPLES, width)))
    outputs = []
    for _ in range(deep_stack.LAYERS):
        y = torch.tanh(y @ torch.tensor(random.normal(scale=gain / math.sqrt(width), size=(width, width))).T)
        y.requires_grad_() if not outputs else y.retain_grad()
        outputs.append(y)
    y.backward(torch.tensor(random.normal(size=tuple(y.shape))))
    ratio = float(outputs[0].grad.norm() / outputs[-1].grad.norm())
    bench = DeepStack(gain=gain)
    assert bench.gradient_ratio() == pytest.approx(ratio, rel=1e-9)
    assert bench.last_spread() == pytest.approx(float(y.std(correction=0)), rel=1e-9)


def test_a_balanced_gain_balances_and_others_do_not() -> None:
    assert DeepStack(gain=DeepStack().balanced_gain()).gradient_ratio() == pytest.approx(1.0, abs=1e-3)
    assert DeepStack(gain=0.3).last_spread() < 1e-4
    assert DeepStack(gain=4.0).saturated() > 0.5


def test_weights_of_leaning_inputs_move_together() -> None:
    samples = range(10)
    assert all(ShiftedInputs(shift=5.0, sample=each).same_sign() == 1 for each in samples)
    assert np.mean([ShiftedInputs(sample=each).same_sign() for each in samples]) < 0.7
    gradient = ShiftedInputs(shift=1.0)._gradient
    weights = np.random.default_rng(shifted_inputs.SEED).normal(size=12) / np.sqrt(12)
    x = ShiftedInputs(shift=1.0)._inputs
    moved = [weights + 1e-6 * np.eye(12)[i] for i in range(12)]
    slopes = [(0.5 * (w @ x - 1) ** 2 - 0.5 * (weights @ x - 1) ** 2) / 1e-6 for w in moved]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-5)


def test_normalised_inputs_are_faster_for_every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (1, 2, 3):
        monkeypatch.setattr(normalised_inputs, "SEED", seed)
        normalised_inputs._curve.cache_clear()
        bench = NormalisedInputs()
        raw = bench.raw_epochs()
        assert bench.normalised_epochs() < (99 if math.isnan(raw) else raw)
    normalised_inputs._curve.cache_clear()
