"""Optimizers and step plans against recurrences and closed forms written down here."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_networks import small_network
from scipy.optimize import minimize

import convnet_studio.engine.nn.optimizers  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.line_search import CURVATURE, SUFFICIENT, Point, strong_wolfe
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer
from convnet_studio.engine.nn.step_plan import Regularization, Rows, Run, StepPlan, plan_for


def test_torch7s_order_is_that_of_optim_sgd() -> None:
    """optim.sgd: dfdx += wd x; v = dfdx at first, then μ v + (1 - damp) dfdx, damp = μ; clr = lr / (1 + n lrd)."""
    random, rate, momentum, decay, fall = np.random.default_rng(5), 0.3, 0.8, 0.02, 0.1
    ours = random.standard_normal(12)
    x, v = ours.copy(), None
    rule = Optimizer.registry["SGD"](momentum=momentum, order="Torch7")
    rule.plan = StepPlan((Run(0, 12, 1.0),), (Rows(0, 3, 4, 1.0),), Regularization(l2=decay))
    for n in range(20):
        gradient = random.standard_normal(12)
        dfdx = gradient + decay * x
        v = dfdx.copy() if v is None else momentum * v + (1 - momentum) * dfdx
        x -= rate / (1 + n * fall) * v
        rule.rate = rate / (1 + n * fall)
        rule.update(ours, gradient)
        np.testing.assert_allclose(ours, x, rtol=1e-12)


def test_the_curriculums_trace_of_two_steps() -> None:
    rule = Optimizer.registry["SGD"](momentum=0.9, order="Torch7")
    rule.rate = 1.0
    w, path = np.zeros(1), []
    for gradient in (2.0, 2.0, 0.0):
        before = w.copy()
        rule.update(w, np.array([gradient]))
        path.append(float((before - w)[0]))
    assert path == pytest.approx([2.0, 2.0, 1.8])  # v₁ = g, v₂ = 0.9 g + 0.1 g


def test_l1_is_the_soft_threshold_and_finds_the_lasso_of_independent_numbers() -> None:
    target = np.array([2.0, -1.5, 0.3, -0.2, 0.0, 0.51])
    w = np.zeros(6)
    rule = Optimizer.registry["SGD"](momentum=0.0)
    rule.rate = 0.3
    rule.plan = StepPlan((Run(0, 6, 1.0),), (Rows(0, 2, 3, 1.0),), Regularization(l1=0.5))
    for _ in range(200):
        rule.update(w, w - target)
    expected = np.sign(target) * np.maximum(np.abs(target) - 0.5, 0)
    np.testing.assert_allclose(w, expected, atol=1e-12)
    assert np.count_nonzero(w) == 3  # exact zeros


def test_l2_ends_at_ridge_regression() -> None:
    random = np.random.default_rng(6)
    x, y = random.standard_normal((40, 5)), random.standard_normal(40)
    w = np.zeros(5)
    rule = Optimizer.registry["SGD"](momentum=0.5)
    rule.rate = 0.2
    rule.plan = StepPlan((Run(0, 5, 1.0),), (Rows(0, 1, 5, 1.0),), Regularization(l2=0.1))
    for _ in range(2000):
        rule.update(w, x.T @ (x @ w - y) / 40)
    np.testing.assert_allclose(w, np.linalg.solve(x.T @ x / 40 + 0.1 * np.eye(5), x.T @ y / 40), rtol=1e-9)


def test_penalties_and_bounds_act_on_weights_alone() -> None:
    network = small_network()
    before = network.parameters.copy()
    plan = plan_for(network, {}, Regularization(l1=1e3, l2=1.0, max_norm=0.1))
    changed = plan.prepared(network.parameters, np.zeros_like(before)) != 0
    plan.finish(network.parameters, 0.01)
    for module_id in network.slices:
        weight, bias = (network.parameters_of(module_id)[name].value for name in ("weight", "bias"))
        assert not weight.any()
        np.testing.assert_array_equal(bias.ravel(), before[_places(network, bias)])
        assert not changed[_places(network, bias)].any()
        assert changed[_places(network, weight)].all()


def _places(network: object, array: np.ndarray) -> slice:
    whole = network.parameters  # type: ignore[attr-defined]
    start = (array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]) // array.itemsize
    return slice(start, start + array.size)


@pytest.mark.parametrize("kind", list(Optimizer.registry))
def test_a_frozen_module_stays_and_another_moves_by_its_own_rate(kind: str) -> None:
    network = small_network({"conv": Learning(frozen=True), "fc": Learning(rate=0.0)})
    rule = Optimizer.registry[kind]()
    rule.rate, rule.plan = 0.1, plan_for(network, {"conv": Learning(frozen=True)}, Regularization(l1=0.1, max_norm=0.1))
    before, gradients = network.parameters.copy(), np.ones_like(network.parameters)
    rule.update(network.parameters, gradients)
    conv, fc = network.slices["conv"], network.slices["fc"]
    np.testing.assert_array_equal(network.parameters[conv], before[conv])
    assert (network.parameters[fc] != before[fc]).any()
    assert not plan_for(network, network.learning, Regularization()).runs


def test_a_module_added_later_starts_adam_from_its_own_beginning() -> None:
    rule = Optimizer.registry["Adam"]()
    rule.rate = 0.1
    w = np.zeros(2)
    for _ in range(50):
        rule.update(w, np.ones(2))
    for vector in rule.state.values():
        vector[1] = 0  # as an edit of the network does for new parameters
    w[1] = 0
    rule.update(w, np.ones(2))
    assert w[1] == pytest.approx(-0.1, rel=1e-6)


def test_the_average_of_asgd_is_the_mean_of_the_path() -> None:
    rule = Optimizer.registry["ASGD"](decay=0.0, start=3)
    rule.rate = 0.1
    w, path, random = np.zeros(4), [], np.random.default_rng(7)
    for _ in range(20):
        rule.update(w, random.standard_normal(4))
        path.append(w.copy())
    np.testing.assert_allclose(rule.answer(w), np.mean(path[4:], axis=0), rtol=1e-12)


def test_lbfgs_reaches_scipys_minimum_of_a_logistic_regression() -> None:
    random = np.random.default_rng(8)
    x, labels = random.standard_normal((60, 5)), random.choice([-1.0, 1.0], 60)

    def value(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = labels * (x @ w)
        slope = -labels / (1 + np.exp(margin)) / 60
        return float(np.log1p(np.exp(-margin)).mean() + 0.05 * w @ w), x.T @ slope + 0.1 * w

    w, gradients = np.zeros(5), np.zeros(5)

    def evaluate() -> float:
        loss, gradients[...] = value(w)
        return loss

    rule = Optimizer.registry["LBFGS"](iterations=30)
    rule.rate = 1.0
    for _ in range(3):
        rule.update(w, gradients, MiniBatch(evaluate(), evaluate))
    expected = minimize(value, np.zeros(5), jac=True, method="L-BFGS-B", options={"gtol": 1e-10, "ftol": 0})
    np.testing.assert_allclose(w, expected.x, rtol=1e-5)


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 50.0])
def test_a_line_search_ends_where_the_strong_wolfe_conditions_hold(first: float) -> None:
    def phi(t: float) -> Point:  # Moré and Thuente (1994), function 1 with β = 2
        return Point(t, -t / (t**2 + 2), (t**2 - 2) / (t**2 + 2) ** 2)

    start = phi(0.0)
    end = strong_wolfe(phi, start, first)
    assert end.loss <= start.loss + SUFFICIENT * end.t * start.slope
    assert abs(end.slope) <= -CURVATURE * start.slope


def test_a_line_search_backs_away_from_what_is_no_number() -> None:
    def phi(t: float) -> Point:
        return Point(t, float("nan"), float("nan")) if t > 0.2 else Point(t, (t - 0.15) ** 2, 2 * (t - 0.15))

    assert 0 < strong_wolfe(phi, phi(0.0), 1.0).t <= 0.2
