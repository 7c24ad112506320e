"""Local slopes: how the outputs of a module move with one number, in float64, where a slope is no stored number.

What each kind's outputs take from the number is computed for all of them at once. A kind of which nothing is known is
asked for one output after the other, by its own backward.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Index
from convnet_studio.engine.analysis.reach import touched
from convnet_studio.engine.analysis.rule import Case, in_double
from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.lateral_inhibition import LateralInhibition
from convnet_studio.engine.nn.windows import Pool2d, columns

_NUMBERS_AT_ONCE = 1 << 14
"""Of all copies of the inputs that are worked on together."""
Rows = NDArray[np.int64]
Work = Generator[None, None, tuple[Rows, Array]]
"""Work in pieces that ends with outputs, ``(n, axes)``, and their slopes, ``(n,)``."""


def normalized_slopes(case: Case, index: Index) -> Array:
    """How each output of a local normalisation moves with the input at `index`, in the shape of the output."""
    module = case.double()
    assert isinstance(module, LocalNorm)
    module.forward(case.inputs[0][None].astype(np.float64))
    moved = np.zeros((1, *case.inputs[0].shape))
    moved[(0, *index)] = 1
    slopes: Array = module.along(moved)[0]
    return slopes


def inhibition_slopes(case: Case, module: LateralInhibition, name: str, index: Index) -> Array:
    """How each output of a LateralInhibition moves with one of its numbers, in the shape of the output."""
    double = case.double()
    assert isinstance(double, LateralInhibition)
    double.forward(case.inputs[0][None].astype(np.float64))
    slopes: Array = double.along_parameter(name, index)[0].reshape(case.inputs[0].shape)
    return slopes


def has_numbers_for_maps(case: Case) -> bool:
    """Whether each array has one number for each map, and each map is computed from that of the same number alone."""
    module, maps = case.node.module, case.node.shape[:1]
    assert isinstance(module, Module)
    is_alone = module.is_pointwise or isinstance(module, Pool2d)
    return is_alone and len(case.inputs) == 1 and all(each.shape == maps for each in case.parameters.values())


def slopes_in_map(case: Case, name: str, index: Index) -> tuple[Rows, Array]:
    """The outputs of the map whose number it is, ``(n, axes)``, and how they move with it, ``(n,)``.

    Each output is computed as a map of its own, from what it sees, so that one backward tells all slopes apart.
    """
    module = case.node.module
    assert isinstance(module, Module)
    (channel,), space = index, case.node.shape[1:]
    places = np.stack(np.unravel_index(np.arange(int(np.prod(space))), space), axis=1) if space else np.zeros((1, 0))
    places = places.astype(np.int64)
    x = case.inputs[0][channel].astype(np.float64)
    if isinstance(module, Pool2d):
        size = module.kernel_size
        seen = columns(x[None, None], size, module.stride).reshape(size**2, -1).T.reshape(-1, size, size)
    else:
        seen = x.reshape(len(places), *(1,) * len(space))
    repeated = {each: np.repeat(value[channel], len(places)) for each, value in case.parameters.items()}
    double = in_double(module, repeated)
    double.backward(np.ones_like(double.forward(seen[None])))
    slopes: Array = double.parameters()[name].grad
    return np.column_stack([np.full(len(places), channel), places]), slopes


def any_slopes(case: Case, port: int, index: Index) -> Work:
    """As `slopes_in_map`, of an input of any module: its backward of 1 at one output and 0 elsewhere, for each."""
    module = case.node.module
    assert isinstance(module, Module)
    mark = [np.zeros(each.shape, bool) for each in case.inputs]
    mark[port][index] = True
    rows = np.argwhere(touched(case.node, mark))
    at_once = max(1, min(64, _NUMBERS_AT_ONCE // max(1, sum(each.size for each in case.inputs))))
    slopes, place = np.zeros(len(rows)), np.ravel_multi_index(index, mark[port].shape)
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        result = _backward(case.double(), case, part)[port]
        slopes[start : start + len(part)] = result.reshape(len(part), -1)[:, place]
        yield
    return rows, slopes


def any_parameter_slopes(case: Case, name: str, index: Index) -> Work:
    """As `any_slopes`, by a parameter; outputs that do not move with it are left out first."""
    outputs = []
    for change in (-1e-3, 1e-3):
        double = case.double()
        value = double.parameters()[name].value
        value[index] += change * max(1.0, abs(float(value[index])))
        outputs.append(double.forward(*(each[None].astype(np.float64) for each in case.inputs))[0])
        yield
    rows = np.argwhere(outputs[0] != outputs[1])
    slopes = np.zeros(len(rows))
    for number, row in enumerate(rows):
        double = case.double()
        _backward(double, case, row[None])
        slopes[number] = double.parameters()[name].grad[index]
        yield
    return rows, slopes


def _backward(double: Module, case: Case, rows: Rows) -> tuple[Array, ...]:
    """The gradients by the inputs of each output in `rows`, one after the other along the batch."""
    count = len(rows)
    inputs = [np.repeat(each[None].astype(np.float64), count, axis=0) for each in case.inputs]
    output = double.forward(*inputs)
    sent = np.zeros_like(output)
    sent[(np.arange(count), *rows.T)] = 1
    result = double.backward(sent)
    return result if isinstance(result, tuple) else (result,)
