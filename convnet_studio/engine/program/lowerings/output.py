"""LogSoftmax, Softmax and the losses as operations."""

from __future__ import annotations

from typing import Any

from convnet_studio.engine.kernels import distance, loss, scores, softmax
from convnet_studio.engine.kernels.leaf import Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.losses.bce_with_logits_loss import BCEWithLogitsLoss
from convnet_studio.engine.nn.losses.contrastive_loss import ContrastiveLoss
from convnet_studio.engine.nn.losses.cross_entropy_loss import CrossEntropyLoss
from convnet_studio.engine.nn.losses.euclidean_loss import EuclideanLoss
from convnet_studio.engine.nn.losses.l1_penalty import L1Penalty
from convnet_studio.engine.nn.losses.mse_loss import MSELoss
from convnet_studio.engine.nn.losses.multi_margin_loss import MultiMarginLoss
from convnet_studio.engine.nn.losses.nll_loss import NLLLoss
from convnet_studio.engine.nn.modules.log_softmax import LogSoftmax
from convnet_studio.engine.nn.modules.softmax import Softmax
from convnet_studio.engine.nn.squared_distance import SquaredDistance
from convnet_studio.engine.program.builder import Builder
from convnet_studio.engine.program.lowering import lowers
from convnet_studio.engine.program.shapes import channels_and_positions


@lowers(LogSoftmax)
def lower_log_softmax(node: Node, to: Builder) -> None:
    """Over the channels of each position."""
    _lower_over_channels(node, to, softmax.log_softmax_forward, softmax.log_softmax_backward)


@lowers(Softmax)
def lower_softmax(node: Node, to: Builder) -> None:
    """Over the channels of each position."""
    _lower_over_channels(node, to, softmax.softmax_forward, softmax.softmax_backward)


def _lower_over_channels(node: Node, to: Builder, forward: Leaf, backward: Leaf) -> None:
    channels, positions = channels_and_positions(node.shape)
    shape: dict[str, Any] = {"channels": channels, "positions": positions}
    x, y = to.input(node), to.output(node)
    to.forward(forward, x=x, y=y, **shape)
    dy = to.output_gradient(node)
    dx = to.input_gradient(node)
    if dx is not None and dy is not None:
        to.backward(backward, x_gradient=dx, y_gradient=dy, y=y, **shape)


@lowers(NLLLoss)
def lower_nll(node: Node, to: Builder) -> None:
    """Minus the log-probability of the label."""
    lower_labelled(node, to, loss.nll_forward, loss.nll_backward)


@lowers(CrossEntropyLoss)
def lower_cross_entropy(node: Node, to: Builder) -> None:
    """Minus the log-probability that scores give to the label."""
    lower_labelled(node, to, scores.cross_entropy_forward, scores.cross_entropy_backward)


@lowers(BCEWithLogitsLoss)
def lower_bce(node: Node, to: Builder) -> None:
    """The mean over the outputs."""
    lower_labelled(node, to, scores.bce_forward, scores.bce_backward)


@lowers(MultiMarginLoss)
def lower_margin(node: Node, to: Builder) -> None:
    """With its margin and power."""
    assert isinstance(node.module, MultiMarginLoss)
    more = {"margin": node.module.margin, "power": node.module.p}
    lower_labelled(node, to, scores.margin_forward, scores.margin_backward, **more)


@lowers(MSELoss, EuclideanLoss)
def lower_squared_distance(node: Node, to: Builder) -> None:
    """A scale times the squared distance to 1 at the label and 0 elsewhere, or to a wire."""
    assert isinstance(node.module, SquaredDistance)
    scale = node.module.scale(to.input(node).size)
    if node.module.judges_classes():
        lower_labelled(node, to, loss.one_hot_distance_forward, loss.one_hot_distance_backward, scale=scale)
    else:
        lower_unlabelled(node, to, distance.distance_forward, distance.distance_backward, scale=scale)


def lower_labelled(node: Node, to: Builder, forward: Leaf, backward: Leaf, **more: Any) -> None:
    """Append the leaves of a loss that compares one prediction with the label."""
    x = to.input(node)
    asked: dict[str, Any] = {"x": x, "size": x.size, "labels": to.feed.labels, "indices": to.feed.indices, **more}
    to.forward(forward, **asked, losses=to.losses(node))
    dx = to.input_gradient(node)
    if dx is not None:
        to.backward(backward, **asked, x_gradient=dx)


@lowers(L1Penalty)
def lower_l1(node: Node, to: Builder) -> None:
    """The sum of absolute values."""
    x = to.input(node)
    to.forward(distance.l1_forward, x=x, size=x.size, losses=to.losses(node))
    dx = to.input_gradient(node)
    if dx is not None:
        to.backward(distance.l1_backward, x=x, x_gradient=dx, size=x.size)


@lowers(ContrastiveLoss)
def lower_contrastive(node: Node, to: Builder) -> None:
    """Of a pair, by whether the labels of the sample and its partner are equal."""
    assert isinstance(node.module, ContrastiveLoss)
    feed = to.feed
    pair = {"labels": feed.labels, "indices": feed.indices, "partners": feed.partners, "margin": node.module.margin}
    lower_unlabelled(node, to, distance.contrastive_forward, distance.contrastive_backward, **pair)


def lower_unlabelled(node: Node, to: Builder, forward: Leaf, backward: Leaf, **more: Any) -> None:
    """Append the leaves of a loss that compares two wires; `backward` runs once for each, with the other as y."""
    x, y = to.input(node, 0), to.input(node, 1)
    to.forward(forward, x=x, y=y, size=x.size, losses=to.losses(node), **more)
    for port, (own, other) in enumerate(((x, y), (y, x))):
        dx = to.input_gradient(node, port)
        if dx is not None:
            to.backward(backward, x=own, y=other, x_gradient=dx, size=x.size, **more)
