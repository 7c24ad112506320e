"""The engine and the lessons can live without Qt; the quick commands without anything heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_after(statement: str) -> set[str]:
    """Names of the modules that a fresh process has loaded after `statement`."""
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def walk(package: str) -> str:
    """Statements that import everything in `package`."""
    return (
        f"import importlib, pkgutil, {package} as p\n"
        f"for each in pkgutil.walk_packages(p.__path__, '{package}.'): importlib.import_module(each.name)"
    )


@pytest.mark.parametrize("package", ["convnet_studio.engine", "convnet_studio.lessons"])
def test_no_qt_below_the_window(package: str) -> None:
    loaded = loaded_after(walk(package))
    assert f"{package}" in loaded
    assert not {name for name in loaded if name.startswith(("PySide6", "shiboken6", "pyqtgraph"))}


def test_asking_for_the_version_is_quick() -> None:
    loaded = loaded_after(
        "import contextlib\nfrom convnet_studio.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(None): main(['--version'])"
    )
    assert "convnet_studio.cli" in loaded
    assert not {"numba", "PySide6", "numpy"} & loaded
