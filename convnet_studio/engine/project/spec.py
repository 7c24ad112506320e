"""Project: everything the user decides, as one immutable value without weights.

Undo is keeping the value before; "has it changed" is ``==``; a file is this value written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from convnet_studio.engine.nn.learning import Learning
from convnet_studio.engine.nn.module import SettingValue

Position = tuple[float, float]


@dataclass(frozen=True)
class ModuleSpec:
    """A module (or loss) on the canvas.

    Attributes:
        id: unique in the project for all time: an id is never given to a second module, so that undo finds its weights.
        kind: the class name of a module or loss, such as ``Conv2d``; may be unknown to this version.
        settings: values that differ from the defaults or equal them, by name.
        name: what the user calls it; empty means the kind's own name.
        position: top left corner of its card on the canvas, in pixels at zoom 1.
        learning: its own learning rate, whether it is frozen, how its first weights are drawn.
        shares: id of the module whose weights it uses; empty where it has its own.
        copy_of: id of the module whose weights it used before it got its own, which began as a copy of them.
    """

    id: str
    kind: str
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
    name: str = ""
    position: Position = (0.0, 0.0)
    learning: Learning = field(default_factory=Learning)
    shares: str = ""
    copy_of: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __hash__(self) -> int:
        settings = tuple(sorted(self.settings.items()))
        return hash((self.id, self.kind, settings, self.name, self.position, self.learning, self.shares))


@dataclass(frozen=True)
class Link:
    """A wire from the output of `source` to input port `port` of `target` (ids of modules; ports count from 0).

    A recurrent one carries what `source` put out a step of time before (`NetworkSpec.unfold`).
    """

    source: str
    target: str
    port: int = 0
    is_recurrent: bool = False


@dataclass(frozen=True)
class StageSpec:
    """Modules that are handled as one piece; as a rule normalization > filter bank > non-linearity > pooling.

    Attributes:
        id: unique in the project for all time, as those of modules.
        modules: their ids, at least one; a module is in one stage at most.
        name: what the user calls it; may be empty.
        is_folded: whether the canvas draws it as one card.
    """

    id: str
    modules: tuple[str, ...]
    name: str = ""
    is_folded: bool = False


@dataclass(frozen=True)
class NetworkSpec:
    """Modules in the order in which they were added, and the wires between them (at most one into each port).

    `unfold` is how many steps of time recurrent wires reach back; at the first of them they bring nothing. Stages
    change nothing of what is computed.
    """

    modules: tuple[ModuleSpec, ...] = ()
    links: tuple[Link, ...] = ()
    unfold: int = 1
    stages: tuple[StageSpec, ...] = ()

    @property
    def structure(self) -> object:
        """What of it matters to what it computes: not names, positions and stages. Two of them can be compared."""
        modules = [(each.id, each.kind, dict(each.settings), each.shares) for each in self.modules]
        return modules, self.links, self.unfold

    def module(self, module_id: str) -> ModuleSpec:
        """The module with this id.

        Raises:
            KeyError: if there is none.
        """
        for each in self.modules:
            if each.id == module_id:
                return each
        raise KeyError(f"There is no module {module_id!r} in this network.")

    def stage(self, stage_id: str) -> StageSpec:
        """The stage with this id.

        Raises:
            KeyError: if there is none.
        """
        for each in self.stages:
            if each.id == stage_id:
                return each
        raise KeyError(f"There is no stage {stage_id!r} in this network.")

    def stage_of(self, module_id: str) -> StageSpec | None:
        """The stage that a module is in."""
        return next((each for each in self.stages if module_id in each.modules), None)

    def __contains__(self, module_id: str) -> bool:
        return any(each.id == module_id for each in self.modules)


@dataclass(frozen=True)
class DataSpec:
    """Which data set the project trains on, by its registered name, and what is done to its pictures.

    Attributes:
        normalization: a registered name, or "none"; fitted on the training pictures.
        shift: pixels by which a training picture is moved at most, drawn anew in each epoch, as are the following.
        flip: mirror half of them. `scale`: enlarge or shrink by at most this part. `noise`: standard deviation.
    """

    dataset: str = "mnist_10k"
    normalization: str = "none"
    shift: int = 0
    flip: bool = False
    scale: float = 0.0
    noise: float = 0.0


@dataclass(frozen=True)
class TrainingSpec:
    """How the network learns.

    Attributes:
        optimizer: registered name; `optimizer_settings` are its settings (momentum, ...).
        rate: initial learning rate; `schedule`: a registered name, `schedule_settings` are its settings.
        batch_size: samples per step. `epochs`: passes over the training set that a run plans (a falling rate reaches 0
            at its end; training may go on at the constant schedule).
        l1, l2, penalties_from: strength of the penalties on weights, and whole epochs before they begin.
        max_norm, clip_norm: bounds, 0 for none; see engine.nn.step_plan.
        shuffle: a new order of the samples in each epoch, drawn from `seed`, which also draws the initial weights.
    """

    optimizer: str = "SGD"
    optimizer_settings: Mapping[str, SettingValue] = field(default_factory=dict)
    rate: float = 0.01
    schedule: str = "linear to 0"
    batch_size: int = 16
    epochs: int = 5
    shuffle: bool = True
    seed: int = 1
    l1: float = 0.0
    l2: float = 0.0
    penalties_from: int = 0
    max_norm: float = 0.0
    clip_norm: float = 0.0
    schedule_settings: Mapping[str, SettingValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("optimizer_settings", "schedule_settings"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __hash__(self) -> int:
        return hash((self.optimizer, self.rate, self.schedule, self.batch_size, self.epochs, self.shuffle, self.seed))


@dataclass(frozen=True)
class NoteSpec:
    """Free text on the canvas, which says something of the network and computes nothing.

    Attributes:
        id: unique among the notes of the project, such as ``n7``; never given to a second note.
        text: plain text, one or more lines.
        position: top left corner, in pixels at zoom 1.
        width: at which its lines break; its height follows from the text.
    """

    id: str
    text: str
    position: Position = (0.0, 0.0)
    width: float = 200.0


@dataclass(frozen=True)
class Project:
    """Name, network, data and training settings.

    Attributes:
        notes: free text beside the network.
        description: one line on what it is, as lists of presets show it (may be empty).
        next_id: counts all modules, stages and notes that ever were (ids are never reused; it takes no part in ``==``,
            so that a change that was undone leaves the project equal to what it was).
    """

    name: str = "untitled"
    network: NetworkSpec = field(default_factory=NetworkSpec)
    data: DataSpec = field(default_factory=DataSpec)
    training: TrainingSpec = field(default_factory=TrainingSpec)
    next_id: int = field(default=1, compare=False)
    description: str = ""
    notes: tuple[NoteSpec, ...] = ()
