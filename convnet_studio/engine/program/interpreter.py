"""The interpreter: runs a program's rows over mini-batches, without the GIL, on one or two threads.

A mini-batch is cut into chunks that go through all operations, forward and back, while they lie in the cache. Chunk c
adds its gradients to slot c mod `slots`; a slot is taken whole by whichever thread is free and the slots are summed in
their order, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numba
from numba import types

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import ROW, SPOILED, constants
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.kernels.loss import SHARE
from convnet_studio.engine.kernels.memory import (
    INTS,
    add_one,
    call_operation,
    floats_at,
    ints_at,
    pause,
    read_shared,
    shift,
    take_one,
    write_shared,
)

_SHARED = {"left": 0, "done": 8, "asleep": 16, "stop": 24}  # a cache line each: both threads write them
_FIELDS = (
    "refused",  # result: 1 + the position of the first index that is no example
    "steps",  # mini-batches of this call
    "steps_done",  # result: fewer where one left the finite range
    "spoiled",  # result: 1 where the last one did
    "table",  # address: of each mini-batch its samples, and the bits of its learning rate
    "rate",  # address of the field of the update's row that takes those bits
    "order",  # address: the examples of all mini-batches of this call, one after the other
    "all_losses",  # address: one for each of them
    "all_wrong",  # address: one for each of them
    "count",  # samples of this mini-batch
    "chunk",  # samples at a time
    "slots",  # of gradients, in use in this mini-batch
    "most_slots",  # that any mini-batch may use
    "examples",  # how many there are in the data
    "indices",  # address: which examples
    "losses",  # address: one for each sample
    "wrong",  # address: one for each sample
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
    "clock_step",  # address: the number of the mini-batch in training; left as it was found
    "parameters",  # address
    "gradients",  # address of the flat gradient
    "gradient_size",
    "slot_memory",  # address
    "slot_size",  # floats
    "workspaces",  # address
    "workspace_size",  # floats of each thread
)
_NUMBERS = _SHARED | {name: 32 + i for i, name in enumerate(_FIELDS)}
JOB_SIZE = 32 + len(_FIELDS)
JOB = constants(**_NUMBERS)
"""Where each number of a job lies: what Python and the threads tell each other, an int64 array."""


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
    """Take slots until none is left.

    The word that is taken from counts the slots that are left. So whoever takes one knows from the word alone whether
    it is one: a thread that comes late, when the next mini-batch is already set up, takes a slot of that one or none.
    """
    workspace = floats_at(job[JOB.workspaces] + 4 * thread * job[JOB.workspace_size])
    while True:
        slot = take_one(shift(job, JOB.left)) - 1
        if slot < 0:
            return
        slots = job[JOB.slots]
        workspace[SHARE] = ONE / numba.float32(job[JOB.count])
        slot_memory = floats_at(job[JOB.slot_memory] + 4 * slot * job[JOB.slot_size])
        if job[JOB.training]:
            _clear(slot_memory, job[JOB.slot_size])
        step = slots * job[JOB.chunk]
        for start in range(slot * job[JOB.chunk], job[JOB.count], step):
            _run_chunk(job, workspace, slot_memory, start)
        add_one(shift(job, JOB.done))


@numba.njit
def _check(job: Any) -> Any:
    """Return 1 + the position of the first index outside the data, 0 if there is none."""
    indices = ints_at(job[JOB.indices])
    for i in range(job[JOB.count]):
        if indices[i] < 0 or indices[i] >= job[JOB.examples]:
            return i + 1
    return 0


@numba.njit
def _run_one(job: Any) -> None:
    """Run one mini-batch: prepare weights, all chunks, collect gradients."""
    job[JOB.refused] = _check(job)
    if job[JOB.refused]:
        return
    chunk = job[JOB.chunk]
    job[JOB.slots] = min(job[JOB.most_slots], (job[JOB.count] + chunk - 1) // chunk)
    workspace = floats_at(job[JOB.workspaces])
    parameters, gradients = floats_at(job[JOB.parameters]), floats_at(job[JOB.gradients])
    _clear(floats_at(job[JOB.losses]), job[JOB.count])
    _run_rows(job, job[JOB.prepare], job[JOB.prepare_end], parameters, gradients, workspace, 0, 1)
    if job[JOB.training]:
        _clear(gradients, job[JOB.gradient_size])
    job[JOB.done] = 0
    write_shared(shift(job, JOB.left), job[JOB.slots])
    _work(job, 0)
    while read_shared(shift(job, JOB.done)) < job[JOB.slots]:
        pause()
    if job[JOB.training]:
        slot_memory = floats_at(job[JOB.slot_memory])
        _run_rows(job, job[JOB.collect], job[JOB.collect_end], gradients, slot_memory, workspace, 0, job[JOB.slots])


@numba.njit
def _update(job: Any) -> Any:
    """Run the update; return whether all that it has written is finite."""
    workspace = floats_at(job[JOB.workspaces])
    parameters, gradients = floats_at(job[JOB.parameters]), floats_at(job[JOB.gradients])
    workspace[SPOILED] = ZERO
    _run_rows(job, job[JOB.update], job[JOB.update_end], parameters, gradients, workspace, 0, 1)
    return workspace[SPOILED] == ZERO


def run(job: Any) -> None:
    """Run the mini-batches of the job one after the other, each with the learning rate of its own.

    Ends after the first whose loss, or a parameter behind it, is not finite: what would follow computes with numbers
    that mean nothing. Where it is the loss, the parameters are left as they were.
    """
    order, table, rate = ints_at(job[JOB.order]), ints_at(job[JOB.table]), ints_at(job[JOB.rate])
    indices, losses, wrong = ints_at(job[JOB.indices]), floats_at(job[JOB.losses]), floats_at(job[JOB.wrong])
    all_losses, all_wrong = floats_at(job[JOB.all_losses]), floats_at(job[JOB.all_wrong])
    clock_step = ints_at(job[JOB.clock_step])
    first_step = clock_step[0]
    start = 0
    job[JOB.steps_done] = job[JOB.spoiled] = 0
    for step in range(job[JOB.steps]):
        clock_step[0] = first_step + step
        count = table[2 * step]
        job[JOB.count] = count
        rate[0] = table[2 * step + 1]
        for i in range(count):
            indices[i] = order[start + i]
        _run_one(job)
        clock_step[0] = first_step
        if job[JOB.refused]:
            job[JOB.refused] += start
            return
        total = ZERO
        for i in range(count):
            all_losses[start + i] = losses[i]
            all_wrong[start + i] = wrong[i]
            total += losses[i]
        start += count
        job[JOB.steps_done] += 1
        if not math.isfinite(total) or not _update(job):
            job[JOB.spoiled] = 1
            return


_PATIENCE = 20_000
"""Pauses (of some 20 ns) that the second thread waits for the next call before it lies down."""


def serve(job: Any) -> None:
    """Help every call of `run` with this job, as thread 1, until none has come for a while or `stop` is set."""
    idle = 0
    while idle < _PATIENCE and read_shared(shift(job, JOB.stop)) == 0:
        if read_shared(shift(job, JOB.left)) > 0:
            _work(job, 1)
            idle = 0
        else:
            pause()
            idle += 1


_SIGNATURE = types.void(INTS)
RUN = Kernel("run", run, _SIGNATURE)
SERVE = Kernel("serve", serve, _SIGNATURE)
KERNELS = (RUN, SERVE)
