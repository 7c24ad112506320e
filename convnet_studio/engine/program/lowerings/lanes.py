"""Modules as operations on small pictures with the samples of a chunk innermost (kernels/lanes.py)."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import lanes, point
from convnet_studio.engine.kernels.fields import Buffer, Place, Span
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.kernels.tiles import lane_product, product
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.abs import Abs
from convnet_studio.engine.nn.modules.avg_pool2d import AvgPool2d
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.nn.modules.flatten import Flatten
from convnet_studio.engine.nn.modules.input import Input
from convnet_studio.engine.nn.modules.max_pool2d import MaxPool2d
from convnet_studio.engine.nn.modules.relu import ReLU
from convnet_studio.engine.nn.modules.tanh import Tanh
from convnet_studio.engine.nn.windows import Pool2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.interpreter import LANES
from convnet_studio.engine.program.lowering import lowers_in_lanes
from convnet_studio.engine.program.rearrange import arrange, collect, dense

_BLOCK = 80
"""Columns that the widest tile has: a bias is repeated so often."""


def _maps(shape: tuple[int, ...], to: Builder) -> dict[str, Any]:
    maps, rows, columns = shape
    return {"maps": maps, "rows": rows, "columns": columns, "samples": to.chunk}


def _shows_sample(node: Node, chunk: int) -> bool:
    assert isinstance(node.module, Input)
    return not node.module.shows_partner()


@lowers_in_lanes(Input, fits=_shows_sample)
def lower_input(node: Node, to: Builder) -> None:
    """Fetch the pictures that the samples' indices name."""
    values: dict[str, Any] = {"images": to.feed.images, "indices": to.feed.indices, "y": to.output(node)}
    to.forward(lanes.lanes_gather, kind=LANES, **values, **_maps(node.shape, to))


