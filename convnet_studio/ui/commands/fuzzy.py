"""Fuzzy: how well typed letters name a thing, and which of its letters they are."""

from __future__ import annotations

from dataclasses import dataclass

_AT_WORD = 3.0
"""Worth of a letter of a word that was typed as it begins; of one in the middle of a word; of scattered letters."""
_INSIDE = 2.0
_SCATTERED = 1.0
_MOST_WAYS = 50
"""In which the letters typed so far can lie in a text; further ones are not followed."""


@dataclass(frozen=True)
class Match:
    """`score`: the higher the better. `letters`: places in the text that were typed."""

    score: float
    letters: frozenset[int]


def match(text: str, typed: str) -> Match | None:
    """Find every word of `typed` in `text`; None where one is not in it. Nothing typed matches everything.

    A word is found whole, or as beginnings of words: ``sb`` and ``steba`` in "Step batch", ``lcn`` in
    "LocalContrastNorm".
    """
    score, letters = 0.0, frozenset[int]()
    told = text.lower() if len(text.lower()) == len(text) else text  # else places would be wrong
    starts = frozenset(place for place in range(len(text)) if _begins_word(text, place))
    for word in typed.lower().split():
        found = _find_run(told, word, starts) or _find_beginnings(told, word, starts)
        if found is None:
            return None
        score, letters = score + found.score, letters | found.letters
    return Match(score - 0.01 * len(text), letters)


def _find_run(text: str, word: str, starts: frozenset[int]) -> Match | None:
    """`word` as a whole, rather where a word begins."""
    places = [place for place in range(len(text) - len(word) + 1) if text.startswith(word, place)]
    if not places:
        return None
    place = next((each for each in places if each in starts), places[0])
    worth = _AT_WORD if place in starts else _INSIDE
    return Match(worth * len(word), frozenset(range(place, place + len(word))))


def _find_beginnings(text: str, word: str, starts: frozenset[int]) -> Match | None:
    """The letters of `word` in their order, each behind the one before or at the beginning of a later word."""
    ways: list[tuple[int, ...]] = [()]
    for letter in word:
        ways = [
            (*way, place)
            for way in ways[:_MOST_WAYS]
            for place in sorted({*starts, *(each + 1 for each in way[-1:])})
            if place > max(way, default=-1) and text[place : place + 1] == letter
        ]
    return Match(_SCATTERED * len(word), frozenset(ways[0])) if ways else None


def _begins_word(text: str, place: int) -> bool:
    """Also inside of ``LocalContrastNorm`` and ``Conv2d``."""
    if place == 0 or not text[place - 1].isalnum():
        return text[place].isalnum()
    return (text[place].isupper() and text[place - 1].islower()) or (
        text[place].isdigit() and not text[place - 1].isdigit()
    )
