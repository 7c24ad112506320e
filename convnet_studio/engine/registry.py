"""Registries: how one file adds one thing.

A plug-in folder's ``__init__`` calls `import_plugins`, which imports every file in it; the base class (one
level up) adds each class it sees to a `Registry`, which refuses a second one of the same name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """The plug-ins of one kind by name, in the order of their names.

    Raises:
        ValueError: on `add`, when the name is taken by another plug-in.
        KeyError: on look-up, with a sentence that lists what there is.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> None:
        """Register `item` under `name`."""
        if name in self._items and self._items[name] is not item:
            raise ValueError(f"There are two kinds of {self._what} named {name!r}: rename one of them.")
        self._items[name] = item

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except KeyError:
            known = ", ".join(sorted(self._items))
            raise KeyError(f"There is no {self._what} named {name!r}; there are {known}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return len(self._items)


def import_plugins(package: str) -> None:
    """Import every file of `package` (a dotted name), so that each registers what it holds."""
    folder = importlib.import_module(package)
    for entry in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{package}.{entry.name}")
