"""MoveCards: a click selects a card or note, a drag moves all selected ones, drawn into line with their neighbours.

A card that is pulled out of a stage's frame leaves the stage; one that comes near its slot in a stage jumps into it;
one without wires that is held over a wire goes into that.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.gestures.wire_offer import WireOffer
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.note_item import NoteItem
from convnet_studio.ui.canvas.placement import MAGNET, Wire, align
from convnet_studio.ui.canvas.stage_editor import SlotPlace
from convnet_studio.ui.canvas.stage_items import PULL

_NONE: frozenset[str] = frozenset()


class MoveCards(Gesture):
    """Selects and moves cards and notes; the project changes once, at the release."""

    gap = CARD_GAP
    """To the card beside which moved ones come into line."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._press: Pointer | None = None
        self._pressed: tuple[frozenset[str], frozenset[str]] = _NONE, _NONE
        """Ids of the modules and notes under the mouse: all modules of a stage."""
        self._was_selected = False
        self._starts: dict[ModuleItem | NoteItem, QPointF] = {}
        """What is dragged, cards in folded stages among them, and where it was."""
        self._covered = QRectF()
        self._slot: SlotPlace | None = None
        self._wire = WireOffer(canvas)

    def begins(self, press: Pointer) -> bool:
        """On a card or a note."""
        if press.button != Qt.MouseButton.LeftButton:
            return False
        if card := self.canvas.scene.module_at(press.scene):
            self.take(press, card.module_ids)
        elif note := self.canvas.scene.notes.at(press.scene):
            self.take(press, notes=frozenset((note.note.id,)))
        else:
            return False
        return True

    def take(self, press: Pointer, modules: frozenset[str] = _NONE, notes: frozenset[str] = _NONE) -> None:
        """Select these modules and notes, which the mouse has pressed."""
        self._press, self._pressed = press, (modules, notes)
        self._starts, self._slot = {}, None
        scene, chosen = self.canvas.scene, self.canvas.open_project.selection
        self._was_selected = modules <= chosen and notes <= scene.notes.selected
        if self._was_selected:
            if not press.adds:
                scene.select_links(frozenset())
        elif press.adds:
            scene.select_only(chosen | modules, scene.selected_links, scene.notes.selected | notes)
        else:
            scene.select_only(modules, notes=notes)

    def move(self, pointer: Pointer) -> None:
        """Carry what is selected along."""
        assert self._press is not None
        if not self._starts:
            if not pointer.is_far_from(self._press):
                return
            self._begin_drag()
        self._place(pointer.scene, snaps=not pointer.modifiers & Qt.KeyboardModifier.AltModifier)

    def release(self, pointer: Pointer) -> None:
        """Write the new positions down, or finish the click."""
        scene = self.canvas.scene
        scene.set_guides(())
        if self._starts:
            cards = {each.card.id: each.pos() for each in self._starts if isinstance(each, ModuleItem)}
            notes = {each.note.id: each.pos() for each in self._starts if isinstance(each, NoteItem)}
            leaving, slot, link = self._leaving(), self._slot, self._wire.link
            self._end_drag()
            if link:
                scene.place_cards()  # where it was it no longer takes room
                ((module_id, at),) = cards.items()
                self.canvas.editor.move_into_link(module_id, link, at)
                self.canvas.view.ensureVisible(scene.modules[module_id].rect, 24, 24)
            else:
                self.canvas.editor.stages.settle(cards, leaving, slot, notes)
            scene.place_cards()
        elif self._was_selected:
            (modules, notes_pressed), chosen = self._pressed, self.canvas.open_project.selection
            if pointer.adds:
                scene.select_only(chosen - modules, scene.selected_links, scene.notes.selected - notes_pressed)
            else:
                scene.select_only(modules, notes=notes_pressed)

    def cancel(self) -> None:
        """Put everything back."""
        self.canvas.scene.set_guides(())
        self._end_drag()
        self.canvas.scene.place_cards()

    def _begin_drag(self) -> None:
        scene, chosen = self.canvas.scene, self.canvas.open_project.selection
        notes = [scene.notes.items[each] for each in scene.notes.selected]
        carried: list[ModuleItem | NoteItem] = [*(scene.modules[each] for each in chosen), *notes]
        seen: list[ModuleItem | NoteItem] = [*(card for card in scene.cards() if card.module_ids <= chosen), *notes]
        self._starts = {each: each.pos() for each in carried}
        self._covered = QRectF()
        for item in seen:
            self._covered = self._covered.united(item.rect)
        scene.stages.carry(chosen)
        scene.aloft = self._without_wires()

    def _without_wires(self) -> str:
        """The module of the one card that is dragged, if it has no wires and is not a whole stage; else empty."""
        (item, *others) = self._starts
        if others or not isinstance(item, ModuleItem):
            return ""
        network, module_id = self.canvas.open_project.project.network, item.card.id
        stage = network.stage_of(module_id)
        is_whole_stage = stage is not None and len(stage.modules) == 1
        is_wired = any(module_id in (link.source, link.target) for link in network.links)
        return "" if is_whole_stage or is_wired else module_id

    def _end_drag(self) -> None:
        self._starts, self._slot = {}, None
        self._wire.end()
        self.canvas.scene.aloft = ""
        self.canvas.scene.stages.carry(frozenset())
        self.canvas.scene.stages.offer("", None)

    def _place(self, pointer: QPointF, snaps: bool) -> None:
        assert self._press is not None
        scene, step = self.canvas.scene, pointer - self._press.scene
        self._slot = self._slot_near(self._covered.translated(step)) if snaps else None
        self._offer_wire(pointer, snaps and self._slot is None)
        if self._slot is not None:
            step = self._slot.at - self._covered.topLeft()
            scene.set_guides(())
        elif self._wire.link:
            scene.set_guides(())
        elif snaps:
            chosen = self.canvas.open_project.selection
            still = [item.rect for item in scene.cards() if not item.module_ids <= chosen]
            still += [item.rect for item in scene.notes.items.values() if item not in self._starts]
            magnet = self.canvas.scaled(MAGNET)
            alignment = align(self._covered.translated(step), still, magnet, self._wires(step), self.gap)
            step = step + alignment.shift
            scene.set_guides(alignment.guides)
        for each, start in self._starts.items():
            at = start + step
            each.setPos(round(at.x()), round(at.y()))
        self._leaving()
        scene.stages.offer(*((self._slot.stage_id, self._slot.family) if self._slot else ("", None)))
        scene.reroute()

    def _offer_wire(self, at: QPointF, may_go: bool) -> None:
        """Light up the wire under the mouse that the card would go into."""
        network, module_id = self.canvas.open_project.project.network, self.canvas.scene.aloft
        if may_go and module_id:
            kind = network.module(module_id).kind
            self._wire.hold(at, lambda link: self.canvas.editor.why_not_insert(link, kind))
        else:
            self._wire.end()

    def _wires(self, step: QPointF) -> list[Wire]:
        """The wires between what is moved by `step` and what stays."""
        scene, found = self.canvas.scene, []
        for link in scene.links:
            source, target = scene.modules[link.source], scene.modules[link.target]
            if (source in self._starts) == (target in self._starts):
                continue
            ends = scene.ends(link)
            own, other = ends if source in self._starts else ends[::-1]
            item = source if source in self._starts else target
            found.append((own - item.pos() + self._starts[item] + step, other))
        return found

    def _slot_near(self, card: QRectF) -> SlotPlace | None:
        """The slot that the one card under the mouse would jump into, once it is out of the stage that it is in."""
        (item, *others) = self._starts
        if others or not isinstance(item, ModuleItem):
            return None
        module_id = item.card.id
        is_inside = self.canvas.open_project.project.network.stage_of(module_id) is not None
        if is_inside and not self.canvas.scene.stages.leaving({module_id: card}):
            return None
        return self.canvas.editor.stages.slot_near(module_id, card, self.canvas.scaled(PULL))

    def _leaving(self) -> frozenset[str]:
        """The moved cards that are pulled out of their stages now."""
        carried = {each.card.id: each.rect for each in self._starts if isinstance(each, ModuleItem)}
        return self.canvas.scene.stages.leaving(carried)
