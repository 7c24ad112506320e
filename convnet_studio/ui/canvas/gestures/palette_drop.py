"""PaletteDrop: what is dragged in from the palette lands on a wire, on a card, in a slot, or on free canvas.

A module goes into a wire, replaces a card of its family, or fills its slot in the stage whose frame it is held over;
held over the slots in its header, it may replace what is in its slot.
A ready stage goes into a wire as a whole.
"""

from __future__ import annotations

from PySide6.QtCore import QLineF, QMimeData, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.kinds import find_kind
from convnet_studio.engine.project.spec import Link
from convnet_studio.engine.project.stages import stage_names
from convnet_studio.ui.canvas.card_layout import CARD_GAP, HEADER_HEIGHT
from convnet_studio.ui.canvas.editor import NEW_CARD
from convnet_studio.ui.canvas.folded_item import FoldedItem
from convnet_studio.ui.canvas.gestures.gesture import Canvas
from convnet_studio.ui.canvas.gestures.replace_menu import ask_to_replace
from convnet_studio.ui.canvas.gestures.wire_offer import WireOffer
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.placement import MAGNET, align, free_place
from convnet_studio.ui.canvas.stage_layout import FRAME_GAP, HEADER
from convnet_studio.ui.palette.kind_list import GHOST_GRASP, MODULE_MIME, STAGE_MIME
from convnet_studio.ui.theme import LARGE_RADIUS, theme


