"""CompiledProgram: a network run by compiled operations; nothing is compiled for it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import MiniBatch, Optimizer
from convnet_studio.engine.program.build import build
from convnet_studio.engine.program.builder import Feed
from convnet_studio.engine.program.descent import Descent, descent_of
from convnet_studio.engine.program.program import (
    Evaluation,
    Indices,
    Program,
    StepResult,
    check_data,
    check_indices,
    check_partners,
    check_pictures,
    check_shown,
    update_by_numpy,
)
from convnet_studio.engine.program.runner import Runner
from convnet_studio.engine.program.shapes import to_public
from convnet_studio.engine.program.update import Update

_ROOM = 1024
"""Samples that a call of `evaluate` may have."""
_CALL_SECONDS = 0.008
"""How long a call of `evaluate` should take: the GIL is free meanwhile, but a stop is heard only between calls."""


class CompiledProgram(Program):
    """See Program.

    Two listings are made of the network: a lean one for training, and, when first asked for, one that keeps every
    module's output and gradient readable.

    Args:
        network: float32; its parameter and gradient vectors must stay where they are.
        batch_size: samples of a step at most.
        threads: 1 or 2; results are the same to the last bit. Numpy code of modules is run on one.

    Raises:
        ValueError: if an argument is out of range or the network can't be laid out.
    """

    def __init__(self, network: Network, batch_size: int, threads: int = 1) -> None:
        if batch_size < 1:
            raise ValueError(f"A step of {batch_size} samples is none.")
        if threads not in (1, 2):
            raise ValueError(f"There are 1 or 2 threads, not {threads}.")
        self.network = network
        self.batch_size = batch_size
        self._lean = Runner(network, build(network, Feed(max(batch_size, _ROOM)), batch_size, whole=False), threads)
        self._whole: Runner | None = None
        self._update = Update(self._lean.listing)
        self._data: tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]] | None = None
        self._readable = 0  # samples whose outputs can be read
        self._gradient_readable = False
        self._evaluated_at_once = 16

    def set_data(self, images: NDArray[Any], targets: NDArray[Any]) -> None:
        """See Program."""
        images, targets = np.ascontiguousarray(images, np.float32), np.ascontiguousarray(targets, np.int64)
        check_data(self.network, images, targets)
        self._data = images, targets, np.arange(len(images))
        self._lean.feed_with(*self._data)

    def set_partners(self, partners: Indices) -> None:
        """See Program."""
        if self._data is None:
            raise ValueError("There is no data: call set_data() first.")
        chosen = np.ascontiguousarray(partners, np.int64)
        check_partners(chosen, len(self._data[0]))
        self._data = *self._data[:2], chosen
        self._lean.feed_with(*self._data)

    def step(self, indices: Indices, optimizer: Optimizer) -> StepResult:
        """See Program."""
        return self.steps(indices, len(indices), [optimizer.rate], optimizer)[0]

    def steps(self, indices: Indices, size: int, rates: Sequence[float], optimizer: Optimizer) -> list[StepResult]:
        """See Program; one call without the GIL where the update is compiled."""
        update = self._prepare_update(optimizer)
        if update is None and len(rates) > 1:
            return super().steps(indices, size, rates, optimizer)
        chosen, counts = self._cut(indices, size, len(rates))
        table = np.array([counts, np.array(rates, np.float64).view(np.int64)]).T
        results = self._lean.run_all(chosen, table, training=True, update=update)
        optimizer.rate = rates[len(results) - 1]
        self.network.clock.step += len(results)
        last = results[-1]
        if isinstance(update, Descent) and not last.finite and math.isfinite(last.loss):
            self._lean.recover_gradient(last.count, update, optimizer.rate)
        if update is None:
            batch = MiniBatch(results[0].loss, lambda: self._lean.run(chosen, training=True).loss)
            return [update_by_numpy(self.network, optimizer, results[0], batch)]
        return results

    def _prepare_update(self, optimizer: Optimizer) -> Descent | int | None:
        """What the interpreter makes of the gradient; None where numpy code does it afterwards.

        So it does where a module's numpy code may fail in the step, which then must not update anything.
        """
        if self._lean.listing.builder.runs_python:
            return None
        descent = descent_of(optimizer, self.network)
        if descent:
            return descent
        field = self._update.prepare(optimizer, self.network)
        return field if field >= 0 else None

    def _cut(self, indices: Indices, size: int, steps: int) -> tuple[NDArray[np.int64], list[int]]:
        """The examples of so many steps, and how many each has."""
        chosen = np.asarray(indices, np.int64)[: size * steps]
        counts = [len(chosen[start : start + size]) for start in range(0, size * steps, max(size, 1))]
        self._check_ready(chosen[: min(counts, default=0)], self.batch_size)
        self._check_ready(chosen[: max(counts, default=0)], self.batch_size)
        return chosen, counts

    def gradient(self, indices: Indices) -> StepResult:
        """See Program."""
        runner, chosen = self.load_for_gradient(indices)
        self._readable = 0
        result = runner.run(chosen, training=True)
        self._readable = len(chosen)
        return result

    def gradient_on(
        self,
        pictures: NDArray[Any],
        labels: NDArray[Any],
        partners: NDArray[Any] | None = None,
        partner_labels: NDArray[Any] | None = None,
    ) -> StepResult:
        """See Program."""
        pictures, labels = np.ascontiguousarray(pictures, np.float32), np.ascontiguousarray(labels, np.int64)
        check_shown(self.network, pictures, labels, self.batch_size, partners, partner_labels)
        runner, count = self._keeping(), len(pictures)
        who = np.arange(count)
        if partners is not None and partner_labels is not None:
            pictures = np.concatenate([pictures, np.asarray(partners, np.float32)])
            labels = np.concatenate([labels, np.asarray(partner_labels, np.int64)])
            who = np.concatenate([who + count, who])
        runner.feed_with(pictures, labels, who)
        self._readable = 0
        result = runner.run(np.arange(count), training=True)
        self._readable, self._gradient_readable = count, True
        return result

    def load_for_gradient(self, indices: Indices) -> tuple[Runner, NDArray[np.int64]]:
        """Choose the samples of a pass whose outputs and gradients stay readable; debug.py steps through it."""
        runner = self._keeping()
        chosen = np.asarray(indices, np.int64)
        self._check_ready(chosen, self.batch_size)
        assert self._data is not None, "_check_ready has seen to it"
        runner.feed_with(*self._data)
        runner.choose(chosen)
        self._readable, self._gradient_readable = len(chosen), True
        return runner, chosen

    def load_for_training(self, indices: Indices) -> tuple[Runner, NDArray[np.int64]]:
        """Choose the samples of a pass of the lean listing, the one that trains; debug.py takes its times."""
        chosen = np.asarray(indices, np.int64)
        self._check_ready(chosen, self.batch_size)
        return self._lean, chosen

    def evaluate(self, indices: Indices) -> Evaluation:
        """See Program."""
        chosen = np.asarray(indices, np.int64)
        self._check_ready(chosen, len(chosen))
        loss, errors, done = 0.0, 0, 0
        feed, answers = self._lean.listing.builder.feed, np.zeros((2, len(chosen)), np.int64)
        while done < len(chosen):
            part = chosen[done : done + self._evaluated_at_once]
            start = time.perf_counter()
            result = self._lean.run(part, training=False)
            self._pace(len(part), time.perf_counter() - start)
            answers[:, done : done + len(part)] = feed.guesses.array[: len(part)], feed.ranks.array[: len(part)]
            loss, errors, done = loss + result.loss * len(part), errors + result.errors, done + len(part)
        return Evaluation(loss / max(done, 1), errors, done, *answers)

    def forward(self, pictures: NDArray[Any], partners: NDArray[Any] | None = None) -> None:
        """See Program."""
        pictures = np.ascontiguousarray(pictures, np.float32)
        check_pictures(self.network, pictures, self.batch_size, partners)
        runner, count = self._keeping(), len(pictures)
        who = np.arange(count)
        if partners is not None:
            pictures = np.concatenate([pictures, np.asarray(partners, np.float32)])
            who = np.concatenate([who + count, who])
        runner.feed_with(pictures, np.zeros(len(pictures), np.int64), who)
        self._readable = 0
        runner.run(np.arange(count), training=False)
        self._readable, self._gradient_readable = count, False

    def output(self, module_id: str) -> NDArray[np.float32]:
        """See Program."""
        return self._read(module_id, self._keeping().listing.builder.outputs)

    def output_gradient(self, module_id: str) -> NDArray[np.float32]:
        """See Program."""
        if not self._gradient_readable:
            raise ValueError("There is no gradient to read: call gradient() first.")
        return self._read(module_id, self._keeping().listing.builder.gradients)

    def close(self) -> None:
        """See Program."""
        self._lean.close()

    def _keeping(self) -> Runner:
        if self._whole is None:
            listing = build(self.network, Feed(self.batch_size), self.batch_size, whole=True)
            self._whole = Runner(self.network, listing, threads=1)
        return self._whole

    def _check_ready(self, indices: NDArray[np.int64], most: int) -> None:
        check_indices(self.network, indices, most)
        if self._data is None:
            raise ValueError("There is no data: call set_data() first.")

    def _pace(self, count: int, seconds: float) -> None:
        """Choose how many samples the next call evaluates, from how long this one took."""
        fitting = int(count * _CALL_SECONDS / max(seconds, 1e-9))
        self._evaluated_at_once = max(1, min(fitting, 2 * self._evaluated_at_once, _ROOM))

    def _read(self, module_id: str, buffers: dict[str, Buffer]) -> NDArray[np.float32]:
        node = self.network.nodes.get(module_id)
        if node is None or module_id not in buffers or not node.shape:
            raise ValueError(f"There is nothing to read of {module_id!r}.")
        if not self._readable:
            raise ValueError("There is nothing to read: call forward() or gradient() first.")
        return to_public(self._keeping().samples(buffers[module_id], self._readable), node.shape).copy()
