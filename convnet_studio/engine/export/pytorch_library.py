"""PyTorch library: takes out of ``torch_modules.py`` the classes and functions that an exported network uses."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

_SOURCE = "torch_modules.py"


@dataclass(frozen=True)
class Definition:
    """A class or function: its text, and the names that occur in it."""

    text: str
    names: frozenset[str]


@functools.cache
def library() -> dict[str, Definition]:
    """What there is by name, in the order of the file."""
    source = (files("convnet_studio.engine.export") / _SOURCE).read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            text = ast.get_source_segment(source, node) or ""
            found[node.name] = Definition(text, names_in(text))
    return found


def names_in(code: str) -> frozenset[str]:
    """All names that occur in Python code."""
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def needed(names: Iterable[str]) -> list[str]:
    """The texts of the definitions called `names`, and of all that these use, in the order of the file."""
    known, waiting, taken = library(), list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in known and name not in taken:
            taken.add(name)
            waiting += known[name].names
    return [each.text for name, each in known.items() if name in taken]
