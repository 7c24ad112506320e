"""Rows of the outline, as values: modules in the order of the graph, those of a stage below it, inputs below each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind, is_loss, port_count
from convnet_studio.engine.project.spec import Link, ModuleSpec, Project
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.gestures.keyboard import walk_order
from convnet_studio.ui.canvas.numbers import shape_text
from convnet_studio.ui.canvas.stage_face import PLACEHOLDER

NOTHING = "nothing yet"


@dataclass(frozen=True)
class InputRow:
    """Input `port` of a module, and the wire that feeds it.

    Attributes:
        label: ``input 2``, or ``input`` of a module with one.
        source: name of the module that feeds it, empty where none does. `shape`: of what comes.
    """

    module_id: str
    port: int
    label: str
    link: Link | None = None
    source: str = ""
    shape: str = ""

    @property
    def text(self) -> str:
        """As it is read aloud."""
        if self.link is None:
            return f"{self.label}: {NOTHING}"
        before = ", of a step of time before" if self.link.is_recurrent else ""
        return f"{self.label}: from {self.source}{', ' + self.shape if self.shape else ''}{before}"


@dataclass(frozen=True)
class ModuleRow:
    """A module.

    Attributes:
        shape: of its output, in words where it is not computed; empty for a loss. `problem`: one sentence, or empty.
        follows: whether its one input comes from the module of the row above, so that there is no more to tell of it.
    """

    module_id: str
    title: str
    word: str
    family: Family | None
    shape: str
    problem: str
    is_computed: bool
    is_frozen: bool
    follows: bool
    inputs: tuple[InputRow, ...]

    @property
    def text(self) -> str:
        """As it is read aloud."""
        parts = [self.title, self.word if self.word != self.title else ""]
        if self.shape:
            parts.append(f"output {self.shape}")
        if len(self.inputs) == 1:
            only = self.inputs[0]
            parts.append(f"from {only.source}" if only.link else "no input yet")
        elif self.inputs:
            wired = sum(each.link is not None for each in self.inputs)
            parts.append(f"{wired} of {len(self.inputs)} inputs wired")
        if self.is_frozen:
            parts.append("frozen")
        if self.problem:
            parts.append(f"problem: {self.problem}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class StageRow:
    """A stage, and the rows of its modules."""

    stage_id: str
    title: str
    is_folded: bool
    modules: tuple[ModuleRow, ...]

    @property
    def module_ids(self) -> frozenset[str]:
        """The modules in it."""
        return frozenset(each.module_id for each in self.modules)

    @property
    def note(self) -> str:
        """What stands behind its name."""
        return "folded" if self.is_folded else ""

    @property
    def text(self) -> str:
        """As it is read aloud."""
        count = len(self.modules)
        folded = ", folded" if self.is_folded else ""
        return f"{self.title}, stage of {count} module{'' if count == 1 else 's'}{folded}"


def rows_of(project: Project, summary: Summary | None) -> list[StageRow | ModuleRow]:
    """The rows of `project`; `summary` may be of a value before the last edit, or missing.

    A stage stands where the first of its modules does.
    """
    stage_of = {each: stage for stage in project.network.stages for each in stage.modules}
    walk = walk_order(project)
    together: dict[str, list[str]] = {}
    for each in walk:
        together.setdefault(stage_of[each].id if each in stage_of else each, []).append(each)
    order = [each for ids in together.values() for each in ids]
    modules = {row.module_id: row for row in _module_rows(project, summary, order)}
    rows: list[StageRow | ModuleRow] = []
    for ids in together.values():
        if stage := stage_of.get(ids[0]):
            inside = tuple(modules[each] for each in ids)
            rows.append(StageRow(stage.id, stage.name or PLACEHOLDER, stage.is_folded, inside))
        else:
            rows.append(modules[ids[0]])
    return rows


def modules_of(rows: Iterable[StageRow | ModuleRow]) -> list[ModuleRow]:
    """The rows of modules among `rows`, those in stages too."""
    return [each for row in rows for each in (row.modules if isinstance(row, StageRow) else (row,))]


def _module_rows(project: Project, summary: Summary | None, order: Sequence[str]) -> list[ModuleRow]:
    """One row for each module, in this order."""
    network = project.network
    known: Mapping[str, ModuleSummary] = summary.modules if summary else {}
    names = {each.id: title(each) for each in network.modules}
    shapes = {each.id: _shape_of(each, known) for each in network.modules}
    wires = {(link.target, link.port): link for link in network.links}
    rows: list[ModuleRow] = []
    for module_id in order:
        module = network.module(module_id)
        kind = find_kind(module.kind)
        ports = port_count(module.kind, module.settings)
        inputs = []
        for port in range(ports):
            link = wires.get((module_id, port))
            source = names.get(link.source, "") if link else ""
            label = f"input {port + 1}" if ports > 1 else "input"
            inputs.append(InputRow(module_id, port, label, link, source, shapes[link.source] if link else ""))
        above = rows[-1].module_id if rows else ""
        only = inputs[0].link if len(inputs) == 1 else None
        problems = known[module_id].problems if module_id in known else ()
        rows.append(
            ModuleRow(
                module_id,
                names[module_id],
                kind.word if kind else "unknown to this version",
                kind.family if kind else None,
                shapes[module_id],
                f"{problems[0].what}{': ' + problems[0].fix if problems[0].fix else ''}" if problems else "",
                module_id not in known or known[module_id].shape is not None,
                module.learning.frozen,
                not inputs or (only is not None and only.source == above and not only.is_recurrent),
                tuple(inputs),
            )
        )
    return rows


def _shape_of(module: ModuleSpec, known: Mapping[str, ModuleSummary]) -> str:
    if is_loss(module.kind) or module.id not in known:
        return ""
    return shape_text(known[module.id].shape)
