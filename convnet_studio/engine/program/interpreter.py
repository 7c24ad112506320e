"""The interpreter: runs a program's rows over mini-batches, without the GIL, on one or two threads.

A mini-batch is cut into chunks that go through all operations, forward and back, while they lie in the cache. Chunk c
adds its gradients to slot c mod `slots`; a slot is taken whole by whichever thread is free and the slots are summed in
their order, so that the result does not depend on the number of threads.

Gradients of large matrices don't go through slots: their operations keep what they need of every sample, and when all
chunks are done, `parts` of the matrices are finished, each by whichever thread is free: the sum over all samples, and
with plain descent or momentum the update at once (step.py), so that the weights pass through the cache only once.
"""

from __future__ import annotations

import math
from typing import Any

import numba
from numba import types

from convnet_studio.engine.kernels.constants import ONE, ZERO
from convnet_studio.engine.kernels.fields import ROW, constants
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.kernels.memory import (
    INTS,
    WORK,
    add_one,
    call_operation,
    call_work,
    floats_at,
    ints_at,
    pause,
    read_shared,
    real,
    shift,
    take_one,
    write_shared,
)
from convnet_studio.engine.kernels.simd import LANES as LANES_OF_VECTOR
from convnet_studio.engine.kernels.simd import load, splat, store, total
from convnet_studio.engine.kernels.step import COUNT, DESCEND, GRADIENT, MODE, MOMENTUM, RATE, SHARE, SPOILED

_SHARED = {"left": 0, "done": 8, "asleep": 16, "stop": 24, "running": 32}  # a cache line each: both threads write them
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
    "sections",  # address of (begin, end, SINGLE, WHOLE, LANES or APART)
    "section_count",  # in use in this call: all, or only those forward
    "training",  # 1: gradients are wanted
    "prepare",  # rows from here: copies of weights, once a call
    "prepare_end",
    "collect",  # rows from here: sums over slots
    "collect_end",
    "update",  # rows from here: the update, where it is not done here
    "update_end",
    "work",  # address of the kernel of that name, which is called so that it is compiled once
    "task",  # what is being taken: SLOTS, PARTS or ROWS
    "shared_row",  # of ROWS: the first
    "shared_start",  # what they take as i and n
    "shared_count",
    "parts",  # address: of each part the first row, the row behind the last, and what these take as i and n
    "part_count",
    "mode",  # GRADIENT, DESCEND or MOVE
    "momentum",  # the bits of it
    "clock_step",  # address: the number of the mini-batch in training; left as it was found
    "parameters",  # address
    "target",  # address of the flat gradient, or of the velocity
    "ranges",  # address: the first number of `target` and the one behind the last, of each range that slots add to
    "range_count",
    "slot_memory",  # address
    "slot_size",  # floats
    "workspaces",  # address
    "workspace_size",  # floats of each thread
    "threads",  # that have a workspace
)
_NUMBERS = _SHARED | {name: 40 + i for i, name in enumerate(_FIELDS)}
JOB_SIZE = 40 + len(_FIELDS)
JOB = constants(**_NUMBERS)
"""Where each number of a job lies: what Python and the threads tell each other, an int64 array."""


SINGLE, WHOLE, LANES, APART = 0, 1, 2, 3
"""How a section takes a chunk: sample by sample; all at once; as if it were one sample; all at once, its rows in any
order, so that threads may share them where there is one slot only."""
ALONE = -1
"""In place of a thread's number: the first one, which runs the only slot and does not offer it."""
_SLOTS, _PARTS, _ROWS = 0, 1, 2


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
def _run_shared_row(job: Any, number: Any) -> None:
    """Run one of several rows of the only slot that do not depend on each other."""
    row, workspace = job[JOB.shared_row] + number, floats_at(job[JOB.workspaces])
    parameters, slot_memory = floats_at(job[JOB.parameters]), floats_at(job[JOB.slot_memory])
    start, count = job[JOB.shared_start], job[JOB.shared_count]
    _run_rows(job, row, row + 1, parameters, slot_memory, workspace, start, count)


@numba.njit
def _share_rows(job: Any, begin: Any, end: Any, start: Any, n: Any) -> None:
    """Let the other thread take some of the rows; there is one slot only, so that it has nothing else to do.

    The slot is in the hands of the first thread, which is the one that begins.
    """
    job[JOB.task], job[JOB.done] = _ROWS, 0
    job[JOB.shared_row], job[JOB.shared_start], job[JOB.shared_count] = begin, start, n
    write_shared(shift(job, JOB.left), end - begin)
    while True:
        taken = take_one(shift(job, JOB.left)) - 1
        if taken < 0:
            break
        _run_shared_row(job, taken)
        add_one(shift(job, JOB.done))
    while read_shared(shift(job, JOB.done)) < end - begin:
        pause()


