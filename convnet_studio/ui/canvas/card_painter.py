"""Paints the part of a card that does not move with training: frame, header, footer, problem."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from convnet_studio.engine.nn.module import Shape
from convnet_studio.ui.canvas.bodies.body import elided
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import (
    HEADER_HEIGHT,
    LINE_HEIGHT,
    LOCK_ICON,
    PADDING,
    PROBLEM_ICON,
    PROBLEM_LINE,
    CardLayout,
    caption_is_below,
    footer_counts,
    footer_is_stacked,
    footer_lines,
    has_footer,
    lock_room,
    problem_text,
    problem_text_width,
    small_font,
    small_number_font,
    title_font,
)
from convnet_studio.ui.canvas.cost_bars import GROOVE_WIDTH, paint_bar
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.numbers import shape_text
from convnet_studio.ui.theme import LARGE_RADIUS, text_font, theme

BAR_WIDTH = 4.0
SHADOW_REACH = 4.0
RING_WIDTH = 2.0
SLOTS_HEIGHT = 20.0
"""At the lower edge of the header of a folded stage, which has its slots in place of a word."""
LEGIBLE = 7.0
"""Pixels on the screen: what would be smaller is left out, and the name takes its place."""
TITLE = 8.0
"""Pixels on the screen of the names of all cards, where they are drawn so small that names must grow to be read."""
LARGEST_TITLE = 30
"""Pixels on the card: what its header holds in one row."""
LINE_SPACING = 1.2
"""Height of a line in heights of its letters."""

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass
class CardState:
    """What the pointer does to a card."""

    is_selected: bool = False
    is_hovered: bool = False
    is_offered: bool = False
    """A module that is being dragged would replace it."""
    is_mend_hovered: bool = False
    is_lock_hovered: bool = False


def paint_card(painter: QPainter, card: Card, layout: CardLayout, state: CardState) -> None:
    """Everything but the live part."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_frame(painter, layout, state)
    if card.frozen:
        _paint_frost(painter, layout.card)
    _paint_header(painter, card, layout.card)
    if card.learns:
        _paint_lock(painter, card, layout.lock, state.is_lock_hovered)
    _paint_footer(painter, card, layout)
    if card.problems:
        _paint_problem(painter, card, layout, state)


