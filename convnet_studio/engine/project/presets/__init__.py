"""Presets: ready projects to start from, one JSON file each, written like the project.json of a project file."""

from __future__ import annotations

from importlib.resources import files

from convnet_studio.engine.project.json_format import project_from_text
from convnet_studio.engine.project.spec import ModuleSpec, NetworkSpec, Project


def preset_names() -> tuple[str, ...]:
    """The names of all presets, sorted: the names of their files without the ending."""
    names = (each.name for each in files(__name__).iterdir())
    return tuple(sorted(each.removesuffix(".json") for each in names if each.endswith(".json")))


def load_preset(name: str) -> Project:
    """The preset called `name`; its `description` says in one line what it is.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    known = preset_names()
    if name not in known:
        raise KeyError(f"There is no preset named {name!r}; there are {', '.join(known)}.")
    return project_from_text((files(__name__) / f"{name}.json").read_text(encoding="utf-8")).project


def new_project() -> Project:
    """An empty canvas with the Input alone, on handwritten digits."""
    return Project(network=NetworkSpec((ModuleSpec("m1", "Input", position=(40.0, 160.0)),)), next_id=2)
