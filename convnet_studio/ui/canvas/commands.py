"""Commands: what menu, shortcuts and palette can tell the canvas to do, by the names of the action table."""

from __future__ import annotations

from collections.abc import Callable

from convnet_studio.ui.canvas.gestures.ask_module import AskModule
from convnet_studio.ui.canvas.gestures.clipboard import Clipboard
from convnet_studio.ui.canvas.gestures.edit_note import EditNote
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.gestures.rename import Rename
from convnet_studio.ui.canvas.gestures.tidy import Tidy

NOTHING_SELECTED = "Select a module on the canvas or in the outline first."
NO_MODULES = "There are no modules yet."


class Commands:
    """The gestures that need no mouse.

    Attributes:
        handlers: what each command does, by its name in `ui.actions.ACTIONS`.
    """

    def __init__(
        self, canvas: Canvas, rename: Rename, clipboard: Clipboard, notes: EditNote, ask: AskModule, tidy: Tidy
    ) -> None:
        self._canvas = canvas
        self._rename = rename
        self._notes = notes
        editor = canvas.editor
        self.handlers: dict[str, Callable[[], object]] = {
            "cut": clipboard.cut,
            "copy": clipboard.copy,
            "paste": clipboard.paste,
            "duplicate": editor.duplicate_selection,
            "delete": lambda: editor.delete_selection(),
            "select_all": self.select_all,
            "rename": self.rename_selection,
            "freeze": self._freeze,
            "place_module": lambda: ask.open(),
            "add_note": lambda: notes.write(),
            "tidy": tidy.tidy,
        }

    def refusals(self) -> dict[str, str]:
        """Why each of these commands means nothing with what is selected now; empty where it does."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        count = len(selection) + len(scene.notes.selected)
        some = "" if count else NOTHING_SELECTED
        return {
            "cut": some,
            "copy": some,
            "duplicate": some,
            "delete": "" if count + len(scene.selected_links) else "Select modules, notes or wires first.",
            "rename": "" if count == 1 else "Select one module first.",
            "freeze": "" if self._canvas.editor.can_freeze(selection) else "Select a module that has weights first.",
            "tidy": "" if scene.modules else NO_MODULES,
            "select_all": "" if scene.modules or scene.notes.items else NO_MODULES,
        }

    def edit_note(self) -> None:
        """Edit the text of the one selected note."""
        self._notes.edit_selected()

    def select_all(self) -> None:
        """Select all modules and notes."""
        scene = self._canvas.scene
        scene.select_only(frozenset(scene.modules), notes=frozenset(scene.notes.items))

    def rename_selection(self) -> None:
        """Edit the name of the one selected module, or the text of the one selected note."""
        selection = self._canvas.open_project.selection
        if len(selection) == 1 and not self._canvas.scene.notes.selected:
            self._rename.start(self._canvas.scene.modules[next(iter(selection))])
        else:
            self._notes.edit_selected()

    def _freeze(self) -> None:
        selection = self._canvas.open_project.selection
        if self._canvas.editor.can_freeze(selection):
            self._canvas.editor.toggle_frozen(selection)
