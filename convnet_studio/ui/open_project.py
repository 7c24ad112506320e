"""OpenProject: the project under the user's hands, with undo, selection and the file it came from."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoGroup, QUndoStack

from convnet_studio.engine.project.edits import return_to
from convnet_studio.engine.project.spec import Project
from convnet_studio.engine.training.trainer import OWN
from convnet_studio.ui.pointed import Pointed

MERGE_SECONDS = 2.0
"""Edits with the same merge key that are further apart than this are two undo entries."""


@dataclass
class _Left:
    """What lies on a desk that is not worked at."""

    project: Project
    path: Path | None = None
    weights_unsaved: bool = False
    selection: frozenset[str] = frozenset()
    undo_stack: QUndoStack = field(default_factory=QUndoStack)


class OpenProject(QObject):
    """One value, `project`, and every way it changes.

    Views listen to `changed` and compare before and after; they never change a project themselves but call `edit` with
    a new value made by a function of engine.project.edits.
    """

    changed = Signal(object, object)
    """(before, after): Project values, after an edit, an undo or a redo."""
    replaced = Signal()
    """Another project was opened; undo starts afresh."""
    selection_changed = Signal()
    name_changed = Signal()
    """File name or unsaved mark."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._selection: frozenset[str] = frozenset()
        self._path: Path | None = None
        self._weights_unsaved = False
        self.returns = False
        """While `changed` is told: whether it is an earlier value, by undo or redo."""
        self.pointed = Pointed(self)
        """The number that is explained."""
        self.doing = ""
        """While `changed` is told: what is done, as the list of undo has it ("Undo: Add Conv2d")."""
        self.goes_back = False
        """While `changed` is told: whether by undo."""
        self.brings_run = False
        """While `replaced` is told: whether whoever opened the project sees to its run."""
        self.desk = OWN
        self._left: dict[str, _Left] = {}
        self.undo_group = QUndoGroup(self)
        self._take_stack(QUndoStack())
        self.undo_group.cleanChanged.connect(self.name_changed)

    @property
    def project(self) -> Project:
        """The value now."""
        return self._project

    @property
    def path(self) -> Path | None:
        """The file it was opened from or saved to; None for a preset or a new project."""
        return self._path

    @property
    def is_unsaved(self) -> bool:
        """Whether closing would lose an edit or training."""
        return self._weights_unsaved or not self.undo_stack.isClean()

    def mark_trained(self) -> None:
        """The weights have moved since the last save."""
        if not self._weights_unsaved:
            self._weights_unsaved = True
            self.name_changed.emit()

    def mark_saved(self, path: Path) -> None:
        """What is open now lies in `path`."""
        self._path = path
        self._weights_unsaved = False
        self.undo_stack.setClean()
        self.name_changed.emit()

    def open(self, project: Project, path: Path | None = None, brings_run: bool = False) -> None:
        """Put another project in place of this one; `brings_run`: whoever calls sees to its run."""
        self._project = project
        self._path = path
        self._weights_unsaved = False
        self.undo_stack.clear()
        self._tell_replaced(frozenset(), brings_run)

    def switch(self, desk: str, project: Project | None = None) -> None:
        """Go to another desk; project, undo and unsaved mark of this one stay there until it is returned to.

        `project` is opened there; None: go on with what was left. Whoever calls sees to the run.
        """
        self._left[self.desk] = _Left(
            self._project, self._path, self._weights_unsaved, self._selection, self.undo_stack
        )
        self.desk = desk
        found = self._left.pop(desk, None) if project is None else _Left(project)
        if found is None:
            raise KeyError(f"Nothing was left at the desk {desk!r}.")
        self._project, self._path, self._weights_unsaved = found.project, found.path, found.weights_unsaved
        self._take_stack(found.undo_stack)
        self._tell_replaced(found.selection, brings_run=True)

    def has_left(self, desk: str) -> bool:
        """Whether something lies on a desk, to go on with."""
        return desk in self._left

    def clear(self, desk: str) -> None:
        """Throw away what was left at a desk, if anything was."""
        self._left.pop(desk, None)

    def _tell_replaced(self, selection: frozenset[str], brings_run: bool) -> None:
        self.brings_run = brings_run
        self.select(frozenset())
        self.pointed.pin(None)
        self.replaced.emit()
        self.select(selection)
        self.name_changed.emit()
        self.brings_run = False

    def _take_stack(self, stack: QUndoStack) -> None:
        self.undo_stack = stack
        self.undo_group.addStack(stack)
        self.undo_group.setActiveStack(stack)

    def edit(self, text: str, after: Project, merge_key: str = "") -> None:
        """Replace the value by `after` as one undo entry named `text` ("Add Conv2d").

        Edits in quick succession with the same non-empty `merge_key` become one entry, such as the drags of a slider.
        """
        if after != self._project:
            self.undo_stack.push(_EditCommand(self, text, self._project, after, merge_key))

    @property
    def selection(self) -> frozenset[str]:
        """Ids of the selected modules."""
        return self._selection

    def select(self, ids: frozenset[str]) -> None:
        """Select these modules (no edit: selection is not undone)."""
        if ids != self._selection:
            self._selection = ids
            self.selection_changed.emit()

    def _set(self, project: Project, returns: bool, doing: str, goes_back: bool = False) -> None:
        before, self._project = self._project, project
        self.returns, self.doing, self.goes_back = returns, doing, goes_back
        self._selection = frozenset(each for each in self._selection if each in project.network)
        self.changed.emit(before, project)
        self.goes_back = False


class _EditCommand(QUndoCommand):
    """The one undo command: the value before and after. Weights are the trainer's care (it keeps them by module id)."""

    def __init__(self, owner: OpenProject, text: str, before: Project, after: Project, merge_key: str) -> None:
        super().__init__(text)
        self._owner = owner
        self._before = before
        self._after = after
        self._merge_key = merge_key
        self._made_at = time.monotonic()
        self._was_undone = False

    def redo(self) -> None:
        self._owner._set(return_to(self._owner.project, self._after), self._was_undone, self.text())

    def undo(self) -> None:
        self._was_undone = True
        self._owner._set(return_to(self._owner.project, self._before), True, f"Undo: {self.text()}", goes_back=True)

    def id(self) -> int:
        return 1 if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _EditCommand) or other._merge_key != self._merge_key:
            return False
        if other._made_at - self._made_at > MERGE_SECONDS:
            return False
        self._after, self._made_at = other._after, other._made_at
        return True
