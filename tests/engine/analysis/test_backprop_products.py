"""Backprop products: the same as is found by moving numbers, without a pass through the module."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from module_cases import Case as ModuleCase
from module_cases import all_cases
from runs import chain
from test_explanations import node_of

from convnet_studio.engine.analysis.backprop_arithmetic import Arithmetic, backward_arithmetic, forward_arithmetic
from convnet_studio.engine.analysis.backprop_products import SUMS, gradient_products, output_products
from convnet_studio.engine.analysis.backprop_stepper import Stepper
from convnet_studio.engine.analysis.backprop_walk import Kind, Slot
from convnet_studio.engine.analysis.module_slopes import ModuleSlopes
from convnet_studio.engine.nn.module import Module

SOURCE, ARRIVED = Slot(Kind.OUT, "source 0"), Slot(Kind.GRAD_OUT, "m")
CASES = [each for each in all_cases() if issubclass(Module.registry[each.kind], SUMS)]


def assert_alike(found: Arithmetic, expected: Arithmetic) -> None:
    """The same products in the same order; slopes of the other are measured."""
    assert [(each.slot, each.index) for each in found.terms] == [(each.slot, each.index) for each in expected.terms]
    for name in ("left", "right"):
        mine, theirs = ([getattr(each, name) for each in made.terms] for made in (found, expected))
        assert mine == pytest.approx(theirs, rel=1e-7, abs=1e-9)
    assert found.constant == pytest.approx(expected.constant, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_same_as_by_moving_numbers(case: ModuleCase) -> None:
    random = np.random.default_rng(zlib.crc32(str(case).encode()))
    module, inputs = case.module(np.float64), [each[0] for each in case.inputs(np.float64)]
    output = module.forward(inputs[0][None])[0]
    node, parameters = node_of(case, module, output.shape), {n: e.value for n, e in module.parameters().items()}
    gradient = random.standard_normal(output.shape)
    here = ModuleSlopes(module, inputs)
    for index in random.integers(output.size, size=2).tolist():
        expected = forward_arithmetic(node, here, [SOURCE], index)
        assert_alike(output_products(node, inputs, parameters, SOURCE, index), expected)
    arguments: dict[int | str, int] = {0: inputs[0].size, **{name: each.size for name, each in parameters.items()}}
    for key, size in arguments.items():
        for index in random.integers(size, size=2).tolist():
            expected = backward_arithmetic(here, ARRIVED, gradient, key, index)
            assert_alike(gradient_products(node, inputs, parameters, ARRIVED, gradient, key, index), expected)


def test_no_pass_through_a_convolution_while_somebody_points(monkeypatch: pytest.MonkeyPatch) -> None:
    network = chain((2, 9, 9), Module.registry["Conv2d"](out_channels=3, kernel_size=3))
    stepper = Stepper(network, np.random.default_rng(0).random((2, 9, 9)), -1)
    walk = stepper.go_to(stepper.start(), len(stepper.moves))

    def refuse(*_: object) -> None:
        raise AssertionError("a pass through the whole module")

    monkeypatch.setattr(type(network.nodes["m1"].module), "forward", refuse)
    slot = Slot(Kind.OUT, "m1")
    told = stepper.arithmetic(walk, slot, 40)
    assert len(told.terms) == 18
    assert math.isclose(told.partial_sum(18), float(walk.values[slot].reshape(-1)[40]))
