"""Memory: what training a network will take, estimated from its drawing, so that one too large is never begun.

What grows with the parameters: their values, their gradients, the slots in which threads sum them, the optimizer's
state, and the checkpoints that are kept in any case. What grows with the maps: the workspaces, in which a chunk of
samples passes through the compiled program, and the outputs and gradients of a mini-batch that views look at. Left out
is what does not depend on the network: the data, the program itself, the window.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from convnet_studio.engine.nn.chunks import SLOTS, chunk_size, pays_to_keep_samples, power_of_two
from convnet_studio.engine.nn.cost import FLOAT_BYTES, parameter_count, stored_count
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import SettingValue, ShapeProblem
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.project.spec import Project, TrainingSpec
from convnet_studio.engine.project.training_settings import check_optimizer

SETTING = "CONVNET_STUDIO_MEMORY_GB"
"""Environment variable: gigabytes that a network may take. Where it is not set, a part of the machine's memory."""
PART_OF_MACHINE = 0.5
CHECKPOINTS_KEPT = 2
"""Checkpoints of a run that are kept however large they are."""
RUNNERS = 2
"""One that trains, one that keeps what views look at; each sums gradients in slots of its own."""
GIGABYTE = 10**9
_UNKNOWN_MACHINE = 4 * GIGABYTE


@dataclass(frozen=True)
class Memory:
    """Bytes of a network in training, by what they are for."""

    parameters: int = 0
    gradients: int = 0
    slots: int = 0
    optimizer: int = 0
    checkpoints: int = 0
    workspaces: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return sum(vars(self).values())


def estimate(parameters: int, values: int, training: TrainingSpec, in_slots: int | None = None) -> Memory:
    """What a network takes to train.

    Args:
        parameters: numbers to learn, and those that are fitted.
        values: outputs of all modules together, for one sample.
        training: batch size and optimizer.
        in_slots: those of the parameters whose gradients are summed in slots (`parameters_in_slots`); None: all.
    """
    vector = FLOAT_BYTES * parameters
    state = state_vectors(training) * vector
    samples = SLOTS * chunk_size(training.batch_size) + power_of_two(training.batch_size)
    return Memory(
        parameters=vector,
        gradients=vector,
        slots=RUNNERS * SLOTS * FLOAT_BYTES * (parameters if in_slots is None else in_slots),
        optimizer=state,
        checkpoints=CHECKPOINTS_KEPT * (vector + state),
        workspaces=2 * FLOAT_BYTES * samples * values,
    )


def parameters_in_slots(node: Node, training: TrainingSpec) -> int:
    """Of the numbers that `node` learns, those whose gradients threads sum in slots: all but large Linear modules'.

    What is fitted has no gradient. A Linear that shares weights needs slots, and so does the owner of the weights: they
    count with who shares them.
    """
    if not isinstance(node.module, Linear):
        return parameter_count(node)
    (inputs,), (outputs,) = node.input_shapes[0], node.shape
    if node.shares:
        return outputs * (inputs + node.module.has_bias)
    return (
        0
        if node.module.has_bias and pays_to_keep_samples(training.batch_size, inputs, outputs)
        else parameter_count(node)
    )


class MemoryGate:
    """Lets the modules of one drawing take part, one after the other, as long as all of them fit the memory.

    Args:
        training: how the network is going to learn.
        limit: bytes; None: `memory_limit`.
    """

    def __init__(self, training: TrainingSpec, limit: int | None = None) -> None:
        self._training = training
        self._limit = memory_limit() if limit is None else limit
        self._parameters = self._values = self._in_slots = 0

    def __call__(self, node: Node) -> None:
        """Count `node` in.

        Raises:
            ShapeProblem: with the numbers, if the network would be too large with it; then it is not counted.
        """
        parameters = self._parameters + stored_count(node)
        values = self._values + math.prod(node.shape)
        in_slots = self._in_slots + parameters_in_slots(node, self._training)
        needed = estimate(parameters, values, self._training, in_slots).total
        if needed > self._limit:
            raise ShapeProblem(
                f"With it, {parameters:,} parameters and {values:,} outputs would take {_gigabytes(needed)} of memory, "
                f"but {_gigabytes(self._limit)} are allowed",
                f"make it smaller, or allow more by {SETTING}",
            )
        self._parameters, self._values, self._in_slots = parameters, values, in_slots


def memory_gate(project: Project) -> Callable[[], MemoryGate]:
    """Makes fresh gates for the network of `project`."""
    return lambda: MemoryGate(project.training)


def memory_limit() -> int:
    """Bytes that a network may take: as the setting says, else half of what the machine has.

    Raises:
        ValueError: if the setting is no number above 0.
    """
    text = os.environ.get(SETTING, "")
    if not text:
        return int(PART_OF_MACHINE * machine_memory())
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = math.nan
    if not 0 < gigabytes < 1e6:
        raise ValueError(f"{SETTING} is {text!r}: it must be a number of gigabytes above 0.")
    return int(gigabytes * GIGABYTE)


@lru_cache(maxsize=1)
def machine_memory() -> int:
    """Bytes of main memory that this process may count on: the machine's, or its container's if that is less."""
    found = [_container_memory(), _windows_memory() if os.name == "nt" else _unix_memory()]
    return min((each for each in found if each > 0), default=_UNKNOWN_MACHINE)


def _unix_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _container_memory() -> int:
    """What Linux's control group allows; 0 where there is none."""
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0


def _windows_memory() -> int:
    """``ullTotalPhys`` of GlobalMemoryStatusEx: the second of eight words, the first of which begins with 64."""
    status = (ctypes.c_uint64 * 8)(64)
    library = getattr(ctypes, "windll", None)
    return int(status[1]) if library and library.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else 0


def state_vectors(training: TrainingSpec) -> int:
    """Numbers that the optimizer keeps for each parameter; 0 for one that this version does not know."""
    return _state_vectors(training.optimizer, tuple(sorted(training.optimizer_settings.items())))


@lru_cache(maxsize=64)
def _state_vectors(name: str, settings: tuple[tuple[str, SettingValue], ...]) -> int:
    """Found out by trying it on one parameter."""
    try:
        checked = check_optimizer(name, dict(settings))
    except ValueError:
        return 0
    optimizer = Optimizer.registry[name](**checked)
    parameter = np.zeros(1, np.float32)
    for _ in range(2):
        optimizer.update(parameter, np.ones(1, np.float32))
    return sum(each.size for each in optimizer.state.values())


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:,.1f} GB" if size >= GIGABYTE / 10 else f"{size / 1e6:,.1f} MB"
