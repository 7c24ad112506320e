"""The command line as a process of its own: what it loads, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=60)


@pytest.mark.parametrize("command", [["--version"], ["list", "modules"], ["list", "presets"], ["list", "datasets"]])
def test_neither_qt_nor_numba_is_loaded(command: list[str]) -> None:
    program = (
        "import sys; from convnet_studio.cli import main; code = main(sys.argv[1:]); "
        "loaded = {'PySide6', 'numba', 'pyqtgraph'} & set(sys.modules); sys.exit(str(loaded) if loaded else code)"
    )
    ended = run("-c", program, *command)
    assert ended.returncode == 0, ended.stderr


def test_the_package_runs_as_a_module_and_ends_with_code_2() -> None:
    ended = run("-m", "convnet_studio", "train", "nothing")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("convnet-studio: There is no preset named 'nothing'; there are ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    program = f"{sys.executable} -m convnet_studio list modules | head -n 1"
    ended = subprocess.run(
        program, shell=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60
    )
    assert ended.stderr == ""
    assert len(ended.stdout.splitlines()) == 1
