"""Conv2d as operations: weights rearranged once a step, pictures padded where the module pads."""

from __future__ import annotations

from dataclasses import dataclass

from convnet_studio.engine.kernels import conv, conv_sparse, move
from convnet_studio.engine.kernels.fields import Buffer
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.conv2d import Conv2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.interpreter import APART, SINGLE
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.rearrange import arrange, collect


@dataclass(frozen=True)
class _Sizes:
    """Numbers of a convolution; the input is the padded one."""

    maps: int
    height: int
    width: int
    kernel: int
    stride: int
    padding: int
    filters: int
    rows: int
    columns: int

    @property
    def x_row(self) -> int:
        return self.width * self.maps

    @property
    def run(self) -> int:
        return self.kernel * self.maps

    @property
    def filters_padded(self) -> int:
        return _padded(self.filters)

    @property
    def run_padded(self) -> int:
        return _padded(self.run)


@lowers(Conv2d, forgets_output=True)
def lower_conv2d(node: Node, to: Builder) -> None:
    """Forward: pad, convolve. Backward: the gradients by weight, bias and input, then crop."""
    sizes = _sizes(node)
    x = _padded_input(node, to, sizes)
    _lower_forward(node, to, sizes, x)
    dy = to.output_gradient(node)
    if dy is None:
        return
    dx = to.input_gradient(node)
    target = to.scratch(sizes.height * sizes.x_row, f"padded gradient of {node.id}") if dx and sizes.padding else dx
    if _sparse(node, to, sizes):
        _lower_sparse(node, to, sizes, x, dy, target)
    else:
        _lower_weight_gradient(node, to, sizes, x, dy)
        if target is not None:
            _lower_input_gradient(node, to, sizes, target, dy)
    if dx is not None and target is not None:
        _crop(to, sizes, target, dx)


