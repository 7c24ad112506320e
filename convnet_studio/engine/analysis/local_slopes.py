"""Local slopes: how the outputs of a module move with one number, in float64, where a slope is no stored number.

What each kind's outputs take from the number is computed for all of them at once. A kind of which nothing is known is
asked for one output after the other, by its own backward.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Index
from convnet_studio.engine.analysis.pieces import Pieces, apart
from convnet_studio.engine.analysis.reach import touched
from convnet_studio.engine.analysis.rule import Case
from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.module import Array, Module
from convnet_studio.engine.nn.modules.lateral_inhibition import LateralInhibition

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
    slopes: Array = module.tangent(moved)[0]
    return slopes


def inhibition_slopes(case: Case, module: LateralInhibition, name: str, index: Index) -> Array:
    """How each output of a LateralInhibition moves with one of its numbers, in the shape of the output."""
    double = case.double()
    assert isinstance(double, LateralInhibition)
    double.forward(case.inputs[0][None].astype(np.float64))
    slopes: Array = double.along_parameter(name, index)[0].reshape(case.inputs[0].shape)
    return slopes


def any_slopes(case: Case, port: int, index: Index) -> Work:
    """The outputs of any module that move with an input, and how: all at once where each can be computed for itself,
    else by its backward of 1 at one output and 0 elsewhere.
    """
    module = case.node.module
    assert isinstance(module, Module)
    mark = [np.zeros(each.shape, bool) for each in case.inputs]
    mark[port][index] = True
    rows = np.argwhere(touched(case.node, mark))
    if (pieces := apart(case, rows)) is not None:
        by_inputs = _backward_of_all(pieces.double(), pieces)[port]
        offsets = (np.array(index[1:]) - pieces.firsts).T
        return rows, by_inputs[(0, np.arange(len(rows)), *offsets)]
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
    mark = np.zeros(case.node.shape, bool)
    if case.parameters[name].shape == mark.shape[:1]:  # a number for each map
        mark[index] = True
    if (pieces := apart(case, np.argwhere(mark))) is not None:
        double = pieces.double()
        _backward_of_all(double, pieces)
        return np.argwhere(mark), double.parameters()[name].grad
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


def _backward_of_all(double: Module, pieces: Pieces) -> tuple[Array, ...]:
    """The gradients by the inputs of each piece, each of which makes one output."""
    output = double.forward(*(each[None] for each in pieces.inputs))
    result = double.backward(np.ones_like(output))
    return result if isinstance(result, tuple) else (result,)


def _backward(double: Module, case: Case, rows: Rows) -> tuple[Array, ...]:
    """The gradients by the inputs of each output in `rows`, one after the other along the batch."""
    count = len(rows)
    inputs = [np.repeat(each[None].astype(np.float64), count, axis=0) for each in case.inputs]
    output = double.forward(*inputs)
    sent = np.zeros_like(output)
    sent[(np.arange(count), *rows.T)] = 1
    result = double.backward(sent)
    return result if isinstance(result, tuple) else (result,)
