"""Entries: the rows of palette and search menu, as values from the registries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import kind_named
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.engine.project.stages import load_stage, stage_names
from convnet_studio.ui.canvas.card import help_of
from convnet_studio.ui.canvas.stage_face import ready_title

PRESETS_TITLE = "Presets"
STAGES_TITLE = "Stages"


@dataclass(frozen=True)
class Entry:
    """A row.

    Attributes:
        name: what it adds or opens. `word`: a plain word, or one line on what it is. `help`: a sentence.
        section: the title above it. `family`: None for a preset or stage.
        title: what people read in place of `name`, where that differs.
        slots: the families of the modules of a ready stage, in order; empty for everything else.
    """

    name: str
    word: str
    help: str
    section: str
    family: Family | None
    title: str = ""
    slots: tuple[Family, ...] = ()

    @property
    def shown(self) -> str:
        """What people read as its name."""
        return self.title or self.name

    def matches(self, text: str) -> bool:
        """Whether every word of `text` occurs in it."""
        told = f"{self.name} {self.title} {self.word} {self.section}".casefold()
        return all(word in told for word in text.casefold().split())

    def distance(self, text: str) -> int:
        """How far the name is from a text that matches: 0 the same, 1 begins with it, 2 neither."""
        name, typed = self.name.casefold(), text.casefold().strip()
        return 0 if name == typed else 1 if name.startswith(typed) else 2


def kind_entries(kinds: Iterable[str]) -> list[Entry]:
    """Modules and losses, sorted by family in the order of a stage, then by name."""
    order = list(Family)
    entries = []
    for name in kinds:
        kind = kind_named(name)
        entries.append(Entry(name, kind.word, help_of(kind), kind.family.value.capitalize(), kind.family))
    return sorted(entries, key=lambda each: (order.index(each.family or Family.INPUT), each.name.casefold()))


def stage_entries() -> list[Entry]:
    """The ready stages."""
    entries = []
    for name in stage_names():
        ready = load_stage(name)
        slots = tuple(kind_named(each.kind).family for each in ready.network.modules)
        entries.append(Entry(name, ready.description, ready.description, STAGES_TITLE, None, ready_title(name), slots))
    return entries


def preset_entries() -> list[Entry]:
    """The projects to start from."""
    return [Entry(name, "", load_preset(name).description, PRESETS_TITLE, None) for name in preset_names()]