@numba.njit
def _run_chunk(job: Any, workspace: Any, slot_memory: Any, start: Any) -> None:
    """Take the chunk from sample `start` through all sections: sample by sample, or all at once."""
    n = min(job[JOB.chunk], job[JOB.count] - start)
    parameters, sections = floats_at(job[JOB.parameters]), ints_at(job[JOB.sections])
    for section in range(job[JOB.section_count]):
        begin, end = sections[3 * section], sections[3 * section + 1]
        kind = sections[3 * section + 2]
        if kind == APART and job[JOB.slots] == 1:
            _share_rows(job, begin, end, start, n)
        elif kind:
            together = 1 if kind == LANES else n
            _run_rows(job, begin, end, parameters, slot_memory, workspace, start, together)
        else:
            for i in range(start, start + n):
                _run_rows(job, begin, end, parameters, slot_memory, workspace, i, 1)


@numba.njit
def _tell_step(job: Any, workspace: Any) -> None:
    """Write what operations may know of the step."""
    rate = ints_at(job[JOB.rate])
    workspace[SHARE] = ONE / numba.float32(job[JOB.count])
    workspace[COUNT] = numba.float32(job[JOB.count])
    workspace[MODE] = numba.float32(job[JOB.mode])
    workspace[RATE], workspace[MOMENTUM] = real(rate[0]), real(job[JOB.momentum])


@numba.njit
def _run_slot(job: Any, workspace: Any, slot: Any) -> None:
    """Take every chunk of the slot through the network."""
    slot_memory = floats_at(job[JOB.slot_memory] + 4 * slot * job[JOB.slot_size])
    if job[JOB.training]:
        _clear(slot_memory, job[JOB.slot_size])
    step = job[JOB.slots] * job[JOB.chunk]
    for start in range(slot * job[JOB.chunk], job[JOB.count], step):
        _run_chunk(job, workspace, slot_memory, start)


@numba.njit
def _finish_part(job: Any, workspace: Any, number: Any) -> None:
    """Run the rows of a part on the parameters and on what the gradient is added to."""
    part = shift(ints_at(job[JOB.parts]), 4 * number)
    parameters, target = floats_at(job[JOB.parameters]), floats_at(job[JOB.target])
    if job[JOB.mode] == DESCEND:
        target = parameters
    _run_rows(job, part[0], part[1], parameters, target, workspace, part[2], part[3])


def work(job: Any, thread: Any) -> None:
    """Take slots, or parts to finish, until none is left; or, ALONE, run the only slot.

    The word that is taken from counts those that are left. So whoever takes one knows from the word alone whether
    it is one: a thread that comes late, when the next mini-batch is already set up, takes one of that or none.
    """
    workspace = floats_at(job[JOB.workspaces] + 4 * max(thread, 0) * job[JOB.workspace_size])
    while True:
        taken = 0 if thread == ALONE else take_one(shift(job, JOB.left)) - 1
        if taken < 0:
            return
        _tell_step(job, workspace)
        task = _SLOTS if thread == ALONE else job[JOB.task]
        if task == _PARTS:
            _finish_part(job, workspace, taken)
        elif task == _SLOTS:
            _run_slot(job, workspace, taken)
        else:
            _run_shared_row(job, taken)
        if thread == ALONE:
            return
        add_one(shift(job, JOB.done))


@numba.njit
def _share_out(job: Any, task: Any, count: Any) -> None:
    """Let all threads work until `count` slots, or parts, are done."""
    job[JOB.task] = task
    job[JOB.done] = 0
    write_shared(shift(job, JOB.left), count)
    call_work(job[JOB.work], job, 0)
    while read_shared(shift(job, JOB.done)) < count:
        pause()


@numba.njit
def _fade(job: Any) -> None:
    """Clear the target of gradients, or let the velocity fade, where slots will be added to it."""
    ranges, target = ints_at(job[JOB.ranges]), floats_at(job[JOB.target])
    momentum = real(job[JOB.momentum])
    for k in range(job[JOB.range_count]):
        part, size = shift(target, ranges[2 * k]), ranges[2 * k + 1] - ranges[2 * k]
        if job[JOB.mode] <= DESCEND:
            _clear(part, size)
        else:
            for j in range(size):
                part[j] *= momentum


