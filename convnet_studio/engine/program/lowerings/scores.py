"""Softmax and the losses of scores as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import scores
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.losses.bce_with_logits_loss import BCEWithLogitsLoss
from convnet_studio.engine.nn.losses.cross_entropy_loss import CrossEntropyLoss
from convnet_studio.engine.nn.losses.multi_margin_loss import MultiMarginLoss
from convnet_studio.engine.nn.modules.softmax import Softmax
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(Softmax)
def lower_softmax(node: Node, to: Builder) -> None:
    """Over the channels of each position."""
    channels, positions = channels_and_positions(node.shape)
    shape: dict[str, Any] = {"channels": channels, "positions": positions}
    y = to.output(node)
    to.forward(scores.softmax_forward, x=to.input(node), y=y, **shape)
    dy, dx = to.output_gradient(node), to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(scores.softmax_backward, x_gradient=dx, y_gradient=dy, y=y, **shape)


@lowers(CrossEntropyLoss)
def lower_cross_entropy(node: Node, to: Builder) -> None:
    """Minus the log-probability of the label."""
    _lower(node, to, scores.cross_entropy_forward, scores.cross_entropy_backward)


@lowers(BCEWithLogitsLoss)
def lower_bce(node: Node, to: Builder) -> None:
    """The mean over the outputs."""
    _lower(node, to, scores.bce_forward, scores.bce_backward)


@lowers(MultiMarginLoss)
def lower_margin(node: Node, to: Builder) -> None:
    """With its margin and power."""
    assert isinstance(node.module, MultiMarginLoss)
    _lower(node, to, scores.margin_forward, scores.margin_backward, node.module.margin, node.module.p)


def _lower(node: Node, to: Builder, forward: Leaf, backward: Leaf, margin: float = 0.0, power: int = 1) -> None:
    x, feed = to.input(node), to.feed
    asked: dict[str, Any] = {"x": x, "size": x.size, "labels": feed.labels, "indices": feed.indices}
    asked |= {"margin": margin, "power": power}
    to.forward(forward, **asked, losses=feed.losses)
    dx = to.input_gradient(node)
    if dx is not None:
        to.backward(backward, **asked, x_gradient=dx)
