"""Where everything on a stage lies: its frame around the cards, the header's parts, the joints between cards."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.canvas.card_layout import CARD_GAP, PORT_Y, small_font, small_number_font, title_font
from convnet_studio.ui.canvas.stage_face import StageFace

FRAME_PADDING = 12.0
HEADER = 34.0
"""Height of the header above the cards."""
FRAME_GAP = 16.0
"""Between the frames of a row."""
FRAME_CLEARANCE = 4.0
"""Between a frame and a wire that passes it: rows of frames have less room between them than rows of cards."""
LANE_ROOM = 24.0
"""Below the cards that a wire within a frame passes: for the wire and its label."""
FLOOR_DEPTH = 2.0
"""How far below its edge a frame bars the wires within it: one still fits below the lowest card."""
WALL_DEPTH = 5.0
"""The same at its sides: a wire that goes back still leaves the last card there."""
LOOSE_GAP = FRAME_PADDING + FRAME_GAP
"""Between a card of a stage and one that is in none."""
STAGE_GAP = 2 * FRAME_PADDING + FRAME_GAP
"""Between cards of two stages."""
CHIP_HEIGHT = 20.0
CHIP_ICON = 12.0
CHIP_TAB = 4.0
CHIP_GAP = 1.0
"""How far the tab of a chip reaches into the notch of the next."""
ICON = 14.0
WORDS_WIDTH = 370.0
"""Of four chips with their words."""
USUAL_COUNTERS = 260.0
"""Of all counters as they usually are: chips have words where these have room, so that no number makes them jump."""
NARROW = 300.0
"""Frames that are narrower say nothing beside the padlock."""
LONGEST_NAME = 220.0
SHORTEST_NAME = 34.0
GAP = 10.0
JOINT_HEIGHT = 56.0
JOINT_REACH = 1.5 * CARD_GAP
"""Cards further apart are not drawn as joined."""
SEPARATOR = "  ·  "


class Part(enum.Enum):
    """What of a stage the pointer is on."""

    CHEVRON = enum.auto()
    NAME = enum.auto()
    SLOT = enum.auto()
    COUNTERS = enum.auto()
    LOCK = enum.auto()
    FRAME = enum.auto()


@dataclass(frozen=True)
class StageLayout:
    """Rectangles of a stage's parts; those that have no room, or no meaning, are empty.

    Attributes:
        has_words: whether the chips say their families. `counters_text`, `lock_words`: what has room of them.
    """

    chevron: QRectF
    name: QRectF
    chips: tuple[QRectF, ...]
    lock: QRectF
    counters: QRectF = field(default_factory=QRectF)
    counters_text: str = ""
    lock_words: str = ""
    has_words: bool = False

    def part_at(self, at: QPointF) -> tuple[Part, int]:
        """What lies at `at`; second: the number of the slot."""
        for index, chip in enumerate(self.chips):
            if chip.adjusted(0, 0, CHIP_GAP, 0).contains(at):  # between two it would miss both
                return Part.SLOT, index
        for part, rect in ((Part.CHEVRON, self.chevron), (Part.LOCK, self.lock)):
            if rect.adjusted(-4, -6, 4, 6).contains(at):
                return part, -1
        if self.name.contains(at):
            return Part.NAME, -1
        return (Part.COUNTERS if self.counters.contains(at) else Part.FRAME), -1


@dataclass(frozen=True)
class Joint:
    """Where two cards of a stage interlock: the gap between them, and the families on both sides."""

    rect: QRectF
    left: Family | None
    right: Family | None


def frame_around(cards: Iterable[QRectF]) -> QRectF:
    """The frame of a stage with these cards."""
    covered = QRectF()
    for card in cards:
        covered = covered.united(card)
    return covered.adjusted(-FRAME_PADDING, -HEADER, FRAME_PADDING, FRAME_PADDING)


def lay_out_header(face: StageFace, width: float, is_small: bool = False) -> StageLayout:
    """The header of a frame `width` pixels wide: as much of words and counters as there is room for.

    Drawn small, it has none of them, since nobody could read them, but a larger name and larger slots.
    """
    middle = HEADER / 2 + 1
    chevron = QRectF(GAP, middle - ICON / 2, ICON, ICON)
    words = face.lock_words if width > NARROW and not is_small else ""
    said = QFontMetricsF(small_font()).horizontalAdvance(words) + 6 if words else 0.0
    lock_width = ICON + said if face.learning else 0.0
    right = width - GAP - lock_width
    lock = QRectF(right, middle - ICON / 2, lock_width, ICON) if lock_width else QRectF()
    left = chevron.right() + 6
    room = right - left - (GAP if lock_width else 0)
    size = 1.6 if is_small else 1.0
    name = min(size * QFontMetricsF(title_font()).horizontalAdvance(face.title) + 4, LONGEST_NAME)
    has_words = not is_small and name + WORDS_WIDTH + USUAL_COUNTERS <= room  # whatever the numbers are now
    for count in (0,) if is_small else (3, 2, 1, 0):
        text = SEPARATOR.join(face.counters[:count])
        counters = QFontMetricsF(small_number_font()).horizontalAdvance(text) + 2 if text else 0.0
        widths = [chip_width(slot.family, has_words, size if room > 150 else 1.0) for slot in face.slots]
        taken = name + GAP + sum(widths) + (GAP + counters if counters else 0)
        if taken <= room:
            break
    name = max(SHORTEST_NAME, min(name, room - GAP - sum(widths)))
    height = CHIP_HEIGHT * (1.3 if is_small else 1.0)
    at = QPointF(left + name + GAP, middle - height / 2)
    end = right - (GAP if lock_width else 0)
    return StageLayout(
        chevron=chevron,
        name=QRectF(left, middle - height / 2, name, height),
        chips=chips_from(at, widths, height),
        lock=lock,
        counters=QRectF(end - counters, middle - 9, counters, 18),
        counters_text=text,
        lock_words=words,
        has_words=has_words,
    )


def chip_width(family: Family, has_words: bool, size: float = 1.0) -> float:
    """Of a chip with its icon, `size` times as large as usual, and its word where `has_words`."""
    word = QFontMetricsF(small_font()).horizontalAdvance(family.value) + 5 if has_words else 0.0
    return round(CHIP_ICON * size + word + (18 if has_words else 12))


def chips_from(at: QPointF, widths: Sequence[float], height: float) -> tuple[QRectF, ...]:
    """Chips side by side from `at` on."""
    chips = []
    for width in widths:
        chips.append(QRectF(at.x(), at.y(), width, height))
        at = at + QPointF(width + CHIP_GAP, 0)
    return tuple(chips)


def joint_between(left: QRectF, right: QRectF) -> QRectF:
    """The gap in which two cards interlock at the height of their ports; empty where they do not stand side by side."""
    gap = right.left() - left.right()
    if not 4 <= gap <= JOINT_REACH or abs(left.top() - right.top()) > 4:
        return QRectF()
    return QRectF(left.right(), left.top() + PORT_Y - JOINT_HEIGHT / 2, gap, JOINT_HEIGHT)
