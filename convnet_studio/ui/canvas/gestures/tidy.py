"""Tidy: lays the whole network out from left to right, as one edit; cards glide to their places."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPointF, QRectF, QVariantAnimation, Signal

from convnet_studio.engine.project.folded_layout import tidy_as_seen
from convnet_studio.ui.canvas.folded_item import FoldedItem
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.note_item import NoteItem
from convnet_studio.ui.canvas.placement import free_place
from convnet_studio.ui.canvas.stage_layout import frame_around
from convnet_studio.ui.motion import motion_time

MOST_GLIDING = 150
"""More cards than this do not glide: leading all their wires anew would take longer than a frame."""


class Tidy(QVariantAnimation):
    """Computes the layout, commits it, and shows how everything gets there."""

    arrived = Signal()
    """Everything stands at its place."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas.view)
        self._canvas = canvas
        self._ways: dict[ModuleItem | NoteItem, tuple[QPointF, QPointF]] = {}
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._show)
        self.finished.connect(self._arrive)
        canvas.open_project.changed.connect(self.cut_short)
        canvas.open_project.replaced.connect(self.cut_short)

    def tidy(self) -> None:
        """Lay the network out; one undo entry."""
        scene, project = self._canvas.scene, self._canvas.open_project.project
        if not scene.modules:
            return
        sizes = {each: _size(item) for each, item in scene.modules.items()}
        folded = {each: _size(item) for each, item in scene.stages.folded.items()}
        room = self._canvas.view.viewport().size()
        places = tidy_as_seen(project.network, sizes, folded, (max(room.width(), 1), max(room.height(), 1)))
        cards = {each: QPointF(round(x), round(y)) for each, (x, y) in places.items()}
        items: list[ModuleItem | NoteItem] = [*scene.modules.values(), *scene.notes.items.values()]
        before = {each: each.pos() for each in items}
        self._canvas.editor.move(cards, notes=self._notes_beside(cards), text="Tidy")
        self._ways = {item: (start, item.pos()) for item, start in before.items() if item.pos() != start}
        if motion_time() and self._canvas.view.isVisible() and 0 < len(self._ways) <= MOST_GLIDING:
            self.setDuration(motion_time())
            self._show(0.0)
            self.start()
        else:
            self._arrive()

    def cut_short(self) -> None:
        """Something else is edited: everything stands where the project says."""
        if self.state() is QVariantAnimation.State.Running:
            self.stop()
            self._arrive()

    def _notes_beside(self, cards: dict[str, QPointF]) -> dict[str, QPointF]:
        """Notes go along with the card that they stand nearest to, to a free place there."""
        scene = self._canvas.scene
        seen = {_first(item): item for item in scene.cards()}
        rects = {each: QRectF(cards[each], item.rect.size()) for each, item in seen.items()}
        stages = [each for each in self._canvas.open_project.project.network.stages if not each.is_folded]
        frames = [frame_around(rects[each] for each in stage.modules) for stage in stages]
        taken = [*rects.values(), *frames]
        found = {}
        for note_id, note in scene.notes.items.items():
            near = min(seen, key=lambda each: _distance(seen[each].rect, note.rect))
            wanted = note.rect.translated(cards[near] - seen[near].pos())
            found[note_id] = free_place(wanted, taken)
            taken.append(QRectF(found[note_id], note.rect.size()))
        return found

    def _show(self, part: float) -> None:
        for item, (start, end) in self._ways.items():
            item.setPos(start + (end - start) * part)
        self._canvas.scene.reroute()

    def _arrive(self) -> None:
        self._ways = {}
        self._canvas.scene.place_cards()
        self.arrived.emit()


def _size(card: ModuleItem) -> tuple[float, float]:
    return card.rect.width(), card.rect.height()


def _first(card: ModuleItem) -> str:
    """The module at whose position a card stands."""
    return card.face.modules[0] if isinstance(card, FoldedItem) else card.card.id


def _distance(one: QRectF, other: QRectF) -> float:
    """Between the nearest points of two rectangles, along the axes."""
    dx = max(0.0, one.left() - other.right(), other.left() - one.right())
    dy = max(0.0, one.top() - other.bottom(), other.top() - one.bottom())
    return dx + dy
