"""Markup of lesson texts: paragraphs, lists, **bold**, *words*, `code`, $formulas$ and [words](target:name).

It is read into plain values; the window draws them. HTML, pictures and addresses on the network are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ziamath.zmath import Latex

TARGETS = ("module", "view", "dial", "action", "lesson")
"""What a link in a text can lead to."""
LONGEST_FORMULA = 300
"""Characters."""
DEEPEST_FORMULA = 4
"""Braces, and brackets with \\left and \\right, within each other."""
MOST_FORMULAS = 40
"""In one text."""
_OPENING = ("{", "\\left", "\\begin")
_BRACKET = re.compile(r"(?<!\\)[{}]|\\(?:left|right|begin|end)(?![a-zA-Z])")
_LINE = re.compile(r"^(?P<mark>[-*]|[0-9]{1,2}\.)\s+(?P<text>.*)$")
_SPAN = re.compile(
    r"\$(?P<formula>[^$\n]+)\$"
    r"|\*\*(?P<bold>[^*]+)\*\*"
    r"|\*(?P<emphasis>[^*\n]+)\*"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s]*)\)"
)


class Look(Enum):
    """How a span is set."""

    PLAIN = "plain"
    BOLD = "bold"
    EMPHASIS = "emphasis"
    CODE = "code"
    FORMULA = "formula"
    LINK = "link"


@dataclass(frozen=True)
class Span:
    """A run of text; `text` is LaTeX in a formula, `target` such as ``module:hidden`` in a link."""

    text: str
    look: Look = Look.PLAIN
    target: str = ""


@dataclass(frozen=True)
class Block:
    """A paragraph, an entry of a list (`mark` is "•" or its number), or a formula on a line of its own."""

    spans: tuple[Span, ...]
    mark: str = ""
    is_display: bool = False


def blocks(text: str) -> tuple[Block, ...]:
    """The text as blocks; an empty line ends a paragraph."""
    made: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        stripped = paragraph.strip()
        if stripped.startswith("$$") and stripped.endswith("$$") and len(stripped) > 4:
            made.append(Block((Span(stripped[2:-2].strip(), Look.FORMULA),), is_display=True))
            continue
        for mark, joined in _entries(stripped):
            made.append(Block(tuple(_spans(joined)), mark))
    return tuple(made)


def _entries(paragraph: str) -> Iterator[tuple[str, str]]:
    """Entries of a list, or the whole as one; lines within an entry are joined."""
    mark, gathered = "", list[str]()
    for line in paragraph.splitlines():
        found = _LINE.match(line.strip())
        if found:
            if gathered:
                yield mark, " ".join(gathered)
            mark, gathered = "•" if found["mark"] in "-*" else found["mark"], [found["text"]]
        elif line.strip():
            gathered.append(line.strip())
    if gathered:
        yield mark, " ".join(gathered)


def _spans(text: str) -> Iterator[Span]:
    position = 0
    for match in _SPAN.finditer(text):
        if match.start() > position:
            yield Span(text[position : match.start()])
        position = match.end()
        if match["formula"]:
            yield Span(match["formula"], Look.FORMULA)
        elif match["bold"]:
            yield Span(match["bold"], Look.BOLD)
        elif match["emphasis"]:
            yield Span(match["emphasis"], Look.EMPHASIS)
        elif match["code"]:
            yield Span(match["code"], Look.CODE)
        else:
            yield Span(match["words"], Look.LINK, match["target"])
    if position < len(text):
        yield Span(text[position:])


def links(text: str) -> tuple[str, ...]:
    """The targets of all links in a text."""
    return tuple(span.target for block in blocks(text) for span in block.spans if span.look is Look.LINK)


def check_markup(text: str) -> None:
    """Refuse what a lesson's text may not hold.

    Raises:
        ValueError: one sentence.
    """
    if re.search(r"<[a-zA-Z/!]", text):
        raise ValueError("HTML is not shown: use **bold**, *words*, `code`, $formulas$ and [words](module:name).")
    for block in blocks(text):
        for span in block.spans:
            if span.look is Look.LINK and span.target.partition(":")[0] not in TARGETS:
                raise ValueError(f"the link {span.target[:60]!r} leads nowhere: begin it with {', '.join(TARGETS)}.")
            if span.look is Look.FORMULA:
                _check_size(span.text)
    if len(formulas(text)) > MOST_FORMULAS:
        raise ValueError(f"it has {len(formulas(text))} formulas: at most {MOST_FORMULAS} are allowed.")


def formulas(text: str) -> tuple[str, ...]:
    """The LaTeX of all formulas in a text."""
    return tuple(span.text for block in blocks(text) for span in block.spans if span.look is Look.FORMULA)


def check_formulas(text: str) -> None:
    """Set every formula of a text, which takes a while: for authors, not for reading a lesson.

    Raises:
        ValueError: one sentence, for the first that can't be set.
    """
    for latex in formulas(text):
        try:
            Latex(latex).svg()
        except Exception:  # whatever it raises for what it can't read
            raise ValueError(f"the formula ${latex[:80]}$ can't be set: correct its LaTeX.") from None


def _check_size(latex: str) -> None:
    """Setting a formula takes a time that doubles or more with each level of nesting."""
    if len(latex) > LONGEST_FORMULA:
        raise ValueError(f"a formula has {len(latex):,} characters: at most {LONGEST_FORMULA} are allowed.")
    depth = 0
    for bracket in _BRACKET.findall(latex):
        depth += 1 if bracket in _OPENING else -1
        if depth > DEEPEST_FORMULA:
            raise ValueError(f"the formula ${latex[:80]}$ nests more than {DEEPEST_FORMULA} deep: write it simpler.")
