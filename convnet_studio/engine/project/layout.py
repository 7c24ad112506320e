"""Layout: where the cards of a network go when it is tidied; pure geometry.

Signals run from left to right: a module stands in the column (layer) behind the last of those that feed it. The graph
is taken apart into paths, the longest first; each path is one straight line of cards, because ports stand at one height
on all of them. A long network is broken into rows where a single wire crosses, rather behind a pooling than elsewhere,
so that as much as possible can be read at once; no row ends within a stage, and the frames of stages have room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import Link, NetworkSpec, Position

Size = tuple[float, float]

GAP = 20.0
"""Between the cards of a chain, in pixels."""
WIRE_GAP = 44.0
"""Between columns where wires leave their line."""
LINE_GAP = 52.0
"""Between lines of cards, with room for the wires that pass cards."""
STAGE_GAP = 40.0
"""Between columns where a stage begins or ends, with room for the frames around both."""
ROW_GAP = 64.0
"""Between the rows that a long network is broken into."""
MOST_ROWS = 8
NICE = 0.85
"""Rows that end behind a pooling are taken if they are drawn at least so large as those that end anywhere."""


def tidy(network: NetworkSpec, sizes: Mapping[str, Size], view: Size = (1600.0, 900.0)) -> dict[str, Position]:
    """Positions of all modules, layered from left to right; none overlap, and the same network gives the same ones.

    Args:
        network: modules and wires; recurrent wires do not count.
        sizes: width and height of every module's card, in pixels.
        view: the room in which the whole network is looked at, which decides how many rows it gets.
    """
    links = [each for each in network.links if not each.is_recurrent]
    order = [each.id for each in network.modules]
    families = {each.id: kind.family for each in network.modules if (kind := find_kind(each.kind))}
    placed: dict[str, Position] = {}
    top = min((each.position[1] for each in network.modules), default=0.0)
    left = min((each.position[0] for each in network.modules), default=0.0)
    for part in _parts(order, links):
        inside = [each for each in links if each.source in part]
        stages = [[each for each in stage.modules if each in part] for stage in network.stages]
        ids = [each for each in order if each in part]
        drawing = _Drawing(ids, inside, sizes, families, [each for each in stages if each])
        positions, height = drawing.positions(view)
        placed |= {each: (left + x, top + y) for each, (x, y) in positions.items()}
        top += height + ROW_GAP
    return placed


@dataclass
class _Drawing:
    """One connected part of a network: its layers, its lines and its rows."""

    ids: list[str]
    links: list[Link]
    sizes: Mapping[str, Size]
    families: Mapping[str, Family]
    stages: list[list[str]] = field(default_factory=list)
    layer: dict[str, int] = field(default_factory=dict)
    line: dict[str, int] = field(default_factory=dict)

    def positions(self, view: Size) -> tuple[dict[str, Position], float]:
        """Where the cards go, from (0, 0); second: the height of all."""
        self._find_layers()
        self._find_lines()
        rows = self._best_rows(view)
        found: dict[str, Position] = {}
        top = 0.0
        for first, last in rows:
            row = [each for each in self.ids if first <= self.layer[each] <= last]
            tops, height = self._line_tops(row)
            for each in row:
                found[each] = self._left(first, self.layer[each]), top + tops[self.line[each]]
            top += height + ROW_GAP
        return found, top - ROW_GAP

    @cached_property
    def _incoming(self) -> dict[str, list[Link]]:
        """The wires into each module, those of the first ports first."""
        found: dict[str, list[Link]] = {each: [] for each in self.ids}
        for link in sorted(self.links, key=lambda each: each.port):
            found[link.target].append(link)
        return found

    @cached_property
    def _outgoing(self) -> dict[str, list[Link]]:
        """The wires from each module."""
        found: dict[str, list[Link]] = {each: [] for each in self.ids}
        for link in self.links:
            found[link.source].append(link)
        return found

    # ---------------------------------------------------------------- layers and lines

    def _find_layers(self) -> None:
        """One behind the last source; what has no source stands right before what it feeds."""
        for each in _in_order(self.ids, self._outgoing):
            before = [self.layer[link.source] for link in self._incoming[each]]
            self.layer[each] = max(before) + 1 if before else 0
        for each in self.ids:
            behind = [self.layer[link.target] for link in self._outgoing[each]]
            if behind and not self._incoming[each]:
                self.layer[each] = min(behind) - 1
        first = min(self.layer.values())
        self.layer = {each: layer - first for each, layer in self.layer.items()}

    def _find_lines(self) -> None:
        """Give each path a line that is free from its first card to its last, near to what it hangs on."""
        taken: set[tuple[int, int]] = set()
        waiting = list(self.ids)
        while waiting:
            path = self._longest_path(waiting)
            near, first, last = self._reach(path)
            line = next(
                each for each in _outwards(near) if not any((each, layer) in taken for layer in range(first, last + 1))
            )
            taken |= {(line, layer) for layer in range(first, last + 1)}
            self.line |= dict.fromkeys(path, line)
            waiting = [each for each in waiting if each not in self.line]

    def _longest_path(self, among: Sequence[str]) -> list[str]:
        """The longest chain of wires through modules `among`; of equal ones that through the first ports."""
        inside = set(among)
        best: dict[str, tuple[int, str]] = {}
        for each in reversed(_in_order(among, self._outgoing)):
            behind = [link for link in self._outgoing[each] if link.target in inside]
            behind.sort(key=lambda link: (-best[link.target][0], link.port))
            best[each] = (best[behind[0].target][0] + 1, behind[0].target) if behind else (1, "")
        at = max(among, key=lambda each: best[each][0])
        path = [at]
        while at := best[at][1]:
            path.append(at)
        return path

    def _reach(self, path: Sequence[str]) -> tuple[int, int, int]:
        """The line that a path would rather have, and the layers that it takes there, its wires included."""
        sources = [each.source for each in self._incoming[path[0]] if each.source in self.line]
        targets = [each.target for each in self._outgoing[path[-1]] if each.target in self.line]
        neighbours = [self.line[each] for each in (*sources, *targets)]
        first = min([self.layer[path[0]], *(self.layer[each] + 1 for each in sources)])
        last = max([self.layer[path[-1]], *(self.layer[each] - 1 for each in targets)])
        return neighbours[0] if neighbours else 0, first, last

    # ---------------------------------------------------------------- rows

    def _best_rows(self, view: Size) -> list[tuple[int, int]]:
        """First and last layer of each row, so that the whole is drawn as large as can be."""
        everywhere = self._cuts()
        behind = {self.layer[link.source] for link in self.links if self._ends_stage(link)}
        nice, any_rows = (self._rows_between(sorted(cuts), view) for cuts in (everywhere & behind, everywhere))
        return nice[1] if nice[0] >= NICE * any_rows[0] else any_rows[1]

    def _cuts(self) -> set[int]:
        """Layers behind which a row may end: a single output leads on from there, out of any stage."""
        last = max(self.layer.values())
        crossing: dict[int, set[str]] = {layer: set() for layer in range(last)}
        for link in self.links:
            for layer in range(self.layer[link.source], self.layer[link.target]):
                crossing[layer].add(link.source)
        within = {layer for first, last in self._stage_spans for layer in range(first, last)}
        return {layer for layer, sources in crossing.items() if len(sources) == 1} - within

    @cached_property
    def _stage_spans(self) -> list[tuple[int, int]]:
        """First and last layer of each stage."""
        layers = [[self.layer[each] for each in stage] for stage in self.stages]
        return [(min(each), max(each)) for each in layers]

    def _ends_stage(self, link: Link) -> bool:
        """Whether a wire leads out of a pooling, or out of the non-linearity behind one (as in the LeNets)."""
        if self.families.get(link.target) is Family.NON_LINEARITY:
            return False
        if self.families.get(link.source) is Family.NON_LINEARITY:
            return any(self.families.get(each.source) is Family.POOLING for each in self._incoming[link.source])
        return self.families.get(link.source) is Family.POOLING

    def _rows_between(self, cuts: Sequence[int], view: Size) -> tuple[float, list[tuple[int, int]]]:
        """The scale at which the best rows that end at `cuts` fit the view, and those rows."""
        best: tuple[float, list[tuple[int, int]]] = (0.0, [])
        for count in range(1, min(MOST_ROWS, len(cuts) + 1) + 1):
            rows = self._even_rows(cuts, count)
            width = max(self._left(first, last) + self._widths[last] for first, last in rows)
            height = sum(self._row_height(*row) for row in rows) + ROW_GAP * (len(rows) - 1)
            scale = min(view[0] / width, view[1] / height, 1.0)
            if scale > best[0] + 1e-9:
                best = scale, rows
        return best

    def _even_rows(self, cuts: Sequence[int], count: int) -> list[tuple[int, int]]:
        """At most `count` rows, the widest of them as narrow as can be."""
        low, high = 0.0, self._left(0, max(self.layer.values())) + self._widths[-1]
        for _ in range(16):
            width = (low + high) / 2
            if len(self._packed(cuts, width)) <= count:
                high = width
            else:
                low = width
        return self._packed(cuts, high)

    def _packed(self, cuts: Sequence[int], width: float) -> list[tuple[int, int]]:
        """Rows filled from the left up to `width`, a wider one only where there is no place to cut."""
        rows: list[tuple[int, int]] = []
        first, end = 0, max(self.layer.values())
        last = -1
        for cut in (*cuts, end):
            if last >= first and self._left(first, cut) + self._widths[cut] > width:
                rows.append((first, last))
                first = last + 1
            last = cut
        return [*rows, (first, end)]

    # ---------------------------------------------------------------- lengths

    def _left(self, first: int, layer: int) -> float:
        """Where a column begins in the row that begins with column `first`."""
        return self._edges[layer] - self._edges[first]

    @cached_property
    def _edges(self) -> list[float]:
        """Where each column would begin in one endless row."""
        busy = {
            layer
            for link in self.links
            if self.line[link.source] != self.line[link.target] or self._is_long(link)
            for layer in (self.layer[link.source], self.layer[link.target] - 1)
        }
        framed = {layer for first, last in self._stage_spans for layer in (first - 1, last)}
        edges = [0.0]
        for layer, width in enumerate(self._widths):
            gap = WIRE_GAP if layer in busy else STAGE_GAP if layer in framed else GAP
            edges.append(edges[-1] + width + gap)
        return edges

    @cached_property
    def _widths(self) -> list[float]:
        """Of each column: that of its widest card."""
        widths = [0.0] * (max(self.layer.values()) + 1)
        for each in self.ids:
            widths[self.layer[each]] = max(widths[self.layer[each]], self.sizes[each][0])
        return widths

    def _is_long(self, link: Link) -> bool:
        """Whether a wire passes a column."""
        return self.layer[link.target] - self.layer[link.source] > 1

    def _row_height(self, first: int, last: int) -> float:
        return self._line_tops([each for each in self.ids if first <= self.layer[each] <= last])[1]

    def _line_tops(self, row: Iterable[str]) -> tuple[dict[int, float], float]:
        """The top of each line in a row, and the height of all."""
        heights: dict[int, float] = {}
        for each in row:
            heights[self.line[each]] = max(heights.get(self.line[each], 0.0), self.sizes[each][1])
        tops: dict[int, float] = {}
        top = 0.0
        for line in sorted(heights):
            tops[line] = top
            top += heights[line] + LINE_GAP
        return tops, top - LINE_GAP


def _parts(ids: Sequence[str], links: Iterable[Link]) -> list[set[str]]:
    """The ids in sets that no wire joins, in the order of their first modules."""
    part_of = {each: {each} for each in ids}
    for link in links:
        one, other = part_of[link.source], part_of[link.target]
        if one is not other:
            one |= other
            part_of |= dict.fromkeys(other, one)
    return list({id(part): part for part in (part_of[each] for each in ids)}.values())


def _in_order(ids: Sequence[str], outgoing: Mapping[str, Sequence[Link]]) -> list[str]:
    """The ids so that each stands behind what feeds it, else as they were."""
    inside = set(ids)
    waits_for = Counter(link.target for each in ids for link in outgoing[each] if link.target in inside)
    ready = [each for each in ids if not waits_for[each]]
    for each in ready:  # it grows meanwhile
        for link in outgoing[each]:
            if link.target in inside:
                waits_for[link.target] -= 1
                if not waits_for[link.target]:
                    ready.append(link.target)
    return ready


def _outwards(near: int) -> Iterator[int]:
    """`near` and the lines around it, below before above."""
    yield near
    distance = 1
    while True:
        yield near + distance
        yield near - distance
        distance += 1
