"""The way back through a convolution behind which few gradients arrive (kernels/conv_sparse.py), as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import conv_sparse
from convnet_studio.engine.kernels.fields import Buffer, Span
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.convolution import (
    Four,
    Sizes,
    arrange,
    collect,
    crop,
    weight_shape,
    weight_strides,
)

_MOST_FLOATS = 1 << 24
"""Places in a picture are listed as float32, which holds whole numbers up to here."""


def pays(node: Node, to: Builder, sizes: Sizes) -> bool:
    """Whether so few gradients come back that it pays to list those that are not zero."""
    return to.receives_few(node) and sizes.pairs is None and sizes.height * sizes.x_row < _MOST_FLOATS


def go_back(
    node: Node, to: Builder, sizes: Sizes, x: Buffer, dy: Buffer, dx: Buffer | None, weight: Span, bias: Span | None
) -> None:
    """The gradients by weight, bias and input, where they are wanted.

    Args:
        node: the convolution. `sizes`: its numbers.
        x: the padded input. `dy`: the gradient by the output. `dx`: where that by the input goes.
        weight: its parameter. `bias`: of each map.
    """
    filters, positions = sizes.filters, sizes.rows * sizes.columns
    listed: dict[str, Any] = {
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
        across=sizes.stride * sizes.maps,
    )
    shape: dict[str, Any] = {**listed, "kernel_rows": sizes.kernel_rows, "run": sizes.run_padded, "x_row": sizes.x_row}
    span, bias_span = to.gradient(filters * sizes.kernel_rows * sizes.run_padded), to.gradient(filters)
    to.backward(conv_sparse.sparse_parameter_gradient, x=x, weight_gradient=span, bias_gradient=bias_span, **shape)
    strides = _filter_strides(sizes)
    collect(to, weight, span, weight_shape(sizes), strides, weight_strides(sizes))
    if bias is not None:
        collect(to, bias, bias_span, (1, 1, 1, filters), (0, 0, 0, 1), (0, 0, 0, 1))
    if dx is not None:
        table = to.table(span.size)
        arrange(to, weight, table, weight_shape(sizes), weight_strides(sizes), strides)
        target = to.scratch(sizes.height * sizes.x_row, f"padded gradient of {node.id}") if sizes.is_padded else dx
        to.backward(conv_sparse.sparse_input_gradient, x_gradient=target, weight=table, size=target.size, **shape)
        if sizes.is_padded:
            crop(to.backward, sizes, target, dx)


def _filter_strides(sizes: Sizes) -> Four:
    """Of filters one after the other, in the order kernel rows, kernel columns, input maps, output maps."""
    return sizes.run_padded, sizes.maps, 1, sizes.kernel_rows * sizes.run_padded
