"""Lua tokens: the words of a listing, each with its line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEYWORDS = frozenset(
    {
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not",
        "or", "repeat", "return", "then", "true", "until", "while",
    }
)  # fmt: skip
_SIGNS = ("..", "==", "~=", "<=", ">=", *"+-*/%^#<>=(){}[];:,.")
_DASHES = "–—"
"""What slides make of two hyphens."""


class LuaError(ValueError):
    """A listing can't be followed: one sentence that begins with the line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"Line {line}: {what}")
        self.line = line


@dataclass(frozen=True)
class Token:
    """A word of the listing; `kind` is name, keyword, number, string, sign, end, or odd for what is no Lua."""

    kind: str
    text: str
    line: int
    value: Any = None


def tokens(text: str) -> list[Token]:
    """The words of a listing, the last of kind "end"."""
    found: list[Token] = []
    at, line = 0, 1
    while at < len(text):
        char = text[at]
        if char == "\n":
            line += 1
            at += 1
        elif char.isspace():
            at += 1
        elif text.startswith("--[[", at):
            end = text.find("]]", at)
            if end < 0:
                raise LuaError(line, "this comment has no end: ]] was expected.")
            line += text.count("\n", at, end)
            at = end + 2
        elif text.startswith("--", at) or char in _DASHES:
            at = _line_end(text, at)
        else:
            token = _token(text, at, line)
            found.append(token)
            at += len(token.text)
            line += token.text.count("\n")
    return [*found, Token("end", "", line)]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _token(text: str, at: int, line: int) -> Token:
    char = text[at]
    if char.isalpha() or char == "_":
        word = _while(text, at, lambda c: c.isalnum() or c == "_")
        return Token("keyword" if word in KEYWORDS else "name", word, line)
    if char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit()):
        return _number(text, at, line)
    if char in "\"'":
        return _string(text, at, line)
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return Token("sign", sign, line)
    return Token("odd", char, line)


def _while(text: str, at: int, suits: Callable[[str], bool]) -> str:
    end = at
    while end < len(text) and suits(text[end]):
        end += 1
    return text[at:end]


def _number(text: str, at: int, line: int) -> Token:
    word = _while(text, at, lambda c: c.isalnum() or c in "._")
    if word[-1] in "eE" and text[at + len(word) : at + len(word) + 1] in ("+", "-"):
        word += text[at + len(word)] + _while(text, at + len(word) + 1, str.isdigit)
    try:
        value = float(int(word, 16)) if word[:2] in ("0x", "0X") else float(word)
    except ValueError:
        return Token("odd", word, line)
    return Token("number", word, line, value) if math.isfinite(value) and "_" not in word else Token("odd", word, line)


def _string(text: str, at: int, line: int) -> Token:
    end = at + 1
    while end < len(text) and text[end] not in (text[at], "\n"):
        end += 2 if text[end] == "\\" else 1
    if end >= len(text) or text[end] != text[at]:
        raise LuaError(line, f"this text has no end: {text[at]} was expected.")
    whole = text[at : end + 1]
    return Token("string", whole, line, whole[1:-1])
