"""Entries: the rows of palette and search menu, as values from the registries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import kind_named
from convnet_studio.engine.project.presets import load_preset, preset_names
from convnet_studio.ui.canvas.card import help_of

PRESETS_TITLE = "Presets"


@dataclass(frozen=True)
class Entry:
    """A row: `name` is what it adds or opens, `section` the title above it; `family` is None for a preset."""

    name: str
    word: str
    help: str
    section: str
    family: Family | None

    def matches(self, text: str) -> bool:
        """Whether every word of `text` occurs in it."""
        told = f"{self.name} {self.word} {self.section}".casefold()
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


def preset_entries() -> list[Entry]:
    """The projects to start from."""
    return [Entry(name, "", load_preset(name).description, PRESETS_TITLE, None) for name in preset_names()]
