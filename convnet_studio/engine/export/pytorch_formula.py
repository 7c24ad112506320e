"""PyTorch formula: a formula that somebody typed, as a function in PyTorch code, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from convnet_studio.engine.expression import Expression, Step

TENSORS = frozenset(
    {"max", "min", "power", "where", "sqrt", "log", "exp", "sign", "abs", "tanh", "sigmoid", "sin", "cos"}
)
"""Operations that PyTorch carries out on tensors only."""

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "add": "{0} + {1}",
        "subtract": "{0} - {1}",
        "multiply": "{0} * {1}",
        "divide": "{0} / {1}",
        "negative": "-{0}",
        "power": "torch.where({0} < 0, torch.nan, {0}) ** {1}",
        "greater": "({0} > {1}).to(x.dtype)",
        "not_greater": "1 - ({0} > {1}).to(x.dtype)",
        "abs": "{0}.abs()",
        "exp": "{0}.exp()",
        "log": "{0}.log()",
        "sqrt": "root({0})",
        "tanh": "{0}.tanh()",
        "sigmoid": "{0}.sigmoid()",
        "sin": "{0}.sin()",
        "cos": "{0}.cos()",
        "sign": "{0}.sign()",
        "max": "torch.maximum({0}, {1})",
        "min": "torch.minimum({0}, {1})",
        "where": "torch.where({0} == 0, {2}, {1})",
    }
)
"""How each operation of `engine.expression` is written; the same names as there."""


def formula_code(name: str, expression: Expression) -> str:
    """A function ``name(x)`` that computes `expression`, one line for each operation."""
    lines = [f"def {name}(x: Tensor) -> Tensor:", f'    """y = {expression.text}."""']
    words: list[str] = []
    for number, step in enumerate(expression.steps):
        if step.arguments:
            taken = [_word(words[i], expression.steps[i], step) for i in step.arguments]
            words.append(f"v{number}")
            lines.append(f"    v{number} = {STEPS[step.operation].format(*taken)}")
        else:
            words.append("x" if step.name else repr(step.number))
    result = words[-1]
    if not expression.steps[-1].arguments and not expression.steps[-1].name:
        result = f"torch.full_like(x, {result})"
    return "\n".join([*lines, f"    return {result}"])


def _word(word: str, argument: Step, step: Step) -> str:
    """An argument as the operation wants it."""
    is_number = not argument.arguments and not argument.name
    return f"x.new_tensor({word})" if is_number and step.operation in TENSORS else word
