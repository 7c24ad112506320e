"""Labels: text in a colour of the theme that follows when the theme changes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from convnet_studio.ui.theme import number_font, text_font, theme, theme_switch


class Label(QLabel):
    """Plain text in the theme's colour `token`."""

    def __init__(
        self, text: str = "", token: str = "text", font: QFont | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._token = token
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font or text_font(12))
        theme_switch().changed.connect(self._recolor)
        self._recolor()

    def use_token(self, token: str) -> None:
        """Change to another colour of the theme."""
        if token != self._token:
            self._token = token
            self._recolor()

    def show_text(self, text: str) -> None:
        """Replace the text; nothing is laid out anew where it is the same."""
        if text != self.text():
            self.setText(text)

    def _recolor(self) -> None:
        # A style sheet, not a palette: Qt forgets palettes when the application's own style sheet is renewed.
        self.setStyleSheet(f"QLabel {{ color: {theme().colors[self._token]}; }}")


class Caption(Label):
    """The small heading of a group."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, "second_text", text_font(11, QFont.Weight.DemiBold), parent)


class Sentence(Label):
    """Running text that breaks into lines."""

    def __init__(self, text: str = "", token: str = "second_text", parent: QWidget | None = None) -> None:
        super().__init__(text, token, text_font(12), parent)
        self.setWordWrap(True)
        self.setMinimumWidth(1)


class ElidedLabel(Label):
    """One line that never asks for width: what has no room ends in an ellipsis, and the tooltip has all of it."""

    def __init__(
        self, text: str = "", token: str = "text", font: QFont | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(text, token, font, parent)
        self._own_tip = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(0, super().minimumSizeHint().height())

    def setToolTip(self, tip: str) -> None:
        """What is told while nothing of the text is left out."""
        self._own_tip = tip
        super().setToolTip(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text as far as there is room."""
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        super().setToolTip("\n".join(filter(None, [self.text() if shown != self.text() else "", self._own_tip])))
        painter = QPainter(self)
        painter.setPen(theme().color(self._token))
        painter.drawText(room, int(self.alignment()), shown)


def number_label(token: str = "text", pixels: int = 12) -> Label:
    """A label for a number: every digit is equally wide."""
    return Label("", token, number_font(pixels))
