"""Summary: what can be said of a drawn network without building it: shapes, costs, problems. Cheap, for every edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from convnet_studio.engine.nn.graph import Node, resolve
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.project.build import build_modules, usable_links
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.validate import Problem, graph_problems


@dataclass(frozen=True)
class ModuleSummary:
    """One module: `shape` is its output's (None where a problem hides it), `caption` its main setting in short."""

    shape: Shape | None
    parameters: int
    multiply_accumulates: int
    non_negative: bool
    caption: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Summary:
    """The whole network: per module by id, totals, and the problems that stand at no single module."""

    modules: Mapping[str, ModuleSummary]
    parameters: int
    multiply_accumulates: int
    problems: tuple[Problem, ...]


def summarize(project: Project, input_shape: Shape, classes: int) -> Summary:
    """What the cards, the inspector and the status line say of `project`.

    Args:
        project: what the user drew.
        input_shape: of one picture of its data set, batch left out.
        classes: of its data set.
    """
    made = build_modules(project)
    graph = resolve(made, usable_links(project, made), input_shape, classes)
    nodes = {node.id: node for node in graph.nodes}
    problems = graph_problems(project, graph)
    modules = {}
    for each in project.network.modules:
        own = tuple(problem for problem in problems if problem.where == each.id)
        modules[each.id] = _summarize_module(made.get(each.id), nodes.get(each.id), own)
    return Summary(
        modules,
        sum(each.parameters for each in modules.values()),
        sum(each.multiply_accumulates for each in modules.values()),
        tuple(each for each in problems if not each.where),
    )


def _summarize_module(module: Module | Loss | None, node: Node | None, problems: tuple[Problem, ...]) -> ModuleSummary:
    caption = module.caption() if isinstance(module, Module) else ""
    if node is None or not isinstance(node.module, Module):
        return ModuleSummary(node.shape if node else None, 0, 0, False, caption, problems)
    parameters = sum(prod(each.shape) for each in node.module.parameter_shapes(*node.input_shapes).values())
    arithmetic = node.module.multiply_accumulates(*node.input_shapes)
    return ModuleSummary(node.shape, parameters, arithmetic, node.non_negative, caption, problems)