def _padded(count: int) -> int:
    return -(-count // 16) * 16


def _sizes(node: Node) -> _Sizes:
    assert isinstance(node.module, Conv2d)
    maps, height, width = node.input_shapes[0]
    filters, rows, columns = node.shape
    pad = node.module.padding
    height, width = height + 2 * pad, width + 2 * pad
    kernel, stride = node.module.kernel_size, node.module.stride
    return _Sizes(maps, height, width, kernel, stride, pad, filters, rows, columns)


_WORTH_SHARING = 400_000
"""Multiply-accumulates that take a thread several times as long as to ask the other for help."""


def _kind(to: Builder, sizes: _Sizes) -> int:
    """How a large convolution of a single sample is run: so that threads may share its rows, as they have no more."""
    is_large = sizes.rows * sizes.columns * sizes.filters * sizes.kernel * sizes.run >= _WORTH_SHARING
    return APART if is_large and to.batch_size == 1 else SINGLE


def _bands(to: Builder, sizes: _Sizes, rows: int) -> list[tuple[int, int]]:
    """The rows as (first, how many): all, or a few bands to share."""
    size = rows if _kind(to, sizes) == SINGLE else -(-rows // 8)
    return [(first, min(size, rows - first)) for first in range(0, rows, size)]


def _inner_rows(sizes: _Sizes) -> dict[str, int]:
    """Rows of the unpadded picture, and where the first starts in the padded one."""
    inner = (sizes.width - 2 * sizes.padding) * sizes.maps
    start = sizes.padding * (sizes.x_row + sizes.maps)
    return {"rows": sizes.height - 2 * sizes.padding, "length": inner, "inner": inner, "start": start}


def _padded_input(node: Node, to: Builder, sizes: _Sizes) -> Buffer:
    if not sizes.padding:
        return to.input(node)
    padded = to.scratch(sizes.height * sizes.x_row, f"padded input of {node.id}")
    rows = _inner_rows(sizes)
    to.forward(
        move.copy_rows,
        x=to.input(node),
        y=padded,
        rows=rows["rows"],
        length=rows["length"],
        x_start=0,
        x_row=rows["inner"],
        y_start=rows["start"],
        y_row=sizes.x_row,
    )
    return padded


def _lower_forward(node: Node, to: Builder, sizes: _Sizes, x: Buffer) -> None:
    k, maps, filters, padded = sizes.kernel, sizes.maps, sizes.filters, sizes.filters_padded
    weight = to.table(k * k * maps * padded)
    arrange(
        to, to.parameter(node, "weight"), weight,
        (k, k, maps, filters), (k, 1, k * k, maps * k * k), (k * maps * padded, maps * padded, padded, 1),
    )  # fmt: skip
    bias = to.table(padded)
    arrange(to, to.parameter(node, "bias"), bias, (1, 1, 1, filters), (0, 0, 0, 1), (0, 0, 0, 1))
    tiling = product(
        to.address_of, sizes.columns, filters,
        a_inner=1, b_inner=padded, outer=k, a_outer=sizes.x_row, b_outer=sizes.run * padded,
        a_row=sizes.stride * maps, c_row=filters, d_row=0,
    )  # fmt: skip
    for first, rows in _bands(to, sizes, sizes.rows):
        to.forward(
            conv.conv_forward,
            kind=_kind(to, sizes),
            x=x,
            y=to.output(node),
            weight=weight,
            bias=bias,
            first=first,
            rows=rows,
            columns=sizes.columns,
            run=sizes.run,
            x_row=sizes.stride * sizes.x_row,
            y_row=sizes.columns * filters,
            tiling=tiling,
        )


def _lower_weight_gradient(node: Node, to: Builder, sizes: _Sizes, x: Buffer, dy: Buffer) -> None:
    k, maps, filters, padded = sizes.kernel, sizes.maps, sizes.filters, sizes.filters_padded
    weight_gradient = to.gradient(k * k * maps * padded)
    tiling = product(
        to.address_of, sizes.run, filters,
        a_inner=sizes.stride * maps, b_inner=filters, outer=sizes.rows, a_outer=sizes.stride * sizes.x_row,
        b_outer=sizes.columns * filters, a_row=1, c_row=padded, d_row=padded,
    )  # fmt: skip
    for first, rows in _bands(to, sizes, k):
        to.backward(
            conv.conv_weight_gradient,
            kind=_kind(to, sizes),
            x=x,
            y_gradient=dy,
            weight_gradient=weight_gradient,
            first=first,
            kernel_rows=rows,
            run=sizes.run,
            columns=sizes.columns,
            x_row=sizes.x_row,
            block=sizes.run * padded,
            tiling=tiling,
        )
    collect(
        to, to.parameter(node, "weight"), weight_gradient,
        (k, k, maps, filters), (k * maps * padded, maps * padded, padded, 1), (k, 1, k * k, maps * k * k),
    )  # fmt: skip
    bias_gradient = to.gradient(filters)
    positions = sizes.rows * sizes.columns
    to.backward(conv.bias_gradient, y_gradient=dy, bias_gradient=bias_gradient, positions=positions, channels=filters)
    collect(to, to.parameter(node, "bias"), bias_gradient, (1, 1, 1, filters), (0, 0, 0, 1), (0, 0, 0, 1))


def _sparse(node: Node, to: Builder, sizes: _Sizes) -> bool:
    """Whether so few gradients come back that it pays to list those that are not zero."""
    return to.receives_few(node) and sizes.height * sizes.x_row < 1 << 24


def _lower_sparse(node: Node, to: Builder, sizes: _Sizes, x: Buffer, dy: Buffer, dx: Buffer | None) -> None:
    k, maps, filters, padded = sizes.kernel, sizes.maps, sizes.filters, sizes.run_padded
    positions = sizes.rows * sizes.columns
    listed = {
        "counts": to.scratch(filters, f"how many gradients of {node.id}"),
        "corners": to.scratch(filters * positions, f"corners of {node.id}"),
        "values": to.scratch(filters * positions, f"listed gradients of {node.id}"),
        "positions": positions,
        "channels": filters,
    }
    to.backward(
        conv_sparse.list_gradients,
        y_gradient=dy,
        **listed,
        rows=sizes.rows,
        columns=sizes.columns,
        down=sizes.stride * sizes.x_row,
        across=sizes.stride * maps,
    )
    shape = {**listed, "kernel_rows": k, "run": padded, "x_row": sizes.x_row}
    filter_strides, strides = (k * padded, padded, maps, 1), (maps * k * k, k, 1, k * k)
    span, bias = to.gradient(filters * k * padded), to.gradient(filters)
    to.backward(conv_sparse.sparse_parameter_gradient, x=x, weight_gradient=span, bias_gradient=bias, **shape)
    collect(to, to.parameter(node, "weight"), span, (filters, k, k, maps), filter_strides, strides)
    collect(to, to.parameter(node, "bias"), bias, (1, 1, 1, filters), (0, 0, 0, 1), (0, 0, 0, 1))
    if dx is not None:
        weight = to.table(filters * k * padded)
        arrange(to, to.parameter(node, "weight"), weight, (filters, k, k, maps), strides, filter_strides)
        to.backward(conv_sparse.sparse_input_gradient, x_gradient=dx, weight=weight, size=dx.size, **shape)


def _lower_input_gradient(node: Node, to: Builder, sizes: _Sizes, dx: Buffer, dy: Buffer) -> None:
    k, maps, filters = sizes.kernel, sizes.maps, sizes.filters
    weight = to.table(k * filters * sizes.run_padded)
    arrange(
        to, to.parameter(node, "weight"), weight,
        (k, filters, k, maps), (k, maps * k * k, 1, k * k), (filters * sizes.run_padded, sizes.run_padded, maps, 1),
    )  # fmt: skip
    c_row = sizes.stride * sizes.x_row
    tiling = product(
        to.address_of, sizes.rows, sizes.run,
        a_inner=1, b_inner=sizes.run_padded, a_row=sizes.columns * filters, c_row=c_row, d_row=c_row,
    )  # fmt: skip
    to.backward(
        conv.conv_input_gradient,
        x_gradient=dx,
        y_gradient=dy,
        weight=weight,
        size=dx.size,
        rows=sizes.rows,
        columns=sizes.columns,
        kernel_rows=k,
        x_row=sizes.x_row,
        x_step=sizes.stride * maps,
        channels=filters,
        block=filters * sizes.run_padded,
        tiling=tiling,
    )


def _crop(to: Builder, sizes: _Sizes, padded: Buffer, dx: Buffer) -> None:
    if not sizes.padding:
        return
    rows = _inner_rows(sizes)
    to.backward(
        move.copy_rows,
        x=padded,
        y=dx,
        rows=rows["rows"],
        length=rows["length"],
        x_start=rows["start"],
        x_row=sizes.x_row,
        y_start=0,
        y_row=rows["inner"],
    )
