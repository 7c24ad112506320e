"""Receptive field: which pixels of the picture a module's outputs are computed from, followed through the graph.

Along each axis, output i of a module sees the pixels from first + i · jump to last + i · jump. Through a window of k
inputs with stride s and padding p:

    first ← first - p · jump,   last ← last + (k - 1 - p) · jump,   jump ← s · jump

so that the size r = last - first + 1 grows as r ← r + (k - 1) · jump, the rule of the text books. Conventions:

- pixels that padding adds around the picture count as pixels, so that a field may be larger than the picture;
- where every output sees every input (Linear), the field is what of the picture those inputs see, and the jump is 0;
- where paths meet, the field spans all of them; if their jumps differ, no one size fits all outputs, and the field is
  all that any of them sees, with jump 0;
- numbers that sum up the whole picture only to scale it, as the mean of σ in LocalContrastNorm, are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Window
from convnet_studio.engine.nn.graph import Graph, Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Shape


@dataclass(frozen=True)
class Span:
    """Along one axis: what output 0 sees, the step to the next output, and how many outputs there are."""

    first: Fraction
    last: Fraction
    jump: Fraction
    count: int

    @property
    def size(self) -> int:
        """Pixels that one output sees."""
        return int(self.last - self.first) + 1

    def through(self, window: Window, count: int) -> Span:
        """Of the `count` outputs of a window over these."""
        first = self.first - window.padding * self.jump
        last = self.last + (window.size - 1 - window.padding) * self.jump
        return Span(first, last, self.jump * window.stride, count)

    def whole(self, pixels: int) -> Span:
        """Of what sees all of these, in a picture of so many pixels."""
        last = self.last + (self.count - 1) * self.jump
        return Span(max(self.first, Fraction(0)), min(last, Fraction(pixels - 1)), Fraction(0), 1)


Field = tuple[Span, ...]
"""A span along each axis of the picture; empty where the data are no pictures."""


def receptive_fields(nodes: Iterable[Node], input_shape: Shape) -> dict[str, Field]:
    """The receptive field of each module of a graph by its id, of a loss that of what it judges.

    Args:
        nodes: of the graph, each after all its sources.
        input_shape: of the picture, ``(channel, *space)``.
    """
    space = input_shape[1:]
    picture = tuple(Span(Fraction(0), Fraction(0), Fraction(1), size) for size in space)
    fields: dict[str, Field] = {}
    for node in nodes:
        seen = _merged([fields[source] for source in node.sources] or [picture], space)
        fields[node.id] = _through(node, seen, space) if isinstance(node.module, Module) else seen
    return fields


def network_field(graph: Graph, fields: Mapping[str, Field]) -> Field:
    """Of a whole network, of what its first loss judges; without a loss, the largest field of any module."""
    losses = [node.id for node in graph.nodes if isinstance(node.module, Loss)]
    if losses:
        return fields[losses[0]]
    return max(fields.values(), key=lambda field: [span.size for span in field], default=())


def _through(node: Node, seen: Field, space: Sequence[int]) -> Field:
    assert isinstance(node.module, Module)
    windows = node.module.windows(*node.input_shapes)
    if windows == POINTWISE:
        return seen
    if windows is WHOLE or not len(windows) == len(seen) == len(node.shape) - 1:
        return _whole(seen, space)
    sizes = node.shape[1:]
    return tuple(span.through(window, size) for span, window, size in zip(seen, windows, sizes, strict=True))


def _merged(fields: Sequence[Field], space: Sequence[int]) -> Field:
    """What several inputs see together."""
    if len({tuple(span.jump for span in field) for field in fields}) > 1:
        fields = [_whole(field, space) for field in fields]
    return tuple(
        Span(
            min(span.first for span in spans),
            max(span.last for span in spans),
            spans[0].jump,
            max(span.count for span in spans),
        )
        for spans in zip(*fields, strict=True)
    )


def _whole(field: Field, space: Sequence[int]) -> Field:
    return tuple(span.whole(pixels) for span, pixels in zip(field, space, strict=True))
