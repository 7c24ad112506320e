"""Slopes: what a gradient is the sum of: for each output that a number can change, what arrives there times the slope.

The chain rule, one module at a time: by an output, Σ over all modules that take it of δ · ∂y/∂x; by a parameter, Σ
over all places that use it of δ · ∂y/∂w, where δ is the gradient by y. Where a slope is a weight or an input, the
terms are exact products of stored numbers; all other slopes are what the module's own code gives in float64.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Column, Group, Index, What, product, single
from convnet_studio.engine.analysis.local_slopes import (
    any_parameter_slopes,
    any_slopes,
    inhibition_slopes,
    normalized_slopes,
)
from convnet_studio.engine.analysis.reach import touched
from convnet_studio.engine.analysis.rule import Case, in_map
from convnet_studio.engine.nn.chance import RandomModule
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.local_norm import LocalNorm
from convnet_studio.engine.nn.loss import Loss, as_list
from convnet_studio.engine.nn.module import Array
from convnet_studio.engine.nn.modules.conv_transpose2d import ConvTranspose2d
from convnet_studio.engine.nn.modules.lateral_inhibition import LateralInhibition
from convnet_studio.engine.nn.modules.linear import Linear
from convnet_studio.engine.nn.modules.zca_whitening import ZCAWhitening

_SQUASHING = ("Tanh", "Sigmoid")


@dataclass(eq=False)
class Terms:
    """Terms found so far, and the sum of what arrived where slopes are no products of stored numbers."""

    groups: list[Group] = field(default_factory=list)
    magnitude: float = 0.0
    roundings: int = 0


@dataclass(frozen=True, eq=False)
class Arrived:
    """A module with what it was given and what came back to it.

    Attributes:
        case: its inputs and parameters (the index is not looked at).
        output: what it gave; `gradient` by that, of the same shape; of a loss, its weight.
    """

    case: Case
    output: Array
    gradient: Array

    def delta(self, rows: object) -> Column:
        """What arrives at some of its outputs; rows below 0 lie outside."""
        indices = np.atleast_2d(np.asarray(rows, np.int64))
        inside = (indices >= 0).all(axis=1)
        values = np.where(inside, self.gradient[tuple(np.maximum(indices, 0).T)], np.float32(0))
        return Column("δ", values, self.case.node.id, What.OUTPUT_GRADIENT, "", indices)


def by_input(arrived: Arrived, port: int, index: Index, terms: Terms) -> Iterator[None]:
    """What one module sends back to one value of its input `port`; added to `terms`, in small pieces."""
    node = arrived.case.node
    module, name = node.module, type(node.module).__name__
    if isinstance(module, Loss):
        _of_loss(arrived, port, index, terms)
    elif isinstance(module, Linear):
        outputs = np.arange(node.shape[0])[:, None]
        weights = arrived.case.parameter("weight", np.column_stack([outputs, np.full(len(outputs), index[0])]))
        _add(terms, product(name, arrived.delta(outputs), weights))
    elif isinstance(module, FilterBank):
        _of_filter_bank(arrived, module, index, terms)
    elif isinstance(module, ConvTranspose2d):
        _of_painted(arrived, module, index, terms)
    elif isinstance(module, LocalNorm):
        _of_local_norm(arrived, module, index, terms)
    elif isinstance(module, ZCAWhitening):
        _of_whitening(arrived, index, terms)
    elif name in _SQUASHING:
        _of_squashing(arrived, name, index, terms)
    elif isinstance(module, RandomModule):
        speaks = bool(module.mask(1, node.shape)[0][index])
        factor = float(np.float32(1 / (1 - float(module.settings()["p"])))) if speaks else 0.0
        _add(terms, product(name, arrived.delta(index), Column("m/(1−p)", np.array([factor]))))
    else:
        rows, slopes = yield from any_slopes(arrived.case, port, index)
        _take(arrived, rows, slopes, "∂y/∂x", terms)
    yield


def by_parameter(arrived: Arrived, name: str, index: Index, terms: Terms) -> Iterator[None]:
    """What one module adds to the gradient of one of its parameters."""
    case, module = arrived.case, arrived.case.node.module
    kind = type(module).__name__
    if isinstance(module, Linear):
        columns = [arrived.delta(index[:1])]
        if name == "weight":
            columns.append(case.input(index[1:]))
        _add(terms, product(kind, *columns))
    elif isinstance(module, FilterBank):
        _of_kernel(arrived, module, name, index, terms)
    elif isinstance(module, ConvTranspose2d):
        _of_painting(arrived, module, name, index, terms)
    elif isinstance(module, LateralInhibition):
        _take_all(arrived, inhibition_slopes(arrived.case, module, name, index), f"∂y/∂{name}", terms)
    else:
        rows, slopes = yield from any_parameter_slopes(arrived.case, name, index)
        _take(arrived, rows, slopes, f"∂y/∂{name}", terms)
    yield


def _add(terms: Terms, group: Group) -> None:
    terms.groups.append(group)
    terms.roundings += len(group.values) + 1


def _of_loss(arrived: Arrived, port: int, index: Index, terms: Terms) -> None:
    case, loss = arrived.case, arrived.case.node.module
    assert isinstance(loss, Loss)
    assert case.target is not None
    shapes = [as_list(each.shape) for each in case.inputs]
    inputs = [each.reshape(1, *shape).astype(np.float64) for each, shape in zip(case.inputs, shapes, strict=True)]
    double = copy.copy(loss)
    double.forward(*inputs, case.target)
    result = double.backward()
    slopes = (result if isinstance(result, tuple) else (result,))[port].reshape(case.inputs[port].shape)
    columns = Column("weight", np.array([loss.weight])), Column("∂L/∂x", np.array([float(slopes[index])]))
    _add(terms, product(type(loss).__name__, *columns))
    terms.magnitude += loss.weight * (1.0 + 4 * sum(float(np.abs(each).max(initial=0)) for each in inputs))
    terms.roundings += 16


def _of_filter_bank(arrived: Arrived, module: FilterBank, index: Index, terms: Terms) -> None:
    """Each output map that sees this one, at all places whose window covers the value, times the weight there."""
    case = arrived.case
    source, *place = index
    size, stride = module.kernel_size, module.stride
    along = [
        [(at, offset) for at in range(count) if 0 <= (offset := where + module.padding - stride * at) < size]
        for where, count in zip(place, arrived.output.shape[1:], strict=True)
    ]
    grids = np.meshgrid(*[np.arange(len(each)) for each in along], indexing="ij")
    choices = np.stack(grids, axis=-1).reshape(-1, len(along))
    pairs = [[along[axis][at] for axis, at in enumerate(choice)] for choice in choices]
    places = np.array([[at for at, _ in each] for each in pairs], np.int64).reshape(-1, len(along))
    offsets = np.array([[offset for _, offset in each] for each in pairs], np.int64).reshape(-1, len(along))
    if not len(places):
        return
    channels = case.inputs[0].shape[0]
    if module.is_full:
        kernels = [(output, (output, source)) for output in range(module.out_channels)]
    else:
        table = connected_pairs(module.table, channels, module.out_channels)
        kernels = [(target, (number, 0)) for number, (target, seen) in enumerate(table) if seen == source]
    for output, first in kernels:
        kernel = np.column_stack([np.tile(np.array(first), (len(offsets), 1)), offsets])
        rows = len(along[-2]) if len(along) > 1 else 1
        group = product(
            f"map {output}", arrived.delta(in_map(output, places)), case.parameter("weight", kernel), rows=rows
        )
        _add(terms, group)


def _of_kernel(arrived: Arrived, module: FilterBank, name: str, index: Index, terms: Terms) -> None:
    """Of a weight, all places of the output map, each times what the weight saw there; of a bias, what arrives."""
    case, (channels, *space) = arrived.case, arrived.case.inputs[0].shape
    places = np.stack(
        np.unravel_index(np.arange(math.prod(arrived.output.shape[1:])), arrived.output.shape[1:]), axis=1
    )
    rows = arrived.output.shape[1] if arrived.output.ndim > 2 else 1
    if name == "bias":
        at = in_map(index[0], places) if module.biases == "each map" else np.array([index])
        _add(terms, product(f"map {index[0]}", arrived.delta(at), rows=rows if len(at) > 1 else 1))
        return
    output, source = index[:2]
    if not module.is_full:
        output, source = connected_pairs(module.table, channels, module.out_channels)[index[0]]
    cells = places * module.stride - module.padding + np.array(index[2:])
    cells[((cells < 0) | (cells >= np.array(space))).any(axis=1)] = -1
    columns = arrived.delta(in_map(output, places)), case.input(in_map(source, cells))
    _add(terms, product(f"map {source} to map {output}", *columns, rows=rows))


def _of_painted(arrived: Arrived, module: ConvTranspose2d, index: Index, terms: Terms) -> None:
    """All that the value painted, times the weight with which it did."""
    case, (source, *place) = arrived.case, index
    size = module.kernel_size
    offsets = np.stack(np.unravel_index(np.arange(size * size), (size, size)), axis=1)
    painted = np.array(place) * module.stride - module.padding + offsets
    inside = ((painted >= 0) & (painted < np.array(arrived.output.shape[1:]))).all(axis=1)
    painted, offsets = painted[inside], offsets[inside]
    rows = len(np.unique(offsets[:, 0]))
    for output in range(arrived.output.shape[0] if len(painted) else 0):
        weights = case.parameter("weight", np.column_stack([np.tile((source, output), (len(offsets), 1)), offsets]))
        _add(terms, product(f"map {output}", arrived.delta(in_map(output, painted)), weights, rows=rows))


def _of_painting(arrived: Arrived, module: ConvTranspose2d, name: str, index: Index, terms: Terms) -> None:
    """Of a weight, all values of the input map, each times what arrives where the weight painted it."""
    case = arrived.case
    shape = arrived.output.shape[1:] if name == "bias" else case.inputs[0].shape[1:]
    cells = np.stack(np.unravel_index(np.arange(math.prod(shape)), shape), axis=1)
    if name == "bias":
        _add(terms, product(f"map {index[0]}", arrived.delta(in_map(index[0], cells)), rows=shape[0]))
        return
    painted = cells * module.stride - module.padding + np.array(index[2:])
    painted[((painted < 0) | (painted >= np.array(arrived.output.shape[1:]))).any(axis=1)] = -1
    columns = arrived.delta(in_map(index[1], painted)), case.input(in_map(index[0], cells))
    _add(terms, product(f"map {index[0]} to map {index[1]}", *columns, rows=shape[0]))


def _of_squashing(arrived: Arrived, kind: str, index: Index, terms: Terms) -> None:
    """tanh' = 1 - y², σ' = y - y²: as two terms of stored numbers, so that nothing is lost where they nearly cancel."""
    delta = arrived.delta(index)
    rows = np.array([index], np.int64)
    y = Column("y", np.array([arrived.output[index]]), arrived.case.node.id, What.OUTPUT, "", rows)
    first = product(f"{kind}: δ" if kind == "Tanh" else f"{kind}: δ y", *([delta] if kind == "Tanh" else [delta, y]))
    square = product(f"{kind}: −δ y²", delta, y, y)
    _add(terms, first)
    _add(terms, Group(square.name, -square.values, square.columns))
    terms.roundings += 2


def _of_whitening(arrived: Arrived, index: Index, terms: Terms) -> None:
    """All outputs, each times its row's weight for this input."""
    shape = arrived.output.shape
    count, at = math.prod(shape), int(np.ravel_multi_index(index, shape))
    outputs = np.stack(np.unravel_index(np.arange(count), shape), axis=1)
    matrix = np.column_stack([np.arange(count), np.full(count, at)])
    columns = arrived.delta(outputs), arrived.case.parameter("matrix", matrix, "P")
    _add(terms, product("ZCAWhitening", *columns, rows=shape[-2] if len(shape) > 1 else 1))


