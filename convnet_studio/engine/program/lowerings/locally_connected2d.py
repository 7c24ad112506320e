"""LocallyConnected2d as operations on all samples of a chunk: a small matrix product at each place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convnet_studio.engine.kernels import bank, conv
from convnet_studio.engine.kernels.fields import Buffer, Place, Span
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.locally_connected2d import LocallyConnected2d
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.convolution import padded
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.rearrange import Four, arrange, collect


@lowers(LocallyConnected2d)
def lower_locally_connected2d(node: Node, to: Builder) -> None:
    """Forward, and the gradients by weight, bias and input."""
    sizes = _LocalSizes(node)
    _lower_forward(node, to, sizes)
    dy = to.output_gradient(node)
    if dy is None:
        return
    _lower_weight_gradient(node, to, sizes, dy)
    dx = to.input_gradient(node)
    if dx is not None:
        _lower_input_gradient(node, to, sizes, dx, dy)


class _LocalSizes:
    """Numbers of the module: `run` is what a window has in one row, `x_row` what the input has."""

    def __init__(self, node: Node) -> None:
        assert isinstance(node.module, LocallyConnected2d)
        self.maps, _, width = node.input_shapes[0]
        self.outputs, rows, columns = node.shape
        self.kernel, stride = node.module.kernel_size, node.module.stride
        self.places = rows * columns
        self.run, self.x_row = self.kernel * self.maps, width * self.maps
        self.wide, self.run_wide = padded(self.outputs), padded(self.run)
        self.fields: dict[str, Any] = {
            "rows": rows,
            "columns": columns,
            "channels": self.outputs,
            "down": stride * self.x_row,
            "across": stride * self.maps,
        }

    def orders(self, others: Four) -> Iterator[tuple[Four, Four, Four]]:
        """For each kernel row: shape (place, kernel column, input map, output map), the parameter's strides, others."""
        pixels = self.kernel**2
        own = (self.outputs * self.maps * pixels, 1, pixels, self.maps * pixels)
        for _ in range(self.kernel):
            yield (self.places, self.kernel, self.maps, self.outputs), own, others


def _lower_forward(node: Node, to: Builder, sizes: _LocalSizes) -> None:
    k, wide, run, places, outputs = sizes.kernel, sizes.wide, sizes.run, sizes.places, sizes.outputs
    weight, bias = to.table(places * k * run * wide), to.table(places * wide)
    span = to.parameter(node, "weight")
    for ky, (shape, own, others) in enumerate(sizes.orders((k * run * wide, sizes.maps * wide, wide, 1))):
        arrange(to, _from(span, ky * k), _place_from(weight, ky * run * wide), shape, own, others)
    own, others = (0, 0, outputs, 1), (0, 0, wide, 1)
    arrange(to, to.parameter(node, "bias"), bias, (1, 1, places, outputs), own, others)
    x, y = to.input(node), to.output(node)
    tiling = product(
        to.address_of, to.chunk, outputs,
        a_inner=1, b_inner=wide, outer=k, a_outer=sizes.x_row, b_outer=run * wide,
        a_row=x.stride, c_row=y.stride, d_row=0,
    )  # fmt: skip
    to.forward(
        bank.local_forward,
        whole=True,
        x=x,
        y=y,
        weight=weight,
        bias=bias,
        block=k * run * wide,
        run=run,
        padded=wide,
        **sizes.fields,
        tiling=tiling,
    )


def _lower_weight_gradient(node: Node, to: Builder, sizes: _LocalSizes, dy: Buffer) -> None:
    k, wide, run = sizes.kernel, sizes.wide, sizes.run
    x, gradient = to.input(node), to.gradient(sizes.places * k * run * wide)
    to.backward(
        bank.local_weight_gradient,
        whole=True,
        x=x,
        y_gradient=dy,
        weight_gradient=gradient,
        kernel_rows=k,
        x_row=sizes.x_row,
        run=run,
        block=run * wide,
        **sizes.fields,
        tiling=product(
            to.address_of, run, sizes.outputs, a_inner=x.stride, b_inner=dy.stride, a_row=1, c_row=wide, d_row=wide
        ),
    )
    span = to.parameter(node, "weight")
    for ky, (shape, own, others) in enumerate(sizes.orders((k * run * wide, sizes.maps * wide, wide, 1))):
        collect(to, _from(span, ky * k), _from(gradient, ky * run * wide), shape, others, own)
    bias_gradient, once = to.gradient(dy.size), (0, 0, 0, 1)
    to.backward(conv.bias_gradient, y_gradient=dy, bias_gradient=bias_gradient, positions=1, channels=dy.size)
    collect(to, to.parameter(node, "bias"), bias_gradient, (1, 1, 1, dy.size), once, once)


def _lower_input_gradient(node: Node, to: Builder, sizes: _LocalSizes, dx: Buffer, dy: Buffer) -> None:
    k, wide, outputs = sizes.kernel, sizes.run_wide, sizes.outputs
    weight = to.table(sizes.places * k * outputs * wide)
    span = to.parameter(node, "weight")
    for ky, (shape, own, others) in enumerate(sizes.orders((k * outputs * wide, sizes.maps, 1, wide))):
        arrange(to, _from(span, ky * k), _place_from(weight, ky * outputs * wide), shape, own, others)
    to.backward(
        bank.local_input_gradient,
        whole=True,
        x_gradient=dx,
        y_gradient=dy,
        weight=weight,
        size=dx.size,
        kernel_rows=k,
        x_row=sizes.x_row,
        block=outputs * wide,
        **sizes.fields,
        tiling=product(
            to.address_of, to.chunk, sizes.run, a_inner=1, b_inner=wide, a_row=dy.stride, c_row=dx.stride,
            d_row=dx.stride,
        ),
    )  # fmt: skip


def _from(span: Span, start: int) -> Span:
    return Span(span.offset + start, span.size - start)


def _place_from(place: Place, start: int) -> Place:
    return Place(place.array, place.size - start, place.offset + start)
