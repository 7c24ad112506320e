"""Footprints and cones against what changes in a network when one number does, and the tutorial's chain of sizes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import convnet_studio.engine.data.datasets  # noqa: F401
from convnet_studio.engine.analysis.footprints import (
    Patch,
    Stretch,
    ancestors,
    field_arithmetic,
    map_arithmetic,
    patches_above,
    patches_below,
    shown_sources,
    windows_of,
)
from convnet_studio.engine.nn.footprint import Window
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.modules.add import Add
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.modules.upsample import Upsample
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.receptive_field import receptive_fields


def net(side: int, *chain: Module) -> Network:
    """A chain of modules on pictures of side×side whose weights are all positive, so that nothing cancels out."""
    modules = {str(index): each for index, each in enumerate([Input(), *chain])}
    links = [(str(index), str(index + 1), 0) for index in range(len(chain))]
    made = Network(modules, links, (1, side, side), 0, np.float64)
    made.parameters[...] = np.random.default_rng(5).uniform(0.1, 1, made.parameters.shape)
    return made


CHAINS = {
    "conv and pool": (21, [Conv2d(out_channels=2, kernel_size=3), AvgPool2d(kernel_size=3, stride=2)]),
    "padding and stride": (16, [Conv2d(out_channels=2, kernel_size=5, padding=2, stride=2), Conv2d(kernel_size=3)]),
    "gaps": (17, [AvgPool2d(kernel_size=2, stride=3), Conv2d(out_channels=1, kernel_size=2)]),
    "closer than inputs": (9, [Conv2d(out_channels=1, kernel_size=2), Upsample(scale_factor=2), Conv2d(kernel_size=3)]),
}


def mask(patch: Patch | None, shape: tuple[int, ...]) -> np.ndarray:
    made = np.zeros(shape, bool)
    if patch is not None:
        down, across = (each.within(count) for each, count in zip(patch, shape, strict=True))
        if down and across:
            made[down.first : down.last + 1, across.first : across.last + 1] = True
    return made


def effect(network: Network, source: str, row: int, column: int) -> dict[str, np.ndarray]:
    """Where each module's output changes when the picture does at row, column."""
    side = network.graph.nodes[0].shape[1]
    picture = np.ones((1, 1, side, side))
    before = {key: each.copy() for key, each in network.forward(picture).items()}
    picture[0, 0, row, column] += 1
    after = network.forward(picture)
    return {key: np.any(after[key] != before[key], axis=(0, 1)) for key in before}


@pytest.mark.parametrize("name", CHAINS)
def test_a_cone_is_where_a_pixel_changes_anything(name: str) -> None:
    side, chain = CHAINS[name]
    network = net(side, *chain)
    for row, column in ((0, 0), (side // 2, side // 3), (2, side - 1), (side - 1, 1)):
        cone = patches_above(network.graph.nodes, "0", (row, column))
        for key, changed in effect(network, "0", row, column).items():
            assert np.array_equal(mask(cone.get(key), changed.shape), changed), (key, row, column)


@pytest.mark.parametrize("name", [each for each in CHAINS if each != "gaps"])
def test_a_footprint_is_all_that_changes_the_unit(name: str) -> None:
    side, chain = CHAINS[name]
    network = net(side, *chain)
    nodes, top = network.graph.nodes, str(len(chain))
    changed = {(r, c): effect(network, "0", r, c)[top] for r in range(side) for c in range(side)}
    height, width = nodes[-1].shape[1:]
    for place in ((0, 0), (height // 2, width // 2), (height - 1, width // 3)):
        seen = np.zeros((side, side), bool)
        for pixel, each in changed.items():
            seen[pixel] = each[place]
        assert np.array_equal(mask(patches_below(nodes, top, place)["0"], (side, side)), seen), place


def test_windows_with_gaps_are_spanned() -> None:
    side, chain = CHAINS["gaps"]
    assert patches_below(net(side, *chain).graph.nodes, "2", (1, 0))["0"] == (Stretch(3, 7), Stretch(0, 4))


def test_the_chain_of_the_83x83_net() -> None:
    """Curriculum: 83 > conv9 75 > pool10/5 14 > conv9 6 > pool6/4 1, fields 9, 18, 58, 83."""
    chain = [
        Conv2d(out_channels=1, kernel_size=9),
        AvgPool2d(kernel_size=10, stride=5),
        Conv2d(out_channels=1, kernel_size=9),
        AvgPool2d(kernel_size=6, stride=4),
    ]
    nodes = net(83, *chain).graph.nodes
    assert [node.shape[1] for node in nodes] == [83, 75, 14, 6, 1]
    seen = patches_below(nodes, "4", (0, 0))
    assert [seen[node.id][0].size for node in nodes] == [83, 75, 14, 6, 1]
    fields = receptive_fields(nodes, (1, 83, 83))
    said = []
    for before, node in pairwise(nodes):
        windows, was, now = windows_of(node), fields[before.id][0], fields[node.id][0]
        assert windows
        said.append(
            (
                map_arithmetic(before.shape[1], windows[0], node.shape[1]),
                field_arithmetic(was.size, int(was.jump), windows[0], now.size),
            )
        )
    assert said == [
        ("83 − 9 + 1 = 75", "1 + (9 − 1)·1 = 9"),
        ("(75 − 10) / 5 + 1 = 14", "9 + (10 − 1)·1 = 18"),
        ("14 − 9 + 1 = 6", "18 + (9 − 1)·5 = 58"),
        ("(6 − 6) / 4 + 1 = 1", "58 + (6 − 1)·5 = 83"),
    ]


def test_arithmetic_is_written_only_where_it_is_right() -> None:
    assert map_arithmetic(28, Window(5, 2, 2), 14) == "⌊(28 + 2·2 − 5) / 2⌋ + 1 = 14"
    assert map_arithmetic(28, Window(5, 1, 0), 28) == "28"
    assert map_arithmetic(8, Window(1, Fraction(1, 2), Fraction(1, 2)), 16) == "16"
    assert field_arithmetic(5, Fraction(1, 2), Window(3, 1, 0), 6) == "6"


def test_where_paths_meet_the_patch_spans_them() -> None:
    modules: dict[str, Module] = {
        "in": Input(),
        "small": Conv2d(out_channels=1, kernel_size=3, padding=1),
        "large": Conv2d(out_channels=1, kernel_size=7, padding=3),
        "sum": Add(),
    }
    links = [("in", "small", 0), ("in", "large", 0), ("small", "sum", 0), ("large", "sum", 1)]
    nodes = Network(modules, links, (1, 12, 12), 0).graph.nodes
    assert patches_below(nodes, "sum", (6, 6))["in"] == (Stretch(3, 9), Stretch(3, 9))
    assert patches_above(nodes, "in", (6, 6))["sum"] == (Stretch(3, 9), Stretch(3, 9))
    assert ancestors(nodes, "small") == {"in", "small"}
    assert shown_sources(nodes, ["in", "sum"]) == {"in": (), "sum": ("in",)}
