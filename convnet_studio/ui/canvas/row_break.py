"""RowBreak: where a stage goes that is put into the wire from the end of one row to the start of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSizeF

from convnet_studio.engine.project.layout import ROW_GAP
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
    """Where the new frame lies, and by how much which blocks move for it."""

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
    row = [each for each in blocks if _overlap(each.rect, target.rect) and each.rect.left() >= target.rect.left()]
    others = [each.rect for each in blocks if each not in row]
    step = QPointF(size.width() + FRAME_GAP, 0)
    places = [QRectF(at, size), *(each.rect.translated(step) for each in row)]
    if all(each.right() <= right and is_free(each, others) for each in places):
        return Room(at, tuple(row), step)
    top = min(each.rect.top() for each in [*row, target])
    height = max(size.height(), source.rect.height(), target.rect.height())
    below = tuple(each for each in blocks if each.rect.center().y() > top)
    return Room(QPointF(at.x(), top), below, QPointF(0, height + FRAME_ROW_GAP))


def _top(block: Block) -> float:
    """The top of a frame whose cards stand in line with those of a block."""
    return block.rect.top() if block.is_frame else block.rect.top() - HEADER


def _overlap(one: QRectF, other: QRectF) -> bool:
    return one.top() < other.bottom() and one.bottom() > other.top()
