"""Form: one way of writing a network down, the contract that every file in ``forms/`` fulfils.

A form holds a table with a rule for each kind of module. A kind without a rule is no fault of the program: `write`
tells it in one sentence, and whoever wants it exported adds a row to that table.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from convnet_studio.engine.export.outline import Outline, Part, complete_weights, outline_of
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.project.weights import Weights
from convnet_studio.engine.registry import Registry

LARGEST_TEXT = 1_000_000
"""Bytes of a file that is read as text at most."""
SIGNATURE = "Written by ConvNet Studio."
"""Stands in the heading of a text whose weights lie beside it."""
_LONGEST_HEADING = 10_000


class ExportError(ValueError):
    """A network can't be written in a form: one sentence that names the module and the form."""


class ImportProblem(ValueError):
    """A file can't be read as a network: one sentence with what is wrong, where, and what would be right."""


@dataclass(frozen=True)
class Imported:
    """What a text was read as; `notes` tell in sentences what was guessed."""

    project: Project
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A network in one form.

    Attributes:
        content: the text, or the bytes of a file that is none.
        notes: where the form differs a little from the network, in sentences.
        gaps: what could not be written, in sentences; in a text a comment stands there instead.
        owners: of a text, the id in the drawing of the module that each line is about, empty for none.
    """

    content: str | bytes
    notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


class Form(ABC):
    """A form. A subclass is registered under its `name`."""

    registry: ClassVar[Registry[type[Form]]] = Registry("form")

    name: ClassVar[str]
    """As the command line knows it."""
    title: ClassVar[str]
    """As people read it."""
    word: ClassVar[str]
    """As a switch has it: "Torch7"."""
    phrase: ClassVar[str]
    """As it stands in sentences, with its article: "a Torch7 listing"."""
    ending: ClassVar[str]
    """Of its files, with the dot."""
    is_text: ClassVar[bool] = True
    comment: ClassVar[str] = "#"
    """What begins a comment in its texts."""
    keywords: ClassVar[frozenset[str]] = frozenset()
    """The words of its language."""
    carries_weights: ClassVar[bool] = False
    """Whether its files hold the weights (in itself or in one beside it)."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls):
            Form.registry.add(cls.name, cls)

    @abstractmethod
    def write(self, outline: Outline) -> Written:
        """Write the whole network, whatever of it can be written."""

    def files_beside(self, outline: Outline) -> Mapping[str, bytes]:
        """What belongs into files beside the main one, by their ending."""
        return {}

    @property
    def can_read(self) -> bool:
        """Whether `read` is possible."""
        return type(self).read is not Form.read

    def read(self, text: str, name: str) -> Imported:
        """The network of a text in this form, as a project called `name`.

        Raises:
            ValueError: one sentence with the line, and what was expected there.
        """
        raise ImportProblem(f"{self.title} can't be read, only written.")

    def no_rule_for(self, part: Part) -> str:
        """What to say of a module that this form has no rule for."""
        return f"{part.title} can't be written as {self.phrase}: there is no rule for {part.kind}."


class Lines:
    """Lines of a text in the making, each with the module that it is about."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.owners: list[str] = []

    def add(self, text: str = "", owner: str = "") -> None:
        """Put one line, or several at once."""
        for line in text.split("\n"):
            self.lines.append(line.rstrip())
            self.owners.append(owner)

    def text(self) -> str:
        """All of them, with one line break at the end."""
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class Exported:
    """Files to be: `content` and, by their endings, what goes `beside` it; `notes` as of `Written`."""

    content: str | bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def export(project: Project, form_name: str, weights: Weights | None = None) -> Exported:
    """The whole of `project` in a form; weights that are not given are drawn from the project's seed.

    Raises:
        KeyError: with a sentence that lists the forms, if there is none of this name.
        ExportError: one sentence, if some module can't compute or can't be written.
    """
    form = Form.registry[form_name]()
    outline = outline_of(project, complete_weights(project, weights) if form.carries_weights else None)
    if outline.left_out:
        raise ExportError(f"{project.name} can't be written as {form.phrase}: {outline.left_out[0]}")
    if not outline.modules:
        raise ExportError(f"{project.name} can't be written as {form.phrase}: it has no module that computes.")
    written = form.write(outline)
    if written.gaps:
        raise ExportError(written.gaps[0])
    return Exported(written.content, form.files_beside(outline), written.notes)


def save_export(exported: Exported, path: Path) -> list[Path]:
    """Write the files; returns their paths. A file beside is replaced only where it belongs to the one at `path`.

    Raises:
        ExportError: one sentence, if one can't be written or is another's; then nothing is written.
    """
    beside = {path.with_suffix(ending): data for ending, data in exported.beside.items()}
    for each in beside:
        if each.exists() and not _is_ours(path):
            raise ExportError(f"{each} is there already and belongs to no exported {path.name}: choose another name.")
    files = {path: exported.content} | beside
    for each, content in files.items():
        try:
            each.write_bytes(content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise ExportError(f"{each} can't be written: {error.strerror}.") from None
    return list(files)


def _is_ours(path: Path) -> bool:
    """Whether there is a text at `path` that was exported."""
    try:
        with path.open("rb") as file:
            return SIGNATURE.encode() in file.read(_LONGEST_HEADING)
    except OSError:
        return False


def readable_endings() -> tuple[str, ...]:
    """The endings of files that `import_file` reads."""
    return tuple(kind.ending for kind in Form.registry.values() if kind().can_read)


def import_file(path: Path) -> Imported:
    """The network in a file, by the form that its ending tells.

    Raises:
        ImportProblem: one sentence, if it can't be read.
    """
    form = next((kind() for kind in Form.registry.values() if kind.ending == path.suffix and kind().can_read), None)
    if form is None:
        raise ImportProblem(f"{path} can't be read: the name of a listing ends in {' or '.join(readable_endings())}.")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_TEXT + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ImportProblem(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImportProblem(f"{path} is no text in UTF-8, so it can't be read as {form.phrase}.") from None
    if len(data) > LARGEST_TEXT:
        raise ImportProblem(f"{path} is larger than {LARGEST_TEXT:,} bytes: it is no listing of a network.")
    try:
        return form.read(text, path.stem)
    except ValueError as problem:
        raise ImportProblem(f"{path}: {problem}") from None
