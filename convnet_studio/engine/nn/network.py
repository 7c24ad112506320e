"""Network: a directed acyclic graph of modules over ONE flat parameter vector.

As with Torch's getParameters, every learnable array is a view of `Network.parameters`, so that a snapshot, a
checkpoint, an optimizer step and a file are one array operation each. Modules that share their parameters have views
of the same part of it, and their gradients add up there.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from convnet_studio.engine.aligned import aligned_zeros
from convnet_studio.engine.nn.chance import Chance, Clock, RandomModule
from convnet_studio.engine.nn.graph import Admit, Graph, Link, Node, resolve
from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Array, Module, Parameter, Shape


class Network:
    """Modules wired together, ready to compute.

    Only modules whose inputs are whole take part; `graph.problems` says why the others do not.

    Args:
        modules: module or loss by id; the network takes them over (their parameters become views).
        links: ``(source id, target id, input port)``.
        input_shape: of one picture, batch left out.
        classes: number of classes of the data.
        dtype: float32, or float64 for gradient checks.
        shares: by the id of a module, that of the one whose parameters it uses.
        admit: as of `graph.resolve`; nothing is allocated for a module that it refuses.
    """

    def __init__(
        self,
        modules: Mapping[str, Module | Loss],
        links: Iterable[Link],
        input_shape: Shape,
        classes: int,
        dtype: type = np.float32,
        *,
        shares: Mapping[str, str] = MappingProxyType({}),
        admit: Callable[[], Admit] | None = None,
    ) -> None:
        self.input_shape = input_shape
        self.classes = classes
        self.graph: Graph = resolve(modules, links, input_shape, classes, shares=shares, admit=admit)
        self.nodes: dict[str, Node] = {node.id: node for node in self.graph.nodes}
        self.losses: tuple[Node, ...] = tuple(n for n in self.graph.nodes if isinstance(n.module, Loss))
        size = sum(
            int(np.prod(each.shape))
            for node, module in self._modules()
            if not node.shares
            for each in module.parameter_shapes(*node.input_shapes).values()
        )
        self.parameters: Array = aligned_zeros(size, dtype)
        """Flat, updated in place by training."""
        self.gradients: Array = aligned_zeros(size, dtype)
        self.slices: dict[str, slice] = {}
        """Where the parameters lie in the flat vectors, by the id of the module that owns them (others left out)."""
        self.spans: dict[str, slice] = {}
        """As `slices`, with the modules that share parameters."""
        self._bind()
        self.clock = Clock()
        for node, module in self._modules():
            if isinstance(module, RandomModule):
                module.chance = Chance(self.clock, zlib.crc32(node.id.encode()))
        self._outputs: dict[str, Array] = {}
        self.learning: dict[str, Learning] = {}
        """How modules learn, by id, where it differs from the rest."""
        self.data = ""
        """Names the data that it is built for, so that what was fitted to other data is known to be stale."""

    def learning_of(self, module_id: str) -> Learning:
        """How a module learns: its initial weights, its rate, whether it is frozen."""
        return self.learning.get(module_id, Learning())

    def is_fitted(self, module_id: str) -> bool:
        """Whether a module's arrays are fitted to the data instead of learned."""
        module = self.nodes[module_id].module
        return isinstance(module, Module) and module.is_fitted()

    def learns(self, module_id: str) -> bool:
        """Whether a step changes the parameters that this module owns."""
        return module_id in self.slices and not self.is_fitted(module_id) and self.learning_of(module_id).learns

    def _modules(self) -> Iterable[tuple[Node, Module]]:
        for node in self.graph.nodes:
            if isinstance(node.module, Module):
                yield node, node.module

    def _bind(self) -> None:
        """Give every module its views of the flat vectors."""
        offset = 0
        for node, module in self._modules():
            start = offset
            if not node.shares:
                offset = self._give_views(module, node.input_shapes, start)
            if offset > start:
                self.slices[node.id] = slice(start, offset)
        self.spans |= self.slices
        for node, module in self._modules():
            if node.shares in self.slices:
                self._give_views(module, node.input_shapes, self.slices[node.shares].start)
                self.spans[node.id] = self.slices[node.shares]

    def _give_views(self, module: Module, input_shapes: tuple[Shape, ...], offset: int) -> int:
        """Let a module's parameters begin at `offset`; returns where they end."""
        for name, each in module.parameter_shapes(*input_shapes).items():
            end = offset + int(np.prod(each.shape))
            value = self.parameters[offset:end].reshape(each.shape)
            grad = self.gradients[offset:end].reshape(each.shape)
            setattr(module, name, Parameter(name, value, grad, each.fan_in, each.start))
            offset = end
        return offset

    def adopt(self, other: Network) -> None:
        """Use the parameters and gradients of `other`, laid out alike, as its own: what one learns both know."""
        if self.slices != other.slices or self.parameters.dtype != other.parameters.dtype:
            raise ValueError("The parameters of the two networks are laid out differently.")
        self.parameters, self.gradients = other.parameters, other.gradients
        self._bind()

    @property
    def judge(self) -> Node | None:
        """The first loss whose prediction names a class: what it is given is the network's answer.

        None without one, or where there is but one class: then there is nothing to judge.
        """
        if self.classes < 2:
            return None
        return next((n for n in self.losses if isinstance(n.module, Loss) and n.module.judges_classes()), None)

    @property
    def compares_pairs(self) -> bool:
        """Whether anything in it wants to see the partner of a sample."""
        return any(
            module.compares_pairs if isinstance(module, Loss) else module.shows_partner()
            for module in (node.module for node in self.graph.nodes)
        )

    def parameters_of(self, module_id: str) -> dict[str, Parameter]:
        """The learnable arrays of one module by name (empty for a loss)."""
        module = self.nodes[module_id].module
        return module.parameters() if isinstance(module, Module) else {}

    def forward(self, pictures: Array, partners: Array | None = None) -> dict[str, Array]:
        """Every module's output by id for pictures ``(batch, *input_shape)``; losses are left to `loss`.

        Args:
            pictures: one for each sample.
            partners: as many, for an Input that shows the partner of the sample; None: each is its own.
        """
        outputs: dict[str, Array] = {}
        for node, module in self._modules():
            shown = partners if module.shows_partner() and partners is not None else pictures
            outputs[node.id] = module.forward(*([outputs[source] for source in node.sources] or [shown]))
        self._outputs = outputs
        return outputs

    def loss(self, labels: Array, partner_labels: Array | None = None) -> Array:
        """The loss of each sample ``(batch,)`` after `forward`: the weighted sum over the network's losses.

        Args:
            labels: of the samples. `partner_labels`: of their partners; None: each is its own.
        """
        total = np.zeros(len(labels), self.parameters.dtype)
        for node in self.losses:
            assert isinstance(node.module, Loss)
            predictions = [self._outputs[source] for source in node.sources]
            value = loss_of(node, predictions, labels, labels if partner_labels is None else partner_labels)
            total = total + value * node.module.weight
        return total

    def backward(self) -> dict[str, Array]:
        """After `loss`: add the gradient of the **mean** loss to `gradients`.

        Returns the gradient of the mean loss by each module's output, by id; modules that reach no loss are absent.
        """
        arriving: dict[str, Array] = {}
        for node in reversed(self.graph.nodes):
            if isinstance(node.module, Loss):
                sent = tuple(grad * (node.module.weight / len(grad)) for grad in loss_gradients(node))
            elif node.id in arriving:
                result = node.module.backward(arriving[node.id])
                sent = result if isinstance(result, tuple) else (result,)
            else:
                continue
            for source, grad_input in zip(node.sources, sent, strict=False):
                arriving[source] = arriving[source] + grad_input if source in arriving else grad_input
        return arriving

    def answers(self, labels: Array) -> Array:
        """What the last `forward` answers, int64 ``(2, batch)``, by the judge's prediction; zeros without a judge.

        Of each sample the place of the first largest entry, and how many entries come before that of the label: those
        larger, and those as large that stand before it.
        """
        if self.judge is None:
            return np.zeros((2, len(labels)), np.int64)
        scores = self._outputs[self.judge.sources[0]].reshape(len(labels), -1)
        own = scores[np.arange(len(labels)), labels][:, None]
        before = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < labels[:, None]))
        return np.array([scores.argmax(axis=1), np.count_nonzero(before, axis=1)])

    def probabilities(self, scores: Array) -> Array | None:
        """What the judge is given ``(batch, classes)`` as probabilities, None where it has no such meaning."""
        judge = self.judge.module if self.judge is not None else None
        return judge.probabilities(scores) if isinstance(judge, Loss) else None

    def errors(self, labels: Array) -> int:
        """How many samples of the last `forward` the judge's prediction gets wrong (largest entry is no label).

        0 where no loss judges classes.
        """
        if self.judge is None:
            return 0
        prediction = self._outputs[self.judge.sources[0]]
        return int(np.count_nonzero(prediction.reshape(len(labels), -1).argmax(axis=1) != labels))


def loss_of(node: Node, predictions: Iterable[Array], labels: Array, partner_labels: Array) -> Array:
    """The loss of each sample ``(batch,)`` at the loss `node`, without its weight; keeps what `loss_gradients` needs.

    Args:
        node: of a loss.
        predictions: one for each of its ports, ``(batch, *shape)``.
        labels: of the samples. `partner_labels`: of their partners.
    """
    assert isinstance(node.module, Loss)
    shapes = [as_list(shape) for shape in node.input_shapes]
    shown = [each.reshape(len(each), *shape) for each, shape in zip(predictions, shapes, strict=True)]
    if node.module.compares_pairs:
        labels = (labels == partner_labels).astype(np.int64)
    return node.module.forward(*shown, node.module.target(labels, *shapes))


def loss_gradients(node: Node) -> tuple[Array, ...]:
    """After `loss_of`: the gradient of each sample's loss by its prediction, without its weight, one for each port."""
    assert isinstance(node.module, Loss)
    result = node.module.backward()
    grads = result if isinstance(result, tuple) else (result,)
    return tuple(each.reshape(len(each), *shape) for each, shape in zip(grads, node.input_shapes, strict=True))
