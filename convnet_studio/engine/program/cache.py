"""The compiled set: every kernel, compiled once for this processor and kept in the user's cache folder.

The kernels of a source file are a part, and a part is a file in the folder. Its name is a hash of all that its code
depends on, sources and processor, so that code of another version or another processor is never loaded, and an edit
costs no more than the parts it touches.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
import platformdirs
from numba import types

from convnet_studio.engine.kernels import KERNELS as _KERNELS
from convnet_studio.engine.kernels.leaf import Kernel
from convnet_studio.engine.kernels.processor import PROCESSOR
from convnet_studio.engine.program import interpreter, machine_code
from convnet_studio.engine.program.compile_pool import CompileProgress, compile_in_workers

KERNELS = (*_KERNELS, *interpreter.KERNELS)
"""Everything that is compiled."""

_IMPORT = re.compile(r"^from (convnet_studio\.engine\.[\w.]+) import (\([^)]*\)|.*)", re.MULTILINE)
_MONTH = 30 * 24 * 3600.0
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Part:
    """The kernels of the source file whose module is called `name`."""

    name: str
    kernels: tuple[Kernel, ...]

    @property
    def file_name(self) -> str:
        """What its code is called in the cache folder, for the chosen processor."""
        return file_name(self.name, PROCESSOR.name, PROCESSOR.features)

    @property
    def weight(self) -> int:
        """Roughly how long it takes to compile: bytes of source."""
        return len(_source(self.name))


PARTS = tuple(
    Part(name, tuple(kernels)) for name, kernels in groupby(KERNELS, key=lambda each: each.function.__module__)
)


class CompiledSet:
    """The kernels in this process: their addresses, and what keeps their code in memory."""

    def __init__(self, addresses: dict[Kernel, int], engines: list[Any]) -> None:
        self._addresses = addresses
        self._engines = engines

    def address(self, kernel: Kernel) -> int:
        """Where a kernel's code lies."""
        return self._addresses[kernel]

    def function(self, kernel: Kernel) -> Any:
        """A kernel as a function of Python; it releases the GIL while it runs."""
        kinds = [ctypes.c_int64 if each == types.int64 else ctypes.c_void_p for each in kernel.signature.args]
        return ctypes.CFUNCTYPE(None, *kinds)(self.address(kernel))


def compiled_set_ready() -> bool:
    """Whether the set for this processor and these sources lies in the cache folder."""
    return not _missing()


def compile_set(on_progress: Callable[[CompileProgress], None] | None = None) -> None:
    """Compile what is missing of the set in processes of their own, so that this one stays alive to its user.

    Two processes, some 8 s for all of it; nothing where the set is ready. Several programs may do it at once.

    Args:
        on_progress: called in this thread after each kernel.

    Raises:
        RuntimeError: if a process fails; with the end of what it said.
    """
    missing = sorted(_missing(), key=lambda part: -part.weight)
    if not missing:
        return
    parent = _writable_parent()
    sizes = {part.name: len(part.kernels) for part in missing}
    compile_in_workers(parent, sizes, on_progress or (lambda progress: None))
    _sweep(parent)


@functools.cache
def _load() -> CompiledSet:
    addresses: dict[Kernel, int] = {}
    engines = []
    compile_set()
    for part in PARTS:
        engine, found = _load_part(part)
        engines.append(engine)
        addresses |= found
    return CompiledSet(addresses, engines)


def _load_part(part: Part) -> tuple[Any, dict[Kernel, int]]:
    """Load a part; where its file is broken, compile it anew."""
    path = _find(part)
    assert path is not None, "a part that was compiled is found"
    try:
        return machine_code.load(path, part.kernels)
    except (OSError, ValueError):
        path.unlink()
    compile_set()
    path = _find(part)
    assert path is not None
    return machine_code.load(path, part.kernels)


def compiled_set() -> CompiledSet:
    """The set, loaded once a process (some 20 ms); compiled first where it is not ready."""
    with _LOCK:
        return _load()


def _missing() -> list[Part]:
    return [part for part in PARTS if _find(part) is None]


def _sweep(parent: Path) -> None:
    """Remove code of earlier versions, and what broken-off compilations left, once it is a month old."""
    ours = {part.file_name for part in PARTS}
    for each in parent.iterdir():
        if each.is_file() and each.name not in ours and time.time() - each.stat().st_mtime > _MONTH:
            each.unlink(missing_ok=True)


def _find(part: Part) -> Path | None:
    paths = (parent / part.file_name for parent in _parents())
    return next((path for path in paths if path.is_file() and _is_own(path) and _is_own(path.parent)), None)


def _is_own(path: Path) -> bool:
    """Whether it belongs to this user: code from anybody else's is not run."""
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


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
def file_name(module: str, processor: str, features: frozenset[str]) -> str:
    """The name of a part's file: the end of its module's name, and a hash of sources, processor and versions."""
    versions = [sys.version, numba.__version__, llvmlite.__version__, np.__version__]
    machine = [platform.machine(), processor, *sorted(features)]
    digest = hashlib.sha256(json.dumps([*machine, *versions]).encode())
    for each in sorted(sources(module) | {machine_code.__name__}):
        digest.update(each.encode() + _source(each))
    return f"{module.rpartition('.')[2]}-{digest.hexdigest()[:24]}"


def sources(module: str) -> set[str]:
    """The module and every one of this package that it imports, or those import: what its code depends on."""
    found, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for package, names in _IMPORT.findall(_source(name).decode()):
            candidates = [package, *(f"{package}.{each}" for each in re.findall(r"\w+", names))]
            waiting += [each for each in candidates if each in sys.modules]
    return found


@functools.cache
def _source(module: str) -> bytes:
    path = sys.modules[module].__file__
    assert path is not None
    return Path(path).read_bytes()
