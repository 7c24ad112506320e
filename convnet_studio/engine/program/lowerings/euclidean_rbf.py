"""EuclideanRBF as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import codes
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES, EuclideanRBF
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers


@lowers(EuclideanRBF)
def lower_euclidean_rbf(node: Node, to: Builder) -> None:
    """Each sample for itself: a few thousand operations."""
    x = to.input(node)
    shape: dict[str, Any] = {"codes": to.table(CODES), "size": x.size, "outputs": to.output(node).size}
    to.forward(codes.codes_forward, x=x, y=to.output(node), **shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(codes.codes_backward, x=x, x_gradient=dx, y_gradient=dy, **shape)
