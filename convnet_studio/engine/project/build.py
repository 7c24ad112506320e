"""Build: from a project, which is a value, to a network, which computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from convnet_studio.engine.data.normalization import NONE
from convnet_studio.engine.nn.graph import Graph, resolve
from convnet_studio.engine.nn.graph import Link as GraphLink
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule
from convnet_studio.engine.project.kinds import check_settings, find_kind, make
from convnet_studio.engine.project.memory import memory_gate
from convnet_studio.engine.project.spec import ModuleSpec, Project, TrainingSpec
from convnet_studio.engine.project.training_settings import check_optimizer, check_schedule
from convnet_studio.engine.project.unfold import unfold


def build_network(project: Project, input_shape: Shape, classes: int, dtype: type = np.float32) -> Network:
    """The network of `project`, its parameters zero.

    Modules of unknown kind, with settings out of bounds, or too large for the memory allowed are left out, and
    nothing is allocated for them; `validate.problems` tells of them.

    Args:
        project: what the user drew.
        input_shape: of one picture of its data set, batch left out.
        classes: of its data set.
        dtype: float32, or float64 for gradient checks.
    """
    drawing = draw(project)
    network = Network(
        drawing.modules, drawing.links, input_shape, classes, dtype, shares=drawing.shares, admit=memory_gate(project)
    )
    network.learning = {each.id: each.learning for each in project.network.modules}
    network.data = f"{project.data.dataset}, {project.data.normalization}"
    return network


@dataclass(frozen=True)
class Drawing:
    """The modules and losses of a project as they compute, unfolded in time, by id; what can't be made is left out.

    `links` are the wires between them, `shares` tells whose weights a module uses.
    """

    modules: Mapping[str, Module | Loss]
    links: list[GraphLink]
    shares: Mapping[str, str]


def draw(project: Project) -> Drawing:
    """What the network of `project` is made of."""
    network = unfold(project.network).network
    modules = {each.id: module for each in network.modules if (module := build_module(each))}
    links = [
        (each.source, each.target, each.port)
        for each in network.links
        if each.source in modules and each.target in modules and each.port < modules[each.target].port_count()
    ]
    return Drawing(modules, links, {each.id: each.shares for each in network.modules if each.shares})


def resolve_project(project: Project, input_shape: Shape, classes: int) -> Graph:
    """The graph of `project` on pictures of `input_shape` and so many classes, without any memory for weights."""
    drawing = draw(project)
    return resolve(
        drawing.modules,
        drawing.links,
        input_shape,
        classes,
        shares=drawing.shares,
        admit=memory_gate(project),
        is_signed=project.data.normalization != NONE,
    )


def build_module(spec: ModuleSpec) -> Module | Loss | None:
    """The module or loss that `spec` describes, None where its kind is unknown or a setting not allowed."""
    kind = find_kind(spec.kind)
    if kind is None:
        return None
    try:
        return make(kind, check_settings(kind, spec.settings))
    except ValueError:
        return None


def judges_classes(spec: ModuleSpec) -> bool:
    """Whether a module is a loss that is given a number for each class."""
    module = build_module(spec)
    return isinstance(module, Loss) and module.judges_classes()


def build_optimizer(training: TrainingSpec) -> Optimizer:
    """The optimizer that `training` names, with fresh state.

    Raises:
        ValueError: one sentence, if this version does not know it or one of its settings.
    """
    settings = check_optimizer(training.optimizer, training.optimizer_settings)
    return Optimizer.registry[training.optimizer](**settings)


def build_schedule(training: TrainingSpec) -> Schedule:
    """The schedule that `training` names.

    Raises:
        ValueError: one sentence, if this version does not know it or one of its settings.
    """
    settings = check_schedule(training.schedule, training.schedule_settings)
    return Schedule.registry[training.schedule](**settings)
