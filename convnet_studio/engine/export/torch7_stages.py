"""Torch7 stages: the comments that head the stages of a listing, as on the tutorial's slides; written and read.

-- stage 1: filter bank > non-linearity > pooling     the stage called "Stage 1", with the families in it
-- stage Classifier: filter bank                      the stage called "Classifier"
-- stage 1 (continued): pooling                       a graph came back to it
-- no stage                                           what follows is in none
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from convnet_studio.engine.export.outline import Part
from convnet_studio.engine.nn.module import Family, Module
from convnet_studio.engine.project.invariants import NAME_LIMIT
from convnet_studio.engine.project.spec import StageSpec

NO_STAGE = "no stage"
CONTINUED = " (continued)"
_HEADING = re.compile(r"\s*(?P<dashes>--+|[–—])?\s*(?P<words>(no )?stage\b.*)", re.IGNORECASE)
_AS_ON_SLIDES = re.compile(r"stage\s+\d+\s*:.*", re.IGNORECASE)
"""What begins a stage though its dashes were lost."""


def headings(parts: Sequence[Part], stages: Sequence[StageSpec]) -> dict[str, str]:
    """What stands in a comment before a part, by its id.

    Args:
        parts: in the order in which they are written.
        stages: of the project.
    """
    stage_of = {module_id: stage for stage in stages for module_id in stage.modules}
    found: dict[str, str] = {}
    seen: set[str] = set()
    last: StageSpec | None = None
    for index, part in enumerate(parts):
        stage = stage_of.get(part.origin)
        if stage is not last:
            ends = (place for place in range(index, len(parts)) if stage_of.get(parts[place].origin) is not stage)
            words = _families(parts[index : next(ends, len(parts))])
            found[part.id] = _heading(stage.name, stage.id in seen, words) if stage else NO_STAGE
            seen |= {stage.id} if stage else set()
        last = stage
    return found


def by_stage(parts: Sequence[Part], stages: Sequence[StageSpec]) -> tuple[Part, ...]:
    """The same parts, each still after its sources, where possible without leaving a stage before it is done."""
    stage_of = {module_id: stage.id for stage in stages for module_id in stage.modules}
    waiting, ordered = list(parts), list[Part]()
    while waiting:
        ready = [each for each in waiting if not any(source in waiting for source in each.sources)]
        now = stage_of.get(ordered[-1].origin) if ordered else None
        ordered.append(next((each for each in ready if stage_of.get(each.origin) == now), ready[0]))
        waiting.remove(ordered[-1])
    return tuple(ordered)


def _heading(name: str, is_continued: bool, words: str) -> str:
    shown = re.sub(r"^stage (?=\d+$)", "", name, flags=re.IGNORECASE)
    ending = f": {words}" if words else ":" if ":" in name else ""
    return f"stage {shown}".rstrip() + (CONTINUED if is_continued else "") + ending


def _families(parts: Sequence[Part]) -> str:
    """The families of modules, as the slides name them."""
    words: list[str] = []
    for part in parts:
        if isinstance(part.module, Module) and part.module.family not in (Family.WIRING, Family.OUTPUT):
            words += [part.module.family.value] if part.module.family.value not in words[-1:] else []
    return " > ".join(words)


def guessed_headings(parts: Sequence[Part]) -> dict[str, str]:
    """As `headings`, of modules in a row that no stage holds.

    A stage begins at a filter bank, or at the normalization before it, and ends before the next one.
    """
    starts = [index for index in range(len(parts)) if _begins_stage(parts, index)]
    return {
        parts[start].id: _heading(f"Stage {number}", False, _families(parts[start:end]))
        for number, (start, end) in enumerate(pairwise([*starts, len(parts)]), 1)
    }


def _begins_stage(parts: Sequence[Part], index: int) -> bool:
    families = [each.module.family for each in parts]
    if families[index] is Family.NORMALIZATION:
        # one that follows a pooling closes its stage, as on the slide of the house numbers
        closes = index > 0 and families[index - 1] is Family.POOLING
        return not closes and families[index + 1 : index + 2] == [Family.FILTER_BANK]
    is_opened = index > 0 and families[index - 1] is Family.NORMALIZATION and _begins_stage(parts, index - 1)
    return families[index] is Family.FILTER_BANK and not is_opened


@dataclass(frozen=True)
class Heading:
    """A comment that heads a stage; `name` is None where none begins. Lines count from 1."""

    line: int
    name: str | None
    is_continued: bool = False


def read_headings(text: str) -> list[Heading]:
    """All headings of a listing, in order."""
    found: list[Heading] = []
    for number, line in enumerate(text.split("\n"), 1):
        told = _HEADING.fullmatch(line)
        if told is None or not (told["dashes"] or _AS_ON_SLIDES.fullmatch(told["words"])):
            continue
        if told["words"].strip().lower() == NO_STAGE:
            found.append(Heading(number, None))
            continue
        rest = told["words"][len("stage") :]
        name = rest.rpartition(":")[0] if ":" in rest else rest
        is_continued = name.endswith(CONTINUED)
        name = " ".join(name.removesuffix(CONTINUED).split())[:NAME_LIMIT]
        found.append(Heading(number, f"Stage {name}" if name.isdigit() else name, is_continued))
    return found


def stages_of(found: Sequence[Heading], lines: Sequence[tuple[str, int]], first_number: int) -> tuple[StageSpec, ...]:
    """The stages of modules that are given as (id, line in the listing); ids of stages count from `first_number`."""
    named: list[tuple[str, list[str]]] = []
    members: dict[int, list[str]] = {}  # by the heading's line
    for each in found:
        if each.name is not None:
            earlier = [stage for stage in named if stage[0] == each.name] if each.is_continued else []
            named += [] if earlier else [(each.name, [])]
            members[each.line] = (earlier or named)[-1][1]
    for module_id, line in lines:
        before = [each.line for each in found if each.line < line]
        members.get(before[-1] if before else 0, []).append(module_id)
    return tuple(
        StageSpec(f"s{number}", tuple(modules), name)
        for number, (name, modules) in enumerate(((each, ids) for each, ids in named if ids), first_number)
    )
