"""Updates: compiled rules, penalties, bounds and frozen modules follow the numpy code, in one call and one by one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from small_networks import EXAMPLES, LENET, chain, data, make

from convnet_studio.engine.nn.initializers import initialize
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.step_plan import Regularization, plan_for
from convnet_studio.engine.program import CompiledProgram, Program, ReferenceProgram

CONV, FC = "1 Conv2d", "8 Linear"
PLAIN = Regularization()
ALL = Regularization(l1=1e-3, l2=0.01, max_norm=0.8, clip_norm=0.7)
LEARNING = {CONV: Learning(rate=2.0), "4 Conv2d": Learning(frozen=True), FC: Learning(rate=0.5)}
RULES: list[tuple[str, dict[str, Any], float]] = [
    ("SGD", {}, 0.05),
    ("SGD", {"nesterov": True, "momentum": 0.8}, 0.05),
    ("SGD", {"order": "Torch7"}, 0.2),
    ("AdaGrad", {}, 0.01),
    ("RMSProp", {}, 0.001),
    ("Adam", {"epsilon": 1e-4}, 0.003),
    ("ASGD", {"start": 3}, 0.05),
    ("LBFGS", {"iterations": 2}, 0.5),
]
COMPILED = {"SGD", "AdaGrad", "RMSProp", "Adam"}
each_rule = pytest.mark.parametrize(("kind", "settings", "rate"), RULES, ids=lambda each: str(each))


def trained(
    kind: type[Program], rule: Optimizer, learning: dict[str, Learning], limits: Regularization, rates: list[float]
) -> tuple[Network, list[float]]:
    network = chain(LENET, (1, 28, 28))
    network.learning = learning
    program = kind(network, 8)  # type: ignore[call-arg]
    program.set_data(*data(network))
    rule.plan = plan_for(network, learning, limits)
    order = np.random.default_rng(3).integers(0, EXAMPLES, 8 * len(rates))
    losses = [each.loss for each in program.steps(order, 8, rates, rule)]
    program.close()
    return network, losses


@each_rule
@pytest.mark.parametrize("limits", [PLAIN, ALL], ids=["plain", "held back"])
@pytest.mark.parametrize("learning", [{}, LEARNING], ids=["alike", "own rates"])
def test_steps_follow_numpy(
    kind: str, settings: dict[str, Any], rate: float, limits: Regularization, learning: dict[str, Learning]
) -> None:
    steps = 5 if kind == "LBFGS" else 12  # its differences of gradients magnify rounding
    rates = [rate * (1 - step / 20) for step in range(steps)]
    results = []
    for program in (CompiledProgram, ReferenceProgram):
        rule = Optimizer.registry[kind](**settings)
        network, losses = trained(program, rule, learning, limits, rates)
        results.append((network.parameters, losses, rule.state))
        assert rule.rate == rates[-1]
    (ours, own_losses, state), (theirs, losses, expected) = results
    np.testing.assert_allclose(own_losses, losses, rtol=1e-4)
    np.testing.assert_allclose(ours, theirs, atol=2e-4)
    assert state.keys() == expected.keys()
    if kind in COMPILED:
        for name, vector in state.items():
            np.testing.assert_allclose(vector, expected[name], atol=1e-4 * max(1, np.abs(expected[name]).max()))
    if learning:
        start, network = chain(LENET, (1, 28, 28)), chain(LENET, (1, 28, 28))
        frozen = network.slices["4 Conv2d"]
        np.testing.assert_array_equal(ours[frozen], start.parameters[frozen])
        assert (ours[network.slices[CONV]] != start.parameters[network.slices[CONV]]).all()


@pytest.mark.parametrize("kind", sorted(COMPILED))
def test_the_rule_is_compiled_however_it_is_held_back(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the numpy code ran")

    monkeypatch.setattr(Optimizer.registry[kind], "direction", refuse)
    _, losses = trained(CompiledProgram, Optimizer.registry[kind](), LEARNING, ALL, [0.01] * 5)
    assert len(losses) == 5


@each_rule
def test_steps_in_one_call_are_those_one_by_one(kind: str, settings: dict[str, Any], rate: float) -> None:
    found = []
    for at_once in (True, False):
        network = chain(LENET, (1, 28, 28))
        program, rule = CompiledProgram(network, 8), Optimizer.registry[kind](**settings)
        program.set_data(*data(network))
        rule.plan = plan_for(network, LEARNING, ALL)
        steps = program.steps if at_once else (lambda *given, own=program: Program.steps(own, *given))
        steps(np.arange(24), 8, [rate, rate / 2, rate / 3], rule)
        found.append(network.parameters.tobytes())
    assert found[0] == found[1]


def test_a_network_with_nothing_frozen_and_one_rate_trains_as_without_a_plan() -> None:
    found = []
    for planned in (True, False):
        network = chain(LENET, (1, 28, 28))
        program, rule = CompiledProgram(network, 8), Optimizer.registry["SGD"]()
        program.set_data(*data(network))
        rule.plan = plan_for(network, {}, PLAIN) if planned else None
        program.steps(np.arange(24), 8, [0.1] * 3, rule)
        found.append(network.parameters.tobytes())
    assert found[0] == found[1]


def test_frozen_modules_at_the_beginning_need_no_operations_backward() -> None:
    counts = []
    for learning in ({}, {CONV: Learning(frozen=True), "4 Conv2d": Learning(frozen=True)}):
        network = chain(LENET, (1, 28, 28))
        network.learning = learning
        program = CompiledProgram(network, 8)
        counts.append({each.module_id for each in program._lean.listing.builder.backward_list})
    assert CONV in counts[0]
    assert "4 Conv2d" in counts[0]
    assert counts[1] == {each for each in counts[0] if each[0] in "89" or each[:2].isdigit()}


def test_a_frozen_module_behind_a_learning_one_hands_gradients_on() -> None:
    network = chain(LENET, (1, 28, 28))
    network.learning = {"4 Conv2d": Learning(frozen=True), FC: Learning(frozen=True)}
    ours, theirs = CompiledProgram(network, 8), ReferenceProgram(chain(LENET, (1, 28, 28)), 8)
    for program in (ours, theirs):
        program.set_data(*data(network))
    plain = Optimizer.registry["SGD"](nesterov=True)  # plain descent keeps no gradient
    ours.step(range(8), plain)
    theirs.gradient(range(8))
    part = network.slices[CONV]
    np.testing.assert_allclose(network.gradients[part], theirs.network.gradients[part], atol=1e-6)


@pytest.mark.parametrize("kind", [CompiledProgram, ReferenceProgram])
def test_answers_are_guesses_and_ranks(kind: type[Program]) -> None:
    network = chain(LENET, (1, 28, 28))
    program = kind(network, 8)  # type: ignore[call-arg]
    images, labels = data(network, 40)
    program.set_data(images, labels)
    found = program.evaluate(np.arange(40))
    scores = network.forward(images)["11 LogSoftmax"]
    order = np.argsort(-scores, axis=1, kind="stable")
    np.testing.assert_array_equal(found.guesses, order[:, 0])
    np.testing.assert_array_equal(
        found.ranks, [list(row).index(label) for row, label in zip(order, labels, strict=True)]
    )
    assert found.errors == np.count_nonzero(found.ranks)


@pytest.mark.parametrize("kind", [CompiledProgram, ReferenceProgram])
def test_of_equal_scores_the_first_is_the_answer(kind: type[Program]) -> None:
    network = chain(LENET, (1, 28, 28))
    network.parameters[...] = 0
    program = kind(network, 8)  # type: ignore[call-arg]
    images, _ = data(network, 10)
    program.set_data(images, np.arange(10))
    found = program.evaluate(np.arange(10))
    np.testing.assert_array_equal(found.guesses, 0)
    np.testing.assert_array_equal(found.ranks, np.arange(10))


@pytest.mark.parametrize("frozen", ["first", "second"])
def test_shared_weights_learn_as_their_owner_does(frozen: str) -> None:
    def shared() -> Network:
        """Two branches, one behind a Tanh, each with a loss of its own."""
        modules = {
            "input": make("Input"), "tanh": make("Tanh"), "first": make("Linear", out_features=9),
            "second": make("Linear", out_features=9), "log": make("LogSoftmax"), "other log": make("LogSoftmax"),
            "loss": make("NLLLoss"), "other loss": make("NLLLoss"),
        }  # fmt: skip
        branches = [("input", "first", "log", "loss"), ("input", "tanh", "second", "other log", "other loss")]
        links = [(a, b, 0) for branch in branches for a, b in itertools.pairwise(branch)]
        network = Network(modules, links, (9,), 9, shares={"second": "first"})
        network.learning = {frozen: Learning(frozen=True)}
        initialize(network, 1)
        return network

    found = []
    for kind in (CompiledProgram, ReferenceProgram):
        network = shared()
        program, rule = kind(network, 8), Optimizer.registry["SGD"]()
        program.set_data(*data(network))
        rule.plan = plan_for(network, network.learning, PLAIN)
        before = network.parameters.copy()
        program.steps(np.arange(24), 8, [0.1] * 3, rule)
        assert (network.parameters == before).all() == (frozen == "first")
        found.append(network.parameters)
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
