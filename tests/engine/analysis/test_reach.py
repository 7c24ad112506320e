"""Reach: footprints and cones hold all that moves with a number, and nothing else where windows tell it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from module_cases import Case as ModuleCase
from module_cases import all_cases
from random_networks import random_network
from test_explanations import node_of

from convnet_studio.engine.analysis.explain import marked
from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.analysis.reach import cone, footprint, seen_inputs, touched
from convnet_studio.engine.nn.local_norm import DividingNorm
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network

MEAN_OF_PICTURE = ("DivisiveNorm", "LocalContrastNorm")
"""Through the mean of σ over the picture all moves, which is not counted, as in receptive fields."""


def chain(*modules: tuple[str, dict[str, int | str]], shape: tuple[int, ...] = (2, 20, 20)) -> Network:
    made = {"in": Module.registry["Input"]()}
    made |= {f"{number} {kind}": Module.registry[kind](**settings) for number, (kind, settings) in enumerate(modules)}
    ids = list(made)
    return Network(made, [(a, b, 0) for a, b in itertools.pairwise(ids)], shape, 0)


def box(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last of the marked along each axis."""
    return [(int(each.min()), int(each.max())) for each in np.nonzero(mask)]


def test_window_of_a_window_by_hand() -> None:
    network = chain(("Conv2d", {"out_channels": 3, "kernel_size": 5}), ("Tanh", {}), ("MaxPool2d", {}))
    nodes, last = network.nodes, "2 MaxPool2d"
    down = footprint(nodes, last, marked(nodes[last], Place(last, What.OUTPUT, (1, 2, 3))))
    assert box(down["1 Tanh"]) == box(down["0 Conv2d"]) == [(1, 1), (4, 5), (6, 7)]
    assert box(down["in"]) == [(0, 1), (4, 9), (6, 11)]
    up = cone(nodes, "in", marked(nodes["in"], Place("in", What.OUTPUT, (0, 0, 0))))
    assert box(up["0 Conv2d"]) == [(0, 2), (0, 0), (0, 0)]
    assert box(up[last]) == [(0, 2), (0, 0), (0, 0)]
    assert up[last].sum() == 3


def test_the_slide_of_the_tutorial() -> None:
    """83 pixels, conv 9, pool 10/5, conv 9, pool 6/4: one output sees all 83."""
    network = chain(
        ("Conv2d", {"kernel_size": 9}),
        ("AvgPool2d", {"kernel_size": 10, "stride": 5}),
        ("Conv2d", {"kernel_size": 9}),
        ("AvgPool2d", {"kernel_size": 6, "stride": 4}),
        shape=(1, 83, 83),
    )
    last = list(network.nodes)[-1]
    mask = marked(network.nodes[last], Place(last, What.OUTPUT, (0, 0, 0)))
    assert network.nodes[last].shape[1:] == (1, 1)
    assert footprint(network.nodes, last, mask)["in"].all()


def test_a_connection_table_is_followed() -> None:
    network = chain(("Conv2d", {"out_channels": 2, "kernel_size": 3, "table": "one-to-one"}))
    mask = marked(network.nodes["0 Conv2d"], Place("0 Conv2d", What.OUTPUT, (1, 4, 4)))
    assert box(footprint(network.nodes, "0 Conv2d", mask)["in"]) == [(1, 1), (4, 6), (4, 6)]


@pytest.mark.parametrize("case", [each for each in all_cases() if each.kind not in MEAN_OF_PICTURE], ids=str)
def test_every_kind_says_what_moves_with_an_input(case: ModuleCase) -> None:
    """What a module says of its maps and windows is too much at worst, never too little."""
    module, inputs = case.module(), case.inputs()
    before = module.forward(*inputs)[0].copy()
    node = node_of(case, module, before.shape)
    random = np.random.default_rng(1)
    for port, each in enumerate(inputs):
        index = tuple(int(random.integers(size)) for size in each.shape[1:])
        marks = [np.zeros(other.shape[1:], bool) for other in inputs]
        marks[port][index] = True
        reached = touched(node, marks)
        for change in (-3.0, 0.01, 3.0):
            moved = [other.copy() for other in inputs]
            moved[port][(0, *index)] += change
            changed = module.forward(*moved)[0] != before
            assert not (changed & ~reached).any()
            for place in np.argwhere(changed)[:20]:
                assert seen_inputs(node, tuple(place))[port][index]


@pytest.mark.parametrize("seed", range(30))
def test_holds_all_that_moves(seed: int) -> None:
    network, random = random_network(seed), np.random.default_rng(seed)
    if any(isinstance(node.module, DividingNorm) for node in network.graph.nodes):
        return  # the mean of σ over the picture is not counted, as in receptive fields
    picture = random.random((1, *network.input_shape)).astype(np.float32)
    with np.errstate(all="ignore"):
        before = {name: each.copy() for name, each in network.forward(picture).items()}
        index = tuple(int(random.integers(size)) for size in network.input_shape)
        picture[(0, *index)] += 1
        after = network.forward(picture)
    up = cone(network.nodes, "input", marked(network.nodes["input"], Place("input", What.OUTPUT, index)))
    for name, each in after.items():
        moved = (each != before[name])[0] & np.isfinite(each[0])
        assert not (moved & ~up.get(name, np.zeros(moved.shape, bool))).any(), name
        if moved.any():
            place = tuple(int(at[0]) for at in np.nonzero(moved))
            down = footprint(network.nodes, name, marked(network.nodes[name], Place(name, What.OUTPUT, place)))
            assert down["input"][index], name


KINDS_WITH_ARRAYS = sorted({case.kind for case in all_cases() if case.module().parameters()})


@pytest.mark.parametrize("kind", KINDS_WITH_ARRAYS)
def test_a_parameter_moves_no_outputs_but_those_that_its_kind_names(kind: str) -> None:
    random, most = np.random.default_rng(3), 0
    for case in (each for each in all_cases() if each.kind == kind):
        module, inputs = case.module(), case.inputs()
        before = module.forward(*inputs).copy()
        for name, each in module.parameters().items():
            for _ in range(4):
                index = tuple(int(random.integers(size)) for size in each.value.shape)
                stored = each.value[index]
                each.value[index] += 0.37
                moved = (module.forward(*inputs) != before).any(axis=0)
                each.value[index] = stored
                mask = np.zeros(moved.shape, bool)
                mask[module.outputs_with(name, index, *case.input_shapes)] = True
                assert not (moved & ~mask).any(), (str(case), name, index)
                most = max(most, int(moved.sum()))
    assert most
