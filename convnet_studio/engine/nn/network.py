"""Network: a directed acyclic graph of modules over ONE flat parameter vector.

As with Torch's getParameters, every learnable array is a view of `Network.parameters`, so that a snapshot, a
checkpoint, an optimizer step and a file are one array operation each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from convnet_studio.engine.aligned import aligned_zeros
from convnet_studio.engine.nn.graph import Graph, Link, Node, resolve
from convnet_studio.engine.nn.loss import Loss
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
    """

    def __init__(
        self,
        modules: Mapping[str, Module | Loss],
        links: Iterable[Link],
        input_shape: Shape,
        classes: int,
        dtype: type = np.float32,
    ) -> None:
        self.input_shape = input_shape
        self.classes = classes
        self.graph: Graph = resolve(modules, links, input_shape, classes)
        self.nodes: dict[str, Node] = {node.id: node for node in self.graph.nodes}
        self.losses: tuple[Node, ...] = tuple(n for n in self.graph.nodes if isinstance(n.module, Loss))
        size = sum(
            int(np.prod(each.shape))
            for _, module, shapes in self._modules_with_shapes()
            for each in module.parameter_shapes(*shapes).values()
        )
        self.parameters: Array = aligned_zeros(size, dtype)
        """Flat, updated in place by training."""
        self.gradients: Array = aligned_zeros(size, dtype)
        self.slices: dict[str, slice] = {}
        """Where each module's parameters lie in the flat vectors, by module id (modules without any left out)."""
        self._bind()
        self._outputs: dict[str, Array] = {}

    def _modules_with_shapes(self) -> Iterable[tuple[str, Module, tuple[Shape, ...]]]:
        for node in self.graph.nodes:
            if isinstance(node.module, Module):
                yield node.id, node.module, node.input_shapes

    def _bind(self) -> None:
        """Give every module its views of the flat vectors."""
        offset = 0
        for module_id, module, shapes in self._modules_with_shapes():
            start = offset
            for name, each in module.parameter_shapes(*shapes).items():
                end = offset + int(np.prod(each.shape))
                value = self.parameters[offset:end].reshape(each.shape)
                grad = self.gradients[offset:end].reshape(each.shape)
                setattr(module, name, Parameter(name, value, grad, each.fan_in))
                offset = end
            if offset > start:
                self.slices[module_id] = slice(start, offset)

    def parameters_of(self, module_id: str) -> dict[str, Parameter]:
        """The learnable arrays of one module by name (empty for a loss)."""
        module = self.nodes[module_id].module
        return module.parameters() if isinstance(module, Module) else {}

    def forward(self, pictures: Array) -> dict[str, Array]:
        """Every module's output by id for pictures ``(batch, *input_shape)``; losses are left to `loss`."""
        outputs: dict[str, Array] = {}
        for node in self.graph.nodes:
            if isinstance(node.module, Module):
                inputs = [outputs[source] for source in node.sources] or [pictures]
                outputs[node.id] = node.module.forward(*inputs)
        self._outputs = outputs
        return outputs

    def loss(self, labels: Array) -> Array:
        """The loss of each sample ``(batch,)`` after `forward`: the sum over the network's losses."""
        total = np.zeros(len(labels), self.parameters.dtype)
        for node in self.losses:
            assert isinstance(node.module, Loss)
            prediction = self._outputs[node.sources[0]]
            total = total + node.module.forward(prediction, node.module.target(labels, prediction.shape[1:]))
        return total

    def backward(self) -> dict[str, Array]:
        """After `loss`: add the gradient of the **mean** loss to `gradients`.

        Returns the gradient of the mean loss by each module's output, by id; modules that reach no loss are absent.
        """
        arriving: dict[str, Array] = {}
        for node in reversed(self.graph.nodes):
            if isinstance(node.module, Loss):
                grad = node.module.backward()
                sent: tuple[Array, ...] = (grad / len(grad),)
            elif node.id in arriving:
                result = node.module.backward(arriving[node.id])
                sent = result if isinstance(result, tuple) else (result,)
            else:
                continue
            for source, grad_input in zip(node.sources, sent, strict=False):
                arriving[source] = arriving[source] + grad_input if source in arriving else grad_input
        return arriving

    def errors(self, labels: Array) -> int:
        """How many samples of the last `forward` the first loss's prediction gets wrong (largest entry is no label)."""
        prediction = self._outputs[self.losses[0].sources[0]]
        return int(np.count_nonzero(prediction.reshape(len(labels), -1).argmax(axis=1) != labels))
