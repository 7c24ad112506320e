"""Lua: the part of the language in which networks are listed, read and followed step by step; nothing else ever runs.

    chunk     = { statement [";"] }
    statement = ["local"] name {"," name} ["=" list] | place "=" list | call | "return" [list]
    list      = sum {"," sum}
    sum       = product { ("+" | "-") product }        product = signed { ("*" | "/" | "%") signed }
    signed    = "-" signed | power                     power   = postfix [ "^" signed ]
    postfix   = ( name | "(" sum ")" ) { "." name | "[" sum "]" | ":" name arguments | arguments } | atom
    arguments = "(" [list] ")" | table | string
    table     = "{" [ field { ("," | ";") field } ] "}"   field = [ name "=" | "[" sum "]" "=" ] sum
    atom      = number | string | "true" | "false" | "nil" | table

What names mean is the affair of the host: it gives values, of which those with `call`, `method` and `field` answer.
After Ierusalimschy, de Figueiredo and Celes, The Lua reference manual (version 5.1), sec. 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from convnet_studio.engine.export.lua_tokens import LuaError, Token, tokens

LONGEST = 200_000
"""Characters of a listing at most."""
DEEPEST = 60
"""Brackets within brackets at most."""
MOST_STATEMENTS = 10_000
LONGEST_TEXT = 1000
"""Characters of a text that is put together."""


@dataclass
class Table:
    """A table: values by key; places count from 1."""

    values: dict[Any, Any] = field(default_factory=dict)

    def items(self) -> list[Any]:
        """What lies at the places 1, 2, ... up to the first gap."""
        found: list[Any] = []
        while len(found) + 1 in self.values:
            found.append(self.values[len(found) + 1])
        return found


class Host:
    """What a listing is followed with: the names that it may use.

    Attributes:
        names: values by name; statements add theirs.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names: dict[str, Any] = dict(names)

    def missing(self, name: str, line: int) -> Any:
        """The value of a name that nobody gave; LuaError where there is none."""
        raise LuaError(line, f"{name} has no value: write {name} = ... before.")

    def note_prose(self, text: str, line: int) -> None:
        """A line was no statement, but words, such as a comment that lost its dashes: it was left out."""

    def assigned(self, name: str, value: Any, line: int) -> None:
        """A name got a value."""
        self.names[name] = value


Function = Callable[[list[Any], int], Any]
"""(arguments, line) to a value; a value of the host that can be called is one."""


def follow(text: str, host: Host) -> list[Any]:
    """Read `text` and carry out its statements one by one; what it returns at its end.

    Raises:
        LuaError: at the first thing that is not understood or does not go.
    """
    if len(text) > LONGEST:
        raise LuaError(1, f"a listing may have {LONGEST:,} characters, not {len(text):,}.")
    return _Follower(tokens(text), host).chunk()


@dataclass
class _Place:
    """Something that a value can be assigned to: a name, or a field of a table."""

    name: str = ""
    table: Table | None = None
    key: Any = None


