"""StageFace: everything a stage shows except the live numbers, as a value; equal faces need no repaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from convnet_studio.engine.nn.module import Family, Shape
from convnet_studio.engine.project.kinds import find_kind, is_loss, port_count
from convnet_studio.engine.project.spec import ModuleSpec, Project, StageSpec
from convnet_studio.engine.project.stage_edits import SLOTS
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.card import learns_something
from convnet_studio.ui.canvas.numbers import counted, shape_text, short_count

PLACEHOLDER = "Stage"
"""What a stage without a name is called."""


@dataclass(frozen=True)
class Slot:
    """One of the four slots of a stage: its family, and ids and names of the modules in it."""

    family: Family
    modules: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no module is in it."""
        return not self.modules

    @property
    def help(self) -> str:
        """What is in it and what a click does, in words."""
        word = self.family.value.capitalize()
        if self.is_empty:
            return f"{word}: none yet. Click to put one in, or drag one here."
        return f"{word}: {', '.join(self.names)}. Click selects."


@dataclass(frozen=True)
class StageFace:
    """A stage without its live numbers.

    Attributes:
        id, name, is_folded, modules: as in `StageSpec`.
        slots: the four of the tutorial, in order.
        last: id of the last module that has an output; its maps stand for the stage when it is folded.
        shape: of that output; None where a problem hides it.
        parameters, multiply_accumulates: summed over its modules.
        learning, frozen: how many of its modules have parameters, and how many of those are frozen.
        problems: of all its modules.
        inputs: (module, port) of every input that no wire from inside feeds; empty where it is not folded.
        outputs: the modules that feed others outside, or else the last one.
    """

    id: str
    name: str
    is_folded: bool
    modules: tuple[str, ...]
    slots: tuple[Slot, ...]
    last: str
    shape: Shape | None
    parameters: int
    multiply_accumulates: int
    learning: int
    frozen: int
    problems: tuple[Problem, ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its name, or the placeholder."""
        return self.name or PLACEHOLDER

    @property
    def is_frozen(self) -> bool:
        """Whether nothing in it learns that could."""
        return 0 < self.learning == self.frozen

    @property
    def is_half_frozen(self) -> bool:
        """Whether some of it learns and some does not."""
        return 0 < self.frozen < self.learning

    @property
    def counters(self) -> tuple[str, ...]:
        """Output shape, parameters and arithmetic in short, the most telling first."""
        parameters = [f"{short_count(self.parameters)} params"] if self.parameters else []
        arithmetic = [f"{short_count(self.multiply_accumulates)} MACs"] if self.multiply_accumulates else []
        return tuple(each for each in (shape_text(self.shape), *parameters, *arithmetic) if each)

    @property
    def counters_help(self) -> str:
        """The counters in full words."""
        counts = (
            counted(self.parameters, "parameter"),
            counted(self.multiply_accumulates, "multiply-accumulate") + " for each picture",
        )
        return "\n".join((f"Output: {shape_text(self.shape)}", *counts))

    @property
    def lock_words(self) -> str:
        """What stands beside the padlock: how much is frozen; empty where all of it learns."""
        return "frozen" if self.is_frozen else f"{self.frozen} of {self.learning} frozen" if self.frozen else ""

    @property
    def lock_help(self) -> str:
        """What the padlock says and does, in words."""
        if self.is_frozen:
            return "Frozen: training leaves its parameters as they are. Click lets them learn again."
        state = (
            f"{self.frozen} of its {self.learning} modules with parameters are frozen." if self.frozen else "Learns."
        )
        return f"{state} Click freezes all its parameters."


def faces_of(project: Project, summary: Summary | None) -> dict[str, StageFace]:
    """The faces of all stages of `project` by id; `summary` may be of a value before the last edit, or missing."""
    faces = _Faces(project, summary)
    return {stage.id: faces.of(stage) for stage in project.network.stages}


def face_of(project: Project, stage: StageSpec, summary: Summary | None) -> StageFace:
    """The face of one stage of `project`."""
    return _Faces(project, summary).of(stage)


class _Faces:
    """What all faces of a project are made from, looked up once: there may be hundreds of modules."""

    def __init__(self, project: Project, summary: Summary | None) -> None:
        self._known: Mapping[str, ModuleSummary] = summary.modules if summary else {}
        self._specs = {each.id: each for each in project.network.modules}
        self._sources = {(each.target, each.port): each.source for each in project.network.links}
        self._targets: dict[str, set[str]] = {}
        for each in project.network.links:
            self._targets.setdefault(each.source, set()).add(each.target)

    def of(self, stage: StageSpec) -> StageFace:
        specs = [self._specs[each] for each in stage.modules]
        with_output = [each.id for each in specs if not is_loss(each.kind)]
        last = with_output[-1] if with_output else stage.modules[-1]
        facts = [self._known[each] for each in stage.modules if each in self._known]
        learning = [each for each in specs if learns_something(each, self._known.get(each.id))]
        return StageFace(
            id=stage.id,
            name=stage.name,
            is_folded=stage.is_folded,
            modules=stage.modules,
            slots=_slots(specs),
            last=last,
            shape=self._known[last].shape if last in self._known else None,
            parameters=sum(each.parameters for each in facts),
            multiply_accumulates=sum(each.multiply_accumulates for each in facts),
            learning=len(learning),
            frozen=sum(each.learning.frozen for each in learning),
            problems=tuple(problem for each in facts for problem in each.problems),
            inputs=self._open_inputs(specs) if stage.is_folded else (),
            outputs=self._open_outputs(stage, last if with_output else ""),
        )

    def _open_inputs(self, specs: list[ModuleSpec]) -> tuple[tuple[str, int], ...]:
        inside = {each.id for each in specs}
        ports = [(each.id, port) for each in specs for port in range(port_count(each.kind, each.settings))]
        return tuple(each for each in ports if self._sources.get(each) not in inside)

    def _open_outputs(self, stage: StageSpec, last: str) -> tuple[str, ...]:
        leaving = {each for each in stage.modules if self._targets.get(each, set()) - set(stage.modules)}
        if not leaving and last and last not in self._targets:
            leaving = {last}
        return tuple(each for each in stage.modules if each in leaving)


def _slots(specs: list[ModuleSpec]) -> tuple[Slot, ...]:
    families = {each.id: kind.family for each in specs if (kind := find_kind(each.kind))}
    slots = []
    for family in SLOTS:
        own = [each for each in specs if families.get(each.id) is family]
        slots.append(Slot(family, tuple(each.id for each in own), tuple(title(each) for each in own)))
    return tuple(slots)


def ready_title(name: str) -> str:
    """What people read as the name of a ready stage."""
    return name.replace("-", " ").capitalize()
