"""MoveCards: a click selects a card, a drag moves all selected ones, drawn into line with their neighbours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.placement import MAGNET, align


class MoveCards(Gesture):
    """Selects and moves cards; the project changes once, at the release."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._press: Pointer | None = None
        self._pressed_id = ""
        self._was_selected = False
        self._starts: dict[str, QPointF] = {}

    def begins(self, press: Pointer) -> bool:
        """On a card."""
        item = self.canvas.scene.module_at(press.scene)
        if item is None or press.button != Qt.MouseButton.LeftButton:
            return False
        self._press, self._pressed_id = press, item.card.id
        self._starts = {}
        selection = self.canvas.open_project.selection
        self._was_selected = item.card.id in selection
        if not self._was_selected:
            self.canvas.open_project.select((selection if press.adds else frozenset()) | {item.card.id})
        if not press.adds:
            self.canvas.scene.select_links(frozenset())
        return True

    def move(self, pointer: Pointer) -> None:
        """Carry the selected cards along."""
        assert self._press is not None
        if not self._starts:
            if not pointer.is_far_from(self._press):
                return
            modules = self.canvas.scene.modules
            self._starts = {each: modules[each].pos() for each in self.canvas.open_project.selection}
        self._place(pointer.scene - self._press.scene, snaps=not pointer.modifiers & Qt.KeyboardModifier.AltModifier)

    def release(self, pointer: Pointer) -> None:
        """Write the new positions down, or finish the click."""
        scene = self.canvas.scene
        scene.set_guides(())
        if self._starts:
            moved = {each: scene.modules[each].pos() for each in self._starts if each in scene.modules}
            self._starts = {}
            self.canvas.editor.move(moved)
        elif self._was_selected:
            selection = self.canvas.open_project.selection
            rest = selection - {self._pressed_id} if pointer.adds else frozenset((self._pressed_id,))
            self.canvas.open_project.select(rest)

    def cancel(self) -> None:
        """Put the cards back."""
        self.canvas.scene.set_guides(())
        self._starts = {}
        self.canvas.scene.place_cards()

    def _place(self, step: QPointF, snaps: bool) -> None:
        scene = self.canvas.scene
        moved = {each: at for each, at in self._starts.items() if each in scene.modules}
        if not moved:
            return
        if snaps:
            covered = QRectF()
            for each, start in moved.items():
                covered = covered.united(scene.modules[each].layout.card.translated(start + step))
            others = [item.rect for each, item in scene.modules.items() if each not in moved]
            alignment = align(covered, others, self.canvas.scaled(MAGNET))
            step = step + alignment.shift
            scene.set_guides(alignment.guides)
        for each, start in moved.items():
            at = start + step
            scene.modules[each].setPos(round(at.x()), round(at.y()))
        scene.reroute()
