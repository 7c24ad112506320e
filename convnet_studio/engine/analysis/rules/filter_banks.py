"""Filter banks: weighted sums of what a unit sees, and a bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convnet_studio.engine.analysis.explanation import Column, Group, Step, product
from convnet_studio.engine.analysis.rule import Case, Made, in_map, rule, window
from convnet_studio.engine.nn.connection_table import connected_pairs
from convnet_studio.engine.nn.filter_bank import FilterBank
from convnet_studio.engine.nn.modules.conv_transpose2d import ConvTranspose2d
from convnet_studio.engine.nn.modules.euclidean_rbf import CODES
from convnet_studio.engine.nn.modules.locally_connected2d import LocallyConnected2d


@rule("Conv1d", "Conv2d", "Conv3d")
def convolution(case: Case) -> Made:
    """Of each input map that the output map sees, its window times the kernel."""
    module = case.node.module
    assert isinstance(module, FilterBank)
    channels, *space = case.inputs[0].shape
    output, *place = case.index
    kernel = np.stack(np.unravel_index(np.arange(module.pixels), (module.kernel_size,) * module.dimensions), axis=1)
    cells = window(place, module.kernel_size, module.stride, module.padding, space)
    if module.is_full:
        kernels = [(source, (output, source)) for source in range(channels)]
    else:
        pairs = connected_pairs(module.table, channels, module.out_channels)
        kernels = [(source, (number, 0)) for number, (target, source) in enumerate(pairs) if target == output]
    rows = module.kernel_size if module.dimensions == 2 else module.pixels // module.kernel_size
    groups = [
        product(
            f"map {source}",
            case.input(in_map(source, cells)),
            case.parameter("weight", _under(first, kernel)),
            rows=rows,
        )
        for source, first in kernels
    ]
    if module.biases == "each map":
        groups.append(product("bias", case.parameter("bias", (output,), "b")))
    elif module.biases == "each unit":
        groups.append(product("bias", case.parameter("bias", case.index, "b")))
    return _weighted_sum(groups)


@rule("Linear")
def linear(case: Case) -> Made:
    """All inputs, each times its weight, and the bias where there is one."""
    (output,) = case.index
    inputs = np.arange(case.inputs[0].shape[0])[:, None]
    weights = _under((output,), inputs)
    groups = [product("inputs", case.input(inputs), case.parameter("weight", weights))]
    if "bias" in case.parameters:
        groups.append(product("bias", case.parameter("bias", (output,), "b")))
    return _weighted_sum(groups)


@rule("LocallyConnected2d")
def locally_connected(case: Case) -> Made:
    """As a convolution, with weights of its own at each place."""
    module = case.node.module
    assert isinstance(module, LocallyConnected2d)
    channels, *space = case.inputs[0].shape
    output, row, column = case.index
    size = module.kernel_size
    kernel = np.stack(np.unravel_index(np.arange(size**2), (size, size)), axis=1)
    cells = window((row, column), size, module.stride, 0, space)
    groups = [
        product(
            f"map {source}",
            case.input(in_map(source, cells)),
            case.parameter("weight", _under((row, column, output, source), kernel)),
            rows=size,
        )
        for source in range(channels)
    ]
    return _weighted_sum([*groups, product("bias", case.parameter("bias", (row, column, output), "b"))])


@rule("ConvTranspose2d")
def transposed(case: Case) -> Made:
    """Of each input map, the values whose painted squares cover this pixel."""
    module = case.node.module
    assert isinstance(module, ConvTranspose2d)
    channels, *space = case.inputs[0].shape
    output, *place = case.index
    rows, columns = (
        [(at, offset) for at in range(size) if 0 <= (offset := where + module.padding - module.stride * at)
         < module.kernel_size]
        for where, size in zip(place, space, strict=True)
    )  # fmt: skip
    cells = np.array([(r, c) for r, _ in rows for c, _ in columns], np.int64).reshape(-1, 2)
    kernel = np.array([(p, q) for _, p in rows for _, q in columns], np.int64).reshape(-1, 2)
    groups = [
        product(
            f"map {source}",
            case.input(in_map(source, cells)),
            case.parameter("weight", _under((source, output), kernel)),
            rows=max(1, len(rows)),
        )
        for source in range(channels)
        if len(cells)
    ]
    return _weighted_sum([*groups, product("bias", case.parameter("bias", (output,), "b"))])


@rule("Gain")
def gain(case: Case) -> Made:
    """One product, and the bias."""
    channel = case.index[:1]
    groups = [product("gain", case.input(case.index), case.parameter("gain", channel, "g"))]
    if "bias" in case.parameters:
        groups.append(product("bias", case.parameter("bias", channel, "b")))
    return Made((Step("y", tuple(groups), "y = g x + b"),), 2)


@rule("EuclideanRBF")
def distance_to_code(case: Case) -> Made:
    """Minus each squared difference to the picture of the digit."""
    (digit,) = case.index
    inputs = case.input(np.arange(case.inputs[0].shape[0])[:, None])
    code = Column("w", CODES[digit])
    values = -np.square(inputs.values.astype(np.float64) - code.values)
    step = Step("y", (Group("−(x − w)²", values, (inputs, code), 12),), "y = −Σ (x − w)²")
    return Made((step,), len(values) + 3)


def _under(first: tuple[int, ...], last: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices that begin alike."""
    return np.column_stack([np.tile(np.array(first, np.int64), (len(last), 1)), last])


def _weighted_sum(groups: list[Group]) -> Made:
    has_bias = any(group.name == "bias" for group in groups)
    formula = "y = Σ w x + b" if has_bias else "y = Σ w x"
    return Made((Step("y", tuple(groups), formula),), 1 + sum(len(group.values) for group in groups))