def _of_local_norm(arrived: Arrived, module: LocalNorm, index: Index, terms: Terms) -> None:
    """All outputs whose window sees the value; and as one term the others, which move with the mean of σ."""
    moved = normalized_slopes(arrived.case, index)
    mark = np.zeros(moved.shape, bool)
    mark[index] = True
    near = touched(arrived.case.node, [mark])
    _take_all(arrived, np.where(near, moved, 0), "∂y/∂x", terms)
    far = np.where(near, 0, moved * arrived.gradient.astype(np.float64))
    if far.any():
        terms.groups.append(single("through c, to all other outputs", math.fsum(far.ravel().tolist())))
        terms.magnitude += float(np.abs(far).sum())


def _take_all(arrived: Arrived, slopes: Array, symbol: str, terms: Terms) -> None:
    """As `_take`, of slopes in the shape of the output."""
    rows = np.argwhere(slopes)
    _take(arrived, rows, slopes[tuple(rows.T)], symbol, terms)


def _take(arrived: Arrived, rows: NDArray[np.int64], slopes: Array, symbol: str, terms: Terms) -> None:
    kept = slopes != 0
    if not kept.any():
        terms.roundings += 1
        return
    delta = arrived.delta(rows[kept])
    _add(terms, product(type(arrived.case.node.module).__name__, delta, Column(symbol, slopes[kept])))
    terms.magnitude += float(np.abs(delta.values).astype(np.float64).sum() * max(1.0, float(np.abs(slopes).max())))
    terms.roundings += 16 + sum(each.shape[0] for each in arrived.case.inputs)
