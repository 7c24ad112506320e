"""Torch7 reader: follows a listing of Torch7, and finds the modules of which its network is made.

What Torch7 composes of several modules, as a tanh between two factors, is found again by ``FOLDS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from convnet_studio.engine.export.lua import Host, Table, follow
from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.torch7_constructors import (
    CRITERIA,
    MODULES,
    TABLES,
    Arguments,
    Chain,
    Criterion,
    Unit,
    Window,
    gaussian_window,
    pairs_table,
)
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh
from convnet_studio.engine.project.kinds import check_settings, kind_named

# What Torch7 composes of several modules

Fold = Callable[[Sequence[Unit]], Unit | None]


def _names(units: Sequence[Unit], *names: str) -> bool:
    return [each.name for each in units] == list(names)


def _constant(unit: Unit) -> float:
    value = unit.values[0] if unit.values else math.nan
    return float(value) if isinstance(value, int | float) else math.nan


def _counts(unit: Unit) -> tuple[int, ...]:
    """Its arguments, where all of them count something; else none."""
    numbers = [each for each in unit.values if isinstance(each, float) and each.is_integer() and 0 < each < 1e6]
    return tuple(map(int, numbers)) if len(numbers) == len(unit.values) else ()


def _scaled_tanh(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "MulConstant", "Tanh", "MulConstant"):
        return None
    factors = (units[0], ScaledTanh.STEEPNESS), (units[2], ScaledTanh.AMPLITUDE)
    is_ours = all(math.isclose(_constant(unit), factor, rel_tol=1e-4) for unit, factor in factors)
    return replace(units[1], name="ScaledTanh", kind="ScaledTanh") if is_ours else None


def _mean_lp_pool(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "SpatialLPPooling", "MulConstant"):
        return None
    size, p = float(units[0].settings["kernel_size"]), float(units[0].settings["p"])
    is_mean = math.isclose(_constant(units[1]), size ** (-2 / p), rel_tol=1e-4)
    return replace(units[0], settings=units[0].settings | {"inside": "mean"}) if is_mean else None


def _euclidean_rbf(units: Sequence[Unit]) -> Unit | None:
    if not _names(units, "Euclidean", "Square", "MulConstant") or _constant(units[2]) != -1:
        return None
    sizes = _counts(units[0])
    if len(sizes) != 2 or sizes[0] != 84:
        return None
    return Unit("EuclideanRBF", units[0].line, "EuclideanRBF", {"out_features": sizes[1]}, 84)


def _padded(units: Sequence[Unit]) -> Unit | None:
    if len(units) != 2 or units[0].name != "SpatialZeroPadding" or units[1].kind != "Conv2d":
        return None
    sides = _counts(units[0])
    if len(sides) != 4 or len(set(sides)) != 1 or units[1].settings.get("padding"):
        return None
    return replace(units[1], settings=units[1].settings | {"padding": sides[0]})


def _bias_of_units(units: Sequence[Unit]) -> Unit | None:
    if len(units) != 2 or units[0].kind != "Conv2d" or units[1].name != "CAdd" or len(_counts(units[1])) != 3:
        return None
    return replace(units[0], settings=units[0].settings | {"biases": "each unit"})


def _gain_and_bias(units: Sequence[Unit]) -> Unit | None:
    gain = _gain(units[:1])
    is_whole = gain is not None and units[1].name == "CAdd" and units[1].values == units[0].values
    return replace(gain, settings={"has_bias": True}) if gain is not None and is_whole else None


def _gain(units: Sequence[Unit]) -> Unit | None:
    sizes = _counts(units[0])
    if not _names(units, "CMul") or not sizes or any(each != 1 for each in sizes[1:]):
        return None
    return replace(units[0], name="Gain", kind="Gain", settings={"has_bias": False}, maps=sizes[0])


FOLDS: tuple[tuple[int, Fold], ...] = (
    (3, _scaled_tanh),
    (3, _euclidean_rbf),
    (2, _mean_lp_pool),
    (2, _padded),
    (2, _bias_of_units),
    (2, _gain_and_bias),
    (1, _gain),
)
"""How many modules in a row are looked at, and what they are together, if anything."""


def folded(units: Sequence[Unit]) -> list[Unit]:
    """The modules as they are here.

    Raises:
        LuaError: at a module that has no counterpart.
    """
    waiting = [each for each in units if each.name != "Identity"]
    found: list[Unit] = []
    while waiting:
        made = next(
            ((unit, count) for count, fold in FOLDS if len(waiting) >= count and (unit := fold(waiting[:count]))), None
        )
        unit, count = made or (waiting[0], 1)
        waiting = waiting[count:]
        if made and count > 1:
            waiting.insert(0, unit)  # it may be part of more
        elif unit.kind:
            found.append(unit)
        else:
            raise LuaError(unit.line, f"{unit} has no counterpart here by itself.")
    return found


# The names of a listing


class _Library:
    """A table of functions, such as ``nn``."""

    def __init__(self, name: str, functions: Mapping[str, Any]) -> None:
        self._name = name
        self._functions = functions

    def field(self, key: Any, line: int) -> Any:
        """One of them."""
        if key not in self._functions:
            right = f"it has no counterpart, or is no name of {self._name}"
            names = {each.lower(): each for each in self._functions}
            if near := get_close_matches(str(key).lower(), names, 1):
                right = f"write {self._name}.{names[near[0]]}, if you mean that"
            raise LuaError(line, f"{self._name}.{str(key)[:40]} is not known here: {right}.")
        return self._functions[key]

    def __str__(self) -> str:
        return self._name


class Torch7Host(Host):
    """What a listing of Torch7 can use, and the notes on what was guessed.

    Slides leave out what was defined before: the values that the tutorial gives these names are known.
    """

    def __init__(self) -> None:
        nn: dict[str, Any] = {"Sequential": lambda values, line: Chain(line), "tables": _Library("nn.tables", TABLES)}
        nn |= {name: self._maker(name, make) for name, make in MODULES.items()}
        nn |= {name: self._maker(name, make) for name, make in CRITERIA.items()}
        image = {"gaussian1D": gaussian_window, "gaussian": gaussian_window}
        torch = {"Tensor": pairs_table, "IntTensor": pairs_table}
        nothing: Callable[[list[Any], int], None] = lambda values, line: None  # noqa: E731
        libraries: dict[str, Mapping[str, Any]] = {"nn": nn, "image": image, "torch": torch}
        names = {name: _Library(name, functions) for name, functions in libraries.items()}
        super().__init__({**names, "require": nothing, "print": nothing})
        self.criteria: list[Criterion] = []
        self.chains: list[tuple[str, Chain]] = []
        self.notes: list[str] = []

    def _maker(self, name: str, make: Callable[[Arguments], Any]) -> Callable[[list[Any], int], Any]:
        def made(values: list[Any], line: int) -> Any:
            result = make(Arguments(f"nn.{name}", values, line))
            if isinstance(result, Criterion):
                result = replace(result, name=name)
                self.criteria.append(result)
                return result
            return replace(result, name=name)

        return made

    def missing(self, name: str, line: int) -> Any:
        """A name with other capitals, or one of the tutorial's."""
        alike = [each for each in self.names if each.lower() == name.lower()]
        if alike:
            self.notes.append(f"Line {line}: {name} has no value, so that of {alike[0]} was taken.")
            self.names[name] = self.names[alike[0]]
        elif name in TUTORIAL:
            self.notes.append(f"Line {line}: {name} has no value, so the tutorial's was taken.")
            self.names[name] = TUTORIAL[name]
        else:
            return super().missing(name, line)
        return self.names[name]

    def note_prose(self, text: str, line: int) -> None:
        """Tell that a line was taken for a comment."""
        self.notes.append(f"Line {line}: “{text[:60]}” was read as a comment.")

    def assigned(self, name: str, value: Any, line: int) -> None:
        """Remember which chains have names."""
        super().assigned(name, value, line)
        if isinstance(value, Chain):
            self.chains.append((name, value))


