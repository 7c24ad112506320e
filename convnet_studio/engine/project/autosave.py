"""Autosave: what a crash would lose, in a file that the next start of the program finds.

Every window has a slot of its own: a project file and, beside it, a lock file that it holds locked for as long as it
lives. The system drops the lock however the program ends, so that a slot whose lock can be had is one that a crash
left behind. (Process ids can't tell: after a restart of the computer others bear them.)
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from convnet_studio.engine.project.file import (
    ENDING,
    TEMPORARY_ENDING,
    LoadedProject,
    ProjectFileError,
    load_project,
    save_project,
)
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.weights import Weights

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PREFIX = "autosave-"
_LOCK_ENDING = ".lock"
_ORIGINAL_PATH = "original_path"


@dataclass(frozen=True)
class LeftBehind:
    """Unsaved work that a crash left behind.

    Attributes:
        slot: the file it lies in. `saved_at`: when it was written, in seconds since 1970.
        original_path: the file the user had opened or saved it as, None if there was none.
        loaded: the project, its weights and warnings.
    """

    slot: Path
    saved_at: float
    original_path: Path | None
    loaded: LoadedProject


class Autosave:
    """The slot of one window in `folder` (which is made when needed), and what other windows left there.

    Any thread may call; each call waits for the one before. Errors of the disk are raised as ProjectFileError, one
    sentence each.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._slot = folder / f"{_PREFIX}{secrets.token_hex(8)}{ENDING}"
        self._locks: dict[Path, BinaryIO] = {}
        self._one_at_a_time = threading.Lock()

    def write(
        self,
        project: Project,
        weights: Weights | None,
        original_path: Path | None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace what lies in this window's slot; `extra` is JSON to find beside the project."""
        extra = {**(extra or {}), **({_ORIGINAL_PATH: str(original_path)} if original_path else {})}
        with self._one_at_a_time:
            self._own_slot()
            save_project(self._slot, project, weights, extra)

    def pending(self) -> tuple[LeftBehind, ...]:
        """What crashes left behind, newest first. Until `forget` or the end of this window no other is offered it."""
        found = []
        with self._one_at_a_time, suppress(OSError):
            self._sweep()
            for slot in self._folder.glob(f"{_PREFIX}*{ENDING}"):
                if slot != self._slot and (slot in self._locks or self._lock(slot)):
                    with suppress(ProjectFileError):  # a slot that can't be read has nothing to offer
                        found.append(_left_behind(slot))
        return tuple(sorted(found, key=lambda each: each.saved_at, reverse=True))

    def forget(self, left: LeftBehind) -> None:
        """Delete what a crash left behind: it was taken up, or the user does not want it."""
        with self._one_at_a_time:
            self._remove(left.slot)

    def discard(self) -> None:
        """Empty this window's slot: everything is saved, or the user does not want it."""
        with self._one_at_a_time:
            self._remove(self._slot)

    def release(self) -> None:
        """Let go of all slots, as the end of the program does by itself; what is in them is left behind."""
        with self._one_at_a_time:
            for lock in self._locks.values():
                lock.close()
            self._locks.clear()

    def _own_slot(self) -> None:
        """Make this window's slot its own, at its first autosave."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            owned = self._slot in self._locks or self._lock(self._slot)
        except OSError as error:
            raise ProjectFileError(f"Unsaved work can't be kept in {self._folder}: {error.strerror}.") from error
        if not owned:
            raise ProjectFileError(f"Unsaved work can't be kept in {self._folder}: files can't be locked there.")

    def _lock(self, slot: Path) -> bool:
        """Try to own `slot`."""
        file = slot.with_suffix(_LOCK_ENDING).open("ab")
        if _try_lock(file):
            self._locks[slot] = file
            return True
        file.close()
        return False

    def _remove(self, slot: Path) -> None:
        with suppress(OSError):
            slot.unlink(missing_ok=True)
            if lock := self._locks.pop(slot, None):
                lock.close()  # first, since Windows deletes no open file
                slot.with_suffix(_LOCK_ENDING).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Delete half-written files and locks without a slot, once they are too old to be at work."""
        yesterday = time.time() - 24 * 3600
        locks = (each for each in self._folder.glob(f"{_PREFIX}*{_LOCK_ENDING}") if not _slot_of(each).exists())
        for each in (*self._folder.glob(f".*{TEMPORARY_ENDING}"), *locks):
            if each.stat().st_mtime < yesterday:
                each.unlink(missing_ok=True)


def _slot_of(lock: Path) -> Path:
    return lock.with_suffix(ENDING)


def _left_behind(slot: Path) -> LeftBehind:
    loaded = load_project(slot)
    original = loaded.extra.get(_ORIGINAL_PATH)
    return LeftBehind(slot, slot.stat().st_mtime, Path(original) if isinstance(original, str) else None, loaded)


def _try_lock(file: BinaryIO) -> bool:
    """Lock `file` for as long as it is open, unless somebody else holds it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
