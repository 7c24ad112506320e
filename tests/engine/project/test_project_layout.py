"""Tidy layout: left to right, in straight lines, nothing over anything else, the same every time."""

from __future__ import annotations

import itertools
import random

import pytest

from convnet_studio.engine.project.edits import move_modules
from convnet_studio.engine.project.layout import tidy
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Position, Project

Sizes = dict[str, tuple[float, float]]
WIDE = (1e6, 400.0)
"""A view in which no network needs a second row."""


def sizes_of(network: NetworkSpec, seed: int = 1) -> Sizes:
    draw = random.Random(seed)
    return {each.id: (draw.randint(92, 208), draw.randint(120, 300)) for each in network.modules}


def graph(*wires: str) -> NetworkSpec:
    """``graph("ab", "bc")``: modules a, b, c and the wires between them."""
    names = sorted(set("".join(wires)))
    fed: dict[str, int] = {}
    links = []
    for source, target in wires:
        fed[target] = fed.get(target, -1) + 1
        links.append(Link(source, target, fed[target]))
    return NetworkSpec(tuple(ModuleSpec(each, "Tanh") for each in names), tuple(links))


def overlaps(positions: dict[str, Position], sizes: Sizes) -> list[tuple[str, str]]:
    def meet(one: str, other: str) -> bool:
        return all(
            positions[one][axis] < positions[other][axis] + sizes[other][axis]
            and positions[other][axis] < positions[one][axis] + sizes[one][axis]
            for axis in (0, 1)
        )

    return [pair for pair in itertools.combinations(positions, 2) if meet(*pair)]


@pytest.mark.parametrize("name", preset_names())
def test_presets_read_from_left_to_right_row_by_row(name: str) -> None:
    network = load_preset(name).network
    sizes = sizes_of(network)
    placed = tidy(network, sizes, (900, 560))
    assert placed.keys() == sizes.keys()
    assert overlaps(placed, sizes) == []
    for link in network.links:
        (x, y), (target_x, target_y) = placed[link.source], placed[link.target]
        assert target_x >= x + sizes[link.source][0] or target_y != y  # on, or into another row
    endless = tidy(network, sizes, WIDE)
    assert all(endless[link.target][0] >= endless[link.source][0] + sizes[link.source][0] for link in network.links)


def test_a_chain_is_one_straight_line_at_the_usual_gap() -> None:
    network = graph("ab", "bc", "cd")
    sizes = sizes_of(network)
    placed = tidy(network, sizes, WIDE)
    assert len({y for _, y in placed.values()}) == 1
    assert placed["b"][0] == placed["a"][0] + sizes["a"][0] + 20


def test_a_long_chain_is_broken_into_rows_behind_poolings() -> None:
    network = load_preset("two-stage-digits").network
    sizes = {each.id: (157.0, 230.0) for each in network.modules}
    placed = tidy(network, sizes, (900, 560))
    rows = sorted({y for _, y in placed.values()})
    assert len(rows) == 2
    ends = [max((each for each in placed if placed[each][1] == y), key=lambda each: placed[each][0]) for y in rows]
    assert network.module(ends[0]).kind == "LPPool2d"


def test_a_skip_wire_leaves_the_chain_straight() -> None:
    placed = tidy(graph("ab", "bc", "cd", "ad"), dict.fromkeys("abcd", (100.0, 100.0)), WIDE)
    assert len({y for _, y in placed.values()}) == 1


def test_branches_get_lines_of_their_own_and_meet_again() -> None:
    network = graph("ab", "bc", "cf", "ad", "df")
    placed = tidy(network, dict.fromkeys("abcdf", (100.0, 100.0)), WIDE)
    assert placed["a"][1] == placed["b"][1] == placed["c"][1] == placed["f"][1]
    assert placed["d"][1] > placed["a"][1]
    assert placed["d"][0] == placed["b"][0]


def test_a_source_stands_before_what_it_feeds() -> None:
    placed = tidy(graph("ab", "bc", "cd", "xd"), dict.fromkeys("abcdx", (100.0, 100.0)), WIDE)
    assert placed["x"][0] == placed["c"][0]


def test_parts_without_a_wire_lie_below_each_other() -> None:
    network = graph("ab", "cd")
    placed = tidy(network, dict.fromkeys("abcd", (100.0, 100.0)), WIDE)
    assert placed["c"][1] > placed["a"][1] + 100
    assert placed["c"][0] == placed["a"][0]


def test_recurrent_wires_do_not_count() -> None:
    network = NetworkSpec(
        (ModuleSpec("a", "Add"), ModuleSpec("b", "Tanh")), (Link("a", "b"), Link("b", "a", 1, is_recurrent=True))
    )
    placed = tidy(network, dict.fromkeys("ab", (100.0, 100.0)), WIDE)
    assert placed["b"][0] > placed["a"][0]


@pytest.mark.parametrize("seed", range(40))
def test_any_graph_is_laid_out_without_overlap_and_for_good(seed: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(1, 30)
    ids = [f"m{index}" for index in range(1, count + 1)]
    order = draw.sample(ids, count)
    fed = dict.fromkeys(ids, 0)
    links = []
    for _ in range(draw.randint(0, 2 * count)):
        low, high = sorted((draw.randrange(count), draw.randrange(count)))
        if low != high:
            links.append(Link(order[low], order[high], fed[order[high]]))
            fed[order[high]] += 1
    network = NetworkSpec(tuple(ModuleSpec(each, "Tanh") for each in ids), tuple(links))
    sizes = sizes_of(network, seed)
    placed = tidy(network, sizes, (1200, 700))
    assert placed.keys() == set(ids)
    assert overlaps(placed, sizes) == []
    again = move_modules(Project(network=network, next_id=99), placed).network
    assert tidy(again, sizes, (1200, 700)) == placed


def test_nothing_is_laid_out_as_nothing() -> None:
    assert tidy(NetworkSpec(), {}) == {}
