"""A module written in numpy alone as an operation: the interpreter calls back into Python, chunk by chunk.

So one new file with a module works at once; a leaf and a lowering rule make it fast later.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.kernels.fields import Buffer, Layout
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.memory import OPERATION
from convnet_studio.engine.kernels.step import SHARE
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import loss_gradients, loss_of
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.shapes import from_public, to_public

_FOREIGN = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_int64)
_Act = Callable[[int, int, int], None]
"""(address of the workspace, first sample, samples)"""


def lower_callback(node: Node, to: Builder) -> None:
    """Run the numpy code of a module or loss; the program then uses one thread, as a module keeps what it has seen."""
    to.runs_python = True
    if isinstance(node.module, Loss):
        _lower_loss(node, to)
    else:
        _lower_module(node, node.module, to)


def _lower_module(node: Node, module: Module, to: Builder) -> None:
    inputs = [to.input(node, port) for port in range(len(node.sources))]
    y = to.output(node)

    def forward(workspace: int, i: int, n: int) -> None:
        if isinstance(module, RandomModule):
            module.chance.first = i
        arrays = [_read(workspace, x, i, n, shape) for x, shape in zip(inputs, node.input_shapes, strict=True)]
        _write(workspace, y, i, n, module.forward(*arrays))

    _append(node, to, to.forward, forward, [*inputs, y])
    dy = to.output_gradient(node)
    if dy is None:
        return
    grads = [to.input_gradient(node, port) for port in range(len(node.sources))]

    def backward(workspace: int, i: int, n: int) -> None:
        result = module.backward(_read(workspace, dy, i, n, node.shape))
        for dx, value in zip(grads, result if isinstance(result, tuple) else (result,), strict=True):
            if dx is not None:
                _write(workspace, dx, i, n, value)

    _append(node, to, to.backward, backward, [dy, *(dx for dx in grads if dx is not None)])


def _lower_loss(node: Node, to: Builder) -> None:
    inputs, feed, losses = [to.input(node, port) for port in range(len(node.sources))], to.feed, to.losses(node)
    grads = [to.input_gradient(node, port) for port in range(len(node.sources))]

    def forward(workspace: int, i: int, n: int) -> None:
        arrays = [_read(workspace, x, i, n, shape) for x, shape in zip(inputs, node.input_shapes, strict=True)]
        chosen = feed.indices.array[i : i + n]
        labels = feed.labels.array
        losses.array[i : i + n] += loss_of(node, arrays, labels[chosen], labels[feed.partners.array[chosen]])

    def backward(workspace: int, i: int, n: int) -> None:
        share = ctypes.cast(workspace, ctypes.POINTER(ctypes.c_float))[SHARE]
        for dx, value in zip(grads, loss_gradients(node), strict=True):
            if dx is not None:
                _write(workspace, dx, i, n, value * np.float32(share))

    _append(node, to, to.forward, forward, inputs)
    wanted = [dx for dx in grads if dx is not None]
    if wanted:
        _append(node, to, to.backward, backward, wanted)


def _append(node: Node, to: Builder, append: Callable[..., None], act: _Act, buffers: list[Buffer]) -> None:
    """Append `act` as an operation that touches `buffers`; what it raises is kept, as C code can't pass it on."""

    def operation(row: int, parameters: int, gradients: int, workspace: int, i: int, n: int) -> None:
        if to.failures:
            return
        try:
            act(workspace, i, n)
        except Exception as failure:
            to.failures.append((node.id, failure))

    foreign = _FOREIGN(operation)
    to.keep_alive.append(foreign)
    address = ctypes.cast(foreign, ctypes.c_void_p).value
    layout = Layout(**{f"buffer{number}": "buffer" for number in range(len(buffers))})
    leaf = Leaf(f"numpy code of {node.id}", operation, OPERATION, layout)
    append(leaf, whole=True, address=address, **{f"buffer{number}": each for number, each in enumerate(buffers)})


def _samples(workspace: int, buffer: Buffer, i: int, n: int) -> NDArray[np.float32]:
    """A view ``(n, size)`` of samples i to i + n - 1."""
    start = workspace + 4 * (buffer.offset + (i & buffer.mask) * buffer.stride)
    memory = (ctypes.c_float * (n * buffer.stride)).from_address(start)
    view: NDArray[np.float32] = np.ctypeslib.as_array(memory).reshape(n, buffer.stride)
    return view[:, : buffer.size]


def _read(workspace: int, buffer: Buffer, i: int, n: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return to_public(_samples(workspace, buffer, i, n), shape).copy()


def _write(workspace: int, buffer: Buffer, i: int, n: int, values: NDArray[Any]) -> None:
    _samples(workspace, buffer, i, n)[...] = from_public(values)
