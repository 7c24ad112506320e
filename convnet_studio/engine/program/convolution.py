"""Convolutions as operations: the three products, padding, and the weights' way into the kernels' order and back.

Every filter bank that slides is some of these: a convolution runs `convolve` forward and `weight_gradient` and
`input_gradient` backward; a transposed one swaps the first and the last. Along a sequence, the picture is one row high.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convnet_studio.engine.kernels import bank, conv, conv_sparse, move
from convnet_studio.engine.kernels.fields import Buffer, Place, Span
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.program.builder import Builder, Switched
from convnet_studio.engine.program.interpreter import APART, SINGLE
from convnet_studio.engine.program.rearrange import Four, arrange, collect

Append = Callable[..., None]
"""`Builder.forward` or `Builder.backward`."""


@dataclass(frozen=True)
class Sizes:
    """Numbers of a convolution from a picture of `maps` to one of `filters`; height and width include the padding.

    `pairs` are the connections, (output, input); None where every map sees every map.
    """

    maps: int
    height: int
    width: int
    kernel_rows: int
    kernel: int
    stride: int
    row_padding: int
    padding: int
    filters: int
    rows: int
    columns: int
    pairs: tuple[tuple[int, int], ...] | None = None

    @property
    def x_row(self) -> int:
        """Floats in a row of the padded picture."""
        return self.width * self.maps

    @property
    def run(self) -> int:
        """Floats of a window in one row."""
        return self.kernel * self.maps

    @property
    def filters_padded(self) -> int:
        """Filters, rounded up to whole vectors."""
        return padded(self.filters)

    @property
    def run_padded(self) -> int:
        """The run, rounded up to whole vectors."""
        return padded(self.run)

    @property
    def is_padded(self) -> bool:
        """Whether anything is added around the picture."""
        return self.padding + self.row_padding > 0


def padded(count: int) -> int:
    """`count` floats, rounded up to whole vectors."""
    return -(-count // 16) * 16


def pad(append: Append, to: Builder, sizes: Sizes, x: Buffer, name: str) -> Buffer:
    """Put a picture into the middle of zeros; the picture itself where nothing is added."""
    if not sizes.is_padded:
        return x
    around = to.scratch(sizes.height * sizes.x_row, name)
    inner = _Inner.of(sizes)
    append(
        move.copy_rows,
        x=x,
        y=around,
        rows=inner.rows,
        length=inner.length,
        x_start=0,
        x_row=inner.length,
        y_start=inner.start,
        y_row=sizes.x_row,
    )
    return around


def crop(append: Append, sizes: Sizes, around: Buffer, x: Buffer) -> None:
    """Take the picture out of the middle again."""
    inner = _Inner.of(sizes)
    append(
        move.copy_rows,
        x=around,
        y=x,
        rows=inner.rows,
        length=inner.length,
        x_start=inner.start,
        x_row=sizes.x_row,
        y_start=0,
        y_row=inner.length,
    )


@dataclass(frozen=True)
class _Inner:
    """Rows of the unpadded picture, floats in each, and where the first starts in the padded one."""

    rows: int
    length: int
    start: int

    @classmethod
    def of(cls, sizes: Sizes) -> _Inner:
        length = (sizes.width - 2 * sizes.padding) * sizes.maps
        start = sizes.row_padding * sizes.x_row + sizes.padding * sizes.maps
        return cls(sizes.height - 2 * sizes.row_padding, length, start)


def convolve(append: Append, to: Builder, sizes: Sizes, x: Buffer, y: Buffer, weight: Span, bias: Place) -> None:
    """y = bias + the filtered padded picture x."""
    maps, filters, wide = sizes.maps, sizes.filters, sizes.filters_padded
    table = to.table(sizes.kernel_rows * sizes.kernel * maps * wide)
    strides = (sizes.kernel * maps * wide, maps * wide, wide, 1)
    _arrange_weight(to, sizes, weight, table, strides)
    tiling = product(
        to.address_of, sizes.columns, filters,
        a_inner=1, b_inner=wide, outer=sizes.kernel_rows, a_outer=sizes.x_row, b_outer=sizes.run * wide,
        a_row=sizes.stride * maps, c_row=filters, d_row=0,
    )  # fmt: skip
    spills = filters % 16 != 0 and filters != 8  # into the next row, which must then come afterwards
    kind = SINGLE if spills else _kind(to, sizes)
    for first, rows in _bands(kind, sizes.rows):
        append(
            conv.conv_forward,
            kind=kind,
            x=x,
            y=y,
            weight=table,
            bias=bias,
            first=first,
            rows=rows,
            columns=sizes.columns,
            run=sizes.run,
            x_row=sizes.stride * sizes.x_row,
            y_row=sizes.columns * filters,
            tiling=tiling,
        )


def weight_gradient(to: Builder, sizes: Sizes, x: Buffer, dy: Buffer, weight: Span) -> None:
    """Add to the gradient by the weights the sum over places of windows of x times dy."""
    maps, filters, wide = sizes.maps, sizes.filters, sizes.filters_padded
    gradient = to.gradient(sizes.kernel_rows * sizes.kernel * maps * wide)
    tiling = product(
        to.address_of, sizes.run, filters,
        a_inner=sizes.stride * maps, b_inner=filters, outer=sizes.rows, a_outer=sizes.stride * sizes.x_row,
        b_outer=sizes.columns * filters, a_row=1, c_row=wide, d_row=wide,
    )  # fmt: skip
    kind = _kind(to, sizes)
    for first, rows in _bands(kind, sizes.kernel_rows):
        to.backward(
            conv.conv_weight_gradient,
            kind=kind,
            x=x,
            y_gradient=dy,
            weight_gradient=gradient,
            first=first,
            kernel_rows=rows,
            run=sizes.run,
            columns=sizes.columns,
            x_row=sizes.x_row,
            block=sizes.run * wide,
            tiling=tiling,
        )
    strides = (sizes.kernel * maps * wide, maps * wide, wide, 1)
    if sizes.pairs is None:
        collect(to, weight, gradient, _weight_shape(sizes), strides, _weight_strides(sizes))
    else:
        to.collect(bank.collect_pairs, target=weight, source=gradient, **_pairs(to, sizes, sizes.pairs, strides))


_WORTH_SHARING = 400_000
"""Multiply-accumulates that take a thread several times as long as to ask the other for help."""


def _kind(to: Builder, sizes: Sizes) -> int:
    """How a large convolution of a single sample is run: so that threads may share its rows, as they have no more."""
    work = sizes.rows * sizes.columns * sizes.filters * sizes.kernel_rows * sizes.run
    return APART if work >= _WORTH_SHARING and to.batch_size == 1 else SINGLE


def _bands(kind: int, rows: int) -> list[tuple[int, int]]:
    """The rows as (first, how many): all, or a few bands to share."""
    size = rows if kind == SINGLE else -(-rows // 8)
    return [(first, min(size, rows - first)) for first in range(0, rows, size)]


def input_gradient(append: Append, to: Builder, sizes: Sizes, dx: Buffer, dy: Buffer, weight: Span, name: str) -> None:
    """dx = what each place of dy sends back through the filters, the padding cut off."""
    target = uncropped(to, sizes, dx, name)
    _send_back(append, to, sizes, target, dy, weight)
    if sizes.is_padded:
        crop(append, sizes, target, dx)


def uncropped(to: Builder, sizes: Sizes, dx: Buffer, name: str) -> Buffer:
    """Room for the gradient by the padded picture; `dx` itself where nothing is padded."""
    return to.scratch(sizes.height * sizes.x_row, name) if sizes.is_padded else dx


def _send_back(append: Append, to: Builder, sizes: Sizes, target: Buffer, dy: Buffer, weight: Span) -> None:
    maps, filters = sizes.maps, sizes.filters
    table = to.table(sizes.kernel_rows * filters * sizes.run_padded)
    _arrange_weight(to, sizes, weight, table, (filters * sizes.run_padded, maps, 1, sizes.run_padded))
    c_row = sizes.stride * sizes.x_row
    tiling = product(
        to.address_of, sizes.rows, sizes.run,
        a_inner=1, b_inner=sizes.run_padded, a_row=sizes.columns * filters, c_row=c_row, d_row=c_row,
    )  # fmt: skip
    append(
        conv.conv_input_gradient,
        x_gradient=target,
        y_gradient=dy,
        weight=table,
        size=target.size,
        rows=sizes.rows,
        columns=sizes.columns,
        kernel_rows=sizes.kernel_rows,
        x_row=sizes.x_row,
        x_step=sizes.stride * maps,
        channels=filters,
        block=filters * sizes.run_padded,
        tiling=tiling,
    )


def sparse_gradients(
    to: Builder,
    sizes: Sizes,
    x: Buffer,
    dy: Buffer | Switched,
    dx: Buffer | None,
    weight: Span,
    bias: Span,
    name: str,
) -> None:
    """All three gradients where most of dy is zero, as behind a max pooling: only those that are not are followed.

    Args:
        x: the padded picture.
        dy: the gradient by the output, or what is known of it without its zeros.
        dx: the gradient by the padded picture; None where nobody needs it.
    """
    k, maps, filters, padded_run = sizes.kernel, sizes.maps, sizes.filters, sizes.run_padded
    lists = _list(to, sizes, dy, name)
    shape: dict[str, Any] = {**lists, "kernel_rows": k, "run": padded_run, "x_row": sizes.x_row}
    filter_strides, strides = (k * padded_run, padded_run, maps, 1), (maps * k * k, k, 1, k * k)
    span = to.gradient(filters * k * padded_run)
    to.backward(conv_sparse.sparse_weight_gradient, x=x, weight_gradient=span, **shape)
    collect(to, weight, span, (filters, k, k, maps), filter_strides, strides)
    if isinstance(dy, Switched):
        bias_gradient(to, dy.gradient, bias, dy.rows * dy.columns)
    else:
        bias_gradient(to, dy, bias, sizes.rows * sizes.columns)
    if dx is not None:
        table = to.table(filters * k * padded_run)
        arrange(to, weight, table, (filters, k, k, maps), strides, filter_strides)
        size: Any = dx.size
        to.backward(conv_sparse.sparse_input_gradient, x_gradient=dx, weight=table, size=size, **shape)


def _list(to: Builder, sizes: Sizes, dy: Buffer | Switched, name: str) -> dict[str, Any]:
    """List the gradients that are not zero; return the fields by which operations find them."""
    rows, columns = (dy.rows, dy.columns) if isinstance(dy, Switched) else (sizes.rows, sizes.columns)
    band = _rows_of_a_band(sizes, rows, columns)
    bands, room = -(-rows // band), band * columns
    lists: dict[str, Any] = {
        "counts": to.scratch(bands * sizes.filters, f"how many gradients of {name}"),
        "corners": to.scratch(bands * sizes.filters * room, f"corners of {name}"),
        "values": to.scratch(bands * sizes.filters * room, f"listed gradients of {name}"),
        "bands": bands,
        "room": room,
        "channels": sizes.filters,
    }
    if isinstance(dy, Switched):
        to.backward(
            conv_sparse.list_switched_gradients,
            y_gradient=dy.gradient,
            switches=dy.switches,
            **lists,
            places=rows * columns,
        )
    else:
        down, across = corner_steps(sizes)
        to.backward(
            conv_sparse.list_gradients, y_gradient=dy, **lists, rows=rows, columns=columns, down=down, across=across
        )
    return lists


_FIRST_CACHE = 6144
"""Floats of a picture that stay in a first-level cache of 32 KB beside what they are multiplied with."""
_WORTH_A_LIST = 16
"""Places that a list should have room for: each costs passing over the gradient of a filter."""


def _rows_of_a_band(sizes: Sizes, rows: int, columns: int) -> int:
    """How many rows of gradients are listed together: all where the picture is small."""
    if sizes.height * sizes.x_row <= _FIRST_CACHE:
        return rows
    return min(rows, -(-_WORTH_A_LIST // columns))


def corner_steps(sizes: Sizes) -> tuple[int, int]:
    """Floats from the window of one output to that of the output below it, and of the one beside it."""
    return sizes.stride * sizes.x_row, sizes.stride * sizes.maps


def follows_few(node: Node) -> bool:
    """Whether a module is a convolution that can follow single gradients (`sparse_gradients`)."""
    module = node.module
    if not isinstance(module, FilterBank) or module.dimensions != 2:
        return False
    sizes = sizes_of(node)
    return module.is_full and module.biases == "each map" and sizes.height * sizes.x_row < 1 << 24


def sizes_of(node: Node) -> Sizes:
    """The numbers of a Conv1d or Conv2d."""
    module = node.module
    assert isinstance(module, FilterBank)
    inputs, *space = node.input_shapes[0]
    outputs, *places = node.shape
    is_flat = module.dimensions == 2
    kernel, pad = module.kernel_size, module.padding
    row_pad = pad if is_flat else 0
    return Sizes(
        maps=inputs,
        height=(space[0] if is_flat else 1) + 2 * row_pad,
        width=space[-1] + 2 * pad,
        kernel_rows=kernel if is_flat else 1,
        kernel=kernel,
        stride=module.stride,
        row_padding=row_pad,
        padding=pad,
        filters=outputs,
        rows=places[0] if is_flat else 1,
        columns=places[-1],
        pairs=None if module.is_full else connected_pairs(module.table, inputs, outputs),
    )


def bias_table(to: Builder, bias: Span) -> Place:
    """The biases of maps where kernels read them, copied once a step."""
    table = to.table(padded(bias.size))
    arrange(to, bias, table, (1, 1, 1, bias.size), (0, 0, 0, 1), (0, 0, 0, 1))
    return table


def bias_gradient(to: Builder, dy: Buffer, bias: Span, positions: int) -> None:
    """Add to the gradient by the biases of maps the sum of dy over its places."""
    channels = bias.size
    gradient = to.gradient(channels)
    to.backward(conv.bias_gradient, y_gradient=dy, bias_gradient=gradient, positions=positions, channels=channels)
    collect(to, bias, gradient, (1, 1, 1, channels), (0, 0, 0, 1), (0, 0, 0, 1))


def _weight_shape(sizes: Sizes) -> Four:
    """Kernel rows, kernel columns, input maps, output maps."""
    return sizes.kernel_rows, sizes.kernel, sizes.maps, sizes.filters


def _weight_strides(sizes: Sizes) -> Four:
    """Of the parameter, ``(out, in, rows, columns)``, in that order."""
    pixels = sizes.kernel_rows * sizes.kernel
    return sizes.kernel, 1, pixels, sizes.maps * pixels


def _arrange_weight(to: Builder, sizes: Sizes, weight: Span, table: Place, strides: Four) -> None:
    """Copy the weights into `table` once a step; `strides`: floats there from one kernel row to the next, and so on."""
    if sizes.pairs is None:
        arrange(to, weight, table, _weight_shape(sizes), _weight_strides(sizes), strides)
    else:
        to.prepare(bank.arrange_pairs, source=weight, target=table, **_pairs(to, sizes, sizes.pairs, strides))


def _pairs(to: Builder, sizes: Sizes, pairs: tuple[tuple[int, int], ...], strides: Four) -> dict[str, Any]:
    return {
        "pairs": to.table(np.array(pairs)),
        "pair_count": len(pairs),
        "kernel_rows": sizes.kernel_rows,
        "kernel": sizes.kernel,
        "by_row": strides[0],
        "by_column": strides[1],
        "by_input": strides[2],
        "by_output": strides[3],
    }
