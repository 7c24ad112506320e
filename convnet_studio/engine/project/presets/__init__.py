"""Presets: ready projects to start from, one JSON file each, written like the project.json of a project file."""

from __future__ import annotations

from convnet_studio.engine.project.shelf import Shelf
from convnet_studio.engine.project.spec import ModuleSpec, NetworkSpec, Project

_SHELF = Shelf(__name__, "preset")


def preset_names() -> tuple[str, ...]:
    """The names of all presets, sorted."""
    return _SHELF.names()


def load_preset(name: str) -> Project:
    """The preset called `name`; its `description` says in one line what it is.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    return _SHELF.load(name)


def new_project() -> Project:
    """An empty canvas with the Input alone, on handwritten digits."""
    return Project(network=NetworkSpec((ModuleSpec("m1", "Input", position=(40.0, 160.0)),)), next_id=2)
