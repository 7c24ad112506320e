"""The ghost: the head of the card that hangs on the mouse while a module or stage is dragged from the palette."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import HEADER_HEIGHT
from convnet_studio.ui.canvas.card_painter import paint_ghost
from convnet_studio.ui.palette.entries import Entry
from convnet_studio.ui.palette.row_delegate import paint_slots

WIDTH = 156.0
SLOTS_WIDTH = 32.0
OPACITY = 0.6


def ghost_pixmap(entry: Entry, ratio: float) -> QPixmap:
    """The head of the card of `entry`, sharp on a screen of this pixel ratio."""
    pixmap = QPixmap(round(WIDTH * ratio), round(HEADER_HEIGHT * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(OPACITY)
    word = f"stage of {len(entry.slots)} modules" if entry.slots else entry.word
    card = Card("", entry.shown, word, entry.help, entry.family)
    paint_ghost(painter, card, QRectF(0, 0, WIDTH, HEADER_HEIGHT))
    if entry.slots:
        paint_slots(painter, entry.slots, QRectF(WIDTH - SLOTS_WIDTH - 10, 13, SLOTS_WIDTH, 16))
    painter.end()
    return pixmap
