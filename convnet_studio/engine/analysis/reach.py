"""Reach: which numbers of lower modules a value is computed from, and which of upper ones it can touch.

Both are followed through the graph as masks in the shape of each module's output: down to the pixels a footprint, up to
the losses a cone. `Module.windows` says what a module sees along the axes of the maps, `Module.maps_seen` which maps it
sees: all, where it does not say, so that a mask may be too large, and never too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.nn.footprint import WHOLE, Window
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Module

Mask = NDArray[np.bool_]


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
    if node.module.keeps_order:
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
    if node.module.keeps_order:
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
    module, shape = node.module, node.input_shapes[port]
    assert isinstance(module, Module)
    if module.is_pointwise and shape == node.shape:
        return [None] * len(shape)
    if len(shape) != len(node.shape):
        return None
    windows = module.windows(*node.input_shapes)
    channels = module.maps_seen(shape, node.shape)
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
