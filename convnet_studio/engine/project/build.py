"""Build: from a project, which is a value, to a network, which computes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from convnet_studio.engine.data.normalization import NONE
from convnet_studio.engine.nn.graph import Graph, ports_of, resolve
from convnet_studio.engine.nn.graph import Link as GraphLink
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Shape
from convnet_studio.engine.nn.network import Network
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.schedule import Schedule
from convnet_studio.engine.project.kinds import check_settings, find_kind
from convnet_studio.engine.project.memory import memory_gate
from convnet_studio.engine.project.spec import ModuleSpec, Project, TrainingSpec
from convnet_studio.engine.project.training_settings import check_optimizer, check_schedule


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
    modules = build_modules(project)
    links = usable_links(project, modules)
    network = Network(modules, links, input_shape, classes, dtype, memory_gate(project))
    network.learning = {each.id: each.learning for each in project.network.modules}
    return network


def graph_of(project: Project, modules: Mapping[str, Module | Loss], input_shape: Shape, classes: int) -> Graph:
    """The graph of the network that `build_network` would build, without building it; `modules` as of the project."""
    is_signed = project.data.normalization != NONE
    return resolve(modules, usable_links(project, modules), input_shape, classes, memory_gate(project), is_signed)


def build_modules(project: Project) -> dict[str, Module | Loss]:
    """The modules and losses of `project` by id, those left out that this version can't make."""
    made = {each.id: build_module(each) for each in project.network.modules}
    return {module_id: module for module_id, module in made.items() if module is not None}


def build_module(spec: ModuleSpec) -> Module | Loss | None:
    """The module or loss that `spec` describes, None where its kind is unknown or a setting not allowed."""
    kind = find_kind(spec.kind)
    if kind is None:
        return None
    try:
        return kind(**check_settings(kind, spec.settings))
    except ValueError:
        return None


def usable_links(project: Project, modules: Mapping[str, Module | Loss]) -> list[GraphLink]:
    """The wires of `project` between the `modules` that could be made."""
    return [
        (each.source, each.target, each.port)
        for each in project.network.links
        if each.source in modules and each.target in modules and each.port < ports_of(modules[each.target])
    ]


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
