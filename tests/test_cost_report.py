"""The command `cost`: counts for people and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convnet_studio import cli
from convnet_studio.cost_report import cost_report
from convnet_studio.engine.project.presets import load_preset, preset_names

KEYS = ("parameters", "connections", "macs_forward", "macs_backward", "bytes_moved")


def counted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert cli.main(["cost", *arguments, "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


@pytest.mark.parametrize("preset", preset_names())
def test_the_whole_is_the_sum_of_its_modules(capsys: pytest.CaptureFixture[str], preset: str) -> None:
    report = counted(capsys, preset)
    assert not report["problems"]
    for key in KEYS:
        assert report[key] == sum(each[key] for each in report["modules"]) > 0
    assert report["macs_backward"] <= 2 * report["macs_forward"]
    assert report["receptive_field"] == max(report["input"][1:])


def test_lenet_5_by_module(capsys: pytest.CaptureFixture[str]) -> None:
    report = counted(capsys, "lenet-5")
    (first, *_) = (each for each in report["modules"] if each["kind"] == "Conv2d")
    assert first["parameters"] == 156
    assert first["connections"] == 6 * 28 * 28 * 26 == 122_304
    assert first["macs_forward"] == first["macs_backward"] == 6 * 28 * 28 * 25
    assert (first["receptive_field"], first["jump"]) == (5, 1)


def test_another_picture_costs_another_amount(capsys: pytest.CaptureFixture[str]) -> None:
    report = counted(capsys, "two-stage-digits", "--input", "3x40x32")
    conv = next(each for each in report["modules"] if each["kind"] == "Conv2d")
    assert report["input"] == [3, 40, 32]
    assert conv["macs_forward"] == 8 * 36 * 28 * 3 * 25
    assert report["receptive_fields"] == [40, 32]
    assert report["receptive_field"] == 40


def test_what_does_not_fit_is_told_and_the_rest_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "two-stage-digits", "--input", "1x6x6"]) == 0
    out, err = capsys.readouterr()
    assert "Conv2d: Kernel 5 is larger than" in err
    assert "whole network" in out


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "tiny-digits"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny-digits, for one picture of 1×8×8"
    assert lines[1].split()[:3] == ["module", "output", "parameters"]
    (whole,) = [line for line in lines if line.startswith("whole network")]
    assert whole.split()[2:5] == ["810", "3,898", "3,312"]
    assert lines[-1].startswith("Multiply-accumulates (MACs) of the filter banks alone: ")


@pytest.mark.parametrize("shape", ["28x28", "1x28x", "0x28x28", "axbxc", "1x28x-3"])
def test_a_shape_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], shape: str) -> None:
    assert cli.main(["cost", "lenet-5", "--input", shape]) == 2
    assert "is no shape such as 1x28x28" in capsys.readouterr().err


def test_memory_is_told_in_bytes() -> None:
    report = cost_report(load_preset("two-layer"))
    assert report["training_memory"] > 11 * 4 * report["parameters"]
