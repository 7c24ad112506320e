"""RowBreak: where a stage or card goes that is put into the wire from the end of one row to the start of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.project.edits import move_modules
from convnet_studio.engine.project.layout import ROW_GAP
from convnet_studio.engine.project.notes_edits import move_notes
from convnet_studio.engine.project.spec import Link, Position, Project
from convnet_studio.ui.canvas.card_layout import CARD_GAP
from convnet_studio.ui.canvas.placement import is_free
from convnet_studio.ui.canvas.scene import CanvasScene
from convnet_studio.ui.canvas.stage_layout import FRAME_GAP, FRAME_PADDING, HEADER

FRAME_ROW_GAP = ROW_GAP - HEADER - FRAME_PADDING
"""Between the frames of two rows."""


@dataclass(frozen=True)
class Block:
    """What moves as one: the frame of a stage, a card in none, or a note."""

    rect: QRectF
    modules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_frame: bool = False


@dataclass(frozen=True)
class Room:
    """Where the new frame or card lies, and by how much which blocks move for it."""

    at: QPointF
    moved: tuple[Block, ...] = ()
    step: QPointF = field(default_factory=QPointF)


def blocks_of(scene: CanvasScene) -> list[Block]:
    """All that lies on the canvas, folded stages as large as they will be again."""
    frames = scene.stages.frames
    stages = [
        Block(scene.stages.unfolded_rect(each), frame.face.modules, is_frame=True) for each, frame in frames.items()
    ]
    inside = {module_id for each in stages for module_id in each.modules}
    cards = [Block(item.rect, (each,)) for each, item in scene.modules.items() if each not in inside]
    return [*stages, *cards, *(Block(item.rect, notes=(each,)) for each, item in scene.notes.items.items())]


def is_row_break(source: QRectF, target: QRectF) -> bool:
    """Whether a wire leads from the end of a row to one below."""
    return target.top() >= source.bottom() and target.left() < source.right()


def room_between_rows(source: Block, target: Block, size: QSizeF, blocks: Sequence[Block]) -> Room:
    """Room for a frame of `size` that makes no row longer than the longest is.

    At the end of the upper row, or at the start of the lower one, whose blocks then move right; where both are too
    long, in a row of its own between them, for which all below moves down.
    """
    right = max(each.rect.right() for each in blocks if each.modules)
    taken = [each.rect for each in blocks]
    behind = QRectF(QPointF(source.rect.right() + FRAME_GAP, _top(source)), size)
    if behind.right() <= right and is_free(behind, taken):
        return Room(behind.topLeft())
    at = QPointF(target.rect.left(), _top(target))
    start, end = _start_of_row(target, QRectF(at, size), FRAME_GAP, blocks)
    if start and end <= right:
        return start
    row = _row_from(target, blocks)
    top = min(each.rect.top() for each in [*row, target])
    height = max(size.height(), source.rect.height(), target.rect.height())
    below = tuple(each for each in blocks if each.rect.center().y() > top)
    return Room(QPointF(at.x(), top), below, QPointF(0, height + FRAME_ROW_GAP))


def card_between_rows(scene: CanvasScene, link: Link, size: QSizeF, moved: str = "") -> Room | None:
    """Room for a card in a wire that leads from one row to the next; None where it does not, or there is none.

    At the end of the upper row, or at the start of the lower one: where the canvas becomes less wide. The card of the
    module `moved` is taken away from where it lies.
    """
    blocks = [each for each in blocks_of(scene) if each.modules != (moved,)]
    source, target = (next(b for b in blocks if each in b.modules) for each in (link.source, link.target))
    if not is_row_break(source.rect, target.rect):
        return None
    right = max(each.rect.right() for each in blocks if each.modules)
    behind = QRectF(QPointF(source.rect.right() + _gap(source), _line(source)), size)
    found = [(behind.right(), Room(behind.topLeft()))] if is_free(behind, [each.rect for each in blocks]) else []
    inset = FRAME_PADDING if target.is_frame else 0.0  # cards, not frames, stand in line at the left
    before = QRectF(QPointF(target.rect.left() + inset, _line(target)), size)
    start, end = _start_of_row(target, before, inset + _gap(target), blocks)
    if start:
        found.append((end, start))
    return min(found, key=lambda each: max(right, each[0]))[1] if found else None


def make_room(project: Project, scene: CanvasScene, room: Room) -> Project:
    """The project with all that makes `room` out of the way."""
    modules = {each: scene.modules[each].pos() + room.step for block in room.moved for each in block.modules}
    notes = {each: scene.notes.items[each].pos() + room.step for block in room.moved for each in block.notes}
    after = move_modules(project, {each: _position(at) for each, at in modules.items()})
    return move_notes(after, {each: _position(at) for each, at in notes.items()})


def _start_of_row(target: Block, place: QRectF, gap: float, blocks: Sequence[Block]) -> tuple[Room | None, float]:
    """Room at `place`, for which the row from `target` on moves right, None where something is there; its new end."""
    row = _row_from(target, blocks)
    step = QPointF(place.width() + gap, 0)
    places = [place, *(each.rect.translated(step) for each in row)]
    others = [each.rect for each in blocks if each not in row]
    is_open = all(is_free(each, others) for each in places)
    return Room(place.topLeft(), tuple(row), step) if is_open else None, max(each.right() for each in places)


def _row_from(target: Block, blocks: Sequence[Block]) -> list[Block]:
    """What stands in one row with `target`, from that on."""
    return [each for each in blocks if _overlap(each.rect, target.rect) and each.rect.left() >= target.rect.left()]


def _gap(block: Block) -> float:
    """Between a block and a card beside it."""
    return FRAME_GAP if block.is_frame else CARD_GAP


def _line(block: Block) -> float:
    """The top of the cards of a block."""
    return block.rect.top() + HEADER if block.is_frame else block.rect.top()


def _position(at: QPointF) -> Position:
    return round(at.x()), round(at.y())


def _top(block: Block) -> float:
    """The top of a frame whose cards stand in line with those of a block."""
    return block.rect.top() if block.is_frame else block.rect.top() - HEADER


def _overlap(one: QRectF, other: QRectF) -> bool:
    return one.top() < other.bottom() and one.bottom() > other.top()
