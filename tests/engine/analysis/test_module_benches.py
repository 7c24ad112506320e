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
    assert bench.count(moment) == 6
    module = moment.run.network.nodes["m3"].module
    by_numpy = np.tanh(moment.picture.reshape(-1) @ module.weight.value.T + module.bias.value)
    shown = next(iter(bench.turned(lines=6).pictures(moment)))
    assert isinstance(shown[0], Code)
    assert isinstance(shown[1], Numbers)
    np.testing.assert_allclose(shown[1].values, [by_numpy, by_numpy], rtol=1e-6)
    assert shown[0].lines[2] == "out_linear = linear.forward(out_flatten)"
    assert len(next(iter(bench.turned(lines=5).pictures(moment)))) == 1, "nothing is compared before the last line"


def test_a_walk_s_length_is_that_of_the_network() -> None:
    moment = moment_of("three-two")
    assert (Backprop().to_loss(moment), Backprop().to_end(moment)) == (4, 8)
