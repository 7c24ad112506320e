"""SearchLine: the first line of an overlay, in which is typed what is looked for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLineEdit

from convnet_studio.ui.canvas.icons import draw_icon
from convnet_studio.ui.theme import text_font, theme, theme_switch

HEIGHT = 48
_ICON = 16
_LEFT = 16


class SearchLine(QLineEdit):
    """As wide as its panel, with a hairline below instead of a box."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("search_line")
        self.setFixedHeight(HEIGHT)
        self.setFont(text_font(15))
        self.setTextMargins(_LEFT + _ICON + 10, 0, 16, 0)
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The glass before the text, the hairline below."""
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRectF(_LEFT, (self.height() - _ICON) / 2, _ICON, _ICON)
        draw_icon(painter, "search", theme().color("second_text"), place)
        painter.setPen(QPen(theme().color("line"), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)

    def _recolor(self) -> None:
        height = f"min-height: {HEIGHT}px; max-height: {HEIGHT}px;"  # the application's sheet has another
        self.setStyleSheet(f"#search_line {{ background: transparent; border: none; padding: 0; {height} }}")
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.PlaceholderText, theme().color("second_text"))
        self.setPalette(palette)
        self.setAttribute(Qt.WidgetAttribute.WA_MacShowFocusRect, False)
        self.update()
