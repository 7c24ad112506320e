"""By hand and all at once: each module called by itself, and the whole network in one call, give the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Code, Numbers, Words
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Moment

MOST_LINES = 24
MOST_PARAMETERS = 1_000_000
_SHOWN = 6
"""Numbers of an output that are written beside its line, or compared in a row."""


@dataclass(frozen=True, eq=False)
class _Script:
    """Lines with what each brings; `by_hand` and `at_once` are what the last module puts out both ways."""

    lines: tuple[str, ...]
    values: tuple[Array | None, ...]
    by_hand: Array
    at_once: Array


@dataclass(frozen=True)
class ByHand(Bench):
    """A short program over the modules of the network on the canvas, carried out line by line."""

    name: ClassVar = "by_hand"
    title: ClassVar = "By hand, and all at once"
    summary: ClassVar = "The network as lines of a program: module by module, then in a single call."

    lines: int = whole(0, 0, MOST_LINES, "Lines carried out")

    @reading
    def count(self, moment: Moment) -> float:
        """Lines of the program."""
        return len(self._script(moment).lines)

    @reading
    def gap(self, moment: Moment) -> float:
        """The largest difference between both ways."""
        script = self._script(moment)
        return float(np.abs(script.by_hand - script.at_once).max())

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The lines with what those carried out have brought, and both results once they are there."""
        script = self._script(moment)
        done = min(self.lines, len(script.lines))
        beside = {i: _text(each) for i, each in enumerate(script.values[:done]) if each is not None}
        shown: list[BenchPicture] = [Code("The program", script.lines, done - 1, beside)]
        if done == len(script.lines):
            both = np.array([each.reshape(-1)[:_SHOWN] for each in (script.by_hand, script.at_once)])
            shown.append(Numbers("The last output, both ways", both, ("by hand", "at once")))
            gap = np.abs(script.by_hand - script.at_once).max()
            shown.append(Words("", "Equal, to the last bit." if gap == 0 else f"They differ by {gap:.3g}."))
        yield tuple(shown)

    def _script(self, moment: Moment) -> _Script:
        network, spec = moment.run.network, moment.run.project.network
        nodes = [each for each in network.graph.nodes if isinstance(each.module, Module)][: MOST_LINES - 3]
        if network.parameters.size > MOST_PARAMETERS:
            raise ValueError("This network is too large to be followed line by line: open a smaller one.")
        if not nodes:
            raise ValueError("Nothing in this network can compute yet: connect the picture to a module.")
        names: dict[str, str] = {}
        for node in nodes:
            word = "".join(c if c.isalnum() else "_" for c in title(spec.module(origin(node.id))).lower())
            taken = sum(each.rstrip("0123456789") == word for each in names.values())
            names[node.id] = f"{word}{taken + 1}" if taken else word
        lines, values = list[str](), list[Array | None]()
        outputs: dict[str, Array] = {}
        picture = moment.picture[None].astype(np.float64)
        for node in nodes:
            assert isinstance(node.module, Module)
            given = [outputs[each] for each in node.sources] or [picture]
            outputs[node.id] = node.module.forward(*given)
            taken_from = ", ".join(f"out_{names[each]}" for each in node.sources) or "sample"
            lines.append(f"out_{names[node.id]} = {names[node.id]}.forward({taken_from})")
            values.append(outputs[node.id][0])
        last = nodes[-1].id
        whole_network = moment.run.twin(np.float64)
        at_once = whole_network.forward(picture)[last][0]
        lines += [f"net = Sequential({', '.join(names.values())})", "out_net = net.forward(sample)"]
        values += [None, at_once]
        return _Script(tuple(lines), tuple(values), outputs[last][0], at_once)


def _text(array: Array) -> str:
    flat = array.reshape(-1)
    told = ", ".join(f"{each:.4g}" for each in flat[:_SHOWN])
    return f"[{told}{', …' if flat.size > _SHOWN else ''}]"
