"""Expressions: what is read, what is refused and in which words; values and slopes; nothing is ever run."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convnet_studio.engine.expression import DEEPEST, LONGEST, MOST_STEPS, parse
from convnet_studio.engine.expression_operations import FUNCTIONS, OPERATIONS
from convnet_studio.engine.kernels.formula import CODE
from convnet_studio.engine.slope_check import check_slope

X = np.array([-2.3, -1.2, -0.4, 0.3, 0.7, 1.1, 2.6])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("2 - 3 - 4", -5), ("24 / 4 / 2", 3), ("-2^2", -4), ("(-2)^2", 4),
        ("2^3^2", 512), ("2**-1", 0.5), ("2^-2^2", 1 / 16), ("--3", 3), ("+3 - -2", 5), ("1.5e2 + .5", 150.5),
        ("2 − 3 · 4 ÷ 2 × 1", -4), ("1 < 2", 1), ("2 <= 1", 0), ("1 + 1 >= 2", 1), ("max(1, 5, 3)", 5),
        ("min(4, 2, 3)", 2), ("where(2 > 1, 10, 20)", 10), ("where(0, 10, 20)", 20), ("sign(-3)", -1), ("e^0", 1),
        ("cos(pi)", -1), ("log(e)", 1), ("sqrt(16)", 4), ("abs(-2)", 2), ("4^0.5", 2), ("8^(1 / 3)", 2), ("x^0", 1),
    ],
)  # fmt: skip
def test_values_of_numbers(text: str, expected: float) -> None:
    value = parse(text).value(x=5.0)
    assert value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_and_operation_is_of_numpy_and_has_a_number_in_the_machine(function: str) -> None:
    peers = {"max": np.maximum, "min": np.minimum, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}
    if function == "where":
        found, exact = parse("where(x > y, x, y)", "xy").value(x=X, y=X[::-1]), np.maximum(X, X[::-1])
    elif FUNCTIONS[function] == 2:
        found, exact = parse(f"{function}(x, y)", "xy").value(x=X, y=X[::-1]), peers[function](X, X[::-1])
    else:
        found = parse(f"{function}(x)").value(x=np.abs(X))
        exact = peers.get(function, getattr(np, function, None))(np.abs(X))  # type: ignore[misc]
    np.testing.assert_allclose(found, exact, rtol=1e-14)
    assert set(CODE._fields) == set(OPERATIONS)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "it ends where a number, x or"),
        ("x +", 4, "it ends"),
        ("2x", 2, r"put an operator, such as \*, before"),
        ("(x + 1", 7, r"'\)' is missing for the '\(' of column 1"),
        ("x)", 2, r"no '\(' before this"),
        ("y + 1", 1, "'y' is not known: there are x, pi, e"),
        ("foo(x)", 1, "the function 'foo' is not known"),
        ("tanh x", 1, r"tanh needs brackets, such as tanh\(x\)"),
        ("x(2)", 2, "x is no function"),
        ("max(x)", 1, "max takes 2 numbers, separated by commas, not 1"),
        ("sin(x, 1)", 1, "sin takes 1 number, not 2"),
        ("y = x", 3, "without '='"),
        ("|x|", 1, r"write abs\(...\)"),
        ("x²", 2, r"write \^2"),
        ("1 < x < 2", 7, "two numbers at a"),
        ("x * 1e999", 5, "no finite number"),
        ("1 / 0", 5, "no finite number"),
        ("exp(1000)", 9, "no finite number"),
        ("x * * 2", 5, r"there is '\*'"),
        ("max(x, , 1)", 8, "there is ','"),
        ("x, 1", 2, r"no '\(' before this"),
        ("x; import os", 2, "means nothing here"),
        ("x.__class__", 2, "means nothing here"),
        ("'a'", 1, "means nothing here"),
        ("lambda x", 1, "'lambda' is not known"),
        ("__import__(1)", 1, "the function '__import__' is not known"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ValueError, match=words) as error:
        parse(text)
    assert str(error.value).startswith(f"Column {column}: ")
    assert str(error.value).endswith(".")


def test_length_depth_and_steps_are_bounded() -> None:
    parse("(" * DEEPEST + "x" + ")" * DEEPEST)
    for opening, closing in (("(", ")"), ("-", ""), ("x^", ""), ("abs(", ")")):
        with pytest.raises(ValueError, match="deep: write it simpler"):
            parse(opening * (DEEPEST + 2) + "x" + closing * (DEEPEST + 2))
    with pytest.raises(ValueError, match=f"at most {LONGEST} are allowed"):
        parse("x+" * LONGEST + "x")
    with pytest.raises(ValueError, match=f"more than {MOST_STEPS} operations"):
        parse("+".join(f"x^{each}" for each in range(60, 2, -1)))


def test_what_is_written_twice_is_computed_once() -> None:
    once, twice = parse("sin(x * x)"), parse("sin(x * x) + sin(x * x) * sin(x^2)")
    assert len(twice.steps) == len(once.steps) + 2
    assert [step.operation for step in parse("2 * 3 + 0 * 1").steps] == ["number"]


def test_names_are_those_that_are_given() -> None:
    expression = parse("a * b + a", ("a", "b"))
    assert expression.value(a=2.0, b=5.0) == 12
    assert expression.value_and_slope("a", a=2.0, b=5.0) == (12, 6)
    assert expression.value_and_slope("b", a=2.0, b=5.0) == (12, 2)
    with pytest.raises(ValueError, match="'x' is not known: there are a, b"):
        parse("x", ("a", "b"))


def test_single_precision_stays_where_no_step_needs_more() -> None:
    value, slope = parse("tanh(2 * x) / (1 + x^2)").value_and_slope("x", x=X.astype(np.float32))
    assert (np.asarray(value).dtype, np.asarray(slope).dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    "text",
    [
        "x^3 - 2 * x", "x^-2", "(2 + x^2)^1.7", "(x^2 + 0.1)^x", "2^x", "abs(x) * x", "exp(-x^2)", "log(x^2 + 1)",
        "sqrt(x^2 + 1)", "tanh(x) * sigmoid(3 * x)", "sin(x) / cos(x / 3)", "max(x, x^2, 0.1)", "min(sin(x), x)",
        "where(x > 0, log(x), x^2)", "sign(x) * x", "(x > 0.5) * x + (x <= 0.5) * 2 * x", "-x / (3 - x)",
    ],
)  # fmt: skip
def test_slopes_are_those_of_complex_or_central_steps(text: str) -> None:
    expression = parse(text)
    _, slope = expression.value_and_slope("x", x=X)
    step = 1e-5
    measured = (np.asarray(expression.value(x=X + step)) - np.asarray(expression.value(x=X - step))) / (2 * step)
    np.testing.assert_allclose(np.broadcast_to(slope, X.shape), measured, rtol=1e-7, atol=1e-8)


Written = tuple[str, Callable[[float], float]]
SMOOTH: dict[str, Callable[[float], float]] = {
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
}  # fmt: skip
INFIX: dict[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def written(draw: st.DrawFn, depth: int) -> Written:
    """A random formula that is finite and smooth, and the same as a function of Python's own."""
    kind = draw(st.integers(0, 6 if depth else 1))
    if kind == 0:
        number = draw(st.sampled_from([0.7, 2.0, 1.3]))
        return f"{number:g}", lambda x: number
    if kind == 1:
        return "x", lambda x: x
    text, f = written(draw, depth - 1)
    if kind == 2:
        name = draw(st.sampled_from(sorted(SMOOTH)))
        return f"{name}({text})", lambda x: SMOOTH[name](f(x))
    if kind == 3:
        power = draw(st.integers(0, 4))
        return f"tanh({text})^{power}", lambda x: math.tanh(f(x)) ** power
    if kind == 4:
        return f"-{text}", lambda x: -f(x)
    other, g = written(draw, depth - 1)
    if kind == 5:
        return f"({text}) / (2 + sin({other}))", lambda x: f(x) / (2 + math.sin(g(x)))
    sign = draw(st.sampled_from(sorted(INFIX)))
    return f"({text} {sign} ({other}))", lambda x: INFIX[sign](f(x), g(x))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_random_formulas_have_the_value_that_python_gives_and_the_slope_that_is_measured(data: st.DataObject) -> None:
    text, f = data.draw(st.composite(lambda draw: written(draw, 3))())
    assume(len(text) <= LONGEST)
    value, slope = parse(text).value_and_slope("x", x=0.37)
    assert value == pytest.approx(f(0.37), rel=1e-12, abs=1e-12)
    measured = (f(0.37 + 1e-5) - f(0.37 - 1e-5)) / 2e-5
    assert slope == pytest.approx(measured, rel=1e-5, abs=1e-6 * max(1, abs(value)))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="x12.e+-*/^(),<>= sincoexpmaxwhere|π²", max_size=40))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        parse(text).value_and_slope("x", x=X)
        refusal = "Column 0"
    except ValueError as error:
        refusal = str(error)
    assert refusal.startswith("Column ")


