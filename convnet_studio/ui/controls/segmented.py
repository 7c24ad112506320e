"""SegmentedControl: a few words in a groove, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import text_font, theme, theme_switch

HEIGHT = 28
_PADDING = 12
_INSET = 2
_GROOVE_RADIUS = 8.0
_SEGMENT_RADIUS = 6.0


class SegmentedControl(QWidget):
    """Chooses one of a few words; arrow keys move between them."""

    chosen = Signal(str)
    """The word that the user chose (not sent by `choose`)."""

    def __init__(self, name: str, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._segments = {word: _Segment(word, name) for word in words}
        row = QHBoxLayout(self)
        row.setContentsMargins(_INSET, _INSET, _INSET, _INSET)
        row.setSpacing(0)
        for segment in self._segments.values():
            self._group.addButton(segment)
            row.addWidget(segment)
        self._group.idClicked.connect(self._send)
        self.choose(words[0])
        theme_switch().changed.connect(self.update)

    @property
    def choice(self) -> str:
        """The word chosen now."""
        return next(word for word, segment in self._segments.items() if segment.isChecked())

    def choose(self, word: str) -> None:
        """Choose `word` without telling anybody."""
        self._segments[word].setChecked(True)

    def segment(self, word: str) -> QAbstractButton:
        """The button of one word."""
        return self._segments[word]

    def _send(self) -> None:
        self.chosen.emit(self.choice)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The groove."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()), _GROOVE_RADIUS, _GROOVE_RADIUS)


class _Segment(QAbstractButton):
    """One word; its width is that of the bold word, so that choosing moves nothing."""

    def __init__(self, word: str, control: str) -> None:
        super().__init__()
        self.setText(word)
        self.setAccessibleName(f"{control}: {word}")
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme_switch().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(text_font(12, QFont.Weight.DemiBold)).horizontalAdvance(self.text())
        return QSize(width + 2 * _PADDING, HEIGHT - 2 * _INSET)

    def minimumSizeHint(self) -> QSize:
        width = QFontMetrics(text_font(12, QFont.Weight.DemiBold)).horizontalAdvance(self.text())
        return QSize(width + 8, HEIGHT - 2 * _INSET)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isChecked():
            painter.setPen(QPen(theme().color("line"), 1))
            painter.setBrush(theme().color("surface"))
            painter.drawRoundedRect(box, _SEGMENT_RADIUS, _SEGMENT_RADIUS)
        strong = self.isChecked() or self.underMouse()
        painter.setFont(text_font(12, QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Normal))
        painter.setPen(theme().color("text" if strong else "second_text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()))
