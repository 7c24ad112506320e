"""Problems of a project: what keeps it from training, where, and what would mend it, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from convnet_studio.engine.nn.graph import Graph, resolve
from convnet_studio.engine.nn.module import Module, Setting, SettingValue, Shape
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.project.build import build_modules, usable_links
from convnet_studio.engine.project.kinds import find_kind, is_input, is_loss, settings_by_name
from convnet_studio.engine.project.spec import ModuleSpec, Project


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        where: id of the module it stands at, or empty for the project as a whole.
        what: one sentence without a full stop. `fix`: what would be right (may be empty).
        change: settings of that module which mend it with one click (empty where there is no such mend).
        before: kind of a module that mends it with one click when it is put into the wire before (or empty).
    """

    where: str
    what: str
    fix: str = ""
    change: Mapping[str, SettingValue] = field(default_factory=dict)
    before: str = ""

    @property
    def mend(self) -> str:
        """What one click would do, in two words ("Use 5", "Insert Flatten"); empty where it can do nothing."""
        values = list(self.change.values())
        if len(values) == 1 and isinstance(values[0], int | float):
            return f"Use {values[0]:g}"
        return f"Insert {self.before}" if self.before else "Mend it" if values else ""


def problems(project: Project, input_shape: Shape, classes: int) -> tuple[Problem, ...]:
    """All problems of `project`, each once, at the module that causes it: the project's first, then as modules stand.

    Args:
        project: what the user drew.
        input_shape: of one picture of its data set, batch left out.
        classes: of its data set.
    """
    modules = build_modules(project)
    graph = resolve(modules, usable_links(project, modules), input_shape, classes)
    return graph_problems(project, graph)


def graph_problems(project: Project, graph: Graph) -> tuple[Problem, ...]:
    """As `problems`, where the `graph` of `build.build_network` is at hand."""
    modules = project.network.modules
    unmade = [problem for each in modules for problem in _of_module(each)]
    hidden = _fed_by(project, {each.where for each in unmade})
    found = [*_of_project(project), *_of_inputs(modules), *unmade]
    found += [Problem(e.where, e.what, e.fix, e.change, e.before) for e in graph.problems if e.where not in hidden]
    found += _of_ends(project, graph, {each.where for each in found})
    order = {"": -1} | {each.id: index for index, each in enumerate(modules)}
    return tuple(sorted(found, key=lambda each: order[each.where]))


def _of_project(project: Project) -> Iterator[Problem]:
    kinds = [each.kind for each in project.network.modules]
    if not any(is_input(each) for each in kinds):
        yield Problem("", "There is no Input, so no picture enters the network", "drag Input to the beginning")
    if not any(is_loss(each) for each in kinds):
        yield Problem("", "There is no loss, so nothing can be learned", "drag NLLLoss to the end")
    training = project.training
    if training.optimizer not in Optimizer.registry:
        known = ", ".join(Optimizer.registry)
        yield Problem("", f"This version does not know the optimizer {training.optimizer}", f"choose one of {known}")
        return
    declared = settings_by_name(Optimizer.registry[training.optimizer])
    for name, value in training.optimizer_settings.items():
        if name not in declared or _reason(declared[name], value):
            yield Problem("", f"The optimizer's setting {name} can't be {value!r}", "set it anew")


def _of_inputs(modules: Iterable[ModuleSpec]) -> Iterator[Problem]:
    """Every Input shows the same pictures, so that more than one is a slip."""
    for each in [each for each in modules if is_input(each.kind)][1:]:
        yield Problem(each.id, "There is an Input already, with the same pictures", "draw a second wire from that one")


def _of_module(module: ModuleSpec) -> Iterator[Problem]:
    """Why this module can't be made."""
    kind = find_kind(module.kind)
    if kind is None:
        yield Problem(module.id, f"This version does not know the module {module.kind}", "replace it or delete it")
        return
    declared = settings_by_name(kind)
    for name, value in module.settings.items():
        if name not in declared:
            yield Problem(module.id, f"{module.kind} has no setting {name!r}", "replace it by a new one")
        elif reason := _reason(declared[name], value):
            default = declared[name].default
            yield Problem(module.id, reason, f"use {default}", {name: default})


def _reason(setting: Setting, value: object) -> str:
    """Why `setting` can't have this value, without a full stop; empty if it can."""
    try:
        setting.check(value)
    except ValueError as error:
        return str(error).removesuffix(".")
    return ""


def _fed_by(project: Project, ids: set[str]) -> set[str]:
    """What the modules `ids` feed. If those can't be made, these miss an input, though the drawing shows a wire."""
    return {each.target for each in project.network.links if each.source in ids}


def _of_ends(project: Project, graph: Graph, faulty: set[str]) -> Iterator[Problem]:
    """Sound modules whose output goes nowhere, while there is a loss it could go to."""
    feeding = {each.source for each in project.network.links}
    if not any(is_loss(each.kind) for each in project.network.modules):
        return
    for node in graph.nodes:
        if isinstance(node.module, Module) and node.id not in feeding | faulty:
            yield Problem(node.id, "Its output goes nowhere", "draw a wire from its right port")