class _Follower:
    """Reads tokens from left to right and computes as it reads; each method is one rule of the grammar."""

    def __init__(self, words: list[Token], host: Host) -> None:
        self._words = words
        self._at = 0
        self._host = host
        self._depth = 0

    # ---------------------------------------------------------------- statements

    def chunk(self) -> list[Any]:
        count = 0
        while self._next.kind != "end":
            count += 1
            if count > MOST_STATEMENTS:
                raise LuaError(self._next.line, f"a listing may have {MOST_STATEMENTS:,} statements.")
            if self._is("return"):
                self._take()
                return [] if self._next.kind == "end" else self._list()
            self._statement()
            while self._is(";"):
                self._take()
        return []

    def _statement(self) -> None:
        first = self._next
        if self._is("local"):
            self._take()
            names = [self._name("a name after local").text]
            while self._accept(","):
                names.append(self._name("a name").text)
            self._assign([_Place(each) for each in names], self._list() if self._accept("=") else [], first.line)
        elif self._skip_prose():
            return
        elif first.kind == "keyword":
            raise LuaError(first.line, f"{first.text!r} can't be followed here: a listing has assignments and calls.")
        else:
            self._assignment_or_call()

    def _assignment_or_call(self) -> None:
        first = self._next
        place, _, was_call = self._postfix(is_statement=True)
        if self._is("=") or self._is(","):
            places = [place]
            while self._accept(","):
                places.append(self._postfix(is_statement=True)[0])
            if any(each is None for each in places):
                raise LuaError(first.line, "only a name or a field of a table can get a value.")
            self._expect("=", "'='")
            self._assign([each for each in places if each], self._list(), first.line)
        elif not was_call:
            raise self._unexpected("'=' or '('", f"after {first.text!r}")

    def _skip_prose(self) -> bool:
        """Whether the line is words: two names, or a name and a number, side by side begin no statement of Lua."""
        first, second = self._next, self._words[min(self._at + 1, len(self._words) - 1)]
        beside = second.line == first.line and second.kind in ("name", "number", "odd")
        if first.kind == "odd" or (first.kind == "name" and beside):
            words = []
            while self._next.line == first.line and self._next.kind != "end":
                words.append(self._take().text)
            self._host.note_prose(" ".join(words), first.line)
            return True
        return False

    def _assign(self, places: list[_Place], values: list[Any], line: int) -> None:
        for index, place in enumerate(places):
            value = values[index] if index < len(values) else None
            if place.table is not None:
                place.table.values[_key(place.key)] = value
            else:
                self._host.assigned(place.name, value, line)

    # ---------------------------------------------------------------- expressions

    def _list(self) -> list[Any]:
        values = [self._sum()]
        while self._accept(","):
            values.append(self._sum())
        return values

    def _sum(self) -> Any:
        self._go_deeper()
        left = self._product()
        while self._is("+") or self._is("-") or self._is(".."):
            sign = self._take()
            left = _arithmetic(sign, left, self._product())
        self._depth -= 1
        if self._next.text in ("==", "~=", "<=", ">=", "<", ">", "and", "or") and self._next.kind in (
            "sign",
            "keyword",
        ):
            raise LuaError(
                self._next.line, f"{self._next.text!r} can't be followed: a listing only adds and multiplies."
            )
        return left

    def _product(self) -> Any:
        left = self._signed()
        while self._is("*") or self._is("/") or self._is("%"):
            sign = self._take()
            left = _arithmetic(sign, left, self._signed())
        return left

    def _signed(self) -> Any:
        self._go_deeper()
        value = self._with_sign() if self._is("-") or self._is("#") else self._power()
        self._depth -= 1
        return value

    def _go_deeper(self) -> None:
        self._depth += 1
        if self._depth > 2 * DEEPEST:  # a bracket is a sum and a signed
            raise LuaError(self._next.line, f"brackets and signs are more than {DEEPEST} deep: write it simpler.")

    def _with_sign(self) -> Any:
        sign = self._take()
        value = self._signed()
        if sign.text == "-":
            return _arithmetic(sign, 0.0, value)
        if not isinstance(value, Table):
            raise LuaError(sign.line, "# counts what lies in a table: a table was expected after it.")
        return float(len(value.items()))

    def _power(self) -> Any:
        _, base, _ = self._postfix()
        if self._is("^"):
            sign = self._take()
            return _arithmetic(sign, base, self._signed())
        return base

    def _postfix(self, is_statement: bool = False) -> tuple[_Place | None, Any, bool]:
        """A value; before it the place that it lies in, behind it whether it is what a call gave."""
        token = self._take()
        place: _Place | None = None
        if token.kind == "name":
            place = _Place(token.text)
            if is_statement and (self._is("=") or self._is(",")):
                return place, None, False
            value = self._value_of(token)
        elif token.text == "(" and token.kind == "sign":
            value = self._sum()
            self._expect(")", "')'")
        else:
            return None, self._atom(token), False
        was_call = False
        while True:
            line = self._next.line
            if self._is(".") or self._is("["):
                key = self._field_key()
                if is_statement and isinstance(value, Table) and (self._is("=") or self._is(",")):
                    return _Place("", value, key), None, False
                place, was_call, value = None, False, _field_of(value, key, line)
            elif self._is(":"):
                self._take()
                name = self._name("the name of a method after ':'")
                place, was_call, value = None, True, _method(value, name, self._arguments())
            elif self._begins_arguments(token):
                place, was_call, value = None, True, _call(value, self._arguments(), line, token.text)
            else:
                return place, value, was_call

    def _begins_arguments(self, first: Token) -> bool:
        """A bracket on a new line begins a new statement, though Lua itself would read on."""
        if self._next.kind == "string" or self._is("{"):
            return self._next.line == self._words[self._at - 1].line
        return self._is("(")

    def _field_key(self) -> Any:
        if self._accept("."):
            return self._name("a name after '.'").text
        self._take()
        key = self._sum()
        self._expect("]", "']'")
        return key

    def _arguments(self) -> list[Any]:
        if self._next.kind == "string":
            return [self._take().value]
        if self._is("{"):
            return [self._table(self._take())]
        self._expect("(", "'(' with arguments")
        if self._accept(")"):
            return []
        values = self._list()
        self._expect(")", "',' or ')'")
        return values

    def _atom(self, token: Token) -> Any:
        if token.kind in ("number", "string"):
            return token.value
        if token.kind == "sign" and token.text == "{":
            return self._table(token)
        if token.kind == "keyword" and token.text in ("true", "false", "nil"):
            return {"true": True, "false": False, "nil": None}[token.text]
        self._at -= 1 if token.kind != "end" else 0
        raise self._unexpected("a number, a name, a text, '{' or '('")

    def _table(self, opened: Token) -> Table:
        table, place = Table(), 1
        while not self._accept("}"):
            if self._next.kind == "end":
                raise LuaError(self._next.line, f"'}}' was expected, for the '{{' of line {opened.line}.")
            following = self._words[min(self._at + 1, len(self._words) - 1)]
            if self._next.kind == "name" and following.text == "=" and following.kind == "sign":
                key: Any = self._take().text
                self._take()
            elif self._is("["):
                key = self._field_key()
                self._expect("=", "'='")
            else:
                key, place = float(place), place + 1
            table.values[_key(key)] = self._sum()
            if not (self._accept(",") or self._accept(";")) and not self._is("}"):
                raise self._unexpected("',' or '}'")
        return table

    # ---------------------------------------------------------------- tokens

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _is(self, text: str) -> bool:
        return self._next.text == text and self._next.kind in ("sign", "keyword")

    def _take(self) -> Token:
        token = self._words[self._at]
        self._at = min(self._at + 1, len(self._words) - 1)
        return token

    def _accept(self, text: str) -> bool:
        if self._is(text):
            self._take()
            return True
        return False

    def _expect(self, text: str, what: str) -> None:
        if not self._accept(text):
            raise self._unexpected(what)

    def _name(self, what: str) -> Token:
        if self._next.kind != "name":
            raise self._unexpected(what)
        return self._take()

    def _value_of(self, token: Token) -> Any:
        names = self._host.names
        return names[token.text] if token.text in names else self._host.missing(token.text, token.line)

    def _unexpected(self, what: str, where: str = "") -> LuaError:
        """The message that something else was expected at the next token."""
        token = self._next
        found = "the listing ends" if token.kind == "end" else f"there is {token.text!r}"
        return LuaError(token.line, f"{what} was expected{' ' + where if where else ''}, but {found}.")


