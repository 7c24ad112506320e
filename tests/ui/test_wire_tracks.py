"""Tracks: wires that lead around the same cards have a line each, pass all cards, and cross no more than they must."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from canvas_bench import CanvasBench
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Project
from convnet_studio.ui.canvas.routing import Cards, corners_of, find_way
from convnet_studio.ui.canvas.wire_tracks import TRACKS, Guided, give_tracks, lead

PORT = 76.0


def row(count: int, gap: float = 44.0) -> list[QRectF]:
    return [QRectF((150 + gap) * number, 0, 150, 200) for number in range(count)]


def skip(cards: list[QRectF], source: int, target: int, port: int = 1) -> tuple[QPointF, QPointF]:
    return QPointF(cards[source].right(), PORT), QPointF(cards[target].left(), PORT + 24 * port)


def ways_of(rects: list[QRectF], wires: list[tuple[QPointF, QPointF]]) -> list[list[tuple[float, float]]]:
    cards = Cards(rects)
    guided = []
    for start, end in wires:
        way = find_way(start, end, cards)
        assert not isinstance(way, QPainterPath)
        guided.append(Guided(way, cards, cards.own(start, end)))
    return give_tracks(guided)


def shared(ways: list[list[tuple[float, float]]]) -> list[tuple[int, int]]:
    """Pairs of wires of which two stretches along x lie on each other."""
    found = []
    for (one, first), (other, second) in itertools.combinations(enumerate(ways), 2):
        for (a, b), (c, d) in itertools.product(itertools.pairwise(first[1:-1]), itertools.pairwise(second[1:-1])):
            if a[1] == b[1] and c[1] == d[1] and abs(a[1] - c[1]) < TRACKS[-1]:
                low, high = max(min(a[0], b[0]), min(c[0], d[0])), min(max(a[0], b[0]), max(c[0], d[0]))
                if low < high:
                    found.append((one, other))
    return found


def test_each_wire_in_a_band_has_its_track():
    cards = row(9)
    ways = ways_of(cards, [skip(cards, 0, 5), skip(cards, 1, 6), skip(cards, 2, 7)])
    assert shared(ways) == []
    heights = sorted(way[2][1] for way in ways)
    assert np.diff(heights).min() >= TRACKS[0]


def test_nested_wires_do_not_cross():
    cards = row(9)
    inner, outer = ways_of(cards, [skip(cards, 2, 5), skip(cards, 1, 7)])
    assert outer[2][1] < inner[2][1] < 0


def test_a_wire_to_the_next_row_passes_above_the_wire_that_it_spans():
    upper, lower = row(6), [each.translated(0, 264) for each in row(6)]
    back = QPointF(upper[5].right(), PORT), QPointF(lower[0].left(), 264 + PORT)
    over = QPointF(lower[1].right(), 264 + PORT), QPointF(lower[4].left(), 264 + PORT + 24)
    from_above, from_below = ways_of([*upper, *lower], [back, over])
    assert 200 < from_above[2][1] < from_below[2][1] < 264


def test_a_lone_wire_and_one_beyond_the_end_of_another_stay_in_the_middle():
    cards = row(9)
    wires = [skip(cards, 0, 3), skip(cards, 4, 8)]
    alone = [corners_of(find_way(*each, Cards(cards))) for each in wires]
    assert ways_of(cards, wires) == alone


def test_wires_come_down_beside_each_other_into_neighbouring_ports():
    cards = row(9)
    one, other = ways_of(cards, [skip(cards, 0, 7, 1), skip(cards, 2, 7, 2)])
    assert abs(one[-2][0] - other[-2][0]) >= TRACKS[-1]


def test_a_narrow_band_holds_them_closer():
    upper = QRectF(200, -240, 900, 200)
    cards = [*row(8, 44), upper]
    band = Cards(cards)
    ways = ways_of(cards, [skip(cards, 0, 6), skip(cards, 1, 7)])
    assert shared(ways) == []
    for way in ways:
        for before, after in itertools.pairwise(way[1:-1]):
            ends = np.array([before, after])
            assert band.are_free(np.hstack([ends.min(axis=0), ends.max(axis=0)]))


@pytest.mark.parametrize("seed", range(8))
def test_no_wire_is_moved_over_a_card(seed):
    random = np.random.default_rng(seed)
    cards = [
        QRectF(194.0 * column, 264.0 * line, 150, random.integers(100, 200)) for column in range(6) for line in range(3)
    ]
    band = Cards(cards)
    wires = []
    for _ in range(12):
        source, target = (cards[each] for each in random.choice(18, 2, replace=False))
        ends = QPointF(source.right(), source.top() + PORT), QPointF(target.left(), target.top() + PORT)
        if not isinstance(find_way(*ends, band), QPainterPath):
            wires.append(ends)
    alone = [corners_of(find_way(*each, band)) for each in wires]
    ways = ways_of(cards, wires)
    assert len(shared(ways)) < max(1, len(shared(alone)))
    for way, path in zip(ways, lead([(*each, band) for each in wires]), strict=True):
        assert (path.elementAt(0).x, path.elementAt(0).y) == way[0]
        for before, after in itertools.pairwise(way[1:-1]):
            ends = np.array([before, after])
            assert band.are_free(np.hstack([ends.min(axis=0), ends.max(axis=0)]))


def test_on_the_canvas_skip_wires_lie_apart(qtbot):
    kinds = ("Input", "Tanh", "Abs", "Tanh", "Add", "Tanh", "Add", "Tanh")
    modules = [ModuleSpec(f"m{number}", kind, position=(200.0 * number, 0.0)) for number, kind in enumerate(kinds, 1)]
    chain = [Link(f"m{number}", f"m{number + 1}") for number in range(1, len(kinds))]
    skips = Link("m2", "m5", 1), Link("m3", "m7", 1)
    bench = CanvasBench(qtbot, Project(network=NetworkSpec(tuple(modules), (*chain, *skips)), next_id=9))
    one, other = (bench.scene.links[each].path().boundingRect() for each in skips)
    assert max(abs(one.top() - other.top()), abs(one.bottom() - other.bottom())) >= TRACKS[0]
