"""File: a project as a ``.cvstudio`` file: a zip with ``project.json`` and, where it has been trained, ``weights.npz``.

Nothing in a file is ever executed (no pickle, no eval), nothing is unpacked to disk, and every size has a bound.
"""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from convnet_studio.engine.data.dataset import load_dataset
from convnet_studio.engine.data.normalization import NONE
from convnet_studio.engine.data.preparation import check_preparation
from convnet_studio.engine.project.archive import MEGABYTE, open_archive
from convnet_studio.engine.project.data_settings import preparation_of
from convnet_studio.engine.project.invariants import check_invariants
from convnet_studio.engine.project.json_format import (
    RENAMED_KINDS,
    ParsedProject,
    project_from_text,
    project_to_text,
)
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.weights import (
    WEIGHTS_LIMIT,
    Weights,
    fitting_weights,
    weights_from_bytes,
    weights_to_bytes,
)

ENDING = ".cvstudio"
TEMPORARY_ENDING = ".cvstudio-part"
"""Of the file beside the target that is written first; one that is left over was cut off, and can be deleted."""

PROJECT_ENTRY = "project.json"
WEIGHTS_ENTRY = "weights.npz"

_PROJECT_LIMIT = 8 * MEGABYTE
_FILE_LIMIT = WEIGHTS_LIMIT + 2 * _PROJECT_LIMIT
_ENTRY_LIMIT = 16


class ProjectFileError(Exception):
    """A project file can't be read or written: one sentence with the file's name, what was found, what is right."""


@dataclass(frozen=True)
class LoadedProject:
    """What a file held.

    Attributes:
        project: it fulfils `invariants.check_invariants`; what keeps it from training `validate.problems` tells.
        weights: as saved, those left out that its modules can't take.
        extra: what the program had noted beside the project.
        warnings: a sentence for each thing that was left out or not understood.
    """

    project: Project
    weights: Weights = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def save_project(
    path: Path, project: Project, weights: Weights | None = None, extra: Mapping[str, Any] | None = None
) -> None:
    """Write `project` to `path`, whole or not at all: what was there stays until the new file is safely on the disk.

    Args:
        path: of the file.
        project: what to save.
        weights: of its modules, if it has been trained; those of other modules are not written.
        extra: JSON that the program wants to find beside the project.

    Raises:
        ProjectFileError: one sentence, if it can't be written.
    """
    check_invariants(project)
    try:
        text = project_to_text(project, extra)
        kept = {each: arrays for each, arrays in (weights or {}).items() if each in project.network}
        packed = weights_to_bytes(kept) if kept else b""
        with _replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr(zipfile.ZipInfo(PROJECT_ENTRY), text, zipfile.ZIP_DEFLATED)
            if packed:
                archive.writestr(zipfile.ZipInfo(WEIGHTS_ENTRY), packed, zipfile.ZIP_STORED)
    except (OSError, ValueError) as error:
        raise ProjectFileError(f"{path.name} can't be saved: {_reason(error)}") from error


def load_project(path: Path, renames: Mapping[str, str] = RENAMED_KINDS) -> LoadedProject:
    """Read what `save_project` wrote. An unknown module is kept and named in the warnings; it does not lose the rest.

    Args:
        path: of the file.
        renames: what kinds are called now, by their names in older files.

    Raises:
        ProjectFileError: one sentence, if it is no project that this version can read.
    """
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise ValueError(f"it has more than the {_FILE_LIMIT // MEGABYTE} MB that a project can have.")
        with path.open("rb") as file:
            parsed, weights = _read(file, renames)
    except (OSError, ValueError) as error:
        raise ProjectFileError(f"{path.name} can't be opened: {_reason(error)}") from error
    data = load_dataset(parsed.project.data.dataset)
    fitting, misfits = fitting_weights(parsed.project, weights, data.input_shape, data.classes)
    project, unfit = _with_fitting_data(parsed.project)
    return LoadedProject(project, fitting, parsed.extra, parsed.warnings + misfits + unfit)


def _with_fitting_data(project: Project) -> tuple[Project, tuple[str, ...]]:
    """`project` without a normalisation that can't be fitted to its pictures; second: a sentence about it."""
    try:
        check_preparation(project.data.dataset, preparation_of(project.data))
    except ValueError as error:
        return replace(project, data=replace(project.data, normalization=NONE)), (str(error),)
    return project, ()


def _read(file: BinaryIO, renames: Mapping[str, str]) -> tuple[ParsedProject, Weights]:
    if not zipfile.is_zipfile(file):
        raise ValueError("it is cut off, or no ConvNet Studio project at all (those are zip archives).")
    with open_archive(file, _ENTRY_LIMIT) as archive:
        content = archive.read(PROJECT_ENTRY, _PROJECT_LIMIT)
        packed = archive.read(WEIGHTS_ENTRY, WEIGHTS_LIMIT) if WEIGHTS_ENTRY in archive.names else b""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{PROJECT_ENTRY} in it is no text: it must be JSON in UTF-8.") from None
    parsed = project_from_text(text, renames)
    try:
        return parsed, weights_from_bytes(packed) if packed else {}
    except ValueError as error:
        raise ValueError(f"{WEIGHTS_ENTRY} in it can't be used: {error}") from None


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends well, and vanishes when it does not."""
    target = path.resolve()  # of a link, not the link itself, is what gets replaced
    beside = target.with_name(f".{secrets.token_hex(8)}{TEMPORARY_ENDING}")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last, on systems where a folder can be synchronised."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder."
    if isinstance(error, OSError):
        return f"{error.strerror or error}."
    return str(error)
