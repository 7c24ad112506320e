"""Receptive fields against the tutorial's numbers, and against what changes when a pixel does."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from drawings import Drawn, chain, make
from module_cases import Case, all_cases

from convnet_studio.engine.nn.footprint import WHOLE, Window
from convnet_studio.engine.nn.graph import Link, resolve
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array, Module, Shape
from convnet_studio.engine.nn.receptive_field import Field, Span, receptive_fields

ROUNDING = 1e-12
CASES = [case for case in all_cases() if len(case.shape) > 1]


def fields_of(modules: dict[str, Module | Loss], links: list[Link], shape: Shape) -> dict[str, Field]:
    graph = resolve(modules, links, shape, 10)
    assert not graph.problems
    return receptive_fields(graph.nodes, shape)


def sizes(shape: Shape, *drawn: Drawn) -> list[tuple[int, Fraction]]:
    found = [field[0] for field in fields_of(*chain(*drawn), shape).values()]
    return [(span.size, span.jump) for span in found][1:]


def conv(kernel: int, **more: int) -> Drawn:
    return "Conv2d", {"out_channels": 2, "kernel_size": kernel, **more}


def pool(size: int, stride: int) -> Drawn:
    return "AvgPool2d", {"kernel_size": size, "stride": stride}


def test_the_chain_of_the_83x83_net() -> None:
    assert sizes((1, 83, 83), conv(9), pool(10, 5), conv(9), pool(6, 4)) == [(9, 1), (18, 5), (58, 5), (83, 20)]


def test_the_trunk_of_the_scene_parser() -> None:
    assert sizes((3, 46, 46), conv(7), pool(2, 2), conv(7), pool(2, 2), conv(7))[-1] == (46, 4)


def test_lenet_7_sees_96_pixels_every_12() -> None:
    assert sizes((2, 120, 120), conv(5), pool(4, 4), conv(6), pool(3, 3), conv(6))[-1] == (96, 12)


def test_what_sees_everything_sees_the_picture() -> None:
    drawn = (conv(5, padding=2), pool(2, 2), ("Flatten", {}), ("Linear", {}), ("LogSoftmax", {}), ("NLLLoss", {}))
    found = fields_of(*chain(*drawn), (1, 28, 20))
    assert [(span.first, span.last, span.jump) for span in found["linear-4"]] == [(0, 27, 0), (0, 19, 0)]
    assert found["nllloss-6"] == found["logsoftmax-5"] == found["linear-4"]
    assert found["flatten-3"] == found["avgpool2d-2"]
    assert found["avgpool2d-2"][0].size == 6


def test_padding_moves_the_field_of_the_first_output() -> None:
    field = fields_of(*chain(conv(5, padding=2, stride=2), conv(3, padding=1)), (1, 16, 16))["conv2d-2"]
    assert field[0] == Span(Fraction(-4), Fraction(4), Fraction(2), 8)


def test_windows_may_be_closer_than_the_inputs() -> None:
    seen = Span(Fraction(0), Fraction(4), Fraction(2), 5).through(Window(stride=Fraction(1, 2)), 10)
    assert (seen.size, seen.jump) == (5, 1)


class Meeting(Module):
    """Two inputs that meet, for these tests only (abstract: it is in no registry)."""

    input_count = 2

    def output_shape(self, *shapes: Shape) -> Shape:
        return shapes[0]


@pytest.mark.parametrize(
    ("left", "right", "size", "jump"),
    [(conv(3), conv(5, padding=1), 5, 1), (conv(3, stride=2, padding=1), conv(7), 12, 0)],
)
def test_where_paths_meet_the_field_spans_both(left: Drawn, right: Drawn, size: int, jump: int) -> None:
    modules = {"input": make("Input"), "left": make(left[0], **left[1]), "right": make(right[0], **right[1])}
    links = [("input", "left", 0), ("input", "right", 0), ("left", "meet", 0), ("right", "meet", 1)]
    field = fields_of({**modules, "meet": Meeting()}, links, (1, 12, 12))["meet"]
    assert (field[0].size, field[0].jump) == (size, jump)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_output_changes_only_with_what_it_sees(case: Case) -> None:
    """Every input place is changed by itself, all channels at once; what changes must be what the windows promise."""
    settings = dict(case.settings)
    if "threshold" in Module.registry[case.kind](**settings).settings():
        settings |= {"threshold": "fixed", "threshold_value": 1e-3}  # the mean of σ would couple all pixels
    case = Case(case.kind, tuple(sorted(settings.items())), case.shape)
    module = case.module()
    promised, space = module.windows(*case.input_shapes), module.output_shape(*case.input_shapes)[1:]
    if promised is WHOLE or not space:  # a list has no places
        return
    windows = promised or (Window(),) * len(space)
    seen = _seen_places(module, case)
    sets = {place: set(product(*map(_pixels, place, windows, case.shape[1:]))) for place in seen}
    for place, pixels in seen.items():
        assert pixels <= sets[place], place
    assert max(map(len, seen.values())) == max(map(len, sets.values())), "windows are as small as can be"


def _pixels(place: int, window: Window, size: int) -> range:
    """What an output sees along one axis of `size` pixels."""
    start = math.ceil(place * window.stride - window.padding)
    return range(max(start, 0), min(start + window.size, size))


def _seen_places(module: Module, case: Case) -> dict[tuple[int, ...], set[tuple[int, ...]]]:
    inputs: list[Array] = [each[:1] for each in case.inputs(positive=True)]
    before = module.forward(*inputs).copy()
    space = before.shape[2:]
    seen: dict[tuple[int, ...], set[tuple[int, ...]]] = {place: set() for place in product(*map(range, space))}
    for place in product(*map(range, case.shape[1:])):
        changed = [each.copy() for each in inputs]
        for each in changed:
            each[(slice(None), slice(None), *place)] += np.arange(7, 7 + each.shape[1])
        after = module.forward(*changed)
        for at in np.argwhere((np.abs(after - before) > ROUNDING).any(axis=(0, 1))):
            seen[tuple(at.tolist())].add(place)
    return seen
