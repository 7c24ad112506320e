"""WireLegend: says what width and colour of the wires mean, while they mean anything."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from convnet_studio.ui.canvas.live_wires import LiveWires
from convnet_studio.ui.canvas.overlays import HEIGHT
from convnet_studio.ui.canvas.wire_flow import THICKEST, THINNEST, WireMeaning, sign_color
from convnet_studio.ui.controls.number_text import short
from convnet_studio.ui.theme import SMALL_RADIUS, number_font, text_font, theme, theme_switch

WEDGE = 64
SWATCH = 18
SIGNS = ((-1.0, "negative"), (0.0, "mixed"), (1.0, "positive"))


class WireLegend(QWidget):
    """A wedge from the thinnest to the widest wire with its numbers, and the colours of the signs."""

    def __init__(self, wires: LiveWires, host: QWidget) -> None:
        super().__init__(host)
        self._wires = wires
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedHeight(HEIGHT)
        self.setVisible(False)
        wires.changed.connect(self._follow)
        theme_switch().changed.connect(self.update)

    @property
    def heading(self) -> str:
        """What the wires tell, and on which scale."""
        return f"Wires: mean |{self._wires.meaning.value}|, logarithmic"

    @property
    def ends(self) -> tuple[str, str]:
        """What the thinnest and the widest wire carry."""
        return short(self._wires.scale.low), short(self._wires.scale.high)

    def wanted_width(self) -> int:
        """Room for all of it, however long the numbers are."""
        words, numbers = QFontMetrics(text_font(12)), QFontMetrics(number_font(11))
        signs = sum(SWATCH + 4 + words.horizontalAdvance(word) + 10 for _, word in SIGNS)
        return words.horizontalAdvance(self.heading) + 2 * numbers.horizontalAdvance("0.0e-00") + WEDGE + signs + 48

    def _follow(self) -> None:
        self.setVisible(self._wires.meaning is not WireMeaning.OFF)
        low, high = self.ends
        self.setAccessibleName(f"{self.heading}, from {low} to {high}; colour by sign")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """All of it."""
        self.draw(QPainter(self), self.width())

    def draw(self, painter: QPainter, width: float) -> None:
        """Heading, wedge, signs, in a box `width` pixels wide at the origin of `painter`."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color("line"), 1))
        painter.setBrush(theme().color("surface"))
        painter.drawRoundedRect(QRectF(0, 0, width, HEIGHT).adjusted(0.5, 0.5, -0.5, -0.5), SMALL_RADIUS, SMALL_RADIUS)
        middle = HEIGHT / 2
        numbers = QFontMetrics(number_font(11)).horizontalAdvance("0.0e-00")
        left = self._words(painter, 10, self.heading) + 8
        low, high = self.ends
        self._number(painter, QRectF(left, 0, numbers, HEIGHT), low, Qt.AlignmentFlag.AlignRight)
        left += numbers + 6
        wedge = [(0, -THINNEST), (WEDGE, -THICKEST), (WEDGE, THICKEST), (0, THINNEST)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("strong_line"))
        painter.drawPolygon(QPolygonF([QPointF(left + x, middle + y / 2) for x, y in wedge]))
        left += WEDGE + 6
        self._number(painter, QRectF(left, 0, numbers, HEIGHT), high, Qt.AlignmentFlag.AlignLeft)
        left += numbers + 8
        for sign, word in SIGNS:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(sign_color(sign, self._wires.meaning))
            painter.drawRoundedRect(QRectF(left, middle - 3, SWATCH, 6), 3, 3)
            left = self._words(painter, left + SWATCH + 4, word) + 10

    def _words(self, painter: QPainter, left: float, words: str) -> float:
        painter.setFont(text_font(12))
        painter.setPen(theme().color("second_text"))
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.drawText(QRectF(left, 0, width + 1, HEIGHT), Qt.AlignmentFlag.AlignVCenter, words)
        return left + width

    def _number(self, painter: QPainter, room: QRectF, words: str, side: Qt.AlignmentFlag) -> None:
        painter.setFont(number_font(11))
        painter.setPen(theme().color("text"))
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, words)
