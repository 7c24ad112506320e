"""The benches on single modules: against closed forms, scipy, and sums done with numpy."""

from __future__ import annotations

import numpy as np
import pytest
from moments import moment_of

import convnet_studio.engine.analysis.benches  # noqa: F401
from convnet_studio.engine.analysis.bench_pictures import Code, Numbers, Rows, Words
from convnet_studio.engine.analysis.benches.backprop import Backprop
from convnet_studio.engine.analysis.benches.by_hand import ByHand
from convnet_studio.engine.analysis.benches.gradient_check import MODULES, GradientCheck

CURVES = {
    "Tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "ReLU": (lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "Abs": (abs, np.sign),
    "Softshrink": (lambda x: np.sign(x) * max(abs(x) - 0.5, 0), lambda x: float(abs(x) > 0.5)),
    "L2 pool": (lambda x: np.sqrt(x * x + 0.75), lambda x: x / np.sqrt(x * x + 0.75)),
}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("x", [-1.3, -0.2, 0.3, 1.7])
def test_value_and_slope_are_the_closed_form_s_and_pass(module: str, x: float) -> None:
    bench = GradientCheck().turned(module=module, x=x, others=0.5)
    curve, slope = CURVES[module]
    assert bench.value() == pytest.approx(curve(x), abs=1e-12)
    assert bench.slope() == pytest.approx(slope(x), abs=1e-9)
    assert (bench.passes(), bench.is_kink()) == (1, 0)


@pytest.mark.parametrize(("module", "x"), [("ReLU", 0.0), ("Abs", 0.0), ("L2 pool", 0.0), ("Softshrink", 0.5)])
def test_kinks_are_told_from_mistakes(module: str, x: float) -> None:
    bench = GradientCheck().turned(module=module, x=x)
    assert (bench.passes(), bench.is_kink()) == (0, 1)
    badge = next(iter(bench.pictures(moment_of("two-one"))))[0]
    assert isinstance(badge, Words)
    assert "kink" in badge.text


def test_a_pool_over_nothing_hands_back_nothing_instead_of_no_number() -> None:
    bench = GradientCheck().turned(module="L2 pool", x=0.0)
    assert bench.slope() == 0
    assert (bench.left(), bench.right()) == pytest.approx((-1, 1))
    table = next(iter(bench.pictures(moment_of("two-one"))))[2]
    assert isinstance(table, Rows)
    assert table.rows[-1] == ("formula x / y", "0 / 0, no number")


def test_the_program_by_hand_says_what_numpy_says() -> None:
    moment = moment_of("three-two")
    bench = ByHand()
    assert bench.gap(moment) == 0
    assert bench.count(moment) == 7
    module = moment.run.network.nodes["m3"].module
    by_numpy = np.tanh(moment.picture.reshape(-1) @ module.weight.value.T + module.bias.value)
    np.testing.assert_allclose(bench.kept(moment), by_numpy, rtol=1e-6)
    shown = next(iter(bench.turned(lines=7).pictures(moment)))
    assert isinstance(shown[0], Code)
    assert isinstance(shown[2], Numbers)
    np.testing.assert_allclose(shown[2].values, [by_numpy, by_numpy], rtol=1e-6)
    assert shown[0].lines[2] == "out_linear = linear.forward(out_flatten)"
    assert len(next(iter(bench.turned(lines=6).pictures(moment)))) == 1, "nothing is compared before the last line"


def test_each_module_keeps_the_output_and_the_gradient_of_the_last_sample() -> None:
    moment = moment_of("three-two")
    module = moment.run.network.nodes["m3"].module
    for sample, (x, label) in enumerate((([0.5, -1.0, 1.0], 0), ([1.0, 0.5, -0.5], 1)), 1):
        bench = ByHand().turned(lines=7, sample=sample)
        weights = module.weight.value.astype(np.float64)
        out = np.tanh(weights @ x + module.bias.value)
        by_input = (out - np.eye(2)[label]) * (1 - out * out) @ weights
        np.testing.assert_allclose(bench.kept(moment), out, rtol=1e-6)
        table = next(iter(bench.pictures(moment)))[1]
        assert isinstance(table, Rows)
        name, kept, gradient = table.rows[2]
        assert name == "linear"
        np.testing.assert_allclose([float(each) for each in gradient[1:-1].split(", ")], by_input, rtol=1e-3)
        assert kept == str([float(f"{each:.4g}") for each in np.arctanh(out)])
    with pytest.raises(ValueError, match="4 samples"):
        ByHand().turned(sample=5).kept(moment)


def test_a_walk_s_length_is_that_of_the_network() -> None:
    moment = moment_of("three-two")
    assert (Backprop().to_loss(moment), Backprop().to_end(moment)) == (4, 8)
