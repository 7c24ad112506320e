"""The same program, stepped from Python one operation at a time: debugger, profiler, base of stepping views."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from dataclasses import dataclass

from convnet_studio.engine.program.builder import Operation
from convnet_studio.engine.program.compiled import CompiledProgram
from convnet_studio.engine.program.program import Indices
from convnet_studio.engine.program.runner import Runner

_FOREIGN = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_int64)


@dataclass(frozen=True)
class Call:
    """One call of an operation: on samples `first` to `first + count` - 1; `seconds` as seen from Python."""

    operation: Operation
    first: int
    count: int
    seconds: float


@dataclass(frozen=True)
class OperationTime:
    """What an operation of a program takes in a step, in seconds for each sample.

    `phase`: "prepare" and "collect" are once a step before and after all samples, "forward" and "backward" are passes;
    what is finished after all samples counts as backward.
    """

    module_id: str
    phase: str
    name: str
    seconds: float


def calls(program: CompiledProgram, indices: Indices) -> Iterator[Call]:
    """Do what `program.gradient(indices)` does, yielding after every call of an operation.

    Between calls `program.output` and `output_gradient` read what has been computed so far.
    """
    runner, chosen = program.load_for_gradient(indices)
    count = len(chosen)
    listing, at = runner.listing, runner.begin(count)
    used = runner.slots_for(count)
    for index in listing.prepare:
        yield _call(runner, index, at.parameters, at.gradients, at.workspace, 0, 1)
    for start in range(0, count, listing.chunk):
        n = min(listing.chunk, count - start)
        slot = at.slots + 4 * listing.builder.slot_size * (start // listing.chunk % used)
        for section in listing.sections:
            parts = [(start, n)] if section.whole else [(i, 1) for i in range(start, start + n)]
            for i, m in parts:
                for index in range(section.begin, section.end):
                    yield _call(runner, index, at.parameters, slot, at.workspace, i, m)
    for index in listing.collect:
        yield _call(runner, index, at.gradients, at.slots, at.workspace, 0, used)
    for begin, end, first, size in listing.parts.tolist():
        for index in range(begin, end):
            yield _call(runner, index, at.parameters, at.gradients, at.workspace, first, size)


def profile(program: CompiledProgram, indices: Indices, repeats: int = 10) -> list[OperationTime]:
    """Where the time of a step on one thread goes, the longest first: the fastest of `repeats` for each operation.

    Each operation is run by the interpreter alone on what a step has left in memory, and so without any cost of Python.
    """
    runner, chosen = program.load_for_training(indices)
    listing, forward = runner.listing, runner.listing.forward_sections
    phases = dict.fromkeys(listing.prepare, "prepare") | dict.fromkeys(listing.collect, "collect")
    phases |= dict.fromkeys(listing.parts[:, 0].tolist(), "backward")
    for number, section in enumerate(listing.sections):
        phases |= dict.fromkeys(range(section.begin, section.end), "forward" if number < forward else "backward")
    times = [
        OperationTime(
            listing.operations[index].module_id,
            phase,
            listing.operations[index].leaf.name,
            runner.time_operation(index, chosen, repeats) / len(chosen),
        )
        for index, phase in phases.items()
    ]
    return sorted(times, key=lambda each: -each.seconds)


def _call(runner: Runner, index: int, a: int, b: int, workspace: int, i: int, n: int) -> Call:
    row = runner.listing.rows[index]
    function, address = _FOREIGN(int(row[0])), row.ctypes.data
    start = time.perf_counter()
    function(address, a, b, workspace, i, n)
    return Call(runner.listing.operations[index], i, n, time.perf_counter() - start)
