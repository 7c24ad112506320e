"""Paints stages: frame, header with its chips, and the joints at which the cards of a stage interlock."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from convnet_studio.engine.nn.module import Family
from convnet_studio.ui.canvas.bodies.body import elided
from convnet_studio.ui.canvas.card_layout import small_font, small_number_font, title_font
from convnet_studio.ui.canvas.card_painter import legible, scale_of
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.stage_face import Slot, StageFace
from convnet_studio.ui.canvas.stage_layout import CHIP_ICON, CHIP_TAB, ICON, Joint, Part, StageLayout
from convnet_studio.ui.theme import FAMILY_ICONS, LARGE_RADIUS, theme

DASHES = (5.0, 4.0)
RADIUS = LARGE_RADIUS + 2
"""Of the corners of a frame."""
RIM = RADIUS + 2.0
"""How far into a frame its line reaches."""
GROUND = 0.5
"""Opacity of the ground of a frame: the dots of the canvas stay in sight."""
QUIET = 0.7
"""Opacity of the line of a frame that nobody points at."""
TINT = 0.14
STRONG_TINT = 0.28
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | _MIDDLE
_RIGHT = Qt.AlignmentFlag.AlignRight | _MIDDLE


@dataclass
class StageState:
    """What the pointer does to a stage.

    Attributes:
        is_selected, is_hovered: as of cards. `is_left`: a card is being pulled out of it.
        hovered: the part under the pointer, and the number of the slot.
        offered: the family whose slot something that is being dragged would go into.
    """

    is_selected: bool = False
    is_hovered: bool = False
    is_left: bool = False
    hovered: tuple[Part, int] = (Part.FRAME, -1)
    offered: Family | None = None


def paint_ground(painter: QPainter, rect: QRectF, face: StageFace, state: StageState) -> None:
    """The ground of a frame that says something (all of them would cost as much as the cards)."""
    is_lit = _is_lit(state)
    if not is_lit and not face.is_frozen:
        return
    ground = theme().color("accent_soft" if is_lit else "raised")
    ground.setAlphaF(GROUND)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_line(painter: QPainter, rect: QRectF, state: StageState) -> None:
    """The dashed line around a frame."""
    now = theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    is_lit = _is_lit(state)
    pen = QPen(now.color("accent" if is_lit else "strong_line"), 1.5 if is_lit else 1.0)
    if not is_lit and not state.is_hovered:
        line = pen.color()
        line.setAlphaF(QUIET)
        pen.setColor(line)
    pen.setDashPattern(list(DASHES))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


def _is_lit(state: StageState) -> bool:
    return state.is_selected or state.offered is not None


def paint_joint(painter: QPainter, joint: Joint) -> None:
    """Two pieces that interlock between two cards: above the wire a tab of the left one, below of the right one."""
    ratio = max(0.25, round(painter.deviceTransform().m11() * 4) / 4)
    size = joint.rect.size().toTuple()
    pixmap = _joint_pixmap(joint.left, joint.right, size, ratio, theme().name)
    painter.drawPixmap(joint.rect, pixmap, QRectF(pixmap.rect()))


@functools.lru_cache(maxsize=256)
def _joint_pixmap(
    left: Family | None, right: Family | None, size: tuple[float, float], ratio: float, _theme_name: str
) -> QPixmap:
    pixmap = QPixmap(max(1, math.ceil(size[0] * ratio)), max(1, math.ceil(size[1] * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.scale(pixmap.width() / size[0], pixmap.height() / size[1])
    _paint_pieces(painter, Joint(QRectF(0, 0, *size), left, right))
    painter.end()
    return pixmap


def _paint_pieces(painter: QPainter, joint: Joint) -> None:
    rect, middle = joint.rect, joint.rect.center()
    left = QPainterPath()
    left.addRect(QRectF(rect.topLeft(), QPointF(middle.x(), rect.bottom())))
    tab, notch = QPainterPath(), QPainterPath()
    step, radius = rect.height() * 0.3, min(rect.width() * 0.22, rect.height() * 0.12)
    tab.addEllipse(middle + QPointF(radius * 0.7, -step), radius, radius)
    notch.addEllipse(middle + QPointF(-radius * 0.7, step), radius, radius)
    left = left.united(tab).subtracted(notch)
    whole = QPainterPath()
    whole.addRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(whole.subtracted(left), _tinted(joint.right, STRONG_TINT))
    painter.fillPath(left, _tinted(joint.left, STRONG_TINT))
    painter.setPen(QPen(theme().color("surface"), 1.5))
    painter.drawPath(left)


def paint_header(painter: QPainter, face: StageFace, layout: StageLayout, state: StageState) -> None:
    """Chevron, name, chips, counters and padlock."""
    now = theme()
    scale = scale_of(painter)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_chevron(painter, face, layout, state)
    font = legible(title_font(), face.title, QSizeF(layout.name.width(), layout.name.height() + 4), scale)
    painter.setFont(font)
    painter.setPen(now.color("text" if face.name else "second_text"))
    painter.drawText(
        layout.name.adjusted(0, 0, 2, 0), _LEFT, elided(QFontMetricsF(font), face.title, layout.name.width())
    )
    paint_chips(painter, face, layout, state)
    painter.setFont(small_number_font())
    painter.setPen(now.color("second_text"))
    painter.drawText(layout.counters.adjusted(-2, 0, 0, 0), _RIGHT, layout.counters_text)
    paint_lock(painter, face, layout, state)


def paint_chevron(painter: QPainter, face: StageFace, layout: StageLayout, state: StageState) -> None:
    """Points down on an unfolded stage, to the right on a folded one."""
    token = "accent" if state.hovered[0] is Part.CHEVRON else "second_text"
    draw_icon(painter, "chevron-right" if face.is_folded else "chevron-down", theme().color(token), layout.chevron)


def paint_lock(painter: QPainter, face: StageFace, layout: StageLayout, state: StageState) -> None:
    """A closed padlock on what is frozen, an open one on what learns; beside it how much of it, where it is a part."""
    if layout.lock.isEmpty():
        return
    now = theme()
    is_lit = state.hovered[0] is Part.LOCK
    token = "accent" if is_lit else "text" if face.frozen else "second_text"
    place = QRectF(layout.lock.right() - ICON, layout.lock.top(), ICON, ICON)
    draw_icon(painter, "lock" if face.is_frozen else "lock-open", now.color(token), place)
    if layout.lock_words:
        painter.setFont(small_font())
        painter.setPen(now.color(token))
        painter.drawText(layout.lock.adjusted(0, -3, -ICON - 5, 3), _RIGHT, layout.lock_words)


def paint_chips(painter: QPainter, face: StageFace, layout: StageLayout, state: StageState) -> None:
    """The four slots as pieces that interlock: filled ones in the colour of their family, empty ones with a plus."""
    for index, (slot, rect) in enumerate(zip(face.slots, layout.chips, strict=True)):
        is_lit = state.hovered == (Part.SLOT, index) or state.offered is slot.family
        paint_chip(painter, slot, rect, is_lit, (index > 0, index < len(face.slots) - 1), layout.has_words)


def paint_chip(
    painter: QPainter, slot: Slot, rect: QRectF, is_lit: bool, joins: tuple[bool, bool], has_words: bool
) -> None:
    """One slot; `joins`: whether it has a neighbour left and right, for notch and tab."""
    now = theme()
    path = _piece(rect, *joins)
    color = now.family(slot.family)
    if slot.is_empty:
        pen = QPen(color if is_lit else now.color("strong_line"), 1)
        pen.setDashPattern([3, 2])
        painter.setBrush(_tinted(slot.family, TINT) if is_lit else Qt.BrushStyle.NoBrush)
    else:
        pen = QPen(color if is_lit else _tinted(slot.family, 0.45), 1)
        painter.setBrush(_tinted(slot.family, STRONG_TINT if is_lit else TINT))
    painter.setPen(pen)
    painter.drawPath(path)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    size = CHIP_ICON if has_words else min(rect.width() - 12, rect.height() - 6)
    left = rect.left() + 9 if has_words else rect.center().x() - size / 2 + (2 if joins[0] else 0)
    place = QRectF(left, rect.center().y() - size / 2, size, size)
    draw_icon(painter, "plus" if slot.is_empty else FAMILY_ICONS[slot.family], color, place)
    if has_words:
        painter.setFont(small_font())
        painter.setPen(now.color("second_text") if slot.is_empty else now.family_text(slot.family))
        painter.drawText(rect.adjusted(left - rect.left() + CHIP_ICON + 4, 0, 4, 0), _LEFT, slot.family.value)


def _piece(rect: QRectF, has_notch: bool, has_tab: bool) -> QPainterPath:
    """A rounded piece with a notch at its left and a tab at its right."""
    body = QPainterPath()
    body.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    middle, radius = rect.center().y(), CHIP_TAB
    if has_tab:
        tab = QPainterPath()
        tab.addEllipse(QPointF(rect.right() - 0.5, middle), radius, radius)
        body = body.united(tab)
    if has_notch:
        notch = QPainterPath()
        notch.addEllipse(QPointF(rect.left() - 0.5, middle), radius + 1, radius + 1)
        body = body.subtracted(notch)
    return body


def _tinted(family: Family | None, strength: float) -> QColor:
    color = theme().family(family) if family else theme().color("missing")
    color.setAlphaF(strength)
    return color
