"""LessonText: a text of a lesson as it is read: formulas as mathematics, live numbers, words that light things up."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from convnet_studio.lessons.markup import Block, Look, blocks
from convnet_studio.lessons.values import NOTHING, Values, filled
from convnet_studio.ui.controls.formula import plain_text
from convnet_studio.ui.controls.painting import paint_focus_ring
from convnet_studio.ui.lesson_panel.flow import Flow, Placed, lay_out
from convnet_studio.ui.theme import theme, theme_switch

BODY = 15
"""Pixels of its letters."""
_NO_VALUES = Values({}, {})


class LessonText(QWidget):
    """Markdown of a lesson. Words that lead somewhere are reached by Tab, and told of by hovering or focus."""

    pointed = Signal(str)
    """The target of the words under the pointer or the focus; empty: none any more."""
    followed = Signal(str)
    """Words were clicked, or Enter was pressed on them."""

    def __init__(self, text: str = "", token: str = "text", pixels: int = BODY, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = text
        self._token = token
        self._pixels = pixels
        self._values = _NO_VALUES
        self._flow = Flow()
        self._blocks: tuple[Block, ...] = ()
        self._lit = self._hovered = ""
        self._focused = -1
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        theme_switch().changed.connect(self.update)
        self._read()

    # ---------------------------------------------------------------- what it says

    def show_text(self, text: str, values: Values | None = None) -> None:
        """Show another text."""
        self._source = text
        self._values = values or self._values
        self._read()

    def show_values(self, values: Values) -> None:
        """Fill in the numbers of now."""
        self._values = values
        if "{" in self._source:
            self._read()

    def use_token(self, token: str) -> None:
        """Write in another colour of the theme."""
        self._token = token
        self.update()

    def use_size(self, pixels: int) -> None:
        """Write in larger or smaller letters."""
        if pixels != self._pixels:
            self._pixels = pixels
            self._blocks = ()
            self._read()

    @property
    def pixels(self) -> int:
        """Of its letters."""
        return self._pixels

    @property
    def text(self) -> str:
        """As it is read aloud: numbers filled in, formulas as one would type them."""
        lines = []
        for block in self._blocks:
            said = "".join(plain_text(each.text) if each.look is Look.FORMULA else each.text for each in block.spans)
            lines.append(f"{block.mark} {said}" if block.mark else said)
        return "\n".join(lines)

    @property
    def targets(self) -> list[str]:
        """What its words lead to, in order."""
        return self._flow.targets()

    def _read(self) -> None:
        made = blocks(filled(self._source, self._values)) if self._source else ()
        if made == self._blocks:
            return
        self._blocks = made
        self.setAccessibleName(self.text)
        height = self._flow.height
        self._flow = lay_out(made, max(60, self.width()), self._pixels)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self.targets else Qt.FocusPolicy.NoFocus)
        if self._flow.height != height:
            self.updateGeometry()
        self.update()

    # ---------------------------------------------------------------- words and things

    def light(self, target: str) -> None:
        """Light up the words that lead to `target`; empty: none."""
        if target != self._lit:
            self._lit = target
            self.update()

    def _target_at(self, at: QPointF) -> str:
        return next(
            (t for t in self.targets for box in self._flow.boxes(t) if box.adjusted(-1, -2, 1, 2).contains(at)), ""
        )

    def _point(self, target: str) -> None:
        if target != self._hovered:
            self._hovered = target
            self.setCursor(Qt.CursorShape.PointingHandCursor if target else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(target)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Words under the pointer light up what they speak of."""
        self._point(self._target_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click follows the words."""
        if target := self._target_at(event.position()):
            self.followed.emit(target)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self._point("")

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from words to words, then on."""
        at = self._focused + (1 if forward else -1)
        if self.hasFocus() and 0 <= at < len(self.targets):
            self._focus(at)
            return True
        return super().focusNextPrevChild(forward)

    def _focus(self, index: int) -> None:
        self._focused = index
        self._point(self.targets[index] if 0 <= index < len(self.targets) else "")
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The first words, or the last where it is entered from behind."""
        if event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._focus(len(self.targets) - 1)
        elif event.reason() == Qt.FocusReason.TabFocusReason:
            self._focus(0)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing is pointed at any more."""
        self._focus(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter follows the words that have the focus."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and 0 <= self._focused < len(self.targets):
            self.followed.emit(self.targets[self._focused])
        else:
            super().keyPressEvent(event)

    # ---------------------------------------------------------------- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._flow = lay_out(self._blocks, max(60, self.width()), self._pixels)
            self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Lines need more height where there is less width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Of the text in a column so wide."""
        if width == self.width():
            return round(self._flow.height + 2)
        return round(lay_out(self._blocks, max(60, width), self._pixels).height + 2)

    def sizeHint(self) -> QSize:
        """The size it likes best."""
        return QSize(320, self.heightForWidth(max(200, self.width())))

    def minimumSizeHint(self) -> QSize:
        """The size below which it would be cut."""
        return QSize(120, self.heightForWidth(max(120, self.width())))

    # ---------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words and formulas."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for target in {self._lit, self._hovered} - {""}:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent_soft"))
            for box in self._flow.boxes(target):
                painter.drawRoundedRect(box.adjusted(-3, -2, 3, 2), 4, 4)
        for placed in self._flow.placed:
            self._paint_piece(painter, placed)
        if self.hasFocus() and 0 <= self._focused < len(self.targets):
            for box in self._flow.boxes(self.targets[self._focused]):
                paint_focus_ring(painter, box.adjusted(-3, -2, 3, 2))

    def _paint_piece(self, painter: QPainter, placed: Placed) -> None:
        piece, now = placed.piece, theme()
        if piece.formula:
            formula_renderer(piece.formula, now.color(self._token).name()).render(painter, placed.box)
            return
        if piece.is_code:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.color("raised"))
            painter.drawRoundedRect(placed.box.adjusted(-2, 0, 2, 0), 3, 3)
        painter.setFont(piece.font)
        painter.setPen(now.color("accent" if piece.target else "second_text" if piece.text == NOTHING else self._token))
        painter.drawText(QPointF(placed.x, placed.baseline), piece.text)
        if piece.target:
            pen = QPen(now.color("accent"), 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(
                QPointF(placed.x, placed.baseline + 3), QPointF(placed.x + piece.width, placed.baseline + 3)
            )

    @property
    def lit_boxes(self) -> list[QRectF]:
        """Where words are lit up."""
        return [box for target in {self._lit, self._hovered} - {""} for box in self._flow.boxes(target)]


@lru_cache(maxsize=512)
def formula_renderer(svg: str, color: str) -> QSvgRenderer:
    """What draws a formula in a colour."""
    return QSvgRenderer(QByteArray(svg.replace("currentColor", color).encode()))
