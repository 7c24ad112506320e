"""Footprints: what one unit sees in every module below it, and which units above it can feel it.

Along one axis, the units a .. b of a module with windows of k inputs, stride s and padding p see its inputs from
⌈s a - p⌉ to ⌈s b - p⌉ + k - 1, and inputs a .. b are seen by the units from ⌊(a - k + p) / s⌋ + 1 to ⌊(b + p) / s⌋.
Where paths part or meet, the stretch spans all of them. Sizes and jumps over the whole network are those of
``nn/receptive_field.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from convnet_studio.engine.nn.footprint import POINTWISE, WHOLE, Window, Windows
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Shape


@dataclass(frozen=True)
class Stretch:
    """The places `first` .. `last` along one axis of maps, both included; what lies outside the maps is padding."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many places."""
        return self.last - self.first + 1

    def within(self, count: int) -> Stretch | None:
        """The part that lies on maps of `count` places; None where there is none."""
        first, last = max(self.first, 0), min(self.last, count - 1)
        return Stretch(first, last) if first <= last else None


Patch = tuple[Stretch, ...]
"""A stretch along each axis of a module's maps; ``()`` for a list of numbers, which is seen as one."""


def windows_of(node: Node) -> Windows | None:
    """What each output of `node` sees: a Window for each axis, or POINTWISE or WHOLE; a loss sees everything."""
    if isinstance(node.module, Loss):
        return WHOLE
    windows = node.module.windows(*node.input_shapes)
    fits = windows is not WHOLE and all(len(shape) == len(node.shape) for shape in node.input_shapes)
    return windows if fits and len(windows or ()) in (0, len(node.shape) - 1) else WHOLE


def patches_below(nodes: Sequence[Node], module_id: str, place: Sequence[int]) -> dict[str, Patch]:
    """What the unit at `place` of the maps of `module_id` sees in each module below, and itself, by module id.

    Args:
        nodes: of the graph, each after all its sources.
        module_id: of one of them.
        place: along each axis of its maps; ``()`` for a list. Patches may begin before 0 and end behind the maps.
    """
    found: dict[str, Patch] = {module_id: tuple(Stretch(each, each) for each in place)}
    for node in reversed(nodes):
        if node.id in found:
            windows = windows_of(node)
            for source, shape in zip(node.sources, node.input_shapes, strict=False):
                seen = _seen(found[node.id], windows, shape)
                found[source] = _span(found[source], seen) if source in found else seen
    return found


def patches_above(nodes: Sequence[Node], module_id: str, place: Sequence[int]) -> dict[str, Patch]:
    """Which units of each module above can feel the one at `place` of `module_id`, and itself, by module id.

    Modules that it does not reach, because no window covers it, are left out. Patches lie within the maps.
    """
    found: dict[str, Patch] = {module_id: tuple(Stretch(each, each) for each in place)}
    for node in nodes:
        if node.id in found:
            continue
        windows = windows_of(node)
        for source in node.sources:
            reached = _reached(found[source], windows, node.shape) if source in found else None
            if reached is not None:
                found[node.id] = _span(found[node.id], reached) if node.id in found else reached
    return found


def shown_sources(nodes: Iterable[Node], shown: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each id in `shown`, the nearest modules below it that are shown too."""
    kept, nearest, result = set(shown), dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
    for node in nodes:
        below = tuple(dict.fromkeys(each for source in node.sources for each in nearest[source]))
        if node.id in kept:
            result[node.id] = below
        nearest[node.id] = (node.id,) if node.id in kept else below
    return result


def ancestors(nodes: Sequence[Node], module_id: str) -> set[str]:
    """The ids of all modules that `module_id` is computed from, and its own."""
    found = {module_id}
    for node in reversed(nodes):
        if node.id in found:
            found.update(node.sources)
    return found


def map_arithmetic(before: int, window: Window, count: int) -> str:
    """How `count` places come from `before`: ``⌊(75 − 10) / 5⌋ + 1 = 14``; the result alone where that is not so."""
    if window.stride != int(window.stride) or window.padding != int(window.padding):
        return str(count)
    stride, padding, padded = int(window.stride), int(window.padding), ""
    if padding:
        padded = f" + 2·{padding}"
    if (before + 2 * padding - window.size) // stride + 1 != count:
        return str(count)
    if stride == 1:
        return f"{before}{padded} − {window.size} + 1 = {count}"
    is_whole = (before + 2 * padding - window.size) % stride == 0
    left, right = ("(", ")") if is_whole else ("⌊(", ")")
    return f"{left}{before}{padded} − {window.size}{right} / {stride}{'' if is_whole else '⌋'} + 1 = {count}"


def field_arithmetic(before: int, jump: object, window: Window, size: int) -> str:
    """How a field of `size` pixels comes from one of `before`, units `jump` pixels apart: ``18 + (9 − 1)·5 = 58``."""
    grown = f"{before} + ({window.size} − 1)·{jump} = {size}"
    return grown if isinstance(jump, int) and before + (window.size - 1) * jump == size else str(size)


def _seen(patch: Patch, windows: Windows | None, shape: Shape) -> Patch:
    if windows == POINTWISE and len(patch) == len(shape) - 1:
        return patch
    if not windows:
        return tuple(Stretch(0, count - 1) for count in shape[1:])
    return tuple(
        Stretch(
            math.ceil(each.first * window.stride - window.padding),
            math.ceil(each.last * window.stride - window.padding) + window.size - 1,
        )
        for each, window in zip(patch, windows, strict=True)
    )


def _reached(patch: Patch, windows: Windows | None, shape: Shape) -> Patch | None:
    """Of units with maps of `shape`; None where there are none."""
    if windows == POINTWISE and len(patch) == len(shape[1:]):
        return patch
    if not windows:
        return tuple(Stretch(0, count - 1) for count in shape[1:])
    found = []
    for each, window, count in zip(patch, windows, shape[1:], strict=True):
        first = math.floor((each.first - window.size + window.padding) / window.stride) + 1
        within = Stretch(first, math.floor((each.last + window.padding) / window.stride)).within(count)
        if within is None:
            return None
        found.append(within)
    return tuple(found)


def _span(one: Patch, other: Patch) -> Patch:
    return tuple(Stretch(min(a.first, b.first), max(a.last, b.last)) for a, b in zip(one, other, strict=True))
