"""LateralInhibition as operations: shrink, let the maps inhibit each other, shrink again."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import inhibition, move, wiring
from convnet_studio.engine.kernels.fields import Buffer, Place
from convnet_studio.engine.kernels.tiles import product
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.lateral_inhibition import LateralInhibition
from convnet_studio.engine.program.builder import Append, Builder
from convnet_studio.engine.program.convolution import padded
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.patterns import collect_pattern, pattern_of, period_of
from convnet_studio.engine.program.rearrange import arrange
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(LateralInhibition)
def lower_lateral_inhibition(node: Node, to: Builder) -> None:
    """y = h(x + S h(x)), and back through both shrinkages."""
    step = _Step(node, to)
    x, y = to.input(node), to.output(node)
    once, inhibited = (to.scratch(y.size, f"{name} of {node.id}") for name in ("first shrinkage", "inhibition"))
    step.shrink(x, once)
    step.inhibit(to.forward, x, once, inhibited, step.weight(transposed=True))
    step.shrink(inhibited, y)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dy is None:
        return
    sent, zeros = to.scratch(y.size, f"gradient of {inhibited.name}"), to.scratch(y.size, f"zeros of {node.id}")
    by_once, by_x = (to.scratch(y.size, f"gradient of {name}") for name in (once.name, f"{x.name} by {node.id}"))
    step.shrink_backward(dy, sent, y)
    step.inhibit(to.backward, zeros, sent, by_once, step.weight(transposed=False))
    step.shrink_backward(by_once, by_x, once)
    step.collect(sent, once)
    if dx is not None:
        to.backward(wiring.sum_of_two, a=sent, b=by_x, y=dx, size=dx.size)


class _Step:
    """Appends the parts of one module."""

    def __init__(self, node: Node, to: Builder) -> None:
        self._node, self._to = node, to
        self._maps, self._positions = channels_and_positions(node.shape)
        self._wide = padded(self._maps)
        self._shape: dict[str, Any] = {"size": to.output(node).size, "period": period_of(node)}
        self._theta = pattern_of(node, to, "theta")
        self._by_theta = to.gradient(period_of(node))

    def weight(self, transposed: bool) -> Place:
        """S, or Sᵀ, with a diagonal of zeros and rows of whole vectors, copied once a step."""
        to, maps, wide = self._to, self._maps, self._wide
        table = to.table(maps * wide)
        strides = (0, 0, 1, wide) if transposed else (0, 0, wide, 1)
        arrange(to, to.parameter(self._node, "weight"), table, (1, 1, maps, maps), (0, 0, maps, 1), strides)
        to.prepare(inhibition.clear_diagonal, matrix=table, maps=maps, stride=wide)
        return table

    def shrink(self, x: Buffer, y: Buffer) -> None:
        """y = h(x)."""
        self._to.forward(inhibition.shrink_by_map_forward, x=x, y=y, theta=self._theta, **self._shape)

    def shrink_backward(self, dy: Buffer, dx: Buffer, y: Buffer) -> None:
        """dx = dy where h passes."""
        self._to.backward(
            inhibition.shrink_by_map_backward,
            x_gradient=dx,
            y_gradient=dy,
            y=y,
            theta=self._theta,
            theta_gradient=self._by_theta,
            **self._shape,
        )

    def inhibit(self, append: Append, x: Buffer, inhibiting: Buffer, y: Buffer, weight: Place) -> None:
        """y = x + what the maps of `inhibiting` do to each other."""
        maps = self._maps
        tiling = product(
            self._to.address_of, self._positions, maps, a_inner=1, b_inner=self._wide, a_row=maps, c_row=maps,
            d_row=maps,
        )  # fmt: skip
        append(
            inhibition.inhibit,
            x=x,
            inhibiting=inhibiting,
            y=y,
            weight=weight,
            positions=self._positions,
            maps=maps,
            tiling=tiling,
        )

    def collect(self, dy: Buffer, inhibiting: Buffer) -> None:
        """The gradients by S and θ."""
        to, maps, wide = self._to, self._maps, self._wide
        by_weight = to.gradient(maps * wide)
        tiling = product(to.address_of, maps, maps, a_inner=maps, b_inner=maps, a_row=1, c_row=wide, d_row=wide)
        to.backward(
            inhibition.inhibition_weight_gradient,
            inhibiting=inhibiting,
            y_gradient=dy,
            weight_gradient=by_weight,
            positions=self._positions,
            maps=maps,
            stride=wide,
            tiling=tiling,
        )
        weight = to.parameter(self._node, "weight")
        to.collect(move.collect_rows, target=weight, source=by_weight, rows=maps, columns=maps, row_stride=wide)
        collect_pattern(self._node, to, "theta", self._by_theta)
