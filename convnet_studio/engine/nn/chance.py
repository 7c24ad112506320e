"""Chance: the numbers that modules draw while the network runs, such as the units that Dropout silences.

What is drawn follows from seed, step, module, sample and unit alone, by hashing them: the same on any number of
threads, in any order of chunks, and again after going back to an earlier step. The hash is splitmix64 (Steele, Lea,
Flood, Fast splittable pseudorandom number generators, 2014); ``kernels/chance.py`` computes the same in compiled code.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.module import Array, Module, Shape

GOLDEN = 0x9E3779B97F4A7C15
FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
BITS = 24
"""Of each number drawn: as many as a float32 holds exactly."""

_SEED, _STEP, _TRAINING = range(3)


class Clock:
    """What all modules of a network are told of the present pass; `numbers` stay in their place for compiled code."""

    def __init__(self) -> None:
        self.numbers: NDArray[np.int64] = np.zeros(3, np.int64)

    @property
    def seed(self) -> int:
        """Of the run."""
        return int(self.numbers[_SEED])

    @seed.setter
    def seed(self, value: int) -> None:
        self.numbers[_SEED] = value

    @property
    def step(self) -> int:
        """Updates made before this pass."""
        return int(self.numbers[_STEP])

    @step.setter
    def step(self, value: int) -> None:
        self.numbers[_STEP] = value

    @property
    def step_address(self) -> int:
        """Where `step` lies in memory, an int64."""
        return int(self.numbers[_STEP:].ctypes.data)

    @property
    def is_training(self) -> bool:
        """Whether this pass is one to learn from; otherwise modules draw nothing."""
        return bool(self.numbers[_TRAINING])

    @is_training.setter
    def is_training(self, value: bool) -> None:
        self.numbers[_TRAINING] = value


class Chance:
    """What one module draws.

    Args:
        clock: of its network.
        key: tells this module's numbers from those of the others.

    Attributes:
        first: place in the mini-batch of the first sample that the module is given.
    """

    def __init__(self, clock: Clock, key: int) -> None:
        self.clock = clock
        self.key = key
        self.first = 0

    def draw(self, samples: int, units: int) -> NDArray[np.int64]:
        """Whole numbers in 0 .. 2^24 - 1, ``(samples, units)``, all equally likely."""
        state = _mixed(np.array([self.clock.seed], np.int64).view(np.uint64))
        for each in (self.key, self.clock.step):
            state = _mixed(state + np.array([each], np.int64).view(np.uint64))
        rows = _mixed(state + np.arange(self.first, self.first + samples).astype(np.uint64))
        steps: NDArray[np.uint64] = np.arange(units).astype(np.uint64) * np.uint64(GOLDEN)
        numbers = _mixed(rows[:, None] + steps) >> np.uint64(64 - BITS)
        return numbers.astype(np.int64)


class RandomModule(Module):
    """A module that draws numbers in training; its network gives it a `chance` of its own."""

    chance = Chance(Clock(), 0)

    @abstractmethod
    def mask(self, samples: int, shape: Shape) -> Array:
        """Which units speak in this step of training, for inputs ``(samples, *shape)``: bool of that shape."""


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number hashed, the golden ratio added first."""
    z: NDArray[np.uint64] = state + np.uint64(GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(FACTORS[0])
    z = (z ^ (z >> np.uint64(27))) * np.uint64(FACTORS[1])
    hashed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return hashed
