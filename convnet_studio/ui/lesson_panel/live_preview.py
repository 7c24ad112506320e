"""LivePreview: tells when the file of a lesson has changed, for authors who write beside the open lesson."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

_QUIET_MILLISECONDS = 150
"""Editors write a file in several goes, or put another one in its place."""


class LivePreview(QObject):
    """Watches one file and its folder."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self, singleShot=True, interval=_QUIET_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._watcher.fileChanged.connect(lambda _: self._timer.start())
        self._watcher.directoryChanged.connect(lambda _: self._timer.start())

    def watch(self, path: Path | None) -> None:
        """Watch another file; None: none."""
        if known := [*self._watcher.files(), *self._watcher.directories()]:
            self._watcher.removePaths(known)
        self._path = path
        self._stamp = self._stamp_now()
        if path is not None:
            self._watcher.addPaths([str(each) for each in (path, path.parent) if each.exists()])

    def _stamp_now(self) -> tuple[int, int] | None:
        try:
            told = self._path.stat() if self._path else None
        except OSError:
            return None
        return (told.st_mtime_ns, told.st_size) if told else None

    def _look(self) -> None:
        if self._path is None:
            return
        if self._path.exists() and str(self._path) not in self._watcher.files():
            self._watcher.addPath(str(self._path))  # one that was replaced is watched no more
        stamp = self._stamp_now()
        if stamp is not None and stamp != self._stamp:
            self._stamp = stamp
            self.changed.emit()
