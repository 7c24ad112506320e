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
NO_STAGE = "Select a stage, or a module in one, first."
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
            "group_stage": editor.stages.group,
            "ungroup_stage": self._on_stages(editor.stages.ungroup),
            "fold_stage": self._on_stages(editor.stages.fold_selected),
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
        stages = self._canvas.editor.stages
        no_stage = "" if stages.selected() else NO_STAGE
        is_one = count == 1 or (scene.stages.only_selected() is not None and not scene.notes.selected)
        return {
            "cut": some,
            "copy": some,
            "duplicate": some,
            "delete": "" if count + len(scene.selected_links) else "Select modules, notes or wires first.",
            "rename": "" if is_one else "Select one module first.",
            "group_stage": stages.why_not_group() or "",
            "ungroup_stage": no_stage,
            "fold_stage": no_stage,
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
        """Edit the name of the one selected module or stage, or the text of the one selected note."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        if not selection or scene.notes.selected:
            self._notes.edit_selected()
        elif stage := scene.stages.only_selected():
            self._rename.start(stage)
        elif len(selection) == 1:
            self._rename.start(scene.card_of(next(iter(selection))))

    def _on_stages(self, act: Callable[[], object]) -> Callable[[], None]:
        """What acts on the selected stages, if there are any."""

        def handler() -> None:
            if self._canvas.editor.stages.selected():
                act()

        return handler

    def _freeze(self) -> None:
        """Freeze what is selected, a stage as a whole, or let it learn again."""
        editor, selection = self._canvas.editor, self._canvas.open_project.selection
        if not editor.can_freeze(selection):
            return
        if self._canvas.scene.stages.only_selected():
            editor.stages.freeze_selected()
        else:
            editor.toggle_frozen(selection)