TUTORIAL: Mapping[str, Any] = MappingProxyType(
    {
        "filtsiz": 5.0, "filtsize": 5.0, "height": 32.0, "nfeats": 3.0, "nhiddens": 1500.0, "ninputs": 3072.0,
        "normkernel": Window(7, 1.75), "noutputs": 10.0, "nstates": Table({1: 64.0, 2: 64.0, 3: 128.0}),
        "poolsiz": 2.0, "poolsize": 2.0, "width": 32.0,
    }
)  # fmt: skip
"""What the tutorial calls its sizes, for listings that stand alone on a slide."""


@dataclass(frozen=True)
class Listing:
    """The network of a listing: its modules in a row, the loss behind them if there is one, and what was guessed."""

    units: tuple[Unit, ...]
    criterion: Criterion | None
    notes: tuple[str, ...]


def read_listing(text: str) -> Listing:
    """Follow a listing.

    Raises:
        LuaError: one sentence with the line, and what was expected there.
    """
    host = Torch7Host()
    returned = follow(text.replace("\r\n", "\n").replace("\r", "\n"), host)
    chain = _network(host, returned)
    units = folded(chain.units())
    if not units:
        raise LuaError(chain.line, "this nn.Sequential is empty: add modules, such as model:add(nn.Tanh()).")
    made: list[Unit | Criterion] = [*units, *host.criteria]
    for unit in made:
        try:
            check_settings(kind_named(unit.kind), unit.settings)
        except ValueError as problem:
            raise LuaError(unit.line, f"{unit}: {problem}") from None
    if len(host.criteria) > 1:
        raise LuaError(host.criteria[1].line, "there is a second criterion: one was expected.")
    return Listing(tuple(units), host.criteria[0] if host.criteria else None, tuple(dict.fromkeys(host.notes)))


def _network(host: Torch7Host, returned: list[Any]) -> Chain:
    """What the listing returns, or calls ``model``, or made last and added to nothing."""
    if returned and isinstance(returned[0], Chain):
        return returned[0]
    named = dict(host.chains)
    inner = {id(each) for chain in named.values() for each in chain.members}
    outer = [chain for chain in named.values() if id(chain) not in inner]
    if isinstance(named.get("model"), Chain):
        return named["model"]
    if not outer:
        raise LuaError(1, "there is no network in this listing: model = nn.Sequential() was expected.")
    return outer[-1]
