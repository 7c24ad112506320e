"""Optimizers beside PyTorch's of the same name: 20 steps on random gradients, with penalties, clipping and max-norm."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_networks import small_network

import convnet_studio.engine.nn.optimizers  # noqa: F401 - fills the registry
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer
from convnet_studio.engine.nn.step_plan import Regularization, Rows, Run, StepPlan, plan_for

torch = pytest.importorskip("torch", reason="PyTorch is not installed: parity is left out")
pytestmark = pytest.mark.parity

RATE = 0.1
Maker = Callable[[list[Any]], Any]
optim: Any = torch.optim
CASES: list[tuple[str, dict[str, Any], Maker]] = [
    ("SGD", {"momentum": 0.0}, lambda w: optim.SGD(w, RATE)),
    ("SGD", {"momentum": 0.9}, lambda w: optim.SGD(w, RATE, momentum=0.9)),
    ("SGD", {"momentum": 0.7, "nesterov": True}, lambda w: optim.SGD(w, RATE, momentum=0.7, nesterov=True)),
    ("SGD", {"momentum": 0.6, "order": "Torch7"}, lambda w: optim.SGD(w, RATE, momentum=0.6, dampening=0.6)),
    ("AdaGrad", {}, lambda w: optim.Adagrad(w, RATE)),
    ("RMSProp", {}, lambda w: optim.RMSprop(w, RATE)),
    ("RMSProp", {"alpha": 0.5, "epsilon": 0.01}, lambda w: optim.RMSprop(w, RATE, alpha=0.5, eps=0.01)),
    ("Adam", {}, lambda w: optim.Adam(w, RATE)),
    ("Adam", {"beta1": 0.5, "beta2": 0.9}, lambda w: optim.Adam(w, RATE, betas=(0.5, 0.9))),
    ("ASGD", {"start": 5}, lambda w: optim.ASGD(w, RATE, t0=5)),
    ("ASGD", {"decay": 0.05, "alpha": 0.9}, lambda w: optim.ASGD(w, RATE, lambd=0.05, alpha=0.9, t0=1000)),
]


def assert_close(ours: Array, theirs: Any, tolerance: float = 2e-6) -> None:
    theirs = theirs.detach().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max())


@pytest.mark.parametrize(("kind", "settings", "make"), CASES, ids=lambda each: str(each) if each else "")
def test_twenty_steps(kind: str, settings: dict[str, Any], make: Maker) -> None:
    random = np.random.default_rng(1)
    ours = random.standard_normal(50).astype(np.float32)
    theirs = torch.from_numpy(ours.copy()).requires_grad_()
    rule, rule_theirs = Optimizer.registry[kind](**settings), make([theirs])
    rule.rate = RATE
    for _ in range(20):
        gradient = random.standard_normal(50).astype(np.float32)
        rule.update(ours, gradient)
        theirs.grad = torch.from_numpy(gradient.copy())
        rule_theirs.step()
        assert_close(ours, theirs)
    if kind == "ASGD":
        assert_close(rule.answer(ours), rule_theirs.state[theirs]["ax"])


@pytest.mark.parametrize("kind", ["SGD", "AdaGrad", "RMSProp", "Adam"])
def test_l2_clipping_and_rates_of_modules_are_pytorchs_parameter_groups(kind: str) -> None:
    random = np.random.default_rng(2)
    ours = random.standard_normal(60).astype(np.float32)
    a, b, c = (torch.from_numpy(ours[start : start + 20].copy()).requires_grad_() for start in (0, 20, 40))
    rule = Optimizer.registry[kind]()
    rule.rate = RATE
    limits = Regularization(l2=0.03, clip_norm=2.0)
    network_plan = StepPlan((Run(0, 20, 1.0), Run(40, 60, 0.25)), (), limits)
    rule.plan = StepPlan(network_plan.runs, _rows_of(network_plan), limits)
    groups = [{"params": [a]}, {"params": [c], "lr": RATE / 4}]
    extra = {"momentum": 0.9} if kind == "SGD" else {}
    name = {"AdaGrad": "Adagrad", "RMSProp": "RMSprop"}.get(kind, kind)
    rule_theirs = getattr(optim, name)(groups, lr=RATE, weight_decay=0.03, **extra)
    for _ in range(20):
        gradient = random.standard_normal(60).astype(np.float32)
        rule.update(ours, gradient)
        for number, each in enumerate((a, b, c)):
            each.grad = torch.from_numpy(gradient[20 * number : 20 * number + 20].copy())
        torch.nn.utils.clip_grad_norm_([a, c], 2.0)
        rule_theirs.step()
        for number, each in enumerate((a, b, c)):
            assert_close(ours[20 * number : 20 * number + 20], each, 1e-5)


def _rows_of(plan: StepPlan) -> tuple[Any, ...]:
    return tuple(Rows(run.start, 4, 5, run.factor) for run in plan.runs)


def test_clipping_is_that_of_clip_grad_norm() -> None:
    gradients = np.random.default_rng(3).standard_normal(40).astype(np.float32)
    for limit in (0.5, 2.0, 100.0):
        theirs = torch.zeros(40, requires_grad=True)
        theirs.grad = torch.from_numpy(gradients.copy())
        norm = torch.nn.utils.clip_grad_norm_([theirs], limit)
        plan = StepPlan((Run(0, 40, 1.0),), (), Regularization(clip_norm=limit))
        assert plan.norm(gradients) == pytest.approx(float(norm), rel=1e-6)
        assert_close(plan.prepared(np.zeros(40, np.float32), gradients), theirs.grad, 1e-6)


def test_max_norm_is_renorm_of_each_unit() -> None:
    network = small_network()
    plan = plan_for(network, {}, Regularization(max_norm=0.4))
    theirs = {
        (module_id, name): torch.from_numpy(each.value.copy())
        for module_id in network.slices
        for name, each in network.parameters_of(module_id).items()
    }
    plan.finish(network.parameters, 0.1)
    for (module_id, name), before in theirs.items():
        after = network.parameters_of(module_id)[name].value
        expected = torch.renorm(before, 2, 0, 0.4) if name == "weight" else before
        np.testing.assert_allclose(after, expected.numpy(), rtol=1e-5, atol=1e-7)


class Bowl:
    """A loss on a vector in float64, asked by our optimizers and by PyTorch's alike."""

    def __init__(self, value: Callable[[Any], Any], start: list[float]) -> None:
        self._value = value
        self.ours = np.array(start)
        self.gradient = np.zeros_like(self.ours)
        self.theirs = torch.tensor(start, dtype=torch.float64, requires_grad=True)

    def evaluate(self) -> float:
        point = torch.from_numpy(self.ours).requires_grad_()
        value = self._value(point)
        (gradient,) = torch.autograd.grad(value, point)
        self.gradient[...] = gradient.numpy()
        return float(value.detach())

    def step(self, rule: Optimizer) -> float:
        loss = self.evaluate()
        rule.update(self.ours, self.gradient, MiniBatch(loss, self.evaluate))
        return loss

    def step_theirs(self, rule: Any) -> None:
        def closure() -> Any:
            rule.zero_grad()
            value = self._value(self.theirs)
            value.backward()
            return value

        rule.step(closure)


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quadratic(x: Any) -> Any:
    scales = torch.linspace(1, 100, len(x), dtype=x.dtype)
    return 0.5 * (scales * (x - 3) ** 2).sum()


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("history", [3, 10])
def test_lbfgs_without_a_search_is_pytorchs_step_by_step(iterations: int, history: int) -> None:
    bowl = Bowl(quadratic, [float(x) for x in np.random.default_rng(4).standard_normal(12)])
    ours = Optimizer.registry["LBFGS"](history=history, iterations=iterations, line_search="none")
    ours.rate = 0.5
    theirs = optim.LBFGS(
        [bowl.theirs], lr=0.5, max_iter=iterations, max_eval=99, history_size=history, tolerance_change=0
    )
    for _ in range(20):
        bowl.step(ours)
        bowl.step_theirs(theirs)
        assert_close(bowl.ours, bowl.theirs, 1e-8)


