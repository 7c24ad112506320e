"""The compiled set: every kernel, compiled once for this processor and kept in the user's cache folder.

The folder's name is a hash of all that its contents depend on, so an old set is never taken for a new one: numba itself
does not notice edits in other files, nor another processor behind the same home folder.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import platformdirs
from numba import types

from convnet_studio.engine.kernels import KERNELS as _KERNELS
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.program import interpreter

KERNELS = (*_KERNELS, *interpreter.KERNELS)
"""Everything that is compiled."""

_SOURCES = (Path(interpreter.__file__), *sorted(Path(_KERNELS[0].function.__code__.co_filename).parent.glob("*.py")))
_WORKER = "convnet_studio.engine.program.compile_worker"
_MONTH = 30 * 24 * 3600.0
_LOCK = threading.Lock()


@dataclass(frozen=True)
class CompileProgress:
    """`done` of `total` kernels are compiled, the last one was `name`."""

    done: int
    total: int
    name: str


class CompiledSet:
    """The kernels in this process: their addresses, and what keeps their code in memory."""

    def __init__(self, compiled: dict[Kernel, Any]) -> None:
        self._compiled = compiled

    def address(self, kernel: Kernel) -> int:
        """Where a kernel's code lies."""
        return int(self._compiled[kernel].address)

    def function(self, kernel: Kernel) -> Any:
        """A kernel as a function of Python; it releases the GIL while it runs."""
        kinds = [ctypes.c_int64 if each == types.int64 else ctypes.c_void_p for each in kernel.signature.args]
        return ctypes.CFUNCTYPE(None, *kinds)(self.address(kernel))


def compiled_set_ready() -> bool:
    """Whether the set for this processor and these sources lies in the cache folder."""
    return _find() is not None


def compile_set(on_progress: Callable[[CompileProgress], None] | None = None) -> None:
    """Compile the set in a process of its own, so that this one stays alive to its user; some 10 to 20 s.

    Does nothing where the set is ready. Several processes may do it at once.

    Raises:
        RuntimeError: if the other process fails; with the end of what it said.
    """
    if compiled_set_ready():
        return
    parent = _writable_parent()
    folder = Path(tempfile.mkdtemp(prefix="compiling-", dir=parent))
    try:
        _compile_in_subprocess(folder, on_progress or (lambda progress: None))
        _publish(folder, parent / _name())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _load() -> CompiledSet:
    folder = _find()
    if folder is None:
        compile_set()
        folder = _find()
    assert folder is not None, "a set that was compiled is found"
    return CompiledSet(dict(compile_into(folder)))


def compiled_set() -> CompiledSet:
    """The set, loaded once a process (below a second); compiled first where it is not ready."""
    with _LOCK:
        return _load()


def compile_into(folder: Path) -> Iterator[tuple[Kernel, Any]]:
    """Compile every kernel, or load it from `folder`, one after the other."""
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        for kernel in KERNELS:
            yield kernel, kernel.compile()
    finally:
        config.CACHE_DIR = before


def _compile_in_subprocess(folder: Path, on_progress: Callable[[CompileProgress], None]) -> None:
    package_root = str(Path(__file__).parents[3])
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", _WORKER, str(folder)]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                done, total, name = json.loads(line)
                on_progress(CompileProgress(done, total, name))
        except BaseException:
            process.kill()
            raise
        if process.wait():
            said.seek(0)
            raise RuntimeError(f"The engine could not be compiled: {said.read()[-500:].strip()}")


def _publish(folder: Path, target: Path) -> None:
    """Give a complete set its name; where another process was faster, its set stays."""
    _sweep(target.parent)
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _sweep(parent: Path) -> None:
    """Remove sets of earlier versions, and what broken-off compilations left, once they are a month old."""
    for each in parent.iterdir():
        if time.time() - each.stat().st_mtime > _MONTH:
            shutil.rmtree(each, ignore_errors=True)


def _find() -> Path | None:
    return next((parent / _name() for parent in _parents() if _is_own_folder(parent / _name())), None)


def _is_own_folder(path: Path) -> bool:
    """Whether it is a folder of this user: code from anybody else's is not run."""
    return path.is_dir() and (not hasattr(os, "getuid") or path.stat().st_uid == os.getuid())


def _parents() -> tuple[Path, ...]:
    """Where sets may lie: the user's cache folder, and one for temporary files where that can't be written."""
    chosen = os.environ.get("CONVNET_STUDIO_CACHE") or platformdirs.user_cache_dir("convnet-studio", appauthor=False)
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return Path(chosen) / "compiled", Path(tempfile.gettempdir()) / f"convnet-studio-{user}" / "compiled"


def _writable_parent() -> Path:
    for parent in _parents():
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=parent):
                return parent
        except OSError:
            continue
    raise RuntimeError("The engine could not be compiled: no cache folder can be written.")


@functools.cache
def _name() -> str:
    """A hash of sources (numba also compares their times), processor and versions."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        digest.update(f"{source}{source.stat().st_mtime_ns}".encode() + source.read_bytes())
    features = llvmlite.binding.get_host_cpu_features().flatten()
    versions = [sys.version, numba.__version__, llvmlite.__version__, importlib.metadata.version("numpy")]
    digest.update(json.dumps([llvmlite.binding.get_host_cpu_name(), features, *versions]).encode())
    return digest.hexdigest()[:24]
