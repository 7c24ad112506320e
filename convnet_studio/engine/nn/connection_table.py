"""Connection tables: which input maps each output map of a filter bank sees.

A table is written as a text, so that it is a setting like any other:

- ``full``: every map sees every map.
- ``one-to-one``: each input map has output maps of its own, as many as it comes out even (PyTorch's depthwise
  convolution, groups = inputs).
- ``groups 2``: inputs and outputs are cut into 2 parts that do not see each other (PyTorch's `groups`).
- ``random 4`` or ``random 4 seed 7``: each output sees 4 different inputs, drawn once for all.
- ``lenet-5``, ``lenet-7``: the tables of these networks.
- ``0 1 2, 1-3, 0 3``: the inputs of each output, counted from 0; ``1-3`` stands for ``1 2 3``.

LeCun et al., Gradient-based learning applied to document recognition (1998), table 1; nn.tables of Torch7; the table of
LeNet-7 is that of the EBLearn library.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

from convnet_studio.engine.nn.module import ShapeProblem

Pairs = tuple[tuple[int, int], ...]
"""(output map, input map), sorted."""

EXAMPLES = ("full", "one-to-one", "groups 2", "random 2", "random 1 seed 3")


def _ring(width: int) -> list[tuple[int, ...]]:
    """Six runs of neighbours around a ring of six maps."""
    return [tuple((first + step) % 6 for step in range(width)) for first in range(6)]


_LENET_5 = [*_ring(3), *_ring(4), (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), tuple(range(6))]
_LENET_7: list[tuple[int, ...]] = [
    (*one, *two)
    for one in ((0, 2), (1, 3), (1, 2), (0, 3))  # one of maps 0 and 1, one of 2 and 3
    for two in itertools.combinations(range(4, 8), 2)
]
_NAMED: dict[str, tuple[list[tuple[int, ...]], int]] = {"lenet-5": (_LENET_5, 6), "lenet-7": (_LENET_7, 8)}


_INPUTS = r"\d{1,4}(-\d{1,4})?"
_FORM = re.compile(
    r"full|one-to-one|lenet-5|lenet-7|groups [1-9]\d{0,3}|random [1-9]\d{0,3}( seed \d{1,9})?"
    rf"|{_INPUTS}( {_INPUTS})*(, ?{_INPUTS}( {_INPUTS})*)*",
    re.ASCII,
)


def read_table(text: str) -> None:
    """Check how a table is written, before it is known how many maps there are.

    Raises:
        ValueError: one sentence, if it is none of the forms above.
    """
    if not _FORM.fullmatch(text):
        raise ValueError(
            "write full, one-to-one, groups 2, random 4, lenet-5, lenet-7, or the inputs of each output map, such as"
            " 0 1, 1 2, 0 2."
        )
    for word in re.findall(r"\d+-\d+", text):
        first, last = _first_and_last(word)
        if first > last:
            raise ValueError(f"{word} goes down: write {last}-{first}.")


def table_text(rows: Sequence[Collection[int]], inputs: int) -> str:
    """How a table is written that has these inputs for each output map: by its name where it has one.

    Raises:
        ValueError: one sentence, if an output map sees no input.
    """
    empty = [str(output) for output, row in enumerate(rows) if not row]
    if empty:
        which = f"maps {', '.join(empty)}" if len(empty) > 1 else f"map {empty[0]}"
        raise ValueError(f"Output {which} would see no input: every output map needs at least one.")
    wanted = [tuple(sorted(row)) for row in rows]
    for name in ("full", "one-to-one", *_NAMED):
        try:
            found = _table(name, inputs, len(rows))
        except ShapeProblem:
            continue
        if [tuple(sorted(row)) for row in found] == wanted:
            return name
    return ", ".join(_runs(row) for row in wanted)


def _runs(row: Sequence[int]) -> str:
    """Sorted inputs, three neighbours and more as a range: ``0 2-5``."""
    runs: list[list[int]] = []
    for each in row:
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(map(str, run)) for run in runs)


@lru_cache(maxsize=256)
def connected_pairs(text: str, inputs: int, outputs: int) -> Pairs:
    """The connections of a table that `read_table` allows, by output, then input.

    Raises:
        ShapeProblem: if the table does not go with so many maps.
    """
    rows = _table(text, inputs, outputs)
    return tuple((output, source) for output, row in enumerate(rows) for source in sorted(row))


def _table(text: str, inputs: int, outputs: int) -> list[tuple[int, ...]]:
    word, *rest = text.split()
    if word == "full":
        return [tuple(range(inputs))] * outputs
    if word in ("groups", "one-to-one"):
        return _grouped(inputs if word == "one-to-one" else int(rest[0]), inputs, outputs)
    if word == "random":
        return _random(int(rest[0]), int(rest[2]) if len(rest) > 2 else 1, inputs, outputs)
    if word in _NAMED:
        rows, wanted = _NAMED[word]
        _check_counts(f"The table {word}", wanted, len(rows), inputs, outputs)
        return rows
    return _listed(text, inputs, outputs)


def _grouped(groups: int, inputs: int, outputs: int) -> list[tuple[int, ...]]:
    if inputs % groups or outputs % groups:
        raise ShapeProblem(
            f"{inputs} input and {outputs} output maps can't both be divided into {groups} groups",
            f"use a multiple of {inputs} output maps" if groups == inputs else "use another number of groups",
            {"out_channels": max(1, outputs // inputs) * inputs} if groups == inputs else {"table": "full"},
        )
    size, made = inputs // groups, outputs // groups
    return [tuple(range(output // made * size, (output // made + 1) * size)) for output in range(outputs)]


def _random(fan_in: int, seed: int, inputs: int, outputs: int) -> list[tuple[int, ...]]:
    if fan_in > inputs:
        change = {"table": f"random {inputs}"}
        raise ShapeProblem(f"There are {inputs} input maps, not {fan_in} to draw from", f"use random {inputs}", change)
    random = np.random.default_rng([seed, inputs, outputs])
    return [tuple(map(int, random.permutation(inputs)[:fan_in])) for _ in range(outputs)]


def _listed(text: str, inputs: int, outputs: int) -> list[tuple[int, ...]]:
    rows = [[_first_and_last(word) for word in row.split()] for row in text.split(",")]
    needed = max(inputs, 1 + max(max(ends) for row in rows for ends in row))
    _check_counts("The connection table", needed, len(rows), inputs, outputs)
    return [tuple(sorted({i for first, last in row for i in range(first, last + 1)})) for row in rows]


def _first_and_last(word: str) -> tuple[int, int]:
    """Of the inputs that ``3`` or ``1-3`` names."""
    first, _, last = word.partition("-")
    return int(first), int(last or first)


def _check_counts(what: str, inputs: int, outputs: int, found_inputs: int, found_outputs: int) -> None:
    if (inputs, outputs) != (found_inputs, found_outputs):
        change = {"out_channels": outputs} if inputs == found_inputs else {"table": "full"}
        raise ShapeProblem(
            f"{what} connects {inputs} to {outputs} maps, here are {found_inputs} and {found_outputs}",
            f"use {outputs} output maps" if inputs == found_inputs else "use another table",
            change,
        )
