"""Formula: LaTeX drawn as mathematics in the colours of the theme."""

from __future__ import annotations

import functools
import re

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget
from ziamath.config import config
from ziamath.zmath import Latex

from convnet_studio.ui.theme import text_font, theme, theme_switch

# QtSvg draws nothing of the <symbol> elements of SVG 2.
config.svg2 = False
_LEADING = 4
_MARGIN = 1.0
"""Pixels that ziamath leaves around a formula."""
_TALLEST = 6
"""Times the size of a letter: what comes out taller is a slip of the drawing."""


class Formula(QWidget):
    """Mathematics, a line for each part between ``\\quad``.

    A line too wide for its place is drawn smaller; a formula that cannot be drawn is shown as text.
    """

    def __init__(self, latex: str = "", pixels: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels = pixels
        self._latex = ""
        self._lines: list[QSvgRenderer] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_switch().changed.connect(self._draw)
        self.show_formula(latex)

    def show_formula(self, latex: str) -> None:
        """Show another formula."""
        self._latex = latex
        self.setAccessibleName(f"Formula: {plain_text(latex)}")
        self._draw()

    @property
    def is_drawn(self) -> bool:
        """Whether it is shown as mathematics (not as plain text)."""
        return bool(self._lines)

    def _draw(self) -> None:
        color = theme().color("text").name()
        sources = [formula_svg(line, self._pixels) for line in formula_lines(self._latex)]
        colored = [each.replace("currentColor", color).encode() for each in sources]
        self._lines = [QSvgRenderer(QByteArray(each)) for each in colored] if all(sources) else []
        self.setFixedHeight(max(20, self.sizeHint().height()))
        self.update()

    def sizeHint(self) -> QSize:
        """Its lines at full size."""
        if not self._lines:
            return QSize(200, 40 if len(self._latex) > 40 else 20)
        sizes = [each.defaultSize() for each in self._lines]
        return QSize(max(e.width() for e in sizes) + 2, sum(e.height() + _LEADING for e in sizes) - _LEADING + 4)

    def minimumSizeHint(self) -> QSize:
        """As narrow as a column may be."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The mathematics, or its text."""
        painter = QPainter(self)
        if not self._lines:
            painter.setFont(text_font(12))
            painter.setPen(theme().color("text"))
            wrapped = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(wrapped), plain_text(self._latex))
            return
        top = 2.0
        for line in self._lines:
            size = line.defaultSize()
            scale = min(1.0, self.width() / max(1, size.width()))
            spare = size.height() * (1 - scale) / 2
            line.render(painter, QRectF(0, top + spare, size.width() * scale, size.height() * scale))
            top += size.height() + _LEADING


def formula_svg(latex: str, pixels: int) -> str:
    """The formula as SVG in ``currentColor``, empty where it cannot be drawn."""
    return set_formula(latex, pixels)[0]


@functools.lru_cache(maxsize=1024)
def set_formula(latex: str, pixels: int, inline: bool = False) -> tuple[str, float]:
    """The formula as SVG in ``currentColor``, and how many pixels of it lie below the line that letters stand on.

    The SVG is empty where it cannot be drawn. `inline`: to stand within a line of text, fractions and sums are small.
    """
    for attempt in (latex, re.sub(r"\\(?:left|right)\b", "", latex)):  # tall brackets may come out without end
        try:
            drawn = Latex(attempt, size=pixels, color="currentColor", inline=inline)
            _, height = drawn.getsize()
        except Exception:  # a plug-in's formula may hold anything; then its plain text is shown
            return "", 0.0
        if 0 < height <= _TALLEST * pixels:
            return str(drawn.svg()), _MARGIN - float(drawn.getyofst())
    return "", 0.0


def formula_lines(latex: str) -> list[str]:
    """The parts of a formula between ``\\quad``, without the commas that separated them."""
    parts = [part.strip().rstrip(",").strip() for part in re.split(r"\\q?quad", latex)]
    return [part for part in parts if part]


def plain_text(latex: str) -> str:
    """LaTeX as somebody would type it: ``y_o = b_o + sum_i W_oi x_i``."""
    spelled = re.sub(r"\\(?:left|right|mathrm|text|operatorname|,|;|!)", "", latex)
    return " ".join(re.sub(r"[\\{}]", "", spelled.replace("\\sum", "Σ").replace("\\cdot", "·")).split())
