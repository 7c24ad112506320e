"""Sections and memory: which operations run sample by sample, and where every buffer lies.

Consecutive operations that take one sample at a time form a section: a sample goes through all of them before the next,
so that it stays in the first-level cache. A buffer that only one such section touches needs room for one sample; all
others have room for a chunk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from convnet_studio.engine.kernels.fields import SLACK, Buffer
from convnet_studio.engine.program.builder import Operation
from convnet_studio.engine.program.interpreter import APART, SINGLE


@dataclass(frozen=True)
class Section:
    """Operations `begin` to `end` - 1 and how they take the samples of a chunk (interpreter.py)."""

    begin: int
    end: int
    kind: int

    @property
    def whole(self) -> bool:
        """Whether they take all samples of a chunk at once."""
        return self.kind != SINGLE


def cut(operations: list[Operation], first: int) -> list[Section]:
    """Cut a pass into sections; `first` is the row of its first operation."""
    sections = []
    for (kind, _), group in groupby(operations, key=_section_of):
        size = len(list(group))
        sections.append(Section(first, first + size, kind))
        first += size
    return sections


def _section_of(operation: Operation) -> tuple[int, str]:
    """What neighbours in a section have in common: rows that may run in any order are of one module and leaf."""
    return operation.kind, f"{operation.module_id} {operation.leaf.name}" if operation.kind == APART else ""


def allocate(
    operations: list[Operation], sections: list[Section], first: int, chunk: int, kept: Iterable[Buffer], capacity: int
) -> int:
    """Give every buffer its place in the workspace.

    Args:
        operations: of all `sections`, the first at row `first`.
        sections: forward and backward.
        first: row of the first operation.
        chunk: samples at a time, a power of two.
        kept: buffers that stay readable, for `capacity` samples.
        capacity: a power of two.

    Returns:
        The floats of a workspace.
    """
    users: dict[Buffer, set[int]] = {}
    for number, section in enumerate(sections):
        for operation in operations[section.begin - first : section.end - first]:
            for value in operation.values.values():
                if isinstance(value, Buffer):
                    users.setdefault(value, set()).add(number)
    kept = set(kept)
    position = SLACK  # the first floats belong to the interpreter
    for buffer in [*users, *(kept - users.keys())]:
        numbers = users.get(buffer, set())
        passing = len(numbers) == 1 and not sections[min(numbers)].whole
        buffer.mask = capacity - 1 if buffer in kept else 0 if passing else chunk - 1
        buffer.offset = position
        position += (buffer.mask + 1) * buffer.stride
    return position + 2 * SLACK
