"""Runner: a listing with its memory and threads, called for one mini-batch at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.kernels.fields import SLACK, Buffer
from convnet_studio.engine.kernels.loss import SHARE
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import interpreter
from convnet_studio.engine.program.build import SLOTS, Listing
from convnet_studio.engine.program.cache import compiled_set
from convnet_studio.engine.program.interpreter import JOB, JOB_SIZE
from convnet_studio.engine.program.program import StepResult
from convnet_studio.engine.program.second_thread import SecondThread
from convnet_studio.engine.program.thread_choice import ThreadChoice


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
        self._slots = np.zeros(SLOTS * listing.builder.slot_size + SLACK, np.float32)
        self._workspaces = np.zeros((threads, listing.arenas.workspace), np.float32)
        sections = [(each.begin, each.end, each.whole) for each in listing.sections]
        self._sections = np.array(sections, np.int64).reshape(-1, 3)
        self._job = np.zeros(JOB_SIZE, np.int64)
        self._fill_job()
        self._job_address = self._job.ctypes.data
        self._choices = {training: ThreadChoice() for training in (False, True)}
        self._run = compiled_set().function(interpreter.RUN)
        self._second = SecondThread(self._job, compiled_set().function(interpreter.SERVE)) if threads > 1 else None

    def run(self, count: int, training: bool, update: bool = False) -> None:
        """Run the first `count` indices of the feed.

        Args:
            count: of samples.
            training: forward, backward and the mean gradient; otherwise forward only.
            update: also run the last row.

        Raises:
            ValueError: if an index is no example, there are too many, or the update has not been written.
            ModuleFailure: if a module's numpy code raised.
        """
        job, listing = self._job, self.listing
        if count > listing.builder.feed.capacity:
            raise ValueError(f"{count} samples are more than the {listing.builder.feed.capacity} there is room for.")
        if update and not listing.rows[-1, 0]:
            raise ValueError("There is no update to run: its row has not been written.")
        job[JOB.count], job[JOB.slots] = count, self.slots_for(count)
        job[JOB.training] = training
        job[JOB.section_count] = len(listing.sections) if training else listing.forward_sections
        job[JOB.update_end] = job[JOB.update] + update
        job[JOB.examples] = listing.builder.feed.labels.size
        if self._second and job[JOB.slots] > 1:
            self._run_on_what_is_faster(self._second, count, training)
        else:
            self._run(self._job_address)
        self._raise_what_failed()

    def feed_with(self, images: NDArray[Any], labels: NDArray[Any]) -> None:
        """Point the rows to other examples: contiguous float32 and int64, as `check_data` wants them."""
        feed = self.listing.builder.feed
        if images is feed.images.array and labels is feed.labels.array:
            return
        feed.images.array, feed.images.size = images, images.size
        feed.labels.array, feed.labels.size = labels, labels.size
        for index, operation in enumerate(self.listing.operations):
            if any(value is feed.images or value is feed.labels for value in operation.values.values()):
                self.listing.pack(index)

    def choose(self, indices: NDArray[np.int64]) -> None:
        """Set which examples the next calls run."""
        self.listing.builder.feed.indices.array[: len(indices)] = indices

    def result(self, count: int) -> StepResult:
        """Mean loss and errors of the last call."""
        feed = self.listing.builder.feed
        loss = float(feed.losses.array[:count].sum(dtype=np.float64)) / count
        return StepResult(loss, int(feed.wrong.array[:count].sum()), count)

    def slots_for(self, count: int) -> int:
        """How many slots of gradients a call on `count` samples uses."""
        return min(SLOTS, -(-count // self.listing.chunk))

    def begin(self, count: int) -> Addresses:
        """Clear what a call on `count` samples adds to, for stepping through it from Python."""
        self.listing.builder.feed.losses.array[:count] = 0
        self._network.gradients[...] = 0
        self._slots[...] = 0
        self._workspaces[0, SHARE] = 1 / count
        arrays = (self._network.parameters, self._network.gradients, self._slots, self._workspaces)
        return Addresses(*(each.ctypes.data for each in arrays))

    def samples(self, buffer: Buffer, count: int) -> NDArray[np.float32]:
        """A view ``(count, size)`` of a buffer that is kept for all samples."""
        workspace = self._workspaces[0]
        rows: NDArray[np.float32] = workspace[buffer.offset : buffer.offset + count * buffer.stride].reshape(
            count, buffer.stride
        )
        return rows[:, : buffer.size]

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
        choice.note(threads, (time.perf_counter() - start) / count)

    def _fill_job(self) -> None:
        """Write everything that stays."""
        job, listing = self._job, self.listing
        feed, last = listing.builder.feed, len(listing.operations)
        job[JOB.ticket] = 1 << 40  # none is left to take before the first call
        job[JOB.chunk] = listing.chunk
        job[JOB.indices], job[JOB.losses] = feed.indices.address(), feed.losses.address()
        job[JOB.rows], job[JOB.sections] = listing.rows.ctypes.data, self._sections.ctypes.data
        job[JOB.prepare], job[JOB.prepare_end] = listing.prepare.start, listing.prepare.stop
        job[JOB.collect], job[JOB.collect_end] = listing.collect.start, listing.collect.stop
        job[JOB.update] = last
        job[JOB.parameters] = self._network.parameters.ctypes.data
        job[JOB.gradients] = self._network.gradients.ctypes.data
        job[JOB.gradient_size] = self._network.gradients.size
        job[JOB.slot_memory], job[JOB.slot_size] = self._slots.ctypes.data, listing.builder.slot_size
        job[JOB.workspaces], job[JOB.workspace_size] = self._workspaces.ctypes.data, self._workspaces.shape[1]

    def _raise_what_failed(self) -> None:
        position = int(self._job[JOB.refused])
        if position:
            index = self.listing.builder.feed.indices.array[position - 1]
            raise ValueError(f"There is no example {index}: the data has {self._job[JOB.examples]}.")
        failures = self.listing.builder.failures
        if failures:
            module_id, cause = failures[0]
            failures.clear()
            raise ModuleFailure(module_id, str(cause)) from cause
