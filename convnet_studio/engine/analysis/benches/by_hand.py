"""By hand and all at once: each module called by itself, and the whole network in one call, give the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.analysis.bench import Bench, reading, whole
from convnet_studio.engine.analysis.bench_pictures import BenchPicture, Code, Numbers, Rows, Words
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.wiring import title
from convnet_studio.engine.training.inquiry import Moment

MOST_LINES = 24
MOST_PARAMETERS = 1_000_000
_SHOWN = 6
"""Numbers of an output that are written beside its line, or compared in a row."""


@dataclass(frozen=True, eq=False)
class _Script:
    """What the program does to one sample.

    Attributes:
        lines: with the `values` that each brings, if any. `by_hand`, `at_once`: the last output, both ways.
        kept: what each module keeps, by its variable: its output, and the gradient by its input, if there is one.
    """

    lines: tuple[str, ...]
    values: tuple[Array | None, ...]
    by_hand: Array
    at_once: Array
    kept: dict[str, tuple[Array, Array | None]]


@dataclass(frozen=True)
class ByHand(Bench):
    """A short program over the modules of the network on the canvas, carried out line by line."""

    name: ClassVar = "by_hand"
    title: ClassVar = "By hand, and all at once"
    summary: ClassVar = "The network as lines of a program: module by module, then in a single call."

    lines: int = whole(0, 0, MOST_LINES, "Lines carried out")
    sample: int = whole(0, 0, 1000, "Sample (0: the shown one)")

    @reading
    def count(self, moment: Moment) -> float:
        """Lines of the program."""
        return len(self._script(moment).lines)

    @reading
    def gap(self, moment: Moment) -> float:
        """The largest difference between both ways."""
        script = self._script(moment)
        return float(np.abs(script.by_hand - script.at_once).max())

    @reading
    def kept(self, moment: Moment) -> Array:
        """The output that the last module keeps."""
        return self._script(moment).by_hand

    def pictures(self, moment: Moment) -> Iterator[tuple[BenchPicture, ...]]:
        """The lines with what those carried out have brought; once all were, what is kept, and both results."""
        script = self._script(moment)
        done = min(self.lines, len(script.lines))
        beside = {i: _text(each) for i, each in enumerate(script.values[:done]) if each is not None}
        shown: list[BenchPicture] = [Code("The program", script.lines, done - 1, beside)]
        if done == len(script.lines):
            both = np.array([each.reshape(-1)[:_SHOWN] for each in (script.by_hand, script.at_once)])
            kept = tuple(
                (name, _text(out), "–" if grad is None else _text(grad)) for name, (out, grad) in script.kept.items()
            )
            gap = np.abs(script.by_hand - script.at_once).max()
            shown += [
                Rows("What each module keeps now", ("module", "output", "gradient by its input"), kept),
                Numbers("The last output, both ways", both, ("by hand", "at once")),
                Words("", "Equal, to the last bit." if gap == 0 else f"They differ by {gap:.3g}."),
            ]
        yield tuple(shown)

    def _sample(self, moment: Moment) -> tuple[Array, int]:
        """The sample that goes through, and its class."""
        if not self.sample:
            return moment.picture, moment.label
        material = moment.run.material
        start, count = (material.train_count, material.test_count) if material.test_count else (0, material.train_count)
        if self.sample > count:
            raise ValueError(f"The data has {count:,} samples: choose one of them.")
        return material.pictures[start + self.sample - 1], int(material.labels[start + self.sample - 1])

    def _script(self, moment: Moment) -> _Script:
        if moment.run.network.parameters.size > MOST_PARAMETERS:
            raise ValueError("This network is too large to be followed line by line: open a smaller one.")
        picture, label = self._sample(moment)
        given = picture[None].astype(np.float64)
        network, whole_network = moment.run.twin(np.float64), moment.run.twin(np.float64)
        nodes = [each for each in network.graph.nodes if isinstance(each.module, Module)][: MOST_LINES - 3]
        if not nodes:
            raise ValueError("Nothing in this network can compute yet: connect the picture to a module.")
        names = _names(moment, [each.id for each in nodes])
        lines, values = list[str](), list[Array | None]()
        outputs: dict[str, Array] = {}
        for node in nodes:
            assert isinstance(node.module, Module)
            outputs[node.id] = node.module.forward(*([outputs[each] for each in node.sources] or [given]))
            taken = ", ".join(f"out_{names[each]}" for each in node.sources) or "sample"
            lines.append(f"out_{names[node.id]} = {names[node.id]}.forward({taken})")
            values.append(outputs[node.id][0])
        last = nodes[-1].id
        at_once = whole_network.forward(given)[last][0]
        lines += [f"net = Sequential({', '.join(names.values())})", "out_net = net.forward(sample)"]
        values += [None, at_once]
        arriving = _gradients(whole_network, label)
        if nodes[0].id in arriving:
            lines.append("grad_net = net.backward(sample, grad_out)")
            values.append(arriving[nodes[0].id][0])
        kept: dict[str, tuple[Array, Array | None]] = {}
        for node in nodes:
            by_input = arriving.get(node.sources[0]) if node.sources else None
            kept[names[node.id]] = outputs[node.id][0], None if by_input is None else by_input[0]
        return _Script(tuple(lines), tuple(values), outputs[last][0], at_once, kept)


def _names(moment: Moment, ids: list[str]) -> dict[str, str]:
    """A variable for each module, after its name."""
    names: dict[str, str] = {}
    for each in ids:
        called = title(moment.run.project.network.module(origin(each))).lower()
        word = "".join(letter if letter.isalnum() else "_" for letter in called)
        taken = sum(name.rstrip("0123456789") == word for name in names.values())
        names[each] = f"{word}{taken + 1}" if taken else word
    return names


def _gradients(network: Network, label: int) -> dict[str, Array]:
    """By the output of each module, after its forward; none where there is no loss, or it can't judge this sample."""
    if not network.losses or network.compares_pairs or (network.judge is not None and label < 0):
        return {}
    network.loss(np.array([label]))
    return network.backward()


def _text(array: Array) -> str:
    flat = array.reshape(-1)
    told = ", ".join(f"{each:.4g}" for each in flat[:_SHOWN])
    return f"[{told}{', …' if flat.size > _SHOWN else ''}]"
