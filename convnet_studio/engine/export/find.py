"""Find: the project that a command line names, files of other programs among them; the forms, with all registered."""

from __future__ import annotations

from pathlib import Path

import convnet_studio.engine.export.forms  # noqa: F401  (importing the folder registers what it holds)
from convnet_studio.engine.export.form import Form, export, import_file, readable_endings, save_export
from convnet_studio.engine.project.file import LoadedProject
from convnet_studio.engine.project.find import find_project

__all__ = ["Form", "export", "import_file", "is_listing", "open_argument", "save_export"]


def open_argument(argument: str) -> LoadedProject:
    """A preset by its name, or what lies in a project file or a listing.

    Raises:
        ProjectFileError, ImportProblem: one sentence, if the file can't be read.
        KeyError: with a sentence that lists what there is.
    """
    if is_listing(argument):
        imported = import_file(Path(argument))
        return LoadedProject(imported.project, warnings=imported.notes)
    return find_project(argument)


def is_listing(argument: str) -> bool:
    """Whether a path ends as those of listings that can be read."""
    return Path(argument).suffix in readable_endings()
