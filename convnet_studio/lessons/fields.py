"""Fields: a table of a lesson file, read key by key; whatever is wrong is one sentence that says where."""

from __future__ import annotations

import contextlib
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

T = TypeVar("T")

LONGEST_TEXT = 4000
LONGEST_LIST = 200
LONGEST_SENTENCE = 500
"""Characters."""


class LessonProblem(ValueError):
    """What is wrong in a lesson, in one sentence: where, what, and what would be right.

    Of a long one the middle is left out: a file may hold keys and values of any length.
    """

    def __init__(self, sentence: str) -> None:
        if len(sentence) > LONGEST_SENTENCE:
            sentence = f"{sentence[: LONGEST_SENTENCE - 150]} … {sentence[-140:]}"
        super().__init__(sentence)


class Fields:
    """One table. Every key that is read is ticked off; `end` refuses those that are left.

    Args:
        table: as TOML gives it.
        where: what a sentence begins with, such as ``page 3 "The saddle", check``.
    """

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, Mapping):
            raise LessonProblem(f"{where}: this must be a table with keys and values.")
        self.where = where
        self._left: dict[str, object] = dict(table)

    def wrong(self, what: str) -> LessonProblem:
        """A problem at this place."""
        return LessonProblem(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is given and not yet read."""
        return key in self._left

    def take(self, key: str, default: object = MISSING) -> Any:
        """The value of a key, of whatever type."""
        if key in self._left:
            return self._left.pop(key)
        if default is MISSING:
            raise self.wrong(f"{key} is missing.")
        return default

    def text(self, key: str, default: object = MISSING, longest: int = LONGEST_TEXT) -> str:
        """A text, without spaces around it."""
        value = self.take(key, default)
        if not isinstance(value, str):
            raise self.wrong(f"{key} must be a text in quotation marks.")
        if len(value) > longest:
            raise self.wrong(f"{key} has {len(value):,} characters: at most {longest:,} are allowed.")
        return value.strip()

    def number(self, key: str, default: object = MISSING) -> float:
        """A finite number."""
        value = self.take(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            with contextlib.suppress(OverflowError):  # a whole number may have thousands of digits
                if math.isfinite(value):
                    return float(value)
        raise self.wrong(f"{key} must be a number.")

    def whole(self, key: str, default: object = MISSING, low: int = 0, high: int = 10**9) -> int:
        """A whole number within bounds."""
        value = self.take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(f"{key} must be a whole number from {low:,} to {high:,}.")
        return value

    def flag(self, key: str, default: object = MISSING) -> bool:
        """True or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} must be true or false.")
        return value

    def items(self, key: str, default: object = MISSING, longest: int = LONGEST_LIST) -> list[Any]:
        """A list of whatever."""
        value = self.take(key, default)
        if not isinstance(value, list | tuple):
            raise self.wrong(f"{key} must be a list in square brackets.")
        if len(value) > longest:
            raise self.wrong(f"{key} has {len(value):,} entries: at most {longest:,} are allowed.")
        return list(value)

    def texts(self, key: str, default: object = MISSING) -> tuple[str, ...]:
        """A list of texts."""
        entries = self.items(key, default)
        if not all(isinstance(each, str) and len(each) <= LONGEST_TEXT for each in entries):
            raise self.wrong(f"{key} must be a list of texts, each in quotation marks.")
        return tuple(each.strip() for each in entries)

    def table(self, key: str) -> Fields | None:
        """A table within this one, if it is there."""
        return Fields(self.take(key), f"{self.where}, {key}") if key in self._left else None

    def tables(self, key: str) -> list[Fields]:
        """A list of tables, numbered from 1 in sentences."""
        entries = self.items(key, ())
        return [Fields(each, f"{self.where}, {key} {number}") for number, each in enumerate(entries, 1)]

    def rest(self) -> dict[str, Any]:
        """All keys that were not read yet."""
        rest, self._left = self._left, {}
        return rest

    def end(self) -> None:
        """Refuse keys that nobody has read."""
        if self._left:
            unknown = ", ".join(map(repr, self._left))
            raise self.wrong(f"the key {unknown} is not known here: take it out or correct its spelling.")

    def into(self, kind: type[T]) -> T:
        """A frozen dataclass whose fields are read by their types; keys that it has no field for are refused."""
        assert is_dataclass(kind)
        hints = typing.get_type_hints(kind)
        values = {}
        for each in fields(kind):
            default = each.default if each.default is not MISSING else MISSING
            if each.default_factory is not MISSING:
                default = each.default_factory()
            if each.name in self._left or default is MISSING:
                values[each.name] = self._typed(each.name, hints[each.name])
        self.end()
        try:
            return typing.cast(T, kind(**values))
        except (ValueError, KeyError) as error:
            raise self.wrong(str(error.args[0])) from None
        except Exception as error:  # a file may hold anything, and no other lesson may suffer from it
            raise self.wrong(f"this can't be used ({error}): correct its keys and values.") from None

    def _typed(self, key: str, hint: Any) -> object:
        readers: dict[Any, Any] = {str: self.text, float: self.number, int: self.whole, bool: self.flag}
        if hint in readers:
            return readers[hint](key)
        if hint == tuple[int, ...]:
            return tuple(Fields({"entry": each}, f"{self.where}, {key}").whole("entry") for each in self.items(key))
        if hint == tuple[float, ...]:
            return tuple(Fields({"entry": each}, f"{self.where}, {key}").number("entry") for each in self.items(key))
        if hint == tuple[str, ...]:
            return self.texts(key)
        if hint == Mapping[str, object]:
            inner = self.table(key)
            return types.MappingProxyType(inner.rest() if inner else {})
        return self.take(key)
