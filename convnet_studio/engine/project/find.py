"""Find: the project that a command line names."""

from __future__ import annotations

from pathlib import Path

from convnet_studio.engine.project.file import ENDING, LoadedProject, load_project
from convnet_studio.engine.project.presets import load_preset, preset_names

FIRST_PRESET = "two-stage-digits"
"""What a newcomer sees."""


def find_project(argument: str) -> LoadedProject:
    """A preset by its name, or what lies in a path ending in ``.cvstudio``.

    Raises:
        ProjectFileError: if the file can't be read.
        KeyError: with a sentence that lists what there is.
    """
    if argument.endswith(ENDING):
        return load_project(Path(argument))
    if argument not in preset_names() and Path(argument).exists():
        raise KeyError(f"{argument} is no project: the name of a project file ends in {ENDING}.")
    return LoadedProject(load_preset(argument))
