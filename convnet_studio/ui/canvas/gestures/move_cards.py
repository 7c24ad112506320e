"""MoveCards: a click selects a card or note, a drag moves all selected ones, drawn into line with their neighbours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt

from convnet_studio.ui.canvas.gestures.gesture import Canvas, Gesture, Pointer
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.note_item import NoteItem
from convnet_studio.ui.canvas.placement import MAGNET, Wire, align


class MoveCards(Gesture):
    """Selects and moves cards and notes; the project changes once, at the release."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._press: Pointer | None = None
        self._pressed: ModuleItem | NoteItem | None = None
        self._was_selected = False
        self._starts: dict[ModuleItem | NoteItem, QPointF] = {}

    def begins(self, press: Pointer) -> bool:
        """On a card or a note."""
        item = self.canvas.scene.module_at(press.scene) or self.canvas.scene.notes.at(press.scene)
        if item is None or press.button != Qt.MouseButton.LeftButton:
            return False
        self._press, self._pressed = press, item
        self._starts = {}
        self._was_selected = item in self._selected()
        if not self._was_selected:
            self._select([*(self._selected() if press.adds else ()), item], keeps_links=press.adds)
        elif not press.adds:
            self.canvas.scene.select_links(frozenset())
        return True

    def move(self, pointer: Pointer) -> None:
        """Carry what is selected along."""
        assert self._press is not None
        if not self._starts:
            if not pointer.is_far_from(self._press):
                return
            self._starts = {each: each.pos() for each in self._selected()}
        self._place(pointer.scene - self._press.scene, snaps=not pointer.modifiers & Qt.KeyboardModifier.AltModifier)

    def release(self, pointer: Pointer) -> None:
        """Write the new positions down, or finish the click."""
        self.canvas.scene.set_guides(())
        if self._starts:
            moved, self._starts = list(self._starts), {}
            cards = {each.card.id: each.pos() for each in moved if isinstance(each, ModuleItem)}
            notes = {each.note.id: each.pos() for each in moved if isinstance(each, NoteItem)}
            self.canvas.editor.move(cards, notes=notes)
        elif self._was_selected and self._pressed:
            rest = [each for each in self._selected() if each is not self._pressed] if pointer.adds else [self._pressed]
            self._select(rest, keeps_links=pointer.adds)

    def cancel(self) -> None:
        """Put everything back."""
        self.canvas.scene.set_guides(())
        self._starts = {}
        self.canvas.scene.place_cards()

    def _selected(self) -> list[ModuleItem | NoteItem]:
        scene = self.canvas.scene
        cards = [scene.modules[each] for each in self.canvas.open_project.selection]
        return [*cards, *(scene.notes.items[each] for each in scene.notes.selected)]

    def _select(self, items: list[ModuleItem | NoteItem], keeps_links: bool) -> None:
        self.canvas.scene.select_only(
            frozenset(each.card.id for each in items if isinstance(each, ModuleItem)),
            self.canvas.scene.selected_links if keeps_links else frozenset(),
            frozenset(each.note.id for each in items if isinstance(each, NoteItem)),
        )

    def _place(self, step: QPointF, snaps: bool) -> None:
        scene = self.canvas.scene
        if snaps:
            covered = QRectF()
            for each, start in self._starts.items():
                covered = covered.united(each.rect.translated(start + step - each.pos()))
            items: list[ModuleItem | NoteItem] = [*scene.modules.values(), *scene.notes.items.values()]
            still = [each.rect for each in items if each not in self._starts]
            magnet = self.canvas.scaled(MAGNET)
            alignment = align(covered, still, magnet, self._wires(step))
            step = step + alignment.shift
            scene.set_guides(alignment.guides)
        for each, start in self._starts.items():
            at = start + step
            each.setPos(round(at.x()), round(at.y()))
        scene.reroute()

    def _wires(self, step: QPointF) -> list[Wire]:
        """The wires between what is moved by `step` and what stays."""
        scene, found = self.canvas.scene, []
        for link in scene.links:
            source, target = scene.modules[link.source], scene.modules[link.target]
            if (source in self._starts) == (target in self._starts) or source.output is None:
                continue
            ends = source.output, target.inputs[link.port]
            own, other = ends if source in self._starts else ends[::-1]
            item = source if source in self._starts else target
            found.append((own.scenePos() - item.pos() + self._starts[item] + step, other.scenePos()))
        return found
