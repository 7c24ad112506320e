"""Compiled filter banks beside numpy: sequences, connection tables, biases of units, local connections, and back."""

from __future__ import annotations

import pytest
from small_networks import CLASSIFIER, Drawn, assert_follows_numpy, chain

from convnet_studio.engine.nn.module import SettingValue, Shape
from convnet_studio.engine.program.lowering import RULES

SHAPES: list[Shape] = [(2, 12, 13), (6, 9, 11), (18, 8, 9)]
WINDOWS = [(3, 1, 0), (1, 1, 0), (5, 2, 2), (4, 3, 1)]


def check(middle: Drawn, shape: Shape, first: str = "Conv2d", count: int = 5) -> None:
    """Behind a convolution, so that gradients go through, and before a classifier; by a rule, not by a callback."""
    assert middle[0] in RULES
    before: Drawn = (first, {"kernel_size": 3, "padding": 1, "out_channels": shape[0]})
    networks = [chain([before, middle, *CLASSIFIER], shape, 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)


@pytest.mark.parametrize("shape", [(1, 30), (5, 21), (20, 17)])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("filters", [1, 7, 33])
def test_sequences(filters: int, window: tuple[int, int, int], shape: Shape) -> None:
    kernel, stride, padding = window
    chosen = {"out_channels": filters, "kernel_size": kernel, "stride": stride, "padding": padding}
    check(("Conv1d", dict(chosen)), shape, first="Conv1d")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("table", ["one-to-one", "groups 2", "random 2", "random 1 seed 5"])
@pytest.mark.parametrize("window", WINDOWS)
def test_connection_tables(window: tuple[int, int, int], table: str, shape: Shape) -> None:
    kernel, stride, padding = window
    chosen: dict[str, SettingValue] = {"kernel_size": kernel, "stride": stride, "padding": padding}
    check(("Conv2d", chosen | {"table": table, "out_channels": 2 * shape[0]}), shape)


def test_the_tables_of_the_old_networks() -> None:
    check(("Conv2d", {"out_channels": 16, "table": "lenet-5"}), (6, 9, 11))
    check(("Conv2d", {"out_channels": 24, "table": "lenet-7"}), (8, 9, 11))
    check(("Conv2d", {"out_channels": 3, "table": "0 1, 2, 0 1 2"}), (3, 9, 11))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("biases", ["each unit", "none"])
@pytest.mark.parametrize("filters", [5, 16])
def test_biases(filters: int, biases: str, shape: Shape) -> None:
    check(("Conv2d", {"out_channels": filters, "biases": biases, "stride": 2, "padding": 1}), shape)


def test_biases_of_sequences() -> None:
    chosen: dict[str, SettingValue] = {"out_channels": 6, "biases": "each unit", "table": "groups 2"}
    check(("Conv1d", chosen), (4, 15), first="Conv1d")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(3, 1), (1, 1), (5, 2), (4, 3), (8, 1)])
@pytest.mark.parametrize("filters", [1, 6, 17])
def test_local_connections(filters: int, window: tuple[int, int], shape: Shape) -> None:
    chosen: dict[str, SettingValue] = {"out_channels": filters, "kernel_size": window[0], "stride": window[1]}
    check(("LocallyConnected2d", chosen), shape, count=11)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(3, 1, 0), (1, 1, 0), (5, 2, 2), (4, 3, 1), (2, 2, 0)])
@pytest.mark.parametrize("filters", [1, 5, 18])
def test_the_way_back(filters: int, window: tuple[int, int, int], shape: Shape) -> None:
    kernel, stride, padding = window
    chosen = {"out_channels": filters, "kernel_size": kernel, "stride": stride, "padding": padding}
    check(("ConvTranspose2d", dict(chosen)), shape)