@lowers_in_lanes(Flatten)
def lower_flatten(node: Node, to: Builder) -> None:
    """From lanes to a list for each sample."""
    shape = _maps(node.input_shapes[0], to)
    to.forward(lanes.lanes_to_lists, kind=LANES, x=to.input(node), y=to.output(node), **shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(lanes.lists_to_lanes, kind=LANES, x=dy, y=dx, **shape)


@lowers_in_lanes(Tanh)
def lower_tanh(node: Node, to: Builder) -> None:
    """The slope follows from the output."""
    to.work_in_place(node)
    _lower_point(node, to, point.tanh_forward, point.tanh_backward)


@lowers_in_lanes(ReLU)
def lower_relu(node: Node, to: Builder) -> None:
    """The slope follows from the output."""
    to.work_in_place(node)
    _lower_point(node, to, point.relu_forward, point.relu_backward)


@lowers_in_lanes(Abs)
def lower_abs(node: Node, to: Builder) -> None:
    """The slope follows from the input."""
    _lower_point(node, to, point.abs_forward, point.abs_backward, keeps_input=True)


def _lower_point(node: Node, to: Builder, forward: Leaf, backward: Leaf, keeps_input: bool = False) -> None:
    x, y = to.input(node), to.output(node)
    size = y.size * to.chunk
    to.forward(forward, kind=LANES, x=x, y=y, size=size)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        kept = x if keeps_input else y
        to.backward(backward, kind=LANES, x_gradient=dx, y_gradient=dy, kept=kept, size=size)


@lowers_in_lanes(AvgPool2d)
def lower_average(node: Node, to: Builder) -> None:
    """The mean of each window."""
    _lower_pool(node, to, lanes.lanes_average, lanes.lanes_average_backward)


@lowers_in_lanes(MaxPool2d)
def lower_max(node: Node, to: Builder) -> None:
    """The largest of each window."""
    _lower_pool(node, to, lanes.lanes_max, lanes.lanes_max_backward)


def _lower_pool(node: Node, to: Builder, forward: Leaf, backward: Leaf) -> None:
    assert isinstance(node.module, Pool2d)
    x, y = to.input(node), to.output(node)
    window: dict[str, Any] = {"kernel": node.module.kernel_size, "stride": node.module.stride}
    shape: dict[str, Any] = {**_maps(node.shape, to), **window, "x_run": node.input_shapes[0][2] * to.chunk}
    to.forward(forward, kind=LANES, x=x, y=y, **shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        size = dx.size * to.chunk
        to.backward(backward, kind=LANES, x_gradient=dx, y_gradient=dy, x=x, y=y, size=size, **shape)


def _fits(node: Node, chunk: int) -> bool:
    """Whether a convolution sees every pixel in turn, all maps, and its rows fill whole vectors."""
    assert isinstance(node.module, Conv2d)
    module, columns = node.module, node.shape[2]
    is_plain = module.is_full and module.biases == "each map"
    return is_plain and module.stride == 1 and module.padding == 0 and columns * chunk % 16 == 0


@lowers_in_lanes(Conv2d, fits=_fits)
def lower_conv2d(node: Node, to: Builder) -> None:
    """Forward and the gradients by weight, bias and input."""
    assert isinstance(node.module, Conv2d)
    k, (maps, _, width), (filters, rows, columns) = node.module.kernel_size, node.input_shapes[0], node.shape
    x, y, dy = to.input(node), to.output(node), to.output_gradient(node)
    x_run, y_run = width * to.chunk, columns * to.chunk
    shape: dict[str, Any] = {"rows": rows, "channels": filters, "kernel": k}
    weight, bias = to.table(filters * k * maps * k), to.table(filters * _BLOCK)
    source, order, strides = to.parameter(node, "weight"), (filters, k, maps, k), (maps * k * k, k, k * k, 1)
    arrange(to, source, weight, order, strides, dense(order))
    arrange(to, to.parameter(node, "bias"), bias, (1, 1, filters, _BLOCK), (0, 0, 1, 0), (0, 0, _BLOCK, 1))
    tiling = product(
        to.address_of, filters, y_run, d_whole=False,
        a_inner=1, b_inner=to.chunk, outer=k * maps, a_outer=k, b_outer=x_run, a_row=k * maps * k, c_row=y_run,
        d_row=_BLOCK,
    )  # fmt: skip
    to.forward(
        lanes.lanes_conv, kind=LANES, x=x, y=y, weight=weight, bias=bias, **shape, x_row=maps * x_run,
        y_row=filters * y_run, tiling=tiling,
    )  # fmt: skip
    if dy is None:
        return
    span, bias_span = to.gradient(filters * k * maps * k), to.gradient(filters)
    tiling = lane_product(
        to.address_of, filters, k, b_inner=to.chunk, outer=rows, a_outer=filters * y_run, b_outer=maps * x_run,
        a_row=y_run, c_row=k * maps * k, d_row=k * maps * k,
    )  # fmt: skip
    to.backward(
        lanes.lanes_parameter_gradient, kind=LANES, x=x, y_gradient=dy, weight_gradient=span, bias_gradient=bias_span,
        **shape, maps=maps, x_run=x_run, y_run=y_run, tiling=tiling,
    )  # fmt: skip
    collect(to, source, span, order, dense(order), strides)
    collect(to, to.parameter(node, "bias"), bias_span, (1, 1, 1, filters), (0, 0, 0, 1), (0, 0, 0, 1))
    dx = to.input_gradient(node)
    if dx is not None:
        _lower_input_gradient(node, to, dx, dy)


def _lower_input_gradient(node: Node, to: Builder, dx: Buffer, dy: Buffer) -> None:
    assert isinstance(node.module, Conv2d)
    k, (maps, _, width), (filters, rows, columns) = node.module.kernel_size, node.input_shapes[0], node.shape
    x_run, y_run = width * to.chunk, columns * to.chunk
    weight, source = to.table(k * maps * k * filters), to.parameter(node, "weight")
    for ky in range(k):  # the last row of the kernel first
        part = Place(weight.array, weight.size - (k - 1 - ky) * filters, (k - 1 - ky) * filters)
        strides = (1, k * k, 0, maps * k * k)
        row = Span(source.offset + ky * k, source.size - ky * k)
        arrange(to, row, part, (k, maps, 1, filters), strides, (maps * k * filters, k * filters, 0, 1))
    tiling = product(
        to.address_of, maps, y_run,
        a_inner=1, b_inner=y_run, a_row=k * filters, c_row=x_run, d_row=x_run,
    )  # fmt: skip
    to.backward(
        lanes.lanes_input_gradient, kind=LANES, x_gradient=dx, y_gradient=dy, weight=weight, rows=rows,
        channels=filters, maps=maps, kernel=k, shift=to.chunk, x_row=maps * x_run, y_row=filters * y_run,
        tiling=tiling,
    )  # fmt: skip
