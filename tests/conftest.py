"""What all tests share: no real screen, no real home, and one line on what was left out."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HAS_TORCH = importlib.util.find_spec("torch") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the comparison with PyTorch out where PyTorch is not installed."""
    if not HAS_TORCH:
        for item in items:
            if item.get_closest_marker("parity"):
                item.add_marker(pytest.mark.skip(reason="PyTorch is not installed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line whether parity ran."""
    if not HAS_TORCH:
        terminalreporter.write_line("Parity with PyTorch was left out: torch is not installed (make setup-parity).")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, session and autosave of a test lie in its own folder, never in the user's."""
    monkeypatch.setenv("CONVNET_STUDIO_HOME", str(tmp_path / "home"))
