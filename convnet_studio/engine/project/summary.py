"""Summary: what can be said of a drawn network without building it: shapes, costs, problems. Cheap, for every edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from convnet_studio.engine.nn.cost import Cost, costs
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.nn.receptive_field import Field, network_field, receptive_fields
from convnet_studio.engine.project.build import build_module, resolve_project
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.unfold import origin
from convnet_studio.engine.project.validate import Problem, graph_problems


@dataclass(frozen=True)
class ModuleSummary:
    """One module.

    Attributes:
        input_shapes, shape: of its inputs and output, batch left out (shape None: it does not compute).
        parameters, multiply_accumulates: as in `Cost`, over all steps of time; parameters that are shared count with
            the module that they belong to. `non_negative`: whether outputs never fall below 0.
        caption: its main setting in short. `problems`: those that stand at it.
        cost: all its counts. `receptive_field`: what of the picture an output sees, empty where it does not compute.
    """

    input_shapes: tuple[Shape, ...]
    shape: Shape | None
    parameters: int
    multiply_accumulates: int
    non_negative: bool
    caption: str
    problems: tuple[Problem, ...]
    cost: Cost = field(default_factory=Cost)
    receptive_field: Field = ()


@dataclass(frozen=True)
class Summary:
    """The whole network: per module by id, totals, and the problems that stand at no single module.

    `receptive_field` is that of what the first loss judges, else the largest of any module.
    """

    modules: Mapping[str, ModuleSummary]
    parameters: int
    multiply_accumulates: int
    problems: tuple[Problem, ...]
    cost: Cost = field(default_factory=Cost)
    receptive_field: Field = ()


def summarize(project: Project, input_shape: Shape, classes: int) -> Summary:
    """What can be said of `project`'s network on pictures of `input_shape` and `classes` classes."""
    graph = resolve_project(project, input_shape, classes)
    nodes = {node.id: node for node in graph.nodes}
    each_cost: dict[str, Cost] = {}
    for node_id, one in costs(graph.nodes).items():
        each_cost[origin(node_id)] = each_cost.get(origin(node_id), Cost()) + one
    problems = graph_problems(project, graph)
    fields = receptive_fields(graph.nodes, input_shape)
    summaries = {}
    for spec in project.network.modules:
        node, module = nodes.get(spec.id), build_module(spec)
        cost = each_cost.get(spec.id, Cost()) if node else Cost()
        summaries[spec.id] = ModuleSummary(
            input_shapes=node.input_shapes if node else (),
            shape=node.shape if node else None,
            parameters=cost.parameters,
            multiply_accumulates=cost.multiply_accumulates,
            non_negative=node.non_negative if node else False,
            caption=module.caption() if isinstance(module, Module) else "",
            problems=tuple(each for each in problems if each.where == spec.id),
            cost=cost,
            receptive_field=fields.get(spec.id, ()),
        )
    total = sum(each_cost.values(), Cost())
    general = tuple(each for each in problems if not each.where)
    whole = network_field(graph, fields)
    return Summary(summaries, total.parameters, total.multiply_accumulates, general, total, whole)


def total_of(summary: Summary, ids: Iterable[str]) -> Cost:
    """What some modules cost together, such as those of a stage; what does not compute costs nothing."""
    return sum((summary.modules[each].cost for each in set(ids) if each in summary.modules), Cost())
