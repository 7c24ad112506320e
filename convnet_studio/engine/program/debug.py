"""The same program, stepped from Python one operation at a time: debugger, profiler, base of stepping views."""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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
    """What an operation of a program takes in a step, in seconds for each sample."""

    module_id: str
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


def profile(program: CompiledProgram, indices: Indices, repeats: int = 20) -> list[OperationTime]:
    """Where the time of a step goes: the fastest of `repeats` for each operation, the longest first."""
    fastest: dict[int, float] = {}
    operations: dict[int, Operation] = {}
    for _ in range(repeats):
        sums: dict[int, float] = {}
        for call in calls(program, indices):
            operations[id(call.operation)] = call.operation
            sums[id(call.operation)] = sums.get(id(call.operation), 0.0) + call.seconds - _overhead()
        for key, seconds in sums.items():
            fastest[key] = min(seconds, fastest.get(key, np.inf))
    times = [
        OperationTime(operations[key].module_id, operations[key].leaf.name, max(seconds, 0.0) / len(indices))
        for key, seconds in fastest.items()
    ]
    return sorted(times, key=lambda each: -each.seconds)


@functools.cache
def _overhead() -> float:
    """What a call from Python costs by itself, in seconds."""
    nothing = _FOREIGN(ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value or 0)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        nothing(0, 0, 0, 0, 0, 1)
        times.append(time.perf_counter() - start)
    return min(times)


def _call(runner: Runner, index: int, a: int, b: int, workspace: int, i: int, n: int) -> Call:
    row = runner.listing.rows[index]
    function, address = _FOREIGN(int(row[0])), row.ctypes.data
    start = time.perf_counter()
    function(address, a, b, workspace, i, n)
    return Call(runner.listing.operations[index], i, n, time.perf_counter() - start)
