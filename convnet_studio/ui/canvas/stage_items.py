"""StageItems: the frames and folded cards of a scene, kept in step with the stages of the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.nn.cost import Cost
from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.spec import Link, Project
from convnet_studio.engine.project.summary import Summary
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.cost_bars import sum_bars
from convnet_studio.ui.canvas.folded_item import FoldedItem
from convnet_studio.ui.canvas.module_item import ModuleItem
from convnet_studio.ui.canvas.port_item import PortItem
from convnet_studio.ui.canvas.routing import Cards
from convnet_studio.ui.canvas.stage_face import Slot, StageFace, faces_of
from convnet_studio.ui.canvas.stage_item import StageItem
from convnet_studio.ui.canvas.stage_layout import (
    FLOOR_DEPTH,
    FRAME_GAP,
    FRAME_PADDING,
    HEADER,
    LANE_ROOM,
    WALL_DEPTH,
    Joint,
    Part,
    frame_around,
    joint_between,
)
from convnet_studio.ui.shown_module import shown_stage

if TYPE_CHECKING:
    from convnet_studio.ui.canvas.scene import CanvasScene

PULL = 20.0
"""How far out of its frame a card is pulled, in pixels, before it leaves the stage."""


class StageItems:
    """One `StageItem` for each stage by id, and one `FoldedItem` for each that is folded."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._scale = 1.0
        self.frames: dict[str, StageItem] = {}
        self.folded: dict[str, FoldedItem] = {}
        self._stage_of: dict[str, str] = {}
        self._inner_links: dict[str, list[Link]] = {}
        self._carried: frozenset[str] = frozenset()
        self._starts: dict[str, QRectF] = {}
        """The frames as they were when cards began to be dragged."""

    # ---------------------------------------------------------------- in step with the project

    def clear(self) -> None:
        """Forget all; the scene begins anew."""
        for item in [*self.frames.values(), *self.folded.values()]:
            self._scene.removeItem(item)
        self.frames, self.folded, self._stage_of, self._inner_links = {}, {}, {}, {}
        self._carried = frozenset()

    def follow(self, project: Project, summary: Summary | None, class_names: tuple[str, ...]) -> bool:
        """Make the items equal to the stages of `project`, whose cards are there; True if a card has another size."""
        faces = faces_of(project, summary)
        self._stage_of = {each: face.id for face in faces.values() for each in face.modules}
        self._inner_links = {each: [] for each in faces}
        for link in project.network.links:
            inside = self._stage_of.get(link.source)
            if inside and inside == self._stage_of.get(link.target):
                self._inner_links[inside].append(link)
        for gone in self.frames.keys() - faces.keys():
            self._scene.removeItem(self.frames.pop(gone))
        for gone in {each for each in self.folded if each not in faces or not faces[each].is_folded}:
            self._scene.removeItem(self.folded.pop(gone))
        resized = [self._follow_one(face, class_names) for face in faces.values()]
        for module_id, item in self._scene.modules.items():
            item.setVisible(self._stage_of.get(module_id) not in self.folded)
        return any(resized)

    def _follow_one(self, face: StageFace, class_names: tuple[str, ...]) -> bool:
        frame = self.frames.get(face.id)
        if frame is None:
            frame = self.frames[face.id] = StageItem(face)
            frame.show_scale(self._scale)
            self._scene.addItem(frame)
        frame.set_face(face)
        frame.setVisible(not face.is_folded)
        if not face.is_folded:
            return False
        cards = [self._scene.modules[each].card for each in face.modules]
        cost, bars = sum((card.cost for card in cards), Cost()), sum_bars(card.bars for card in cards)
        last = replace(self._scene.modules[face.last].card, cost=cost, bars=bars)
        if face.id in self.folded:
            return self.folded[face.id].show_face(face, last, class_names)
        self.folded[face.id] = FoldedItem(face, last, class_names)
        self._scene.addItem(self.folded[face.id])
        return True

    def place(self) -> None:
        """Lay frames around the cards as they lie now, and folded cards where their first modules are."""
        modules = self._scene.modules
        for stage_id, frame in self.frames.items():
            if stage_id in self.folded:
                self.folded[stage_id].setPos(modules[frame.face.modules[0]].pos())
                continue
            staying = [each for each in frame.face.modules if each not in self._carried]
            if not staying or len(staying) == len(frame.face.modules):
                rect = self.unfolded_rect(stage_id)
            elif frame.state.is_left:
                rect = frame_around(modules[each].rect for each in staying)
            else:
                rect = self._starts[stage_id]
            frame.set_frame(rect, self._joints(stage_id))
        for link, item in self._scene.links.items():
            item.setVisible(not self.hides(link))

    def _joints(self, stage_id: str) -> tuple[Joint, ...]:
        modules, joints = self._scene.modules, []
        for link in self._inner_links[stage_id]:
            left, right = modules[link.source], modules[link.target]
            rect = joint_between(left.rect, right.rect)
            if not rect.isEmpty():
                joints.append(Joint(rect, left.card.family, right.card.family))
        return tuple(joints)

    def show_selection(self, selection: frozenset[str]) -> None:
        """A stage is selected when all its modules are."""
        for stage_id, frame in self.frames.items():
            is_selected = selection.issuperset(frame.face.modules)
            frame.set_state(is_selected=is_selected)
            if folded := self.folded.get(stage_id):
                folded.set_state(is_selected=is_selected)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show these numbers on all folded cards."""
        for item in self.folded.values():
            item.show_snapshot(snapshot)

    @property
    def scale(self) -> float:
        """That of the canvas, as was told last."""
        return self._scale

    def show_scale(self, scale: float) -> None:
        """The canvas is drawn at this scale: headers leave out what nobody could read."""
        self._scale = scale
        for frame in self.frames.values():
            frame.show_scale(scale)

    def recolor(self) -> None:
        """Paint everything in the theme in force."""
        for frame in self.frames.values():
            frame.recolor()
        for folded in self.folded.values():
            folded.recolor()

    # ---------------------------------------------------------------- what is where

    def hides(self, link: Link) -> bool:
        """Whether a wire runs inside of a folded stage."""
        inside = self._stage_of.get(link.source)
        return inside in self.folded and inside == self._stage_of.get(link.target)

    def is_inside(self, link: Link) -> bool:
        """Whether both ends of a wire are in one stage."""
        inside = self._stage_of.get(link.source)
        return inside is not None and inside == self._stage_of.get(link.target)

    def input_of(self, link: Link) -> PortItem | None:
        """The port of a folded card at which a wire ends."""
        folded = self.folded.get(self._stage_of.get(link.target, ""))
        return folded.input_of(link.target, link.port) if folded else None

    def output_of(self, link: Link) -> PortItem | None:
        """The port of a folded card from which a wire starts."""
        folded = self.folded.get(self._stage_of.get(link.source, ""))
        return folded.output_of(link.source) if folded else None

    def folded_of(self, module_id: str) -> FoldedItem | None:
        """The card of the folded stage that a module is in."""
        return self.folded.get(self._stage_of.get(module_id, ""))

    def is_between_frames(self, link: Link, start: QPointF, end: QPointF) -> bool:
        """Whether a wire leads around frames as a whole.

        One that runs in a stage does not, nor one that begins or ends amid a frame, between the cards there.
        """
        if self.is_inside(link):
            return False
        source, target = (self.frames.get(self._stage_of.get(each, "")) for each in (link.source, link.target))
        leaves = source is None or not source.isVisible() or _is_near(source.rect.right(), start.x())
        return leaves and (target is None or not target.isVisible() or _is_near(target.rect.left(), end.x()))

    def cards_inside(self, link: Link, cards: Cards) -> Cards:
        """What a wire that runs within a stage leads around: of `cards` those there, and the edges of the frame."""
        frame = self.frames[self._stage_of[link.source]].rect
        floor = frame.translated(0, frame.height() + FLOOR_DEPTH)
        walls = (frame.translated(sign * (frame.width() + WALL_DEPTH), 0) for sign in (-1, 1))
        return cards.amid(frame, [floor, *walls])

    def headers(self) -> list[QRectF]:
        """The headers of the frames in sight."""
        seen = [each.rect for each in self.frames.values() if each.isVisible()]
        return [QRectF(each.topLeft(), QSizeF(each.width(), HEADER)) for each in seen]

    def painted_rects(self) -> list[QRectF]:
        """Where frames show something of their own: their headers, and the joints between their cards."""
        seen = [each for each in self.frames.values() if each.isVisible()]
        return [*self.headers(), *(joint.rect for each in seen for joint in each.joints)]

    def frame_at(self, at: QPointF) -> StageItem | None:
        """The smallest frame around `at`."""
        under = [each for each in self.frames.values() if each.isVisible() and each.rect.contains(at)]
        return min(under, key=lambda each: each.rect.width() * each.rect.height(), default=None)

    def item_at(self, at: QPointF) -> StageItem | FoldedItem | None:
        """The folded card or frame at `at` that no other card and no note covers there."""
        card = self._scene.module_at(at)
        if card is not None:
            return card if isinstance(card, FoldedItem) else None
        return None if self._scene.notes.at(at) else self.frame_at(at)

    def chip_at(self, at: QPointF) -> Slot | None:
        """The slot whose chip, in the header of a stage, lies at `at`."""
        item = self.item_at(at)
        part, index = item.part_at(at) if item else (Part.FRAME, -1)
        return item.face.slots[index] if item and part is Part.SLOT else None

    def selected(self, selection: frozenset[str]) -> list[StageFace]:
        """The stages that are selected as a whole; without such, those of which a module is selected."""
        faces = [each.face for each in self.frames.values()]
        whole = [face for face in faces if selection.issuperset(face.modules)]
        return whole or [face for face in faces if not selection.isdisjoint(face.modules)]

    def only_selected(self) -> StageItem | FoldedItem | None:
        """The item of the one stage that is selected and nothing else; a single card counts as itself."""
        stage = shown_stage(self._scene.open_project)
        return (self.folded.get(stage.id) or self.frames.get(stage.id)) if stage else None

    def shown_frames(self) -> list[QRectF]:
        """The frames in sight."""
        return [each.rect for each in self.frames.values() if each.isVisible()]

    def solid_rects(self, without: str = "") -> list[QRectF]:
        """What wires run around: visible frames, and cards that are in none; `without` that of this module."""
        loose = (item.rect for item in self.loose_cards() if item.card.id != without)
        return [*self.shown_frames(), *loose]

    def taken_rects(self) -> list[QRectF]:
        """Where nothing new may lie: as `solid_rects`, and the places that folded stages come back to."""
        cards = [item.rect for item in self._scene.cards()]
        return [*self.solid_rects(), *cards, *(self.unfolded_rect(each) for each in self.folded)]

    def unfolded_rect(self, stage_id: str) -> QRectF:
        """The frame of a stage, or the one that it will have again."""
        modules, frame = self._scene.modules, self.frames[stage_id]
        rect = frame_around(modules[each].rect for each in frame.face.modules)
        rect.setBottom(max([rect.bottom(), *(self._lowest_passed(link) + LANE_ROOM for link in self._skips(stage_id))]))
        return rect

    def _skips(self, stage_id: str) -> list[Link]:
        """The wires of a stage that pass cards of it."""
        return [link for link in self._inner_links[stage_id] if self._passed(link)]

    def _lowest_passed(self, link: Link) -> float:
        """The lower edge of the lowest card that a wire within a stage passes."""
        return max(each.bottom() for each in self._passed(link))

    def _passed(self, link: Link) -> list[QRectF]:
        """The cards of its stage that stand between the ends of a wire, or over it where it goes back."""
        modules = self._scene.modules
        start, end = modules[link.source].rect.right(), modules[link.target].rect.left()
        left, right = min(start, end), max(start, end)
        inside = self.frames[self._stage_of[link.source]].face.modules
        rects = (modules[each].rect for each in inside)
        return [each for each in rects if each.left() < right and each.right() > left]

    def moved_aside(self, stage_ids: Iterable[str]) -> dict[str, QPointF]:
        """Where the cards go that stand in the way of folded stages which unfold: right or down, with those behind."""
        modules = self._scene.modules
        blocks = {each: (frame.rect, frame.face.modules) for each, frame in self.frames.items()}
        blocks |= {each: (item.rect, item.face.modules) for each, item in self.folded.items()}
        blocks |= {each: (item.rect, (each,)) for each, item in modules.items() if each not in self._stage_of}
        shifts = dict.fromkeys(modules, QPointF())
        for stage_id in sorted(stage_ids, key=lambda each: blocks[each][0].left()):
            row, ids = blocks.pop(stage_id)
            place = self.unfolded_rect(stage_id).translated(shifts[ids[0]])
            in_row = {each for each, (rect, _) in blocks.items() if rect.top() < row.bottom()}
            for is_below in (False, True):
                rects = {each: rect for each, (rect, _) in blocks.items() if (each not in in_row) is is_below}
                step, moving = _step_aside(place, rects, is_below)
                for each in moving:
                    rect, inside = blocks[each]
                    blocks[each] = rect.translated(step), inside
                    shifts |= {one: shifts[one] + step for one in inside}
            blocks[stage_id] = place, ids
        return {each: modules[each].pos() + shift for each, shift in shifts.items() if not shift.isNull()}

    def loose_cards(self) -> list[ModuleItem]:
        """The cards that no frame surrounds, folded ones among them."""
        single = [item for each, item in self._scene.modules.items() if each not in self._stage_of]
        return [*single, *self.folded.values()]

    # ---------------------------------------------------------------- while cards are dragged

    def carry(self, ids: frozenset[str]) -> None:
        """Cards of these modules are being dragged: a stage that keeps some keeps its frame until they leave it."""
        self._carried = ids
        self._starts = {stage_id: frame.rect for stage_id, frame in self.frames.items()} if ids else {}
        for frame in self.frames.values():
            frame.set_state(is_left=False)

    def offer(self, stage_id: str, family: Family | None) -> None:
        """Light up the slot of `family` in a stage, into which something that is dragged would go; "": none."""
        for each, frame in self.frames.items():
            offered = family if each == stage_id else None
            frame.set_state(offered=offered)
            if each in self.folded and self.folded[each].pointer.offered is not offered:
                self.folded[each].offer(offered)

    def leaving(self, carried: Mapping[str, QRectF]) -> frozenset[str]:
        """Those of the dragged cards that are out of their stage's frame by more than `PULL`, while others stay."""
        out = set()
        for stage_id, frame in self.frames.items():
            own = [each for each in frame.face.modules if each in carried]
            if stage_id in self.folded or not own or len(own) == len(frame.face.modules):
                continue
            room = self._starts[stage_id].adjusted(-PULL, -PULL, PULL, PULL)
            gone = [each for each in own if not room.contains(carried[each])]
            out.update(gone)
            frame.set_state(is_left=bool(gone))
        return frozenset(out)


def _is_near(edge: float, port: float) -> bool:
    """Whether a port lies at the edge of a frame: on a card that nothing stands beside there."""
    return abs(edge - port) <= FRAME_PADDING + 1


def _step_aside(place: QRectF, rects: Mapping[str, QRectF], is_down: bool) -> tuple[QPointF, list[str]]:
    """How far, and which of `rects` go right (or down) so that none lies in `place`: those met and all behind them."""
    met = [each for each in rects.values() if each.intersects(place)]
    if is_down:
        start = min((each.top() for each in met), default=place.bottom() + FRAME_GAP)
        step = QPointF(0, place.bottom() + FRAME_GAP - start)
        return step, [each for each, rect in rects.items() if met and rect.top() >= start]
    start = min((each.left() for each in met), default=0.0)
    beside = [each for each, rect in rects.items() if rect.top() < place.bottom() and rect.bottom() > place.top()]
    behind = [each for each in beside if met and rects[each].left() >= start]
    return QPointF(place.right() + FRAME_GAP - start, 0), behind
