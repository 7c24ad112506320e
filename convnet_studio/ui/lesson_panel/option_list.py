"""OptionList: texts to choose from, one or several, by mouse, by their number, or by arrow keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.theme import icon_pixmap, number_font, text_font, theme, theme_switch

_LETTERS = 14
_PADDING = 8
_MARK = 16
_GAP = 10
_KEY_WIDTH = 14
_SPARE = 4
"""Pixels by which a line may come out wider when it is drawn than when it is measured."""


class OptionList(QWidget):
    """The rows stand below each other.

    Args:
        name: for people who do not see it.
        texts: what can be chosen.
        several: whether more than one can be.
    """

    chosen = Signal()
    """What is chosen has changed."""
    confirmed = Signal()
    """Enter was pressed."""

    def __init__(self, name: str, texts: Sequence[str], several: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._several = several
        self.rows = [OptionRow(text, number, several) for number, text in enumerate(texts, 1)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row in self.rows:
            column.addWidget(row)
            row.clicked.connect(lambda _=False, row=row: self._take(row))
            row.stepped.connect(lambda step, row=row: self._step(row, step))
            row.confirmed.connect(self.confirmed)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is chosen, in the order of the rows."""
        return tuple(row.text() for row in self.rows if row.isChecked())

    def choose(self, number: int) -> bool:
        """Choose a row by its number from 1 (where several can be, or leave it again); False where there is none."""
        if not self.isEnabled() or not 1 <= number <= len(self.rows):
            return False
        self.rows[number - 1].click()
        self.rows[number - 1].setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def show_chosen(self, texts: Sequence[str]) -> None:
        """Mark these, and tell nobody."""
        for row in self.rows:
            row.setChecked(row.text() in texts)

    def _take(self, row: OptionRow) -> None:
        if not self._several:
            self.show_chosen([row.text()])
        self.chosen.emit()

    def _step(self, row: OptionRow, step: int) -> None:
        at = (self.rows.index(row) + step) % len(self.rows)
        self.rows[at].setFocus(Qt.FocusReason.TabFocusReason)


class OptionRow(QAbstractButton):
    """A mark, a number and a text that breaks into lines."""

    stepped = Signal(int)
    confirmed = Signal()

    def __init__(self, text: str, number: int, several: bool) -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(text)
        self._number = number
        self._several = several
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFont(text_font(_LETTERS))
        theme_switch().changed.connect(self.update)

    @property
    def _left(self) -> int:
        return _PADDING + _MARK + _GAP

    def hasHeightForWidth(self) -> bool:
        """Lines need more height where there is less width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Of the text in a row so wide."""
        room = QRect(0, 0, max(40, width - self._left - _PADDING - _KEY_WIDTH - _SPARE), 10_000)
        return self.fontMetrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.text()).height() + 14

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(300, self.heightForWidth(max(200, self.width())))

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(100, self.heightForWidth(max(100, self.width())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from row to row, Enter confirms."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self.isChecked():
                self.click()
            self.confirmed.emit()
        else:
            super().keyPressEvent(event)

    def nextCheckState(self) -> None:
        """A choice of one stays chosen."""
        self.setChecked(not self.isChecked() if self._several else True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, mark, text and number."""
        now, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        is_on = self.isChecked()
        painter.setPen(QPen(now.color("accent" if is_on else "line"), 1))
        painter.setBrush(now.color("accent_soft" if is_on else "raised" if self._is_hot else "surface"))
        painter.drawRoundedRect(box, 8, 8)
        self._paint_mark(painter)
        painter.setFont(self.font())
        painter.setPen(now.color("text" if self.isEnabled() or is_on else "second_text"))
        room = self.rect().adjusted(self._left, 0, -_PADDING - _KEY_WIDTH, 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.text())
        if self._number <= 9 and self.isEnabled():
            painter.setFont(number_font(11))
            painter.setPen(now.color("second_text"))
            at = self.rect().adjusted(0, 0, -_PADDING, 0)
            painter.drawText(at, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), str(self._number))
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), 8)

    @property
    def _is_hot(self) -> bool:
        return self.underMouse() and self.isEnabled()

    def _paint_mark(self, painter: QPainter) -> None:
        now, is_on = theme(), self.isChecked()
        mark = QRectF(_PADDING + 0.5, (self.height() - _MARK) / 2 + 0.5, _MARK - 1, _MARK - 1)
        painter.setPen(QPen(now.color("accent" if is_on else "strong_line"), 1))
        painter.setBrush(now.color("accent" if is_on else "surface"))
        if not self._several:
            painter.drawEllipse(mark)
            if is_on:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(now.color("on_accent"))
                painter.drawEllipse(mark.center(), 3, 3)
            return
        painter.drawRoundedRect(mark, 4, 4)
        if is_on:
            painter.drawPixmap(mark.topLeft().toPoint(), icon_pixmap("check", now.color("on_accent"), _MARK - 1))
