"""StageFace: everything a stage shows except the live numbers, as a value; equal faces need no repaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from convnet_studio.engine.nn.module import Family, Shape
from convnet_studio.engine.project.kinds import is_loss, port_count
from convnet_studio.engine.project.sharing import has_weights
from convnet_studio.engine.project.spec import Project, StageSpec
from convnet_studio.engine.project.stage_edits import modules_by_slot
from convnet_studio.engine.project.summary import ModuleSummary, Summary
from convnet_studio.engine.project.validate import Problem
from convnet_studio.engine.project.wiring import title
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
        inputs: (module, port) of every input that no wire from inside feeds. `outputs`: the modules that feed others
            outside, or else the last one.
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
    known: Mapping[str, ModuleSummary] = summary.modules if summary else {}
    return {stage.id: _face_of(project, stage, known) for stage in project.network.stages}


def face_of(project: Project, stage: StageSpec, summary: Summary | None) -> StageFace:
    """The face of one stage of `project`."""
    return _face_of(project, stage, summary.modules if summary else {})


def _face_of(project: Project, stage: StageSpec, known: Mapping[str, ModuleSummary]) -> StageFace:
    specs = {each.id: each for each in project.network.modules if each.id in stage.modules}
    slots = tuple(
        Slot(family, ids, tuple(title(specs[each]) for each in ids))
        for family, ids in modules_by_slot(project, stage).items()
    )
    last = next((each for each in reversed(stage.modules) if not is_loss(specs[each].kind)), stage.modules[-1])
    facts = [known[each] for each in stage.modules if each in known]
    learning = [specs[each] for each in stage.modules if has_weights(specs[each].kind)]
    return StageFace(
        id=stage.id,
        name=stage.name,
        is_folded=stage.is_folded,
        modules=stage.modules,
        slots=slots,
        last=last,
        shape=known[last].shape if last in known else None,
        parameters=sum(each.parameters for each in facts),
        multiply_accumulates=sum(each.multiply_accumulates for each in facts),
        learning=len(learning),
        frozen=sum(each.learning.frozen for each in learning),
        problems=tuple(problem for each in facts for problem in each.problems),
        inputs=_open_inputs(project, stage),
        outputs=_open_outputs(project, stage, last),
    )


def _open_inputs(project: Project, stage: StageSpec) -> tuple[tuple[str, int], ...]:
    network = project.network
    inner = {(each.target, each.port) for each in network.links if each.source in stage.modules}
    ports = [
        (each, port)
        for each in stage.modules
        for port in range(port_count(network.module(each).kind, network.module(each).settings))
    ]
    return tuple(each for each in ports if each not in inner)


def _open_outputs(project: Project, stage: StageSpec, last: str) -> tuple[str, ...]:
    links = [each for each in project.network.links if each.source in stage.modules]
    leaving = {each.source for each in links if each.target not in stage.modules}
    if not leaving and last not in {each.source for each in links} and not is_loss(project.network.module(last).kind):
        leaving = {last}
    return tuple(each for each in stage.modules if each in leaving)


def ready_title(name: str) -> str:
    """What people read as the name of a ready stage."""
    return name.replace("-", " ").capitalize()
