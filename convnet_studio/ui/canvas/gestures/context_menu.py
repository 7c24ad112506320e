"""ContextMenu: the right button's menu of cards, stages, notes, wires and the empty canvas."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QMenu

from convnet_studio.engine.project.spec import Link
from convnet_studio.ui.canvas.commands import Commands
from convnet_studio.ui.canvas.gestures.ask_module import AskModule
from convnet_studio.ui.canvas.gestures.edit_note import EditNote
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.stage_editor import kinds_of_family
from convnet_studio.ui.canvas.stage_face import Slot
from convnet_studio.ui.theme import icon


class ContextMenu:
    """Selects what lies under the mouse and offers what can be done with it."""

    def __init__(self, canvas: Canvas, commands: Commands, ask: AskModule, notes: EditNote) -> None:
        self._canvas = canvas
        self._commands = commands
        self._ask = ask
        self._notes = notes

    def open(self, at: QPointF, on_screen: QPoint) -> QMenu:
        """The menu for the scene position `at`, shown."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        slot = scene.stages.chip_at(at)
        if card := scene.module_at(at):
            if not card.module_ids <= selection:
                scene.select_only(card.module_ids)
            scene.select_links(frozenset())
            return self._show(self._card_menu(slot), on_screen)
        if note := scene.notes.at(at):
            if note.note.id not in scene.notes.selected:
                scene.select_only(notes=frozenset((note.note.id,)))
            return self._show(self._note_menu(), on_screen)
        link = scene.link_at(at) if slot is None else None  # as a press on a slot comes before one on a wire
        if link and link.link:
            scene.select_only(links=frozenset((link.link,)))
            return self._show(self._link_menu(link.link), on_screen)
        if frame := scene.stages.frame_at(at):
            if not selection.issuperset(frame.face.modules):
                scene.select_only(frozenset(frame.face.modules))
            scene.select_links(frozenset())
            return self._show(self._card_menu(slot), on_screen)
        return self._show(self._ground_menu(at), on_screen)

    def _card_menu(self, slot: Slot | None) -> QMenu:
        """Of what is selected, and of the slot of a stage under the mouse."""
        menu = QMenu(self._canvas.view)
        if slot and not slot.is_empty:
            for module_id, name in zip(slot.modules, slot.names, strict=True):
                menu.addAction(f"Replace {name}…", lambda each=module_id: self._ask_to_replace(menu, each, slot))  # type: ignore[misc]
            menu.addSeparator()
        selection = self._canvas.open_project.selection
        refusals = self._commands.refusals()
        self._add(menu, "cut", "scissors", "Cut")
        self._add(menu, "copy", "copy", "Copy")
        self._add(menu, "duplicate", "", "Duplicate")
        if not refusals["rename"]:
            self._add(menu, "rename", "", "Rename…")
        menu.addSeparator()
        self._add_stage_actions(menu, refusals)
        if not refusals["freeze"]:
            cards = [self._canvas.scene.modules[each].card for each in selection]
            is_frozen = all(card.frozen for card in cards if card.learns)
            self._add(menu, "freeze", "lock-open" if is_frozen else "lock", "Let it learn" if is_frozen else "Freeze")
        menu.addSeparator()
        many = f" {len(selection)} modules" if len(selection) > 1 else ""
        self._add(menu, "delete", "trash-2", f"Delete{many}")
        return menu

    def _ask_to_replace(self, menu: QMenu, module_id: str, slot: Slot) -> None:
        """Ask in the search menu what of its family is to replace a module."""
        editor = self._canvas.editor
        kinds = [each for each in kinds_of_family(slot.family) if editor.can_replace(module_id, each)]
        self._canvas.kind_menu.ask(kinds, menu.pos(), lambda kind: editor.replace(module_id, kind))

    def _add_stage_actions(self, menu: QMenu, refusals: dict[str, str]) -> None:
        """What can be done with the selection and stages; nothing that does nothing."""
        stages, selection = self._canvas.editor.stages, self._canvas.open_project.selection
        faces = stages.selected()
        whole = [face for face in faces if selection.issuperset(face.modules)]
        if len(selection) > 1 and not refusals["group_stage"]:
            self._add(menu, "group_stage", "group", "Group to a stage")
        if whole:
            is_folded = all(face.is_folded for face in faces)
            self._add(menu, "fold_stage", "chevron-right", "Unfold" if is_folded else "Fold to one card")
            self._add(menu, "ungroup_stage", "ungroup", "Ungroup")
        elif faces:
            menu.addAction(icon("ungroup"), "Take out of the stage", stages.take_out)

    def _note_menu(self) -> QMenu:
        menu = QMenu(self._canvas.view)
        if not self._commands.refusals()["rename"]:
            self._add(menu, "rename", "", "Edit the text…")
            menu.addSeparator()
        self._add(menu, "cut", "scissors", "Cut")
        self._add(menu, "copy", "copy", "Copy")
        self._add(menu, "duplicate", "", "Duplicate")
        menu.addSeparator()
        self._add(menu, "delete", "trash-2", "Delete")
        return menu

    def _ground_menu(self, at: QPointF) -> QMenu:
        """Of the empty canvas."""
        menu = QMenu(self._canvas.view)
        menu.addAction(icon("plus"), "Add a module…", lambda: self._ask.open(at))
        menu.addAction(icon("sticky-note"), "Write a note", lambda: self._notes.write(at))
        self._add(menu, "paste", "clipboard-paste", "Paste")
        if not self._commands.refusals()["tidy"]:
            menu.addSeparator()
            self._add(menu, "tidy", "workflow", "Tidy the layout")
        return menu

    def _add(self, menu: QMenu, command: str, icon_name: str, words: str) -> None:
        action = menu.addAction(words, self._commands.handlers[command])
        if icon_name:
            action.setIcon(icon(icon_name))

    def _link_menu(self, link: Link) -> QMenu:
        menu = QMenu(self._canvas.view)
        editor, is_recurrent = self._canvas.editor, link.is_recurrent
        if editor.why_not_recurrent(link, not is_recurrent) is None:
            words = "Bring what is now" if is_recurrent else "Make recurrent: bring what was a step before"
            menu.addAction(icon("rotate-ccw"), words, lambda: editor.set_recurrent(link, not is_recurrent))
            menu.addSeparator()
        menu.addAction(icon("trash-2"), "Delete wire", self._commands.handlers["delete"])
        return menu

    def _show(self, menu: QMenu, on_screen: QPoint) -> QMenu:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(on_screen)
        return menu
