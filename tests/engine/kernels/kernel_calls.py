"""Calling compiled kernels from tests, with plain arrays."""

from __future__ import annotations

import ctypes

import numpy as np

from convnet_studio.engine.kernels.fields import SLACK, Arenas, Buffer
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.program.cache import compiled_set


class Bench:
    """A workspace with buffers for `count` samples, and slots of gradients, on which single leaves can be run."""

    def __init__(self, count: int = 3, gradient_size: int = 0) -> None:
        self.count = count
        self.buffers: list[Buffer] = []
        self.parameters = np.zeros(SLACK, np.float32)
        self.gradients = np.zeros(gradient_size + SLACK, np.float32)
        self._filled: dict[Buffer, np.ndarray] = {}

    def buffer(self, size: int, values: np.ndarray | None = None) -> Buffer:
        """A buffer of `size` floats a sample, filled with `values` (count, ...)."""
        buffer = Buffer(size, f"buffer {len(self.buffers)}", mask=(1 << (self.count - 1).bit_length()) - 1)
        last = self.buffers[-1] if self.buffers else None
        buffer.offset = last.offset + (last.mask + 1) * last.stride if last else SLACK
        self.buffers.append(buffer)
        if values is not None:
            self._filled[buffer] = values.reshape(self.count, size)
        return buffer

    def run(self, leaf: Leaf, **values: object) -> None:
        """Run a leaf on all samples; everything not filled is garbage before."""
        last = self.buffers[-1]
        size = last.offset + (last.mask + 1) * last.stride + 2 * SLACK
        self.workspace = np.random.default_rng(0).standard_normal(size).astype(np.float32) * 1e6
        for buffer, filled in self._filled.items():
            self.read(buffer)[...] = filled
        arenas = Arenas(self.parameters.size, self.gradients.size, size)
        row = leaf.layout.pack(compiled_set().address(leaf), values, arenas)
        pointers = (row, self.parameters, self.gradients, self.workspace)
        compiled_set().function(leaf)(*(each.ctypes.data for each in pointers), 0, self.count)

    def read(self, buffer: Buffer) -> np.ndarray:
        """A view (count, size)."""
        end = buffer.offset + self.count * buffer.stride
        return self.workspace[buffer.offset : end].reshape(self.count, buffer.stride)[:, : buffer.size]


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
