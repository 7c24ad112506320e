"""Archive: a zip read with suspicion: by exact names, within bounds, into memory; nothing is ever unpacked to disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

MEGABYTE = 2**20
_LARGEST_RATIO = 200  # text of projects reaches about 20, and arrays are stored as they are; a zip bomb has 1000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What zipfile raises on bytes that are no whole zip."""


class Archive:
    """An open zip. Every method raises ValueError with one sentence (without the file's name) on anything amiss."""

    def __init__(self, opened: zipfile.ZipFile, entry_limit: int) -> None:
        self._zip = opened
        entries = opened.infolist()
        if len(entries) > entry_limit:
            raise ValueError(f"it holds {len(entries):,} entries: there can be at most {entry_limit:,}.")
        self._entries = {each.filename: each for each in entries}
        if len(self._entries) < len(entries):
            raise ValueError("it holds two entries of the same name: each must be there once.")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, in the order in which they were written. They are never used as paths."""
        return tuple(self._entries)

    def read(self, name: str, byte_limit: int) -> bytes:
        """The content of the entry called exactly `name`, at most `byte_limit` long."""
        entry = self._entries.get(name)
        if entry is None:
            raise ValueError(f"it holds no {name}, as every project does.")
        if entry.flag_bits & 1 or entry.compress_type not in _METHODS:
            raise ValueError(f"{name} in it is encrypted or packed in an unusual way: it must be plain or deflated.")
        if entry.file_size > byte_limit:
            raise ValueError(f"{name} in it has {entry.file_size:,} bytes: there can be at most {byte_limit:,}.")
        if entry.file_size > MEGABYTE and entry.file_size > _LARGEST_RATIO * entry.compress_size:
            raise ValueError(f"{name} in it unpacks to over {_LARGEST_RATIO} times its size, as no real project does.")
        with _damage_in_words(), self._zip.open(entry) as opened:
            return opened.read(byte_limit)


@contextmanager
def open_archive(file: BinaryIO, entry_limit: int) -> Iterator[Archive]:
    """The zip in `file`, of at most `entry_limit` entries.

    Raises:
        ValueError: one sentence without the file's name, if it is none.
    """
    with _damage_in_words():
        opened = zipfile.ZipFile(file)
    with opened:
        yield Archive(opened, entry_limit)


@contextmanager
def _damage_in_words() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ValueError("it is damaged or cut off: it must be a whole zip archive.") from error
