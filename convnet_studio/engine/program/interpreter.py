"""The interpreter: runs a program's rows over a mini-batch, without the GIL, on one or two threads.

A mini-batch is cut into chunks that go through all operations, forward and back, while they lie in the cache. Chunk c
adds its gradients to slot c mod `slots`; a slot is taken whole by whichever thread is free and the slots are summed in
their order, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

from typing import Any

import numba
from numba import types

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import ROW, constants
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.kernels.loss import SHARE
from convnet_studio.engine.kernels.memory import (
    INTS,
    call_operation,
    floats_at,
    ints_at,
    pause,
    read_shared,
    shift,
    take_ticket,
    write_shared,
)

JOB_SIZE = 64
_SHARED = {"ticket": 0, "done": 8, "asleep": 16, "stop": 24}  # a cache line each: both threads write them
_FIELDS = (
    "refused",  # result: 1 + the position of the first index that is no example
    "count",  # samples of this call
    "chunk",  # samples at a time
    "slots",  # of gradients, in use in this call
    "examples",  # how many there are in the data
    "indices",  # address: which examples
    "losses",  # address: one for each sample
    "rows",  # address
    "sections",  # address of (begin, end, whole chunk or single samples)
    "section_count",  # in use in this call: all, or only those forward
    "training",  # 1: gradients are wanted
    "prepare",  # rows from here: copies of weights, once a call
    "prepare_end",
    "collect",  # rows from here: sums over slots
    "collect_end",
    "update",  # rows from here: the update
    "update_end",
    "parameters",  # address
    "gradients",  # address of the flat gradient
    "gradient_size",
    "slot_memory",  # address
    "slot_size",  # floats
    "workspaces",  # address
    "workspace_size",  # floats of each thread
)
_NUMBERS = _SHARED | {name: 32 + i for i, name in enumerate(_FIELDS)}
JOB = constants(**_NUMBERS)
"""Where each number of a job lies: what Python and the threads tell each other, an int64 array."""

_NONE_LEFT = 1 << 40


@numba.njit
def _run_rows(job: Any, begin: Any, end: Any, a: Any, b: Any, workspace: Any, i: Any, n: Any) -> None:
    rows = ints_at(job[JOB.rows])
    for r in range(begin, end):
        row = shift(rows, r * ROW)
        call_operation(row[0], row, a, b, workspace, i, n)


@numba.njit
def _clear(pointer: Any, size: Any) -> None:
    for j in range(size):
        pointer[j] = ZERO


@numba.njit
def _run_chunk(job: Any, workspace: Any, slot_memory: Any, start: Any) -> None:
    """Take the chunk from sample `start` through all sections: sample by sample, or all at once."""
    n = min(job[JOB.chunk], job[JOB.count] - start)
    parameters, sections = floats_at(job[JOB.parameters]), ints_at(job[JOB.sections])
    for section in range(job[JOB.section_count]):
        begin, end = sections[3 * section], sections[3 * section + 1]
        if sections[3 * section + 2]:
            _run_rows(job, begin, end, parameters, slot_memory, workspace, start, n)
        else:
            for i in range(start, start + n):
                _run_rows(job, begin, end, parameters, slot_memory, workspace, i, 1)


@numba.njit
def _work(job: Any, thread: Any) -> None:
    """Take slots until none is left."""
    workspace = floats_at(job[JOB.workspaces] + 4 * thread * job[JOB.workspace_size])
    while True:
        slot = take_ticket(shift(job, JOB.ticket))
        slots = job[JOB.slots]
        if slot >= slots:
            return
        workspace[SHARE] = ONE / numba.float32(job[JOB.count])
        slot_memory = floats_at(job[JOB.slot_memory] + 4 * slot * job[JOB.slot_size])
        if job[JOB.training]:
            _clear(slot_memory, job[JOB.slot_size])
        step = slots * job[JOB.chunk]
        for start in range(slot * job[JOB.chunk], job[JOB.count], step):
            _run_chunk(job, workspace, slot_memory, start)
        take_ticket(shift(job, JOB.done))


@numba.njit
def _check(job: Any) -> Any:
    """Return 1 + the position of the first index outside the data, 0 if there is none."""
    indices = ints_at(job[JOB.indices])
    for i in range(job[JOB.count]):
        if indices[i] < 0 or indices[i] >= job[JOB.examples]:
            return i + 1
    return 0


def run(job: Any) -> None:
    """Run one mini-batch: prepare weights, all chunks, collect gradients, update."""
    job[JOB.refused] = _check(job)
    if job[JOB.refused]:
        return
    workspace = floats_at(job[JOB.workspaces])
    parameters, gradients = floats_at(job[JOB.parameters]), floats_at(job[JOB.gradients])
    _clear(floats_at(job[JOB.losses]), job[JOB.count])
    _run_rows(job, job[JOB.prepare], job[JOB.prepare_end], parameters, gradients, workspace, 0, 1)
    if job[JOB.training]:
        _clear(gradients, job[JOB.gradient_size])
    job[JOB.done] = 0
    write_shared(shift(job, JOB.ticket), 0)
    _work(job, 0)
    while read_shared(shift(job, JOB.done)) < job[JOB.slots]:
        pause()
    write_shared(shift(job, JOB.ticket), _NONE_LEFT)
    if job[JOB.training]:
        slot_memory = floats_at(job[JOB.slot_memory])
        _run_rows(job, job[JOB.collect], job[JOB.collect_end], gradients, slot_memory, workspace, 0, job[JOB.slots])
        _run_rows(job, job[JOB.update], job[JOB.update_end], parameters, gradients, workspace, 0, 1)


_PATIENCE = 20_000
"""Pauses (of some 20 ns) that the second thread waits for the next call before it lies down."""


def serve(job: Any) -> None:
    """Help every call of `run` with this job, as thread 1, until none has come for a while or `stop` is set."""
    idle = 0
    while idle < _PATIENCE and read_shared(shift(job, JOB.stop)) == 0:
        if read_shared(shift(job, JOB.ticket)) < read_shared(shift(job, JOB.slots)):
            _work(job, 1)
            idle = 0
        else:
            pause()
            idle += 1


_SIGNATURE = types.void(INTS)
RUN = Kernel("run", run, _SIGNATURE)
SERVE = Kernel("serve", serve, _SIGNATURE)
KERNELS = (RUN, SERVE)
