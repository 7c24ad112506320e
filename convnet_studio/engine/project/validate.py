"""Problems of a project: what keeps it from training, where, and what would mend it, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from convnet_studio.engine.nn.graph import OWNER_IS_BROKEN, Graph, GraphProblem
from convnet_studio.engine.nn.initializers import suits
from convnet_studio.engine.nn.loss import Loss
from convnet_studio.engine.nn.module import Module, Setting, SettingValue, Shape
from convnet_studio.engine.nn.optimizer import Optimizer
from convnet_studio.engine.nn.step_plan import is_weight
from convnet_studio.engine.project.build import resolve_project
from convnet_studio.engine.project.kinds import find_kind, is_input, is_loss, settings_by_name
from convnet_studio.engine.project.spec import ModuleSpec, Project
from convnet_studio.engine.project.unfold import origin, unfold


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
    graph = resolve_project(project, input_shape, classes)
    return graph_problems(project, graph)


def graph_problems(project: Project, graph: Graph) -> tuple[Problem, ...]:
    """As `problems`, where the `graph` of `build.build_network` is at hand."""
    modules = project.network.modules
    unmade = [problem for each in modules for problem in _of_module(each)]
    unmade += [Problem(where, what) for where, what in unfold(project.network).problems.items()]
    hidden = _fed_by(project, {each.where for each in unmade})
    found = [*_of_project(project), *_of_inputs(modules), *unmade]
    found += [each for each in _of_graph(graph) if each.where not in hidden]
    found += _of_learning(project, graph)
    found += _of_ends(project, graph, {each.where for each in found})
    order = {"": -1} | {each.id: index for index, each in enumerate(modules)}
    return tuple(sorted(found, key=lambda each: order[each.where]))


def _of_graph(graph: Graph) -> Iterator[Problem]:
    """The graph's problems at the modules as they are drawn; of those that a module has at several steps, the last."""
    last: dict[str, GraphProblem] = {}
    for each in graph.problems:
        where = origin(each.where)
        if where == each.where or (where not in last and each.what != OWNER_IS_BROKEN):
            last[where] = each
    for where, each in last.items():
        yield Problem(where, each.what, each.fix, each.change, each.before)


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
    """Two Inputs that show the same pictures are a slip; what compares pairs needs one that shows the partner."""
    shown: set[SettingValue] = set()
    for each in (each for each in modules if is_input(each.kind)):
        picture = each.settings.get("picture", "sample")
        if picture in shown:
            other = "" if "partner" in shown else ", or set Picture to partner"
            fix = f"draw a second wire from that one{other}"
            yield Problem(each.id, "There is an Input already, with the same pictures", fix)
        shown.add(picture)
    for each in modules:
        kind = find_kind(each.kind)
        if kind is not None and issubclass(kind, Loss) and kind.compares_pairs and "partner" not in shown:
            fix = "add a second Input and set its Picture to partner"
            yield Problem(each.id, "It compares pairs, but no Input shows the partner", fix)


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


def _of_learning(project: Project, graph: Graph) -> Iterator[Problem]:
    """Modules whose weights can't be drawn by the rule that was chosen for them."""
    rules = {each.id: each.learning.initializer for each in project.network.modules}
    for node in graph.nodes:
        if not isinstance(node.module, Module) or node.module.is_fitted() or node.shares:
            continue
        shapes = node.module.parameter_shapes(*node.input_shapes)
        weights = [each.shape for name, each in shapes.items() if is_weight(name, each.shape)]
        if not all(suits(rules[node.id], shape) for shape in weights):
            what = f"{rules[node.id]} draws filters of 3×3 pixels and more, which it does not have"
            yield Problem(node.id, what, "choose another rule for its first weights")


def _of_ends(project: Project, graph: Graph, faulty: set[str]) -> Iterator[Problem]:
    """Sound modules whose output goes nowhere, while there is a loss it could go to."""
    feeding = {each.source for each in project.network.links}
    if not any(is_loss(each.kind) for each in project.network.modules):
        return
    for node in graph.nodes:
        if isinstance(node.module, Module) and origin(node.id) not in feeding | faulty:
            yield Problem(node.id, "Its output goes nowhere", "draw a wire from its right port")
