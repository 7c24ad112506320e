"""Pooling across maps, of whole maps and in pyramids, log-sum-exp pooling and response normalisation as operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convnet_studio.engine.kernels import reduce
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.global_pool2d import GlobalPool2d
from convnet_studio.engine.nn.modules.local_response_norm import LocalResponseNorm
from convnet_studio.engine.nn.modules.log_sum_exp_pool2d import LogSumExpPool2d
from convnet_studio.engine.nn.modules.map_pool import MapPool
from convnet_studio.engine.nn.modules.pyramid_pool2d import PyramidPool2d, edges, grids
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions, window_shape

_KINDS = {"average": reduce.AVERAGE, "max": reduce.LARGEST, "L2": reduce.ROOT_MEAN_SQUARE}


@lowers(MapPool)
def lower_map_pool(node: Node, to: Builder) -> None:
    """The maps of a place lie side by side, and so do those of a group."""
    module = node.module
    assert isinstance(module, MapPool)
    shape: dict[str, Any] = {"outputs": to.output(node).size, "group": module.group, "taken": _KINDS[module.kind]}
    _lower(node, to, reduce.group_forward, reduce.group_backward, {}, **shape)


@lowers(GlobalPool2d)
def lower_global_pool(node: Node, to: Builder) -> None:
    """One cell: the whole map."""
    module, (_, height, width) = node.module, node.input_shapes[0]
    assert isinstance(module, GlobalPool2d)
    _lower_cells(node, to, [(0, height, 0, width, 0, 1)], module.kind)


@lowers(PyramidPool2d)
def lower_pyramid_pool(node: Node, to: Builder) -> None:
    """The cells of all grids; the list goes grid by grid, map by map."""
    module, (channels, height, width) = node.module, node.input_shapes[0]
    assert isinstance(module, PyramidPool2d)
    cells, base = [], 0
    for side in grids(module.levels):
        places = [(row, column) for row in edges(height, side) for column in edges(width, side)]
        cells += [
            (row.start, row.stop - row.start, column.start, column.stop - column.start, base + number, side**2)
            for number, (row, column) in enumerate(places)
        ]
        base += channels * side**2
    _lower_cells(node, to, cells, module.kind)


@lowers(LogSumExpPool2d)
def lower_log_sum_exp(node: Node, to: Builder) -> None:
    """A soft maximum of each window."""
    module = node.module
    assert isinstance(module, LogSumExpPool2d)
    scale = 1 / module.kernel_size**2 if module.inside == "mean" else 1.0
    shape = window_shape(node.input_shapes[0], node.shape, module.kernel_size, module.stride)
    x, y = to.input(node), to.output(node)
    to.forward(reduce.log_sum_exp_forward, x=x, y=y, **shape, b=module.b, scale=scale)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        size: Any = dx.size
        to.backward(reduce.log_sum_exp_backward, x_gradient=dx, y_gradient=dy, x=x, size=size, **shape, b=module.b)


@lowers(LocalResponseNorm)
def lower_response(node: Node, to: Builder) -> None:
    """Over the maps of each place."""
    module = node.module
    assert isinstance(module, LocalResponseNorm)
    channels, positions = channels_and_positions(node.shape)
    numbers: dict[str, Any] = {
        "positions": positions,
        "channels": channels,
        "before": module.size // 2,
        "behind": (module.size - 1) // 2,
        "offset": module.k,
        "strength": module.alpha / module.size,
        "exponent": module.beta,
    }
    x = to.input(node)
    to.forward(reduce.response_forward, x=x, y=to.output(node), **numbers)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        terms = to.scratch(channels, f"terms of {node.id}")
        to.backward(reduce.response_backward, x_gradient=dx, y_gradient=dy, x=x, terms=terms, **numbers)


def _lower_cells(node: Node, to: Builder, cells: Sequence[tuple[int, ...]], kind: str) -> None:
    channels, height, width = node.input_shapes[0]
    shape: dict[str, Any] = {
        "cells": to.table(np.array(cells)),
        "cell_count": len(cells),
        "channels": channels,
        "width": width,
        "taken": _KINDS[kind],
    }
    size: dict[str, Any] = {"size": channels * height * width}
    _lower(node, to, reduce.cells_forward, reduce.cells_backward, size, **shape)


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf, size: dict[str, Any], **shape: Any) -> None:
    x, y = to.input(node), to.output(node)
    to.forward(forward, x=x, y=y, **shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, x=x, y=y, **size, **shape)
