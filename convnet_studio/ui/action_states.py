"""ActionStates: which actions can be carried out now, and why the others can't."""

from __future__ import annotations

from PySide6.QtCore import QObject

from convnet_studio.ui.actions import Actions
from convnet_studio.ui.canvas.edit_commands import EditCommands
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.open_project import OpenProject

NOTHING_SELECTED = "Select a module on the canvas or in the outline first."


class ActionStates(QObject):
    """Follows selection and undo."""

    def __init__(self, actions: Actions, open_project: OpenProject, scene: CanvasScene, commands: EditCommands) -> None:
        super().__init__()
        self._actions = actions
        self._open = open_project
        self._scene = scene
        self._commands = commands
        stack = open_project.undo_stack
        for changed in (
            open_project.selection_changed,
            open_project.changed,
            open_project.replaced,
            scene.links_selected,
            commands.input_changed,
            stack.indexChanged,
        ):
            changed.connect(self._judge)
        self._judge()

    def _judge(self) -> None:
        modules, links = len(self._open.selection), len(self._scene.selected_links)
        allow, stack = self._actions.allow, self._open.undo_stack
        allow("duplicate", "" if modules else NOTHING_SELECTED)
        allow("rename", "" if modules == 1 else "Select one module first.")
        allow("delete", "" if modules + links else "Select modules or wires first.")
        allow("select_all", "" if self._open.project.network.modules else "There are no modules yet.")
        for name, refusal in self._commands.refusals().items():
            allow(name, refusal)
        for name, can, text in (
            ("undo", stack.canUndo(), stack.undoText()),
            ("redo", stack.canRedo(), stack.redoText()),
        ):
            allow(name, "" if can else f"There is nothing to {name}.")
            self._actions[name].setText(f"{name.capitalize()}: {text}" if text else name.capitalize())