@numba.njit
def _descend(job: Any, workspace: Any) -> None:
    """Move the parameters whose gradient, or velocity, slots were added to."""
    ranges, rate = ints_at(job[JOB.ranges]), real(ints_at(job[JOB.rate])[0])
    spoiled = splat(ZERO)  # 0 w is 0, but nan where w is not finite
    for k in range(job[JOB.range_count]):
        p = shift(floats_at(job[JOB.parameters]), ranges[2 * k])
        v = shift(floats_at(job[JOB.target]), ranges[2 * k])
        size = ranges[2 * k + 1] - ranges[2 * k]
        whole = size // LANES_OF_VECTOR * LANES_OF_VECTOR
        for j in range(0, whole, LANES_OF_VECTOR):
            w = load(shift(p, j)) - splat(rate) * load(shift(v, j))
            spoiled = spoiled + splat(ZERO) * w
            store(shift(p, j), w)
        for j in range(whole, size):  # the vectors must not write into what is another's
            p[j] -= rate * v[j]
            workspace[SPOILED] += ZERO * p[j]
    workspace[SPOILED] += total(spoiled)


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
    """Run one mini-batch: prepare weights, all chunks."""
    job[JOB.refused] = _check(job)
    if job[JOB.refused]:
        return
    chunk = job[JOB.chunk]
    job[JOB.slots] = min(job[JOB.most_slots], (job[JOB.count] + chunk - 1) // chunk)
    workspace = floats_at(job[JOB.workspaces])
    parameters, target = floats_at(job[JOB.parameters]), floats_at(job[JOB.target])
    _clear(floats_at(job[JOB.losses]), job[JOB.count])
    _run_rows(job, job[JOB.prepare], job[JOB.prepare_end], parameters, target, workspace, 0, 1)
    if job[JOB.training] and job[JOB.mode] == GRADIENT:
        _fade(job)  # before all else, as numpy code of modules adds to the gradient by itself
    if job[JOB.slots] == 1:
        call_work(job[JOB.work], job, ALONE)
    else:
        _share_out(job, _SLOTS, job[JOB.slots])


@numba.njit
def _collect(job: Any) -> None:
    """Add what the chunks have left, slots and what is to be finished, to the target."""
    workspace, slot_memory = floats_at(job[JOB.workspaces]), floats_at(job[JOB.slot_memory])
    target = floats_at(job[JOB.target])
    _run_rows(job, job[JOB.collect], job[JOB.collect_end], target, slot_memory, workspace, 0, job[JOB.slots])
    if job[JOB.part_count]:
        _share_out(job, _PARTS, job[JOB.part_count])


@numba.njit
def _learn(job: Any, is_finite: Any) -> Any:
    """Make the gradient and, where the loss is finite, update the parameters; return whether all of that is finite."""
    workspace = floats_at(job[JOB.workspaces])
    parameters, target = floats_at(job[JOB.parameters]), floats_at(job[JOB.target])
    descends = job[JOB.mode] != GRADIENT
    if descends and not is_finite:
        return False
    for thread in range(job[JOB.threads]):
        workspace[thread * job[JOB.workspace_size] + SPOILED] = ZERO
    if descends:
        _fade(job)
    _collect(job)
    if descends:
        _descend(job, workspace)
    if is_finite:
        _run_rows(job, job[JOB.update], job[JOB.update_end], parameters, target, workspace, 0, 1)
    spoiled = ZERO
    for thread in range(job[JOB.threads]):
        spoiled += workspace[thread * job[JOB.workspace_size] + SPOILED]
    return is_finite and spoiled == ZERO


def run(job: Any) -> None:
    """Run the mini-batches of the job, while `running` tells the second thread to stay awake."""
    write_shared(shift(job, JOB.running), 1)
    _run_all(job)
    write_shared(shift(job, JOB.running), 0)


@numba.njit
def _run_all(job: Any) -> None:
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
        loss = ZERO
        for i in range(count):
            all_losses[start + i] = losses[i]
            all_wrong[start + i] = wrong[i]
            loss += losses[i]
        start += count
        job[JOB.steps_done] += 1
        is_finite = math.isfinite(loss)
        if job[JOB.training]:
            is_finite = _learn(job, is_finite)
        if not is_finite:
            job[JOB.spoiled] = 1
            return


_PATIENCE = 20_000
"""Pauses (of some 20 ns) that the second thread waits for the next call before it lies down."""


def serve(job: Any) -> None:
    """Help every call of `run` with this job, as thread 1, until none has come for a while or `stop` is set.

    It stays awake for the whole of a call: of two slots that take long, one may be done much earlier, and a thread that
    has lain down can come milliseconds late to the next mini-batch.
    """
    idle = 0
    while idle < _PATIENCE and read_shared(shift(job, JOB.stop)) == 0:
        if read_shared(shift(job, JOB.left)) > 0:
            call_work(job[JOB.work], job, 1)
            idle = 0
        else:
            pause()
            idle = 0 if read_shared(shift(job, JOB.running)) else idle + 1


_SIGNATURE = types.void(INTS)
WORKER = Kernel("work", work, WORK)
RUN = Kernel("run", run, _SIGNATURE)
SERVE = Kernel("serve", serve, _SIGNATURE)
KERNELS = (WORKER, RUN, SERVE)
