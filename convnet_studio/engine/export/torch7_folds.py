"""Torch7 folds: what Torch7 composes of several modules, as a tanh between two factors, found again as one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from convnet_studio.engine.export.lua_tokens import LuaError
from convnet_studio.engine.export.torch7_values import Unit
from convnet_studio.engine.nn.modules.scaled_tanh import ScaledTanh

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
