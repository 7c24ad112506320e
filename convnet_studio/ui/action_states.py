"""ActionStates: which actions can be carried out now, and why the others can't."""

from __future__ import annotations

from PySide6.QtCore import QObject

from convnet_studio.ui.actions import Actions
from convnet_studio.ui.canvas.commands import Commands
from convnet_studio.ui.canvas.edit_commands import EditCommands
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.open_project import OpenProject


class ActionStates(QObject):
    """Follows selection and undo, for as long as `owner` lives."""

    def __init__(
        self,
        owner: QObject,
        actions: Actions,
        open_project: OpenProject,
        scene: CanvasScene,
        commands: Commands,
        edits: EditCommands,
    ) -> None:
        super().__init__(owner)
        self._actions = actions
        self._commands = commands
        self._edits = edits
        stack = open_project.undo_group
        for changed in (
            open_project.selection_changed,
            open_project.changed,
            open_project.replaced,
            scene.links_selected,
            scene.notes.selection_changed,
            edits.input_changed,
        ):
            changed.connect(self._judge)
        stack.canUndoChanged.connect(self._allow_undo)
        stack.canRedoChanged.connect(self._allow_redo)
        stack.undoTextChanged.connect(self._name_undo)
        stack.redoTextChanged.connect(self._name_redo)
        self._allow_undo(stack.canUndo())
        self._allow_redo(stack.canRedo())
        self._judge()

    def _judge(self) -> None:
        for name, refusal in (self._commands.refusals() | self._edits.refusals()).items():
            self._actions.allow(name, refusal)

    def _allow_undo(self, can: bool) -> None:
        self._actions.allow("undo", "" if can else "There is nothing to undo.")

    def _allow_redo(self, can: bool) -> None:
        self._actions.allow("redo", "" if can else "There is nothing to redo.")

    def _name_undo(self, text: str) -> None:
        self._actions["undo"].setText(f"Undo: {text}" if text else "Undo")

    def _name_redo(self, text: str) -> None:
        self._actions["redo"].setText(f"Redo: {text}" if text else "Redo")