def test_slopes_at_kinks_are_as_documented() -> None:
    for text, at, expected in (
        ("abs(x)", 0, 0), ("max(x, 0)", 0, 0.5), ("min(x, 2 * x)", 0, 1.5), ("where(x > 0, x, 0)", 0, 0),
        ("sign(x)", 0, 0), ("sqrt(x)", 0, 0), ("x > 0", 0, 0), ("x^0.5", 0, 0),
    ):  # fmt: skip
        assert parse(text).value_and_slope("x", x=np.array([float(at)]))[1] == pytest.approx(expected), text


@pytest.mark.parametrize(
    ("text", "breaks", "undefined"),
    [
        ("x * sigmoid(x)", (), None), ("x", (), None), ("3", (), None), ("sin(20 * x)", (), None),
        ("exp(5 * x)", (), None),
        ("abs(x)", (0.0,), None), ("max(min(x, 1), -1)", (-1.0, 1.0), None), ("sign(x - 2)", (2.0,), None),
        ("max(x, 0.333)", (0.33,), None), ("where(x > 0, x, exp(x) - 1)", (), None), ("1 / (x - 6)", (), None),
        ("sqrt(x + 2)", (-2.0,), (-5.0, -2.005)),
    ],
)  # fmt: skip
def test_the_slope_check_finds_what_is_there(
    text: str, breaks: tuple[float, ...], undefined: tuple[float, float] | None
) -> None:
    check = check_slope(parse(text), "x")
    assert check.error < 1e-6
    assert check.breaks[: len(breaks)] == pytest.approx(breaks)
    assert bool(check.breaks) == bool(breaks)
    assert check.undefined == (pytest.approx(undefined) if undefined else None)
    assert all(f"{each:g}" in check.sentence() for each in breaks)


def test_a_wrong_slope_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dict(OPERATIONS) | {"tanh": replace(OPERATIONS["tanh"], slope=lambda y, a, da: (1 - y) * da)}
    monkeypatch.setattr("convnet_studio.engine.expression.OPERATIONS", wrong)
    check = check_slope(parse("tanh(x)"), "x")
    assert check.breaks or check.error > 1e-3


def test_what_is_nowhere_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="no finite value anywhere from -5 to 5"):
        check_slope(parse("log(-1 - x^2)"), "x")
