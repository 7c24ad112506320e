"""Choice: a row of a list to choose from, and which rows typed letters leave, the best first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.commands.fuzzy import match

MOST_USED = "Most used"
_MOST_USED_ROWS = 5
_USE = 0.4
"""Worth of one use, as against letters that match; ten uses at most count."""
_COUNTED_USES = 10
_FURTHER = 0.45
"""Worth of letters that match other words than the text, as a part."""
_REFUSED = 2.0
_NAMED = 10.0
"""Worth of typing all of a title, or its initials as in "lcn" for "Local contrast normalisation"."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Choice:
    """A row.

    Attributes:
        name: under which its uses are counted; the same in every session.
        text: what it is called. `title`: of the thing itself, without what is done with it.
        note: a few quiet words. `keys`: its shortcuts, as people read them.
        section: the title that it stands under. `further`: other words by which it is found.
        icon, family: of its icon; a family has a colour and an icon of its own.
        why_not: one sentence why it can't be chosen now; empty where it can.
        act: what choosing it does.
    """

    name: str
    text: str
    title: str = field(default="", kw_only=True)
    note: str = ""
    keys: tuple[str, ...] = ()
    section: str = ""
    further: str = ""
    icon: str = ""
    family: Family | None = None
    why_not: str = ""
    act: Callable[[], object] = _nothing


@dataclass(frozen=True)
class Found:
    """A choice that is left, under which title, and which letters of its text were typed."""

    choice: Choice
    section: str
    letters: frozenset[int] = frozenset()


def find(choices: Sequence[Choice], typed: str, uses: Mapping[str, int]) -> list[Found]:
    """The choices that `typed` leaves. With nothing typed: all by section, those most used once more before them."""
    if not typed.strip():
        used = sorted((each for each in choices if uses.get(each.name)), key=lambda each: -uses[each.name])
        first = [Found(each, MOST_USED) for each in used if not each.why_not][:_MOST_USED_ROWS]
        return [*first, *(Found(each, each.section) for each in choices)]
    scored: list[tuple[float, Found]] = []
    for choice in choices:
        own = match(choice.text, typed)
        others = match(f"{choice.text} {choice.note} {choice.section} {choice.further}", typed)
        if own is None and others is None:
            continue
        score = max(own.score if own else 0.0, _FURTHER * others.score if others else 0.0)
        score += _NAMED if _is_title(choice, typed) else 0.0
        score += _USE * min(uses.get(choice.name, 0), _COUNTED_USES) - (_REFUSED if choice.why_not else 0)
        scored.append((score, Found(choice, "", own.letters if own else frozenset())))
    return [found for _, found in sorted(scored, key=lambda each: -each[0])]


def _is_title(choice: Choice, typed: str) -> bool:
    """Whether somebody typed the whole title or text of a choice, or all initials of the title."""
    words = choice.title.lower().split()
    initials = "".join(word[0] for word in words) if len(words) > 1 else ""
    return bool(choice.title) and " ".join(typed.lower().split()) in (
        choice.title.lower(),
        choice.text.lower(),
        initials,
    )
