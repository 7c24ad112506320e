"""KeyCaps: shortcuts as little keys, painted at the right end of a room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QKeySequence, QPainter, QPen

from convnet_studio.ui.theme import text_font, theme

HEIGHT = 20.0
_PADDING = 6.0
_GAP = 3.0
_RADIUS = 4.0


def key_text(shortcut: str) -> str:
    """A shortcut as the system writes it; the key that Qt calls Return is Enter, as on most keyboards."""
    told = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) or shortcut
    return told.replace("Return", "Enter")


def caps_of(keys: str) -> list[str]:
    """The single keys of a shortcut: ``Ctrl+Shift+Z`` has three."""
    *held, pressed = keys.removesuffix("+").split("+")  # the last key may be the plus itself
    return [*(each for each in held if each), pressed or "+"]


def _font() -> QFont:
    return text_font(11, QFont.Weight.Medium)


def caps_width(keys: str) -> float:
    """Pixels that `paint_caps` needs."""
    metrics = QFontMetricsF(_font())
    return sum(_cap_width(metrics, cap) + _GAP for cap in caps_of(keys)) - _GAP if keys else 0.0


def _cap_width(metrics: QFontMetricsF, cap: str) -> float:
    return max(HEIGHT, metrics.horizontalAdvance(cap) + 2 * _PADDING)


def paint_caps(painter: QPainter, keys: str, room: QRectF, is_faint: bool = False) -> None:
    """Paint the keys of a shortcut at the right end of `room`, in its middle."""
    metrics = QFontMetricsF(_font())
    now = theme()
    left = room.right() - caps_width(keys)
    painter.setFont(_font())
    for cap in caps_of(keys):
        box = QRectF(left, room.center().y() - HEIGHT / 2, _cap_width(metrics, cap), HEIGHT)
        painter.setPen(QPen(now.color("line"), 1))
        painter.setBrush(now.color("raised"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.setPen(now.color("strong_line" if is_faint else "second_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
        left = box.right() + _GAP
