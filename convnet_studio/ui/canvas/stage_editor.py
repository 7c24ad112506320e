"""StageEditor: what gestures, keys and menus do to stages, each as one undo entry; a part of the canvas editor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.nn.module import Family, Module
from convnet_studio.engine.project import edits
from convnet_studio.engine.project.build import build_module
from convnet_studio.engine.project.kinds import find_kind, is_loss
from convnet_studio.engine.project.notes_edits import move_notes
from convnet_studio.engine.project.spec import Link, ModuleSpec, NetworkSpec, Position, Project
from convnet_studio.engine.project.stage_edits import SLOTS, last_before_slot, wire_of_slot
from convnet_studio.engine.project.stage_inserts import (
    insert_in_slot,
    insert_stage,
    insert_stage_behind,
    insert_stage_on_link,
    move_into_slot,
    why_not_insert_stage,
)
from convnet_studio.engine.project.stages import load_stage
from convnet_studio.engine.project.wiring import title
from convnet_studio.ui.canvas.card import cards_of
from convnet_studio.ui.canvas.card_layout import CARD_GAP, MAPS_WIDTH, lay_out
from convnet_studio.ui.canvas.placement import free_place, is_one_row
from convnet_studio.ui.canvas.row_break import blocks_of, is_row_break, make_room, room_between_rows
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.stage_face import StageFace, ready_title
from convnet_studio.ui.canvas.stage_layout import (
    FRAME_PADDING,
    HEADER,
    LOOSE_GAP,
    STAGE_GAP,
    frame_around,
)
from convnet_studio.ui.open_project import OpenProject

NEW_HEIGHT = 220.0
"""What is assumed of a new card's height before its output's shape is known."""


@dataclass(frozen=True)
class SlotPlace:
    """Where a module goes to fill its slot: the stage, the family, the upper left corner of its card."""

    stage_id: str
    family: Family
    at: QPointF


class StageEditor:
    """Makes the next value of the project with the edits of stages and hands it to the open project."""

    def __init__(self, open_project: OpenProject, scene: CanvasScene) -> None:
        self._open = open_project
        self._scene = scene

    @property
    def project(self) -> Project:
        """The value now."""
        return self._open.project

    # ---------------------------------------------------------------- the stages of the selection

    def selected(self) -> list[StageFace]:
        """The stages that are selected as a whole; without such, those of which a module is selected."""
        return self._scene.stages.selected(self._open.selection)

    def why_not_group(self) -> str | None:
        """None if the selected modules can be made a stage, else in words why not."""
        chosen = self._open.selection
        if not chosen:
            return "Select the modules first that are to be one stage."
        if any(set(each.modules) == chosen for each in self.project.network.stages):
            return "These modules are a stage already."
        return None

    def group(self) -> None:
        """Make the selected modules one stage."""
        if self.why_not_group() is None:
            after, _ = edits.group_stage(self.project, self._open.selection)
            self._open.edit("Group to a stage", after)

    def ungroup(self) -> None:
        """Let the modules of the selected stages be single ones again."""
        after = self.project
        for face in self.selected():
            after = edits.ungroup_stage(after, face.id)
        self._open.edit("Ungroup", after)

    def fold_selected(self) -> None:
        """Fold the selected stages, or unfold them where all are folded."""
        faces = self.selected()
        is_folded = not all(face.is_folded for face in faces)
        self._fold([face.id for face in faces], is_folded)
        self._open.select(self._open.selection.union(*(face.modules for face in faces)))

    def freeze_selected(self) -> None:
        """Freeze the selected modules, or let them learn where all that could are frozen."""
        self._freeze(self._open.selection)

    def take_out(self) -> None:
        """Let the selected modules be in no stage."""
        self._open.edit("Take out of the stage", edits.leave_stage(self.project, self._open.selection))

    # ---------------------------------------------------------------- one stage

    def select(self, stage_id: str, adds: bool = False) -> None:
        """Select all modules of a stage."""
        ids = frozenset(self.project.network.stage(stage_id).modules)
        self._open.select(self._open.selection | ids if adds else ids)

    def rename(self, stage_id: str, name: str) -> None:
        """Give a stage a name; it may be empty."""
        self._open.edit("Rename a stage", edits.rename_stage(self.project, stage_id, name))

    def fold(self, stage_id: str, is_folded: bool) -> None:
        """Draw a stage as one card, or all its modules, for which what stands in their way moves aside."""
        self._fold([stage_id], is_folded)

    def _fold(self, stage_ids: Sequence[str], is_folded: bool) -> None:
        stage_ids = [each for each in stage_ids if self.project.network.stage(each).is_folded is not is_folded]
        aside = {} if is_folded else self._scene.stages.moved_aside(stage_ids)
        after = edits.move_modules(self.project, {each: _position(at) for each, at in aside.items()})
        for each in stage_ids:
            after = edits.fold_stage(after, each, is_folded)
        self._open.edit("Fold" if is_folded else "Unfold", after)

    def freeze(self, stage_id: str) -> None:
        """Freeze a stage, or let it learn where all of it is frozen."""
        self._freeze(self.project.network.stage(stage_id).modules)

    def fill_slot(self, stage_id: str, kind: str) -> str:
        """Put a new module into its slot of a stage, for which the row behind makes room; its id."""
        place = self._slot_place(stage_id, kind, QSizeF(usual_width(ModuleSpec("", kind)), NEW_HEIGHT))
        position = _position(place.at) if place else (0.0, 0.0)
        after, new_id = insert_in_slot(self.project, stage_id, kind, position, self._room_behind(stage_id, kind))
        self._open.edit(f"Add {kind}", after)
        self._open.select(frozenset((new_id,)))
        return new_id

    def why_not_fill(self, stage_id: str, kind: str) -> str | None:
        """None if a new module of `kind` can go into its slot of a stage, else in words why not."""
        try:
            insert_in_slot(self.project, stage_id, kind, (0, 0))
        except ValueError as refusal:
            return str(refusal)
        return None

    def slot_family(self, stage_id: str, kind: str) -> Family | None:
        """The family of the slot in a stage that a module of `kind` fits into; None where there is none."""
        known = find_kind(kind)
        family = known.family if known else None
        return family if family in SLOTS and self.why_not_fill(stage_id, kind) is None else None

    # ---------------------------------------------------------------- cards that are dragged

    def slot_near(self, module_id: str, card: QRectF, reach: float) -> SlotPlace | None:
        """The place of a slot that a dragged module fits into and is within `reach` of; None without one."""
        spec = self.project.network.module(module_id)
        kind = find_kind(spec.kind)
        if kind is None or kind.family not in SLOTS:
            return None
        near: list[tuple[float, SlotPlace]] = []
        for stage in self.project.network.stages:
            if module_id in stage.modules or stage.is_folded:
                continue
            place = self._own_place(stage.id, module_id, card.size())
            if place is not None and _distance(place.at, card.topLeft()) <= reach:
                near.append((_distance(place.at, card.topLeft()), place))
        return min(near, key=lambda each: each[0])[1] if near else None

    def settle(
        self,
        moved: Mapping[str, QPointF],
        leaving: frozenset[str],
        slot: SlotPlace | None,
        notes: Mapping[str, QPointF],
    ) -> None:
        """Write down where cards and notes were dragged; what was pulled out leaves its stage, one in a slot joins."""
        positions = {each: _position(at) for each, at in moved.items()}
        after = edits.move_modules(self.project, positions)
        after = move_notes(after, {each: _position(at) for each, at in notes.items()})
        text = "Move"
        if slot is not None:
            (module_id,) = moved
            room = self._room_behind(slot.stage_id, after.network.module(module_id).kind)
            after = move_into_slot(after, slot.stage_id, module_id, _position(slot.at), room)
            text = f"Put {title(after.network.module(module_id))} into a stage"
        elif leaving:
            after = edits.leave_stage(after, leaving)
            text = "Take out of the stage"
        self._open.edit(text, after)

    def _own_place(self, stage_id: str, module_id: str, size: QSizeF) -> SlotPlace | None:
        """The place of a module in a stage: that of its slot, or for one with wires beside what it is wired to."""
        network = self.project.network
        stage, kind = network.stage(stage_id), network.module(module_id).kind
        for link in network.links:
            if link.target == module_id and link.source in stage.modules:
                card = self._scene.modules[link.source].rect
                return SlotPlace(stage_id, _family(kind), QPointF(card.right() + CARD_GAP, card.top()))
            if link.source == module_id and link.target in stage.modules:
                card = self._scene.modules[link.target].rect
                return SlotPlace(stage_id, _family(kind), QPointF(card.left() - CARD_GAP - size.width(), card.top()))
        if any(module_id in (link.source, link.target) for link in network.links):
            return None
        return self._slot_place(stage_id, kind, size)

    def _slot_place(self, stage_id: str, kind: str, size: QSizeF) -> SlotPlace | None:
        """Where a card goes that fills the slot of `kind`: at the place of the card behind, else beside the last."""
        stage, modules = self.project.network.stage(stage_id), self._scene.modules
        before = last_before_slot(self.project, stage, kind)
        link = wire_of_slot(self.project, stage, kind)
        if link is not None and link.target in stage.modules:
            target = self.project.network.module(link.target)
            if not before or is_one_row(self.project.network.module(before).position, target.position):
                return SlotPlace(stage_id, _family(kind), QPointF(*target.position))
        if before:
            card = modules[before].rect
            return SlotPlace(stage_id, _family(kind), QPointF(card.right() + CARD_GAP, card.top()))
        card = modules[stage.modules[0]].rect
        return SlotPlace(stage_id, _family(kind), QPointF(card.left() - CARD_GAP - size.width(), card.top()))

    def _room_behind(self, stage_id: str, kind: str) -> float:
        """How much room a new card in a slot takes: more where the next one stands outside of the frame."""
        stage = self.project.network.stage(stage_id)
        link, width = wire_of_slot(self.project, stage, kind), usual_width(ModuleSpec("", kind))
        if link is None or link.target in stage.modules:
            return width + CARD_GAP
        return width + (STAGE_GAP if self.project.network.stage_of(link.target) else LOOSE_GAP)

    # ---------------------------------------------------------------- ready stages

    def ready_size(self, name: str) -> QSizeF:
        """The size of the frame of a ready stage."""
        return frame_around(_ready_cards(load_stage(name))).size()

    def why_not_insert(self, link: Link, name: str) -> str | None:
        """None if the ready stage `name` may be put into `link`, else in words why not."""
        inside = self.project.network.stage_of(link.source)
        if inside is not None and link.target in inside.modules:
            return f"This wire is inside of {inside.name or 'a stage'}: a stage can't stand in another one."
        return why_not_insert_stage(self.project, link, load_stage(name))

    def add_ready(self, name: str, frame_at: QPointF) -> None:
        """Put a ready stage onto the canvas, its frame at the free place nearest to `frame_at`."""
        place = self._free_frame(name, frame_at)
        self._commit(name, insert_stage(self.project, load_stage(name), place))

    def add_ready_on_link(self, name: str, link: Link) -> None:
        """Put a ready stage into a wire.

        In a row the cards behind make room; between two rows, none becomes longer; else it takes a free place.
        """
        ready, source = load_stage(name), self._scene.modules[link.source]
        gap = STAGE_GAP if self.project.network.stage_of(link.source) else LOOSE_GAP
        at = QPointF(source.rect.right() + gap, source.y())
        target = self._scene.modules[link.target]
        if is_one_row((source.x(), source.y()), (target.x(), target.y())):
            gap_behind = STAGE_GAP if self.project.network.stage_of(link.target) else LOOSE_GAP
            width = self.ready_size(name).width() - 2 * FRAME_PADDING + gap_behind
            self._commit(name, insert_stage_on_link(self.project, link, ready, _position(at), width))
            return
        blocks = blocks_of(self._scene)
        behind, before = (next(b for b in blocks if each in b.modules) for each in (link.source, link.target))
        if is_row_break(behind.rect, before.rect):
            room = room_between_rows(behind, before, self.ready_size(name), blocks)
            place = _position(room.at + QPointF(FRAME_PADDING, HEADER))
            self._commit(name, insert_stage_on_link(make_room(self.project, self._scene, room), link, ready, place))
        else:
            place = self._free_frame(name, at - QPointF(FRAME_PADDING, HEADER))
            self._commit(name, insert_stage_on_link(self.project, link, ready, place))

    def add_ready_beside_selection(self, name: str, centre: QPointF) -> None:
        """Put a ready stage behind what is selected, into its wire if it has one; without a selection at `centre`."""
        source = self._end_of_selection()
        size = self.ready_size(name)
        if not source:
            self.add_ready(name, centre - QPointF(size.width() / 2, size.height() / 2))
            return
        outgoing = [link for link in self.project.network.links if link.source == source]
        if len(outgoing) == 1 and self.why_not_insert(outgoing[0], name) is None:
            self.add_ready_on_link(name, outgoing[0])
            return
        card = self._scene.modules[source].rect
        at = QPointF(card.right() + STAGE_GAP - FRAME_PADDING, card.top() - HEADER)
        place = self._free_frame(name, at)
        self._commit(name, insert_stage_behind(self.project, load_stage(name), source, place))

    def _end_of_selection(self) -> str:
        """The module behind which a stage would be added: the selected one, or the last of the selected stage."""
        faces, chosen = self.selected(), self._open.selection
        if len(faces) == 1 and chosen <= set(faces[0].modules):
            return next(iter(faces[0].outputs), "")
        if len(chosen) != 1 or is_loss(self.project.network.module(next(iter(chosen))).kind):
            return ""
        return next(iter(chosen))

    def _free_frame(self, name: str, frame_at: QPointF) -> Position:
        """The position of the first card of a ready stage whose frame lies at the free place nearest to `frame_at`."""
        place = free_place(QRectF(frame_at, self.ready_size(name)), self._scene.stages.taken_rects())
        return _position(place + QPointF(FRAME_PADDING, HEADER))

    def _commit(self, name: str, made: tuple[Project, tuple[str, ...]]) -> None:
        after, new_ids = made
        self._open.edit(f"Add {ready_title(name)}", after)
        self._open.select(frozenset(new_ids))

    def _freeze(self, ids: Collection[str]) -> None:
        ids = [each for each in ids if self._scene.modules[each].card.learns]
        frozen = edits.freeze_modules(self.project, ids, True)
        if frozen != self.project:
            self._open.edit("Freeze", frozen)
        else:
            self._open.edit("Let learn", edits.freeze_modules(self.project, ids, False))


def kinds_of_family(family: Family) -> list[str]:
    """All kinds of modules of a family."""
    return [name for name, kind in Module.registry.items() if kind.family is family]


def _ready_cards(ready: Project) -> list[QRectF]:
    """Where its cards will lie."""
    return [QRectF(*each.position, usual_width(each), NEW_HEIGHT) for each in ready.network.modules]


def usual_width(spec: ModuleSpec) -> float:
    """The width that a card will have, before anything is known of its shape: name and main setting have room."""
    (card,) = cards_of(Project(network=NetworkSpec((spec,))), None).values()
    module = build_module(spec)
    caption = module.caption() if isinstance(module, Module) else ""
    return max(MAPS_WIDTH, lay_out(replace(card, caption=caption), QSizeF()).size.width())


def _family(kind: str) -> Family:
    known = find_kind(kind)
    assert known is not None
    return known.family


def _distance(one: QPointF, other: QPointF) -> float:
    way = one - other
    return max(abs(way.x()), abs(way.y()))


def _position(at: QPointF) -> Position:
    return round(at.x()), round(at.y())
