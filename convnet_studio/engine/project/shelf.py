"""Shelf: a folder of ready projects, one JSON file each, written like the project.json of a project file."""

from __future__ import annotations

from importlib.resources import files

from convnet_studio.engine.project.json_format import project_from_text
from convnet_studio.engine.project.spec import Project


class Shelf:
    """What lies in a package.

    Args:
        package: its name.
        what: what people call a thing in it, such as "preset".
    """

    def __init__(self, package: str, what: str) -> None:
        self._folder = files(package)
        self._what = what

    def names(self) -> tuple[str, ...]:
        """The names of all that is there, sorted: the names of their files without the ending."""
        names = (each.name for each in self._folder.iterdir())
        return tuple(sorted(each.removesuffix(".json") for each in names if each.endswith(".json")))

    def load(self, name: str) -> Project:
        """The one called `name`.

        Raises:
            KeyError: with a sentence that lists what there is.
        """
        known = self.names()
        if name not in known:
            raise KeyError(f"There is no {self._what} named {name!r}; there are {', '.join(known)}.")
        return project_from_text((self._folder / f"{name}.json").read_text(encoding="utf-8")).project
