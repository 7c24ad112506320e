"""Graph: which modules of a drawing can compute, in which order, with which shapes, and what keeps the others from it.

A drawing under the user's hands is often incomplete. What is whole still runs: a module takes part as soon as all its
inputs do and fit it. Everything else is listed as a `GraphProblem` at the module that causes it, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Module, SettingValue, Shape, ShapeProblem

Link = tuple[str, str, int]
"""(id of the source, id of the target, input port of the target counted from 0)"""


OWNER_IS_BROKEN = "It shares the weights of a module that can't compute"
"""What keeps a module from computing that is whole itself."""


@dataclass(frozen=True)
class Node:
    """A module at its place: `sources` feed its ports in order, `shape` is its output's (``()`` for a loss).

    `shares` is the id of the module whose parameters it uses; empty where it has its own.
    """

    id: str
    module: Module | Loss
    sources: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    non_negative: bool
    shares: str = ""


Admit = Callable[[Node], None]
"""Asked about each module before it takes part; raises ShapeProblem where it should not."""


@dataclass(frozen=True)
class _Given:
    """What `resolve` was told of data, sharing and admission."""

    input_shape: Shape
    classes: int
    shares: Mapping[str, str]
    admit: Admit | None
    is_signed: bool


@dataclass(frozen=True)
class GraphProblem:
    """What keeps the module `where` from computing; `change` are its settings that would mend it."""

    where: str
    what: str
    fix: str = ""
    change: Mapping[str, SettingValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """The modules that can compute, each after all its sources, and the problems of the others."""

    nodes: tuple[Node, ...]
    problems: tuple[GraphProblem, ...]


def resolve(
    modules: Mapping[str, Module | Loss],
    links: Iterable[Link],
    input_shape: Shape,
    classes: int,
    *,
    shares: Mapping[str, str] = MappingProxyType({}),
    admit: Callable[[], Admit] | None = None,
    is_signed: bool = False,
) -> Graph:
    """Order the modules and work out every shape.

    Args:
        modules: what stands on the canvas, by id.
        links: between ids of `modules`; at most one into each port.
        input_shape: of one picture, ``(channel, height, width)`` or ``(n,)``.
        classes: how many classes the data has.
        shares: by the id of a module, that of the one whose parameters it uses, which has its own.
        admit: makes what has the last word on each module; None: all may take part.
        is_signed: the pictures may fall below 0, as when they were normalised.
    """
    feeds: dict[str, dict[int, str]] = {module_id: {} for module_id in modules}
    for source, target, port in links:
        feeds[target][port] = source
    order, loop = _topological_order(feeds)
    problems = [GraphProblem(each, "This module is part of a loop", "remove one link of it") for each in loop]
    refused: dict[str, GraphProblem] = {}
    while True:
        given = _Given(input_shape, classes, shares, admit() if admit else None, is_signed)
        nodes, found = _resolve_in_order(order, modules, feeds, refused, given)
        wrong = {each.id: problem for each in nodes.values() if (problem := _misfit_of_shared(each, nodes))}
        if not wrong:
            return Graph(tuple(nodes.values()), (*problems, *found))
        refused |= wrong


def _resolve_in_order(
    order: Iterable[str],
    modules: Mapping[str, Module | Loss],
    feeds: Mapping[str, Mapping[int, str]],
    refused: Mapping[str, GraphProblem],
    given: _Given,
) -> tuple[dict[str, Node], list[GraphProblem]]:
    """The modules that can compute, those `refused` left out, and the problems of the others."""
    nodes: dict[str, Node] = {}
    problems: list[GraphProblem] = []
    for module_id in order:
        module = modules[module_id]
        sources = tuple(feeds[module_id].get(port, "") for port in range(module.port_count()))
        if "" in sources:
            problems.append(GraphProblem(module_id, *_unfed(sources)))
        elif module_id in refused:
            problems.append(refused[module_id])
        elif all(source in nodes for source in sources):
            node = _resolve_node(module_id, module, [nodes[s] for s in sources], given)
            if isinstance(node, GraphProblem):
                problems.append(node)
            else:
                nodes[module_id] = node
    return nodes, problems


def _unfed(sources: tuple[str, ...]) -> tuple[str, str]:
    """What to say of a module some of whose ports have no wire."""
    if len(sources) == 1:
        return "It has no input", "drag a wire to its left port"
    port = sources.index("") + 1
    return f"Its input {port} of {len(sources)} has no wire", f"drag one to its left port number {port}"


def _misfit_of_shared(node: Node, nodes: Mapping[str, Node]) -> GraphProblem | None:
    """Why a module can't use the parameters of the one that it shares them with."""
    if not node.shares:
        return None
    fix = "give it weights of its own"
    owner = nodes.get(node.shares)
    if owner is None:
        return GraphProblem(node.id, OWNER_IS_BROKEN, f"mend that one, or {fix}")
    own, others = parameter_shapes(node), parameter_shapes(owner)
    for name in {**own, **others}:
        if own.get(name) != others.get(name):
            size, other = (_written(each.get(name)) for each in (own, others))
            what = f"Its {name} would be {size}, but that of the module it shares weights with is {other}"
            return GraphProblem(node.id, what, f"make their settings and inputs agree, or {fix}")
    return None


def _written(shape: Shape | None) -> str:
    return "×".join(map(str, shape)) if shape else "missing"


def parameter_shapes(node: Node) -> dict[str, Shape]:
    """The shapes of a module's learnable arrays by name, whoever owns them (none for a loss)."""
    if isinstance(node.module, Loss):
        return {}
    return {name: each.shape for name, each in node.module.parameter_shapes(*node.input_shapes).items()}


def _resolve_node(module_id: str, module: Module | Loss, sources: list[Node], given: _Given) -> Node | GraphProblem:
    shapes = tuple(source.shape for source in sources)
    names = tuple(source.id for source in sources)
    signs = tuple(source.non_negative for source in sources)
    try:
        if any(isinstance(source.module, Loss) for source in sources):
            raise ShapeProblem("A loss gives its number to nothing", "connect the module before the loss instead")
        if isinstance(module, Loss):
            module.check_shape(*map(as_list, shapes), classes=given.classes)
            return Node(module_id, module, names, shapes, (), False)
        shapes = shapes or (given.input_shape,)
        shape = module.output_shape(*shapes)
        is_non_negative = module.is_non_negative(*(signs or (not given.is_signed,)))
        node = Node(module_id, module, names, shapes, shape, is_non_negative, given.shares.get(module_id, ""))
        if given.admit is not None:
            given.admit(node)
        return node
    except ShapeProblem as problem:
        return GraphProblem(module_id, problem.what, problem.fix, problem.change)


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
