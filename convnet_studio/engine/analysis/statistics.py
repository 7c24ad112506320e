"""Statistics: how weights, outputs and gradients of every module are spread, on one mini-batch, at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.training.inquiry import Inquiry, Moment

BINS = 61
"""Odd, so that one of them has 0 in its middle."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How some numbers are spread.

    Attributes:
        count: how many there are. `mean`, `rms` (root of the mean square), `largest` (of the absolute values).
        zeros: the share that is exactly 0.
        histogram: int64 ``(BINS,)``, counts in equal bins from ``-largest`` to ``largest``; read-only.
        finite: whether all of them are; the rest is said of those that are.
    """

    count: int
    mean: float
    rms: float
    largest: float
    zeros: float
    histogram: Array
    finite: bool = True

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(max(0.0, self.rms**2 - self.mean**2)))


def spread_of(values: Array) -> Spread:
    """The Spread of an array of any shape."""
    flat = np.ravel(values)
    kept = (flat if np.isfinite(flat).all() else flat[np.isfinite(flat)]).astype(np.float64)  # squares must not vanish
    if not len(kept):
        return Spread(len(flat), 0.0, 0.0, 0.0, 0.0, _frozen(np.zeros(BINS, np.int64)), finite=not len(flat))
    largest = float(max(kept.max(), -kept.min()))
    bins = ((kept * (0.5 * BINS / (largest or 1.0))) + 0.5 * BINS).astype(np.intp)  # as np.histogram, at a third
    counts = np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)
    zeros = 1 - np.count_nonzero(kept) / len(kept)
    mean, rms = float(kept.mean()), float(np.sqrt(np.mean(np.square(kept))))
    return Spread(len(flat), mean, rms, largest, zeros, _frozen(counts), len(kept) == len(flat))


@dataclass(frozen=True, eq=False)
class ModuleStatistics:
    """Of one module; None where it has no such numbers: parameters, or a way to a loss.

    Attributes:
        outputs: over all samples of the mini-batch. `output_gradients`: of the mean loss.
        weights: all its parameters. `weight_gradients`: of the mean loss, penalties left out.
        dead: the share of its units (positions of its output) that are 0 for every sample.
    """

    outputs: Spread
    output_gradients: Spread | None
    weights: Spread | None
    weight_gradients: Spread | None
    dead: float


@dataclass(frozen=True, eq=False)
class NetworkStatistics:
    """Of every module, by id, in the order of computing; `rate` is the learning rate of the next step."""

    modules: Mapping[str, ModuleStatistics]
    samples: int
    rate: float


@dataclass(frozen=True)
class AskStatistics(Inquiry):
    """NetworkStatistics on the first `samples` training pictures, as many as a step has at most."""

    asks_of_picture: ClassVar = False

    samples: int = 64

    def work(self, moment: Moment) -> Iterator[object]:
        """One pass forward and back, then module after module."""
        run = moment.run
        assert run.program is not None
        network, count = run.network, min(self.samples, run.program.batch_size, run.material.train_count)
        if not count:
            raise ValueError("This data set holds no training pictures.")
        has_gradient = bool(network.losses)
        indices = np.arange(count)
        if has_gradient:
            run.program.gradient(indices)
            gradients = network.gradients.copy()
        else:
            run.program.forward(np.ascontiguousarray(run.material.pictures[indices], np.float32))
        outputs, arriving = {}, {}
        for node in network.graph.nodes:
            if not isinstance(node.module, Loss):
                outputs[node.id] = run.program.output(node.id)
                with suppress(ValueError):  # it reaches no loss
                    arriving[node.id] = run.program.output_gradient(node.id)
        parameters = network.parameters.copy()
        yield None  # from here on all that is looked at is a copy
        found: dict[str, ModuleStatistics] = {}
        for module_id, output in outputs.items():
            own = network.spans.get(module_id)
            found[module_id] = ModuleStatistics(
                spread_of(output),
                spread_of(arriving[module_id]) if module_id in arriving else None,
                spread_of(parameters[own]) if own else None,
                spread_of(gradients[own]) if own and has_gradient else None,
                float(np.mean(~output.any(axis=0))),
            )
            yield None
        yield NetworkStatistics(found, count, run.optimizer.rate)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
