"""Backprop arithmetic: which products one number of a walk is the sum of, and in what formula it stands.

Backward there is one rule for all modules: the gradient by a number is the sum, over all outputs that it moves, of the
gradient that arrived there times the slope of that output. Forward, modules whose outputs are weighted sums show those;
all others show their formula with the numbers in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from convnet_studio.engine.analysis.backprop_walk import Slot
from convnet_studio.engine.analysis.module_slopes import ModuleSlopes
from convnet_studio.engine.nn.graph import Node
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.windows import Pool2d, columns

Piece = str | float
"""A part of a formula: signs, or a number that is still to be written."""

MOST_NUMBERS = 4
"""Of a list in a formula; the others are three dots."""

_VISIBLE = 1e-5
"""Part of a number that its sum may be off by: less than is ever printed of it."""


@dataclass(frozen=True)
class Term:
    """One product. `slot` and `index` tell where its `left` factor stands; the right one is a slope or a weight."""

    left: float
    right: float
    slot: Slot
    index: int

    @property
    def product(self) -> float:
        """Left times right."""
        return self.left * self.right


@dataclass(frozen=True)
class Arithmetic:
    """How a number comes about: the sum of `terms`, a `constant` and a `rest`, or else the `formula`.

    Where it `is_plain_sum`, all right factors are 1 and mean nothing. The `rest` is what all products add that are too
    small to be found one by one (and rounding, where products cancel).
    """

    terms: tuple[Term, ...] = ()
    constant: float = 0.0
    formula: tuple[Piece, ...] = ()
    is_plain_sum: bool = False
    rest: float = 0.0

    def partial_sum(self, products: int) -> float:
        """The constant and the first `products` terms."""
        return self.constant + sum(each.product for each in self.terms[:products])


def forward_arithmetic(node: Node, here: ModuleSlopes, sources: Sequence[Slot], index: int) -> Arithmetic:
    """How output `index` of a module comes from its inputs, which stand in the slots `sources`."""
    if not here.is_affine(None):
        return Arithmetic(formula=_formula(node, here, index))
    slopes, _ = here.row(index)
    terms = [
        Term(float(each.reshape(-1)[place]), float(slope.reshape(-1)[place]), slot, int(place))
        for slot, each, slope in zip(sources, here.inputs, slopes, strict=True)
        for place in np.flatnonzero(slope)
    ]
    zeros = [np.zeros_like(each) for each in here.inputs]
    return Arithmetic(tuple(terms), float(here.output(*zeros).reshape(-1)[index]))


def backward_arithmetic(
    here: ModuleSlopes, arrived: Slot, grad_output: Array, key: int | str, index: int
) -> Arithmetic:
    """How a gradient comes from the one by the outputs, which stands in the slot `arrived`.

    Args:
        here: the module at its point.
        arrived: its GRAD_OUT. `grad_output`: what stands there.
        key: the port or the name of the parameter. `index`: flat, in that input or parameter.
    """
    outputs, slopes = here.column(key, index)
    flat = grad_output.reshape(-1)
    return Arithmetic(
        tuple(Term(float(flat[o]), float(s), arrived, int(o)) for o, s in zip(outputs, slopes, strict=True))
    )


def completed(told: Arithmetic, value: float) -> Arithmetic:
    """The same with the rest that makes a sum give `value`, where that is more than rounding of it."""
    rest = value - told.partial_sum(len(told.terms))
    return replace(told, rest=rest) if abs(rest) > _VISIBLE * abs(value) else told


def sum_arithmetic(parts: Sequence[Slot], arrays: Sequence[Array], index: int) -> Arithmetic:
    """How gradients over several wires add up."""
    pairs = zip(parts, arrays, strict=True)
    terms = tuple(Term(float(each.reshape(-1)[index]), 1.0, slot, index) for slot, each in pairs)
    return Arithmetic(terms, is_plain_sum=True)


def _formula(node: Node, here: ModuleSlopes, index: int) -> tuple[Piece, ...]:
    kind, inputs = type(node.module).__name__, here.inputs
    flat = [each.reshape(-1) for each in inputs]
    if kind in _LISTS:
        return _LISTS[kind](*(each.reshape(-1) for each in inputs), index)
    if isinstance(node.module, Pool2d):
        return (_POOLS.get(kind, kind), "(", *_listed(_window(node.module, inputs[0], index)), ")")
    if len(inputs) > 1 and all(each.size > index and each.shape == inputs[0].shape for each in inputs):
        return _between(" · " if kind == "Multiply" else ", ", [float(each[index]) for each in flat])
    if inputs[0].shape == node.shape and (kind in _POINTS or _is_pointwise(here, index)):
        before, after = _POINTS.get(kind, (f"{kind}(", ")"))
        return (before, float(flat[0][index]), after)
    return (kind, "(", *_listed(flat[0]), ")")


def _is_pointwise(here: ModuleSlopes, index: int) -> bool:
    slopes, _ = here.row(index)
    return not np.delete(slopes[0].reshape(-1), index).any()


def _window(module: Pool2d, maps: Array, index: int) -> Array:
    windows = columns(maps[None], module.kernel_size, module.stride)[0]
    places = int(np.prod(windows.shape[2:]))
    channel, place = divmod(index, places)
    window: Array = windows[channel].reshape(windows.shape[1], -1)[:, place]
    return window


def _between(sign: str, numbers: Sequence[float]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for number in numbers:
        pieces += [sign, number] if pieces else [number]
    return tuple(pieces)


def _listed(numbers: Array) -> tuple[Piece, ...]:
    shown = _between(", ", [float(each) for each in numbers.reshape(-1)[:MOST_NUMBERS]])
    return (*shown, ", …") if numbers.size > MOST_NUMBERS else shown


def _squares(factor: str) -> Callable[..., tuple[Piece, ...]]:
    def formula(prediction: Array, *rest: object) -> tuple[Piece, ...]:
        desired = rest[0] if len(rest) > 1 else None
        if isinstance(desired, np.ndarray) and prediction.size == 1:
            return (factor, "(", float(prediction[0]), " − ", float(desired[0]), ")²")
        return (factor, "Σ (y − t)² of y = ", *_listed(prediction))

    return formula


def _log_softmax(x: Array, index: int) -> tuple[Piece, ...]:
    return (float(x[index]), " − log Σ e^(", *_listed(x), ")")


def _softmax(x: Array, index: int) -> tuple[Piece, ...]:
    return ("e^", float(x[index]), " / Σ e^(", *_listed(x), ")")


_LISTS: dict[str, Callable[..., tuple[Piece, ...]]] = {
    "EuclideanLoss": _squares("½ "),
    "MSELoss": _squares("1/n "),
    "LogSoftmax": _log_softmax,
    "Softmax": _softmax,
}
"""Formulas of all inputs, flat, and the place of the output. (Over maps, as over lists of the same numbers.)"""

_POOLS = {"MaxPool2d": "max", "LPPool2d": "Lp norm", "LogSumExpPool2d": "log mean exp"}

_POINTS = {
    "Tanh": ("tanh(", ")"),
    "ScaledTanh": ("1.7159 tanh(⅔ · ", ")"),
    "Sigmoid": ("1 / (1 + e^(−(", ")))"),
    "ReLU": ("max(", ", 0)"),
    "Abs": ("|", "|"),
}
