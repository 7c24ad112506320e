"""Where everything on a card lies: pure geometry from what the card shows, never from live numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF

from convnet_studio.engine.nn.module import Family
from convnet_studio.engine.project.validate import Problem
from convnet_studio.ui.canvas.card import BodyKind, Card
from convnet_studio.ui.canvas.cost_bars import BAR_HEIGHT, BAR_ROOM, GROOVE_WIDTH, Share
from convnet_studio.ui.canvas.numbers import counted, shape_text, short_count
from convnet_studio.ui.controls.number_text import field_line
from convnet_studio.ui.theme import number_font, text_font

PADDING = 10.0
HEADER_HEIGHT = 42.0
BODY_TOP = HEADER_HEIGHT + 9
PORT_Y = 76.0
"""Ports stand at one height on all cards, so that a chain reads as one line."""
PORT_STEP = 24.0
LINE_HEIGHT = 15.0
FOOTER_GAP = 7.0
SMALLEST_WIDTH = 92.0
LARGEST_HEADER_WIDTH = 208.0
PROBLEM_WIDTH = SMALLEST_WIDTH + 20.0
"""A card with a problem grows no further than into the gap to its neighbour."""
MAPS_WIDTH = 157.0
"""Of all cards with feature maps, however many: a change of their number pushes no neighbour."""
STRIP_WIDTH = 80.0
"""Of a list of numbers; "not computed" and "1,152 values" fit below it."""
CLASSES_WIDTH = 124.0
"""Of class bars; every filter bank and output of plain numbers has room for them, since a loss may come later."""
PROBLEM_ICON = 14.0
PROBLEM_LINE = 24.0
"""Height of a problem told in one line."""
MEND_HEIGHT = 22.0
LOCK = 18.0
"""Side of the square around a padlock that can be clicked."""
LOCK_ICON = 12.0
LOCK_ROOM = 9.0
"""What a padlock takes of its line; the rest of it stands in the padding."""
CARD_GAP = 20.0
"""Between the cards of a row."""


def title_font() -> QFont:
    """Of the module's name."""
    return text_font(13, QFont.Weight.DemiBold)


def small_font() -> QFont:
    """Of words beneath the name, in the footer and in problems."""
    return text_font(11)


def small_number_font() -> QFont:
    """Of caption, shape and counts."""
    return number_font(11)


@dataclass(frozen=True)
class CardLayout:
    """Rectangles of a card in its own coordinates; `problem`, `mend` and `lock` are empty where there is none."""

    size: QSizeF
    body: QRectF
    footer: QRectF
    problem: QRectF
    mend: QRectF
    lock: QRectF

    @property
    def card(self) -> QRectF:
        """The whole card."""
        return QRectF(0, 0, self.size.width(), self.size.height())

    @property
    def name(self) -> QRectF:
        """Where the name is read and renamed."""
        return QRectF(PADDING + 2, 6, self.size.width() - 2 * PADDING, 18)


@dataclass(frozen=True)
class FooterLine:
    """A count on a card: `words`, where it lies, and the bar below it in the colour `token` (None: no bar)."""

    words: str
    place: QRectF
    share: Share | None = None
    bar: QRectF = field(default_factory=QRectF)
    token: str = ""


def footer_counts(card: Card, layout: CardLayout) -> tuple[FooterLine, ...]:
    """The right column of the footer, each line at its place."""
    is_stacked = footer_is_stacked(card, layout.size.width())
    left, width = layout.footer.left(), layout.footer.width()
    found, top = [], layout.footer.top() + (LINE_HEIGHT if is_stacked else 0)
    for words, share, token in _counts(card):
        place = QRectF(left, top, width, LINE_HEIGHT)
        bar = QRectF(left + width - GROOVE_WIDTH, place.bottom(), GROOVE_WIDTH, BAR_HEIGHT)
        found.append(FooterLine(words, place, share, bar, token))
        top += LINE_HEIGHT + (BAR_ROOM if card.bars else 0)
    return tuple(found)


