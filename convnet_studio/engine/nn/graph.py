"""Graph: which modules of a drawing can compute, in which order, with which shapes, and what keeps the others from it.

A drawing under the user's hands is often incomplete. What is whole still runs: a module takes part as soon as all its
inputs do and fit it. Everything else is listed as a `GraphProblem` at the module that causes it, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, SettingValue, Shape, ShapeProblem

Link = tuple[str, str, int]
"""(id of the source, id of the target, input port of the target counted from 0)"""

LARGEST_MODULE = 50_000_000
"""Parameters of one module at most: 200 MB of float32, beyond which a typing slip would exhaust the memory."""


@dataclass(frozen=True)
class Node:
    """A module at its place: `sources` feed its ports in order, `shape` is its output's (``()`` for a loss)."""

    id: str
    module: Module | Loss
    sources: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    non_negative: bool


@dataclass(frozen=True)
class GraphProblem:
    """What keeps the module `where` from computing; its settings `change` would mend it, or a module `before` it."""

    where: str
    what: str
    fix: str = ""
    change: Mapping[str, SettingValue] = field(default_factory=dict)
    before: str = ""


@dataclass(frozen=True)
class Graph:
    """The modules that can compute, each after all its sources, and the problems of the others."""

    nodes: tuple[Node, ...]
    problems: tuple[GraphProblem, ...]


def resolve(modules: Mapping[str, Module | Loss], links: Iterable[Link], input_shape: Shape, classes: int) -> Graph:
    """Order the modules and work out every shape.

    Args:
        modules: what stands on the canvas, by id.
        links: between ids of `modules`; at most one into each port.
        input_shape: of one picture, ``(channel, height, width)`` or ``(n,)``.
        classes: how many classes the data has.
    """
    feeds: dict[str, dict[int, str]] = {module_id: {} for module_id in modules}
    for source, target, port in links:
        feeds[target][port] = source
    order, loop = _topological_order(feeds)
    problems = [GraphProblem(each, "This module is part of a loop", "remove one link of it") for each in loop]
    nodes: dict[str, Node] = {}
    for module_id in order:
        module = modules[module_id]
        sources = tuple(feeds[module_id].get(port, "") for port in range(ports_of(module)))
        if "" in sources:
            problems.append(GraphProblem(module_id, "It has no input", "drag a wire to its left port"))
        elif all(source in nodes for source in sources):
            node = _resolve_node(module_id, module, [nodes[s] for s in sources], input_shape, classes)
            if isinstance(node, GraphProblem):
                problems.append(node)
            else:
                nodes[module_id] = node
    return Graph(tuple(nodes.values()), tuple(problems))


def ports_of(module: Module | Loss) -> int:
    """How many inputs a wire can be drawn to."""
    return 1 if isinstance(module, Loss) else module.input_count


def _resolve_node(
    module_id: str, module: Module | Loss, sources: list[Node], input_shape: Shape, classes: int
) -> Node | GraphProblem:
    shapes = tuple(source.shape for source in sources)
    names = tuple(source.id for source in sources)
    signs = tuple(source.non_negative for source in sources)
    try:
        if any(isinstance(source.module, Loss) for source in sources):
            raise ShapeProblem("A loss gives its number to nothing", "connect the module before the loss instead")
        if isinstance(module, Loss):
            module.check_shape(shapes[0], classes)
            return Node(module_id, module, names, shapes, (), False)
        shapes = shapes or (input_shape,)
        shape = module.output_shape(*shapes)
        size = sum(_product(each.shape) for each in module.parameter_shapes(*shapes).values())
        if size > LARGEST_MODULE:
            raise ShapeProblem(f"It would have {size:,} parameters", f"at most {LARGEST_MODULE:,} fit a module")
        return Node(module_id, module, names, shapes, shape, module.is_non_negative(*(signs or (True,))))
    except ShapeProblem as problem:
        return GraphProblem(module_id, problem.what, problem.fix, problem.change, problem.before)


def _product(shape: Shape) -> int:
    result = 1
    for size in shape:
        result *= size
    return result


def _topological_order(feeds: Mapping[str, Mapping[int, str]]) -> tuple[list[str], list[str]]:
    """Kahn's algorithm, stable in the order of the modules; second: the ids on a loop or behind one."""
    waiting = {module_id: set(sources.values()) for module_id, sources in feeds.items()}
    order: list[str] = []
    while ready := [module_id for module_id, sources in waiting.items() if not sources]:
        for module_id in ready:
            del waiting[module_id]
        for sources in waiting.values():
            sources.difference_update(ready)
        order += ready
    return order, _on_a_loop(waiting)


def _on_a_loop(waiting: dict[str, set[str]]) -> list[str]:
    """Drop from the rest everything that only stands behind a loop: what nobody in the rest waits for."""
    rest = dict(waiting)
    while behind := [m for m in rest if not any(m in sources for sources in rest.values())]:
        for module_id in behind:
            del rest[module_id]
    return list(rest)
