"""The counts that papers and the tutorial print, as the command `cost` tells them of the presets.

Parameters: weights, and biases too. Connections: each use of a weight or a bias (engine.nn.cost). Multiply-accumulates
have no biases; where the sub-sampling layers count, and where the filters alone, each test says.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from convnet_studio import cli
from convnet_studio.cost_report import Report, cost_report
from convnet_studio.engine.project.edits import set_setting
from convnet_studio.engine.project.presets import load_preset

LEARNING = {"Conv2d", "TrainableAvgPool2d", "Linear", "EuclideanRBF"}


def layers(report: Report, key: str) -> list[int]:
    """What the layers that have connections count, from the picture on."""
    return [each[key] for each in report["modules"] if each["kind"] in LEARNING]


def test_the_net_of_1990() -> None:
    """LeCun et al., Handwritten digit recognition with a back-propagation network: H1 to H4 and the output."""
    report = cost_report(load_preset("lenet-1"))
    assert layers(report, "parameters") == [104, 8, 512, 24, 1_930]
    assert layers(report, "connections") == [59_904, 2_880, 32_768, 960, 1_930]
    assert (report["parameters"], report["connections"]) == (2_578, 98_442)


def test_the_net_of_1989() -> None:
    """LeCun et al., Backpropagation applied to handwritten zip code recognition: a bias for each unit.

    A connection to a pixel beyond the border counts, as in the paper.
    """
    report = cost_report(load_preset("net-1989"))
    assert layers(report, "parameters") == [300 + 768, 2_400 + 192, 5_790, 310]
    assert layers(report, "connections") == [19_968, 38_592, 5_790, 310]
    assert (report["parameters"], report["connections"]) == (9_760, 64_660)


def test_lenet_5() -> None:
    """LeCun et al., Gradient-based learning: C1, S2, C3, S4, C5, F6, and ten outputs whose codes are not learnt."""
    report = cost_report(load_preset("lenet-5"))
    assert layers(report, "parameters") == [156, 12, 1_516, 32, 48_120, 10_164, 0]
    assert layers(report, "connections") == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert (report["parameters"], report["connections"]) == (60_000, 340_908)


def test_the_two_layer_net() -> None:
    """The tutorial's first example in Torch7: each parameter is used once."""
    report = cost_report(load_preset("two-layer"))
    assert report["parameters"] == report["connections"] == 4_624_510
    assert report["macs_forward"] == 3_072 * 1_500 + 1_500 * 10


def test_the_three_stage_net() -> None:
    """The tutorial's second example in Torch7, as its listing draws it."""
    report = cost_report(load_preset("torch7-three-stage"))
    assert layers(report, "parameters") == [4_864, 102_464, 204_928, 1_290]
    assert report["parameters"] == 313_546
    sizes = [each["output"] for each in report["modules"] if each["kind"] in ("Conv2d", "LPPool2d")]
    assert sizes == [[64, 28, 28], [64, 14, 14], [64, 10, 10], [64, 5, 5]]


def test_the_net_for_caltech_101() -> None:
    """Of 83x83 pixels and 101 classes, as the tutorial draws it; multiply-accumulates of the filters alone."""
    project = load_preset("caltech-83")
    (linear,) = [each.id for each in project.network.modules if each.kind == "Linear"]
    report = cost_report(set_setting(project, linear, "out_features", 101))
    assert layers(report, "parameters") == [5_248, 332_032, 25_957]
    assert report["parameters"] == 363_237
    assert layers(report, "macs_forward") == [29_160_000, 11_943_936, 25_856]
    assert round(report["macs_forward_of_filter_banks"] / 1e6, 2) == 41.13


LENET_7 = {96: 4_667_732, 120: 8_276_628, 240: 47_557_748, 480: 232_303_188}
SEPARATE = {120: (9, 42.01), 240: (169, 788.85), 480: (1_089, 5_083.16)}
"""How many windows of 96x96 there are, one every 12 pixels, and what they cost one by one, in millions."""


@pytest.mark.parametrize(("side", "printed"), LENET_7.items())
def test_lenet_7_on_larger_pictures(side: int, printed: int) -> None:
    """Sub-sampling layers included, a multiply-accumulate for each input of a window."""
    report = cost_report(load_preset("lenet-7"), (2, side, side))
    assert report["macs_forward"] == printed
    places = (side - 96) // 12 + 1
    (scores,) = [each["output"] for each in report["modules"] if each["kind"] == "LogSoftmax"]
    assert scores == [5, places, places]
    if side in SEPARATE:
        assert (places**2, round(places**2 * LENET_7[96] / 1e6, 2)) == SEPARATE[side]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["lenet-1"], {"parameters": 2_578, "connections": 98_442}),
        (["lenet-5"], {"parameters": 60_000, "connections": 340_908}),
        (["lenet-7", "--input", "2x480x480"], {"macs_forward": 232_303_188}),
    ],
)
def test_the_command_prints_them(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: dict[str, int]
) -> None:
    assert cli.main(["cost", *arguments, "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {key: report[key] for key in expected} == expected
    assert cli.main(["cost", *arguments]) == 0
    (whole,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("whole network")]
    assert {f"{count:,}" for count in expected.values()} <= set(whole.split())
