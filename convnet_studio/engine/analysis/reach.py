"""Reach: which numbers of lower modules a value is computed from, and which of upper ones it can touch.

Both are followed through the graph as masks in the shape of each module's output: down to the pixels a footprint, up to
the losses a cone. `Module.windows` says what a module sees along the axes of the maps; which maps it sees, the table
here, and where that has no row, all of them: a mask may then be too large, and never too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.footprint import WHOLE, Window
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.module import Module, Shape

Mask = NDArray[np.bool_]

_POINTS = "Abs Formula Hardshrink ReLU ScaledTanh Sigmoid SmoothShrink Softplus Softshrink Tanh Tanhshrink"
VALUE_BY_VALUE = frozenset({*_POINTS.split(), "Add", "Dropout", "Gain", "Input", "Multiply"})
"""Kinds of which each value is computed from that at its own place alone, of lists too."""
OWN_MAP = VALUE_BY_VALUE | {
    "AvgPool2d",
    "GlobalPool2d",
    "LPPool2d",
    "LogSumExpPool2d",
    "MaxPool2d",
    "TrainableAvgPool2d",
    "Upsample",
}
"""Kinds of which each map is computed from the map of the same number alone."""
REORDERED = frozenset(("Flatten", "Reshape"))
"""Kinds that keep all numbers and their order."""


def footprint(nodes: Mapping[str, Node], module_id: str, mask: Mask) -> dict[str, Mask]:
    """What the marked outputs of a module are computed from, by module id, itself included.

    Args:
        nodes: of the graph, each after all its sources.
        module_id: whose outputs; of a loss, the mask is not looked at.
        mask: of its output's shape.
    """
    found: dict[str, Mask] = {module_id: mask}
    for node in reversed(list(nodes.values())):
        if node.id in found and node.sources:
            for source, seen in zip(node.sources, seen_by(node, found[node.id]), strict=True):
                found[source] = found[source] | seen if source in found else seen
    return found


def cone(nodes: Mapping[str, Node], module_id: str, mask: Mask) -> dict[str, Mask]:
    """Which outputs of other modules the marked ones of a module can touch, by module id, itself included."""
    found: dict[str, Mask] = {module_id: mask}
    for node in nodes.values():
        if node.id == module_id or not any(source in found for source in node.sources):
            continue
        inputs = [
            found.get(source, np.zeros(shape, bool))
            for source, shape in zip(node.sources, node.input_shapes, strict=True)
        ]
        found[node.id] = touched(node, inputs)
    return found


def seen_inputs(node: Node, index: tuple[int, ...]) -> list[Mask]:
    """As `seen_by`, of one output."""
    mask = np.zeros(node.shape, bool)
    mask[index] = True
    return seen_by(node, mask)


def seen_by(node: Node, mask: Mask) -> list[Mask]:
    """What of each input the marked outputs of a module are computed from."""
    if not isinstance(node.module, Module) or not mask.any():
        every = not isinstance(node.module, Module)
        return [np.full(shape, every) for shape in node.input_shapes]
    kind = type(node.module).__name__
    if kind == "Concat":
        ends = np.cumsum([shape[0] for shape in node.input_shapes])
        return np.split(mask, ends[:-1])
    if kind in REORDERED:
        return [mask.reshape(node.input_shapes[0])]
    return [_through(node, port, mask, _down) for port in range(len(node.input_shapes))]


def touched(node: Node, inputs: Iterable[Mask]) -> Mask:
    """Which outputs of a module the marked values of its inputs can touch."""
    masks = list(inputs)
    kind = type(node.module).__name__
    if not isinstance(node.module, Module):
        return np.array(any(each.any() for each in masks))
    if kind == "Concat":
        return np.concatenate(masks)
    if kind in REORDERED:
        return masks[0].reshape(node.shape)
    result = np.zeros(node.shape, bool)
    for port, mask in enumerate(masks):
        if mask.any():
            result |= _through(node, port, mask, _up)
    return result


def _down(connection: Mask, mask: Mask) -> Mask:
    """From outputs, along the first axis, to inputs."""
    return np.tensordot(connection.astype(np.float32), mask.astype(np.float32), (0, 0)) > 0


def _up(connection: Mask, mask: Mask) -> Mask:
    return np.tensordot(connection.astype(np.float32), mask.astype(np.float32), (1, 0)) > 0


def _through(node: Node, port: int, mask: Mask, go: Callable[[Mask, Mask], Mask]) -> Mask:
    """Follow a mask through the connections along each axis, one after the other."""
    axes, size = _connections(node, port), node.input_shapes[port] if go is _down else node.shape
    if axes is None:
        return np.ones(size, bool)
    for axis, connection in enumerate(axes):
        if connection is None:
            continue
        if connection.all():  # stretched again below, when the other axes are done
            mask = np.logical_or.reduce(mask, axis=axis, keepdims=True)
        else:
            mask = np.moveaxis(go(connection, np.moveaxis(mask, axis, 0)), 0, axis)
    return np.broadcast_to(mask, size)


def _connections(node: Node, port: int) -> list[Mask | None] | None:
    """``(outputs, inputs)`` along each axis, channels first; None for an axis: each its own; None: all see all."""
    module, shape, kind = node.module, node.input_shapes[port], type(node.module).__name__
    assert isinstance(module, Module)
    if kind in VALUE_BY_VALUE and shape == node.shape:
        return [None] * len(shape)
    if len(shape) != len(node.shape):
        return None
    windows = module.windows(*node.input_shapes)
    channels = _maps_seen(module, shape, node.shape)
    if windows is WHOLE:
        space: list[Mask | None] = [np.ones(sizes, bool) for sizes in zip(node.shape[1:], shape[1:], strict=True)]
    elif not windows:
        space = [None] * (len(shape) - 1)
    elif len(windows) == len(shape) - 1:
        sizes = zip(windows, node.shape[1:], shape[1:], strict=True)
        space = [_seen_along(window, outputs, inputs) for window, outputs, inputs in sizes]
    else:
        return None
    return [channels, *space]


def _seen_along(window: Window, outputs: int, inputs: int) -> Mask:
    """Which inputs each output of a window sees along one axis."""
    firsts = [int(np.ceil(float(place * window.stride - window.padding) - 1e-9)) for place in range(outputs)]
    first = np.array(firsts)[:, None]
    at = np.arange(inputs)
    return (at >= first) & (at < first + window.size)


def _maps_seen(module: Module, shape: Shape, output: Shape) -> Mask | None:
    """Which maps of an input each output map sees."""
    kind, (outputs, inputs) = type(module).__name__, (output[0], shape[0])
    if isinstance(module, FilterBank) and not module.is_full:
        seen = np.zeros((outputs, inputs), bool)
        pairs = np.array(connected_pairs(module.table, inputs, outputs))
        seen[pairs[:, 0], pairs[:, 1]] = True
        return seen
    is_alone = kind in OWN_MAP or (isinstance(module, LocalNorm) and not module.across_maps)
    if is_alone and outputs == inputs:
        return None
    if kind == "WinnerTakesAll" and module.settings()["over"] == "space":
        return None
    distance = np.arange(inputs)[None] - np.arange(outputs)[:, None]
    if kind == "LocalResponseNorm":
        size = int(module.settings()["size"])
        near: Mask = (distance >= -(size // 2)) & (distance <= size - 1 - size // 2)
        return near
    if kind == "MapPool":
        grouped: Mask = np.arange(inputs)[None] // (inputs // outputs) == np.arange(outputs)[:, None]
        return grouped
    return np.ones((outputs, inputs), bool)
