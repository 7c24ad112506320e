"""A user builds the two-stage digits net from an empty canvas, by real mouse or by keys alone, and trains it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BUILDER = Path(__file__).with_name("builder.py")


@pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool: real mouse events want an X server",
)
@pytest.mark.timeout(240)
@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_two_stage_digits_from_an_empty_canvas(way: str, tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "CONVNET_STUDIO_HOME": str(tmp_path / "home")}
    server = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1440x900x24"]
    command = [*server, sys.executable, str(BUILDER), way]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=220, check=False)
    assert done.stdout, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert "failure" not in seen, seen["failure"]
    stages = ["LocalContrastNorm", "Conv2d", "Tanh", "Abs", "LPPool2d", "Conv2d", "Tanh", "LPPool2d"]
    assert seen["kinds"] == ["Input", *stages, "Flatten", "Linear", "LogSoftmax", "NLLLoss"]
    assert [count or 8 for count in seen["filters"]] == [8, 16]  # 8 where nothing else is set
    assert seen["actions"] < 40
    assert seen["error"] < 0.04
