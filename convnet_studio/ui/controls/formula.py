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


class Formula(QWidget):
    """One line of mathematics; a formula too wide for its place is drawn smaller, one that cannot be drawn as text."""

    def __init__(self, latex: str = "", pixels: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixels = pixels
        self._latex = ""
        self._renderer: QSvgRenderer | None = None
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
        return self._renderer is not None

    def _draw(self) -> None:
        source = formula_svg(self._latex, self._pixels, theme().color("text").name())
        self._renderer = QSvgRenderer(QByteArray(source)) if source else None
        self.setFixedHeight(max(20, min(64, self.sizeHint().height())))
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        if self._renderer is None:
            return QSize(200, 40 if len(self._latex) > 40 else 20)
        return self._renderer.defaultSize() + QSize(2, 4)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(80, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The mathematics, or its text."""
        painter = QPainter(self)
        if self._renderer is None:
            painter.setFont(text_font(12))
            painter.setPen(theme().color("text"))
            wrapped = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(wrapped), plain_text(self._latex))
            return
        size = self._renderer.defaultSize()
        scale = min(1.0, self.width() / max(1, size.width()), self.height() / max(1, size.height()))
        width, height = size.width() * scale, size.height() * scale
        self._renderer.render(painter, QRectF(0, (self.height() - height) / 2, width, height))


@functools.lru_cache(maxsize=256)
def formula_svg(latex: str, pixels: int, color: str) -> bytes:
    """The formula as SVG, empty where it cannot be drawn."""
    if not latex:
        return b""
    try:
        drawn: str = Latex(latex, size=pixels, color=color).svg()
    except Exception:  # a plug-in's formula may hold anything; then its plain text is shown
        return b""
    return drawn.encode()


def plain_text(latex: str) -> str:
    """LaTeX as somebody would type it: ``y_o = b_o + sum_i W_oi x_i``."""
    spelled = re.sub(r"\\(?:left|right|mathrm|text|operatorname|,|;|!)", "", latex)
    return " ".join(re.sub(r"[\\{}]", "", spelled.replace("\\sum", "Σ").replace("\\cdot", "·")).split())
