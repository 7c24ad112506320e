"""Build: from a network to a listing, the rows and the memory that the interpreter works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.kernels.fields import ROW, SLACK, Arenas
from convnet_studio.engine.kernels.loss import count_errors
from convnet_studio.engine.nn.chunks import SLOTS, chunk_size, power_of_two
from convnet_studio.engine.nn.module import Module
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.program import lowerings as _lowerings  # noqa: F401 - registers the rules
from convnet_studio.engine.program.builder import Builder, Feed, Operation
from convnet_studio.engine.program.cache import compiled_set
from convnet_studio.engine.program.callback import lower_callback
from convnet_studio.engine.program.lowering import LANE_RULES, RULES
from convnet_studio.engine.program.sections import Section, allocate, cut

_WORTH_SHARING = 750_000
"""Multiply-accumulates of a step below which two threads would wait for each other longer than they work."""


@dataclass(frozen=True)
class Listing:
    """A program ready to run.

    Attributes:
        builder: what the operations came from: buffers, feed, slots.
        operations: one for each row: prepare, forward, backward, collect, finish; behind them is the update's row.
        rows: ``(operations + 1, ROW)``.
        sections: of forward, then of backward.
        forward_sections: how many of them are forward.
        prepare: rows before the first section.
        collect: rows behind the last.
        parts: ``(parts, 4)``: of what is finished after all samples the rows, from and to, and the outputs, from and
            how many.
        ranges: ``(ranges, 2)``: where in the flat vector parameters lie whose gradient comes from slots.
        arenas: sizes of the memory that the rows were checked against.
        slots: of gradients at most.
    """

    builder: Builder
    operations: list[Operation]
    rows: NDArray[np.int64]
    sections: list[Section]
    forward_sections: int
    prepare: range
    collect: range
    parts: NDArray[np.int64]
    ranges: NDArray[np.int64]
    arenas: Arenas
    slots: int

    @property
    def chunk(self) -> int:
        """Samples at a time."""
        return self.builder.chunk

    def pack(self, index: int) -> None:
        """Write the row of operation `index` anew, after a place it points to has changed."""
        operation = self.operations[index]
        address = operation.address or self.builder.address_of(operation.leaf)
        try:
            self.rows[index] = operation.leaf.layout.pack(address, operation.values, self.arenas)
        except ValueError as problem:
            raise ValueError(f"In {operation.module_id}, {operation.leaf.name}: {problem}") from None


def build(network: Network, feed: Feed, batch_size: int, whole: bool) -> Listing:
    """Lower all modules, give every buffer its place, and write the rows.

    Args:
        network: float32.
        feed: what the rows point to.
        batch_size: of the largest step.
        whole: keep all outputs and gradients readable.

    Raises:
        ValueError: where the network is not float32 or a row does not fit the memory.
    """
    if network.parameters.dtype != np.float32:
        raise ValueError(f"Compiled programs are float32, the network is {network.parameters.dtype}.")
    slots = SLOTS if _work(network) * batch_size >= _WORTH_SHARING else 1
    builder = Builder(network, feed, compiled_set().address, chunk_size(batch_size, slots), batch_size, whole)
    _lower(builder)
    first, passes = len(builder.prepare_list), builder.forward_list + builder.backward_list
    forward = cut(builder.forward_list, first)
    sections = forward + cut(builder.backward_list, first + len(builder.forward_list))
    kept = [*builder.outputs.values(), *builder.gradients.values()] if whole else []
    workspace = allocate(passes, sections, first, builder.chunk, kept, power_of_two(batch_size))
    finish = [each.operation for each in builder.finish_list]
    operations = builder.prepare_list + passes + builder.collect_list + finish
    behind = len(operations) - len(finish)
    listing = Listing(
        builder,
        operations,
        np.zeros((len(operations) + 1, ROW), np.int64),
        sections,
        len(forward),
        range(first),
        range(first + len(passes), behind),
        _parts(builder, behind),
        _ranges(builder),
        Arenas(network.parameters.size, builder.slot_size + SLACK, workspace),
        slots,
    )
    for index in range(len(operations)):
        listing.pack(index)
    return listing


def _lower(builder: Builder) -> None:
    """Let every module's rule append its operations, from the last module to the first."""
    for node in reversed(builder.network.graph.nodes):
        if node.id in builder.lowered:
            kind = type(node.module).__name__
            in_lanes = node.id in builder.in_lanes
            builder.lower(node, LANE_RULES[kind].rule if in_lanes else RULES.get(kind, lower_callback))
    _count_errors(builder)
    for operation in builder.collect_list:
        operation.values["slot"] = builder.slot_size


def _parts(builder: Builder, row: int) -> NDArray[np.int64]:
    """Cut what is finished after all samples into parts; `row` is the first one's."""
    parts = [
        (number, number + 1, start, min(each.share, each.size - start))
        for number, each in enumerate(builder.finish_list, row)
        for start in range(0, each.size, each.share)
    ]
    return np.array(parts, np.int64).reshape(-1, 4)


def _ranges(builder: Builder) -> NDArray[np.int64]:
    """Where the parameters lie that are not finished after all samples, of all modules that are learned."""
    network = builder.network
    finished = {each.operation.module_id for each in builder.finish_list}
    ranges: list[tuple[int, int]] = []
    for module_id, part in network.slices.items():
        if module_id not in finished and not network.is_fitted(module_id):
            joins = bool(ranges) and ranges[-1][1] == part.start
            ranges[-1:] = [(ranges[-1][0], part.stop)] if joins else [*ranges[-1:], (part.start, part.stop)]
    return np.array(ranges, np.int64).reshape(-1, 2)


def _count_errors(builder: Builder) -> None:
    """Append the comparison of what the judge is given with the labels."""
    feed, node = builder.feed, builder.network.judge
    if node is not None:
        x = builder.input(node)
        values = {"x": x, "size": x.size, "labels": feed.labels, "indices": feed.indices, "losses": feed.wrong}
        values |= {"guesses": feed.guesses, "ranks": feed.ranks}
        builder.forward_list.append(Operation(node.id, count_errors, values))


def _work(network: Network) -> int:
    """Multiply-accumulates of a sample, forward and back, more or less."""
    return 3 * sum(
        node.module.multiply_accumulates(*node.input_shapes)
        for node in network.graph.nodes
        if isinstance(node.module, Module)
    )
