"""LossBody: the loss of the probe picture, what it shows and what the network takes it for."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from convnet_studio.engine.analysis.explanation import Place, What
from convnet_studio.engine.training.snapshot import Snapshot
from convnet_studio.ui.canvas.bodies.body import Body, elided, hatch
from convnet_studio.ui.canvas.card import Card
from convnet_studio.ui.canvas.card_layout import small_font, small_number_font
from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.canvas.numbers import loss_text
from convnet_studio.ui.theme import number_font, text_font, theme

WIDTH = 120.0
FIGURE_HEIGHT = 32.0
ROW_HEIGHT = 17.0
NAME_LEFT = 46.0
ICON = 13


class LossBody(Body):
    """A large number, and beneath it, where the loss looks at an answer, target and answer with a tick or a cross."""

    has_words = True

    def __init__(self, card: Card, class_names: tuple[str, ...]) -> None:
        super().__init__(card, class_names)
        self.size = QSizeF(WIDTH, FIGURE_HEIGHT + 2 * ROW_HEIGHT if card.judges else FIGURE_HEIGHT)
        self.clear()

    def clear(self) -> None:
        """Forget loss, target and answer."""
        self._loss = math.nan
        self._target = self._answer = -1

    def show(self, snapshot: Snapshot) -> bool:
        """Take loss, label and scores."""
        before = self._loss, self._target, self._answer
        self._loss = snapshot.loss_at(self.card.id)
        self._target = snapshot.label if self.card.judges else -1
        scores = snapshot.scores if self.card.judges else None
        is_known = scores is not None and scores.size > 0 and bool(np.isfinite(scores).all())
        self._answer = int(np.argmax(scores)) if scores is not None and is_known else -1
        return before != (self._loss, self._target, self._answer)

    def paint(self, painter: QPainter) -> None:
        """The three rows."""
        figure = QRectF(0, 0, WIDTH, FIGURE_HEIGHT)
        if math.isnan(self._loss):
            hatch(painter, figure.adjusted(0, 3, 0, -6))
        else:
            painter.setFont(number_font(22, QFont.Weight.DemiBold))
            painter.setPen(theme().color("text"))
            painter.drawText(figure.adjusted(0, -4, 0, -4), Qt.AlignmentFlag.AlignVCenter, loss_text(self._loss))
        if self.card.judges:
            self._paint_row(painter, FIGURE_HEIGHT, "target", self._target)
            self._paint_row(painter, FIGURE_HEIGHT + ROW_HEIGHT, "answer", self._answer)
        if self._target >= 0 and self._answer >= 0:
            self._paint_verdict(painter)

    def place_at(self, at: QPointF) -> Place:
        """There is one number."""
        return Place(self.card.id, What.LOSS)

    def tip_at(self, at: QPointF) -> str:
        """The loss with more digits; target and answer in words."""
        if at.y() < FIGURE_HEIGHT:
            return "" if math.isnan(self._loss) else f"Loss of the probe picture: {self._loss:.6g}"
        parts = []
        if self._target >= 0:
            parts.append(f"The probe picture shows {self.class_name(self._target)}.")
        if self._answer >= 0:
            parts.append(f"The network takes it for {self.class_name(self._answer)}.")
        return "\n".join(parts)

    def _paint_row(self, painter: QPainter, top: float, word: str, index: int) -> None:
        painter.setFont(small_font())
        painter.setPen(theme().color("second_text"))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(0, top, NAME_LEFT, ROW_HEIGHT), align, word)
        name = self.class_name(index) if index >= 0 else "–"
        painter.setFont(small_number_font() if len(name) == 1 else text_font(11, QFont.Weight.Medium))
        painter.setPen(theme().color("text"))
        room = WIDTH - NAME_LEFT - ICON - 4
        shown = elided(QFontMetricsF(painter.font()), name, room)
        painter.drawText(QRectF(NAME_LEFT, top, room + 2, ROW_HEIGHT), align, shown)

    def _paint_verdict(self, painter: QPainter) -> None:
        is_right = self._target == self._answer
        name = self.class_name(self._answer)
        font = small_number_font() if len(name) == 1 else text_font(11, QFont.Weight.Medium)
        width = min(QFontMetricsF(font).horizontalAdvance(name), WIDTH - NAME_LEFT - ICON - 4)
        top = FIGURE_HEIGHT + ROW_HEIGHT + (ROW_HEIGHT - ICON) / 2
        place = QRectF(NAME_LEFT + width + 4, top, ICON, ICON)
        draw_icon(painter, "check" if is_right else "x", theme().color("good" if is_right else "bad"), place)