def _key(key: Any) -> Any:
    return int(key) if isinstance(key, float) and key.is_integer() else key


def _field_of(value: Any, key: Any, line: int) -> Any:
    if isinstance(value, Table):
        found = value.values.get(_key(key))
        if found is None:
            count = len(value.items())
            raise LuaError(line, f"the table has nothing at {_shown(key)}: it holds {count} values.")
        return found
    if hasattr(value, "field"):
        return value.field(key, line)
    raise LuaError(line, f"{_shown(value)} has no fields: a table was expected before {_shown(key)}.")


def _method(value: Any, name: Token, arguments: list[Any]) -> Any:
    if hasattr(value, "method"):
        return value.method(name.text, arguments, name.line)
    raise LuaError(name.line, f"{_shown(value)} has no method {name.text}: a module was expected before ':'.")


def _call(value: Any, arguments: list[Any], line: int, name: str) -> Any:
    if hasattr(value, "call"):
        return value.call(arguments, line)
    if callable(value):
        return value(arguments, line)
    raise LuaError(line, f"{name} can't be called: a function was expected before '('.")


def _arithmetic(sign: Token, left: Any, right: Any) -> Any:
    if sign.text == "..":
        joined = "".join(each if isinstance(each, str) else _shown(each) for each in (left, right))
        if len(joined) > LONGEST_TEXT:
            raise LuaError(sign.line, f"a text may have {LONGEST_TEXT:,} characters.")
        return joined
    for each in (left, right):
        if isinstance(each, bool) or not isinstance(each, int | float):
            raise LuaError(sign.line, f"{sign.text!r} takes numbers, not {_shown(each)}.")
    try:
        operations: dict[str, Callable[[], float]] = {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "%": lambda: left % right,
            "^": lambda: float(left**right),
        }
        value = operations[sign.text]()
    except (ZeroDivisionError, OverflowError, TypeError):
        value = math.nan
    if not math.isfinite(value):
        raise LuaError(sign.line, f"{_shown(left)} {sign.text} {_shown(right)} is no finite number.")
    return value


def _shown(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value[:40]
    return {Table: "a table", type(None): "nil", bool: str(value).lower()}.get(type(value), str(value)[:60])
