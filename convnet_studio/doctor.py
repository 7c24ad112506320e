"""Doctor: what the program needs on this computer, tried one by one, and what to type for what is missing.

Libraries are tried in processes of their own: one that is broken may end its process, but not the examination.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON, TOO_NEW_PYTHON = (3, 11), (3, 15)
TRIAL_SECONDS = 60

LIBRARIES = {
    "numpy": "numpy",
    "numba": "numba",
    "llvmlite": "llvmlite.binding",
    "PySide6": "PySide6.QtWidgets, PySide6.QtSvg",
    "pyqtgraph": "pyqtgraph",
    "ziamath": "ziamath",
    "platformdirs": "platformdirs",
}
"""What to import, by the name under which pip knows it (PySide6: as PySide6-Essentials)."""

OFFSCREEN_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""System libraries that Qt loads on Linux, and the Debian packages that hold them."""

TEST_PROGRAMS = {"Xvfb": "xvfb", "xvfb-run": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}
"""What the tests with a real mouse run, and the Debian packages that hold it."""

_PRINT_CACHE_FOLDER = "import platformdirs; print(platformdirs.user_cache_dir('convnet-studio', appauthor=False))"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. `ok` is None where it is worth knowing but nothing is wrong."""

    ok: bool | None
    what: str
    packages: tuple[str, ...] = ()


def missing_packages(for_tests: bool) -> list[str]:
    """Debian packages that are missing, those for the tests counted in if so wished (none elsewhere than on Linux)."""
    found = [package for finding in _system(for_tests) for package in finding.packages]
    return list(dict.fromkeys(found))


def examine(for_tests: bool) -> int:
    """Try everything and print it; returns 0 where nothing is missing, else 1."""
    findings = []
    for finding in _findings(for_tests):
        mark = {True: "ok", False: "MISSING", None: "note"}[finding.ok]
        print(f"{mark:8}{finding.what}", flush=True)
        findings.append(finding)
    if packages := [name for finding in findings for name in finding.packages]:
        print(f"\nTo install what is missing:  sudo apt install {' '.join(packages)}")
    if all(finding.ok is not False for finding in findings):
        print("\nEverything is there.")
        return 0
    return 1


def _findings(for_tests: bool) -> Iterator[Finding]:
    yield _python()
    yield from _libraries()
    yield from _system(for_tests)
    yield _display()
    yield from _compiled_set()


def _system(for_tests: bool) -> Iterator[Finding]:
    if sys.platform.startswith("linux"):
        yield _system_libraries("Qt's system libraries", OFFSCREEN_LIBRARIES)
        yield _system_libraries("Qt's libraries for windows under X11", WINDOW_LIBRARIES)
        if for_tests:
            yield _test_programs()


def _test_programs() -> Finding:
    missing = {name: package for name, package in TEST_PROGRAMS.items() if shutil.which(name) is None}
    if missing:
        return Finding(False, f"what the tests with a real mouse run: {', '.join(missing)}", tuple(missing.values()))
    return Finding(True, "what the tests with a real mouse run")


def _python() -> Finding:
    version = ".".join(str(each) for each in sys.version_info[:3])
    if OLDEST_PYTHON <= sys.version_info[:2] < TOO_NEW_PYTHON:
        return Finding(True, f"Python {version}")
    return Finding(False, f"Python {version}: it must be 3.11 to 3.14")


def _libraries() -> Iterator[Finding]:
    """Each library in a process of its own, all at the same time."""
    trials = {
        name: _start(f"import {modules}; from importlib.metadata import version; print(version({_wheel(name)!r}))")
        for name, modules in LIBRARIES.items()
    }
    for name, trial in trials.items():
        ok, text = _outcome(trial)
        yield Finding(ok, f"{name} {text}" if ok else f"{name}: {text} (pip install {_wheel(name)})")


def _wheel(name: str) -> str:
    return "PySide6-Essentials" if name == "PySide6" else name


def _system_libraries(title: str, libraries: dict[str, str]) -> Finding:
    missing = {name: package for name, package in libraries.items() if not _can_load(name)}
    if missing:
        return Finding(False, f"{title}: {', '.join(missing)}", tuple(missing.values()))
    return Finding(True, f"{title}, {len(libraries)} of them")


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _display() -> Finding:
    if not sys.platform.startswith("linux"):
        return Finding(True, "a display")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if value := os.environ.get(name):
            return Finding(True, f"a display ({name}={value})")
    return Finding(None, "no display: no window can open; train and render work without one")


def _compiled_set() -> Iterator[Finding]:
    """The cache folder of the compiled engine, and whether it is filled."""
    yield _writable(Path(os.environ.get("CONVNET_STUDIO_CACHE") or _outcome(_start(_PRINT_CACHE_FOLDER))[1]))
    ok, text = _outcome(_start("from convnet_studio.engine.program import compiled_set_ready as f; print(f())"))
    if not ok:
        yield Finding(False, f"the compiled engine: {text}")
    elif text == "True":
        yield Finding(True, "the engine is compiled")
    else:
        yield Finding(None, "the engine is not compiled yet: the first start does that")


def _writable(folder: Path) -> Finding:
    """Whether files can be made in `folder`, or in the nearest folder above it that exists."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=existing):
            return Finding(True, f"the cache folder {folder} can be written")
    except OSError as error:
        return Finding(False, f"the cache folder {folder} can't be written: {error.strerror}")


def _start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _outcome(trial: subprocess.Popen[str]) -> tuple[bool, str]:
    """Whether it went well, and its output or the last line of its complaint."""
    try:
        output, complaint = trial.communicate(timeout=TRIAL_SECONDS)
    except subprocess.TimeoutExpired:
        trial.kill()
        trial.communicate()
        return False, f"it did not answer within {TRIAL_SECONDS} s"
    if trial.returncode == 0:
        return True, output.strip()
    lines = complaint.strip().splitlines()
    return False, lines[-1] if lines else f"its process ended with {trial.returncode}"
