"""Expressions: formulas that people type, read into a list of steps and computed on arrays; nothing else is ever run.

``parse("x * sigmoid(2x)")`` is refused with the column and what would be right there; ``parse("x * sigmoid(2 * x)")``
becomes an `Expression`, which computes values and exact slopes. The grammar, from what binds least to what binds most:

    comparison = sum [ ("<" | ">" | "<=" | ">=") sum ]        1 where it holds, 0 where not
    sum        = product { ("+" | "-") product }
    product    = signed { ("*" | "/") signed }
    signed     = ("-" | "+") signed | power
    power      = atom [ ("^" | "**") signed ]                 so -x^2 is -(x^2), and 2^3^2 is 2^(3^2)
    atom       = number | name | function "(" comparison { "," comparison } ")" | "(" comparison ")"
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.expression_operations import FUNCTIONS, OPERATIONS

Number = float | NDArray[Any]

LONGEST = 300
"""Characters of a formula at most."""
DEEPEST = 30
"""Brackets within brackets, signs and powers at most."""
MOST_STEPS = 120
LARGEST_POWER = 64
"""Whole powers up to this one are products, so that they suit numbers below 0; larger ones must be of positive ones."""

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e}

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|[<>]=|[-+*/^(),<>])"
)
_SPELLINGS = str.maketrans("−·×÷", "-**/")
_BOUNDED = ("tanh", "sigmoid", "sin", "cos")
_COMPARISONS = {
    ">": ("greater", False),
    "<": ("greater", True),
    "<=": ("not_greater", False),
    ">=": ("not_greater", True),
}
"""Operation, and whether its arguments are exchanged."""


@dataclass(frozen=True)
class Step:
    """One operation on the results of earlier steps, a name, or a number.

    Attributes:
        operation: a key of `OPERATIONS`, or "name" or "number".
        arguments: indices of the steps that it takes.
        name: of a variable. `number`: of a constant.
    """

    operation: str
    arguments: tuple[int, ...] = ()
    name: str = ""
    number: float = 0.0


@dataclass(frozen=True)
class Expression:
    """A formula as steps, each after those that it takes; the last one is the result."""

    text: str
    steps: tuple[Step, ...]

    def value(self, /, **names: Number) -> Number:
        """The result for these values of the names, a number or an array; not finite where the formula has no value."""
        with np.errstate(all="ignore"):
            return self._values(names)[-1]

    def value_and_slope(self, by: str, **names: Number) -> tuple[Number, Number]:
        """The result and its derivative by the name `by`, exact by the chain rule, step by step (dual numbers).

        At a kink it is the middle of both sides' slopes for abs, max and min, and the slope of the branch taken for
        where. sign and comparisons have none; that of sqrt is 0 at 0.
        """
        with np.errstate(all="ignore"):
            values = self._values(names)
            slopes: list[Number] = []
            for step, value in zip(self.steps, values, strict=True):
                if step.arguments:
                    taken = [values[i] for i in step.arguments]
                    slopes.append(OPERATIONS[step.operation].slope(value, *taken, *(slopes[i] for i in step.arguments)))
                else:
                    slopes.append(1.0 if step.name == by else 0.0)
            return values[-1], slopes[-1]

    def sensitivity(self, **names: float) -> float:
        """How far the result moves where every step is off by its own size, in first order: Σ |∂y/∂v| |v|.

        Times the error of one rounding, that is what rounding each step can do (Linnainmaa, Taylor expansion of the
        accumulated rounding error, 1976). What tanh, sigmoid, sin and cos give counts as 1 at least.
        """
        with np.errstate(all="ignore"):
            values = self._values(names)
            by = [0.0] * len(values)
            by[-1] = 1.0
            total = 0.0
            for at in range(len(values) - 1, -1, -1):
                step, size = self.steps[at], abs(float(values[at]))
                if not step.arguments or not by[at]:
                    continue
                total += abs(by[at]) * (max(size, 1.0) if step.operation in _BOUNDED else size)
                taken = [values[i] for i in step.arguments]
                for place, argument in enumerate(step.arguments):
                    one = [1.0 if each == place else 0.0 for each in range(len(taken))]
                    by[argument] += by[at] * float(OPERATIONS[step.operation].slope(values[at], *taken, *one))
            return total

    def _values(self, names: Mapping[str, Number]) -> list[Number]:
        values: list[Number] = []
        for step in self.steps:
            if step.arguments:
                values.append(OPERATIONS[step.operation].value(*(values[i] for i in step.arguments)))
            else:
                values.append(names[step.name] if step.name else step.number)
        return values


def parse(text: str, names: Collection[str] = ("x",)) -> Expression:
    """Read a formula of these names.

    Raises:
        ValueError: one sentence that names the column (counted from 1) and what would be right.
    """
    if len(text) > LONGEST:
        raise ValueError(f"The formula has {len(text)} characters: at most {LONGEST} are allowed.")
    reader = _Reader(text, names)
    result = reader.comparison(0)
    reader.end()
    return Expression(text.strip(), _needed(reader.steps, result))


def _needed(steps: list[Step], result: int) -> tuple[Step, ...]:
    """The steps that `result` takes, and it as the last one."""
    needed = {result}
    for index in range(result, -1, -1):
        if index in needed:
            needed.update(steps[index].arguments)
    places = {index: place for place, index in enumerate(sorted(needed))}
    return tuple(replace(steps[i], arguments=tuple(places[j] for j in steps[i].arguments)) for i in places)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


class _Reader:
    """Reads tokens from left to right; each method reads one rule of the grammar and returns the index of its step."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self._names = names
        self._tokens = _tokens(text)
        self._at = 0
        self._known: dict[Step, int] = {}
        self.steps: list[Step] = []

    def comparison(self, depth: int) -> int:
        if depth > DEEPEST:
            raise self._wrong(f"brackets, signs and powers are more than {DEEPEST} deep: write it simpler")
        left = self._sum(depth)
        if self._next.text not in _COMPARISONS:
            return left
        operation, turned = _COMPARISONS[self._take().text]
        right = self._sum(depth)
        if self._next.text in _COMPARISONS:
            raise self._wrong("compare two numbers at a time, and multiply what must hold together")
        return self._step(operation, *((right, left) if turned else (left, right)))

    def end(self) -> None:
        """Nothing may be left over."""
        if self._next.text in (")", ","):
            raise self._wrong(f"there is no '(' before this {self._next.text!r}: leave it out or open one")
        if self._next.kind != "end":
            raise self._wrong(f"put an operator, such as *, before {self._next.text!r}")

    def _sum(self, depth: int) -> int:
        left = self._product(depth)
        while self._next.text in ("+", "-"):
            operation = "add" if self._take().text == "+" else "subtract"
            left = self._step(operation, left, self._product(depth))
        return left

    def _product(self, depth: int) -> int:
        left = self._signed(depth)
        while self._next.text in ("*", "/"):
            operation = "multiply" if self._take().text == "*" else "divide"
            left = self._step(operation, left, self._signed(depth))
        return left

    def _signed(self, depth: int) -> int:
        if depth > DEEPEST:
            raise self._wrong(f"brackets, signs and powers are more than {DEEPEST} deep: write it simpler")
        if self._next.text == "+":
            self._take()
            return self._signed(depth + 1)
        if self._next.text == "-":
            self._take()
            return self._step("negative", self._signed(depth + 1))
        return self._power(depth)

    def _power(self, depth: int) -> int:
        base = self._atom(depth)
        if self._next.text not in ("^", "**"):
            return base
        self._take()
        exponent = self._signed(depth + 1)
        step = self.steps[exponent]
        if step.operation != "number":
            return self._step("power", base, exponent)
        if step.number == 0.5:
            return self._step("sqrt", base)
        if step.number.is_integer() and abs(step.number) <= LARGEST_POWER:
            return self._whole_power(base, int(step.number))
        return self._step("power", base, exponent)

    def _whole_power(self, base: int, exponent: int) -> int:
        """Products of squares of squares, so that numbers below 0 have powers too."""
        result, square, left = self._number(1.0), base, abs(exponent)
        first = result
        while left:
            if left % 2:
                result = square if result == first else self._step("multiply", result, square)
            left //= 2
            if left:
                square = self._step("multiply", square, square)
        return result if exponent >= 0 else self._step("divide", first, result)

    def _atom(self, depth: int) -> int:
        token = self._take()
        if token.kind == "number":
            return self._number(float(token.text), token)
        if token.kind == "name":
            return self._call(token, depth) if self._next.text == "(" else self._name(token)
        if token.text == "(":
            inside = self.comparison(depth + 1)
            self._expect(")", token)
            return inside
        found = "it ends" if token.kind == "end" else f"there is {token.text!r}"
        raise self._wrong(f"{found} where a number, {_either([*self._names, '('])} is needed", token)

    def _name(self, token: _Token) -> int:
        if token.text in self._names:
            return self._add(Step("name", name=token.text))
        if token.text in CONSTANTS:
            return self._number(CONSTANTS[token.text])
        if token.text in FUNCTIONS:
            example = ", ".join([*self._names, "0", "1"][: FUNCTIONS[token.text]])
            raise self._wrong(f"{token.text} needs brackets, such as {token.text}({example})", token)
        known = ", ".join([*self._names, *CONSTANTS, *FUNCTIONS])
        raise self._wrong(f"{token.text!r} is not known: there are {known}", token)

    def _call(self, name: _Token, depth: int) -> int:
        if name.text in self._names or name.text in CONSTANTS:
            raise self._wrong(f"{name.text} is no function: put an operator, such as *, before '('")
        if name.text not in FUNCTIONS:
            raise self._wrong(f"the function {name.text!r} is not known: there are {', '.join(FUNCTIONS)}", name)
        bracket = self._take()
        taken = [self.comparison(depth + 1)]
        while self._next.text == ",":
            self._take()
            taken.append(self.comparison(depth + 1))
        self._expect(")", bracket)
        wanted = FUNCTIONS[name.text]
        if name.text in ("max", "min") and len(taken) > wanted:
            result = taken[0]
            for each in taken[1:]:
                result = self._step(name.text, result, each)
            return result
        if len(taken) != wanted:
            numbers = "1 number" if wanted == 1 else f"{wanted} numbers, separated by commas"
            raise self._wrong(f"{name.text} takes {numbers}, not {len(taken)}", name)
        return self._step(name.text, *taken)

    def _step(self, operation: str, *arguments: int) -> int:
        """A step, or its number at once where all it takes are numbers."""
        taken = [self.steps[i] for i in arguments]
        if all(each.operation == "number" for each in taken):
            with np.errstate(all="ignore"):
                numbers = [np.float64(each.number) for each in taken]
                return self._number(float(OPERATIONS[operation].value(*numbers)))
        return self._add(Step(operation, arguments))

    def _number(self, value: float, token: _Token | None = None) -> int:
        if not math.isfinite(value):
            where = token or self._tokens[max(0, self._at - 1)]
            raise ValueError(
                f"Column {where.column}: this is no finite number: write a smaller one or another formula."
            )
        return self._add(Step("number", number=value))

    def _add(self, step: Step) -> int:
        """Every step once: what is written twice is computed once."""
        if step not in self._known:
            if len(self.steps) >= MOST_STEPS:
                raise self._wrong(f"the formula takes more than {MOST_STEPS} operations: write it simpler")
            self._known[step] = len(self.steps)
            self.steps.append(step)
        return self._known[step]

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _expect(self, sign: str, opened: _Token) -> None:
        if self._next.text != sign:
            if self._next.kind == "end":
                raise self._wrong(f"')' is missing for the '(' of column {opened.column}")
            raise self._wrong(f"put an operator, such as *, or ')' before {self._next.text!r}")
        self._take()

    def _wrong(self, what: str, token: _Token | None = None) -> ValueError:
        """What is wrong at `token`, or at the next one."""
        return ValueError(f"Column {(token or self._next).column}: {what}.")


def _tokens(text: str) -> list[_Token]:
    """Cut a text into tokens, the last of them "end"."""
    tokens = []
    position = 0
    plain = text.translate(_SPELLINGS)
    while position < len(plain):
        if plain[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(plain, position)
        if match is None:
            raise ValueError(f"Column {position + 1}: {_misunderstood(plain[position])}.")
        tokens.append(_Token(str(match.lastgroup), match.group(), position + 1))
        position = match.end()
    return [*tokens, _Token("end", "", len(plain) + 1)]


def _misunderstood(sign: str) -> str:
    hints = {
        "|": "write abs(...) for |...|",
        "=": "write only what y is, without '=', and compare with <, >, <= or >=",
        "[": "use round brackets",
        "{": "use round brackets",
        "²": "write ^2",
        "³": "write ^3",
        "%": "write / 100 instead",
    }
    return hints.get(sign, f"{sign!r} means nothing here: use numbers, names, + - * / ^ < > and brackets")


def _either(words: list[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}"
