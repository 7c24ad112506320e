"""Fuzzy: how well typed letters name a thing, and which of its letters they are."""

from __future__ import annotations

from dataclasses import dataclass

_AT_WORD = 3.0
"""Worth of a letter in a run from the beginning of a word; of a run inside one; of a letter alone."""
_INSIDE = 2.0
_ALONE = 1.0
_WORD_START = 0.8
"""More for a lone letter that begins a word."""
_SKIPPED = 0.05
"""Less for each letter between two that were typed in a row."""


@dataclass(frozen=True)
class Match:
    """`score`: the higher the better. `letters`: places in the text that were typed."""

    score: float
    letters: frozenset[int]


def match(text: str, typed: str) -> Match | None:
    """Find every word of `typed` in `text`, whole or as letters in their order; None where one is not in it.

    Nothing typed matches everything.
    """
    score, letters = 0.0, frozenset[int]()
    told = text.casefold()
    if len(told) != len(text):  # some letters fold into two; then places would be wrong
        told = text.lower()
    for word in typed.casefold().split():
        found = _find_run(told, word) or _find_letters(told, word)
        if found is None:
            return None
        score, letters = score + found.score, letters | found.letters
    return Match(score - 0.01 * len(text), letters)


def _find_run(text: str, word: str) -> Match | None:
    """`word` as a whole, rather at the beginning of a word."""
    places = [place for place in range(len(text) - len(word) + 1) if text.startswith(word, place)]
    if not places:
        return None
    place = next((each for each in places if _begins_word(text, each)), places[0])
    worth = _AT_WORD if _begins_word(text, place) else _INSIDE
    return Match(worth * len(word), frozenset(range(place, place + len(word))))


def _find_letters(text: str, word: str) -> Match | None:
    """The letters of `word` in their order, rather those that begin words."""
    score, place = 0.0, 0
    letters: list[int] = []
    for letter in word:
        rest = [each for each in range(place, len(text)) if text[each] == letter]
        if not rest:
            return None
        first = rest[0]
        if not (letters and first == letters[-1] + 1):
            first = next((each for each in rest if _begins_word(text, each) and _fits(text, each, word, letter)), first)
        score += _ALONE + (_WORD_START if _begins_word(text, first) else 0) - _SKIPPED * (first - place)
        letters.append(first)
        place = first + 1
    return Match(score, frozenset(letters)) if score > 0 else None


def _fits(text: str, place: int, word: str, letter: str) -> bool:
    """Whether the letters of `word` that follow its first `letter` are still to come in `text` behind `place`."""
    at = place + 1
    for each in word[word.index(letter) + 1 :]:
        at = text.find(each, at) + 1
        if at == 0:
            return False
    return True


def _begins_word(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()
