"""MoveCards: a click selects a card, a drag moves all selected ones, drawn into line with their neighbours.

A card that is pulled out of a stage's frame leaves the stage; one that comes near its slot in a stage jumps into it.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.placement import MAGNET, align
from convnet_studio.ui.canvas.stage_editor import SlotPlace
from convnet_studio.ui.canvas.stage_items import PULL


class MoveCards(Gesture):
    """Selects and moves cards; the project changes once, at the release."""

    gap = CARD_GAP
    """To the card beside which moved ones come into line."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._press: Pointer | None = None
        self._pressed: frozenset[str] = frozenset()
        self._was_selected = False
        self._starts: dict[str, QPointF] = {}
        self._covered = QRectF()
        self._slot: SlotPlace | None = None

    def begins(self, press: Pointer) -> bool:
        """On a card."""
        item = self.canvas.scene.module_at(press.scene)
        if item is None or press.button != Qt.MouseButton.LeftButton:
            return False
        self.take(press, item.module_ids)
        return True

    def take(self, press: Pointer, ids: frozenset[str]) -> None:
        """Select the modules `ids`, which the mouse has pressed."""
        self._press, self._pressed = press, ids
        self._starts, self._slot = {}, None
        selection = self.canvas.open_project.selection
        self._was_selected = ids <= selection
        if not self._was_selected:
            self.canvas.open_project.select((selection if press.adds else frozenset()) | ids)
        if not press.adds:
            self.canvas.scene.select_links(frozenset())

    def move(self, pointer: Pointer) -> None:
        """Carry the selected cards along."""
        assert self._press is not None
        if not self._starts:
            if not pointer.is_far_from(self._press):
                return
            self._begin_drag()
        self._place(pointer.scene - self._press.scene, snaps=not pointer.modifiers & Qt.KeyboardModifier.AltModifier)

    def release(self, pointer: Pointer) -> None:
        """Write the new positions down, or finish the click."""
        scene = self.canvas.scene
        scene.set_guides(())
        if self._starts:
            moved = {each: scene.modules[each].pos() for each in self._starts if each in scene.modules}
            leaving, slot = self._leaving(), self._slot
            self._end_drag()
            self.canvas.editor.stages.settle(moved, leaving, slot)
            scene.place_cards()
        elif self._was_selected:
            selection = self.canvas.open_project.selection
            self.canvas.open_project.select(selection - self._pressed if pointer.adds else self._pressed)

    def cancel(self) -> None:
        """Put the cards back."""
        self.canvas.scene.set_guides(())
        self._end_drag()
        self.canvas.scene.place_cards()

    def _begin_drag(self) -> None:
        scene, chosen = self.canvas.scene, self.canvas.open_project.selection
        self._starts = {each: scene.modules[each].pos() for each in chosen}
        self._covered = QRectF()
        for item in scene.cards():
            if item.module_ids <= chosen:
                self._covered = self._covered.united(item.rect)
        scene.stages.carry(chosen)

    def _end_drag(self) -> None:
        self._starts, self._slot = {}, None
        self.canvas.scene.stages.carry(frozenset())
        self.canvas.scene.stages.offer("", None)

    def _place(self, step: QPointF, snaps: bool) -> None:
        scene = self.canvas.scene
        moved = {each: at for each, at in self._starts.items() if each in scene.modules}
        if not moved:
            return
        self._slot = self._slot_near(self._covered.translated(step)) if snaps else None
        if self._slot is not None:
            step = self._slot.at - self._covered.topLeft()
            scene.set_guides(())
        elif snaps:
            others = [item.rect for item in scene.cards() if not item.module_ids <= moved.keys()]
            alignment = align(self._covered.translated(step), others, self.canvas.scaled(MAGNET), self.gap)
            step = step + alignment.shift
            scene.set_guides(alignment.guides)
        for each, start in moved.items():
            at = start + step
            scene.modules[each].setPos(round(at.x()), round(at.y()))
        self._leaving()
        scene.stages.offer(*((self._slot.stage_id, self._slot.family) if self._slot else ("", None)))
        scene.reroute()

    def _slot_near(self, card: QRectF) -> SlotPlace | None:
        """The slot that the one card under the mouse would jump into, once it is out of the stage that it is in."""
        if len(self._starts) != 1:
            return None
        (module_id,) = self._starts
        is_inside = self.canvas.open_project.project.network.stage_of(module_id) is not None
        if is_inside and not self.canvas.scene.stages.leaving({module_id: card}):
            return None
        return self.canvas.editor.stages.slot_near(module_id, card, self.canvas.scaled(PULL))

    def _leaving(self) -> frozenset[str]:
        """The moved cards that are pulled out of their stages now."""
        modules = self.canvas.scene.modules
        carried = {each: modules[each].calm_rect for each in self._starts if each in modules}
        return self.canvas.scene.stages.leaving(carried)
