"""Keyboard: everything the canvas does on keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from convnet_studio.engine.project.spec import Project
from convnet_studio.ui.actions import ACTIONS
from convnet_studio.ui.canvas.commands import Commands
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.note_item import NoteItem

STEP = 4
LARGE_STEP = 20

_ARROWS = {
    int(Qt.Key.Key_Left): (-1, 0),
    int(Qt.Key.Key_Right): (1, 0),
    int(Qt.Key.Key_Up): (0, -1),
    int(Qt.Key.Key_Down): (0, 1),
}


def walk_order(project: Project) -> list[str]:
    """The modules in the order in which Tab visits them: each after what feeds it, and along a chain to its end.

    Recurrent wires, which bring what was before, do not count.
    """
    links = [link for link in project.network.links if not link.is_recurrent]
    feeding = {spec.id: {link.source for link in links if link.target == spec.id} for spec in project.network.modules}
    order: dict[str, None] = {}
    waiting = list(reversed(feeding))
    while waiting:
        module_id = waiting.pop()
        if module_id not in order and feeding[module_id] <= order.keys():
            order[module_id] = None
            waiting += [link.target for link in reversed(links) if link.source == module_id]
    return list(order)


class Keyboard:
    """The keys of the canvas: those that the action table names, arrows, and Tab."""

    def __init__(self, canvas: Canvas, commands: Commands) -> None:
        self._canvas = canvas
        handlers = commands.handlers
        keys = [(QKeySequence(row.canvas_key), handlers[row.name]) for row in ACTIONS if row.canvas_key]
        self._sequences: tuple[tuple[QKeySequence.StandardKey | QKeySequence, Callable[[], object]], ...] = (
            *keys,
            (QKeySequence("Backspace"), handlers["delete"]),
            (QKeySequence.StandardKey.SelectAll, handlers["select_all"]),
            (QKeySequence.StandardKey.Copy, handlers["copy"]),
            (QKeySequence.StandardKey.Cut, handlers["cut"]),
            (QKeySequence.StandardKey.Paste, handlers["paste"]),
            (QKeySequence("Return"), commands.edit_note),
            (QKeySequence("Enter"), commands.edit_note),
        )

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        for sequence, act in self._sequences:
            if event == sequence if isinstance(sequence, QKeySequence.StandardKey) else _is(event, sequence):
                act()
                return True
        return self._nudge(event)

    def walk(self, forward: bool) -> bool:
        """Select the next card along the wires, then the next note; False behind the last: Tab leaves the canvas."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        card_of = {each: item for item in scene.cards() for each in item.module_ids}
        cards = dict.fromkeys(card_of[each] for each in walk_order(self._canvas.open_project.project))
        order: list[ModuleItem | NoteItem] = [*cards, *scene.notes.items.values()]
        selected = [
            index
            for index, each in enumerate(order)
            if (each.note.id in scene.notes.selected if isinstance(each, NoteItem) else each.module_ids & selection)
        ]
        at = selected or ([-1] if forward else [len(order)])
        place = at[-1] + 1 if forward else at[0] - 1
        if not 0 <= place < len(order):
            scene.select_only()
            return False
        item = order[place]
        if isinstance(item, NoteItem):
            scene.select_only(notes=frozenset((item.note.id,)))
        else:
            scene.select_only(item.module_ids)
        self._canvas.view.ensureVisible(item.rect, 24, 24)
        return True

    def _nudge(self, event: QKeyEvent) -> bool:
        direction = _ARROWS.get(event.key())
        if direction is None or not (self._canvas.open_project.selection or self._canvas.scene.notes.selected):
            return False
        step = LARGE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        self._canvas.editor.nudge_selection(direction[0] * step, direction[1] * step)
        return True


def _is(event: QKeyEvent, sequence: QKeySequence) -> bool:
    return QKeySequence(event.keyCombination()) == sequence