@pytest.mark.parametrize("dimensions", [2, 6])
def test_lbfgs_finds_the_minimum_of_rosenbrocks_valley(dimensions: int) -> None:
    bowl = Bowl(rosenbrock, [-1.2, 1.0] * (dimensions // 2))
    rule = Optimizer.registry["LBFGS"](iterations=10)
    rule.rate = 1.0
    losses = [bowl.step(rule) for _ in range(20)]
    theirs = optim.LBFGS([bowl.theirs], lr=1, max_iter=10, line_search_fn="strong_wolfe", history_size=10)
    for _ in range(20):
        bowl.step_theirs(theirs)
    np.testing.assert_allclose(bowl.ours, 1, atol=1e-5)
    assert_close(bowl.ours, bowl.theirs, 1e-4)
    assert all(later <= earlier for earlier, later in itertools.pairwise(losses))


def test_lbfgs_counts_l2_into_what_it_minimises_and_leaves_frozen_numbers() -> None:
    bowl = Bowl(quadratic, [5.0] * 8)
    rule = Optimizer.registry["LBFGS"](iterations=1)
    rule.rate = 10.0  # far too long a first step: the search has to come back
    rule.plan = plan = StepPlan((Run(0, 6, 1.0),), (Rows(0, 2, 3, 1.0),), Regularization(l2=500.0))
    whole = []
    for _ in range(30):
        whole.append(bowl.evaluate() + plan.penalty(bowl.ours))
        bowl.step(rule)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(whole))
    scales = np.linspace(1, 100, 8)
    expected = np.where(np.arange(8) < 6, 3 * scales / (scales + 500), 5)
    np.testing.assert_allclose(bowl.ours, expected, rtol=1e-5)