def paint_ghost(painter: QPainter, card: Card, head: QRectF) -> None:
    """The header alone, as it hangs on the mouse while a module is dragged from the palette."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(_rounded(head), theme().color("surface"))
    painter.setClipPath(_rounded(head))
    _paint_header(painter, card, head)
    painter.setClipping(False)
    painter.setPen(QPen(theme().color("accent"), 1))
    painter.drawPath(_rounded(head.adjusted(0.5, 0.5, -0.5, -0.5), LARGE_RADIUS - 0.5))


def _rounded(rect: QRectF, radius: float = LARGE_RADIUS) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def _paint_frame(painter: QPainter, layout: CardLayout, state: CardState) -> None:
    now = theme()
    shadow = now.color("shadow")
    shadow.setAlpha(max(1, shadow.alpha() // 4))
    if layout.problem.height() > PROBLEM_LINE:  # it lies over what is below
        shadow.setAlpha(2 * shadow.alpha())
    for spread in () if is_far(scale_of(painter)) else (0.0, 1.0, 2.0):
        rect = layout.card.adjusted(-spread * 0.5, 1, spread * 0.5, spread + 0.5)
        painter.fillPath(_rounded(rect, LARGE_RADIUS + spread * 0.5), shadow)
    painter.fillPath(_rounded(layout.card), now.color("surface"))
    line = now.color("strong_line" if state.is_hovered else "line")
    if state.is_selected or state.is_offered:
        pen = QPen(now.color("accent"), RING_WIDTH)
        pen.setStyle(Qt.PenStyle.DashLine if state.is_offered else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        grown = layout.card.adjusted(-1, -1, 1, 1)
        painter.drawPath(_rounded(grown, LARGE_RADIUS + 1))
    else:
        painter.setPen(QPen(line, 1))
        painter.drawPath(_rounded(layout.card.adjusted(0.5, 0.5, -0.5, -0.5), LARGE_RADIUS - 0.5))


def _paint_frost(painter: QPainter, frame: QRectF) -> None:
    """The tinted header of a card whose weights stay as they are."""
    painter.save()
    painter.setClipRect(QRectF(1, 1, frame.width() - 2, HEADER_HEIGHT - 1))
    painter.fillPath(_rounded(frame.adjusted(1, 1, -1, -1), LARGE_RADIUS - 1), theme().color("frozen_soft"))
    painter.restore()


def _paint_lock(painter: QPainter, card: Card, rect: QRectF, is_hovered: bool) -> None:
    """Closed and dark on a frozen card, open and faint on one that learns."""
    now = theme()
    if is_hovered:
        painter.setPen(QPen(now.color("line"), 1))
        painter.setBrush(now.color("raised"))
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    place = QRectF(0, 0, LOCK_ICON, LOCK_ICON)
    place.moveCenter(rect.center())
    token = "text" if card.frozen else "second_text" if is_hovered else "strong_line"
    draw_icon(painter, "lock" if card.frozen else "lock-open", now.color(token), place)


def _paint_header(painter: QPainter, card: Card, frame: QRectF) -> None:
    now = theme()
    width = frame.width()
    color = now.family(card.family) if card.family else now.color("missing")
    painter.save()
    painter.setClipRect(QRectF(0, 0, BAR_WIDTH, HEADER_HEIGHT))
    painter.fillPath(_rounded(frame), color)
    painter.restore()
    painter.setPen(QPen(now.color("line"), 1))
    painter.drawLine(QPointF(BAR_WIDTH, HEADER_HEIGHT - 0.5), QPointF(width - 1, HEADER_HEIGHT - 0.5))
    left, room = PADDING + 2, width - 2 * PADDING - 2
    title = title_at(scale_of(painter))
    if is_far(scale_of(painter)):
        left, below = BAR_WIDTH + 4, SLOTS_HEIGHT if has_slots(card, scale_of(painter)) else 4
        head = QRectF(left, 2, width - left - 3, HEADER_HEIGHT - below)
        for words, row in title_rows(card.title, head, title):
            _text(painter, row, words, title, now.color("text"))
        return
    caption_width = min(QFontMetricsF(small_number_font()).horizontalAdvance(card.caption), room * 0.6)
    taken = caption_width + 8 if card.caption else 0.0
    is_below = caption_is_below(card, width)
    lock = lock_room(card)
    name_room, word_room = (room - lock, room - taken) if is_below else (room - taken, room - lock)
    word = legible(small_font(), card.word, QSizeF(word_room, 15), scale_of(painter))
    top = 5 if card.word else 2
    _text(painter, QRectF(left, top, name_room, 19), card.title, title, now.color("text"))
    _text(painter, QRectF(left, 22, word_room, 15), card.word, word, now.color("second_text"))
    at = QRectF(width - PADDING - caption_width, 22 if is_below else 6, caption_width, 15 if is_below else 18)
    _text(painter, at, card.caption, small_number_font(), now.color("second_text"), _RIGHT)


def _paint_footer(painter: QPainter, card: Card, layout: CardLayout) -> None:
    if not has_footer(card):
        return
    now = theme()
    counts = footer_counts(card, layout)
    for each in counts:
        if each.share:
            paint_bar(painter, each.bar, each.share, each.token)
    if is_far(scale_of(painter)):
        taken = GROOVE_WIDTH + 6 if any(each.share for each in counts) else 0
        room = layout.footer.adjusted(0, -4, -taken, 4)
        words = shape_within(card.shape, room.width())
        font = legible(small_number_font(), words, room.size(), scale_of(painter))
        _text(painter, room, words, font, now.color("text"))
        return
    line = QRectF(layout.footer.left(), layout.footer.top(), layout.footer.width(), LINE_HEIGHT)
    token = "text" if card.shape is not None else "second_text"
    first = 1 if footer_is_stacked(card, layout.size.width()) else 0
    widest = max(footer_lines(card), key=len, default="")
    longest = max(shape_text(card.shape), widest, key=len) if first else f"{shape_text(card.shape)} {widest}"
    font = legible(small_number_font(), longest, line.size(), scale_of(painter))
    _text(painter, line, shape_text(card.shape), font, now.color(token))
    for each in counts:
        _text(painter, each.place, each.words, font, now.color("second_text"), _RIGHT)


def shape_within(shape: Shape | None, width: float) -> str:
    """A shape in words; where a list has no room for its unit, its length alone."""
    words = shape_text(shape)
    has_room = QFontMetricsF(small_number_font()).horizontalAdvance(words) <= width
    return words if has_room or not shape or len(shape) > 1 else f"{shape[0]:,}"


def _paint_problem(painter: QPainter, card: Card, layout: CardLayout, state: CardState) -> None:
    now = theme()
    painter.save()
    painter.setClipRect(layout.problem.adjusted(1, 0, -1, -1))
    painter.fillPath(_rounded(layout.card.adjusted(1, 1, -1, -1), LARGE_RADIUS - 1), now.color("warn_soft"))
    painter.restore()
    is_open = layout.problem.height() > PROBLEM_LINE
    left, top = PADDING, layout.problem.top() + (8 if is_open else (PROBLEM_LINE - PROBLEM_ICON) / 2)
    draw_icon(painter, "triangle-alert", theme().color("warn_text"), QRectF(left, top, PROBLEM_ICON, PROBLEM_ICON))
    room = QRectF(left + PROBLEM_ICON + 6, top, problem_text_width(layout.size.width()), 1000)
    painter.setFont(small_font())
    painter.setPen(now.color("text"))
    if not is_open:
        room.setHeight(PROBLEM_ICON)
        _text(painter, room, problem_text(card.problems[0]), small_font(), now.color("text"))
        return
    painter.drawText(room, Qt.TextFlag.TextWordWrap, problem_text(card.problems[0]))
    if not layout.mend.isEmpty():
        _paint_mend(painter, layout.mend, card.problems[0].mend, state.is_mend_hovered)


def _paint_mend(painter: QPainter, rect: QRectF, words: str, is_hovered: bool) -> None:
    now = theme()
    painter.setPen(QPen(now.color("warn_text"), 1))
    painter.setBrush(now.color("warn_soft" if is_hovered else "surface"))
    painter.drawPath(_rounded(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    font = text_font(11, QFont.Weight.DemiBold)
    _text(painter, rect, words, font, now.color("warn_text"), Qt.AlignmentFlag.AlignCenter)


def legible(font: QFont, words: str, room: QSizeF, scale: float) -> QFont:
    """`font`, larger where the card is drawn smaller than life by `scale`, as far as `words` have room for it."""
    base = font.pixelSize()
    most = round(min(base / scale, room.height() / LINE_SPACING))
    if most <= base:
        return font
    width = QFontMetricsF(font).horizontalAdvance(words)
    pixels = min(most, int(base * room.width() / max(width, 1.0)))  # letters grow evenly, but for hinting
    larger = QFont(font)
    while pixels > base:
        larger.setPixelSize(pixels)
        if QFontMetricsF(larger).horizontalAdvance(words) <= room.width():
            return larger
        pixels -= 1
    return font


def title_at(scale: float) -> QFont:
    """The font of the names of all cards on a canvas drawn `scale` times as large: one size, however long they are."""
    font = title_font()
    font.setPixelSize(max(font.pixelSize(), min(LARGEST_TITLE, round(TITLE / scale))))
    return font


def has_slots(card: Card, scale: float) -> bool:
    """Whether a folded stage has its slots below its name: far away the name needs the room."""
    return not card.word and title_at(scale).pixelSize() <= HEADER_HEIGHT - SLOTS_HEIGHT


def title_rows(title: str, head: QRectF, font: QFont) -> list[tuple[str, QRectF]]:
    """A name in the header of a card far away: in two rows where it is too long for one, cut before a capital."""
    metrics = QFontMetricsF(font)
    cuts = [place for place in range(2, len(title) - 1) if title[place].isupper() and title[place - 1].islower()]
    fits_twice = font.pixelSize() <= head.height() / 2
    if not cuts or not fits_twice or metrics.horizontalAdvance(title) <= head.width():
        return [(title, head)]
    cut = min(cuts, key=lambda place: abs(place - len(title) / 2))
    upper = QRectF(head.left(), head.top(), head.width(), head.height() / 2)
    return [(title[:cut], upper), (title[cut:], upper.translated(0, upper.height()))]


def is_far(scale: float) -> bool:
    """Whether the small lines of a card, however they grow, could not be read where it is drawn so small."""
    return LINE_HEIGHT / LINE_SPACING * scale < LEGIBLE


def scale_of(painter: QPainter) -> float:
    """How large the card is drawn, whatever the pixels of the screen; 1 is life size."""
    device = painter.device()
    return painter.deviceTransform().m11() / (device.devicePixelRatioF() if device else 1.0)


def _text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    font: QFont,
    color: QColor,
    align: Qt.AlignmentFlag = _LEFT,
) -> None:
    painter.setFont(font)
    painter.setPen(color)
    shown = elided(QFontMetricsF(font), words, rect.width())
    painter.drawText(rect.adjusted(-1 if align == _RIGHT else 0, 0, 1, 0), align, shown)