def _counts(card: Card) -> list[tuple[str, Share | None, str]]:
    """Parameters or whose they are, then multiply-accumulates, where there are any, with share and colour."""
    bars = card.bars
    found: list[tuple[str, Share | None, str]] = []
    if card.shares:
        found.append((f"as {card.shares}", None, ""))
    elif card.parameters:
        words = f"{short_count(card.parameters)} params"
        found.append((words, bars.parameters if bars else None, "parameters"))
    if card.multiply_accumulates:
        words = f"{short_count(card.multiply_accumulates)} MACs"
        found.append((words, bars.multiply_accumulates if bars else None, "arithmetic"))
    return found


def footer_lines(card: Card) -> tuple[str, ...]:
    """The right column of the footer: parameters or whose they are, then multiply-accumulates, where there are any."""
    return tuple(words for words, _, _ in _counts(card))


def footer_help(card: Card) -> str:
    """The footer in full words."""
    if card.shape is None:
        return "Not computed: something before or on this card keeps it from running."
    parts = [f"Output: {shape_text(card.shape)}"] if card.shape else []
    bars = card.bars
    if card.parameters:
        part = f": {bars.parameters.words}" if bars else ""
        parts.append(counted(card.parameters, "parameter") + part)
    if card.shares:
        parts.append(f"Uses the weights of {card.shares}")
    if card.multiply_accumulates:
        part = f": {bars.multiply_accumulates.words}" if bars else ""
        parts.append(counted(card.multiply_accumulates, "multiply-accumulate") + " for each picture" + part)
    if card.cost.connections:
        parts.append(counted(card.cost.connections, "connection"))
    if card.cost.bytes_moved:
        parts.append(counted(card.cost.bytes_moved, "byte") + " moved in a forward pass")
    if card.receptive_field:
        parts.append(f"Receptive field: {field_line(card.receptive_field)}")
    return "\n".join(parts)


def problem_text(problem: Problem) -> str:
    """A problem and what would be right, as one sentence."""
    return f"{problem.what}: {problem.fix}" if problem.fix else problem.what


def lay_out(card: Card, body: QSizeF, is_open: bool = False, floor: float = math.inf) -> CardLayout:
    """The layout of `card` around a live part of size `body`.

    Args:
        card, body: what is shown.
        is_open: whether a problem is told in full, with its mend; else in one line.
        floor: below it an open problem could not be seen, and stands higher on the card.
    """
    width = _width(card, body)
    body_rect = QRectF(PADDING, BODY_TOP, width - 2 * PADDING, body.height())
    height = _footer_height(card, width)
    footer = QRectF(PADDING, body_rect.bottom() + FOOTER_GAP, width - 2 * PADDING, height)
    bottom = max(footer.bottom() + (FOOTER_GAP if height else 2), _lowest_port(card) + 16)
    problem, mend = QRectF(), QRectF()
    if card.problems:
        problem = QRectF(0, bottom, width, PROBLEM_LINE)
        bottom = problem.bottom()
        if is_open:
            problem, mend = _problem_rects(card.problems[0], width, problem.top())
            rise = min(max(0.0, problem.bottom() - floor), problem.top() - HEADER_HEIGHT)
            problem, mend = problem.translated(0, -rise), mend.translated(0, -rise) if card.problems[0].mend else mend
            bottom = max(bottom, problem.bottom())
    return CardLayout(QSizeF(width, math.ceil(bottom)), body_rect, footer, problem, mend, _lock_rect(card, width))


def caption_is_below(card: Card, width: float) -> bool:
    """Whether the caption stands beside the plain word, because beside the name there is no room for it."""
    name = QFontMetricsF(title_font()).horizontalAdvance(card.title)
    return bool(card.caption) and name + _caption_width(card) > width - 2 * PADDING - 2


