"""Keyboard: everything the canvas does on keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from convnet_studio.engine.project.spec import Link, Project
from convnet_studio.engine.project.wiring import reached_from
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
    """The modules in the order in which Tab visits them: along the wires, each after what feeds it."""
    backwards = [Link(link.target, link.source) for link in project.network.links]
    depth = {spec.id: len(reached_from(backwards, [spec.id])) for spec in project.network.modules}
    return sorted(depth, key=lambda module_id: depth[module_id])


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
        """Edit the name of the one selected module, or of the one selected stage."""
        selection, scene = self._canvas.open_project.selection, self._canvas.scene
        if stage := scene.stages.only_selected():
            self._rename.start(stage)
        elif len(selection) == 1:
            self._rename.start(scene.modules[next(iter(selection))])

    def walk(self, forward: bool) -> bool:
        """Select the next card along the wires; False behind the last, where Tab leaves the canvas."""
        scene, selection = self._canvas.scene, self._canvas.open_project.selection
        card_of = {each: item for item in scene.cards() for each in item.module_ids}
        order = list(dict.fromkeys(card_of[each] for each in walk_order(self._canvas.open_project.project)))
        selected = [index for index, item in enumerate(order) if not item.module_ids.isdisjoint(selection)]
        at = selected or ([-1] if forward else [len(order)])
        place = at[-1] + 1 if forward else at[0] - 1
        if not 0 <= place < len(order):
            self._canvas.open_project.select(frozenset())
            return False
        self._canvas.open_project.select(order[place].module_ids)
        self._canvas.view.ensureVisible(order[place].rect, 24, 24)
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
