"""Keyboard: everything the canvas does on keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from convnet_studio.engine.project.spec import Project
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.gestures.rename import Rename

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
    """The keys of the canvas."""

    def __init__(self, canvas: Canvas, rename: Rename) -> None:
        self._canvas = canvas
        self._rename = rename
        editor = canvas.editor
        self._sequences: tuple[tuple[QKeySequence.StandardKey | QKeySequence, Callable[[], object]], ...] = (
            (QKeySequence.StandardKey.SelectAll, self.select_all),
            (QKeySequence("Ctrl+D"), editor.duplicate_selection),
            (QKeySequence("Del"), editor.delete_selection),
            (QKeySequence("Backspace"), editor.delete_selection),
            (QKeySequence("F2"), self.rename),
        )

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key meant something here."""
        for sequence, act in self._sequences:
            if event == sequence if isinstance(sequence, QKeySequence.StandardKey) else _is(event, sequence):
                act()
                return True
        return self._nudge(event)

    def select_all(self) -> None:
        """Select all modules."""
        self._canvas.open_project.select(frozenset(self._canvas.scene.modules))

    def rename(self) -> None:
        """Edit the name of the one selected module."""
        selection = self._canvas.open_project.selection
        if len(selection) == 1:
            self._rename.start(self._canvas.scene.modules[next(iter(selection))])

    def walk(self, forward: bool) -> bool:
        """Select the next module along the wires; False behind the last, where Tab leaves the canvas."""
        order = walk_order(self._canvas.open_project.project)
        selected = [index for index, each in enumerate(order) if each in self._canvas.open_project.selection]
        at = selected or ([-1] if forward else [len(order)])
        place = at[-1] + 1 if forward else at[0] - 1
        if not 0 <= place < len(order):
            self._canvas.open_project.select(frozenset())
            return False
        self._canvas.open_project.select(frozenset((order[place],)))
        self._canvas.view.ensureVisible(self._canvas.scene.modules[order[place]].rect, 24, 24)
        return True

    def _nudge(self, event: QKeyEvent) -> bool:
        direction = _ARROWS.get(event.key())
        if direction is None or not self._canvas.open_project.selection:
            return False
        step = LARGE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        self._canvas.editor.nudge_selection(direction[0] * step, direction[1] * step)
        return True


def _is(event: QKeyEvent, sequence: QKeySequence) -> bool:
    return QKeySequence(event.keyCombination()) == sequence
