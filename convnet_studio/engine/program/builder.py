"""Builder: collects the operations of a network, module by module, as lowering rules append them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.aligned import aligned_zeros
from convnet_studio.engine.kernels import move
from convnet_studio.engine.kernels.fields import SLACK, Buffer, Place, Span
from convnet_studio.engine.kernels.leaf import Kernel, Leaf
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program.interpreter import LANES, SINGLE, WHOLE
from convnet_studio.engine.program.lanes import nodes_in_lanes
from convnet_studio.engine.program.lowering import FORGETTING

Append = Callable[..., None]
"""`Builder.forward` or `Builder.backward`."""


@dataclass
class Operation:
    """A leaf and the values of its fields.

    `kind` says how it takes the samples of a chunk (interpreter.py).
    """

    module_id: str
    leaf: Leaf
    values: dict[str, Any]
    kind: int = SINGLE
    address: int = 0  # of a callback; 0: the leaf's own


@dataclass
class Finish:
    """An operation on all samples of a step together, after all chunks: on its `size` outputs, `share` at a time."""

    operation: Operation
    size: int
    share: int


@dataclass
class Feed:
    """What a program is fed with and answers: places that the rows point to.

    Images, labels and partners (of each example the one it is compared with) are exchanged for those of a data set; the
    others have room for `capacity` samples.
    """

    capacity: int
    images: Place = field(init=False)
    labels: Place = field(init=False)
    partners: Place = field(init=False)
    indices: Place = field(init=False)
    losses: Place = field(init=False)
    wrong: Place = field(init=False)
    guesses: Place = field(init=False)
    ranks: Place = field(init=False)

    def __post_init__(self) -> None:
        self.images = Place(np.zeros(1, np.float32), 1)
        self.labels = Place(np.zeros(1, np.int64), 1)
        self.partners = Place(np.zeros(1, np.int64), 1)
        self.indices = Place(np.zeros(self.capacity, np.int64), self.capacity)
        self.losses = Place(np.zeros(self.capacity, np.float32), self.capacity)
        self.wrong = Place(np.zeros(self.capacity, np.float32), self.capacity)
        self.guesses = Place(np.zeros(self.capacity, np.int64), self.capacity)
        self.ranks = Place(np.zeros(self.capacity, np.int64), self.capacity)


@dataclass(frozen=True)
class Switched:
    """What a max pooling sends back to the module before it: the gradient by its own output, and where each goes.

    `gradient` and `switches` are of `rows` by `columns` places; what a switch counts rows and columns as is agreed
    between the two modules' rules (pool.py).
    """

    gradient: Buffer
    switches: Buffer
    rows: int
    columns: int


class Builder:
    """What lowering rules see: the buffers of a module's inputs and output, and lists to append operations to.

    Args:
        network: float32.
        feed: where pictures come from and losses go to.
        address_of: the address of a compiled kernel.
        chunk: samples in a chunk.
        batch_size: samples of the largest step.
        whole: keep every module's output and gradient, for views; otherwise only what training needs.
    """

    def __init__(
        self,
        network: Network,
        feed: Feed,
        address_of: Callable[[Kernel], int],
        chunk: int,
        batch_size: int,
        whole: bool,
    ) -> None:
        self.network = network
        self.feed = feed
        self.address_of = address_of
        self.chunk = chunk
        self.batch_size = batch_size
        self.reaching = _reaching_a_loss(network)
        self.lowered = self.reaching if not whole else set(network.nodes)
        self.trained = _trained(network, whole)
        self.in_lanes = set() if whole else nodes_in_lanes(network, self.lowered, chunk)
        self.keeps_all = whole
        self.outputs = {n.id: Buffer(math.prod(n.shape), n.id) for n in network.graph.nodes if n.id in self.lowered}
        self.gradients: dict[str, Buffer] = {}
        self.prepare_list: list[Operation] = []
        self.forward_list: list[Operation] = []
        self.backward_list: list[Operation] = []
        self.collect_list: list[Operation] = []
        self.finish_list: list[Finish] = []
        self.failures: list[tuple[str, Exception]] = []
        """What went wrong in the numpy code of a module: ids and exceptions."""
        self.sending_few: dict[str, set[str]] = {}
        """By module, which of those behind it send only few gradients back that are not zero."""
        self.switched: dict[str, Switched] = {}
        """By module, its gradient where a max pooling sends it with switches."""
        self.runs_python = False
        self.keep_alive: list[object] = []
        self.slot_size = 0
        self._shared_gradients: set[str] = set()
        self._module_id = ""
        self._node_forward: list[Operation] = []
        self._after: list[Operation] = []
        self._weighted: dict[str, Place] = {}

    def lower(self, node: Node, rule: Callable[[Node, Builder], None]) -> None:
        """Let `rule` append the operations of `node`; must be called from the last module to the first."""
        self._module_id, self._node_forward, self._after = node.id, [], []
        rule(node, self)
        if node.id in self._weighted:
            self._weigh(node, self._weighted[node.id])
        self.forward_list = self._node_forward + self.forward_list
        self.backward_list += self._after

    def input(self, node: Node, port: int = 0) -> Buffer:
        """The buffer of what arrives at a port."""
        return self.outputs[node.sources[port]]

    def output(self, node: Node) -> Buffer:
        """The buffer of the module's output, in height-width-channel order."""
        return self.outputs[node.id]

    def output_gradient(self, node: Node) -> Buffer | None:
        """The gradient by the module's output; None where it need not go backward."""
        return self.gradients.get(node.id)

    def input_gradient(self, node: Node, port: int = 0) -> Buffer | None:
        """The buffer to be overwritten with the gradient by a port's input; None where nobody needs it.

        Where several modules take one output, all but one get a buffer of their own, which is added afterwards.
        """
        source = node.sources[port]
        if source not in self.trained or node.id not in self.reaching:  # a dead end sends nothing back
            return None
        if source in self._shared_gradients:
            return self.gradients[source]
        is_first = source not in self.gradients
        if is_first:
            self.gradients[source] = Buffer(self.outputs[source].size, f"gradient of {source}")
            part = self.gradients[source]
        else:
            part = self.scratch(self.outputs[source].size, f"gradient of {source} from {node.id}")
        if (weight := weight_of(node)) != 1:
            self._after.append(Operation(node.id, move.scale, {"x": part, "size": part.size, "factor": weight}))
        if not is_first:
            in_lanes = source in self.in_lanes and len(self.network.nodes[source].shape) == 3
            values = {"x": part, "y": self.gradients[source], "size": part.size * (self.chunk if in_lanes else 1)}
            self._after.append(Operation(node.id, move.add, values, LANES if in_lanes else SINGLE))
        return part

    def losses(self, node: Node) -> Place:
        """Where the loss `node` adds its value for each sample; its weight is seen to, as it is for its gradients."""
        if weight_of(node) == 1:
            return self.feed.losses
        self._weighted[node.id] = Place(np.zeros(self.feed.capacity, np.float32), self.feed.capacity)
        return self._weighted[node.id]

    def _weigh(self, node: Node, losses: Place) -> None:
        """Let the samples' losses grow by those in `losses`, which are cleared, times the weight."""
        values = {"source": losses, "target": self.feed.losses, "weight": weight_of(node)}
        self._node_forward.append(Operation(node.id, move.add_weighted, values))

    def work_in_place(self, node: Node) -> None:
        """Let output and input share a buffer, and so their gradients, where nobody else looks at the input."""
        source = node.sources[0]
        kind = type(self.network.nodes[source].module).__name__
        if self.keeps_all or kind not in FORGETTING or len(self._takers(source)) > 1:
            return
        self.outputs[source] = self.outputs[node.id]
        if node.id in self.gradients and source in self.trained:
            self.gradients[source] = self.gradients[node.id]
            self._shared_gradients.add(source)

    def is_shared(self, node: Node) -> bool:
        """Whether several modules use the parameters of this one."""
        return bool(node.shares) or any(each.shares == node.id for each in self.network.graph.nodes)

    def send_few(self, node: Node) -> None:
        """Note that the gradient by the module's input is zero in at least eight of nine places."""
        self.sending_few.setdefault(node.sources[0], set()).add(node.id)

    def receives_few(self, node: Node) -> bool:
        """Whether that is so of the gradient by its output; all that take the output have been lowered before."""
        return self._takers(node.id) <= self.sending_few.get(node.id, set())

    def is_only_taker(self, node: Node) -> bool:
        """Whether nobody else takes the output that the module takes at its first port."""
        return len(self._takers(node.sources[0])) == 1

    def _takers(self, module_id: str) -> set[str]:
        """The modules that take a module's output."""
        nodes = self.network.graph.nodes
        return {each.id for each in nodes if module_id in each.sources and each.id in self.lowered}

    def scratch(self, size: int, name: str) -> Buffer:
        """A buffer of `size` floats for each sample; it starts as zeros."""
        return Buffer(size, name)

    def table(self, values: NDArray[Any] | int) -> Place:
        """Constants that the program owns, or room for so many floats; sixteen may be read behind them."""
        given = np.zeros(values, np.float32) if isinstance(values, int) else np.ravel(values)
        array = aligned_zeros(given.size + SLACK)
        array[: given.size] = given
        return Place(array, array.size)

    def parameter(self, node: Node, name: str) -> Span:
        """Where a parameter lies in the flat vector."""
        value = self.network.parameters_of(node.id)[name].value
        start = value.__array_interface__["data"][0] - self.network.parameters.__array_interface__["data"][0]
        return Span(start // value.itemsize, value.size)

    def gradient(self, size: int) -> Span:
        """Room for so many floats, rounded up to a multiple of 16, in every slot of gradients."""
        span = Span(self.slot_size, -(-size // 16) * 16)
        self.slot_size += span.size
        return span

    def prepare(self, leaf: Leaf, **values: Any) -> None:
        """Append an operation once a step before all samples."""
        self.prepare_list.append(Operation(self._module_id, leaf, values))

    def forward(self, leaf: Leaf, *, kind: int = SINGLE, whole: bool = False, address: int = 0, **values: Any) -> None:
        """Append an operation of the forward pass; `whole` is short for ``kind=WHOLE``."""
        self._node_forward.append(Operation(self._module_id, leaf, values, WHOLE if whole else kind, address))

    def backward(self, leaf: Leaf, *, kind: int = SINGLE, whole: bool = False, address: int = 0, **values: Any) -> None:
        """Append an operation of the backward pass."""
        self.backward_list.append(Operation(self._module_id, leaf, values, WHOLE if whole else kind, address))

    def collect(self, leaf: Leaf, **values: Any) -> None:
        """Append an operation once a step after all samples, which sums slots; its field `slot` is filled in later."""
        self.collect_list.append(Operation(self._module_id, leaf, values))

    def finish(self, leaf: Leaf, size: int, share: int, **values: Any) -> None:
        """Append an operation once a step after all samples, cut into parts of `share` outputs for all threads.

        It brings the gradient, the velocity or the parameters up to date by itself (step.py), and for all parameters
        of the module, which then have no slots.
        """
        self.finish_list.append(Finish(Operation(self._module_id, leaf, values), size, share))


def weight_of(node: Node) -> float:
    """What the numbers of a node count in the sum of all losses: 1 where it is no loss."""
    return node.module.weight if isinstance(node.module, Loss) else 1.0


def _reaching_a_loss(network: Network) -> set[str]:
    """The ids of the losses and of everything whose output gets to one."""
    reaching = {node.id for node in network.losses}
    for node in reversed(network.graph.nodes):
        if node.id in reaching:
            reaching.update(node.sources)
    return reaching


def _trained(network: Network, whole: bool) -> set[str]:
    """The ids of the modules that need a gradient: those that reach a loss and learn, or stand behind one that does.

    A module that shares weights learns if their owner does: its part of their gradient counts.
    """
    reaching = _reaching_a_loss(network)
    trained: set[str] = set()
    for node in network.graph.nodes:
        own = network.learns(node.shares or node.id)
        learns = own or any(source in trained for source in node.sources)
        if node.id in reaching and (learns or whole):
            trained.add(node.id)
    return trained
