"""Compiled pooling across maps, of whole maps, in pyramids, by log-sum-exp, and response normalisation beside numpy."""

from __future__ import annotations

import pytest
from small_networks import CLASSIFIER, Drawn, assert_follows_numpy, chain

from convnet_studio.engine.nn.module import SettingValue, Shape
from convnet_studio.engine.program.lowering import RULES

SHAPES: list[Shape] = [(4, 12, 13), (6, 9, 11), (20, 7, 6)]
KINDS = ["average", "max", "L2"]


def check(middle: Drawn, shape: Shape, count: int = 5) -> None:
    """Between a convolution, so that gradients go through, and a classifier; by a rule, not by a callback."""
    assert middle[0] in RULES
    first: Drawn = ("Conv2d", {"kernel_size": 3, "padding": 1, "out_channels": shape[0]})
    networks = [chain([first, middle, *CLASSIFIER], shape, 4) for _ in range(2)]
    assert_follows_numpy(networks[0], networks[1], count)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("group", [1, 2])
def test_across_maps(group: int, kind: str, shape: Shape) -> None:
    check(("MapPool", {"group": group, "kind": kind}), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_whole_maps(kind: str, shape: Shape) -> None:
    check(("GlobalPool2d", {"kind": kind}), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", ["1 2 4", "3", "5 2"])
def test_pyramids(levels: str, kind: str, shape: Shape) -> None:
    check(("PyramidPool2d", {"levels": levels, "kind": kind}), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [(2, 2), (3, 2), (3, 1)])
@pytest.mark.parametrize("b", [0.05, 1.0, 40.0])
@pytest.mark.parametrize("inside", ["mean", "sum"])
def test_log_sum_exp(inside: str, b: float, window: tuple[int, int], shape: Shape) -> None:
    chosen: dict[str, SettingValue] = {"kernel_size": window[0], "stride": window[1], "b": b, "inside": inside}
    check(("LogSumExpPool2d", chosen), shape)


@pytest.mark.parametrize("shape", [*SHAPES, (3, 5, 5)])
@pytest.mark.parametrize("size", [1, 4, 5])
@pytest.mark.parametrize("beta", [0.75, 2.0])
def test_local_response(beta: float, size: int, shape: Shape) -> None:
    check(("LocalResponseNorm", {"size": size, "alpha": 0.7, "beta": beta, "k": 1.5}), shape)
