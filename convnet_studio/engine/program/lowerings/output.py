"""LogSoftmax and the losses as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import loss
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.losses.mse_loss import MSELoss
from convnet_studio.engine.nn.losses.nll_loss import NLLLoss
from convnet_studio.engine.nn.modules.log_softmax import LogSoftmax
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(LogSoftmax)
def lower_log_softmax(node: Node, to: Builder) -> None:
    """Over the channels of each position."""
    channels, positions = channels_and_positions(node.shape)
    shape: dict[str, Any] = {"channels": channels, "positions": positions}
    x, y = to.input(node), to.output(node)
    to.forward(loss.log_softmax_forward, x=x, y=y, **shape)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(loss.log_softmax_backward, x_gradient=dx, y_gradient=dy, y=y, **shape)


@lowers(NLLLoss)
def lower_nll(node: Node, to: Builder) -> None:
    """Minus the log-probability of the label."""
    _lower(node, to, loss.nll_forward, loss.nll_backward)


@lowers(MSELoss)
def lower_mse(node: Node, to: Builder) -> None:
    """The mean squared distance to 1 at the label and 0 elsewhere."""
    _lower(node, to, loss.mse_forward, loss.mse_backward)


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf) -> None:
    x = to.input(node)
    asked: dict[str, Any] = {"x": x, "size": x.size, "labels": to.feed.labels, "indices": to.feed.indices}
    to.forward(forward, **asked, losses=to.feed.losses)
    dx = to.input_gradient(node)
    if dx is not None:
        to.backward(backward, **asked, x_gradient=dx)
