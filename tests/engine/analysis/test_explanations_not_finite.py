"""Numbers that are not finite, or as large as float32 has: every kind still says how they came about."""

from __future__ import annotations

import math

import numpy as np
import pytest
from module_cases import all_cases
from test_explanations import node_of

from convnet_studio.engine.analysis.explanation import Explanation, Place, What
from convnet_studio.engine.analysis.rule import Case, Made, explain_case
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module

STRANGE = [math.nan, math.inf, -math.inf, 3e38, -3e38, 0.0]


def assert_is_told(made: Made, stored: float) -> None:
    found = Explanation(Place("m", What.OUTPUT, ()), stored, made.steps, made.roundings, slack=made.slack)
    assert math.isnan(found.bound()) or found.bound() >= 0
    assert found.rounding() is None or math.isfinite(stored)


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("kind", sorted(Module.registry))
def test_every_kind(kind: str, value: float) -> None:
    rng = np.random.default_rng(1)
    for case in (each for each in all_cases() if each.kind == kind):
        for spoils_all, spoils_parameters in ((True, False), (False, False), (False, True)):
            module, inputs = case.module(np.float32), [each.copy() for each in case.inputs(np.float32)]
            parameters = {name: each.value for name, each in module.parameters().items()}
            if spoils_parameters:
                spoil(list(parameters.values()), value, True, rng)
            else:
                spoil(inputs, value, spoils_all, rng)
            with np.errstate(all="ignore"):
                output = module.forward(*inputs)[0]
                index = tuple(size // 2 for size in output.shape)
                node = node_of(case, module, output.shape)
                made = explain_case(Case(node, tuple(each[0] for each in inputs), parameters, index))
                assert_is_told(made, float(output[index]))


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("kind", sorted(Loss.registry))
def test_every_loss(kind: str, value: float) -> None:
    rng = np.random.default_rng(2)
    for settings in ({}, {"p": 2}):
        if set(settings) - set(Loss.registry[kind]().settings()):
            continue
        loss = Loss.registry[kind](**settings)
        for target in (0, 1):
            inputs = [rng.standard_normal(10).astype(np.float32) for _ in range(loss.port_count())]
            shapes = tuple(each.shape for each in inputs)
            node = Node("m", loss, tuple(map(str, range(len(inputs)))), shapes, (), False)
            for spoils_all in (False, True):
                spoil(inputs, value, spoils_all, rng)
                with np.errstate(all="ignore"):
                    assert_is_told(
                        explain_case(Case(node, tuple(inputs), {}, (), loss.target(np.array([target]), *shapes))), 1
                    )


def spoil(arrays: list[Array], value: float, is_all: bool, rng: np.random.Generator) -> None:
    for each in arrays:
        each[rng.random(each.shape) < (2 if is_all else 0.5)] = value