class PaletteDrop:
    """Shows where the module under the mouse would go, and puts it there."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._kind = self._ready = ""
        self._wire = WireOffer(canvas)
        self._card: ModuleItem | None = None
        self._slot: tuple[str, Family] | None = None
        """A stage and the slot in it that the module would go into."""
        self._ghost = _Ghost(QRectF(QPointF(), NEW_CARD))
        self._ghost.hide()
        canvas.scene.addItem(self._ghost)

    def enter(self, mime: QMimeData) -> bool:
        """Whether `mime` is a module or ready stage that this version knows."""
        kind, ready = _carried(mime, MODULE_MIME), _carried(mime, STAGE_MIME)
        self._kind = kind if find_kind(kind) else ""
        self._ready = ready if ready in stage_names() else ""
        size = self._canvas.editor.stages.ready_size(ready) if self._ready else NEW_CARD
        self._ghost.show_size(size, is_stage=bool(self._ready))
        return bool(self._kind or self._ready)

    def move(self, at: QPointF) -> None:
        """Light up what it would land on."""
        scene = self._canvas.scene
        is_over_wire = False
        if self._kind and scene.stages.chip_at(at):  # there slots come before a wire that passes
            self._wire.end()
        else:
            is_over_wire = self._wire.hold(at, self._why_not)
        card = scene.module_at(at) if self._kind and not is_over_wire else None
        card = card if card and self._replaces(card) else None
        self._offer(card, self._slot_at(at) if card is None and not is_over_wire else None)
        is_free = self._wire.link is None and self._card is None and self._slot is None
        place, guides = self._place(at)
        self._ghost.setVisible(is_free)
        self._ghost.setPos(place)
        scene.set_guides(guides if is_free else ())

    def leave(self) -> None:
        """It was carried away again."""
        self._offer(None, None)
        self._wire.end()
        self._ghost.hide()
        self._canvas.scene.set_guides(())

    def drop(self, at: QPointF) -> None:
        """Put the module into the wire or slot, offer to replace what is there, or put it onto the canvas."""
        link, card, slot, kind, editor = self._wire.link, self._card, self._slot, self._kind, self._canvas.editor
        place, _ = self._place(at)
        self.leave()
        if self._ready:
            self._drop_stage(link, place)
        elif link:
            self._show(editor.add_on_link(kind, link, place))
        elif slot:
            self._drop_in_slot(*slot, at)
        elif card:
            words = f"Add {kind} beside it"
            ask_to_replace(self._canvas, [card.card.id], kind, at, words, lambda: self._show(editor.add(kind, place)))
        else:
            self._show(editor.add(kind, place))
        self._canvas.view.setFocus()

    def _drop_stage(self, link: Link | None, place: QPointF) -> None:
        stages = self._canvas.editor.stages
        if link:
            stages.add_ready_on_link(self._ready, link)
        else:
            stages.add_ready(self._ready, place)
        for module_id in self._canvas.open_project.selection:
            self._show(module_id)

    def _show(self, module_id: str) -> None:
        self._canvas.view.ensureVisible(self._canvas.scene.modules[module_id].rect, 24, 24)

    def _drop_in_slot(self, stage_id: str, family: Family, at: QPointF) -> None:
        """Fill a slot; on the slots of a header, ask first whether what is in it already stays."""
        kind, stages, scene = self._kind, self._canvas.editor.stages, self._canvas.scene
        slot = next(each for each in scene.stages.frames[stage_id].face.slots if each.family is family)
        if slot.is_empty or not scene.stages.chip_at(at):
            self._show(stages.fill_slot(stage_id, kind))
            return
        words = f"Add {kind} behind {slot.names[-1]}"
        ask_to_replace(
            self._canvas, slot.modules, kind, at, words, lambda: self._show(stages.fill_slot(stage_id, kind))
        )

    def _why_not(self, link: Link) -> str | None:
        editor = self._canvas.editor
        return (
            editor.stages.why_not_insert(link, self._ready) if self._ready else editor.why_not_insert(link, self._kind)
        )

    def _slot_at(self, at: QPointF) -> tuple[str, Family] | None:
        """The slot of the stage under the mouse into which the module fits."""
        card = self._canvas.scene.module_at(at)
        item = card if isinstance(card, FoldedItem) else self._canvas.scene.stages.frame_at(at)
        if item is None or not self._kind:
            return None
        family = self._canvas.editor.stages.slot_family(item.face.id, self._kind)
        return (item.face.id, family) if family else None

    def _replaces(self, card: ModuleItem) -> bool:
        return not isinstance(card, FoldedItem) and self._canvas.editor.can_take_place(card.card.id, self._kind)

    def _place(self, at: QPointF) -> tuple[QPointF, tuple[QLineF, ...]]:
        """Where it would lie: its header under the mouse, in line with its neighbours and covering none.

        Second: the lines of alignment, where it lies in line.
        """
        scene, wanted = self._canvas.scene, QRectF(at - GHOST_GRASP, self._ghost.rect().size())
        beside = scene.stages.solid_rects() if self._ready else [item.rect for item in scene.cards()]
        gap = FRAME_GAP if self._ready else CARD_GAP
        alignment = align(wanted, beside, self._canvas.scaled(MAGNET), usual_gap=gap)
        aligned = wanted.translated(alignment.shift)
        place = free_place(aligned, scene.stages.taken_rects())
        return place, alignment.guides if place == aligned.topLeft() else ()

    def _offer(self, card: ModuleItem | None, slot: tuple[str, Family] | None) -> None:
        self._canvas.scene.stages.offer(*(slot or ("", None)))
        self._slot = slot
        if self._card is not card:
            if self._card:
                self._card.set_state(is_offered=False)
            if card:
                card.set_state(is_offered=True)
        self._card = card


class _Ghost(QGraphicsRectItem):
    """The outline of the card or frame that would be added."""

    _is_stage = False

    def show_size(self, size: QSizeF, is_stage: bool) -> None:
        """Be the outline of a card, or of the frame of a stage."""
        self.setRect(QRectF(QPointF(), size))
        self._is_stage = is_stage

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("accent"), 1.5, Qt.PenStyle.DashLine))
        rect = self.rect().adjusted(1, 1, -1, -1)
        line = HEADER if self._is_stage else HEADER_HEIGHT
        painter.drawRoundedRect(rect, LARGE_RADIUS, LARGE_RADIUS)
        painter.drawLine(QPointF(rect.left(), line), QPointF(rect.right(), line))


def _carried(mime: QMimeData, kind_of_data: str) -> str:
    """The name that a drag carries as this kind of data; empty without any."""
    return bytes(mime.data(kind_of_data).data()).decode("utf-8", "replace") if mime.hasFormat(kind_of_data) else ""
