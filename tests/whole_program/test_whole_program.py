"""The whole program with a real mouse: drag a module onto a wire, connect, train, undo, save, reopen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("driver.py")


@pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool: real mouse events want an X server",
)
@pytest.mark.timeout(150)
def test_a_user_builds_trains_undoes_saves_and_reopens(tmp_path: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "CONVNET_STUDIO_HOME": str(tmp_path / "home")}
    server = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1440x900x24"]
    command = [*server, sys.executable, str(DRIVER), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=140, check=False)
    assert done.stdout, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert "error" not in seen, seen["error"]
    assert seen["inserted"] == [["Conv2d"], 1]
    assert seen["connected"] == ["Tanh", 1]
    first, last = seen["steps"]
    assert first == 0
    assert last > 20
    assert seen["playing"] is False
    assert seen["undone"] == -1
    assert seen["saved"] == [True, False]
    assert seen["new"] == ["Input"]
    assert seen["same project"]
    assert seen["same weights"]
