"""Ready stages: pieces of a network to put onto the canvas, one JSON file each, written like a project of one stage."""

from __future__ import annotations

from convnet_studio.engine.project.shelf import Shelf
from convnet_studio.engine.project.spec import Project

_SHELF = Shelf(__name__, "stage")


def stage_names() -> tuple[str, ...]:
    """The names of all ready stages, sorted."""
    return _SHELF.names()


def load_stage(name: str) -> Project:
    """The ready stage called `name`, as a project of its modules alone; its `description` says in one line what it is.

    Raises:
        KeyError: with a sentence that lists what there is.
    """
    return _SHELF.load(name)
