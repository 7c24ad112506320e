"""Pieces and tangents: slopes of many outputs at once are those that the modules give one by one."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from module_cases import Case as ModuleCase
from module_cases import all_cases

from convnet_studio.engine.analysis.pieces import apart
from convnet_studio.engine.analysis.rule import Case
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.module import Module


def kinds_of(base: type[Module], names: frozenset[str] = frozenset()) -> list[str]:
    return sorted(
        kind for kind, each in Module.registry.items() if issubclass(each, base) and (kind in names or not names)
    )


def cases_of(kind: str) -> list[ModuleCase]:
    return [each for each in all_cases() if each.kind == kind]


APART = [kind for kind, each in Module.registry.items() if each.is_pointwise or each.keeps_maps_apart]


@pytest.mark.parametrize("kind", [each for each in sorted(APART) if each != "Input"])
def test_pieces_make_the_outputs_that_they_are_of_and_have_their_slopes(kind: str) -> None:
    if issubclass(Module.registry[kind], RandomModule):
        return  # what it makes of a value depends on the place
    found = 0
    for case in cases_of(kind):
        module, inputs = case.module(), case.inputs()
        output = module.forward(*inputs)[0]
        parameters = {name: each.value for name, each in module.parameters().items()}
        node = Node("m", module, tuple(map(str, range(len(inputs)))), case.input_shapes, output.shape, False)
        shown = Case(node, tuple(each[0] for each in inputs), parameters, (0,) * output.ndim)
        random = np.random.default_rng(zlib.crc32(str(case).encode()))
        rows = np.array([[int(random.integers(size)) for size in output.shape] for _ in range(5)])
        pieces = apart(shown, rows)
        if pieces is None:
            continue
        found += 1
        double = pieces.double()
        made = double.forward(*(each[None] for each in pieces.inputs))
        assert made.reshape(-1) == pytest.approx(output[tuple(rows.T)], rel=1e-12, abs=1e-13), str(case)
        result = double.backward(np.ones_like(made))
        by_inputs = result if isinstance(result, tuple) else (result,)
        for number, row in enumerate(rows):
            sent = np.zeros((1, *output.shape))
            sent[(0, *row)] = 1
            for each in module.parameters().values():
                each.grad[...] = 0
            module.forward(*(each[:1] for each in inputs))
            whole = module.backward(sent)
            for mine, all_ in zip(by_inputs, whole if isinstance(whole, tuple) else (whole,), strict=True):
                window = tuple(
                    slice(first, first + size)
                    for first, size in zip(pieces.firsts[number], pieces.inputs[0].shape[1:], strict=True)
                )
                slopes = all_[0, row[0]]
                assert mine[0, number] == pytest.approx(slopes[window], rel=1e-9, abs=1e-12), str(case)
                assert np.abs(slopes).sum() == pytest.approx(np.abs(slopes[window]).sum()), "it sees nothing else"
            for name, each in module.parameters().items():
                assert double.parameters()[name].grad[number] == pytest.approx(each.grad[row[0]], rel=1e-9, abs=1e-12)
    assert found or kind == "Upsample"


@pytest.mark.parametrize("kind", kinds_of(LocalNorm))
def test_tangents_and_gradients_are_adjoint(kind: str) -> None:
    count = 0
    for case in cases_of(kind):
        module, (x,) = case.module(), case.inputs()
        assert isinstance(module, LocalNorm)
        random = np.random.default_rng(zlib.crc32(str(case).encode()))
        direction, sent = random.normal(size=x.shape), random.normal(size=x.shape)
        module.forward(x)
        along, across = (module.tangent(direction) * sent).sum(), (module.backward(sent) * direction).sum()
        assert along == pytest.approx(across, rel=1e-9, abs=1e-10), str(case)
        count += 1
    assert count >= 3
