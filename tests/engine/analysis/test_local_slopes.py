"""Local slopes: the same as one backward for each output gives, without one backward for each output."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from module_cases import Case as ModuleCase
from module_cases import all_cases
from test_explanations import node_of

from convnet_studio.engine.analysis import local_slopes
from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.rule import Case
from convnet_studio.engine.analysis.slopes import Arrived, Terms, by_input, by_parameter
from convnet_studio.engine.nn.module import Array, Module

BY_INPUT = ("ConvTranspose2d", "DivisiveNorm", "LocalContrastNorm", "SubtractiveNorm", "ZCAWhitening")
BY_PARAMETER = ("Gain", "LateralInhibition", "LPPool2d", "SmoothShrink", "TrainableAvgPool2d")


def one_by_one(case: Case, by: int | str, index: tuple[int, ...]) -> Array:
    """The slopes of all outputs, each by a backward of its own, in the shape of the output."""
    slopes = np.zeros(case.node.shape)
    for row in np.ndindex(case.node.shape):
        double = case.double()
        sent = local_slopes._backward(double, case, np.array([row]))
        found = sent[by][0] if isinstance(by, int) else double.parameters()[by].grad
        slopes[row] = found[index]
    return slopes


def arrived(case: ModuleCase) -> Arrived:
    """The module of a case with random inputs, and something that came back to all its outputs."""
    random = np.random.default_rng(zlib.crc32(str(case).encode()))
    module, inputs = case.module(np.float32), case.inputs(np.float32)
    output = module.forward(*inputs)[0]
    parameters = {name: each.value for name, each in module.parameters().items()}
    made = Case(node_of(case, module, output.shape), tuple(each[0] for each in inputs), parameters, ())
    return Arrived(made, output, random.standard_normal(output.shape).astype(np.float32))


def total(work: Iterator[None], terms: Terms) -> float:
    list(work)
    return float(sum(group.values.sum() for group in terms.groups))


@pytest.mark.parametrize("case", [each for each in all_cases() if each.kind in BY_INPUT], ids=str)
def test_by_an_input(case: ModuleCase) -> None:
    given = arrived(case)
    shape = given.case.inputs[0].shape
    size = int(np.prod(shape))
    for flat in (0, size // 2, size - 1):
        index = tuple(map(int, np.unravel_index(flat, shape)))
        seen = given.gradient.astype(np.float64) * one_by_one(given.case, 0, index)
        terms = Terms()
        np.testing.assert_allclose(total(by_input(given, 0, index, terms), terms), seen.sum(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("case", [each for each in all_cases() if each.kind in BY_PARAMETER], ids=str)
def test_by_a_parameter(case: ModuleCase) -> None:
    given = arrived(case)
    for name, array in given.case.parameters.items():
        for flat in (0, array.size // 2, array.size - 1):
            index = tuple(map(int, np.unravel_index(flat, array.shape)))
            expected = one_by_one(given.case, name, index)
            terms = Terms()
            list(by_parameter(given, name, index, terms))
            found = np.zeros(given.output.shape)
            for group in terms.groups:
                delta, slope = group.columns
                assert delta.indices is not None
                found[tuple(delta.indices.T)] = slope.values
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", [*BY_INPUT, *BY_PARAMETER])
def test_no_backward_for_each_output(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work grows with the size of the maps, not with its square."""

    def refuse(*_: object) -> None:
        raise AssertionError("one backward for one output")

    monkeypatch.setattr(local_slopes, "_backward", refuse)
    for case in (each for each in all_cases() if each.kind == kind):
        given = arrived(case)
        if kind in BY_INPUT:
            list(by_input(given, 0, tuple(0 for _ in given.case.inputs[0].shape), Terms()))
        for name, array in given.case.parameters.items():
            if kind in BY_PARAMETER:
                list(by_parameter(given, name, tuple(0 for _ in array.shape), Terms()))


def test_far_outputs_move_with_the_mean_of_the_spread() -> None:
    """They are one term, which names no number."""
    module = Module.registry["DivisiveNorm"](kernel_size=3)
    x = np.random.default_rng(0).random((1, 1, 12, 12), np.float32)
    output = module.forward(x)[0]
    shape = (1, 12, 12)
    case = Case(node_of(ModuleCase("DivisiveNorm", (), shape), module, shape), (x[0],), {}, ())
    terms = Terms()
    list(by_input(Arrived(case, output, np.ones(shape, np.float32)), 0, (0, 5, 5), terms))
    near, far = terms.groups
    assert near.columns[0].place(0) == Place("m", What.OUTPUT_GRADIENT, (0, 4, 4))
    assert len(near.values) == 9
    assert len(far.values) == 1
    assert far.values[0] != 0