def _lock_rect(card: Card, width: float) -> QRectF:
    """In the corner of the header that the caption leaves free."""
    top = 5.0 if caption_is_below(card, width) else 21.0
    return QRectF(width - LOCK - 3, top, LOCK, LOCK) if card.learns else QRectF()


def lock_room(card: Card) -> float:
    """What the lock takes of its line."""
    return LOCK_ROOM if card.learns else 0.0


def footer_is_stacked(card: Card, width: float) -> bool:
    """Whether the counts begin below the shape, because beside it there is no room for them."""
    return _footer_width(card) > width - 2 * PADDING


def _width(card: Card, body: QSizeF) -> float:
    name = QFontMetricsF(title_font()).horizontalAdvance(card.title)
    word = QFontMetricsF(small_font()).horizontalAdvance(card.word)
    caption = _caption_width(card)
    lock = lock_room(card)
    header = 2 * PADDING + 2 + min(max(name + caption, word + lock), max(name + lock, word + caption))
    width = max(_usual_width(card), min(header, LARGEST_HEADER_WIDTH), body.width() + 2 * PADDING)
    return float(math.ceil(max(width, PROBLEM_WIDTH) if card.problems else width))


def _usual_width(card: Card) -> float:
    """What cards of this kind take at least, so that no neighbour is pushed when a shape becomes known or changes."""
    if len(card.body_shape) == 1:
        holds_classes = card.family in (Family.FILTER_BANK, Family.OUTPUT)
        return (CLASSES_WIDTH if holds_classes else STRIP_WIDTH) + 2 * PADDING
    is_picture = card.map_name == "picture" or card.body not in (BodyKind.MAPS, BodyKind.MISSING)
    return SMALLEST_WIDTH if is_picture else MAPS_WIDTH


def _caption_width(card: Card) -> float:
    return QFontMetricsF(small_number_font()).horizontalAdvance(card.caption) + 8 if card.caption else 0.0


def _footer_width(card: Card) -> float:
    """Of the shape and the widest count in one line."""
    right = _count_width(card)
    return QFontMetricsF(small_number_font()).horizontalAdvance(shape_text(card.shape)) + (right + 5 if right else 0)


def _count_width(card: Card) -> float:
    metrics = QFontMetricsF(small_number_font())
    return max((metrics.horizontalAdvance(each) for each in footer_lines(card)), default=0.0)


def has_footer(card: Card) -> bool:
    """Whether there is more to tell below the live part than the problem that stands there."""
    return card.shape is not None or not card.problems


def _footer_height(card: Card, width: float) -> float:
    if not has_footer(card):
        return 0.0
    counts = len(footer_lines(card)) * (LINE_HEIGHT + (BAR_ROOM if card.bars else 0))
    shape = LINE_HEIGHT if card.shape != () else 0.0
    return shape + counts if footer_is_stacked(card, width) else max(shape, counts)


def _lowest_port(card: Card) -> float:
    return PORT_Y + PORT_STEP * max(0, card.inputs - 1)


def _problem_rects(problem: Problem, width: float, top: float) -> tuple[QRectF, QRectF]:
    """The tinted band and the button in it."""
    room = QRectF(0, 0, problem_text_width(width), 1000)
    flags = Qt.TextFlag.TextWordWrap
    text = QFontMetricsF(small_font()).boundingRect(room, flags, problem_text(problem)).height()
    label = problem.mend
    height = 8 + math.ceil(text) + (MEND_HEIGHT + 6 if label else 0) + 8
    band = QRectF(0, top, width, height)
    if not label:
        return band, QRectF()
    button_width = QFontMetricsF(text_font(11, QFont.Weight.DemiBold)).horizontalAdvance(label) + 20
    left = PADDING + PROBLEM_ICON + 6
    return band, QRectF(left, band.bottom() - 8 - MEND_HEIGHT, button_width, MEND_HEIGHT)


def problem_text_width(card_width: float) -> float:
    """Room for a line of a problem's text, right of its icon."""
    return card_width - 2 * PADDING - PROBLEM_ICON - 6
