"""Runner: a listing with its memory and threads, called for some mini-batches at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.aligned import aligned_zeros
from convnet_studio.engine.kernels.fields import SLACK, Buffer
from convnet_studio.engine.kernels.step import COUNT, GRADIENT, MODE, SHARE
from convnet_studio.engine.nn.chunks import SLOTS
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import interpreter
from convnet_studio.engine.program.build import Listing
from convnet_studio.engine.program.cache import compiled_set
from convnet_studio.engine.program.descent import Descent
from convnet_studio.engine.program.interpreter import APART, JOB, JOB_SIZE
from convnet_studio.engine.program.program import StepResult
from convnet_studio.engine.program.second_thread import SecondThread
from convnet_studio.engine.program.thread_choice import ThreadChoice

_TIMED_STEPS = 16
"""Times that an operation is run in one call when its time is taken: few enough for what it adds up to stay finite."""
_MANY_PARTS = 8
"""So many parts to finish are worth a second thread, where there is one slot only."""


class ModuleFailure(RuntimeError):
    """The numpy code of a module raised; `module_id` says which, the cause what."""

    def __init__(self, module_id: str, what: str) -> None:
        super().__init__(f"In {module_id}: {what}")
        self.module_id = module_id


@dataclass(frozen=True)
class Addresses:
    """Where a program's arrays lie: parameters, flat gradients, slots of gradients, the first thread's workspace."""

    parameters: int
    gradients: int
    slots: int
    workspace: int


class Runner:
    """Runs a listing.

    Args:
        network: whose parameters and gradients it works on.
        listing: from `build`.
        threads: 1 or 2; results are the same to the last bit.
    """

    def __init__(self, network: Network, listing: Listing, threads: int) -> None:
        self.listing = listing
        self._network = network
        threads = 1 if listing.builder.runs_python else threads
        self._slots = aligned_zeros(SLOTS * listing.builder.slot_size + SLACK)
        workspace = -(-listing.arenas.workspace // 16) * 16
        self._workspaces = aligned_zeros(threads * workspace).reshape(threads, workspace)
        sections = [(each.begin, each.end, each.kind) for each in listing.sections]
        self._sections = np.array(sections, np.int64).reshape(-1, 3)
        self._losses = np.zeros((2, listing.builder.feed.capacity), np.float32)
        """Loss, and whether it is wrong, of each sample of the last call."""
        self._rate = np.zeros(1, np.int64)
        self._everything = np.array([[0, network.parameters.size]], np.int64)
        self._job = np.zeros(JOB_SIZE, np.int64)
        self._fill_job()
        self._job_address = self._job.ctypes.data
        self._choices = {training: ThreadChoice() for training in (False, True)}
        self._run = compiled_set().function(interpreter.RUN)
        self._second = SecondThread(self._job, compiled_set().function(interpreter.SERVE)) if threads > 1 else None

    def run(self, indices: NDArray[np.int64], training: bool) -> StepResult:
        """Run one mini-batch on the examples `indices`; mean loss and errors.

        Args:
            indices: int64, at most as many as the feed has room for.
            training: forward, backward and the mean gradient; otherwise forward only.

        Raises:
            ValueError: if an index is no example or there are too many.
            ModuleFailure: if a module's numpy code raised.
        """
        return self.run_all(indices, np.array([[len(indices), 0]], np.int64), training)[0]

    def run_all(
        self, order: NDArray[np.int64], table: NDArray[np.int64], training: bool, update: Descent | int | None = None
    ) -> list[StepResult]:
        """Run mini-batches one after the other in one call, without the GIL; the last is the first to leave the finite.

        Args:
            order: int64, the examples of all of them.
            table: int64 ``(steps, 2)``: of each its samples, and the bits of its learning rate.
            training: as in `run`.
            update: of the parameters after each: a descent; or the number of the field of the update's row where
                those bits go; or none.

        Raises:
            ValueError: if an index is no example, there are too many, or the update has not been written.
            ModuleFailure: if a module's numpy code raised.
        """
        job, listing = self._job, self.listing
        capacity = listing.builder.feed.capacity
        counts = table[:, 0]
        if counts.max() > capacity or counts.sum() != len(order):
            raise ValueError(f"{counts.max()} samples are more than the {capacity} there is room for.")
        if training and counts.max() > listing.builder.batch_size:
            raise ValueError(f"{counts.max()} samples are more than the {listing.builder.batch_size} of a step.")
        self._fill_update(update)
        if len(order) > self._losses.shape[1]:
            self._losses = np.zeros((2, len(order)), np.float32)
        order, table = np.ascontiguousarray(order), np.ascontiguousarray(table)
        job[JOB.steps], job[JOB.table], job[JOB.order] = len(table), table.ctypes.data, order.ctypes.data
        job[JOB.all_losses], job[JOB.all_wrong] = self._losses[0].ctypes.data, self._losses[1].ctypes.data
        job[JOB.training] = self._network.clock.is_training = training
        job[JOB.section_count] = len(listing.sections) if training else listing.forward_sections
        job[JOB.examples] = listing.builder.feed.labels.size
        if self._second and self._can_share(int(counts.max()), training):
            self._run_on_what_is_faster(self._second, len(order), training)
        else:
            self._run(self._job_address)
        self._raise_what_failed(order)
        return self._results(counts[: job[JOB.steps_done]])

    def _fill_update(self, update: Descent | int | None) -> None:
        """Write what becomes of the gradient."""
        job, listing, network = self._job, self.listing, self._network
        has_row = isinstance(update, int)
        if has_row and not listing.rows[-1, 0]:
            raise ValueError("There is no update to run: its row has not been written.")
        descent = update if isinstance(update, Descent) else None
        velocity = descent.velocity if descent else None
        ranges = listing.ranges if descent else self._everything
        job[JOB.mode] = descent.mode if descent else GRADIENT
        job[JOB.momentum] = np.float64(descent.momentum if descent else 0).view(np.int64)
        job[JOB.target] = (network.gradients if velocity is None else velocity).ctypes.data
        job[JOB.ranges], job[JOB.range_count] = ranges.ctypes.data, len(ranges)
        job[JOB.rate] = listing.rows[-1, update:].ctypes.data if isinstance(update, int) else self._rate.ctypes.data
        job[JOB.update_end] = job[JOB.update] + has_row

    def _results(self, counts: NDArray[np.int64]) -> list[StepResult]:
        """Mean loss and errors of each mini-batch of the last call."""
        starts = np.cumsum(counts) - counts
        sums = np.add.reduceat(self._losses[:, : counts.sum()], starts, axis=1, dtype=np.float64).tolist()
        spoiled = len(counts) - 1 if self._job[JOB.spoiled] else -1
        return [
            StepResult(loss / count, int(wrong), count, finite=number != spoiled)
            for number, (loss, wrong, count) in enumerate(zip(*sums, counts.tolist(), strict=True))
        ]

    def feed_with(self, images: NDArray[Any], labels: NDArray[Any], partners: NDArray[np.int64]) -> None:
        """Point the rows to other examples: contiguous float32 and int64, as `check_data` and the like want them."""
        feed = self.listing.builder.feed
        new = ((feed.images, images), (feed.labels, labels), (feed.partners, partners))
        changed = {id(place) for place, array in new if place.array is not array}
        for place, array in new:
            place.array, place.size = array, array.size
        for index, operation in enumerate(self.listing.operations):
            if any(id(value) in changed for value in operation.values.values()):
                self.listing.pack(index)

    def choose(self, indices: NDArray[np.int64]) -> None:
        """Set which examples are run when the program is stepped through from Python."""
        self.listing.builder.feed.indices.array[: len(indices)] = indices

    def slots_for(self, count: int) -> int:
        """How many slots of gradients a call on `count` samples uses."""
        return min(self.listing.slots, -(-count // self.listing.chunk))

    def _can_share(self, count: int, training: bool) -> bool:
        """Whether a second thread finds anything worth doing."""
        apart = any(each.kind == APART for each in self.listing.sections)
        return self.slots_for(count) > 1 or apart or (training and len(self.listing.parts) >= _MANY_PARTS)

    def begin(self, count: int) -> Addresses:
        """Clear what a call on `count` samples adds to, for stepping through it from Python."""
        self.listing.builder.feed.losses.array[:count] = 0
        self._network.gradients[...] = 0
        self._network.clock.is_training = True
        self._slots[...] = 0
        self._workspaces[0, [SHARE, COUNT, MODE]] = 1 / count, count, GRADIENT
        arrays = (self._network.parameters, self._network.gradients, self._slots, self._workspaces)
        return Addresses(*(each.ctypes.data for each in arrays))

    def recover_gradient(self, count: int, descent: Descent, rate: float) -> None:
        """Let the flat gradient hold that of the last step, on `count` samples, after a descent that spoiled all."""
        listing, network = self.listing, self._network
        network.gradients[...] = 0
        if descent.velocity is None:  # what was kept was multiplied with minus the rate
            for operation in listing.operations[listing.collect.stop :]:
                kept = operation.values["kept_gradient"].array
                np.divide(kept, -rate, out=kept, where=np.isfinite(kept))
        self._workspaces[0, [COUNT, MODE]] = count, GRADIENT
        for index in listing.collect:
            self._call(index, network.gradients, self._slots, 0, self.slots_for(count))
        for begin, _, first, size in listing.parts.tolist():
            self._call(begin, network.parameters, network.gradients, first, size)

    def _call(self, index: int, a: NDArray[Any], b: NDArray[Any], i: int, n: int) -> None:
        """Run a row in the first thread's workspace."""
        leaf = compiled_set().function(self.listing.operations[index].leaf)
        pointers = (self.listing.rows[index], a, b, self._workspaces[0])
        leaf(*(each.ctypes.data for each in pointers), i, n)

    def samples(self, buffer: Buffer, count: int) -> NDArray[np.float32]:
        """A view ``(count, size)`` of a buffer that is kept for all samples."""
        workspace = self._workspaces[0]
        rows: NDArray[np.float32] = workspace[buffer.offset : buffer.offset + count * buffer.stride].reshape(
            count, buffer.stride
        )
        return rows[:, : buffer.size]

    def time_operation(self, index: int, indices: NDArray[np.int64], repeats: int) -> float:
        """Seconds that operation `index` takes in a step on `indices`, on this thread: the fastest of `repeats`.

        A step is run before each, so that what operations have changed in place is as it should be.
        """
        seconds = np.inf
        for _ in range(repeats):
            self.run(indices, training=True)
            seconds = min(seconds, self._time_rows(index, index + 1, indices) - self._time_rows(index, index, indices))
        return max(float(seconds), 0.0)

    def _time_rows(self, begin: int, end: int, indices: NDArray[np.int64]) -> float:
        """Seconds of a step that consists of the rows `begin` to `end` - 1 alone, where they stand in the listing."""
        job, listing, count = self._job.copy(), self.listing, len(indices)
        steps = _TIMED_STEPS if listing.prepare.stop <= begin < listing.collect.start else 1
        order, table = np.tile(indices, steps), np.array([[count, 0]] * steps, np.int64)
        told = np.zeros((2, len(order)), np.float32)
        for part, rows in {"prepare": listing.prepare, "collect": listing.collect}.items():
            inside = begin in rows
            job[getattr(JOB, part)] = begin if inside else 0
            job[getattr(JOB, f"{part}_end")] = end if inside else 0
        kind = [each.kind for each in listing.sections if each.begin <= begin < each.end]
        sections = np.array([[begin, end, kind[0]]] if kind else [], np.int64).reshape(-1, 3)
        job[JOB.sections], job[JOB.section_count] = sections.ctypes.data, len(sections)
        parts = listing.parts[(listing.parts[:, 0] == begin) & (begin < end)].copy()
        job[JOB.training] = not kind and begin not in listing.prepare
        job[JOB.update_end] = job[JOB.update]
        job[JOB.parts], job[JOB.part_count] = parts.ctypes.data, len(parts)
        job[JOB.mode], job[JOB.target] = GRADIENT, self._network.gradients.ctypes.data
        job[JOB.ranges], job[JOB.range_count] = self._everything.ctypes.data, len(self._everything)
        job[JOB.steps], job[JOB.table], job[JOB.order] = steps, table.ctypes.data, order.ctypes.data
        job[JOB.rate] = self._rate.ctypes.data
        job[JOB.all_losses], job[JOB.all_wrong] = told[0].ctypes.data, told[1].ctypes.data
        address = job.ctypes.data
        start = time.perf_counter()
        self._run(address)
        return (time.perf_counter() - start) / steps

    def close(self) -> None:
        """End the second thread."""
        if self._second:
            self._second.close()
            self._second = None

    def _run_on_what_is_faster(self, second: SecondThread, count: int, training: bool) -> None:
        choice = self._choices[training]
        threads = choice.choose()
        if threads == 2:
            second.wake()
        else:
            second.rest()
        start = time.perf_counter()
        self._run(self._job_address)
        choice.note(threads, time.perf_counter() - start, count)

    def _fill_job(self) -> None:
        """Write everything that stays."""
        job, listing = self._job, self.listing
        feed, last = listing.builder.feed, len(listing.operations)
        job[JOB.chunk], job[JOB.most_slots] = listing.chunk, listing.slots
        job[JOB.indices] = feed.indices.address()
        job[JOB.losses], job[JOB.wrong] = feed.losses.address(), feed.wrong.address()
        job[JOB.rows], job[JOB.sections] = listing.rows.ctypes.data, self._sections.ctypes.data
        job[JOB.prepare], job[JOB.prepare_end] = listing.prepare.start, listing.prepare.stop
        job[JOB.collect], job[JOB.collect_end] = listing.collect.start, listing.collect.stop
        job[JOB.update] = last
        job[JOB.work] = compiled_set().address(interpreter.WORKER)
        job[JOB.clock_step] = self._network.clock.step_address
        job[JOB.parameters] = self._network.parameters.ctypes.data
        job[JOB.parts], job[JOB.part_count] = listing.parts.ctypes.data, len(listing.parts)
        job[JOB.slot_memory], job[JOB.slot_size] = self._slots.ctypes.data, listing.builder.slot_size
        job[JOB.threads] = len(self._workspaces)
        job[JOB.workspaces], job[JOB.workspace_size] = self._workspaces.ctypes.data, self._workspaces.shape[1]

    def _raise_what_failed(self, order: NDArray[np.int64]) -> None:
        position = int(self._job[JOB.refused])
        if position:
            raise ValueError(f"There is no example {order[position - 1]}: the data has {self._job[JOB.examples]}.")
        failures = self.listing.builder.failures
        if failures:
            module_id, cause = failures[0]
            failures.clear()
            raise ModuleFailure(module_id, str(cause)) from cause
